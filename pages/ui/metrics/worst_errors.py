"""The view of the Metrics page on errors: what the model got wrong, with its words."""

import numpy as np
import streamlit as st

from core.evaluation.run_scores import worst_misses
from core.models.explain import explain
from core.pool.text import words_of
from core.workspace.logs import shown_id
from pages.ui.cache import runs
from pages.ui.components.charts import label_colors
from pages.ui.components.items import item_html, pushes_html, show_items
from pages.ui.components.messages import say_empty
from pages.ui.escape_markdown import plain
from pages.ui.metrics.views import Look

MISSES = 10


@st.fragment
def show_worst_errors(look: Look) -> None:
    places = worst_misses(look.answers, MISSES)
    wrong = int((look.answers.predicted != look.answers.targets).sum())
    if not wrong:
        say_empty(
            f"{plain(shown_id(look.run.run_id))} is right on all {len(look.answers):,} test items."
        )
        return
    model, is_sure = runs.model(look.snapshot, look.run), look.answers.knows(look.label)
    shown = "All" if len(places) == wrong else f"{len(places)} of"
    order = ", the most confident first" if is_sure else ""
    st.caption(
        f"{shown} {wrong:,} wrong predictions{order}. These are test items. Do not hunt for "
        "similar ones, or your scores become too optimistic."
    )
    texts = [look.answers.items[place].text for place in places]
    known = model.known([word for text in texts for word in words_of(text)]) if model else None
    told = [error_facts(look, place) for place in places]
    if model and st.toggle("Show how each word moved the prediction", key="metrics_pushes"):
        show_pushes(look, texts, told)
        return
    show_items([item_html(*each, known) for each in zip(texts, told, strict=True)])
    if known is not None:
        st.caption("Underlined words are new to the model.")


def error_facts(look: Look, place: int) -> list[str]:
    answers, labels = look.answers, look.task.labels
    predicted = answers.predicted[place]
    confidence = answers.raw[place, predicted]
    sure = "" if np.isnan(confidence) else f", {confidence:.0%} confident"
    return [
        f"Label: {labels[answers.targets[place]].name}",
        f"predicted: {labels[predicted].name}{sure}",
        answers.items[place].item_id,
    ]


def show_pushes(look: Look, texts: list[str], told: list[list[str]]) -> None:
    colors = [*label_colors(look.task.labels).values()]
    towards = colors.pop(look.label)
    label = look.task.labels[look.label].value
    found = explain(runs.model(look.snapshot, look.run), texts, [label] * len(texts))
    show_items(
        pushes_html(each, towards, colors[0], facts)
        for each, facts in zip(found, told, strict=True)
    )
    st.caption(
        f"Words in the color of {plain(look.name)} moved the prediction towards it, the others "
        "away from it. Point at a word to see by how much (in log-odds)."
    )
