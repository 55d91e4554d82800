"""The doctor's findings on labels, splits, batches, evaluation data and crashes' leftovers."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from core.pool.folder import POOL_FOLDER
from core.pool.text import text_key
from core.system.csv_rows import parse_rows, read_bytes
from core.system.durable import abandoned, is_unfinished
from core.system.findings import Finding, Kind, counted, shortened
from core.workspace.labels import AGAIN, Labeled, read_label_rows, unsaved
from core.workspace.layout import Workspace
from core.workspace.logs import read_aliases
from core.workspace.snapshot import Snapshot
from core.workspace.task import SUNLIGHT

HELD_OUT = ("evaluation", "validation")


def examine_labels(snapshot: Snapshot) -> Iterator[Finding]:
    """Conflicts, leaks, copies, repeated ids, two texts of one id, saves that were cut short."""
    yield from _conflicts(snapshot)
    yield from _leaks(snapshot)
    yield from _copies(snapshot)
    taken_back = {item_id for _, item_id in snapshot.logs.taken_back}
    rows = read_label_rows(snapshot.workspace, [])
    rows = [row for row in rows if row.item_id not in taken_back]  # of which the log decides
    yield from _repeated(rows)
    yield from _two_texts(snapshot, rows)
    yield from lacking_rows(snapshot)
    yield from _retired(snapshot)


def _retired(snapshot: Snapshot) -> Iterator[Finding]:
    """Retired labels of items that were not queued to be labeled again."""
    task, labels = snapshot.workspace.task, snapshot.labels
    items = [x for x in (*labels.items, *labels.retired) if x.item_id not in labels.queued]
    counts = Counter(value for item in items for value in item.retired)
    for label in task.retired:
        if number := counts[label.value]:
            what = (
                f"the label {label.name} is retired, and {counted(number, 'item')} had it. The "
                "model does not learn it. You can leave it so, or label them again: on Data, under "
                "Settings."
            )
            yield Finding.at(Kind.RETIRED_LABEL, "task.toml", what)


def _conflicts(snapshot: Snapshot) -> Iterator[Finding]:
    for conflict in snapshot.labels.conflicts:
        first, number = conflict.rows[0], len({row.label for row in conflict.rows})
        message = (
            f"Item `{conflict.item_id}` has {number} labels: "
            f"{', '.join(map(_place, conflict.rows))}. It is not used until somebody decides: "
            f"on Review, under Second look, or by correcting one row. {shortened(first.text)}"
        )
        yield Finding(Kind.CONFLICT, first.file, message, first.line, conflict.item_id)


def _leaks(snapshot: Snapshot) -> Iterator[Finding]:
    held_out = {text_key(item.text): item for item in reversed(_held_out(snapshot))}
    for item in snapshot.labels.splits["training"]:
        if twin := held_out.get(text_key(item.text)):
            what = (
                f"training item `{item.item_id}` has the text of {twin.split} item "
                f"`{twin.item_id}`. It is kept out of training; there is nothing to do"
            )
            yield _about_two(Kind.LEAK, item, twin, what)


def _copies(snapshot: Snapshot) -> Iterator[Finding]:
    """Held-out items whose text another one has, of the same split or of the other."""
    seen: dict[str, Labeled] = {}
    for item in _held_out(snapshot):
        first = seen.setdefault(text_key(item.text), item)
        if first is not item:
            why = f"in the {first.split} data: the two overlap"
            if first.split == item.split:
                why = "and counts twice in the scores"
            what = f"{item.split} item `{item.item_id}` has the text of `{first.item_id}` {why}"
            yield _about_two(Kind.COPY, item, first, what)


def _repeated(rows: list[Labeled]) -> Iterator[Finding]:
    """Items twice in one file, or in two splits under texts that are no copies, which are leaks."""
    in_file: dict[tuple[str, str], Labeled] = {}
    by_item: dict[str, Labeled] = {}
    for row in rows:
        first = in_file.setdefault((row.file, row.item_id), row)
        if first is not row:
            what = f"item_id `{row.item_id}` is in line {first.line} already"
            todo = "The item counts once; there is nothing to do."
            yield _at(Kind.REPEATED_ROW, row, f"{what}. {todo}")
        elsewhere = by_item.setdefault(row.item_id, row)
        if elsewhere.split != row.split and text_key(elsewhere.text) != text_key(row.text):
            there = f"{elsewhere.split} data in {_place(elsewhere)}"
            what = f"item_id `{row.item_id}` is {row.split} data here and {there}"
            yield _at(Kind.ID_IN_TWO_SPLITS, row, f"{what}. Correct one of the two rows.")


def _two_texts(snapshot: Snapshot, rows: list[Labeled]) -> Iterator[Finding]:
    """Label rows whose text is not the one that the pool, or an earlier row, has under the id."""
    proposed = {proposal.item_id: proposal.batch_id for proposal in snapshot.logs.proposals}
    in_pool = snapshot.pool_words.pool.texts_of(row.item_id for row in rows)
    known = {item_id: (text, POOL_FOLDER) for item_id, text in in_pool.items()}
    for row in rows:
        text, place = known.setdefault(row.item_id, (row.text, _place(row)))
        if text == row.text or text_key(text) == text_key(row.text):
            continue
        batch_id = proposed.get(row.item_id) if place == POOL_FOLDER else None
        since = f", since {batch_id} proposed it" if batch_id else ""
        what = (
            f"item `{row.item_id}` has another text in {place}{since}. The label belongs to the "
            f"text in this row. Give one of the two another id. Here: {shortened(row.text)} There: "
            f"{shortened(text)}"
        )
        yield _at(Kind.CHANGED_TEXT if batch_id else Kind.OTHER_TEXT, row, what)


def lacking_rows(snapshot: Snapshot) -> Iterator[Finding]:
    """Labels that were saved, and do not stand in their label file."""
    workspace, logs = snapshot.workspace, snapshot.logs
    files = {(split, label.value): file for split, label, file in workspace.label_files()}
    saved = {event.batch_id for event in logs.events if event.action == "save"}
    for item in unsaved(workspace, logs, saved, snapshot.pool_words.pool.texts_of):
        name = files[item.split, item.label].name
        message = (
            f"{name} lacks item `{item.item_id}`, which {item.annotator or 'somebody'} labeled "
            f"`{item.label}` and saved in {item.batch_id}. The row can be added: "
            f"{shortened(item.text)}"
        )
        yield Finding(Kind.LACKING_ROW, name, message, item_id=item.item_id)


def _held_out(snapshot: Snapshot) -> list[Labeled]:
    return [item for split in HELD_OUT for item in snapshot.labels.splits[split]]


def _about_two(kind: Kind, item: Labeled, other: Labeled, what: str) -> Finding:
    """The finding at the first item, with the text that both have, or the two of them."""
    texts = map(shortened, dict.fromkeys((item.text, other.text)))
    return _at(kind, item, f"{what}: {' / '.join(texts)}")


def _at(kind: Kind, item: Labeled, what: str) -> Finding:
    """The finding at the row of this item."""
    return Finding(kind, item.file, f"{_place(item)}: {what}", item.line, item.item_id)


def _place(item: Labeled) -> str:
    return f"{item.file} line {item.line}" if item.file else "annotations.csv"


RANDOM = "random"  # the one strategy that held-out data may come from


def examine_batches(snapshot: Snapshot) -> Iterator[Finding]:
    """Proposed items that are gone, held-out data not drawn at random, or drawn late."""
    yield from _gone(snapshot)
    yield from _stray_aliases(snapshot)
    yield from _chosen(snapshot)
    yield from _late(snapshot)


def _gone(snapshot: Snapshot) -> Iterator[Finding]:
    name = snapshot.workspace.batches.name
    proposed = [proposal.item_id for proposal in snapshot.logs.standing]
    known = snapshot.pool_words.pool.positions(proposed).keys() | snapshot.labels.ids()
    known |= {finding.item_id for finding in snapshot.labels.findings}
    for item_id in dict.fromkeys(proposed):
        if item_id not in known:
            todo = f"Put its file back into {POOL_FOLDER}/."
            what = f"item `{item_id}` was proposed and is gone. {todo}"
            yield Finding.at(Kind.MISSING_ITEM, name, what, item_id=item_id)


def _stray_aliases(snapshot: Snapshot) -> Iterator[Finding]:
    """Rows of aliases.csv that cannot be read, have lost their item, or are items themselves."""
    file, findings = snapshot.workspace.aliases, list[Finding]()
    aliases = read_aliases(file, findings)
    yield from findings
    in_pool = snapshot.pool_words.pool.positions([*aliases, *aliases.values()])
    known = in_pool.keys() | snapshot.labels.ids()
    for alias_id, item_id in aliases.items():
        if alias_id in in_pool:
            what = f"the id `{alias_id}` stands for `{item_id}`, but the pool has such an item"
            todo = "The item keeps its own label. Give one of the two another id."
        elif item_id not in known:
            what = f"the id `{alias_id}` stands for `{item_id}`, which the pool no longer has"
            todo = "Import its table again."
        else:
            continue
        yield Finding.at(Kind.STRAY_ALIAS, file.name, f"{what}. {todo}", item_id=alias_id)


def _chosen(snapshot: Snapshot) -> Iterator[Finding]:
    """Held-out items that something other than chance has chosen, each at its row if it has one."""
    name, held_out = snapshot.workspace.batches.name, _held_out(snapshot)
    chosen = [(item, item.file or name, item.line) for item in held_out]
    chosen += [(each, name, None) for each in snapshot.logs.standing if each.split in HELD_OUT]
    told = set[str]()
    for item, file, line in chosen:
        if item.strategy not in ("", RANDOM) and item.item_id not in told:
            told.add(item.item_id)
            what = (
                f"{item.split} item `{item.item_id}` was chosen by `{item.strategy}`, not at "
                "random. That biases the scores. For fair ones, make a new workspace with a random "
                "test set."
            )
            yield Finding.at(Kind.NOT_RANDOM, file, what, line, item.item_id)


def _late(snapshot: Snapshot) -> Iterator[Finding]:
    """Held-out batches that were drawn when strategies or a model had taken their items already.

    By hand people take an item here and there: that makes no batch late. A batch that was handed
    over was drawn when its items were proposed first.
    """
    name, runs = snapshot.workspace.batches.name, snapshot.logs.runs
    again = f"{AGAIN}-"
    first_run = min((run.created_at for run in runs), default=None)
    seen, told, chosen_before = set(), set(), ""
    for proposal in snapshot.logs.standing:
        is_new = proposal.item_id not in seen and not proposal.batch_id.startswith(again)
        seen.add(proposal.item_id)
        if proposal.split not in HELD_OUT:
            if proposal.strategy not in (RANDOM, SUNLIGHT):
                chosen_before = chosen_before or proposal.batch_id
            continue
        after_run = first_run is not None and proposal.created_at > first_run
        if is_new and (chosen_before or after_run) and proposal.batch_id not in told:
            told.add(proposal.batch_id)
            what = (
                f"{proposal.batch_id} was drawn for {proposal.split} after "
                f"{chosen_before or 'the first run'}. Items chosen before are missing from it, so "
                "scores are about the rest. Next time, label the test set first."
            )
            yield Finding.at(Kind.DRAWN_LATE, name, what)


ENOUGH = 65_536  # bytes of a torn line that are looked at: an id, and the beginning of a text
NEVER_FINISHED = "is incomplete: the program stopped while writing it."
ITEM_AT = {"annotations.csv": 2}
"""Which field of a torn row is the item's id; of label files the first one is."""


def examine_leftovers(workspace: Workspace, labeled: set[str]) -> Iterator[Finding]:
    """Torn lines, copies of such, which `labeled` items settle, and files never finished."""
    for file in workspace.line_files:
        if line := file.torn_line():
            what = (
                f"the last line is incomplete: `{shortened(line)}`. It will be moved to torn/ "
                "before anything is added. Label that item again."
            )
            yield Finding.at(Kind.TORN_LINE, file.name, what, row=shortened(line))
    yield from _kept_lines(workspace, labeled)
    yield from _unfinished_files(workspace)


def _kept_lines(workspace: Workspace, labeled: set[str]) -> Iterator[Finding]:
    for kept in filter(Path.is_file, sorted(workspace.torn.glob("*"))):
        if is_unfinished(kept.name):
            continue
        name = f"torn/{kept.name}"
        line = read_bytes(kept, name, size=ENOUGH)
        shown, is_settled = shortened(line), _is_settled(kept.name, line, labeled)
        todo = "Label that item again; then it can be set aside."
        if is_settled:
            todo = "Nothing is missing now, so it can be set aside."
        message = f"{name} holds a line that a crash cut short: `{shown}`. {todo}"
        yield Finding(Kind.KEPT_LINE, name, message, row=shown, by_hand=not is_settled)


def _is_settled(name: str, line: bytes, labeled: set[str]) -> bool:
    """Whether nobody has to do anything about this line: its item has a label, or it had none."""
    if name.startswith(("batches.csv.", "runs.csv.", "aliases.csv.")):
        return True  # what was proposed or trained then was never shown to anybody
    at = ITEM_AT.get(name.rpartition(".")[0], 0)
    rows = parse_rows(line).rows
    # The field behind it must have begun: an id may be cut short too.
    return bool(rows) and len(rows[0].fields) > at + 1 and rows[0].fields[at] in labeled


def _unfinished_files(workspace: Workspace) -> Iterator[Finding]:
    """Files and folders that somebody began to write over an hour ago, and nobody finished.

    Also those beside the workspace: a new workspace is made there. Only a person removes them.
    """
    passed_over = workspace.cache, workspace.set_aside
    inside = [each for each in sorted(workspace.path.iterdir()) if each not in passed_over]
    for folder in (workspace.path, *(each for each in inside if not each.is_symlink())):
        for path in abandoned(folder):
            name = path.relative_to(workspace.path).as_posix()
            message = f"{name} {NEVER_FINISHED} It can be set aside."
            yield Finding(Kind.UNFINISHED_FILE, name, message)
    for path in abandoned(workspace.path.parent):
        if path.name.startswith("."):  # others may have files of such names there
            name = f"../{path.name}"
            message = f"{name} {NEVER_FINISHED} Remove it."
            yield Finding(Kind.UNFINISHED_FILE, name, message, by_hand=True)
