"""Analysis: studies over a workspace and its labels.

- simulation.make_demo, steps: active learning with known labels
- learning_curves.learn, curve_comparison.compare
- strategy_yield.chosen_labels: what each strategy brought
"""
