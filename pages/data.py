"""Data: what is in the workspace's folder, and what the doctor says of it."""

import pandas as pd
import streamlit as st

from core.doctor import examine
from core.errors import SunlightError
from core.findings import Finding
from core.loop import Loop
from pages.ui import frame


def show_files(loop: Loop) -> None:
    """Every file of the workspace that the loop reads, with its size."""
    stamps = loop.workspace.stamps()
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "file": name,
                    "bytes": size,
                    "changed": pd.Timestamp(changed, tz="UTC"),
                }
                for name, size, changed in stamps
            ]
        ),
        hide_index=True,
        column_config={"bytes": st.column_config.NumberColumn(format="localized")},
    )


def show_findings(findings: list[Finding]) -> None:
    """The doctor's findings, errors first."""
    if not findings:
        st.success("Nothing found.", icon=":material/check_circle:")
        return
    errors = sum(finding.severity == "error" for finding in findings)
    st.write(f"{errors:,} errors, {len(findings) - errors:,} warnings")
    st.dataframe(
        pd.DataFrame([finding.as_dict() for finding in findings])[
            ["severity", "kind", "message", "file", "line", "item_id"]
        ],
        hide_index=True,
    )


loop = frame.open_page("Data", "The files of this workspace, and what wants mending in them.")
st.subheader("Files", anchor=False)
st.caption(f"In `{loop.workspace.path}`. Nothing in them is ever rewritten; they only grow.")
show_files(loop)
st.subheader("Check", anchor=False)
st.caption("Malformed rows, conflicts, copies, leaks, torn lines. Nothing is changed by looking.")
if st.button("Examine the workspace", icon=":material/stethoscope:", key="examine"):
    try:
        show_findings(examine(loop.workspace.path))
    except SunlightError as error:
        st.error(str(error))
