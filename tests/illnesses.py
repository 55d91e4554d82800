"""A way to make a workspace ill for each kind of finding; each takes a loop with labels."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from core.evaluation.runs import keep, train
from core.system.findings import Kind
from core.workspace.backup import back_up
from core.workspace.events import Inbox
from core.workspace.logs import Event, Run, append_records, new_event, now
from core.workspace.relabel import adjudicate
from core.workspace.snapshot import Snapshot
from core.workspace.task import SECOND_OPINION, Label
from core.workspace.task_file import task_toml
from tests.worlds import new_proposal

Illness = Callable[[Snapshot], None]


def append(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(content.encode() if isinstance(content, str) else content)


def adds(name: str, content: str | bytes) -> Illness:
    """The file of this name has more at its end."""
    return lambda snapshot: append(snapshot.workspace.path / name, content)


def unreadable(snapshot: Snapshot) -> None:
    append(snapshot.workspace.runs.path, "no,such,header\n")


def stray_event(snapshot: Snapshot) -> None:
    event = new_event("batch-9999", "ann", "label", "i0000", label="1")
    append_records(snapshot.workspace.annotations, [event])


def repeated_event(snapshot: Snapshot) -> None:
    saved = label(snapshot, "i0000")
    append_records(snapshot.workspace.annotations, [saved])


def label(
    snapshot: Snapshot,
    item_id: str,
    split: str = "training",
    strategy: str = "random",
    person: str = "ann",
) -> Event:
    """A batch of this item, its label event in the log; nothing in a label file."""
    batch_id = f"batch-{item_id}"
    append_records(
        snapshot.workspace.batches, [new_proposal(batch_id, person, split, item_id, strategy)]
    )
    event = new_event(batch_id, person, "label", item_id, label="1")
    append_records(snapshot.workspace.annotations, [event])
    return event


def save_cut_short(snapshot: Snapshot) -> None:
    event = label(snapshot, "i0000")
    append_records(snapshot.workspace.annotations, [new_event(event.batch_id, "ann", "save")])


def in_both_files(snapshot: Snapshot) -> None:
    for name in ("related.csv", "not_related.csv"):
        append(snapshot.workspace.path / "training_data" / name, "c,two minds about this\n")


def retired_label(snapshot: Snapshot) -> None:
    task = snapshot.workspace.task
    odd = Label("odd", "Odd", "odd.csv", "5", retired=True)
    text = task_toml(replace(task, retired=(odd,)))
    (snapshot.workspace.path / "task.toml").write_text(text, encoding="utf-8")
    append(snapshot.workspace.path / "training_data" / "odd.csv", "c,what is that,odd\n")


def gone(snapshot: Snapshot) -> None:
    append_records(
        snapshot.workspace.batches,
        [new_proposal("batch-0001", "ann", "training", "gone", "random")],
    )


def no_pool(snapshot: Snapshot) -> None:
    for path in snapshot.workspace.pool_files():
        path.rename(path.with_suffix(".away"))


def changed_text(snapshot: Snapshot) -> None:
    save_cut_short(snapshot)
    append(
        snapshot.workspace.path / "training_data" / "related.csv", "i0000,another text,1,random,\n"
    )


def not_random(snapshot: Snapshot) -> None:
    append(
        snapshot.workspace.path / "evaluation_data" / "related.csv",
        "e1,storm breaks the old bridge,1,low confidence,0.5\n",
    )


def drawn_late(snapshot: Snapshot) -> None:
    label(snapshot, "i0001", strategy="low confidence")
    label(snapshot, "i0002", split="evaluation")


def two_people(snapshot: Snapshot) -> None:
    label(snapshot, "i0001")
    label(snapshot, "i0002", person="bob")


def unlike_all(snapshot: Snapshot) -> None:
    """Ann and Bob agree on forty items; Eve says the other label of all that Ann labeled."""
    items = snapshot.pool_words.pool.ids.to_pylist()[-60:]
    answers = {"ann": (items, "1"), "bob": (items[:40], "1"), "eve": (items[-40:], "0")}
    for person, (own, answer) in answers.items():
        role = "random" if person == "ann" else SECOND_OPINION
        about = (person, "training")
        append_records(
            snapshot.workspace.batches,
            [new_proposal(f"b-{person}", *about, item, role) for item in own],
        )
        append_records(
            snapshot.workspace.annotations,
            [new_event(f"b-{person}", person, "label", item, label=answer) for item in own],
        )


def lone_decision(snapshot: Snapshot) -> None:
    item = snapshot.labels.splits["training"][0].item_id
    adjudicate(snapshot.workspace, Inbox(snapshot.workspace), item, "1", "lea", "slip")


def run(snapshot: Snapshot) -> Run:
    return keep(snapshot, train(snapshot))


def params_of_run(snapshot: Snapshot) -> Path:
    return snapshot.workspace.path / run(snapshot).params_file


def without_params(snapshot: Snapshot) -> None:
    path = params_of_run(snapshot)
    path.rename(path.with_suffix(".away"))


def stray_params(snapshot: Snapshot) -> None:
    path = params_of_run(snapshot)
    path.with_name("stray.params").write_bytes(path.read_bytes())


def damaged_params(snapshot: Snapshot) -> None:
    params_of_run(snapshot).write_bytes(b"no params")


def space_of_run(snapshot: Snapshot) -> Path:
    run(snapshot)
    (space,) = snapshot.workspace.models.glob("*.space")
    return space


def without_space(snapshot: Snapshot) -> None:
    path = space_of_run(snapshot)
    path.rename(path.with_suffix(".away"))


def damaged_space(snapshot: Snapshot) -> None:
    path = space_of_run(snapshot)
    path.write_bytes(path.read_bytes()[:100])


def stray_space(snapshot: Snapshot) -> None:
    path = space_of_run(snapshot)
    keep(snapshot, train(snapshot, name="book"))
    other = next(p for p in snapshot.workspace.models.glob("*.params") if not _needs(p, path.stem))
    for params in snapshot.workspace.models.glob("*.params"):
        if params != other:
            params.rename(params.with_suffix(".away"))


def _needs(params: Path, key: str) -> bool:
    return key.encode() in params.read_bytes()


def damaged_report(snapshot: Snapshot) -> None:
    params_of_run(snapshot).with_suffix(".json").write_bytes(b"{")


def stray_report(snapshot: Snapshot) -> None:
    report = params_of_run(snapshot).with_suffix(".json")
    report.with_name("stray.json").write_bytes(report.read_bytes())


def unfinished(snapshot: Snapshot) -> None:
    path = snapshot.workspace.path / "models" / "half.params.unfinished"
    append(path, b"half a model")
    os.utime(path, (time.time() - 7_200,) * 2)


def settled_torn_line(snapshot: Snapshot) -> None:
    (item, *_) = snapshot.labels.splits["training"]
    append(
        snapshot.workspace.torn / "training_data.related.csv.123", f"{item.item_id},{item.text[:5]}"
    )


def damaged_backup(snapshot: Snapshot) -> None:
    made = back_up(snapshot.workspace)
    made.write_bytes(made.read_bytes()[:-50])


def unsecured(snapshot: Snapshot) -> None:
    """Labels of today, saved without the backup that comes before."""
    event = new_event("no-batch", "ann", "save")
    append_records(snapshot.workspace.annotations, [event])
    append(snapshot.workspace.path / "training_data" / "related.csv", "x1,of today,1\n")


TRAINING = "training_data/related.csv"

ILLNESSES: Sequence[tuple[Kind, Illness]] = (
    (Kind.UNREADABLE_FILE, unreadable),
    (Kind.MALFORMED_ROW, adds(TRAINING, "1,2,1,,,,,\n")),
    (Kind.MALFORMED_ROW, adds("unlabeled_data/pool.csv", b"bad\xff,x\n")),
    (
        Kind.MALFORMED_ROW,
        lambda snapshot: append(snapshot.workspace.runs.path, _short_run(snapshot)),
    ),
    (Kind.EMPTY_ID, adds(TRAINING, " ,no id,1\n")),
    (Kind.UNKNOWN_LABEL, adds(TRAINING, "x1,unknown,maybe\n")),
    (Kind.MISPLACED_LABEL, adds(TRAINING, "x1,misplaced,0\n")),
    (Kind.STRAY_EVENT, stray_event),
    (Kind.MISSING_ITEM, gone),
    (Kind.TORN_LINE, adds(TRAINING, "z,half")),
    (Kind.CONFLICT, in_both_files),
    (Kind.LACKING_ROW, save_cut_short),
    (Kind.EMPTY_POOL, no_pool),
    (Kind.REPEATED_ID, adds("unlabeled_data/pool.csv", "again,one\nagain,One\n")),
    (Kind.TWO_TEXTS, adds("unlabeled_data/pool.csv", "again,one\nagain,two\n")),
    (Kind.REPEATED_EVENT, repeated_event),
    (Kind.KEPT_LINE, settled_torn_line),
    (Kind.UNFINISHED_FILE, unfinished),
    (Kind.LEAK, lambda snapshot: _copy(snapshot, "evaluation", "training", str.upper)),
    (Kind.COPY, lambda snapshot: _copy(snapshot, "evaluation", "evaluation", str.upper)),
    (Kind.COPY, lambda snapshot: _copy(snapshot, "evaluation", "validation", str)),
    (Kind.REPEATED_ROW, adds(TRAINING, "x1,twice,1\nx1,twice,1\n")),
    (Kind.ID_IN_TWO_SPLITS, lambda snapshot: _same_id(snapshot)),
    (Kind.OTHER_TEXT, adds(TRAINING, "i0003,quite another text,1\n")),
    (Kind.CHANGED_TEXT, changed_text),
    (Kind.STRAY_ALIAS, adds("aliases.csv", "alias_id,item_id\nsecond,nowhere\n")),
    (Kind.BLANK_TEXT, adds("unlabeled_data/pool.csv", "blank, \n")),
    (Kind.BLANK_TEXT, adds("unlabeled_data/pool.csv", "blank,\u200b\u2060\n")),
    (Kind.UNSURE_HEADER, adds("unlabeled_data/then.csv", "id,Frage\ni1,a\n")),
    (Kind.PASSED_OVER, adds("unlabeled_data/more.xlsx", b"PK")),
    (Kind.PASSED_OVER, adds("unlabeled_data/more.csv.gz", b"\x1f\x8b")),
    (Kind.PASSED_OVER, adds("unlabeled_data/2026/more.csv", "i1,a\n")),
    (Kind.PASSED_OVER, adds("unlabeled_data/more.csv", "i1,a\n".encode("utf-16"))),
    (Kind.WAITING_LINE, adds("unlabeled_data/pool.csv", "next,half of a li")),
    (Kind.NOT_RANDOM, not_random),
    (Kind.DRAWN_LATE, drawn_late),
    (Kind.BY_ONE_PERSON, two_people),
    (Kind.UNLIKE_ALL, unlike_all),
    (Kind.LONE_DECISION, lone_decision),
    (Kind.RUN_ALONE, without_params),
    (Kind.STRAY_PARAMS, stray_params),
    (Kind.DAMAGED_PARAMS, damaged_params),
    (Kind.NO_SPACE, without_space),
    (Kind.DAMAGED_SPACE, damaged_space),
    (Kind.STRAY_SPACE, stray_space),
    (Kind.DAMAGED_REPORT, damaged_report),
    (Kind.DAMAGED_BACKUP, damaged_backup),
    (Kind.NO_BACKUP, unsecured),
    (Kind.STRAY_REPORT, stray_report),
    (Kind.DEFINITIONS, adds("definitions/12345678.toml", "# Definitions since today\nother")),
    (Kind.RETIRED_LABEL, retired_label),
)
"""(kind, what brings it about)."""


def _short_run(snapshot: Snapshot) -> str:
    header = ",".join(snapshot.workspace.runs.header)
    return f"{header}\nrun-0001,{now()}\n"


def _copy(snapshot: Snapshot, source: str, split: str, change: Callable[[str], str]) -> None:
    text = max((item.text for item in snapshot.labels.splits[source]), key=len)
    append(snapshot.workspace.path / f"{split}_data" / "related.csv", f"x1,{change(text)},1\n")


def _same_id(snapshot: Snapshot) -> None:
    item_id = snapshot.labels.splits["evaluation"][0].item_id
    append(snapshot.workspace.path / TRAINING, f"{item_id},some other text altogether,1\n")
