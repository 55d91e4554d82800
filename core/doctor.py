"""The doctor: findings about everything in a workspace's files, and the mends that are safe.

A mend appends or moves within the workspace, and never deletes. It is done under the workspace's
lock, after looking again; `set_aside/mends.csv` says who did what.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path

from core.errors import LogError, PoolError, TaskError, WorkspaceError
from core.evaluation.check import examine_models, examine_opinions
from core.pool.check import examine_pool
from core.system.append_file import CsvFile
from core.system.durable import refused_as
from core.system.findings import Finding, Kind, Mend, limited
from core.workspace.backup import examine_backups
from core.workspace.check import examine_batches, examine_labels, examine_leftovers
from core.workspace.definitions import examine_definitions
from core.workspace.labels import last_words, save
from core.workspace.layout import Workspace, open_workspace, put_aside
from core.workspace.logs import now
from core.workspace.searches import examine_searches
from core.workspace.snapshot import read_snapshot


def examine(path: Path) -> list[Finding]:
    """Every finding, errors first, in the files' order; or the only one, of an unreadable file."""
    try:
        snapshot = read_snapshot(open_workspace(path), write_cache=False)
        findings = [
            *limited(snapshot.pool_words.pool.findings),
            *limited(snapshot.logs.findings),
            *limited(snapshot.labels.findings),
            *limited(examine_leftovers(snapshot.workspace, snapshot.labels.ids())),
            *limited(examine_labels(snapshot)),
            *limited(examine_pool(snapshot.pool_words, snapshot.workspace.path)),
            *limited(examine_batches(snapshot)),
            *limited(examine_opinions(snapshot)),
            *limited(examine_models(snapshot.workspace.models, snapshot.logs.runs)),
            *limited(examine_backups(snapshot.workspace, snapshot.logs.events)),
            *examine_searches(snapshot.workspace),
            *examine_definitions(snapshot.workspace, snapshot.logs.events),
        ]
    except (TaskError, LogError, PoolError) as error:
        return [Finding(Kind.UNREADABLE_FILE, error.file, str(error))]
    return sorted(findings, key=lambda finding: finding.severity != "error")


MEND_FIELDS = ("mended_at", "annotator", "kind", "file", "item_id", "done")
NOTHING = "There is nothing left to fix there."
ROUNDS = 20
"""How often `mend_all` looks again: a params file set aside leaves a report and a space behind."""


def mend(workspace: Workspace, finding: Finding, annotator: str) -> str:
    """Does the finding's safe mend, and says in a sentence what was done.

    Raises WorkspaceError for a finding that has none or where nothing can be written, LogError if
    a file cannot be appended to.
    """
    if not finding.mend:
        raise WorkspaceError(f"This cannot be fixed automatically. {finding.message}")
    with _to_be_mended(workspace):
        # Both may say the same in other words.
        said = attrgetter("kind", "file", "item_id", "mend")
        holds = said(finding) in map(said, examine(workspace.path))
        return _do(workspace, finding, annotator) if holds else NOTHING


def mend_all(path: Path, annotator: str) -> tuple[list[str], list[Finding]]:
    """(what was done, what is left): every safe mend, and those that these make possible.

    Raises what `mend` raises, and WorkspaceError for what is no workspace.
    """
    findings = examine(path)
    if not any(finding.mend for finding in findings):
        return [], findings
    workspace = open_workspace(path)
    done: list[str] = []
    with _to_be_mended(workspace):
        for _ in range(ROUNDS):
            findings = examine(path)
            told = [_do(workspace, each, annotator) for each in findings if each.mend]
            new = [sentence for sentence in told if sentence != NOTHING]
            if not new:
                break
            done += new
    return done, findings


@contextmanager
def _to_be_mended(workspace: Workspace) -> Iterator[None]:
    """Nobody proposes, saves or keeps a run meanwhile. What cannot be written is said."""
    todo = "Make the workspace writable, and try again."
    with refused_as(WorkspaceError, f"{workspace.name} cannot be fixed", todo), workspace.locked():
        yield


def _do(workspace: Workspace, finding: Finding, annotator: str) -> str:
    done = _MENDS[finding.mend](workspace, finding)
    if done != NOTHING:
        row = (now(), annotator, finding.kind.title, finding.file, finding.item_id or "", done)
        log = CsvFile(workspace.set_aside / "mends.csv", workspace.torn, header=MEND_FIELDS)
        log.append([row])
    return done


def _move_torn_line(workspace: Workspace, finding: Finding) -> str:
    for file in workspace.line_files:
        kept = file.mend() if file.name == finding.file else None
        if kept:
            return f"The incomplete line of {file.name} was moved to torn/{kept.name}."
    return NOTHING


def _complete_save(workspace: Workspace, finding: Finding) -> str:
    snapshot = read_snapshot(workspace, write_cache=False)
    batch_id = last_words(snapshot.logs, workspace.task, [])[finding.item_id or ""].batch_id
    number = save(workspace, snapshot.logs, {batch_id}, snapshot.pool_words.pool.texts_of)
    if not number:
        return NOTHING
    return f"Saved labels of {batch_id} were added to their label files: {number:,}."


_MENDS: dict[Mend, Callable[[Workspace, Finding], str]] = {
    Mend.TORN: _move_torn_line,
    Mend.SAVE: _complete_save,
    Mend.SET_ASIDE: lambda at, found: f"{found.file} was moved to {put_aside(at, found.file)}.",
}
