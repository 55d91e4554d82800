"""Evaluation: runs, their scores with intervals, how far people agree, and when to stop.

- runs.train, keep, load_run, current_run; report.Report, load_report
- metrics.auc, average_precision, cut; intervals.Interval, Bootstrap, wilson
- prevalence.prevalence, stopping.estimate
- agreement.agreement, label_agreement, confusions: several people on the same items
- agreement_report.agreement_report, decided_otherwise: of the people of a workspace
- label_issues.find_label_issues: labels that out-of-fold predictions contradict
"""
