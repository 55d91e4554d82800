"""Commands about the workspace's files: what is amiss in them, what comes in, what goes out."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.console import AsJson, Data, refusals, report, tell
from core.doctor import examine
from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import export
from core.mending import mend_all
from core.system.findings import Finding
from core.system.kinds import MENDS
from core.workspace.layout import SAMPLE
from core.workspace.snapshot import open_loop
from core.workspace.task import SPLITS


def check(
    data: Data = SAMPLE,
    as_json: AsJson = False,
    mend: Annotated[
        bool, typer.Option(help="Do every safe mend: it appends or moves, and never deletes.")
    ] = False,
    annotator: Annotated[str, typer.Option(help="Who mends.")] = "",
) -> None:
    """The doctor: malformed rows, conflicts, copies, leaks, torn lines. Exit 1 if it finds any."""
    with refusals():
        done, findings = mend_all(data, annotator) if mend else ([], examine(data))
        answer = {"findings": [finding.as_dict() for finding in findings]}
        if mend:
            answer["mended"] = done
        lines = [f"mended: {sentence}" for sentence in done]
        lines += [line for finding in findings for line in _told(finding)] or ["nothing found"]
        tell(answer, lines, as_json)
    if findings:
        raise typer.Exit(1)


def _told(finding: Finding) -> list[str]:
    """The finding for a person at a terminal, which nothing in a file may steer."""
    lines = [f"{finding.severity}: {finding.message}"]
    if finding.row:
        lines.append(f"    {finding.row}")
    if finding.mend:
        lines.append(f"    --mend: {MENDS[finding.mend]}.")
    return ["".join(map(_printable, line)) for line in lines]


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def export_command(
    out: Annotated[Path, typer.Option(help="A file or folder that does not exist yet.")],
    form: Annotated[str, typer.Option("--format", help=", ".join(LAYOUTS))] = "csv",
    data: Data = SAMPLE,
    as_json: AsJson = False,
    split: Annotated[
        list[str] | None, typer.Option(help="May be given several times; default: all.")
    ] = None,
) -> None:
    """Writes the labels that count, with all that is known of them, and a data card."""
    if form not in LAYOUTS:
        raise typer.BadParameter(f"choose from {', '.join(LAYOUTS)}", param_hint="--format")
    splits = split or SPLITS
    if not set(splits) <= set(SPLITS):
        raise typer.BadParameter(f"choose from {', '.join(SPLITS)}", param_hint="--split")
    with refusals():
        loop = open_loop(data, report)
        files = export(loop, out, form, splits)
        counts = {each: len(loop.labels.splits[each]) for each in SPLITS if each in splits}
        lines = [f"{count:,} {each} labels" for each, count in counts.items()]
        answer = {"format": form, "labels": counts, "files": [str(file) for file in files]}
        tell(answer, [*lines, *map(str, files)], as_json)
