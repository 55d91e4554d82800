"""Imports that were made: a record of each, and the way to take one back as a whole.

A record stands in `imports/` before anything that it tells of is written. Taking back deletes
nothing. What a crash cuts short, the same step again completes.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from itertools import count
from pathlib import Path
from uuid import uuid4

from core.errors import TableError, WorkspaceError
from core.exchange.import_types import IMPORTED, SHOWN
from core.exchange.reconcile import BroughtLabel
from core.pool.words import read_pool_words
from core.system.durable import first_free, new_file, refused_as, remove
from core.system.progress import Progress, silent
from core.workspace.labels import last_words, read_label_rows
from core.workspace.layout import Workspace, put_aside
from core.workspace.logs import TAKEN_BACK, Event, Proposal, append_records, now, read_aliases
from core.workspace.snapshot import Snapshot, read_snapshot

FOLDER = "imports"


@dataclass(frozen=True)
class ImportRecord:
    """What an import was to bring: the pool's new file, empty if it needs none, and labels.

    `source` is what the table is called, `ids` a fingerprint of the new items' ids in their order,
    `aliases` how many ids of an item's text it brings.
    """

    name: str
    import_id: str
    source: str
    imported_at: str
    file: str
    items: int
    ids: str
    labels: int
    aliases: int = 0


@dataclass(frozen=True)
class TakenBack:
    """What taking an import back did: `file` is where the pool's file went, empty if nowhere."""

    record: str
    file: str
    items: int
    labels: int

    def sentences(self) -> list[str]:
        told = {
            f"{self.items:,} items left the pool; their file is {self.file} now.": self.items,
            f"{self.labels:,} labels were taken back.": self.labels,
        }
        return [sentence for sentence, number in told.items() if number] or [
            "Nothing of it was left to be taken back."
        ]


@contextmanager
def recorded(
    workspace: Workspace,
    source: str,
    stem: str,
    file: str,
    item_ids: Sequence[str],
    labels: Sequence[BroughtLabel],
    aliases: Mapping[str, str],
) -> Iterator[str]:
    """The name of the import's record, which stands on disk within the block, and goes on an error.

    An import that completes what a crash cut short keeps the record of the first one. The caller
    holds the workspace's lock. Raises TableError if it cannot be written.
    """
    name, about = f"{FOLDER}/{stem}.jsonl", (file, len(item_ids), _ids(item_ids))
    new = ImportRecord(name, uuid4().hex, source, now(), *about, len(labels), len(aliases))
    for record in read_records(workspace):
        if _completes(workspace, record, new, labels, aliases):
            yield record.name
            return
    path = first_free(workspace.path / new.name)
    new = replace(new, name=f"{FOLDER}/{path.name}")
    todo = "Nothing was imported; free some space or make the folder writable, and try again."
    with refused_as(TableError, f"{new.name} cannot be written", todo), new_file(path) as out:
        head = {name: value for name, value in asdict(new).items() if name != "name"}
        for line in (head, *([aliases] if aliases else []), *labels):
            out.write(json.dumps(line).encode() + b"\n")
    try:
        yield new.name
    except BaseException:
        remove(path)
        raise


def read_records(workspace: Workspace) -> list[ImportRecord]:
    """Of every import that was not taken back, the newest first; raises WorkspaceError."""
    found = []
    for path in (workspace.path / FOLDER).glob("*.jsonl"):
        with _readable(path), path.open(encoding="utf-8") as file:
            found.append(ImportRecord(f"{FOLDER}/{path.name}", **json.loads(file.readline())))
    return sorted(found, key=lambda record: record.imported_at, reverse=True)


def find_record(workspace: Workspace, name: str) -> ImportRecord:
    """The import of this source, pool's file or record; raises TableError unless there is one."""
    records, wanted = read_records(workspace), Path(name).name
    found = [
        each
        for each in records
        if wanted in (each.source, *(Path(path).name for path in (each.file, each.name) if path))
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"`{each.name}`" for each in found or records) or "none"
    what = f"Several imports are called `{wanted}`" if found else f"No import is called `{wanted}`"
    raise TableError(f"{what}. Name one of these: {known}.")


def take_back(
    workspace: Workspace, record: ImportRecord, annotator: str = "", progress: Progress = silent
) -> TakenBack:
    """Nothing of this import counts any more when this returns.

    Raises TableError if somebody has labeled its items since, a later import has, or its file has
    changed; WorkspaceError or LogError if nothing can be written.
    """
    pool_words = read_pool_words(*workspace.pool_place, progress=progress)
    todo = "Make the workspace writable, and try again."
    failed = f"The import of {record.source} cannot be taken back"
    with refused_as(WorkspaceError, failed, todo), workspace.locked():
        snapshot = read_snapshot(workspace, pool_words)
        (labels, aliases), items = _brought(workspace, record), _items(snapshot, record)
        undoing = _Undoing(snapshot, record, labels, items, annotator)
        progress(f"taking back {len(items):,} items and {undoing.labels:,} labels")
        append_records(workspace.batches, undoing.proposals)
        append_records(workspace.annotations, undoing.events)
        known = read_aliases(workspace.aliases, [])
        workspace.aliases.append([(x, "") for x, of in aliases.items() if known.get(x) == of])
        file = put_aside(workspace, record.file) if items else ""
        put_aside(workspace, record.name)
    return TakenBack(record.name, file, len(items), undoing.labels)


class _Undoing:
    """The rows that take an import back; raises TableError for one that stays."""

    def __init__(
        self,
        snapshot: Snapshot,
        record: ImportRecord,
        labels: Sequence[BroughtLabel],
        items: Set[str],
        annotator: str,
    ) -> None:
        self._record, self._annotator, logs = record, annotator, snapshot.logs
        self._task = snapshot.workspace.task
        self._words = last_words(logs, snapshot.workspace.task, [])
        self._rows = {
            (row.item_id, row.split, row.label) for row in read_label_rows(snapshot.workspace, [])
        }
        self._known = {(each.batch_id, each.item_id) for each in logs.proposals}
        self._ranks = count(1)
        self.proposals: list[Proposal] = []
        self.events: list[Event] = []
        by_item: dict[str, list[BroughtLabel]] = defaultdict(list)
        for label in labels:
            by_item[label.item_id].append(label)
        self._refuse_labels_since(by_item, items)
        _refuse_later_imports(snapshot.workspace, record, items)
        for each in by_item.values():
            self._undo(each)
        self.labels = len(self.events)
        # What was proposed of its items waits for nobody any more.
        undone = {(event.batch_id, event.item_id) for event in self.events}
        for each in logs.standing:
            if each.item_id in items and (each.batch_id, each.item_id) not in undone:
                self._add("undo", each.batch_id, each.item_id)

    def _refuse_labels_since(
        self, by_item: Mapping[str, Sequence[BroughtLabel]], items: Iterable[str]
    ) -> None:
        own = {label.event_id for labels in by_item.values() for label in labels}
        words = [self._words.get(item) for item in dict.fromkeys([*by_item, *items])]
        since = [
            word for word in words
            if word and word.action == "label" and word.event_id not in own
            and word.note != TAKEN_BACK
        ]  # fmt: skip
        if since:
            people = ", ".join(sorted({word.annotator or "somebody" for word in since}))
            some = ", ".join(f"`{word.item_id}`" for word in since[:SHOWN])
            raise TableError(
                f"{len(since):,} items of {self._record.source} were labeled since, by {people}: "
                f"{some}. Undo these labels first, or keep the import."
            )

    def _undo(self, labels: Sequence[BroughtLabel]) -> None:
        """Undoes the labels of one item, unless they were before."""
        item_id = labels[0].item_id
        word = self._words.get(item_id)
        given = [each for each in labels if word and each.event_id == word.event_id]
        rows = [each for each in labels if not each.stood and self._has_row(each)]
        if word and given and given[0].stood:
            self._add("label", word.batch_id, item_id, given[0].label)
        elif word and given:
            self._add("undo", word.batch_id, item_id)
        elif rows and word is None:
            self._add("undo", self._proposed(rows[0]), item_id)
        elif rows and word and (word.action, word.note) == ("label", TAKEN_BACK):
            self._add("undo", word.batch_id, item_id)

    def _has_row(self, label: BroughtLabel) -> bool:
        values = self._task.filed_under(self._task.renewed(label.label) or label.label)
        return any((label.item_id, label.split, value) in self._rows for value in values)

    def _proposed(self, label: BroughtLabel) -> str:
        """The batch in which a label that only stood in a label file is undone."""
        batch_id = f"{IMPORTED}{self._record.import_id[:8]}-{label.split}"
        if (batch_id, label.item_id) not in self._known:
            about = "", next(self._ranks), label.item_id, ""
            self.proposals.append(Proposal(batch_id, now(), label.split, *about))
        return batch_id

    def _add(self, action: str, batch_id: str, item_id: str, label: str = "") -> None:
        """An event of the same id whenever it is made: none of them is written twice."""
        said = "\x00".join((self._record.import_id, batch_id, item_id))
        given = f"{blake2b(said.encode(), digest_size=16).hexdigest()}-1"
        who = "" if label else self._annotator  # a label that stands again is nobody's of now
        about = batch_id, item_id, action, label, who, now()
        self.events.append(Event(given, *about, note=TAKEN_BACK))


def _refuse_later_imports(workspace: Workspace, record: ImportRecord, items: Set[str]) -> None:
    """Raises TableError if another import has brought labels for the items of this one."""
    for other in read_records(workspace) if items else ():
        if other.import_id == record.import_id:
            continue
        labels, aliases = _brought(workspace, other)
        if not items.isdisjoint([*(label.item_id for label in labels), *aliases.values()]):
            raise TableError(
                f"{other.source} was imported later, with labels or ids for items of "
                f"{record.source}. Take {other.source} back first."
            )


def _items(snapshot: Snapshot, record: ImportRecord) -> set[str]:
    """The items that the import's file has in the pool; raises TableError if it has others now."""
    pool, at, found = snapshot.pool_words.pool, 0, []
    for piece in pool.pieces:
        if piece.file == record.file:
            found += pool.ids.slice(at, piece.rows).to_pylist()
        at += piece.rows
    if found and _ids(found) != record.ids:
        raise TableError(
            f"{record.file} has changed since it was imported: it holds other items. Move it out "
            "of the pool's folder yourself, or keep the import."
        )
    return set(found)


def _completes(
    workspace: Workspace,
    record: ImportRecord,
    new: ImportRecord,
    labels: Sequence[BroughtLabel],
    aliases: Mapping[str, str],
) -> bool:
    """Whether all that is new now was to come with this earlier import, which was cut short."""
    is_other = new.items and (new.file, new.ids) != (record.file, record.ids)
    if new.source != record.source or is_other:
        return False
    given, ids = _brought(workspace, record)
    planned = {each[:-1] for each in given}
    return all(each[:-1] in planned for each in labels) and aliases.items() <= ids.items()


def planned_labels(workspace: Workspace) -> set[BroughtLabel]:
    """The labels that imports were to bring; of one that was cut short some may be missing."""
    return {label for record in read_records(workspace) for label in _brought(workspace, record)[0]}


def _brought(
    workspace: Workspace, record: ImportRecord
) -> tuple[list[BroughtLabel], dict[str, str]]:
    """(the labels that an import was to bring, the item of each of its aliases)."""
    path = workspace.path / record.name
    with _readable(path), path.open(encoding="utf-8") as file:
        next(file)
        aliases = dict(json.loads(next(file))) if record.aliases else {}
        return [BroughtLabel(*json.loads(line)) for line in file], aliases


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what a damaged record raises into a WorkspaceError."""
    try:
        yield
    except (OSError, ValueError, TypeError, StopIteration) as error:
        raise WorkspaceError(
            f"{FOLDER}/{path.name} cannot be read as a record of an import. Move it to set_aside/; "
            "that import then cannot be taken back here."
        ) from error


def _ids(item_ids: Sequence[str]) -> str:
    """A fingerprint of these ids in their order; empty for none."""
    said = "\x00".join(item_ids).encode()
    return blake2b(said, digest_size=16).hexdigest() if item_ids else ""
