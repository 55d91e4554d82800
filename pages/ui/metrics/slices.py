"""The view of the Metrics page on slices: groups of evaluation items, and how sure each is."""

import pandas as pd
import streamlit as st

from core.evaluation.slices import THIN, Slice, slices
from pages.ui.cache import runs
from pages.ui.components.controls import choose_one
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import say_empty
from pages.ui.escape_markdown import plain
from pages.ui.metrics import charts
from pages.ui.metrics.look import Look


@st.fragment
def show_slices(look: Look) -> None:
    """F-score and recall of groups of items, by what is known of them."""
    groupings = runs.slice_groups(look.snapshot, look.run)
    if not groupings:
        say_empty(
            "Here you will see the scores of groups: by length, by annotator, by columns of the "
            "pool. The evaluation items are all of one kind so far."
        )
        return
    by = choose_one("By", list(groupings), "metrics_slices")
    found = slices(groupings[by], look.answers.predicted == look.label, look.actual)
    show_figure(
        "slices",
        f"Scores by {by}",
        f"Where bars overlap, groups cannot be told apart. Pale and hollow: thin, fewer than "
        f"{THIN} items of {look.name}. Large groups first.",
        charts.slices,
        slice_rows(found),
        tuple(map(slice_name, found)),
    )
    empty = [each.group for each in found if each.recall is None]
    if empty:
        told = f"Without an item of {look.name}, and so without scores: {', '.join(empty)}."
        st.caption(plain(told))


def slice_name(found: Slice) -> str:
    """The slice in the chart, with how many items it stands on."""
    told = f"{found.group} ({found.positives:,} of {found.items:,})"
    return f"{told} thin" if found.is_thin else told


def slice_rows(found: list[Slice]) -> pd.DataFrame:
    """One row for each slice and score that is defined."""
    return pd.DataFrame(
        [
            {
                "group": slice_name(each),
                "score": name,
                "value": score.value,
                "low": score.low,
                "high": score.high,
                "items": each.items,
                "positives": each.positives,
                "thin": each.is_thin,
            }
            for each in found
            for name, score in (("F-score", each.fscore), ("recall", each.recall))
            if score
        ],
        columns=["group", "score", "value", "low", "high", "items", "positives", "thin"],
    )
