"""Lists of labels that may be wrong, each with a reason and a key for each label."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core.evaluation.label_issues import LabelIssue, disagreeing_duplicates, find_label_issues
from core.workspace.labels import Conflict, Labeled
from core.workspace.logs import shown_id
from core.workspace.opinions import settled
from core.workspace.relabel import Decision, decide, in_conflict
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLIT_NAMES, Label
from pages.ui import page_head, session
from pages.ui.cache import runs
from pages.ui.cache.snapshot import inbox
from pages.ui.components.asking import offer_to_ask
from pages.ui.components.controls import (
    choose_label,
    choose_one,
    is_chosen_from_list,
    offer_more_like,
)
from pages.ui.components.items import item_html, prediction, show_items
from pages.ui.components.messages import refusals_shown, say_empty
from pages.ui.escape_markdown import plain

DECIDE = "decide"  # what leads do on this page
LIST = "second_look"
LAST = "second_look_last"

SHOWN = 20  # items with buttons at a time: each list is worked off from its top


def show_label_issues(snapshot: Snapshot) -> None:
    """One of the lists, and the last decision, which can be undone."""
    if not snapshot.workspace.is_writable():
        st.caption("This workspace is read-only: you can look at labels, but not correct them.")
    else:
        page_head.need_annotator()
    chosen = choose_one("Which", [*LISTS], LIST)
    show_last(snapshot)
    LISTS[chosen](snapshot)


def show_contradicted(snapshot: Snapshot) -> None:
    """The training labels that models which did not see the item contradict most."""
    if not snapshot.logs.runs:
        say_empty(
            "Here you will see the labels that the model disagrees with. They come with the first "
            "model, after you have labeled the test set and the first training data."
        )
        return
    run = snapshot.logs.runs[-1]
    report = runs.report(snapshot, run)
    if report is None or report.out_of_fold is None:
        say_empty(
            f"{plain(shown_id(run.run_id))} has no predictions for items that it was not trained "
            "on. The next model will have them, once each label has four training items."
        )
        return
    items, looked_at = snapshot.labels.usable_training, settled(snapshot.labels.words)
    issues = find_label_issues(items, report.out_of_fold, looked_at)
    st.caption(
        f"{plain(shown_id(run.run_id))} disagrees with {len(issues):,} of {len(items):,} labels. "
        "Likely mistakes first. Your decision is final for this list."
    )
    offer_to_ask(snapshot, [issue.item.item_id for issue in issues[:SHOWN]], "ask_contradicted")
    show_list(snapshot, issues, show_issue)


def show_issue(snapshot: Snapshot, issue: LabelIssue, is_top: bool) -> None:
    task, item = snapshot.workspace.task, issue.item
    given, predicted = task.name_of(item.label), task.name_of(issue.predicted)
    reason = f"labeled {given} · predicted {prediction(predicted, issue.confidence)}"
    if len(task.labels) > 2:
        reason += f" ({prediction(given, issue.probability)})"
    facts = [reason, item.strategy and f"chosen by {item.strategy}", item.annotator, source(item)]
    show_items([item_html(item.text, facts)])
    label_buttons(snapshot, [item], is_top, assisted=True)
    offer_more_like(snapshot, item.item_id, item.text)


def show_conflicts(snapshot: Snapshot) -> None:
    conflicts = snapshot.labels.conflicts
    told = "items have several labels in the label files. They are not used until you choose one."
    show_list(snapshot, conflicts, show_conflict, f"{len(conflicts):,} {told}")


def show_conflict(snapshot: Snapshot, conflict: Conflict, is_top: bool) -> None:
    show_rows(snapshot, conflict.rows)
    label_buttons(snapshot, [in_conflict(conflict)], is_top)


def show_duplicates(snapshot: Snapshot) -> None:
    found = disagreeing_duplicates(snapshot.labels.by_id.values(), settled(snapshot.labels.words))
    told = "groups of the same text have different labels. A key gives the whole group one label."
    show_list(snapshot, found, show_group, f"{len(found):,} {told}")


def show_group(snapshot: Snapshot, copies: Sequence[Labeled], is_top: bool) -> None:
    show_rows(snapshot, copies)
    label_buttons(snapshot, copies, is_top, can_differ=True)


def show_rows(snapshot: Snapshot, rows: Sequence[Labeled]) -> None:
    task, shown = snapshot.workspace.task, []
    for row in rows:
        facts = [f"labeled {task.name_of(row.label)}", SPLIT_NAMES[row.split], row.annotator]
        shown.append(item_html(row.text, [*facts, source(row)]))
    show_items(shown)


def show_list(
    snapshot: Snapshot,
    entries: Sequence,
    show: Callable[[Snapshot, object, bool], None],
    told: str = "",
) -> None:
    """What is told of the entries, and the first ones, the keys bound to the first of all."""
    if not snapshot.labels.ids():
        say_empty("Here you will see labels that may be wrong, once there are labels.")
        return
    if not entries:
        st.success("Nothing to review.", icon=":material/done_all:")
        return
    if told:
        st.caption(told)
    task = snapshot.workspace.task
    if not is_chosen_from_list(task):
        keys = ", ".join(f"{label.key} {label.name}" for label in task.labels)
        st.caption(plain(f"Keys apply to the first item: {keys}."))
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
    give: Callable[[Sequence[Decision]], object] | None = None,
) -> None:
    """A button for each label, for the very items of the press; for leads.

    `give` does with the decisions what is not `take`.
    """
    if not session.is_lead():
        if is_top:
            session.may(DECIDE)
        return
    ids, given = " ".join(item.item_id for item in items), {item.label for item in items}
    task, can_save = snapshot.workspace.task, snapshot.workspace.is_writable()
    give = give or partial(take, snapshot)
    choices: list[tuple[str, Label | None]] = [("Keep as they are", None)] if can_differ else []

    def decide_on(answer: str) -> None:
        give([Decision(item, answer or item.label, assisted) for item in items])

    if is_chosen_from_list(task):
        choose_label(task, items[0].label, f"answer {ids}", decide_on, can_save=can_save)
    else:
        named = [(f"Keep {x.name}" if given == {x.value} else x.name, x) for x in task.labels]
        choices = [*named, *choices]
    if not choices:
        return
    with st.container(horizontal=True, gap="small", width="content"):
        for name, label in choices:
            answer, key = (label.value, shortcut(label)) if label else ("", None)
            st.button(
                plain(name),
                key=f"decide {ids} {answer}",
                shortcut=key if is_top else None,
                on_click=decide_on,
                args=(answer,),
                disabled=not can_save,
            )


def take(
    snapshot: Snapshot, decisions: Sequence[Decision], then: Callable[[], object] | None = None
) -> None:
    workspace = snapshot.workspace
    if not session.may(DECIDE):
        return
    with refusals_shown():
        decide(workspace, inbox(workspace.path), decisions, session.annotator())
        st.session_state[LAST] = decisions
        if then:
            then()


def show_last(snapshot: Snapshot) -> None:
    last = st.session_state.get(LAST)
    if not last or not all(decision.item.label for decision in last):
        return
    task, text, others = snapshot.workspace.task, last[0].item.text[:80], len(last) - 1
    names = ", ".join(dict.fromkeys(task.name_of(decision.label) for decision in last))
    line, button = st.columns([5, 1], vertical_alignment="center")
    line.caption(plain(f"Saved: “{text}”{f' and {others} more' if others else ''}: {names}"))
    before = [
        Decision(replace(each.item, label=each.label), each.item.label, each.assisted)
        for each in last
    ]
    # What is refused stays the last decision: it can be tried again.
    args = (snapshot, before, lambda: st.session_state.pop(LAST, None))
    button.button("Undo", key="take_back", on_click=take, args=args)


def shortcut(label: Label) -> str | None:
    """The label's key as Streamlit takes it; None for one that it does not know."""
    is_known = len(label.key) == 1 and label.key.isascii() and label.key.isalnum()
    return label.key if is_known else None


def source(item: Labeled) -> str:
    """Where the label is from: its batch, else its file and line."""
    return shown_id(item.batch_id) or (f"{item.file} line {item.line}" if item.file else "")


LISTS = {
    "Model disagrees": show_contradicted,
    "Conflicting labels": show_conflicts,
    "Duplicates with different labels": show_duplicates,
}
