"""The doctor: everything in a workspace's files that a person should know of. Writes nothing."""

from pathlib import Path

from core.errors import LogError, PoolError, TaskError
from core.evaluation.check import examine_models
from core.pool.check import examine_pool
from core.system.findings import Finding, limited
from core.workspace.backup import examine_backups
from core.workspace.batch_findings import examine_batches
from core.workspace.check import examine_labels
from core.workspace.layout import open_workspace
from core.workspace.leftovers import examine_leftovers
from core.workspace.snapshot import Loop, read_loop


def examine(path: Path) -> list[Finding]:
    """Every finding, errors first, in the order of the files; of many of a kind the first ones.

    A file that stops everything else is the only finding. Raises WorkspaceError if there is no
    such folder.
    """
    try:
        return examine_loop(read_loop(open_workspace(path), write_cache=False))
    except (TaskError, LogError, PoolError) as error:
        file = str(error).split()[0].rstrip(":")
        return [Finding("error", "unreadable file", file, None, None, str(error))]


def examine_loop(loop: Loop) -> list[Finding]:
    """The findings of a workspace that can be read."""
    workspace = loop.workspace
    findings = [
        *limited(loop.pool_words.pool.findings),
        *limited(loop.logs.findings),
        *limited(loop.labels.findings),
        *limited(examine_leftovers(workspace, loop.labels.ids())),
        *limited(examine_labels(loop)),
        *examine_pool(loop.pool_words),
        *limited(examine_batches(loop)),
        *limited(examine_models(workspace.models, loop.logs.runs)),
        *limited(examine_backups(workspace)),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")
