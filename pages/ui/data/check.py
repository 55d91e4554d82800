"""Check: problems in the workspace's files, and the fixes that are safe."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from core.doctor import examine, mend, mend_all
from core.errors import SunlightError
from core.system.findings import Finding, Kind, counted
from core.workspace.layout import open_workspace
from pages.ui import session
from pages.ui.cache.snapshot import open_snapshot

EXAMINED = "check_examined"
"""Session state: the workspace, what was found in it, what was fixed, and what was refused."""

MEND = "fix files"
AT_ONCE = 10  # findings of a kind that are shown before somebody asks for more


def show(path: Path) -> None:
    st.caption(
        "Looks for broken rows, conflicting labels and duplicates. Checking changes nothing; fixes "
        "never delete."
    )
    _offer("Run check", "stethoscope", "examine", path, lambda path, _: ([], examine(path)))
    examined, *found = st.session_state.get(EXAMINED, ("",))
    if examined == path:
        _show_found(path, *found)


def _show_found(
    path: Path, findings: Sequence[Finding], done: Sequence[str], refusal: str = ""
) -> None:
    for sentence in done:
        st.text(sentence)
    if refusal:
        st.error("This could not be done:", icon=":material/error:")
        st.text(refusal)
        return
    if not findings:
        snapshot = open_snapshot(path)
        items = counted(len(snapshot.pool_words.pool), "item")
        labels = counted(len(snapshot.labels.items), "label")
        st.success(f"No problems found in {items} and {labels}.", icon=":material/check_circle:")
        return
    errors = sum(finding.severity == "error" for finding in findings)
    st.write(f"{counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}")
    safe = sum(bool(finding.mend) for finding in findings)
    if safe and session.may(MEND):
        name = f"Apply {safe:,} safe fixes" if safe > 1 else "Apply the safe fix"
        _offer(name, "healing", "mend_all", path, mend_all, MEND)
    for kind in Kind:
        if found := [finding for finding in findings if finding.kind is kind]:
            _show_kind(path, kind, found)


def _show_kind(path: Path, kind: Kind, findings: list[Finding]) -> None:
    name = f"{kind.shown}, {kind.severity}"
    key = f"check_{kind.title}, {kind.severity}"
    shown = st.session_state.get(key, AT_ONCE)
    with st.expander(f"{name}: {len(findings):,}", icon=f":material/{kind.severity}:"):
        for at, finding in enumerate(findings[:shown]):
            _show_finding(path, f"{key}_{at}", finding)
        if len(findings) > shown:
            st.caption(f"{shown:,} of {len(findings):,} are shown.")
            more = {key: shown + 5 * AT_ONCE}
            update = st.session_state.update
            st.button("Show more", key=f"{key}_more", on_click=update, args=(more,))


def _show_finding(path: Path, key: str, finding: Finding) -> None:
    """One finding as plain text: nothing from a file is read as Markdown or HTML."""
    with st.container(border=True):
        st.text(finding.message)
        if finding.row:
            st.caption("The row:")
            st.text(finding.row)
        if finding.mend and session.is_lead():
            work = partial(_mend, finding)
            _offer(finding.mend.words, "healing", f"{key}_mend", path, work, MEND)


def _offer(name: str, icon: str, key: str, *work: object) -> None:
    """A button that does what `_keep` takes."""
    st.button(name, icon=f":material/{icon}:", key=key, on_click=_keep, args=work)


def _mend(finding: Finding, path: Path, annotator: str) -> tuple[list[str], list[Finding]]:
    """(what was done, what is found now): the fix is on disk, everything is checked again."""
    return [mend(open_workspace(path), finding, annotator)], examine(path)


def _keep(
    path: Path, work: Callable[[Path, str], tuple[list[str], list[Finding]]], for_leads: str = ""
) -> None:
    """Before the page runs again: what the work has done and found, or why it could not be."""
    if for_leads and not session.may(for_leads):
        return
    try:
        done, findings = work(path, session.annotator())
        st.session_state[EXAMINED] = path, findings, done
    except SunlightError as error:
        st.session_state[EXAMINED] = path, (), (), str(error)
