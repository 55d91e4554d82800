"""Strategies: what each one found, how many positives are left, and whether to stop."""

from pages.ui import page_head
from pages.ui.cache import analysis
from pages.ui.components.messages import say_empty
from pages.ui.components.verdict import show_estimate
from pages.ui.strategies.yields import show_yields

snapshot = page_head.open_page(
    "Strategies", "What each way of picking items has found, and when to stop."
)
page_head.need_pool(snapshot)
chosen = analysis.chosen_labels(snapshot)
if not len(chosen):
    say_empty("Label the first training data to see what each strategy finds.", stop=True)
show_yields(snapshot, chosen)
show_estimate(snapshot)
