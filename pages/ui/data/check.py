"""Check: what the doctor says of the workspace's files."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.doctor import examine
from core.errors import SunlightError
from core.findings import Finding
from pages.ui.plain import plain


def show(path: Path) -> None:
    """A button that examines the workspace, and what was found."""
    st.caption("Malformed rows, conflicts, copies, leaks, torn lines. Looking changes nothing.")
    if st.button("Examine the workspace", icon=":material/stethoscope:", key="examine"):
        try:
            show_findings(examine(path))
        except SunlightError as error:
            st.error(plain(str(error)))


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
