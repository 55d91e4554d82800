"""A way to make a workspace ill for each kind of finding; each takes a loop with labels."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.evaluation.runs import keep, train
from core.workspace.backup import back_up
from core.workspace.logs import Event, Run, append_records, new_event, new_proposal, now
from core.workspace.snapshot import Loop

Illness = Callable[[Loop], None]


def append(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(content.encode() if isinstance(content, str) else content)


def adds(name: str, content: str | bytes) -> Illness:
    """The file of this name has more at its end."""
    return lambda loop: append(loop.workspace.path / name, content)


def unreadable(loop: Loop) -> None:
    append(loop.workspace.runs.path, "no,such,header\n")


def stray_event(loop: Loop) -> None:
    event = new_event("batch-9999", "ann", "label", "i0000", label="1")
    append_records(loop.workspace.annotations, [event])


def repeated_event(loop: Loop) -> None:
    saved = label(loop, "i0000")
    append_records(loop.workspace.annotations, [saved])


def label(loop: Loop, item_id: str, split: str = "training", strategy: str = "random") -> Event:
    """A batch of this item, its label event in the log; nothing in a label file."""
    batch_id = f"batch-{item_id}"
    append_records(
        loop.workspace.batches, [new_proposal(batch_id, "ann", split, item_id, strategy)]
    )
    event = new_event(batch_id, "ann", "label", item_id, label="1")
    append_records(loop.workspace.annotations, [event])
    return event


def save_cut_short(loop: Loop) -> None:
    event = label(loop, "i0000")
    append_records(loop.workspace.annotations, [new_event(event.batch_id, "ann", "save")])


def in_both_files(loop: Loop) -> None:
    for name in ("related.csv", "not_related.csv"):
        append(loop.workspace.path / "training_data" / name, "c,two minds about this\n")


def gone(loop: Loop) -> None:
    append_records(
        loop.workspace.batches, [new_proposal("batch-0001", "ann", "training", "gone", "random")]
    )


def no_pool(loop: Loop) -> None:
    for path in loop.workspace.pool_files():
        path.rename(path.with_suffix(".away"))


def changed_text(loop: Loop) -> None:
    save_cut_short(loop)
    append(loop.workspace.path / "training_data" / "related.csv", "i0000,another text,1,random,\n")


def not_random(loop: Loop) -> None:
    append(
        loop.workspace.path / "evaluation_data" / "related.csv",
        "e1,storm breaks the old bridge,1,low confidence,0.5\n",
    )


def drawn_late(loop: Loop) -> None:
    label(loop, "i0001", strategy="low confidence")
    label(loop, "i0002", split="evaluation")


def evaluation_grown(loop: Loop) -> None:
    run(loop)
    append(
        loop.workspace.path / "evaluation_data" / "related.csv",
        "e1,storm breaks the old bridge,1,random,\n",
    )


def run(loop: Loop) -> Run:
    return keep(loop, train(loop))


def params_of_run(loop: Loop) -> Path:
    return loop.workspace.path / run(loop).params_file


def without_params(loop: Loop) -> None:
    path = params_of_run(loop)
    path.rename(path.with_suffix(".away"))


def stray_params(loop: Loop) -> None:
    path = params_of_run(loop)
    path.with_name("stray.params").write_bytes(path.read_bytes())


def damaged_params(loop: Loop) -> None:
    params_of_run(loop).write_bytes(b"no params")


def space_of_run(loop: Loop) -> Path:
    run(loop)
    (space,) = loop.workspace.models.glob("*.space")
    return space


def without_space(loop: Loop) -> None:
    path = space_of_run(loop)
    path.rename(path.with_suffix(".away"))


def damaged_space(loop: Loop) -> None:
    path = space_of_run(loop)
    path.write_bytes(path.read_bytes()[:100])


def stray_space(loop: Loop) -> None:
    path = space_of_run(loop)
    keep(loop, train(loop, name="book"))
    other = next(p for p in loop.workspace.models.glob("*.params") if not _needs(p, path.stem))
    for params in loop.workspace.models.glob("*.params"):
        if params != other:
            params.rename(params.with_suffix(".away"))


def _needs(params: Path, key: str) -> bool:
    return key.encode() in params.read_bytes()


def damaged_report(loop: Loop) -> None:
    params_of_run(loop).with_suffix(".json").write_bytes(b"{")


def stray_report(loop: Loop) -> None:
    report = params_of_run(loop).with_suffix(".json")
    report.with_name("stray.json").write_bytes(report.read_bytes())


def unfinished(loop: Loop) -> None:
    path = loop.workspace.path / "models" / "half.params.unfinished"
    append(path, b"half a model")
    os.utime(path, (time.time() - 7_200,) * 2)


def settled_torn_line(loop: Loop) -> None:
    (item, *_) = loop.labels.splits["training"]
    append(loop.workspace.torn / "training_data.related.csv.123", f"{item.item_id},{item.text[:5]}")


def damaged_backup(loop: Loop) -> None:
    made = back_up(loop.workspace)
    made.path.write_bytes(made.path.read_bytes()[:-50])


def unsecured(loop: Loop) -> None:
    """Labels of today, saved without the backup that comes before."""
    event = new_event("no-batch", "ann", "save")
    append_records(loop.workspace.annotations, [event])
    append(loop.workspace.path / "training_data" / "related.csv", "x1,of today,1\n")


TRAINING = "training_data/related.csv"

ILLNESSES: Sequence[tuple[str, str, Illness]] = (
    ("unreadable file", "error", unreadable),
    ("malformed row", "error", adds(TRAINING, "1,2,1,,,,,\n")),
    ("malformed row", "error", adds("unlabeled_data/pool.csv", b"bad\xff,x\n")),
    ("malformed row", "error", lambda loop: append(loop.workspace.runs.path, _short_run(loop))),
    ("empty id", "error", adds(TRAINING, " ,no id,1\n")),
    ("unknown label", "error", adds(TRAINING, "x1,unknown,maybe\n")),
    ("misplaced label", "error", adds(TRAINING, "x1,misplaced,0\n")),
    ("stray event", "error", stray_event),
    ("missing item", "error", gone),
    ("torn line", "error", adds(TRAINING, "z,half")),
    ("conflict", "error", in_both_files),
    ("lacking row", "error", save_cut_short),
    ("empty pool", "error", no_pool),
    ("repeated id", "error", adds("unlabeled_data/pool.csv", "again,one\nagain,One\n")),
    ("one id, two texts", "error", adds("unlabeled_data/pool.csv", "again,one\nagain,two\n")),
    ("repeated event", "warning", repeated_event),
    ("torn line", "warning", settled_torn_line),
    ("unfinished file", "warning", unfinished),
    ("leak", "warning", lambda loop: _copy(loop, "evaluation", "training", str.upper)),
    ("copy", "warning", lambda loop: _copy(loop, "evaluation", "evaluation", str.upper)),
    ("copy", "warning", lambda loop: _copy(loop, "evaluation", "validation", str)),
    ("near copy", "warning", lambda loop: _copy(loop, "evaluation", "training", "{}s".format)),
    ("repeated id", "warning", adds(TRAINING, "x1,twice,1\nx1,twice,1\n")),
    ("id in two splits", "warning", lambda loop: _same_id(loop)),
    ("one id, two texts", "warning", adds(TRAINING, "i0003,quite another text,1\n")),
    ("changed text", "warning", changed_text),
    ("blank text", "warning", adds("unlabeled_data/pool.csv", "blank, \n")),
    ("evaluation not random", "warning", not_random),
    ("evaluation drawn late", "warning", drawn_late),
    ("evaluation changed", "warning", evaluation_grown),
    ("run without file", "warning", without_params),
    ("file without run", "warning", stray_params),
    ("damaged params", "warning", damaged_params),
    ("params without space", "warning", without_space),
    ("damaged space", "warning", damaged_space),
    ("space without params", "warning", stray_space),
    ("damaged report", "warning", damaged_report),
    ("damaged backup", "warning", damaged_backup),
    ("no backup", "warning", unsecured),
    ("report without params", "warning", stray_report),
)
"""(kind, severity, what brings it about)."""


def _short_run(loop: Loop) -> str:
    header = ",".join(loop.workspace.runs.header)
    return f"{header}\nrun-0001,{now()}\n"


def _copy(loop: Loop, source: str, split: str, change: Callable[[str], str]) -> None:
    text = max((item.text for item in loop.labels.splits[source]), key=len)
    append(loop.workspace.path / f"{split}_data" / "related.csv", f"x1,{change(text)},1\n")


def _same_id(loop: Loop) -> None:
    item_id = loop.labels.splits["evaluation"][0].item_id
    append(loop.workspace.path / TRAINING, f"{item_id},some other text altogether,1\n")
