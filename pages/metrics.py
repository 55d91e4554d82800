"""Metrics: how good each model version is on the test set."""

import streamlit as st

from core.evaluation.agreement_report import THIN, evaluation_opinions
from core.evaluation.report import score_names
from core.workspace.logs import Run, shown_id
from core.workspace.snapshot import Snapshot
from pages.ui import page_head
from pages.ui.cache import analysis, runs
from pages.ui.components import charts
from pages.ui.components.controls import choose_one, show_tabs
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import say_empty
from pages.ui.escape_markdown import plain
from pages.ui.metrics import score_tables, views

NONE = "nothing"


def show_curve(snapshot: Snapshot) -> None:
    """Scores against labels, and whether the last batch improved the model."""
    task = snapshot.workspace.task
    points = runs.of_reports(score_tables.curve_points, snapshot)
    if not len(points):
        asked = f"that is {plain(task.positive.name)} " if task.positive else ""
        say_empty(f"Label a test item {asked}to see scores here: there is none yet.")
        return
    people, headline = analysis.agreement(snapshot).positive, score_names(task)["fscore"]
    scores = tuple(name for name in charts.SCORE_COLORS if name in set(points["score"]))
    chosen = choose_one("Score", scores, "metrics_score")
    people = people if chosen == headline else None
    aid = (
        f"Does more labeling still help? A flat line means no. The band is the {chosen}'s 95% "
        f"interval with {score_tables.evaluation_size(snapshot, 'positive').rstrip(',')}."
    )
    aid += " The gray band is how far people agree with each other." if people else ""
    of = chosen, scores, points["model"].nunique() > 1, people
    show_figure("learning-curve", "Learning curve", aid, charts.learning_curve, points, *of)
    if len(set(score_tables.evaluation_sets(snapshot).values())) > 1:
        st.caption("Lines break where the test set changed: compare only within a line.")
    if len(snapshot.logs.runs) > 1:
        sentence = score_tables.gain_sentence(snapshot, *snapshot.logs.runs[-2:])
        if sentence:
            st.write(plain(sentence))


def show_people(snapshot: Snapshot) -> None:
    """How far people agree, as the model's ceiling, and what the test labels are worth."""
    task, found = snapshot.workspace.task, analysis.agreement(snapshot)
    score, n_items = score_names(task)["fscore"], found.agreement.n_items
    if found.positive:
        name = score.replace("F-score", "F")
        few = f" Few: {n_items} items tell it so far." if n_items < THIN else ""
        st.write(
            f"Two people agree with each other at {name} {found.positive}. A model within it "
            f"cannot be told from a person.{few}"
        )
    by_two, disputed = evaluation_opinions(snapshot.labels, task)
    if by_two:
        told = f"{by_two:,} test items have labels of two people; {len(disputed):,} are disputed."
        run = snapshot.logs.runs[-1]
        low, high = runs.decided_otherwise(snapshot, run) or (None, None)
        if disputed and low is not None and high is not None:
            told += f" However these are decided, the {score} of {plain(shown_id(run.run_id))} is"
            told += f" between {low:.2f} and {high:.2f}."
        st.write(told)


def choose(snapshot: Snapshot) -> tuple[Run, Run | None, int | None]:
    """The run to look at, the one to compare it with, and the label that is looked for.

    Without a label it is all of them.
    """
    by_id = {run.run_id: run for run in reversed(snapshot.logs.runs)}
    task = snapshot.workspace.task
    labels, has_many = task.labels, views.has_many(task)
    places = st.columns(3 if has_many else 2)
    name = places[0].selectbox("Model version", by_id, format_func=shown_id, key="metrics_run")
    run, others = by_id[name], [each for each in by_id if each != name]
    earlier = [name for name in others if by_id[name].created_at < run.created_at]
    options = [NONE, *others]
    start, told = options.index(earlier[0]) if earlier else 0, "Compare with"
    other = places[1].selectbox(told, options, start, format_func=shown_id, key="metrics_other")
    label = task.positive_index
    if has_many:
        names = {None: "All labels"} | {at: each.name for at, each in enumerate(labels)}
        start, how = [*names].index(label), {"format_func": names.__getitem__}
        told = "Label against all others"
        label = places[2].selectbox(told, names, start, key="metrics_label", **how)
    return run, by_id.get(other), label


def show_scores(snapshot: Snapshot, run: Run, other: Run | None, label: int | None) -> None:
    score_tables.show_table(score_tables.score_table(snapshot, run, other, label))
    report = runs.report(snapshot, run)
    if report is None:
        st.caption("This version has no report: these are its model's predictions of today.")
        return
    told = (
        f"F-score, precision and recall are at the model's threshold of {report.threshold:.2f}. It "
        "goes by how many positives the test set has, and by nothing else of it."
        if report.is_cut
        else "F-score, precision and recall are at a probability of 0.5."
    )
    if label is None:
        told = "Macro scores are means over the labels, each one against all others."
    if snapshot.workspace.task.several:
        told += " Each label has a threshold of its own."
    st.caption(f"{told} {plain(report.note)}")
    figures = report.figures.get("evaluation")
    if figures and figures.unknown:
        names = ", ".join(map(snapshot.workspace.task.name_of, figures.unknown))
        st.caption(plain(f"The model does not know these labels yet: {names}. Label more of them."))


def say_what_is_missing(snapshot: Snapshot, run: Run, look: views.Look | None) -> None:
    """Where the run was measured by other items than today's, or can say nothing of them."""
    if look is None:
        st.warning(
            f"The file of {plain(shown_id(run.run_id))} is missing or damaged. Its scores are in "
            "the table below; train again to see its curves."
        )
        return
    today = len(snapshot.labels.splits["evaluation"])
    if len(look.answers) < today:
        st.caption(
            f"{plain(shown_id(run.run_id))} was tested on {len(look.answers):,} of today's "
            f"{today:,} test items. The figures below are for those."
        )


OF_ALL_LABELS = {"Labels": views.show_labels, "Worst errors": views.show_worst_errors}
VIEWS = {
    "Ranking": views.show_ranking,
    "Threshold": views.show_threshold,
    "Probabilities": views.show_probabilities,
    "Worst errors": views.show_worst_errors,
}

snapshot = page_head.open_page(
    "Metrics", "How good each model version is on the test set, the evaluation data."
)
page_head.need_pool(snapshot)
if not snapshot.logs.runs:
    say_empty(
        "Label the test set and first training data. The first model is trained after that, "
        "and its scores come here.",
        stop=True,
    )
show_curve(snapshot)
show_people(snapshot)
run, other, label = choose(snapshot)
answers = runs.evaluation_predictions(snapshot, run)
look = None if answers is None else views.Look(snapshot, run, answers, label)
show_scores(snapshot, run, other, label)
say_what_is_missing(snapshot, run, look)
if look and len(look.answers):
    shown = OF_ALL_LABELS if views.has_many(look.task) else {}
    show_tabs(shown if label is None else VIEWS | shown, "metrics_view", look)
st.header("All model versions", anchor=False)
score_tables.show_versions(snapshot)
