"""The labels: what label files and log say together, and the saving of one into the other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from core.pool.text import text_key
from core.system.append_file import CsvFile, Made, read_records
from core.system.csv_rows import Row, Rows, is_number, row_shown
from core.system.findings import Finding, Kind
from core.workspace.backup import back_up_of_the_day
from core.workspace.layout import Workspace
from core.workspace.logs import Event, Logs, Proposal
from core.workspace.task import Label, Task

TextsOf = Callable[[Iterable[str]], dict[str, str]]
"""Looks the texts of item ids up in the pool."""


@dataclass(frozen=True)
class Labeled:
    """An item with the label that counts, and where that comes from.

    `strategy` is empty, `confidence` None where nobody wrote them down. `file` and `line` name the
    label row, if there is one; `annotator`, `labeled_at`, `batch_id` the event, if there is one.
    """

    item_id: str
    text: str
    label: str
    split: str
    strategy: str = ""
    confidence: float | None = None
    file: str = ""
    line: int | None = None
    annotator: str = ""
    labeled_at: str = ""
    batch_id: str = ""


@dataclass(frozen=True)
class Conflict:
    """One item under two labels, with no word in the log to decide."""

    item_id: str
    rows: tuple[Labeled, ...]


@dataclass(frozen=True)
class Labels:
    """Every label that counts, per split, in a fixed order; and what stands in the way."""

    splits: Mapping[str, list[Labeled]]
    conflicts: list[Conflict]
    findings: list[Finding]

    @cached_property
    def items(self) -> list[Labeled]:
        """Every labeled item, split by split."""
        return [item for items in self.splits.values() for item in items]

    @cached_property
    def by_id(self) -> dict[str, Labeled]:
        """Every labeled item by its id; one that stands in several splits is what is held out."""
        splits = reversed(self.splits.values())
        return {item.item_id: item for items in splits for item in items}

    def ids(self) -> set[str]:
        """Every item that has a label or is in conflict: none of them is proposed again."""
        return self.by_id.keys() | {conflict.item_id for conflict in self.conflicts}

    def held_out_texts(self) -> list[str]:
        """The texts of evaluation and validation items, those in conflict too."""
        held_out = [*self.splits["evaluation"], *self.splits["validation"]]
        rows = [row for conflict in self.conflicts for row in conflict.rows]
        held_out += [row for row in rows if row.split != "training"]
        return [item.text for item in held_out]

    @cached_property
    def held_out_keys(self) -> set[str]:
        """The keys of the held-out texts, by which their copies are found."""
        return {text_key(text) for text in self.held_out_texts()}

    def usable_training(self) -> list[Labeled]:
        """The training items that are not copies of held-out items: what a model may learn from."""
        return self._usable_training

    @cached_property
    def _usable_training(self) -> list[Labeled]:
        training, held_out = self.splits["training"], self.held_out_keys
        return [item for item in training if text_key(item.text) not in held_out]

    def counts(self, task: Task) -> dict[str, dict[str, int]]:
        """How many items each label has in each split."""
        return {
            split: {**dict.fromkeys(task.values, 0), **Counter(item.label for item in items)}
            for split, items in self.splits.items()
        }


def labels_hash(items: Iterable[Labeled], values: Sequence[str]) -> str:
    """A fingerprint of these items and their labels, in any order, under a task of these values."""
    rows = sorted(f"{item.item_id}\x00{item.label}\x00{text_key(item.text)}" for item in items)
    return blake2b("\x01".join([*values, *rows]).encode(), digest_size=8).hexdigest()


def read_label_rows(workspace: Workspace, findings: list[Finding]) -> list[Labeled]:
    """Every sound row of the label files; every other row is a finding."""
    found: list[Labeled] = []
    for split, label, file in workspace.label_files():
        rows, refused = _rows_of(file, split, label, workspace.task)
        found += rows
        findings += refused
    return found


def _rows_of(file: CsvFile, split: str, label: Label, task: Task) -> Made[Labeled]:
    """The sound rows of one label file, and a finding for each of the others."""

    def make(content: Rows, _: bool) -> Made[Labeled]:
        found: list[Labeled] = []
        refused = [
            (bad.line, Kind.MALFORMED_ROW, f"the row {bad.reason}", bad.content)
            for bad in content.bad
        ]
        for row in content.rows:
            if not row.whole and not file.is_whole(row.fields):
                continue  # torn: moved to torn/ before anything is appended
            if refusal := _refusal(row, label, task):
                refused.append((row.line, *refusal, row_shown(row.fields)))
            else:
                found.append(_labeled(row, split, label, file.name))
        todo = "It does not count. Correct the line and reload."
        return found, [
            Finding.at(kind, file.name, f"{reason}. {todo}", line, row=shown)
            for line, kind, reason, shown in refused
        ]

    return read_records(file, (split, label.value, task.values), make)


def resolve(workspace: Workspace, logs: Logs, texts_of: TextsOf) -> Labels:
    """The labels that count: the last word of the log, else the label row as it stands.

    An item that is undone in the log and not labeled again has no label, whatever a file says.
    """
    findings: list[Finding] = []
    rows = read_label_rows(workspace, findings)
    words = last_words(logs, workspace.task, findings)
    kept, conflicts = _settle([row for row in rows if row.item_id not in words])
    decided = _decided(words, rows, logs, texts_of)
    findings += _missing(words, decided)
    splits: dict[str, list[Labeled]] = {"evaluation": [], "validation": [], "training": []}
    for item in [*kept, *decided]:
        splits[item.split].append(item)
    return Labels(splits, conflicts, findings)


def last_words(logs: Logs, task: Task, findings: list[Finding]) -> dict[str, Event]:
    """Each item's last label or undo event. An event of no known batch or label is a finding."""
    words: dict[str, Event] = {}
    splits = logs.split_of()
    for event in logs.events:
        if event.action not in ("label", "undo"):
            continue
        if event.batch_id not in splits:
            findings.append(_stray(event, f"batch `{event.batch_id}` is not in batches.csv"))
        elif event.action == "label" and event.label not in task.values:
            if (event.batch_id, event.item_id) in logs.taken_back:
                continue  # of an import whose labels were made the task's, and others since
            findings.append(_stray(event, f"label `{event.label}` is not one of the task's"))
        else:
            words[event.item_id] = event
    return words


def save(workspace: Workspace, logs: Logs, batch_ids: Iterable[str], texts_of: TextsOf) -> int:
    """Appends the batches' net labels to the label files; the number of rows appended.

    May be repeated: what stands in a file already is not appended again. The caller holds the
    workspace's lock.
    """
    missing = unsaved(workspace, logs, batch_ids, texts_of)
    append_labels(workspace, missing)
    return len(missing)


def append_labels(workspace: Workspace, items: Sequence[Labeled]) -> None:
    """A row for each of these items at the end of its label file, after a backup on a new day.

    The caller holds the workspace's lock.
    """
    if items:
        back_up_of_the_day(workspace)
    for split, label, file in workspace.label_files():
        file.append([_row(x) for x in items if (x.split, x.label) == (split, label.value)])


def unsaved(
    workspace: Workspace, logs: Logs, batch_ids: Iterable[str], texts_of: TextsOf
) -> list[Labeled]:
    """The batches' net labels that their label files lack, in the order of the proposals."""
    wanted = set(batch_ids)
    rows = read_label_rows(workspace, [])
    words = last_words(logs, workspace.task, [])
    of_batches = {item: event for item, event in words.items() if event.batch_id in wanted}
    saved = {(row.split, row.label, row.item_id) for row in rows}
    decided = _decided(of_batches, rows, logs, texts_of)
    return [item for item in decided if (item.split, item.label, item.item_id) not in saved]


def _settle(rows: list[Labeled]) -> tuple[list[Labeled], list[Conflict]]:
    """Rows of one label per item, once per split; and the items whose rows disagree."""
    by_item: dict[str, list[Labeled]] = defaultdict(list)
    for row in rows:
        by_item[row.item_id].append(row)
    kept, conflicts = [], []
    for item_id, same in by_item.items():
        if len({row.label for row in same}) > 1:
            conflicts.append(Conflict(item_id, tuple(same)))
        else:
            kept += {row.split: row for row in reversed(same)}.values()
    return kept, conflicts


def _decided(
    words: Mapping[str, Event], rows: list[Labeled], logs: Logs, texts_of: TextsOf
) -> list[Labeled]:
    """The items that the log gives a label, in the order in which they were proposed.

    Without those whose text is in no file now: nothing can be learned or saved of them.
    """
    labeled = {item: event for item, event in words.items() if event.action == "label"}
    texts, items = texts_of(labeled), []
    # Rows of an import that was taken back may have another text than the one that came after it.
    passed_over = {item for _, item in logs.taken_back} & texts.keys()
    row_of = {
        (row.item_id, row.split): row
        for row in rows
        if row.item_id in labeled and row.item_id not in passed_over
    }
    for proposal in logs.proposals:
        item_id, event = proposal.item_id, labeled.get(proposal.item_id)
        if event and event.batch_id == proposal.batch_id:
            row = row_of.get((item_id, proposal.split))
            items.append(_from_log(proposal, event, row, texts.get(item_id, "")))
    return [item for item in items if item.text]


def _missing(words: Mapping[str, Event], decided: list[Labeled]) -> Iterator[Finding]:
    """The items that the log labels while no file has their text."""
    known = {item.item_id for item in decided}
    for item_id, event in words.items():
        if event.action == "label" and item_id not in known:
            what = (
                f"item `{item_id}` has a label, but the item is gone. Put its file back into "
                "unlabeled_data/, and the label counts again."
            )
            yield Finding.at(Kind.MISSING_ITEM, "annotations.csv", what, item_id=item_id)


def _from_log(proposal: Proposal, event: Event, row: Labeled | None, text: str) -> Labeled:
    """The item as it was proposed and labeled, with its label row or else its text in the pool."""
    return Labeled(
        item_id=proposal.item_id,
        text=row.text if row else text,
        label=event.label,
        split=proposal.split,
        strategy=proposal.strategy,
        confidence=proposal.confidence,
        file=row.file if row else "",
        line=row.line if row else None,
        annotator=event.annotator,
        labeled_at=event.labeled_at,
        batch_id=proposal.batch_id,
    )


def _row(item: Labeled) -> list[str]:
    confidence = "" if item.confidence is None else repr(item.confidence)
    return [item.item_id, item.text, item.label, item.strategy, confidence]


def _labeled(row: Row, split: str, label: Label, file: str) -> Labeled:
    padded = row.fields + [""] * 3
    confidence = float(padded[4]) if padded[4] else None
    return Labeled(
        row.fields[0], row.fields[1], label.value, split, padded[3], confidence, file, row.line
    )


def _refusal(row: Row, label: Label, task: Task) -> tuple[Kind, str] | None:
    """(kind, reason) why a row cannot count, or None if it can."""
    fields = row.fields
    if not 2 <= len(fields) <= 5:
        return Kind.MALFORMED_ROW, f"the row has {len(fields)} fields instead of 2 to 5"
    if not fields[0].strip():
        return Kind.EMPTY_ID, "the item_id is empty"
    if len(fields) > 2 and fields[2] not in ("", label.value):
        if fields[2] not in task.values:
            known = ", ".join(f"`{value}`" for value in task.values)
            return Kind.UNKNOWN_LABEL, f"label `{fields[2]}` is not one of {known}"
        return Kind.MISPLACED_LABEL, f"label `{fields[2]}` is in the file of label `{label.value}`"
    if len(fields) == 5 and fields[4] and not is_number(fields[4]):
        return Kind.MALFORMED_ROW, f"confidence `{fields[4]}` is not a number"
    return None


def _stray(event: Event, reason: str) -> Finding:
    what = f"event `{event.event_id}`: {reason}. It does not count. Put that back."
    return Finding.at(Kind.STRAY_EVENT, "annotations.csv", what, item_id=event.item_id)
