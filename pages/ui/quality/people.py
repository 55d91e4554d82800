"""The tab of the Quality page on how each person labels: how much, when, how fast, how well."""

from collections.abc import Sequence
from itertools import cycle

import altair as alt
import pandas as pd
import streamlit as st

from core.evaluation.agreement_report import THIN, AgreementReport, Share
from core.workspace.snapshot import Snapshot
from pages.ui.components.charts import HEIGHT, HUES, colors
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.scores import interval_text
from pages.ui.escape_markdown import plain


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
