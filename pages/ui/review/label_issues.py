"""Lists of labels that deserve a second look, each with a reason and a key for each label."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from core.evaluation.label_issues import LabelIssue, find_label_issues
from core.workspace.labels import Conflict, Labeled
from core.workspace.near_duplicates import Duplicates, differences, disagreeing_duplicates
from core.workspace.relabel import Decision, decide, in_conflict, settled
from core.workspace.snapshot import Snapshot
from core.workspace.task import Label
from pages.ui import page_head, session
from pages.ui.cache import analysis, runs
from pages.ui.cache.snapshot import inbox
from pages.ui.components.controls import choose_one
from pages.ui.components.items import item_html, show_items
from pages.ui.components.messages import filled, refusals_shown, say_empty
from pages.ui.escape_markdown import plain

LIST = "second_look"
LAST = "second_look_last"

SHOWN = 20
"""Items with buttons at a time: each list is worked off from its top."""


def show_label_issues(snapshot: Snapshot) -> None:
    """One of the lists, and the last decision, which can be taken back."""
    if not snapshot.workspace.is_writable():
        st.caption("The workspace is read-only: labels can be looked at, not corrected.")
    else:
        page_head.need_annotator()
    chosen = choose_one("Which", [*LISTS], LIST)
    show_last(snapshot)
    LISTS[chosen](snapshot)


def show_contradicted(snapshot: Snapshot) -> None:
    """The training labels that models which did not see the item contradict most."""
    if not snapshot.logs.runs:
        say_empty(
            "Here you will see the labels that the model contradicts. They come with the first "
            "run, after evaluation data and first training data are labeled."
        )
        return
    run = snapshot.logs.runs[-1]
    report = runs.report(snapshot, run)
    if report is None or report.out_of_fold is None:
        say_empty(
            f"{run.run_id} has not kept what models said of items that they did not see. The next "
            "run brings it, once each label has four training items."
        )
        return
    items, looked_at = snapshot.labels.usable_training(), settled(snapshot.logs.events)
    issues = find_label_issues(items, report.out_of_fold, looked_at)
    st.caption(
        f"{len(issues):,} of {len(items):,} training labels are not what a model trained without "
        f"the item says ({plain(run.run_id)}); the least probable label comes first. What you "
        "decide stays decided."
    )
    show_list(snapshot, issues, show_issue)


def show_issue(snapshot: Snapshot, issue: LabelIssue, is_top: bool) -> None:
    """One contradicted label, and a button for each label."""
    task, item = snapshot.workspace.task, issue.item
    given, predicted = task.label(item.label).name, task.label(issue.predicted).name
    reason = (
        f"labeled {given}, but a model that did not see it says {predicted} with confidence "
        f"{issue.confidence:.3f}"
    )
    if len(task.labels) > 2:
        reason += f", and {given} with {issue.probability:.3f}"
    facts = [reason, item.strategy and f"by {item.strategy}", item.annotator, source(item)]
    show_items([item_html(item.text, facts)])
    label_buttons(snapshot, [item], is_top, assisted=True)


def show_conflicts(snapshot: Snapshot) -> None:
    """The items that stand in the label files under several labels."""
    conflicts = snapshot.labels.conflicts
    if conflicts:
        st.caption(
            f"{len(conflicts):,} items stand in the label files under several labels, and nobody "
            "has decided: they count for nothing until somebody does."
        )
    show_list(snapshot, conflicts, show_conflict)


def show_conflict(snapshot: Snapshot, conflict: Conflict, is_top: bool) -> None:
    """The rows of one item, and a button for each label."""
    show_rows(snapshot, conflict.rows)
    label_buttons(snapshot, [in_conflict(conflict)], is_top)


def show_near_duplicates(snapshot: Snapshot) -> None:
    """The same or nearly the same texts under different labels."""
    items = [*snapshot.labels.by_id.values()]
    alike = filled(analysis.near_duplicates(snapshot), "Comparing the labeled texts …")
    found = disagreeing_duplicates(items, alike, settled(snapshot.logs.events))
    if found:
        st.caption(
            f"{len(found):,} groups of the same or nearly the same texts have different labels. "
            "A key gives all of a group one label. Underlined: the words that differ."
        )
    show_list(snapshot, found, show_group)


def show_group(snapshot: Snapshot, copies: Duplicates, is_top: bool) -> None:
    """Texts that are alike, with a button for each label, and one that keeps them all."""
    told = "the same text" if copies.likeness == 1 else f"alike: {copies.likeness:.2f}"
    show_rows(snapshot, copies.items, told, differences(copies))
    label_buttons(snapshot, copies.items, is_top, can_differ=True)


def show_rows(
    snapshot: Snapshot,
    rows: Sequence[Labeled],
    told: str = "",
    marked: Sequence[Sequence[bool]] | None = None,
) -> None:
    """Labeled rows below each other."""
    task, shown = snapshot.workspace.task, []
    for at, row in enumerate(rows):
        facts = [f"labeled {task.label(row.label).name}", row.split, row.annotator, source(row)]
        facts.append("" if at else told)
        shown.append(item_html(row.text, facts, marked=marked and marked[at]))
    show_items(shown)


def show_list(
    snapshot: Snapshot, entries: Sequence, show: Callable[[Snapshot, object, bool], None]
) -> None:
    """The first entries, the keys bound to the top one; a word where there is none."""
    if not snapshot.labels.ids():
        say_empty("Here you will see labels to look at again, once there are labels.")
        return
    if not entries:
        st.success("Nothing here wants a second look now.", icon=":material/done_all:")
        return
    keys = ", ".join(f"{label.key} {label.name}" for label in snapshot.workspace.task.labels)
    st.caption(plain(f"The keys decide about the top one: {keys}."))
    for at, entry in enumerate(entries[:SHOWN]):
        with st.container(gap="small"):
            show(snapshot, entry, at == 0)
    if len(entries) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(entries):,} are shown.")


def label_buttons(
    snapshot: Snapshot,
    items: Sequence[Labeled],
    is_top: bool,
    *,
    assisted: bool = False,
    can_differ: bool = False,
    then: Callable[[], object] | None = None,
) -> None:
    """A button for each label, which all these items get; `then` is done after a decision.

    A press carries the items that it was made upon, whatever stands there by then.
    """
    ids, given = " ".join(item.item_id for item in items), {item.label for item in items}
    choices = [
        (f"Keep {label.name}" if given == {label.value} else label.name, label.value, label)
        for label in snapshot.workspace.task.labels
    ]
    if can_differ:
        choices.append(("Keep as they are", "keep", None))
    with st.container(horizontal=True, gap="small", width="content"):
        for name, key, label in choices:
            decisions = [
                Decision(item, label.value if label else item.label, assisted) for item in items
            ]
            st.button(
                plain(name),
                key=f"decide {ids} {key}",
                shortcut=shortcut(label) if label and is_top else None,
                on_click=take,
                args=(snapshot, decisions, then),
                disabled=not snapshot.workspace.is_writable(),
            )


def take(
    snapshot: Snapshot, decisions: Sequence[Decision], then: Callable[[], object] | None = None
) -> None:
    """Writes the decisions down before the page runs again."""
    workspace = snapshot.workspace
    with refusals_shown():
        decide(workspace, inbox(workspace.path), decisions, session.annotator())
        st.session_state[LAST] = decisions
        if then:
            then()


def show_last(snapshot: Snapshot) -> None:
    """The last decision of this session in a line, with a button that takes it back."""
    last = st.session_state.get(LAST)
    if not last or not all(decision.item.label for decision in last):
        return
    task, text, others = snapshot.workspace.task, last[0].item.text[:80], len(last) - 1
    names = ", ".join(dict.fromkeys(task.label(decision.label).name for decision in last))
    line, button = st.columns([5, 1], vertical_alignment="center")
    line.caption(f"Saved: “{text}”{f' and {others} more' if others else ''}: {names}")
    before = [
        Decision(replace(each.item, label=each.label), each.item.label, each.assisted)
        for each in last
    ]
    # What is refused stays the last decision: it can be tried again.
    args = (snapshot, before, lambda: st.session_state.pop(LAST, None))
    button.button("Take back", key="take_back", on_click=take, args=args)


def shortcut(label: Label) -> str | None:
    """The label's key as Streamlit takes it; None for one that it does not know."""
    is_known = len(label.key) == 1 and label.key.isascii() and label.key.isalnum()
    return label.key if is_known else None


def source(item: Labeled) -> str:
    """Where the label stands: its batch, else its file and line."""
    return item.batch_id or (f"{item.file} line {item.line}" if item.file else "")


LISTS = {
    "Contradicted by the model": show_contradicted,
    "Two labels": show_conflicts,
    "Same text, other label": show_near_duplicates,
}
