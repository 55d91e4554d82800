"""Settings: the task of a workspace in a form, and what an edit touches before it is saved."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.errors import SunlightError, TaskError
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
from pages.ui.cache.snapshot import open_snapshot
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain

OPENED = "settings_opened"
"""Session state: the workspace, what its `task.toml` said, and how often the form was filled."""

CUSTOM = "Custom"
TARGETS = {
    "evaluation": (
        "Test set",
        "A random sample that is never trained on. It tells how good a model is. Files call it "
        "evaluation.",
    ),
    "validation": ("Validation", "A second random sample, used only to tune settings."),
    "training": ("First training data", "Random items that the first model learns from."),
}
"""Of each split its name here, and what it is for."""

Key = Callable[[str], str]
"""The key of a widget of this filling of the form, by its name."""


def show(path: Path) -> None:
    """The form, what it changes, and a button that saves; of a file that is no task its text."""
    with refusals_shown(stop=True):
        now = read_task_text(path)
    opened, seen, filled = st.session_state.get(OPENED) or (None, "", 0)
    if opened != path:
        opened, seen, filled = st.session_state[OPENED] = (path, now, filled + 1)
    if now != seen:
        st.warning(
            "Somebody else has changed these settings. Load theirs before you change anything.",
            icon=":material/sync_problem:",
        )
        st.button("Load the new settings", key="settings_load", on_click=_fill_anew)
    try:
        task = parse_task(seen, "task.toml") if seen else default_task()
    except TaskError:
        _edit_text(path, seen, f"settings_text_{filled}")
        return
    try:
        snapshot = open_snapshot(path)
    except SunlightError:
        return  # the page's head has told it
    wanted = _form(task, snapshot, lambda name: f"settings_{name}_{filled}")
    _save(path, seen, wanted, items_of(snapshot), task)


def _fill_anew() -> None:
    """The form shows what the file says; edits that were not saved are gone."""
    _, _, filled = st.session_state[OPENED]
    st.session_state[OPENED] = (None, "", filled)


def _edit_text(path: Path, seen: str, key: str) -> None:
    """The text of a `task.toml` that is no task, to be corrected here."""
    st.caption("Correct the text of task.toml here. The message above names what is wrong.")
    text = st.text_area("task.toml", seen, height=480, key=key)
    if st.button("Save", type="primary", key="settings_save"):
        _write(path, text, seen)


def _write(path: Path, text: str, seen: str) -> None:
    with refusals_shown():
        save_task(path, text, seen)
        _fill_anew()
        st.toast("Settings saved.", icon=":material/check:")
        st.rerun()


def _save(path: Path, seen: str, wanted: Task, items: Mapping[str, int], task: Task) -> None:
    """What saving would do, and the button; or why it cannot be."""
    with refusals_shown():
        text = task_toml(wanted)
        told = changes(task, parse_task(text, "task.toml"), items)
        if not told:
            st.caption("Nothing is changed yet.")
            return
        with st.container(border=True, key="settings_changes"):
            st.markdown("\n".join(["**What saving does**", "", *(f"- {plain(x)}" for x in told)]))
            if has_comments(seen):
                st.warning(
                    "Saving removes the comments in task.toml. The former file, with its comments, "
                    "is kept in set_aside/.",
                    icon=":material/comments_disabled:",
                )
            with st.container(horizontal=True):
                save = st.button("Save", type="primary", key="settings_save")
                st.button("Discard changes", key="settings_discard", on_click=_fill_anew)
        if save:
            _write(path, text, seen)


def _form(task: Task, snapshot: Snapshot, key: Key) -> Task:
    """The task as the form says it; what has no field here stays."""
    title = st.text_input(
        "Title", task.title, key=key("title"), help="The heading of Home, and in the browser's tab."
    )
    short = st.text_input(
        "Question", task.short, key=key("question"), help="Shown above every item."
    )
    detailed = st.text_area(
        "Definitions",
        task.detailed,
        height=200,
        key=key("definitions"),
        help="How to decide. Opens with d while labeling.",
    )
    labels = _labels(task, items_of(snapshot), key)
    targets = _targets(task, key)
    size, mix = _batches(task, key)
    columns = [*dict.fromkeys([*snapshot.pool_words.pool.columns, *task.show])]
    show, rest = task.show, task.rest_minutes
    left, right = st.columns(2)
    if columns:
        show = left.multiselect(
            "Columns shown under a text", columns, list(task.show), key=key("columns")
        )
    rest = right.number_input(
        "Suggest a break after so many minutes",
        0,
        MOST,
        task.rest_minutes,
        key=key("rest"),
        help="0: never.",
    )
    words = {"title": title, "short": short, "detailed": detailed.strip()}
    numbers = {"batch_size": size, "rest_minutes": rest, "targets": targets, "mix": mix}
    wanted = new_labels(labels, task.labels)
    return replace(task, **words, **numbers, labels=wanted, show=tuple(show))


def _labels(task: Task, items: Mapping[str, int], key: Key) -> list[LabelWish]:
    """A row for each label, and for those that are new."""
    st.subheader("Labels", anchor=False)
    removed = st.session_state.setdefault(key("removed"), set())
    added = st.session_state.setdefault(key("added"), 0)
    rows = [
        LabelWish(label.value, label.name, label.key, description=label.description)
        for label in task.labels
        if label.value not in removed
    ]
    rows += [LabelWish("") for _ in range(added)]
    wishes = [
        _label(wish, items.get(wish.value, 0), lambda name, at=at: key(f"{name}_{at}"), removed)
        for at, wish in enumerate(rows)
    ]
    st.button("Add a label", icon=":material/add:", key=key("add"), on_click=_add, args=(key,))
    return [*_flagged([wish for wish in wishes if wish.value], task, key)]


def _add(key: Key) -> None:
    st.session_state[key("added")] += 1


def _label(wish: LabelWish, items: int, key: Key, removed: set[str]) -> LabelWish:
    """The label as its row says it; a new one has its name as its value."""
    with st.container(border=True):
        left, middle, right = st.columns([3, 1, 6])
        name = left.text_input("Name", wish.name, key=key("name")).strip()
        letter = middle.text_input("Key", wish.key, key=key("key")).strip()
        about = right.text_area("Definition", wish.description, height=100, key=key("about"))
        if wish.value:
            left.caption(f"{counted(items, 'item')} · `{plain(wish.value)}` in files")
        if wish.value and not items:
            left.button("Remove", key=key("remove"), on_click=removed.add, args=(wish.value,))
    return LabelWish(wish.value or name, name, letter, description=about.strip())


def _flagged(wishes: Sequence[LabelWish], task: Task, key: Key) -> Iterator[LabelWish]:
    """The labels with their marks: which one is positive, and which one Enter gives."""
    names = {wish.value: wish.name or wish.value for wish in wishes}
    marked = {
        flag: next((label.value for label in task.labels if getattr(label, flag)), "")
        for flag in ("positive", "default")
    }
    left, right = st.columns(2)
    positive = left.selectbox(
        "Positive label",
        [*names],
        index=[*names].index(marked["positive"]) if marked["positive"] in names else 0,
        format_func=lambda value: names[value],
        key=key("positive"),
        help="The label you are looking for. Precision, recall and F-score are about it.",
    )
    default = right.selectbox(
        "Label for Enter",
        ["", *names],
        index=["", *names].index(marked["default"]) if marked["default"] in names else 0,
        format_func=lambda value: names.get(value, "none"),
        key=key("default"),
    )
    for wish in wishes:
        yield replace(wish, positive=wish.value == positive, default=wish.value == default)


def _targets(task: Task, key: Key) -> dict[str, int]:
    st.subheader("How many items to label first", anchor=False)
    return {
        split: place.number_input(
            TARGETS[split][0],
            0,
            MOST,
            task.targets[split],
            10,
            key=key(split),
            help=TARGETS[split][1],
        )
        for split, place in zip(SPLITS, st.columns(len(SPLITS)), strict=True)
    }


def _batches(task: Task, key: Key) -> tuple[int, Mapping[str, int]]:
    """(items of a batch, the mix of strategies)."""
    st.subheader("Batches", anchor=False)
    left, right = st.columns(2)
    size = left.number_input("Items in a batch", 1, MOST, task.batch_size, 10, key=key("size"))
    presets = {preset.name: preset for preset in PRESETS}
    usual = preset_of(task.mix)
    names = [*presets, CUSTOM]
    chosen = right.selectbox(
        "What they are made of", names, names.index(usual.name if usual else CUSTOM), key=key("mix")
    )
    if chosen != CUSTOM:
        right.caption(presets[chosen].when)
        return size, task.mix if presets[chosen] == usual else presets[chosen].mix
    st.caption("Parts of a batch by strategy: their proportions count.")
    offered = [each for each in CATALOG.values() if task.stratify_by or not each.asks_a_column]
    places = st.columns(3)
    parts = {
        each.name: places[at % 3].number_input(
            each.name.capitalize(),
            0,
            MOST,
            task.mix.get(each.name, 0),
            key=key(each.name),
            help=each.when,
        )
        for at, each in enumerate(offered)
    }
    return size, task.mix | parts
