"""The labels: what label files and log say together, and the saving of one into the other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b

from core.pool.text import text_key
from core.system.append_file import CsvFile, Made, read_records
from core.system.csv_rows import Row, Rows, is_number, row_shown
from core.system.findings import Finding, Kind
from core.workspace.backup import back_up_of_the_day
from core.workspace.layout import Workspace
from core.workspace.logs import Event, Logs, Proposal
from core.workspace.opinions import Words, read_words
from core.workspace.task import ADJUDICATION, HOLD, NONE, Label, Task, listed

TextsOf = Callable[[Iterable[str]], dict[str, str]]  # looks the texts of item ids up in the pool

AGAIN = "again"  # how batches are called by which items of retired labels are labeled once more


@dataclass(frozen=True)
class Labeled:
    """An item with the label that counts, and where that comes from.

    `strategy` is empty, `confidence` None where nobody wrote them down. `file` and `line` name the
    label row, if there is one; `annotator`, `labeled_at`, `batch_id` the event, if there is one.
    `definitions` is the version that it was given under, if that is known. `retired` are the values
    that it was given and that are not offered any more.
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
    retired: tuple[str, ...] = ()
    definitions: str = ""


@dataclass(frozen=True)
class Conflict:
    """One item under two labels, with no word in the log to decide."""

    item_id: str
    rows: tuple[Labeled, ...]


@dataclass(frozen=True)
class Labels:
    """Every label that counts, per split, in a fixed order; and what stands in the way.

    `retired` are the items whose labels are all retired, or that are `queued` to be labeled again
    since one of theirs is: nothing is learned from them. `words` are what people said of all items,
    and `disputed` is what the task says of training items of which they differ.
    """

    splits: Mapping[str, list[Labeled]]
    conflicts: list[Conflict]
    findings: list[Finding]
    retired: list[Labeled] = field(default_factory=list)
    queued: frozenset[str] = frozenset()
    words: Words = field(default_factory=lambda: Words({}))
    disputed: str = ""

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
        others = {each.item_id for each in (*self.conflicts, *self.retired)}
        return self.by_id.keys() | others

    def held_out_texts(self) -> list[str]:
        """The texts of evaluation and validation items, those in conflict or retired too."""
        held_out = [*self.splits["evaluation"], *self.splits["validation"]]
        held_out += [row for row in self.apart if row.split != "training"]
        return [item.text for item in held_out]

    @property
    def apart(self) -> list[Labeled]:
        """The rows in conflict, and the items of retired labels: in no split."""
        return [row for conflict in self.conflicts for row in conflict.rows] + self.retired

    @cached_property
    def held_out_keys(self) -> set[str]:
        """The keys of the held-out texts, by which their copies are found."""
        return {text_key(text) for text in self.held_out_texts()}

    @cached_property
    def usable_training(self) -> list[Labeled]:
        """The training items that a model may learn from.

        Not copies of held-out items, nor disputed ones where the task holds those back.
        """
        training, held_out = self.splits["training"], self.held_out_keys
        held = self.words.disputed if self.disputed == HOLD else ()
        return [x for x in training if text_key(x.text) not in held_out and x.item_id not in held]

    def counts(self, task: Task) -> dict[str, dict[str, int]]:
        """How many items each label has in each split; with several, also how many have none."""
        return {
            split: {
                **{label.value: 0 for label in task.filed if not label.retired},
                **Counter(value for item in items for value in task.filed_under(item.label)),
            }
            for split, items in self.splits.items()
        }


def labels_hash(items: Iterable[Labeled], task: Task) -> str:
    """A fingerprint of these items and their labels, in any order.

    It stays where a value is renamed, or a label is added that none of the items has.
    """
    first = {label.value: (*label.was, label.value)[0] for label in task.filed}
    items = list(items)
    answers = {item.label: task.chosen(item.label) for item in items}
    had = {value for chosen in answers.values() for value in chosen}
    named = {answer: "|".join(first.get(x, x) for x in answers[answer]) for answer in answers}
    rows = sorted(f"{x.item_id}\x00{named[x.label]}\x00{text_key(x.text)}" for x in items)
    values = [first[value] for value in task.values if value in had]
    return blake2b("\x01".join([*values, *rows]).encode(), digest_size=8).hexdigest()


def read_label_rows(workspace: Workspace, findings: list[Finding]) -> list[Labeled]:
    """Every sound row of the label files; every other row is a finding."""
    found: list[Labeled] = []
    former = ((split, None, file) for split, file in workspace.former_files())
    for split, label, file in (*workspace.label_files(), *former):
        rows, refused = _rows_of(file, split, label, workspace.task)
        found += rows
        findings += refused
    return found


def _rows_of(file: CsvFile, split: str, label: Label | None, task: Task) -> Made[Labeled]:
    """One file's sound rows, and a finding for each other; without a label, rows say theirs."""

    def make(content: Rows, _: bool) -> Made[Labeled]:
        found: list[Labeled] = []
        refused = [
            (bad.line, Kind.MALFORMED_ROW, f"the row {bad.reason}", bad.content, None)
            for bad in content.bad
        ]
        for row in content.rows:
            if not row.whole and not file.is_whole(row.fields):
                continue  # torn: moved to torn/ before anything is appended
            if refusal := _refusal(row, label, task):
                refused.append((row.line, *refusal, row_shown(row.fields), row.fields[0]))
            else:
                value = label.value if label else task.current[row.fields[2]]
                found.append(_labeled(row, split, value, file.name))
        todo = "It does not count. Correct the line and reload."
        return found, [
            Finding.at(kind, file.name, f"{reason}. {todo}", line, item_id, row=shown)
            for line, kind, reason, shown, item_id in refused
        ]

    return read_records(file, (split, label and label.value, *task.current.items()), make)


def resolve(workspace: Workspace, logs: Logs, texts_of: TextsOf) -> Labels:
    """The labels that count: the last word of the log, else what the label rows say.

    An item that is undone in the log and not labeled again has no label, whatever a file says.
    """
    findings: list[Finding] = []
    task, rows = workspace.task, read_label_rows(workspace, findings)
    if gone := {item_id for _, item_id in logs.taken_back}:  # of labels that were the task's then
        unknown = Kind.UNKNOWN_LABEL
        findings = [x for x in findings if x.kind is not unknown or x.item_id not in gone]
    said = read_words(logs, task, findings)
    words = said.counting
    kept, conflicts = _settle([row for row in rows if row.item_id not in words], task)
    decided = _decided(words, rows, logs, texts_of)
    findings += _missing(words, decided)
    splits: dict[str, list[Labeled]] = {"evaluation": [], "validation": [], "training": []}
    retired: list[Labeled] = []
    queued = _queued(logs, words) if task.retired else frozenset()
    old = {label.value for label in task.retired}
    for item in [*kept, *decided]:
        chosen = task.chosen(item.label) if task.retired else ()
        if not (gone := tuple(x for x in chosen if x in old)):
            splits[item.split].append(item)
            continue
        item = replace(item, label=_counted(item.label, task), retired=gone)
        apart = item.item_id in queued or item.label == task.answer(gone)
        (retired if apart else splits[item.split]).append(item)
    queued &= {item.item_id for item in retired}
    return Labels(splits, conflicts, findings, retired, queued, said, task.quality.disputed)


def _queued(logs: Logs, words: Mapping[str, Event]) -> frozenset[str]:
    """The items that were queued to be labeled again after they were labeled last."""
    again: dict[str, bool] = {}
    for proposal in logs.proposals:
        if proposal.batch_id.startswith(f"{AGAIN}-"):
            again[proposal.item_id] = True
        word = words.get(proposal.item_id) if proposal.item_id in again else None
        if word and word.batch_id == proposal.batch_id:
            again[proposal.item_id] = False
    return frozenset(item_id for item_id, waits in again.items() if waits)


def last_words(logs: Logs, task: Task, findings: list[Finding]) -> dict[str, Event]:
    """Each item's last label or undo event, in today's values; stray events are findings."""
    words = read_words(logs, task, findings).counting
    if task.several and task.retired:
        for item_id, event in words.items():
            words[item_id] = replace(event, label=_counted(event.label, task))
    return words


def _counted(answer: str, task: Task) -> str:
    """The answer without its retired labels; one that consists of such alone stays as it is."""
    today = task.today(answer)
    return answer if today in (None, NONE) else today


def save(workspace: Workspace, logs: Logs, batch_ids: Iterable[str], texts_of: TextsOf) -> int:
    """Appends the batches' net labels to the label files; the number of rows appended.

    May be repeated: what stands in a file is not appended again. The caller holds the lock.
    """
    missing = unsaved(workspace, logs, batch_ids, texts_of)
    append_labels(workspace, missing)
    return len(missing)


def append_labels(workspace: Workspace, items: Sequence[Labeled]) -> None:
    """A row for each item in its label file, after a day's backup; the caller holds the lock."""
    if items:
        back_up_of_the_day(workspace)
    rows: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for item in items:
        for value in workspace.task.filed_under(item.label):
            rows[item.split, value].append(_row(item, value))
    for split, label, file in workspace.label_files():
        file.append(rows[split, label.value])


def unsaved(
    workspace: Workspace, logs: Logs, batch_ids: Iterable[str], texts_of: TextsOf
) -> list[Labeled]:
    """The batches' net labels that their label files lack, in the order of the proposals.

    Each is one row: of several labels for one text, those whose files lack it.
    """
    wanted, task = set(batch_ids), workspace.task
    rows = read_label_rows(workspace, [])
    words = read_words(logs, task, [])
    elsewhere = (*words.adjudicated.items(), *words.looked_at.items())
    decided_there = {item for item, x in elsewhere if x.batch_id in wanted}
    counting = words.counting.items()
    of_batches = {x: y for x, y in counting if y.batch_id in wanted or x in decided_there}
    saved = {(row.split, row.label, row.item_id) for row in rows}
    decided = _decided(of_batches, rows, logs, texts_of)
    return [
        item if value == item.label else replace(item, label=value)
        for item in decided
        for value in task.filed_under(item.label)
        if (item.split, value, item.item_id) not in saved
    ]


def _settle(rows: list[Labeled], task: Task) -> tuple[list[Labeled], list[Conflict]]:
    """Each item once per split, with the answer of its rows; and those whose rows disagree."""
    by_item: dict[str, list[Labeled]] = defaultdict(list)
    for row in rows:
        by_item[row.item_id].append(row)
    kept, conflicts = [], []
    for item_id, same in by_item.items():
        values, of_split = {row.label for row in same}, {row.split: row for row in reversed(same)}
        if len(values) == 1:
            kept += of_split.values()
        elif task.several and NONE not in values:
            kept += [replace(row, label=task.answer(values)) for row in of_split.values()]
        else:
            conflicts.append(Conflict(item_id, tuple(same)))
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
    sought = labeled.keys() - ({item for _, item in logs.taken_back} & texts.keys())
    row_of = {(row.item_id, row.split): row for row in rows if row.item_id in sought}
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
    is_decision = proposal.strategy == ADJUDICATION  # on an item that nobody had proposed
    return Labeled(
        item_id=proposal.item_id,
        text=row.text if row else text,
        label=event.label,
        split=proposal.split,
        strategy=proposal.strategy if not is_decision else getattr(row, "strategy", ""),
        confidence=proposal.confidence,
        file=row.file if row else "",
        line=row.line if row else None,
        annotator=event.annotator,
        labeled_at=event.labeled_at,
        batch_id=proposal.batch_id,
        definitions=event.definitions,
    )


def _row(item: Labeled, value: str) -> list[str]:
    confidence = "" if item.confidence is None else repr(item.confidence)
    return [item.item_id, item.text, value, item.strategy, confidence]


def _labeled(row: Row, split: str, value: str, file: str) -> Labeled:
    padded = row.fields + [""] * 3
    confidence = float(padded[4]) if padded[4] else None
    return Labeled(
        row.fields[0], row.fields[1], value, split, padded[3], confidence, file, row.line
    )


def _refusal(row: Row, label: Label | None, task: Task) -> tuple[Kind, str] | None:
    """(kind, reason) why a row cannot count, or None if it can."""
    fields = row.fields
    if not 2 <= len(fields) <= 5:
        return Kind.MALFORMED_ROW, f"the row has {len(fields)} fields instead of 2 to 5"
    if not fields[0].strip():
        return Kind.EMPTY_ID, "the item_id is empty"
    given = fields[2] if len(fields) > 2 else ""
    if label is None and not given:
        return Kind.UNKNOWN_LABEL, "the row says no label, and no label has this file"
    if given and (label is None or given != label.value):
        means = NONE if task.several and given == NONE else task.current.get(given)
        if means is None or (label is None and means == NONE):
            return Kind.UNKNOWN_LABEL, f"label `{given}` is not one of {listed(task.values)}"
        if label and means != label.value:
            return Kind.MISPLACED_LABEL, f"label `{given}` is in the file of label `{label.value}`"
    if len(fields) == 5 and fields[4] and not is_number(fields[4]):
        return Kind.MALFORMED_ROW, f"confidence `{fields[4]}` is not a number"
    return None
