"""Settings: the task of a workspace in a form, and what an edit touches before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.errors import TaskError
from core.evaluation.runs import current_run, train_now
from core.sampling.catalog import CATALOG, preset_of, presets, refusal
from core.system.findings import counted
from core.workspace.relabel import label_again, to_label_again
from core.workspace.snapshot import Snapshot
from core.workspace.task import FEW_LABELS, KEY_UNSAID, MOST, SPLITS, Label, Quality, Task
from core.workspace.task_changes import changes, items_of
from core.workspace.task_file import has_comments, merged, read_task_text, save_task, task_toml
from core.workspace.task_toml import default_task, parse_task
from pages.ui import session
from pages.ui.cache import analysis
from pages.ui.components.messages import refusals_shown, show_job
from pages.ui.escape_markdown import plain

OPENED = "settings_opened"
"""Session state: the workspace, and what its `task.toml` said when the form was filled in."""
FILLED = "settings_filled"
"""Session state: how often the form was filled in; a part of its fields' keys."""
ADDED = "settings_added"
REMOVED = "settings_removed"
RECOMMENDED = Quality(overlap=0.1, repeat=0.02, start=20)
PRESSED = "settings_recommended"  # session state: how often these numbers were asked for

CUSTOM = "Custom"
SETS = {
    "evaluation": ("Test set", "Random, never trained on: it measures a model. Also: evaluation."),
    "validation": ("Validation set", "A second random set, used only to tune settings."),
    "training": ("First training data", "Random items that the first model learns from."),
}
AGAIN = {
    "overlap": ("Second opinions, in %", "Random items that another person labels, too."),
    "repeat": ("Repeats, in %", "Random items that come back to the same person a week later."),
}
START = "From kept searches or like those found, in %, until a rare label has ten items"
RECHECK = "On top of a batch, in % of it: items that *Label many* labeled unseen"
PERCENT = {"min_value": 0.0, "max_value": 100.0, "step": 1.0, "format": "%g"}
DISPUTED = {"first": "count as labeled first", "hold": "wait until somebody decides"}


def show(path: Path) -> None:
    if not session.may("change settings"):
        return
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
    _offer_to_train(snapshot)


def _fill_in() -> None:
    """The form says what the file says when it is drawn next; edits that were not saved go."""
    st.session_state[FILLED] = st.session_state.get(FILLED, 0) + 1
    st.session_state.update({OPENED: (None, ""), ADDED: 0, REMOVED: set(), PRESSED: 0})


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
    several = st.toggle(
        "A text can have several labels",
        task.several,
        key=_key("several"),
        disabled=task.several and any(items.values()),
        help="Choosing none of them is an answer, too.",
    )
    labels = _labels(task, snapshot, items, several)
    st.header("How many items to label first", anchor=False)
    targets = {
        split: _number(place, SETS[split][0], task.targets[split], help=SETS[split][1])
        for split, place in zip(SPLITS, st.columns(len(SPLITS)), strict=True)
    }
    st.header("Batches", anchor=False)
    left, right = st.columns(2)
    size = _number(left, "Items in a batch", task.batch_size, min_value=1)
    mix = _mix(task, right)
    called = f"Items in a batch until {FEW_LABELS} training labels (0: the same)"
    first = _number(left, called, task.first_batch_size)
    start = _number(right, START, 100 * task.rare_start, **PERCENT)
    recheck = _number(left, RECHECK, 100 * task.recheck_bulk, **PERCENT)
    words = {"title": title, "short": short, "detailed": detailed.strip(), "several": several}
    numbers = {"batch_size": size, "first_batch_size": first, "targets": targets, "mix": mix}
    numbers |= {"rare_start": round(start / 100, 8), "recheck_bulk": round(recheck / 100, 8)}
    offered = tuple(label for label in labels if not label.retired)
    retired = tuple(label for label in labels if label.retired)
    card = _card(task, snapshot.pool_words.pool.columns) | {"quality": _quality(task)}
    return replace(task, labels=offered, retired=retired, **words, **numbers, **card)


def _card(task: Task, columns: Sequence[str]) -> dict[str, object]:
    """What stands around a text, and in which order its labels."""
    st.header("Card", anchor=False)
    left, right = st.columns(2)
    names = [*dict.fromkeys([*columns, *task.show])]
    show = left.multiselect("Columns under a text", names, [*task.show], key=_key("columns"))
    above = ["", *dict.fromkeys([*columns, *filter(None, [task.before])])]
    at, told = above.index(task.before), lambda name: name or "none"
    before = right.selectbox("Column above a text", above, at, format_func=told, key=_key("before"))
    first = st.toggle("Frequent labels first", task.frequent_first, key=_key("frequent"))
    return {"show": tuple(show), "before": before, "frequent_first": first}


def _quality(task: Task) -> Quality:
    """Who is asked again, and what is learned from items on which people differ."""
    st.header("More than one person", anchor=False)
    st.caption(
        "A second opinion alone changes no label. Where people differ, somebody decides on Review."
    )
    pressed, places = st.session_state[PRESSED], st.columns(3)
    usual = RECOMMENDED if pressed else task.quality
    shares = {}
    for place, (name, (label, about)) in zip(places, AGAIN.items(), strict=False):
        share, key = 100 * getattr(usual, name), _key(f"{name} {pressed}")
        share = _number(place, label, share, key=key, help=about, **PERCENT)
        shares[name] = round(share / 100, 8)
    told = {"key": _key(f"start {pressed}"), "help": "The same for everybody who joins."}
    start = _number(places[2], "Items to start with", usual.start, **told)
    differ, chosen = "Training items on which people differ", {task.quality.disputed}
    disputed = _choose(st.columns(3)[0], differ, DISPUTED, chosen)  # in a row of its own
    update, more = st.session_state.update, {PRESSED: pressed + 1}
    st.button("Recommended: 10%, 2% and 20 items", on_click=update, args=(more,))
    return Quality(**shares, start=start, disputed=disputed)


def _number(place: object, label: str, value: int, **further: object) -> int:
    further = {"min_value": 0, "max_value": MOST, "key": _key(label)} | further
    return place.number_input(label, value=value, **further)


def _labels(
    task: Task, snapshot: Snapshot, items: Mapping[str, int], several: bool
) -> tuple[Label, ...]:
    """A row for each label and for those that are new, and which of them are special."""
    offered = [label for label in task.labels if label.value not in st.session_state[REMOVED]]
    names, edited, into = {label.value: label.name for label in offered}, {}, {}
    for at, label in enumerate(offered):
        edited[label.value], into[label.value] = _label(at, label, items.get(label.value, 0), names)
    for at in range(len(offered), len(offered) + st.session_state[ADDED]):
        new, _ = _label(at, Label("", "", "", ""), 0, {})
        edited |= {f" {at}": new} if new.value else {}  # no value begins so
    one_more = {ADDED: st.session_state[ADDED] + 1}
    update = st.session_state.update
    st.button("Add a label", icon=":material/add:", on_click=update, args=(one_more,))
    edited |= {label.value: _retired(label, snapshot, items) for label in task.retired}
    labels = merged(edited, {value: other for value, other in into.items() if other})
    left = {label.value: label.name for label in labels if not label.retired}
    places = st.columns(2)
    none = {"": "none"} if several or len(left) > 2 else {}
    positive = _choose(places[0], "Positive label", none | left, _marked(labels, "positive"))
    default = ""
    if not several:
        usual = _marked(labels, "default")
        default = _choose(places[1], "Label for Enter", {"": "none", **left}, usual)
    return tuple(
        replace(label, positive=label.value == positive, default=label.value == default)
        for label in labels
    )


def _marked(labels: Sequence[Label], flag: str) -> set[str]:
    return {label.value for label in labels if getattr(label, flag)}


def _choose(place: object, label: str, names: Mapping[str, str], chosen: set[str]) -> str:
    """One of the labels; at first the one that is chosen."""
    at = next((at for at, value in enumerate(names) if value in chosen), 0)
    return place.selectbox(label, [*names], at, format_func=names.get, key=_key(label))


def _label(at: int, label: Label, number: int, names: Mapping[str, str]) -> tuple[Label, str]:
    """The label as its row says it, and the value of the one that it is merged into, if any."""
    row, into, retired = label.value or f" {at}", "", False
    value, examples = label.value, "\n".join(" ".join(x.split()) for x in label.examples)
    with st.container(border=True):
        left, middle, right = st.columns([6, 3, 11])
        name = left.text_input("Name", label.name, key=_key(f"name {row}")).strip()
        key = middle.text_input("Key", label.key, key=_key(f"key {row}")).strip().lower()
        about = right.text_area("Definition", label.description, height=90, key=_key(f"what {row}"))
        if label.value:
            left.caption(f"{counted(number, 'item')}. In files: {plain(label.value)}")
        with middle.popover("More", key=_key(f"more {row}")):
            said = st.text_area("Examples, one a line", examples, key=_key(f"examples {row}"))
            if label.value:
                value = st.text_input("Value in files", value, key=_key(f"value {row}")).strip()
            if number:
                retired = st.checkbox("Retire: stop offering this label", key=_key(f"retire {row}"))
                others = {"": "none", **{x: names[x] for x in names if x != label.value}}
                into = _choose(st, f"Merge {plain(label.name)} into", others, set())
            elif label.value:
                remove = st.session_state[REMOVED].add
                args = (label.value,)
                st.button("Remove", key=_key(f"remove {row}"), on_click=remove, args=args)
    if said != examples:
        label = replace(label, examples=tuple(filter(None, map(str.strip, said.split("\n")))))
    if value != label.value and number:
        label = replace(label, was=(*(x for x in label.was if x != value), label.value))
    key = key or ("" if label.value else KEY_UNSAID)
    words = {"value": value or name, "name": name or value, "key": key, "retired": retired}
    return replace(label, **words, description=about.strip()), into


def _retired(label: Label, snapshot: Snapshot, items: Mapping[str, int]) -> Label:
    """A retired label, which may be offered again or its items queued to be labeled anew."""
    number, ready = items.get(label.value, 0), len(to_label_again(snapshot, label.value))
    labels = snapshot.labels
    queued = sum(label.value in x.retired for x in labels.retired if x.item_id in labels.queued)
    waits = f"; {queued:,} wait on Annotate to be labeled again" if queued else ""
    with st.container(border=True):
        st.markdown(f"{plain(label.name)}: retired")
        st.caption(f"{counted(number, 'item')}, in files: {plain(label.value)}{waits}")
        if ready:
            st.button(
                f"Label its {counted(ready, 'item')} again",
                key=_key(f"again {label.value}"),
                on_click=_queue,
                args=(snapshot, label.value),
                disabled=not snapshot.workspace.is_writable(),
                help="They wait on Annotate, and count again once they are labeled.",
            )
        offered = st.checkbox(f"Offer {plain(label.name)} again", key=_key(f"offer {label.value}"))
    return replace(label, retired=False, key="") if offered else label


def _queue(snapshot: Snapshot, value: str) -> None:
    if not session.may("change settings"):
        return
    with refusals_shown():
        number = label_again(snapshot.workspace, value)
        st.toast(f"{counted(number, 'item')} wait on Annotate.", icon=":material/check:")


def _offer_to_train(snapshot: Snapshot) -> None:
    """Trains the model where it has not learned from the labels as they are now."""
    path = snapshot.workspace.path
    job = analysis.job(f"training of {path}", train_now, path)
    show_job(job, "Training", "settings_train")
    is_due = snapshot.logs.runs and snapshot.can_train and current_run(snapshot) is None
    if is_due and not job.is_running and snapshot.workspace.is_writable():
        st.caption("The labels have changed since the model was trained.")
        st.button("Train now", icon=":material/model_training:", key="train", on_click=job.start)


def _mix(task: Task, place: object) -> Mapping[str, int]:
    offered = {preset.name: preset for preset in presets(task)}
    usual, names = preset_of(task.mix, presets(task)), [*offered, CUSTOM]
    if task.warning:
        place.caption(plain(task.warning))
    at = names.index(usual.name if usual else CUSTOM)
    chosen = place.selectbox("What they are made of", names, at, key=_key("mix"))
    if chosen != CUSTOM:
        place.caption(offered[chosen].when)
        return task.mix if offered[chosen] == usual else offered[chosen].mix
    st.caption("How much each strategy adds, in proportion to the others.")
    places, parts = st.columns(3), dict(task.mix)
    for at, (name, each) in enumerate(CATALOG.items()):
        if (task.stratify_by or not each.asks_a_column) and not refusal(name, task):
            label = name.capitalize()
            parts[name] = _number(places[at % 3], label, task.mix.get(name, 0), help=each.when)
    return parts
