"""Items and labels of an export of Sunlight: every label with all that stood with it."""

from collections.abc import Mapping

from core.exchange.import_types import (
    ImportedLabel,
    TableContents,
    add_item,
    event_id,
    number,
    own_columns,
)
from core.exchange.provenance import ALIAS_OF, EXPORT_FIELDS, FLOATS, WHOLE
from core.exchange.table_writers import unguarded
from core.exchange.tables.label_cells import labels_in
from core.exchange.tables.reader import SourceTable
from core.pool.hashing import hash_keys
from core.system.csv_rows import BadRow
from core.system.progress import Pace, Progress, silent
from core.workspace.labels import Labeled
from core.workspace.logs import Event, Proposal, decode, header_of
from core.workspace.task import NONE, SEPARATOR, SPLITS, Task

OF_LABEL = (
    "item_id", "text", "label", "split", "strategy", "annotator", "labeled_at", "batch_id",
)  # fmt: skip
"""The texts that a label holds itself."""


def is_export(table: SourceTable) -> bool:
    """Whether the table is one that Sunlight has exported, as CSV, JSON lines or Parquet."""
    return table.columns[: len(EXPORT_FIELDS) - 1] == EXPORT_FIELDS[:-1]


def read_export(table: SourceTable, task: Task, progress: Progress = silent) -> TableContents:
    """What an export of Sunlight brings: every label with all that stood with it."""
    is_guarded = table.kind == "csv"
    is_old = table.columns[: len(EXPORT_FIELDS)] != EXPORT_FIELDS
    fields = EXPORT_FIELDS[:-1] if is_old else EXPORT_FIELDS
    first_own = len(fields) + (ALIAS_OF in table.columns[len(fields) :][:1])
    own = table.columns[first_own:]
    own = [unguarded(name) for name in own] if is_guarded else own
    found = TableContents(table.name, True, {name: [] for name in own_columns(own)})
    known: dict[str, int] = {}
    label_at = EXPORT_FIELDS.index("label")
    aliases: list[tuple[int, str, str]] = []
    pace = Pace(progress, f"reading {table.name}", None, "rows")
    for block in table.blocks():
        found.bad += block.bad
        found.rows += len(block.rows) + len(block.bad)
        for line, row in block.rows:
            cells = [unguarded(cell) for cell in row] if is_guarded else row
            try:
                if "label" in table.structured:
                    cells[label_at] = SEPARATOR.join(labels_in(cells[label_at])) or NONE
                wanted = exported(dict(zip(fields, cells, strict=False)), task)
            except ValueError as error:
                found.bad.append(BadRow(line, str(error)))
                continue
            if alias_of := "".join(cells[len(fields) : first_own]):
                aliases.append((line, wanted.item.item_id, alias_of))
                continue
            found.wanted.append(wanted)
            if wanted.item.item_id not in known:
                known[wanted.item.item_id] = len(known)
                add_item(found, line, wanted.item.item_id, wanted.item.text, cells[first_own:])
        pace.add(len(block.rows))
    for line, alias_id, item_id in aliases:
        if item_id in known:
            found.aliases.append((line, alias_id, known[item_id]))
        else:
            found.bad.append(BadRow(line, f"stands for the item `{item_id}`, which is not there"))
    found.keys = hash_keys(found.texts)
    return found


def exported(said: Mapping[str, str], task: Task) -> ImportedLabel:
    """A row of an export as what it was; raises ValueError, with the end of a sentence."""
    # A spreadsheet of another language saves numbers with a comma.
    said = {**said, **{name: said[name].replace(",", ".") for name in FLOATS}}
    if not said["item_id"].strip():
        raise ValueError("has no item_id")
    label = task.renewed(said["label"])
    if label is None:
        raise ValueError(f"has the label `{said['label']}`, which is not one of the task's")
    if said["split"] not in SPLITS:
        raise ValueError(f"has the split `{said['split']}`, which is none")
    confidence, *_ = (number(said, name) for name in FLOATS)
    said |= {"label": label}
    texts = {name: said[name] for name in OF_LABEL}
    item = Labeled(**texts, confidence=confidence)
    if not item.batch_id:
        return ImportedLabel(item)
    known = said | {name: said[name] or "0" for name in WHOLE}
    known |= {"event_id": said["event_id"] or event_id(item), "action": "label"}
    proposed = known | {"created_at": said["proposed_at"], "annotator": said["proposed_to"]}
    return ImportedLabel(
        item,
        decode(Proposal, [proposed[name] for name in header_of(Proposal)]),
        decode(Event, [known[name] for name in header_of(Event) if name in known]),
    )
