"""Commands about the workspace's files: what is amiss in them, what comes in, what goes out."""

import typer

from core.console import AsJson, Data, refusals, tell
from core.doctor import examine
from core.simulation import SAMPLE


def check(data: Data = SAMPLE, as_json: AsJson = False) -> None:
    """The doctor: malformed rows, conflicts, copies, leaks, torn lines. Exit 1 if it finds any."""
    with refusals():
        findings = examine(data)
        lines = [f"{finding.severity}: {finding.message}" for finding in findings]
        answer = {"findings": [finding.as_dict() for finding in findings]}
        tell(answer, lines or ["nothing found"], as_json)
    if findings:
        raise typer.Exit(1)
