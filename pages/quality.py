"""Quality: how far people agree, how each of them labels, and what is disputed."""

import streamlit as st

from core.evaluation.agreement_report import AgreementReport
from core.sampling.second_opinions import start_items
from core.system.findings import counted
from core.workspace.assignment import owed
from core.workspace.snapshot import Snapshot
from pages.ui import page_head, session
from pages.ui.cache import analysis
from pages.ui.components.controls import show_tabs
from pages.ui.components.items import item_html, show_items
from pages.ui.components.messages import say_empty
from pages.ui.escape_markdown import plain
from pages.ui.quality.views import HOW, show_agreement, show_people


def show_start(snapshot: Snapshot, _: AgreementReport) -> None:
    """The items that everybody begins with on which somebody differs from the first person."""
    items, said = start_items(snapshot), snapshot.labels.words.by_item
    if not items:
        say_empty(
            "New annotators can begin with the same items, so that you can talk about what they "
            f"see differently. {HOW}"
        )
        return
    # Whoever has still to label an item here reads nothing of what others said of it.
    hidden = owed(snapshot, session.annotator())
    differing = (snapshot.labels.words.differing.keys() & items.keys()) - hidden
    both = sum(len(said.get(item, ())) > 1 for item in items)
    st.caption(
        f"Everybody begins with the same {counted(len(items), 'item')}. Two people or more have "
        f"labeled {both:,} of them so far, and differ on {len(differing):,}."
        + " Talk about these."
        * bool(differing)
    )
    texts, name_of = snapshot.pool_words.pool.texts_of(items), snapshot.workspace.task.name_of
    show_items(
        item_html(texts[item], [f"{x.annotator}: {name_of(x.answer)}" for x in said[item]])
        for item in items
        if item in differing
    )


def show_disputed(_: Snapshot, found: AgreementReport) -> None:
    """How many items are to be decided, and the way there."""
    if not found.disputed:
        say_empty("Nothing is disputed: wherever people differed somebody has decided.")
        return
    st.write(f"{counted(found.disputed, 'item')} got different labels, and nobody has decided yet.")
    if st.button("Decide in Review", icon=":material/arrow_forward:", key="quality_decide"):
        st.session_state["review_tab"] = "Disagreements"
        st.switch_page("review.py")


snapshot = page_head.open_page(
    "Quality", "How far people agree who label the same texts, and how each of them labels."
)
page_head.need_pool(snapshot)
found = analysis.agreement(snapshot)
if not found.people:
    say_empty("Label the first items on Annotate to see figures here.", stop=True)
if len(found.people) < 2:
    say_empty(f"Only {plain(found.people[0].name)} has labeled here: nothing to compare yet. {HOW}")
TABS = {
    "Agreement": show_agreement,
    "People": show_people,
    "Start together": show_start,
    "Disputed": show_disputed,
}
show_tabs(TABS, "quality_tab", snapshot, found)
