"""Several labels for one text in the label files, and labels that were renamed, merged, retired."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.doctor import examine
from core.errors import EventError
from core.system.csv_rows import format_rows
from core.workspace.assignment import take_over
from core.workspace.backup import back_up, contents, restore
from core.workspace.events import Inbox
from core.workspace.item_history import history
from core.workspace.labels import Labels, labels_hash, read_label_rows
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records, new_event
from core.workspace.relabel import Decision, Hand, decide, label_again, to_label_again
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from core.workspace.task import NONE, SPLITS, Label, Task
from core.workspace.task_file import task_toml
from core.workspace.task_toml import default_task, parse_task
from tests.by_hand import label_by_hand
from tests.records import split_records
from tests.worlds import new_proposal

VALUES = ("a", "b c", "=é", "7")
ITEMS = [f"i{at}" for at in range(5)]
BATCHES = {f"b{at}": split for at, split in enumerate(SPLITS)}


def label(value: str, **more: object) -> Label:
    return Label(value, f"name of {value}", f"l{VALUES.index(value)}.csv", value[0], **more)


LABELS = tuple(label(value) for value in VALUES)
TASK = replace(default_task(), several=True, labels=LABELS)
ONE = replace(TASK, several=False)


def build(folder: Path, task: Task = TASK, batches: Mapping[str, str] = BATCHES) -> Workspace:
    """A workspace of these items, each proposed for each split."""
    (folder / "unlabeled_data").mkdir(parents=True)
    (folder / "task.toml").write_text(task_toml(task), encoding="utf-8")
    rows = [[item, f"text of {item}"] for item in ITEMS]
    (folder / "unlabeled_data" / "pool.csv").write_bytes(format_rows(rows))
    workspace = open_workspace(folder)
    proposals = [
        new_proposal(batch, "ann", split, item, "random", rank=at)
        for batch, split in batches.items()
        for at, item in enumerate(ITEMS)
    ]
    append_records(workspace.batches, proposals)
    return workspace


def change(workspace: Workspace, **words: object) -> Snapshot:
    """The workspace after its task was edited."""
    text = task_toml(replace(workspace.task, **words))
    (workspace.path / "task.toml").write_text(text, encoding="utf-8")
    return read_snapshot(open_workspace(workspace.path))


def say(
    workspace: Workspace, *words: tuple[str, str], batch: str = "b2", save: bool = True
) -> None:
    """Gives these items these answers; an empty one undoes."""
    events = [
        new_event(batch, "ann", "label" if answer else "undo", item, label=answer)
        for item, answer in words
    ]
    inbox, further = Inbox(workspace), [new_event(batch, "ann", "save")] * save
    assert inbox.receive([*events, *further]).refused == []


def ids_in(workspace: Workspace, split: str = "training") -> dict[str, list[str]]:
    """The items of each label file that there is."""
    return {
        path.name: [row[0] for row in split_records(path.read_bytes())[0]]
        for path in (workspace.path / f"{split}_data").glob("*.csv")
    }


def answers(snapshot: Snapshot, split: str = "training") -> dict[str, str]:
    return {item.item_id: item.label for item in snapshot.labels.splits[split]}


@dataclass
class Files:
    """What stands in label files and log."""

    rows: list[tuple[str, str, str]]
    events: list[tuple[str, str, str]]
    saved: set[str]


@some.composite
def files(draw: some.DrawFn, several: bool = True) -> Files:
    """Rows (split, value, item), events (batch, item, answer), batches that were saved."""
    answer = some.lists(some.sampled_from(VALUES), unique=True).map(TASK.answer)
    said = some.one_of(answer, some.just("")) if several else some.sampled_from((*VALUES, ""))
    value = some.sampled_from((*VALUES, NONE) if several else VALUES)
    item = some.sampled_from(ITEMS)
    return Files(
        draw(some.lists(some.tuples(some.sampled_from(SPLITS), value, item), max_size=10)),
        draw(some.lists(some.tuples(some.sampled_from([*BATCHES]), item, said), max_size=10)),
        draw(some.sets(some.sampled_from([*BATCHES]))),
    )


def filled(folder: Path, files: Files, task: Task = TASK) -> Workspace:
    workspace = build(folder, task)
    names = {label.value: label.file for label in task.filed}
    for split, value, item in files.rows:
        path = workspace.path / f"{split}_data" / names[value]
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(format_rows([[item, f"text of {item}", value]]))
    events = [
        new_event(batch, "ann", "label" if answer else "undo", item, label=answer)
        for batch, item, answer in files.events
    ]
    append_records(
        workspace.annotations, events + [new_event(x, "ann", "save") for x in files.saved]
    )
    return workspace


def expected(files: Files, several: bool = True) -> tuple[dict[tuple[str, str], str], set[str]]:
    """(answer of each split and item, conflicts), by the rules as they are told."""
    words = {item: (batch, answer) for batch, item, answer in files.events}
    found, conflicts = {}, set()
    for item in ITEMS:
        rows = [(split, value) for split, value, other in files.rows if other == item]
        values = {value for _, value in rows}
        if item in words:
            batch, answer = words[item]
            if answer:
                found[BATCHES[batch], item] = answer
        elif len(values) > 1 and (not several or NONE in values):
            conflicts.add(item)
        else:
            joined = "|".join(value for value in VALUES if value in values) or NONE
            found |= {(split, item): joined for split, _ in rows}
    return found, conflicts


def in_splits(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    items = [item for items in snapshot.labels.splits.values() for item in items]
    assert len({(item.split, item.item_id) for item in items}) == len(items)
    return {(item.split, item.item_id): item.label for item in items}


@given(files())
def test_the_last_word_counts_else_the_union_of_the_rows(files: Files):
    with tempfile.TemporaryDirectory() as folder:
        snapshot = read_snapshot(filled(Path(folder) / "w", files))
        found, conflicts = expected(files)
        assert in_splits(snapshot) == found
        assert {each.item_id for each in snapshot.labels.conflicts} == conflicts
        assert snapshot.labels.findings == []


@given(files(), some.data())
def test_a_save_that_was_cut_short_anywhere_is_completed_once(files: Files, data: some.DataObject):
    with tempfile.TemporaryDirectory() as folder:
        workspace = filled(Path(folder) / "w", files)
        before = {path: path.read_bytes() for path in workspace.path.glob("*_data/*.csv")}
        found = in_splits(open_snapshot(workspace.path))
        whole = {path: path.read_bytes() for path in workspace.path.glob("*_data/l*.csv")}
        whole |= {path: path.read_bytes() for path in workspace.path.glob("*_data/none.csv")}
        for path, content in whole.items():
            rest = content.removeprefix(before.get(path, b"")).splitlines(keepends=True)
            kept = data.draw(some.integers(0, len(rest)))
            path.write_bytes(before.get(path, b"") + b"".join(rest[:kept]))
        assert in_splits(open_snapshot(workspace.path)) == found
        assert {path: path.read_bytes() for path in whole} == whole
        for (split, item), answer in found.items():
            batch = next(batch for batch in BATCHES if BATCHES[batch] == split)
            if batch in files.saved and (batch, item) in {(b, i) for b, i, _ in files.events}:
                names = [f"l{VALUES.index(x)}.csv" for x in TASK.chosen(answer)] or ["none.csv"]
                assert all(item in ids_in(workspace, split)[name] for name in names)


def merged(several: bool) -> Task:
    """The task with `b c` renamed to `new`, `=é` merged into `a`, and `7` retired."""
    new = replace(LABELS[1], value="new", was=("b c",))
    a = replace(LABELS[0], was=("=é",), positive=not several)
    return replace(
        TASK, several=several, labels=(a, new), retired=(replace(LABELS[3], retired=True),)
    )


MEANS = {"a": "a", "=é": "a", "b c": "new", "7": "7", NONE: NONE}


def renamed(answer: str) -> str:
    values = {MEANS[value] for value in answer.split("|")}
    return "|".join(value for value in ("a", "new", "7") if value in values) or NONE


@pytest.mark.parametrize("several", [False, True])
@given(data=some.data())
def test_former_values_are_read_as_what_they_mean_now(several: bool, data: some.DataObject):
    drawn = data.draw(files(several))
    # The same, as it stands when everybody had used the new values from the beginning.
    now = Files(
        [(split, MEANS[value], item) for split, value, item in drawn.rows],
        [(batch, item, answer and renamed(answer)) for batch, item, answer in drawn.events],
        drawn.saved,
    )
    with tempfile.TemporaryDirectory() as folder:
        task = merged(several)
        workspace = filled(Path(folder) / "w", drawn, replace(TASK, several=several))
        (workspace.path / "task.toml").write_text(task_toml(task), encoding="utf-8")
        open_snapshot(workspace.path)  # completes saves into the files of today
        found = read_snapshot(open_workspace(workspace.path)).labels
        other = read_snapshot(filled(Path(folder) / "other", now, task)).labels
    assert found.findings == []

    def told(labels: Labels) -> list[tuple[object, ...]]:
        items = [*labels.items, *labels.retired]
        return sorted((x.split, x.item_id, x.label, x.retired) for x in items)

    assert told(found) == told(other)
    assert {x.item_id for x in found.conflicts} == {x.item_id for x in other.conflicts}
    assert not {"7"} & {x for item in found.items for x in task.chosen(item.label)}
    assert all(item.retired == ("7",) for item in found.retired)


def test_a_correction_stays_beside_the_row_that_it_corrects(tmp_path: Path):
    workspace = build(tmp_path / "w")
    say(workspace, ("i0", "a|7"), ("i1", NONE))
    assert ids_in(workspace) == {"l0.csv": ["i0"], "l3.csv": ["i0"], "none.csv": ["i1"]}
    say(workspace, ("i0", "a|b c"), ("i1", "7"))
    assert ids_in(workspace) == {
        "l0.csv": ["i0"], "l1.csv": ["i0"], "l3.csv": ["i0", "i1"], "none.csv": ["i1"],
    }  # fmt: skip
    snapshot = open_snapshot(workspace.path)
    assert answers(snapshot) == {"i0": "a|b c", "i1": "7"}
    assert snapshot.labels.counts(TASK)["training"] == {"a": 1, "b c": 1, "=é": 0, "7": 1, NONE: 0}
    assert [x.what for x in history(snapshot, "i0") if x.at][-2:] == [
        "labeled name of a, name of 7", "changed to name of a, name of b c",
    ]  # fmt: skip


def test_an_answer_that_cannot_be_given_is_refused(tmp_path: Path):
    workspace = build(tmp_path / "w")
    for answer in ("b c|a", "a|a", "a|-", "", "a|x", "a||7", "|".join(["a"] * 100_000) + "|x"):
        receipt = Inbox(workspace).receive([new_event("b2", "ann", "label", "i0", label=answer)])
        assert receipt.acknowledged == []
        assert "not one of the task" in receipt.refused[0][1]


def test_labels_by_hand_and_second_looks_take_several(tmp_path: Path):
    workspace = build(tmp_path / "w", batches={"b2": "training"})
    inbox = Inbox(workspace)
    say(workspace, ("i1", "a"))
    (item,) = [x for x in read_snapshot(workspace).labels.items if x.item_id == "i1"]
    decide(workspace, inbox, [Decision(item, "a|7")], "ann")
    assert answers(read_snapshot(workspace))["i1"] == "a|7"
    with pytest.raises(EventError, match="not one of the task"):
        decide(workspace, inbox, [Decision(replace(item, label="a|7"), "7|a")], "ann")
    event = label_by_hand(workspace, inbox, "i1", "b c", Hand("ann", False))
    assert event.label == "b c"
    assert [f.kind.title for f in examine(workspace.path) if f.severity == "error"] == []


def test_a_model_needs_a_label_that_five_texts_have(tmp_path: Path):
    workspace = build(tmp_path / "w", replace(TASK, targets=dict.fromkeys(SPLITS, 0)))
    say(workspace, *((item, "a|7") for item in ITEMS))
    snapshot = read_snapshot(workspace)
    assert not snapshot.can_train
    assert "No label has 5 training items" in snapshot.why_no_model
    say(workspace, *((item, "a") for item in ITEMS[1:]))
    assert not read_snapshot(workspace).can_train


def test_a_backup_brings_the_files_of_none_and_of_former_labels_back(tmp_path: Path):
    workspace = build(tmp_path / "w")
    say(workspace, ("i0", "a|=é"), ("i1", NONE), ("i2", "7"))
    (workspace.path / "task.toml").write_text(task_toml(merged(True)), encoding="utf-8")
    made = back_up(open_workspace(workspace.path))
    names = {name for name, _ in contents(made)}
    assert {f"training_data/{name}" for name in ids_in(workspace)} < names
    restored = restore(made, tmp_path / "again")
    assert ids_in(restored) == ids_in(workspace)
    assert answers(read_snapshot(restored)) == {"i0": "a", "i1": NONE}


def test_rows_of_a_former_file_that_say_no_label_are_findings(tmp_path: Path):
    workspace = build(tmp_path / "w", ONE)
    folder = workspace.path / "training_data"
    folder.mkdir()
    (folder / "old.csv").write_text("i0,t,a\ni1,t\ni2,t,x\ni3,t,-\ni4,t,7")
    findings = []
    assert [row.item_id for row in read_label_rows(workspace, findings)] == ["i0", "i4"]
    assert [(x.kind.title, x.line) for x in findings] == [("unknown label", at) for at in (2, 3, 4)]
    assert [x.kind.title for x in examine(workspace.path)][:3] == ["unknown label"] * 3
    open_snapshot(workspace.path)  # the last row is whole as it stands
    assert (folder / "old.csv").read_text().endswith("i4,t,7")


def test_a_merged_label_whose_file_differs_in_case_alone_keeps_its_items(tmp_path: Path):
    a, b, *others = LABELS
    workspace = build(tmp_path / "w", replace(ONE, labels=(a, replace(b, file="L0.csv"), *others)))
    say(workspace, ("i0", "a"))
    (workspace.path / "training_data" / "L0.csv").write_text("i1,text of i1,b c\n")
    assert answers(read_snapshot(workspace)) == {"i0": "a", "i1": "b c"}
    found = change(workspace, labels=(replace(a, was=("b c",)), *others))
    assert answers(found) == {"i0": "a", "i1": "a"}


def test_a_link_to_a_label_file_brings_its_rows_once(tmp_path: Path):
    workspace = build(tmp_path / "w", ONE)
    say(workspace, ("i0", "a"))
    (workspace.path / "training_data" / "L0.csv").symlink_to("l0.csv")
    assert [row.item_id for row in read_label_rows(workspace, [])] == ["i0"]


def test_a_label_that_a_crash_cut_short_is_not_taken_for_a_shorter_one(tmp_path: Path):
    """The file of `10`, which was merged, ends within `10`; the task has a label `1`."""
    one, two = Label("1", "One", "one.csv", "1"), Label("2", "Two", "two.csv", "3")
    workspace = build(
        tmp_path / "w", replace(ONE, labels=(one, replace(two, was=("10",)), *LABELS[:2]))
    )
    former = workspace.path / "training_data" / "ten.csv"
    former.parent.mkdir()
    former.write_text("i0,text of i0,10\ni1,text of i1,1")
    assert answers(open_snapshot(workspace.path)) == {"i0": "2"}
    (kept,) = workspace.torn.iterdir()
    assert kept.read_text() == "i1,text of i1,1"


def test_the_hash_of_labels_changes_with_what_is_learned(tmp_path: Path):
    workspace = build(tmp_path / "w", ONE)
    say(workspace, ("i0", "a"), ("i1", "b c"), ("i2", "7"), ("i3", "7"))

    def hash_of(snapshot: Snapshot) -> str:
        task = snapshot.workspace.task
        return labels_hash(snapshot.labels.splits["training"], task)

    before = hash_of(read_snapshot(workspace))
    a, b, e, seven = LABELS
    same = [
        (a, replace(b, value="new", was=("b c",)), e, seven),
        (*LABELS, Label("more", "More", "more.csv", "x")),
        (replace(a, name="Other", key="o", description="x"), b, e, seven),
        (a, b, seven),
    ]
    for labels in same:
        assert hash_of(change(workspace, labels=labels)) == before
    merged = (replace(a, was=("b c",)), e, seven)
    retired = {"labels": (a, b, e), "retired": (replace(seven, retired=True),)}
    assert (
        len(
            {
                before,
                hash_of(change(workspace, labels=merged)),
                hash_of(change(workspace, **retired)),
            }
        )
        == 3
    )


def test_items_of_a_retired_label_are_kept_apart(tmp_path: Path):
    workspace = build(tmp_path / "w", ONE)
    say(workspace, ("i0", "a"), ("i1", "7"))
    say(workspace, ("i2", "7"), batch="b0")
    snapshot = change(workspace, labels=LABELS[:3], retired=(replace(LABELS[3], retired=True),))
    assert answers(snapshot) == {"i0": "a"}
    assert answers(snapshot, "evaluation") == {}
    assert [(x.item_id, x.label, x.split) for x in snapshot.labels.retired] == [
        ("i2", "7", "evaluation"), ("i1", "7", "training"),
    ]  # fmt: skip
    at = snapshot.pool_words.pool.positions(["i0", "i1", "i2"]).values()
    assert not snapshot.candidates[[*at]].any()
    assert snapshot.labels.held_out_texts() == ["text of i2"]
    assert not {"i1", "i2"} & snapshot.waiting.keys()
    assert [x.what for x in history(snapshot, "i1")][-1] == "labeled name of 7"
    assert parse_task(task_toml(snapshot.workspace.task), "x") == snapshot.workspace.task


@pytest.mark.parametrize("several", [False, True])
def test_items_of_a_split_label_are_labeled_again_where_they_were(tmp_path: Path, several: bool):
    workspace = build(tmp_path / "w", replace(TASK, several=several, batch_size=2))
    mixed = "a|7" if several else "7"
    say(workspace, ("i0", "a"), ("i1", mixed), ("i3", "7"), ("i4", "7"))
    say(workspace, ("i2", "7"), batch="b0")
    split = (*LABELS[:3], Label("8", "8", "8.csv", "8"))
    gone = replace(LABELS[3], retired=True)
    snapshot = change(workspace, labels=split, retired=(gone,))
    workspace = snapshot.workspace
    had = ["i2", "i1", "i3", "i4"]
    assert sorted(item.item_id for item in to_label_again(snapshot, "7")) == sorted(had)
    assert [f.kind.title for f in examine(workspace.path)] == ["retired label"]
    assert label_again(workspace, "7") == 4
    assert label_again(workspace, "7") == 0  # they are queued already
    snapshot = read_snapshot(workspace)
    again = [p for p in snapshot.logs.proposals if p.batch_id.startswith("again-")]
    assert [(p.batch_id, p.split, p.strategy, p.rank) for p in again] == [
        ("again-0001", "evaluation", "random", 1),
        ("again-0002", "training", "random", 1),
        ("again-0002", "training", "random", 2),
        ("again-0003", "training", "random", 1),
    ]
    assert snapshot.waiting == {"i2": "evaluation", **dict.fromkeys(had[1:], "training")}
    assert answers(snapshot) == {"i0": "a"}
    assert [f for f in examine(workspace.path) if f.severity == "error"] == []
    # Whoever asks for a batch gets them: each is labeled with what there is today.
    for _ in range(3):
        snapshot = read_snapshot(workspace)
        batch = take_over(snapshot, "bob")
        assert batch
        items = [p.item_id for p in read_snapshot(workspace).open_batches[batch]]
        say(workspace, *((item, "8") for item in items), batch=batch)
    snapshot = read_snapshot(workspace)
    assert snapshot.waiting == {}
    assert answers(snapshot) == {"i0": "a", "i1": "8", "i3": "8", "i4": "8"}
    assert answers(snapshot, "evaluation") == {"i2": "8"}
    assert snapshot.labels.retired == []
    assert ids_in(workspace)["l3.csv"] == ["i1", "i3", "i4"]  # nothing is taken out
    assert examine(workspace.path) == []


def test_a_sound_rename_merge_and_retirement_are_no_findings(tmp_path: Path):
    workspace = build(tmp_path / "w")
    say(workspace, ("i0", "b c|=é"), ("i1", NONE), ("i2", "a|=é"))
    (workspace.path / "task.toml").write_text(task_toml(merged(True)), encoding="utf-8")
    workspace = open_workspace(workspace.path)
    say(workspace, ("i3", "a|new"))
    snapshot = open_snapshot(workspace.path)
    assert answers(snapshot) == {"i0": "a|new", "i1": NONE, "i2": "a", "i3": "a|new"}
    assert examine(workspace.path) == []
