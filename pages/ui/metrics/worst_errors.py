"""The view of the Metrics page on misses: what the model got wrong, with its words."""

import numpy as np
import streamlit as st

from core.evaluation.run_scores import worst_misses
from core.models.explain import explain
from core.pool.text import words_of
from pages.ui.cache import runs
from pages.ui.components.charts import label_colors
from pages.ui.components.items import item_html, pushes_html, show_items
from pages.ui.components.messages import say_empty
from pages.ui.escape_markdown import plain
from pages.ui.metrics.views import Look

MISSES = 10


@st.fragment
def show_worst_errors(look: Look) -> None:
    """The misses that the model was surest of, with their words."""
    places = worst_misses(look.answers, MISSES)
    wrong = int((look.answers.predicted != look.answers.targets).sum())
    if not wrong:
        say_empty(
            f"{plain(look.run.run_id)} is right on all {len(look.answers):,} evaluation items."
        )
        return
    model, is_sure = runs.model(look.snapshot, look.run), look.answers.knows(look.label)
    order = "those first that it was surest of" if is_sure else "as they come"
    st.caption(
        f"{len(places)} of its {wrong:,} wrong answers, {order}. Do not train on what you learn "
        "here by looking for these very items: they are the measure."
    )
    texts = [look.answers.items[place].text for place in places]
    known = model.known([word for text in texts for word in words_of(text)]) if model else None
    told = [error_facts(look, place) for place in places]
    if model and st.toggle("Show how far each word pushed", key="metrics_pushes"):
        show_pushes(look, texts, told)
        return
    show_items([item_html(*each, known) for each in zip(texts, told, strict=True)])
    if known is not None:
        st.caption("Underlined: words that the model does not know.")


def error_facts(look: Look, place: int) -> list[str]:
    """What it is, what the model said, and how probable it thought the truth."""
    labels, true = look.task.labels, look.answers.targets[place]
    believed = look.answers.raw[place, true]
    return [
        f"is {labels[true].name}",
        f"the model says {labels[look.answers.predicted[place]].name}",
        "" if np.isnan(believed) else f"P({labels[true].name}) = {believed:.2f}",
        look.answers.items[place].item_id,
    ]


def show_pushes(look: Look, texts: list[str], told: list[list[str]]) -> None:
    """The misses with each word shaded by its push."""
    colors = [*label_colors(look.task.labels).values()]
    towards = colors.pop(look.label)
    label = look.task.labels[look.label].value
    found = explain(runs.model(look.snapshot, look.run), texts, [label] * len(texts))
    show_items(
        pushes_html(each, towards, colors[0], facts)
        for each, facts in zip(found, told, strict=True)
    )
    st.caption(
        f"Shaded like {plain(look.name)} in charts: pushed towards it. In the other color: away "
        "from it. Point at a word for its push in log-odds."
    )
