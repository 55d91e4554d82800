"""Controls that several pages have: tabs, choices, and the focus in a field."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.workspace.snapshot import Snapshot, is_held_out
from core.workspace.task import Task
from pages.ui import session

MOST_BUTTONS = 12  # labels that have a button each

JS = """
// For a second: the field may come a moment later, and a dialog takes the focus back to itself
// when the button goes that had it.
export default function ({ data }) {
  const until = performance.now() + 1000;
  const look = () => {
    const field = document.querySelector(`.st-key-${data.key} input`);
    if (!document.activeElement?.matches("input, textarea")) field?.focus();
    if (performance.now() < until) requestAnimationFrame(look);
  };
  look();
}
"""

_focus = st.components.v2.component("sunlight_focus", js=JS)


def show_tabs(tabs: Mapping[str, Callable[..., None]], key: str, *arguments: object) -> None:
    """Tabs by their titles. Only the open one is worked out: the others would cost time."""
    places = st.tabs([*tabs], key=key, on_change="rerun")
    for place, show in zip(places, tabs.values(), strict=True):
        if place.open:
            with place:
                show(*arguments)


def offer_more_like(snapshot: Snapshot, item_id: str, text: str) -> None:
    """A way to the unlabeled items most like this one, but for held-out items."""
    if is_held_out(snapshot, text):
        return
    told = "Shows the unlabeled items most like this one."
    key = f"like_{item_id}"
    if st.button("More like this", icon=":material/search:", type="tertiary", key=key, help=told):
        st.switch_page("sunlight.py", query_params={"like": item_id})


def choose_one(label: str, options: Sequence[str], key: str, **further: object) -> str:
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, **further
    )


def is_chosen_from_list(task: Task) -> bool:
    """Whether labels are chosen from a list: buttons are for one of a few."""
    return task.several or len(task.labels) > MOST_BUTTONS


def choose_label(
    task: Task, given: str, key: str, give: Callable[[str], object], *, can_save: bool = True
) -> None:
    """A field in which labels are found by typing, holding what is `given`, and a button.

    `give` gets the answer that it saves, before the page runs again.
    """
    names, key = {label.value: label.name for label in task.labels}, f"{key}_{given}"
    held = [value for value in task.chosen(given) if value in names] if given else []
    field = {"options": [*names], "format_func": names.get, "key": key, "placeholder": "Choose"}

    def save() -> None:
        chosen = st.session_state[key]
        if answer := task.answer(chosen) if task.several else chosen:
            give(answer)

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if task.several:
            st.multiselect("Labels", default=held, **field)
        else:
            st.selectbox("Label", index=field["options"].index(given) if held else None, **field)
        st.button("Save", key=f"{key}_save", on_click=save, disabled=not can_save)


def name_field(label: str, key: str, place: DeltaGenerator = st, **further: object) -> None:
    """A field for the name under which this session labels from then on."""
    named = {"on_change": session.name_annotator_by, "args": (key,)}
    place.text_input(label, max_chars=session.MAX_NAME, key=key, **named, **further)


def focus(key: str) -> None:
    """Once the field of this key stands there one can type into it, unless one types elsewhere."""
    _focus(key=f"focus_{key}", data={"key": key})
