"""Tabs of the Quality page: how far people agree and about what, and how each person labels."""

from collections.abc import Sequence
from itertools import cycle

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.agreement import confusions, half_width
from core.evaluation.agreement_report import THIN, WHY_ALPHA_FALLS, AgreementReport, Share
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui.components.charts import HEIGHT, HUES, colors
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.messages import say_empty
from pages.ui.components.scores import interval_text, metric
from pages.ui.escape_markdown import plain

HOW = (
    "On Data, under Settings, *More than one person* has how many random items a second person "
    "labels too."
)
SHOWN = 20  # answers, and items, of a table


def show_agreement(snapshot: Snapshot, found: AgreementReport) -> None:
    task, figures = snapshot.workspace.task, found.agreement
    if not figures.n_items:
        say_empty(f"No random item has labels of two people yet. {HOW}")
        return
    st.caption(
        f"From {figures.n_items:,} items that chance chose, and that {figures.n_people} people "
        "labeled without seeing each other's labels or a prediction, two or more each. Second "
        "opinions on items that somebody picked do not count here."
    )
    label, mean = plain(task.positive.name if task.positive else "a label"), " Mean of all labels."
    says = f"F-score of two people: how often one says {label} where the other does."
    shown = [
        ("Same label", figures.percent, ".0%", "How often two people give an item the same label."),
        (f"On {label}", found.positive, ".2f", says + mean * (not task.positive)),
        ("Alpha", figures.alpha, ".2f", "Krippendorff's alpha: agreement beyond guessing."),
        ("AC1", figures.ac1, ".2f", "Gwet's AC1: agreement beyond guessing, for rare labels too."),
        ("Same again", found.repeats.interval, ".0%", "How often a person repeats their label."),
    ]
    for place, (name, each, as_, help) in zip(st.columns(len(shown)), shown, strict=True):
        span = f"{each.low:{as_}} to {each.high:{as_}}" if each else ""
        metric(place, name, f"{each.value:{as_}}" if each else "–", span, help)
    costs = [f"{n} items give ± {100 * half_width(figures.percent.value, n):.0f} points"
             for n in (100, 400)]  # fmt: skip
    st.caption(
        f"The ranges are 95% intervals. At this agreement {', '.join(costs)}. Figures of fewer "
        f"than {THIN} items are marked as few."
        + " Here that is all of them."
        * (figures.n_items < THIN)
    )
    with st.expander("Why alpha can be low although people agree"):
        st.caption(WHY_ALPHA_FALLS)
    show_tables(task, found)


def show_tables(task: Task, found: AgreementReport) -> None:
    """Each two people, each label, and what one says where another says this."""
    rows = [
        (x.a, x.b, x.n, interval_text(x.percent, ".0%") + ", few" * (x.n < THIN), x.kappa)
        for x in found.agreement.pairs
    ]
    st.header("Pairs", anchor=False)
    table(["Annotator", "Other", "Items", "Same label", "Kappa"], rows, "pairs")
    st.header("By label", anchor=False)
    labels = [(task.name_of(x), interval_text(of, ".2f")) for x, of in found.labels.items() if of]
    table(["Label", "Agreement on it"], labels, "labels")
    counts, names = confusions(found.ratings), [*map(task.name_of, found.ratings.answers)]
    said = []
    for at in np.argsort(-counts.sum(axis=1), kind="stable")[:SHOWN]:
        shares = counts[at] / max(counts[at].sum(), 1)
        most = [x for x in np.argsort(-shares, kind="stable")[:3] if shares[x]]
        if most:
            said.append((names[at], ", ".join(f"{names[x]} {shares[x]:.0%}" for x in most)))
    table(["Where one person says", "another says"], said, "said")


def table(names: Sequence[str], rows: Sequence[Sequence[object]], key: str) -> None:
    found = pd.DataFrame(rows, columns=names)
    as_ = {x: st.column_config.NumberColumn(format="%.2f") for x in ("Kappa", "Probability")}
    st.dataframe(found, hide_index=True, key=f"quality_{key}", column_config=as_)


def show_people(snapshot: Snapshot, found: AgreementReport) -> None:
    positive, moments = snapshot.workspace.task.positive, label_moments(snapshot)
    today = moments["day"] == f"{pd.Timestamp.now(st.context.timezone or 'UTC'):%Y-%m-%d}"
    counts = moments[today].groupby("annotator").size()
    rows = [
        {
            "Annotator": x.name,
            "Today": counts.get(x.name, 0),
            "Labels": x.labels,
            "Seconds per label": x.seconds,
            f"Share of {positive.name}" if positive else "": share_text(x.positives),
            "Same again": share_text(x.repeats),
            "As decided": share_text(x.decided),
        }
        for x in found.people
    ]
    table = pd.DataFrame(rows).replace("", None).dropna(axis="columns", how="all")
    seconds = st.column_config.NumberColumn(format="%.1f", help="The median.")
    st.dataframe(table, hide_index=True, column_config={"Seconds per label": seconds})
    st.caption(
        "Second opinions and repeats count among the labels. Shares are of random items, with 95% "
        "intervals. *As decided*: how often it was this person's label, where people differed and "
        "somebody decided."
    )
    for sentence in differences(found, positive.name if positive else ""):
        st.markdown(plain(sentence))
    people = tuple(x.name for x in found.people)
    for unit, title in (("day", "Labels by day"), ("hour", "Labels by hour of the day")):
        rows = moments.groupby([unit, "annotator"]).size().rename("labels").reset_index()
        aid = "How much was labeled, and when. Each person has a color."
        show_figure(f"labels-by-{unit}", title, aid, bars, rows, unit, people)


def differences(found: AgreementReport, name: str) -> list[str]:
    """A sentence for each person whose share of positives differs beyond chance."""
    everything = [x.positives for x in found.people]
    hits, n = sum(x.hits for x in everything), sum(x.n for x in everything)
    return [
        f"{x.name} says {name} {'more' if x.positives.hits * n > hits * x.positives.n else 'less'} "
        f"often than the others on random items, {share_text(x.positives)}: more than chance."
        for x in found.people
        if x.is_unlike
    ]


def share_text(share: Share) -> str:
    return interval_text(share.interval, ".0%") + ", few" * (0 < share.n < THIN)


def label_moments(snapshot: Snapshot) -> pd.DataFrame:
    """Who gave each label on which day and in which hour, by the browser's clock."""
    given = [(x.annotator, x.event.labeled_at) for x in snapshot.labels.words.opinions]
    found = pd.DataFrame(given, columns=["annotator", "at"])
    at = pd.to_datetime(found["at"], utc=True, errors="coerce", format="ISO8601")
    at = at.dt.tz_convert(st.context.timezone or "UTC")
    return found.assign(day=at.dt.strftime("%Y-%m-%d"), hour=at.dt.hour).dropna()


def bars(unit: str, people: Sequence[str]) -> alt.Chart:
    """Labels of each day, or of each hour of the day, in the colors of who gave them."""
    axis = alt.Axis(labelAngle=0, labelOverlap="greedy")
    return alt.Chart(POINTS, height=HEIGHT, mark="bar").encode(
        x=alt.X(f"{unit}:O", title=unit, axis=axis),
        y=alt.Y("labels:Q", title="labels", axis=alt.Axis(format=",d", tickMinStep=1)),
        color=colors("annotator", dict(zip(people, cycle(HUES), strict=False))),
        tooltip=["annotator:N", f"{unit}:O", "labels:Q"],
    )
