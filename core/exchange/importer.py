"""Import of a table into a workspace: all of its items and labels, or nothing.

Everything is checked before the first byte is written. Then a record tells what is to come, the
pool's new file appears, whole, and label files, batches and events are appended, in this order: no
label without its text, no event without its batch. What a crash cuts short, the same import
completes. Progress is told until the pool's file has its name: an exception of whoever hears it
leaves the workspace as it was.
"""

import gc
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from core.errors import TableError, TaskError
from core.exchange.foreign_table import read_table, understood
from core.exchange.import_types import SHOWN, Defaults, TableContents, first_bad
from core.exchange.imports import planned_labels, recorded
from core.exchange.reconcile import NEW, MissingRows, match, missing_rows
from core.exchange.tables.dialect import NONE
from core.exchange.tables.opening import PACKED, open_table
from core.exchange.tables.reader import KINDS, Reading, SourceTable
from core.exchange.tables.roles import Columns
from core.pool.folder import POOL_FOLDER
from core.pool.text import text_key
from core.pool.words import read_pool_words
from core.system.csv_rows import BadRow
from core.system.durable import first_free, new_file, refused_as
from core.system.parallel import row_blocks
from core.system.progress import Pace, Progress, silent
from core.workspace.labels import append_labels
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records, read_aliases
from core.workspace.snapshot import read_snapshot
from core.workspace.task_file import replace_task, why_labels_stay
from core.workspace.task_toml import parse_task

MOST_WORDS = 10  # unknown words for labels that a refusal names
FEW = 100  # bad rows are few where they are at most one of so many


@dataclass(frozen=True)
class ImportResult:
    """What came in, and what did not.

    `file` is the pool's new file, empty if it needed none. `aliases` are rows of another id than
    the item of their text, `copies` those without an id of their own; `known` items the pool has
    already. Of the labels, `known_labels` stand here already; items `differing` have another label
    here, and texts `disagreeing` two in the table, or one in two splits (`split_twice`): these stay
    as they are. `kept_out` counts training labels of held-out texts: no model learns from them.
    """

    file: str
    rows: int
    items: int
    copies: int
    aliases: int
    known: int
    labels: int
    known_labels: int
    differing: list[str]
    disagreeing: list[str]
    split_twice: list[str]
    kept_out: int
    left_out: list[BadRow]
    unknown_words: Mapping[str, int] = field(default_factory=dict)
    record: str = ""

    def sentences(self) -> list[str]:
        """What a person is told: what came in, then each thing that did not, if there is any."""
        items, labels = f"{self.items:,} new items", f"{self.labels:,} new labels"
        came = f"Of {self.rows:,} rows: {items}{f' in {self.file}' if self.file else ''}, {labels}."
        kept = _some(self.differing)
        others = {
            "rows have the text of another row; they get its label at export.": self.aliases,
            "rows repeat an earlier row and were left out.": self.copies,
            "items were in the pool already.": self.known,
            "labels were here already.": self.known_labels,
            f"items have another label here and keep it: {kept}.": len(self.differing),
            "texts have two labels in the table and stay unlabeled: "
            f"{_some(self.disagreeing)}.": len(self.disagreeing),
            "texts are in two sets of the table and stay unlabeled: "
            f"{_some(self.split_twice)}. Give each text one set.": len(self.split_twice),
            f"rows stay unlabeled: {_counted(self.unknown_words)} are not labels of this task. "
            "Their column is kept.": sum(self.unknown_words.values()),
            "training labels are not used for training: their texts are in the test or validation "
            "set.": self.kept_out,
            f"bad rows were left out: {first_bad(self.left_out)}.": len(self.left_out),
        }
        return [came, *(f"{number:,} {told}" for told, number in others.items() if number)]


def import_data(
    workspace: Workspace,
    source: SourceTable,
    columns: Columns | None = None,
    unsaid: Defaults | None = None,
    *,
    new_task: str = "",
    leave_out_bad_rows: bool = False,
    progress: Progress = silent,
) -> ImportResult:
    """All items and labels of a table, by these columns or those that are recognized; or nothing.

    `new_task` is the `task.toml` that the workspace gets with them. Raises TableError if a row
    cannot be taken and bad rows are not to be left out, TaskError if the labels of the task stay,
    PoolError or LogError if the workspace cannot be read or written.
    """
    if new_task:
        workspace = Workspace(workspace.path, parse_task(new_task, "the new task"))
    with _collector_at_rest():
        if columns is None:
            columns, _ = understood(source, {}, {}, refuse_unknown=True)
        incoming = read_table(source, columns, unsaid or Defaults(), workspace.task, progress)
        if leave_out_bad_rows:
            _refuse_wrong_reading(source, incoming)
        return _take_over(workspace, incoming, new_task, leave_out_bad_rows, progress)


def _refuse_wrong_reading(table: SourceTable, incoming: TableContents) -> None:
    """Raises TableError if many rows would be left out that other quotes or delimiters take."""
    if table.kind != "csv" or table.tool or len(incoming.bad) * FEW <= incoming.rows:
        return
    here, n_bad = table.told(), _n_unread(table)
    unquoted = Reading(delimiter=here["delimiter"], quote=NONE if table.dialect.quote else '"')
    for reading in (Reading(), unquoted):
        other = open_table(table.path, replace(reading, encoding=table.encoding, sheet=table.sheet))
        if _n_unread(other) < min(n_bad, incoming.rows // FEW + 1):
            said = {x: y for x, y in other.told().items() if x in ("delimiter", "quote")}
            option = " ".join(f"--{x} '{y}'" for x, y in said.items() if y != here[x])
            raise TableError(
                f"{table.name}: {len(incoming.bad):,} of {incoming.rows:,} rows cannot be read so: "
                f"{first_bad(incoming.bad)}. With {option} they can. Nothing was imported."
            )


def _n_unread(table: SourceTable) -> int:
    return sum(len(block.bad) for block in table.blocks())


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No search for garbage meanwhile: among millions of rows it took half of the time."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


def _take_over(
    workspace: Workspace,
    incoming: TableContents,
    new_task: str,
    leave_out_bad_rows: bool,
    progress: Progress,
) -> ImportResult:
    # A large pool that is new: nobody has to wait for it under the lock.
    pool_words = read_pool_words(*workspace.pool_place, progress=progress)
    with workspace.locked():
        if new_task:  # which stands only after it: the labels are those of today's task
            today = open_workspace(workspace.path)
            if stay := why_labels_stay(read_snapshot(today, pool_words)):
                raise TaskError(stay)
        snapshot = read_snapshot(workspace, pool_words)
        known = read_aliases(workspace.aliases, [])
        here = match(snapshot, incoming, known)
        bad = [*incoming.bad, *here.bad]
        if bad and not leave_out_bad_rows:
            raise TableError(
                f"{incoming.name}: {len(bad):,} of {incoming.rows:,} rows cannot be imported: "
                f"{first_bad(bad)}. Nothing was imported; {_way_on(incoming)}."
            )
        is_new = here.at == NEW
        planned = planned_labels(workspace) if workspace.task.several else frozenset()
        found = missing_rows(snapshot, here.wanted, planned)
        progress(f"writing {int(is_new.sum()):,} items and {len(found.labels):,} labels")
        aliases = {x: item for x, item in here.aliases.items() if known.get(x) != item}
        written = _items_written(workspace, incoming, is_new, found, aliases, progress)
        with written as (file, record):
            if new_task:
                replace_task(workspace, new_task)
        workspace.aliases.append([*aliases.items()])
        append_labels(workspace, found.rows)
        append_records(workspace.batches, found.proposals)
        append_records(workspace.annotations, found.events)
    held_out = {text_key(x.item.text) for x in here.wanted if x.item.split != "training"}
    held_out |= set(snapshot.labels.held_out_keys)
    return ImportResult(
        file=file,
        rows=incoming.rows,
        items=int(is_new.sum()),
        copies=incoming.copies,
        aliases=len(here.aliases),
        known=int((here.at >= 0).sum()),
        labels=len(found.labels),
        known_labels=found.known,
        differing=found.differing,
        disagreeing=incoming.disagreeing,
        split_twice=incoming.split_twice,
        kept_out=sum(x.split == "training" and text_key(x.text) in held_out for x in found.rows),
        left_out=bad,
        unknown_words=incoming.unlabeled_words,
        record=record,
    )


def _way_on(incoming: TableContents) -> str:
    """What a person can do about bad rows, as the end of a sentence."""
    if not (words := incoming.refused_words):
        return "fix them, or leave them out with --leave-out-bad-rows"
    return (
        f"the words {_counted(words)} are not labels of this task. Say what they mean with "
        "--label-map word=value,…, leave their items unlabeled with --leave-unlabeled, or keep "
        "the column as it is with --no-label"
    )


def _counted(words: Mapping[str, int]) -> str:
    """The most frequent words for labels with their counts, and how many more there are."""
    most = Counter(words).most_common(MOST_WORDS)
    told = ", ".join(f"`{word[:40]}` ({number:,})" for word, number in most)
    return told + (f" and {len(words) - MOST_WORDS:,} more" if len(words) > MOST_WORDS else "")


def _some(texts: Sequence[str]) -> str:
    """The first of these ids or texts, shortened."""
    return ", ".join(f"`{text[:60]}`" for text in texts[:SHOWN])


@contextmanager
def _items_written(
    workspace: Workspace,
    incoming: TableContents,
    is_new: NDArray[np.bool_],
    found: MissingRows,
    aliases: Mapping[str, str],
    progress: Progress,
) -> Iterator[tuple[str, str]]:
    """(the pool's new file, the record of the import), each empty if there is nothing for it.

    Within the block both are on disk; at its end the file gets its name, or with an error none.
    """
    places = np.flatnonzero(is_new)
    if not len(places) and not found.labels and not aliases:
        yield "", ""
        return
    stem = Path(incoming.name)
    while stem.suffix.lower() in (*PACKED, *KINDS):
        stem = stem.with_suffix("")
    plain = re.sub(r"[^\w-]+", "_", stem.name).strip("_")[:60] or "imported"
    path = first_free(workspace.path / POOL_FOLDER / f"{plain}.csv")
    file = f"{POOL_FOLDER}/{path.name}" if len(places) else ""
    item_ids = [incoming.item_ids[at] for at in places]
    of_record = incoming.name, plain, file, item_ids, found.labels, aliases
    todo = "Nothing was imported; free some space or make the folder writable, and try again."
    with ExitStack() as stack:
        name = stack.enter_context(recorded(workspace, *of_record))
        if file:
            stack.enter_context(refused_as(TableError, f"{file} cannot be written", todo))
            _write_csv(stack.enter_context(new_file(path)), incoming, places, progress)
        yield file, name


def _write_csv(
    file: pa.NativeFile, incoming: TableContents, places: NDArray[np.int64], progress: Progress
) -> None:
    """A header that names the columns, then a row per item, every cell in quotes."""
    columns = {"item_id": incoming.item_ids, "text": incoming.texts, **incoming.own}
    file.write((",".join(columns) + "\n").encode())
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pace = Pace(progress, "writing", len(places), "items")
    for start, stop in row_blocks(len(places)):
        part = places[start:stop].tolist()
        arrays = [pa.array([cells[at] for at in part], pa.string()) for cells in columns.values()]
        table = pa.table(arrays, names=[str(at) for at in range(len(arrays))])
        pyarrow.csv.write_csv(table, file, options)
        pace.add(len(part))
