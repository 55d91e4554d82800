"""The batch that the Annotate page shows, what is said of it, and the mix of the next one."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.report import headline, score_names
from core.sampling.catalog import CATALOG, preset_of, presets, refusal
from core.sampling.next_batch import BatchRequest, batch_to_label, is_active
from core.workspace.assignment import batch_for, earlier_batch
from core.workspace.logs import shown_id
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLIT_NAMES, Task, apportion, check_mix
from pages.ui import session
from pages.ui.cache import runs
from pages.ui.card import CardBatch
from pages.ui.card.batch_data import card_batch
from pages.ui.components.messages import progress_shown
from pages.ui.escape_markdown import plain

CARD = "card"
PAUSED = "paused"
SPLIT = "split"
"""Session state: the split of the batch that was shown last, and the workspace's folder."""
LABELED_AS = "labeled_as"
COMING = "coming"  # key of the place for progress: the card's style lays it over the page

USUAL = "mix_usual"
"""Session state: the task's mix in items and its name, by which the control was filled in."""
NAMED = "mix_named"
CUSTOM = "Custom"

MOST = 1_000  # items of one strategy in a batch


def note_save() -> None:
    """Runs before the page does, when a batch was saved: half a batch of now means a pause."""
    saved = st.session_state[CARD].get("finished")
    st.session_state[PAUSED] = bool(saved) and not saved["complete"] and not session.reopened()
    session.close_reopened()


def open_earlier() -> None:
    """Runs before the page does, when back was pressed at the beginning of a batch."""
    asked = st.session_state[CARD].get("earlier") or {}
    earlier = earlier_batch(session.open_snapshot(), session.annotator(), asked.get("batch_id"))
    if earlier:
        session.reopen(earlier)


def batch_to_show(
    snapshot: Snapshot, annotator: str, request: BatchRequest
) -> tuple[Snapshot, CardBatch]:
    """The batch for the card, an earlier one if one was opened, and the snapshot that knows it."""
    current, (earlier, item_id) = batch_for(snapshot, annotator), session.reopened() or ("", "")
    if earlier in snapshot.logs.split_of() and earlier != current:
        return snapshot, card_batch(snapshot, earlier, annotator, reopened=True, item_id=item_id)
    session.close_reopened()
    if not current:
        size = sum(request.mix.values()) if request.mix else snapshot.batch_size
        doing = "Training" if is_active(snapshot) else "Preparing your texts"
        with progress_shown(f"{doing} … choosing your next {size:,}") as report:
            current = batch_to_label(snapshot, annotator, request, progress=report)
        snapshot = session.open_snapshot()
    return snapshot, card_batch(snapshot, current, annotator)


def stop_if_paused(snapshot: Snapshot, annotator: str) -> None:
    """After a pause in the middle of a batch: what is left of it waits, and Enter goes on."""
    if not st.session_state.get(PAUSED) or session.reopened():
        return
    batch_id = batch_for(snapshot, annotator)
    left = len(snapshot.open_batches[batch_id]) if batch_id else 0
    st.success(f"Paused. {left:,} items are left in this batch.", icon=":material/pause_circle:")
    if st.button("Continue", type="primary", key="resume", shortcut="Enter"):
        st.session_state[PAUSED] = False
        st.rerun()
    st.stop()


def tell_news(snapshot: Snapshot, annotator: str, batch: CardBatch) -> None:
    """A toast where labels go somewhere else than before: under another name, to another split."""
    path = snapshot.workspace.path
    if st.session_state.get(LABELED_AS, annotator) != annotator:
        st.toast(f"You are now labeling as {plain(annotator)}.")
    st.session_state[LABELED_AS] = annotator
    if not batch.set_name:
        return
    before, where = st.session_state.get(SPLIT, (batch.split, path))
    if where == path and before != batch.split:
        st.toast(f"The {SPLIT_NAMES[before]} is complete. Next: {batch.set_name}.")
    st.session_state[SPLIT] = (batch.split, path)


def show_last_run(snapshot: Snapshot, batch: CardBatch) -> None:
    """In one line what the last training brought; nothing where no model may be spoken of."""
    if snapshot.logs.runs and batch.split == "training" and not batch.reopened:
        st.caption(plain(run_line(snapshot)))


def run_line(snapshot: Snapshot) -> str:
    """The new scores beside the last ones, where the same test set gave both."""
    made, task = snapshot.logs.runs, snapshot.workspace.task
    run, before = made[-1], made[-2] if len(made) > 1 else None
    if not run.fscore:
        of = f"{task.positive.name} examples" if task.positive else "examples of each label"
        return f"The model has started learning; it needs more {of}."
    is_other = before is not None and before.evaluation_hash != run.evaluation_hash
    scores, compared = [], [run] if is_other or before is None else [run, before]
    for name in ("fscore", "auc"):
        new, *old = (headline(each, runs.report(snapshot, each), name)[0] for each in compared)
        if new is not None:
            gain = "".join(f" ({new - each:+.3f})" for each in old if each is not None)
            scores.append(f"{score_names(task)[name]} {new:.3f}{gain}")
    mark = " (the test set has changed since the last model)" if is_other else ""
    return f"{shown_id(run.run_id)}, trained in {run.seconds:.1f} s: {', '.join(scores)}{mark}"


def choose_mix(task: Task, size: int) -> dict[str, int] | None:
    """Draws the control; the mix that was chosen for the next batch, or None: as the task says.

    A batch usually has `size` items.
    """
    offered = {preset.name: preset for preset in presets(task)}
    asked = apportion(size, task.mix)
    usual = {name: min(asked.get(name, 0), MOST) for name in CATALOG}
    named = preset_of(task.mix, presets(task))
    default = (usual, named.name if named else CUSTOM)
    if st.session_state.get(USUAL) != default:  # at first, and where the task is another one
        _fill_in(*default)
    with st.expander("What the next batch is made of", icon=":material/tune:"):
        st.caption("For your next batches here. To keep a mix, choose it in Data → Settings.")
        if task.warning:
            st.caption(plain(task.warning))
        name = st.segmented_control(
            "Mix", [*offered, CUSTOM], required=True, key=NAMED, persist_state="session"
        )
        if name == CUSTOM:
            chosen = _fields(task)
        else:
            st.caption(offered[name].when)
            chosen = dict.fromkeys(CATALOG, 0) | apportion(size, offered[name].mix)
        n_chosen = sum(chosen.values())
        st.caption(f"{n_chosen:,} items; a batch usually has {size:,}.")
        if chosen == usual or not n_chosen:
            return None
        st.button("Reset to default", key="mix_reset", on_click=_fill_in, args=default)
    return check_mix(chosen, "the mix on this page")


def _fields(task: Task) -> dict[str, int]:
    places = st.columns(3)
    usable = [each for name, each in CATALOG.items() if not refusal(name, task)]
    offered = [each for each in usable if task.stratify_by or not each.asks_a_column]
    numbers = {
        strategy.name: places[at % 3].number_input(
            strategy.name.capitalize(),
            min_value=0,
            max_value=MOST,
            key=_key(strategy.name),
            help=strategy.when,
            persist_state="session",
        )
        for at, strategy in enumerate(offered)
    }
    return dict.fromkeys(CATALOG, 0) | numbers


def _key(name: str) -> str:
    return f"mix_{name.replace(' ', '_')}"


def _fill_in(mix: Mapping[str, int], name: str) -> None:
    st.session_state[USUAL] = (mix, name)
    st.session_state[NAMED] = name
    st.session_state.update({_key(name): number for name, number in mix.items()})
