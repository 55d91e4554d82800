"""Settings: the task of a workspace in a form, and what an edit touches before it is saved."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.errors import TaskError
from core.sampling.catalog import CATALOG, PRESETS, preset_of
from core.system.findings import counted
from core.workspace.snapshot import Snapshot
from core.workspace.task import MOST, SPLITS, Task, default_task, parse_task
from core.workspace.task_changes import changes, items_of
from core.workspace.task_file import (
    LabelWish,
    has_comments,
    new_labels,
    read_task_text,
    save_task,
    task_toml,
)
from pages.ui import session
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain

OPENED = "settings_opened"
"""Session state: the workspace, and what its `task.toml` said when the form was filled in."""
FILLED = "settings_filled"
"""Session state: how often the form was filled in; a part of its fields' keys."""
ADDED = "settings_added"
REMOVED = "settings_removed"

CUSTOM = "Custom"
SETS = {
    "evaluation": ("Test set", "Random, never trained on: it measures a model. Also: evaluation."),
    "validation": ("Validation set", "A second random set, used only to tune settings."),
    "training": ("First training data", "Random items that the first model learns from."),
}
"""Of each split its name, and what it is for."""


def show(path: Path) -> None:
    with refusals_shown(stop=True):
        now = read_task_text(path)
    if st.session_state.get(OPENED, ("",))[0] != path:
        _fill_in()
        st.session_state[OPENED] = (path, now)
    seen = st.session_state[OPENED][1]
    if now != seen:
        st.warning("Somebody else has changed these settings.", icon=":material/sync_problem:")
        st.button("Load the new settings", key="settings_load", on_click=_fill_in)
    try:
        task = parse_task(seen, "task.toml") if seen else default_task()
    except TaskError:
        _edit_text(path, seen)
        return
    snapshot = session.snapshot_or_stop()
    items = items_of(snapshot)
    with refusals_shown():
        text = task_toml(_form(task, snapshot, items))
        _offer_to_save(path, text, seen, changes(task, parse_task(text, "task.toml"), items))


def _fill_in() -> None:
    """The form says what the file says when it is drawn next; edits that were not saved go."""
    st.session_state[FILLED] = st.session_state.get(FILLED, 0) + 1
    st.session_state.update({OPENED: (None, ""), ADDED: 0, REMOVED: set()})


def _key(name: str) -> str:
    return f"settings_{name}_{st.session_state[FILLED]}"


def _edit_text(path: Path, seen: str) -> None:
    st.caption("Correct the text of task.toml here. The message above says what is wrong.")
    text = st.text_area("task.toml", seen, height=480, key=_key("text"))
    if st.button("Save", type="primary", key="settings_save"):
        _save(path, text, seen)


def _save(path: Path, text: str, seen: str) -> None:
    with refusals_shown():
        save_task(path, text, seen)
        _fill_in()
        st.toast("Settings saved.", icon=":material/check:")
        st.rerun()


def _offer_to_save(path: Path, text: str, seen: str, told: list[str]) -> None:
    if not told:
        st.caption("Nothing is changed yet.")
        return
    with st.container(border=True, key="settings_changes"):
        st.markdown("\n".join(["**What saving does**", "", *(f"- {plain(x)}" for x in told)]))
        if has_comments(seen):
            st.warning("Saving removes the comments in task.toml. set_aside/ keeps the old file.")
        with st.container(horizontal=True):
            save = st.button("Save", type="primary", key="settings_save")
            st.button("Discard changes", key="settings_discard", on_click=_fill_in)
    if save:
        _save(path, text, seen)


def _form(task: Task, snapshot: Snapshot, items: Mapping[str, int]) -> Task:
    """The task as the form says it; what has no field here stays."""
    title = st.text_input("Title", task.title, key=_key("title"))
    short = st.text_input("Question", task.short, key=_key("question"))
    detailed = st.text_area("Definitions", task.detailed, height=200, key=_key("definitions"))
    st.header("Labels", anchor=False)
    labels = new_labels(_labels(task, items), task.labels)
    st.header("How many items to label first", anchor=False)
    targets = {
        split: _number(place, SETS[split][0], task.targets[split], help=SETS[split][1])
        for split, place in zip(SPLITS, st.columns(len(SPLITS)), strict=True)
    }
    st.header("Batches", anchor=False)
    left, right = st.columns(2)
    size = _number(left, "Items in a batch", task.batch_size, min_value=1)
    mix = _mix(task, right)
    left, right = st.columns(2)
    rest = _number(left, "Minutes before a break is suggested (0: never)", task.rest_minutes)
    columns = [*dict.fromkeys([*snapshot.pool_words.pool.columns, *task.show])]
    show = right.multiselect("Columns under a text", columns, [*task.show], key=_key("columns"))
    words = {"title": title, "short": short, "detailed": detailed.strip(), "show": tuple(show)}
    numbers = {"batch_size": size, "rest_minutes": rest, "targets": targets, "mix": mix}
    return replace(task, labels=labels, **words, **numbers)


def _number(place: object, label: str, value: int, **further: object) -> int:
    further = {"min_value": 0, "max_value": MOST, "key": _key(label)} | further
    return place.number_input(label, value=value, **further)


def _labels(task: Task, items: Mapping[str, int]) -> list[LabelWish]:
    kept = [label for label in task.labels if label.value not in st.session_state[REMOVED]]
    rows = [LabelWish(x.value, x.name, x.key, description=x.description) for x in kept]
    rows += [LabelWish("")] * st.session_state[ADDED]
    wishes = [_label(at, wish, items.get(wish.value, 0)) for at, wish in enumerate(rows)]
    one_more = {ADDED: st.session_state[ADDED] + 1}
    update = st.session_state.update
    st.button("Add a label", icon=":material/add:", on_click=update, args=(one_more,))
    names = {wish.value: wish.name or wish.value for wish in wishes if wish.value}
    marked = {label.value for label in task.labels if label.positive}
    usual = {label.value for label in task.labels if label.default}
    left, right = st.columns(2)
    positive = _choose(left, "Positive label", names, marked)
    default = _choose(right, "Label for Enter", {"": "none", **names}, usual)
    return [
        replace(wish, positive=wish.value == positive, default=wish.value == default)
        for wish in wishes
        if wish.value
    ]


def _choose(place: object, label: str, names: Mapping[str, str], chosen: set[str]) -> str:
    at = next((at for at, value in enumerate(names) if value in chosen), 0)
    return place.selectbox(label, [*names], at, format_func=names.get, key=_key(label))


def _label(at: int, wish: LabelWish, items: int) -> LabelWish:
    """The label as its row says it; a new one has its name as its value."""
    row = wish.value or f"new {at}"
    with st.container(border=True):
        left, middle, right = st.columns([3, 1, 6])
        name = left.text_input("Name", wish.name, key=_key(f"name {row}")).strip()
        key = middle.text_input("Key", wish.key, key=_key(f"key {row}")).strip()
        about = right.text_area("Definition", wish.description, height=90, key=_key(f"what {row}"))
        if wish.value:
            left.caption(f"{counted(items, 'item')}. In files: {plain(wish.value)}")
        if wish.value and not items:
            remove = st.session_state[REMOVED].add
            left.button("Remove", key=_key(f"remove {row}"), on_click=remove, args=(wish.value,))
    return LabelWish(wish.value or name, name, key, description=about.strip())


def _mix(task: Task, place: object) -> Mapping[str, int]:
    presets, usual = {preset.name: preset for preset in PRESETS}, preset_of(task.mix)
    names = [*presets, CUSTOM]
    at = names.index(usual.name if usual else CUSTOM)
    chosen = place.selectbox("What they are made of", names, at, key=_key("mix"))
    if chosen != CUSTOM:
        place.caption(presets[chosen].when)
        return task.mix if presets[chosen] == usual else presets[chosen].mix
    st.caption("How much each strategy adds, in proportion to the others.")
    places, parts = st.columns(3), dict(task.mix)
    for at, (name, each) in enumerate(CATALOG.items()):
        if task.stratify_by or not each.asks_a_column:
            label = name.capitalize()
            parts[name] = _number(places[at % 3], label, task.mix.get(name, 0), help=each.when)
    return parts
