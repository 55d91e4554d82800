"""Reading back what Sunlight has written itself: exports, and folders in a workspace's layout."""

from collections.abc import Mapping
from pathlib import Path

from core.exchange.formula_guard import unguarded
from core.exchange.import_types import (
    ImportedLabel,
    TableContents,
    add_item,
    event_id,
    number,
    own_columns,
    whole,
)
from core.exchange.provenance import EXPORT_FIELDS, provenance
from core.exchange.table_formats import text_of
from core.exchange.table_reader import SourceTable
from core.pool.items import Pool
from core.pool.words import hash_keys
from core.system.csv_rows import BadRow
from core.system.findings import Finding
from core.system.progress import Pace, Progress, silent
from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, Proposal
from core.workspace.snapshot import read_snapshot
from core.workspace.task import SPLITS, Task

ITEMS_AT_ONCE = 65_536
"""Items of a pool that are taken at once."""


def is_export(table: SourceTable) -> bool:
    """Whether the table is one that Sunlight has exported, as CSV, JSON lines or Parquet."""
    return table.columns[: len(EXPORT_FIELDS)] == EXPORT_FIELDS


def read_export(table: SourceTable, task: Task, progress: Progress = silent) -> TableContents:
    """What an export of Sunlight brings: every label with all that stood with it."""
    is_guarded = table.kind == "csv"
    own = table.columns[len(EXPORT_FIELDS) :]
    own = [unguarded(name) for name in own] if is_guarded else own
    found = TableContents(table.name, True, {name: [] for name in own_columns(own)})
    known: set[str] = set()
    pace = Pace(progress, f"reading {table.name}", None, "rows")
    for block in table.blocks():
        found.bad += block.bad
        found.rows += len(block.rows) + len(block.bad)
        for line, row in block.rows:
            cells = [unguarded(cell) for cell in row] if is_guarded else row
            try:
                wanted = exported(dict(zip(EXPORT_FIELDS, cells, strict=False)), task)
            except ValueError as error:
                found.bad.append(BadRow(line, str(error)))
                continue
            found.wanted.append(wanted)
            if wanted.item.item_id not in known:
                known.add(wanted.item.item_id)
                own_cells = cells[len(EXPORT_FIELDS) :]
                add_item(found, line, wanted.item.item_id, wanted.item.text, own_cells)
        pace.add(len(block.rows))
    found.keys = hash_keys(found.texts)
    return found


def read_folder(folder: Path, task: Task, progress: Progress = silent) -> TableContents:
    """What a folder in the layout of a workspace brings: its pool, and every label that counts.

    Raises WorkspaceError if there is no such folder, or TaskError, LogError, PoolError.
    """
    snapshot = read_snapshot(open_workspace(folder), write_cache=False, progress=progress)
    findings = [
        *snapshot.pool_words.pool.findings,
        *snapshot.logs.findings,
        *snapshot.labels.findings,
    ]
    found = TableContents(
        folder.name, True, {name: [] for name in snapshot.pool_words.pool.columns}
    )
    found.bad = [_bad_row(each) for each in findings if each.severity == "error"]
    table = provenance(snapshot)
    for at, row in enumerate(table.to_pylist(), start=1):
        try:
            cells = {name: text_of(row[name]) for name in EXPORT_FIELDS}
            found.wanted.append(exported(cells, task))
        except ValueError as error:
            found.bad.append(BadRow(at, f"among the labels {error}"))
    _add_pool(found, snapshot.pool_words.pool)
    found.rows = len(found.item_ids) + len(found.bad)
    found.keys = hash_keys(found.texts)
    return found


def exported(said: Mapping[str, str], task: Task) -> ImportedLabel:
    """A row of an export as what it was; raises ValueError, with the end of a sentence."""
    if not said["item_id"].strip():
        raise ValueError("has no item_id")
    if said["label"] not in task.values:
        raise ValueError(f"has the label `{said['label']}`, which is not one of the task's")
    if said["split"] not in SPLITS:
        raise ValueError(f"has the split `{said['split']}`, which is none")
    numbers = {name: number(said, name) for name in ("confidence", "score", "seconds")}
    of_event = said["event_id"] if said["batch_id"] else ""
    item = Labeled(
        item_id=said["item_id"],
        text=said["text"],
        label=said["label"],
        split=said["split"],
        strategy=said["strategy"],
        confidence=numbers["confidence"],
        annotator=said["annotator"],
        labeled_at=said["labeled_at"],
        batch_id=said["batch_id"],
    )
    if not said["batch_id"]:
        return ImportedLabel(item)
    proposal = Proposal(
        batch_id=said["batch_id"],
        created_at=said["proposed_at"],
        split=said["split"],
        annotator=said["proposed_to"],
        rank=whole(said, "rank"),
        item_id=said["item_id"],
        strategy=said["strategy"],
        score=numbers["score"],
        predicted=said["predicted"],
        confidence=numbers["confidence"],
        run_id=said["run_id"],
        seed=whole(said, "seed"),
    )
    if said["assisted"] not in ("", "0", "1"):
        raise ValueError(f"has `{said['assisted']}` for assisted, which is not 0 or 1")
    event = Event(
        event_id=of_event or event_id(item),
        batch_id=said["batch_id"],
        item_id=said["item_id"],
        action="label",
        label=said["label"],
        annotator=said["annotator"],
        labeled_at=said["labeled_at"],
        seconds=numbers["seconds"],
        assisted=said["assisted"] == "1",
        note=said["note"],
    )
    return ImportedLabel(item, proposal, event)


def _bad_row(finding: Finding) -> BadRow:
    return BadRow(finding.line or 0, f"of {finding.file} does not count ({finding.kind})")


def _add_pool(found: TableContents, pool: Pool) -> None:
    """Every item of the pool, of several of one id the first; then labeled items that it lacks."""
    known: set[str] = set()
    for start in range(0, len(pool), ITEMS_AT_ONCE):
        part = pool.table.slice(start, ITEMS_AT_ONCE)
        ids, texts, *own = (part[name].to_pylist() for name in ("item_id", "text", *pool.columns))
        for at, item_id in enumerate(ids):
            if item_id not in known:
                known.add(item_id)
                cells = [column[at] or "" for column in own]
                add_item(found, start + at + 1, item_id, texts[at], cells)
    for wanted in found.wanted:
        if wanted.item.item_id not in known:
            known.add(wanted.item.item_id)
            add_item(found, 0, wanted.item.item_id, wanted.item.text, [""] * len(pool.columns))
