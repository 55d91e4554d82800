"""The section of the Strategies page on what each strategy found."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.analysis.strategy_yield import THIN, Yield, by_strategy
from core.workspace.snapshot import Snapshot
from core.workspace.task import BULK, Task
from pages.ui.components.scores import interval_text
from pages.ui.escape_markdown import plain


@dataclass(frozen=True)
class Measure:
    """One column of the table: what it measures, and what a cell without a value shows."""

    field: str
    name: str
    reading: str
    empty: str = ""
    format: str = ".0%"


def measures(task: Task) -> list[Measure]:
    name = task.positive.name if task.positive else ""
    positive = Measure("positive", name, f"Share of labels that are {name}. Higher finds more.")
    return [
        *([positive] if task.positive else []),
        Measure(
            "differing",
            "Differs from prediction",
            "How often the label is not what the model predicted when it chose the item.",
            "no predictions",
        ),
        Measure(
            "seconds",
            "Seconds per label",
            "The median. Hard items take longer. Only labels given on Annotate are timed.",
            "not timed",
            ".1f",
        ),
        Measure(
            "overruled",
            "Changed when checked",
            "How often who looked at an item that was labeled in bulk gave it another label.",
            empty="not checked",
        ),
    ]


def show_yields(snapshot: Snapshot, items: pd.DataFrame) -> None:
    """A row for each strategy; who points at a column's name reads how to read it."""
    found = measures(snapshot.workspace.task)
    in_bulk = items["strategy"].isin([BULK]).any()
    in_all = table(by_strategy(items), found if in_bulk else found[:-1])
    aids = {each.name: st.column_config.TextColumn(help=plain(each.reading)) for each in found}
    st.dataframe(in_all, hide_index=True, key="strategy_totals", column_config=aids)
    few = f" “Few” means fewer than {THIN} labels." if "Few" in in_all else ""
    st.caption(f"Ranges in brackets are 95% intervals.{few}")


def table(cells: Sequence[Yield], of: Sequence[Measure]) -> pd.DataFrame:
    """One row for each cell, its figures with their intervals; what is not known says why."""
    rows = []
    for cell in cells:
        told = [interval_text(getattr(cell, each.field), each.format) or each.empty for each in of]
        called = "label many" if cell.strategy == BULK else cell.strategy
        rows.append((called, cell.labeled, "few" * cell.is_thin, *told))
    head = ["Strategy", "Labels", "Few", *(each.name for each in of)]
    found = pd.DataFrame(rows, columns=head)
    return found if "few" in set(found["Few"]) else found.drop(columns="Few")
