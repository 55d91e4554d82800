"""Evaluation: runs, their scores with intervals, and when to stop.

- runs.train, keep, load_run, current_run; report.Report, load_report
- metrics.auc, average_precision, cut; intervals.Interval, Bootstrap, wilson
- slices.slices, prevalence.prevalence, stopping.advice
- label_issues.find_label_issues: labels that out-of-fold predictions contradict
"""
