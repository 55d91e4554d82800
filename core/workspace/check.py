"""What is amiss between labels, splits and the pool: a part of the doctor's examination."""

from collections import defaultdict
from collections.abc import Iterator

from core.pool.csv_files import POOL_FOLDER
from core.pool.text import text_key
from core.system.findings import Finding, shortened
from core.workspace.labels import Labeled, read_label_rows, unsaved
from core.workspace.near_duplicates import alike_texts
from core.workspace.snapshot import Loop

HELD_OUT = ("evaluation", "validation")


def examine_labels(loop: Loop) -> Iterator[Finding]:
    """Conflicts, leaks, copies, repeated ids, two texts of one id, saves that were not completed.

    Rows that cannot count were told when they were read.
    """
    yield from _conflicts(loop)
    yield from _leaks(loop)
    yield from _copies(loop)
    yield from _near_copies(loop)
    rows = read_label_rows(loop.workspace, [])
    yield from _repeated(rows)
    yield from _two_texts(loop, rows)
    yield from lacking_rows(loop)


def _conflicts(loop: Loop) -> Iterator[Finding]:
    for conflict in loop.labels.conflicts:
        places = ", ".join(f"{row.file} line {row.line}" for row in conflict.rows)
        first = conflict.rows[0]
        message = (
            f"Item `{conflict.item_id}` has {len({row.label for row in conflict.rows})} labels: "
            f"{places}. It is kept out until somebody decides: on Review, under Second look, or by "
            f"correcting one row. {shortened(first.text)}"
        )
        yield Finding("error", "conflict", first.file, first.line, conflict.item_id, message)


def _leaks(loop: Loop) -> Iterator[Finding]:
    held_out: dict[str, Labeled] = {}
    for split in reversed(HELD_OUT):
        held_out |= {text_key(item.text): item for item in loop.labels.splits[split]}
    for item in loop.labels.splits["training"]:
        twin = held_out.get(text_key(item.text))
        if twin:
            message = (
                f"{_place(item)}: training item `{item.item_id}` is a copy of {twin.split} item "
                f"`{twin.item_id}`. It stays out of training, nothing needs to be done: "
                f"{_both(item, twin)}"
            )
            yield Finding("warning", "leak", item.file, item.line, item.item_id, message)


def _copies(loop: Loop) -> Iterator[Finding]:
    """Held-out items whose text another one has, of the same split or of the other."""
    seen: dict[str, Labeled] = {}
    for split in HELD_OUT:
        for item in loop.labels.splits[split]:
            first = seen.setdefault(text_key(item.text), item)
            if first is item:
                continue
            why = (
                "and counts twice in the scores"
                if first.split == split
                else f"of the {first.split} data: they are not apart"
            )
            message = (
                f"{_place(item)}: {split} item `{item.item_id}` is a copy of `{first.item_id}` "
                f"{why}: {_both(item, first)}"
            )
            yield Finding("warning", "copy", item.file, item.line, item.item_id, message)


def _near_copies(loop: Loop) -> Iterator[Finding]:
    """Items of different splits whose texts are nearly the same, the most alike first."""
    items = [item for split in (*HELD_OUT, "training") for item in loop.labels.splits[split]]
    by_text: dict[str, dict[str, Labeled]] = defaultdict(dict)
    for item in items:
        by_text[text_key(item.text)].setdefault(item.split, item)
    for one, other, likeness in sorted(alike_texts(items), key=lambda pair: -pair[2]):
        for first in by_text[one].values():
            for second in by_text[other].values():
                if first.split != second.split:
                    yield _near_copy(first, second, likeness)


def _near_copy(one: Labeled, other: Labeled, likeness: float) -> Finding:
    """Told at the training item, which is the one that may be done without."""
    held_out, item = sorted((one, other), key=lambda each: each.split == "training")
    message = (
        f"{_place(item)}: {item.split} item `{item.item_id}` is nearly a copy of {held_out.split} "
        f"item `{held_out.item_id}` ({likeness:.0%} of their shingles). Both count; scores may be "
        f"flattered a little: {_both(item, held_out)}"
    )
    return Finding("warning", "near copy", item.file, item.line, item.item_id, message)


def _repeated(rows: list[Labeled]) -> Iterator[Finding]:
    """Items that stand in one file twice, or in two splits under texts that are no copies.

    Copies are told as leaks.
    """
    in_file: dict[tuple[str, str], Labeled] = {}
    by_item: dict[str, Labeled] = {}
    for row in rows:
        first = in_file.setdefault((row.file, row.item_id), row)
        if first is not row:
            message = (
                f"{row.file} line {row.line}: item_id `{row.item_id}` stands in line {first.line} "
                "already. The item counts once; nothing needs to be done."
            )
            yield Finding("warning", "repeated id", row.file, row.line, row.item_id, message)
        elsewhere = by_item.setdefault(row.item_id, row)
        if elsewhere.split != row.split and text_key(elsewhere.text) != text_key(row.text):
            message = (
                f"{row.file} line {row.line}: item_id `{row.item_id}` is {row.split} data here and "
                f"{elsewhere.split} data in {elsewhere.file} line {elsewhere.line}. Correct one of "
                "the two rows."
            )
            yield Finding("warning", "id in two splits", row.file, row.line, row.item_id, message)


def _two_texts(loop: Loop, rows: list[Labeled]) -> Iterator[Finding]:
    """Label rows whose text is not the one that the pool, or an earlier row, has under the id."""
    proposed = {proposal.item_id: proposal.batch_id for proposal in loop.logs.proposals}
    known = {
        item_id: (text, POOL_FOLDER)
        for item_id, text in loop.pool_words.pool.texts_of(row.item_id for row in rows).items()
    }
    for row in rows:
        text, place = known.setdefault(row.item_id, (row.text, f"{row.file} line {row.line}"))
        if text == row.text or text_key(text) == text_key(row.text):
            continue
        batch_id = proposed.get(row.item_id) if place == POOL_FOLDER else None
        kind = "changed text" if batch_id else "one id, two texts"
        since = f", since {batch_id} proposed it" if batch_id else ""
        message = (
            f"{row.file} line {row.line}: item `{row.item_id}` has another text in {place}{since}. "
            f"The label is of the row's text; give one of the two an id of its own. Here: "
            f"{shortened(row.text)} There: {shortened(text)}"
        )
        yield Finding("warning", kind, row.file, row.line, row.item_id, message)


def lacking_rows(loop: Loop) -> Iterator[Finding]:
    """Labels that were saved, and do not stand in their label file."""
    saved = {event.batch_id for event in loop.logs.events if event.action == "save"}
    files = {(split, label.value): file for split, label, file in loop.workspace.label_files()}
    for item in unsaved(loop.workspace, loop.logs, saved, loop.pool_words.pool.texts_of):
        name = files[item.split, item.label].name
        message = (
            f"{name} lacks item `{item.item_id}`, which {item.annotator or 'somebody'} labeled "
            f"`{item.label}` and saved in {item.batch_id}. The row can be appended: "
            f"{shortened(item.text)}"
        )
        yield Finding("error", "lacking row", name, None, item.item_id, message, mend="save")


def _place(item: Labeled) -> str:
    return f"{item.file} line {item.line}" if item.file else "annotations.csv"


def _both(one: Labeled, other: Labeled) -> str:
    """The text that both have, or the two of them."""
    if one.text == other.text:
        return shortened(one.text)
    return f"{shortened(one.text)} / {shortened(other.text)}"
