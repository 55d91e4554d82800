"""Scores of runs with their intervals, as tables and charts take them."""

import pandas as pd
import streamlit as st

from core.evaluation.metrics import label_scores
from core.evaluation.report import MACRO_NAMES, RANKING, headline, report_intervals, score_names
from core.evaluation.report import SCORE_NAMES as SCORES
from core.evaluation.run_scores import CALLS, EvaluationPredictions, stages
from core.workspace.logs import Run, shown_id
from core.workspace.snapshot import Snapshot
from pages.ui.cache import runs
from pages.ui.components.charts import CURVES
from pages.ui.components.scores import capitalized, interval_text, span


def curve_points(snapshot: Snapshot) -> pd.DataFrame:
    """One row for each run and score of `CURVES`: value, low, high; no interval, no ends."""
    rows, called = [], score_names(snapshot.workspace.task)
    for run in snapshot.logs.runs:
        report = runs.report(snapshot, run)
        for score in CURVES:
            value, found = headline(run, report, score)
            low, high = (found.low, found.high) if found else (None, None)
            rows.append((run.run_id, run.model, run.n_training, called[score], value, low, high))
    names = ["run_id", "model", "n_training", "score", "value", "low", "high"]
    points = pd.DataFrame(rows, columns=names).dropna(subset="value", ignore_index=True)
    points["version"] = points["run_id"].map(shown_id)
    points["stage"] = points["run_id"].map(stages(snapshot))
    points["evaluation set"] = points["run_id"].map(evaluation_sets(snapshot))
    return points


def evaluation_sets(snapshot: Snapshot) -> dict[str, str]:
    """What to call the test set of each run, by run id."""
    names: dict[str, str] = {}
    for run in snapshot.logs.runs:
        name = f"test set {len(names) + 1}: {run.n_evaluation:,} items"
        names.setdefault(run.evaluation_hash, name)
    return {run.run_id: names[run.evaluation_hash] for run in snapshot.logs.runs}


def evaluation_size(snapshot: Snapshot, positive: str) -> str:
    """How many evaluation items there are today, and how many of them are what `positive` says."""
    items, task = snapshot.labels.splits["evaluation"], snapshot.workspace.task
    told = f"{len(items):,} test items"
    if not task.positive:
        return told
    positives = sum(task.positive.value in task.chosen(item.label) for item in items)
    return f"{told}, {positives:,} of them {positive},"


def gain_sentence(snapshot: Snapshot, before: Run, after: Run) -> str | None:
    """Whether the later run is better, and how sure that is; None if that cannot be said."""
    task, score = snapshot.workspace.task, "average_precision"
    found = runs.score_differences(snapshot, before, after, task.positive_index).get(score)
    if found is None:
        return None
    first, second = shown_id(before.run_id), shown_id(after.run_id)
    name = capitalized(score_names(task)[score])
    told = found.as_difference()
    if found.is_clear:
        return f"{name} of {second} is {told} than of {first}: more than chance."
    told, half = f"{name} of {second} and {first}: {told}.", (found.high - found.low) / 2
    if not half:
        return f"{told} They rank the test items alike."
    size = evaluation_size(snapshot, task.positive.name if task.positive else "")
    return (
        f"{told} With {size} a gain below about {half:.2f} is too small to measure. Four times as "
        "many items would halve that."
    )


def score_table(snapshot: Snapshot, run: Run, other: Run | None, label: int | None) -> pd.DataFrame:
    """Every score of a run with its interval, and what it has over the other run.

    Without a label they are means over all labels.
    """
    task = snapshot.workspace.task
    is_headline = label == task.positive_index
    report = runs.report(snapshot, run)
    kept = report_intervals(report)
    found = runs.score_intervals(snapshot, run, label)
    if is_headline and run.evaluation_hash == runs.evaluation_hash(snapshot):
        found = found | {name: kept[name] for name in RANKING if name in kept}
    called = MACRO_NAMES if label is None else SCORES
    rows = [(called[x], found[x].value, span(found[x])) for x in called if x in found]
    if not found and is_headline:
        rows = [(name, getattr(run, score), "") for score, name in called.items()]
    figures = report and report.figures.get("evaluation")
    if figures and label is None:
        rows[1:1] = [("exact match" if task.several else "accuracy", figures.accuracy, "")]
        rows[2:2] = [("micro F", figures.micro_fscore, "")] * task.several
    elif report and report.is_cut and is_headline:
        rows.append(("F-score at 0.5", figures.at_half.fscore, span(kept.get("fscore"))))
    table = pd.DataFrame(rows, columns=["Score", "Value", "95% interval"])
    if other is None:
        return table
    differences = runs.score_differences(snapshot, other, run, label)
    told = {called[score]: each.as_difference() for score, each in differences.items()}
    compared = [told.get(score, "not compared") for score in table["Score"]]
    return table.assign(**{f"Compared with {shown_id(other.run_id)}": compared})


def label_table(snapshot: Snapshot, answers: EvaluationPredictions) -> pd.DataFrame:
    task = snapshot.workspace.task
    scores, rows = label_scores(answers.raw, answers.predicted, answers.targets), []
    for at, (label, each) in enumerate(zip(task.labels, scores, strict=True)):
        calls = [interval_text(each.intervals.get(name), ".2f") for name in CALLS]
        ranking = (each.auc, each.average_precision) if answers.knows(at) else (None, None)
        rows.append((label.name, each.support, *calls, *ranking))
    names = [capitalized(SCORES[name]) for name in (*CALLS, "auc", "average_precision")]
    return pd.DataFrame(rows, columns=["Label", "Items", *names])


def show_table(table: pd.DataFrame) -> None:
    """The table, with three digits in the columns that hold scores, and local times."""
    scores, columns = table.select_dtypes("floating").columns, st.column_config
    moment = {"format": "D MMM YYYY, HH:mm", "timezone": st.context.timezone}
    formats = dict.fromkeys(scores, columns.NumberColumn(format="%.3f"))
    formats["Seconds"] = columns.NumberColumn(format="%.1f")
    formats["Trained"] = columns.DatetimeColumn(**moment)
    st.dataframe(table, hide_index=True, column_config=formats)


def show_versions(snapshot: Snapshot) -> None:
    every, called = pd.DataFrame(snapshot.logs.runs), score_names(snapshot.workspace.task)
    reports = [runs.report(snapshot, run) for run in snapshot.logs.runs]
    both = zip(snapshot.logs.runs, reports, strict=True)
    every["fscore"] = [headline(run, report, "fscore")[0] for run, report in both]
    columns = {"created_at": "Trained", "model": "Type", "n_training": "Training labels"}
    columns |= {"n_evaluation": "Test items"}
    columns |= {score: capitalized(name) for score, name in called.items()}
    columns |= {"seconds": "Seconds", "seed": "Seed"}
    moments = pd.to_datetime(every["created_at"], utc=True, errors="coerce", format="ISO8601")
    table = every[[*columns]].assign(created_at=moments).rename(columns=columns)
    table.insert(0, "Version", every["run_id"].map(shown_id))
    sets = evaluation_sets(snapshot)
    if len(set(sets.values())) > 1:
        table["Test set"] = every["run_id"].map(sets)
    show_table(table.iloc[::-1])
