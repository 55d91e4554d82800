"""The tab of the Quality page on how far people agree, and about what they do not."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.agreement import confusions, half_width
from core.evaluation.agreement_report import THIN, WHY_ALPHA_FALLS, AgreementReport
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
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
