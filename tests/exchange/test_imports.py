"""An import that was made can be taken back as a whole, and be made again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.doctor import examine
from core.errors import TableError, TaskError, WorkspaceError
from core.exchange.exporter import export
from core.exchange.import_types import Defaults
from core.exchange.importer import ImportResult, import_data
from core.exchange.imports import find_record, read_records, take_back
from core.exchange.tables.opening import open_table
from core.exchange.tables.roles import Columns
from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import new_event
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task_file import labels_of_words, task_with_labels
from tests.conftest import SMALL_TASK, MakeWorkspace
from tests.exchange.test_importer import (
    COLUMNS,
    KILLED_AFTER,
    POOL,
    ROWS,
    bring,
    empty_workspace,
    files_of,
    labels_of,
)
from tests.tables import write_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path, "csv", COLUMNS, ROWS)


def state(workspace: Workspace) -> dict[str, object]:
    """What the loop knows of items and labels; the files may hold more."""
    snapshot = read_snapshot(workspace)
    pool = snapshot.pool_words.pool
    return {
        "items": sorted(zip(pool.ids.to_pylist(), pool.texts.to_pylist(), strict=True)),
        "labels": labels_of(workspace),
        "open": snapshot.open_batches,
        "candidates": snapshot.candidates.tolist(),
        "held out": snapshot.held_out.tolist(),
        "conflicts": snapshot.labels.conflicts,
        "errors": [each for each in examine(workspace.path) if each.severity == "error"],
    }


def only_grew(before: dict[str, bytes], after: dict[str, bytes]) -> bool:
    """Whether no byte of a file went, wherever it lies now."""
    kept = {name.removeprefix("set_aside/"): content for name, content in after.items()}
    return all(kept[name].startswith(content) for name, content in before.items())


def test_what_came_in_is_recorded_and_taken_back_as_a_whole(workspace: Workspace, table: Path):
    was, before = state(workspace), files_of(workspace)
    brought = bring(workspace, table)
    (record,) = read_records(workspace)
    assert (record.name, record.source) == (brought.record, "table.csv") != ("", "")
    assert (record.file, record.items, record.labels) == ("unlabeled_data/table.csv", 3, 3)
    in_between = files_of(workspace)
    told = take_back(workspace, record, "ann")
    assert told.sentences() == [
        "3 items left the pool; their file is set_aside/unlabeled_data/table.csv now.",
        "3 labels were taken back.",
    ]
    assert state(workspace) == was
    assert read_records(workspace) == []
    assert only_grew(before, files_of(workspace))
    assert only_grew(in_between, files_of(workspace))
    undone = [event for event in read_snapshot(workspace).logs.events if event.action == "undo"]
    assert {event.annotator for event in undone} == {"ann"}


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_was_taken_back_can_come_in_again(workspace: Workspace, table: Path, times: int):
    was = state(workspace)
    bring(workspace, table)
    came = state(workspace)
    for _ in range(times):
        take_back(workspace, *read_records(workspace))
        assert state(workspace) == was
        again = bring(workspace, table)
        assert (again.items, again.labels, again.differing) == (3, 3, [])
        assert state(workspace) == came
    before = files_of(workspace)
    assert bring(workspace, table).labels == 0
    assert files_of(workspace) == before


def test_it_can_come_in_again_read_otherwise(workspace: Workspace, tmp_path: Path):
    rows = [["a", "short one", "the whole story of one", "yes"], ["b", "two", "of two", "no"]]
    table = open_table(write_table(tmp_path, "csv", ("id", "head", "body", "label"), rows))
    wrong = Columns("head", "id", "label")
    import_data(workspace, table, wrong, Defaults(labels={"yes": "0", "no": "1"}))
    take_back(workspace, *read_records(workspace))
    right = Defaults(labels={"yes": "1", "no": "0"}, split="evaluation", strategy="random")
    import_data(workspace, table, Columns("body", "id", "label"), right)
    assert labels_of(workspace) == {
        ("a", "the whole story of one", "1", "evaluation", "random", ""),
        ("b", "of two", "0", "evaluation", "random", ""),
    }
    assert not [each for each in examine(workspace.path) if each.item_id in ("a", "b")]


def test_labels_of_items_that_were_here_before_are_taken_back_alone(
    workspace: Workspace, tmp_path: Path
):
    was = state(workspace)
    rows = [["p1", POOL[0][1], "1", "ada"], ["p2", POOL[1][1], "0", ""]]
    bring(workspace, write_table(tmp_path, "csv", ("id", "text", "label", "annotator"), rows))
    assert len(labels_of(workspace)) == 2
    (record,) = read_records(workspace)
    assert (record.file, record.labels) == ("", 2)
    assert take_back(workspace, record).sentences() == ["2 labels were taken back."]
    assert state(workspace) == was
    assert read_snapshot(workspace).candidates.all()


def test_a_label_that_stood_here_before_stands_again(make_workspace: MakeWorkspace, tmp_path: Path):
    workspace = make_workspace(POOL, {("training", "1"): [["p2", POOL[1][1], "1", "random"]]})
    was = state(workspace)
    rows = [["p2", POOL[1][1], "1", "ada"]]
    path = write_table(tmp_path, "csv", ("id", "text", "label", "annotator"), rows)
    bring(workspace, path)
    assert {item[5] for item in labels_of(workspace)} == {"ada"}
    take_back(workspace, *read_records(workspace))
    assert {item[:4] for item in labels_of(workspace)} == {("p2", POOL[1][1], "1", "training")}
    assert {item[5] for item in labels_of(workspace)} == {""}
    assert state(workspace)["open"] == was["open"] == {}


def test_an_export_is_taken_back_and_brought_again(active: Snapshot, tmp_path: Path):
    export(active, tmp_path / "out.csv", "csv")
    empty = empty_workspace(tmp_path, active)
    was = state(empty)
    for _ in range(2):
        import_data(empty, open_table(tmp_path / "out.csv"))
        assert labels_of(empty) == labels_of(active.workspace)
        take_back(empty, *read_records(empty))
        assert state(empty) == was


def test_the_items_of_an_open_batch_go_with_their_import(workspace: Workspace, table: Path):
    was = state(workspace)
    bring(workspace, table)
    batch = propose(read_snapshot(workspace), "ann")
    assert "n4" in {proposal.item_id for proposal in batch.proposals}
    take_back(workspace, *read_records(workspace))
    now = state(workspace)
    assert now["errors"] == was["errors"]
    assert {p.item_id for p in now["open"][batch.batch_id]} == {"p2"}


@pytest.mark.parametrize("undone", [False, True])
def test_while_somebody_has_labeled_its_items_it_stays(
    workspace: Workspace, table: Path, undone: bool
):
    bring(workspace, table)
    batch = propose(read_snapshot(workspace), "ann")
    inbox = Inbox(workspace)
    inbox.receive([new_event(batch.batch_id, "ann", "label", "n4", label="1")])
    if undone:
        inbox.receive([new_event(batch.batch_id, "ann", "undo", "n4")])
        take_back(workspace, *read_records(workspace))
        assert read_records(workspace) == []
        return
    before = files_of(workspace)
    with pytest.raises(TableError, match=r"1 items of table\.csv were labeled since, by ann: `n4`"):
        take_back(workspace, *read_records(workspace))
    assert files_of(workspace) == before


def test_a_later_import_for_its_items_is_taken_back_first(workspace: Workspace, tmp_path: Path):
    items = write_table(tmp_path, "csv", ("id", "text"), [["a", "one"], ["b", "two"]])
    bring(workspace, items)
    labels = write_table(tmp_path, "tsv", ("id", "text", "label"), [["a", "one", "1"]])
    bring(workspace, labels)
    was = files_of(workspace)
    with pytest.raises(TableError, match=r"Take table\.tsv back first"):
        take_back(workspace, find_record(workspace, "table.csv"))
    assert files_of(workspace) == was
    take_back(workspace, find_record(workspace, "imports/table-2.jsonl"))
    take_back(workspace, find_record(workspace, "unlabeled_data/table.csv"))
    assert len(read_snapshot(workspace).pool_words.pool) == len(POOL)


def test_a_pool_file_that_changed_since_is_no_import_any_more(workspace: Workspace, table: Path):
    brought = bring(workspace, table)
    with (workspace.path / brought.file).open("a", encoding="utf-8") as file:
        file.write('"mine","a text of my own",""\n')
    with pytest.raises(TableError, match="has changed since it was imported"):
        take_back(workspace, *read_records(workspace))


def test_an_import_is_found_by_its_names_and_nothing_else(
    workspace: Workspace, table: Path, tmp_path: Path
):
    with pytest.raises(TableError, match=r"No import is called `table\.csv`.*none"):
        find_record(workspace, "table.csv")
    bring(workspace, table)
    for name in ("table.csv", "somewhere/table.csv", "unlabeled_data/table.csv", "table.jsonl"):
        assert find_record(workspace, name).source == "table.csv"
    bring(workspace, write_table(tmp_path, "csv", ("id", "text"), [["x", "another text"]]))
    with pytest.raises(TableError, match=r"Several imports.*`imports/table.*`imports/table"):
        find_record(workspace, "table.csv")


def test_a_damaged_record_is_told(workspace: Workspace, table: Path):
    path = workspace.path / bring(workspace, table).record
    for content in (b"", b"[]\n", b'{"name": 1}\n', b"\xff\n"):
        path.write_bytes(content)
        with pytest.raises(WorkspaceError, match=r"imports/table\.jsonl cannot be read"):
            read_records(workspace)


def test_an_import_that_brings_nothing_leaves_no_record(workspace: Workspace, tmp_path: Path):
    brought = bring(workspace, write_table(tmp_path, "csv", ("id", "text"), POOL))
    assert (brought.record, brought.known) == ("", 2)
    assert read_records(workspace) == []


class StoppedError(Exception):
    """What somebody raises who hears how far it is."""


def stopping_at(number: int) -> Callable[..., None]:
    heard = []

    def progress(words: str, done: int = 0, total: int = 0, /) -> None:
        heard.append(words)
        if len(heard) == number:
            raise StoppedError(words)

    return progress


def test_whoever_hears_how_far_it_is_can_stop_it_before_anything_is_written(
    workspace: Workspace, table: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.system.progress.EVERY", 0.0)
    text = task_with_labels(workspace, "t", labels_of_words({"1": 2, "0": 2, "other": 1}))
    read_snapshot(workspace)  # whose cache the first try would make, and others find
    before, number, told = files_of(workspace), 0, []
    while True:
        number += 1
        try:
            brought = bring(workspace, table, new_task=text, progress=stopping_at(number))
        except StoppedError as stopped:
            told.append(str(stopped).split(":")[0])
            assert files_of(workspace) == before
        else:
            break
    assert brought.labels == 3
    assert {"reading table.csv", "writing 3 items and 3 labels", "writing"} <= set(told)


TAKEN_BACK_AND_KILLED = """
import os, signal, sys
from pathlib import Path
from core.exchange import imports
from core.workspace.layout import open_workspace

name, number = sys.argv[2], int(sys.argv[3])
step, calls = getattr(imports, name), []
def counted(*given):
    found = step(*given)
    calls.append(given)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(imports, name, counted)
workspace = open_workspace(Path(sys.argv[1]))
imports.take_back(workspace, *imports.read_records(workspace))
"""


def killed(program: str, *arguments: object) -> None:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("step", "number"), [("append_records", 1), ("append_records", 2), ("put_aside", 1)]
)
def test_what_a_crash_cut_short_taking_it_back_again_completes(
    workspace: Workspace, table: Path, step: str, number: int
):
    was = state(workspace)
    bring(workspace, table)
    killed(TAKEN_BACK_AND_KILLED, workspace.path, step, number)
    take_back(workspace, *read_records(workspace))
    assert state(workspace) == was
    assert read_records(workspace) == []
    events = [event.event_id for event in read_snapshot(workspace).logs.events]
    assert len(events) == len(set(events)) == 5
    again = bring(workspace, table)
    assert (again.items, again.labels) == (3, 3)


@pytest.mark.parametrize(
    ("step", "number"),
    [("append_labels", 1), ("append_records", 1), ("append_records", 2)],
)
@pytest.mark.parametrize("completed", [False, True])
def test_an_import_that_was_killed_has_one_record_and_goes_back(
    workspace: Workspace, table: Path, step: str, number: int, completed: bool
):
    was = state(workspace)
    killed(KILLED_AFTER, workspace.path, table, step, number)
    if completed:
        bring(workspace, table)
        assert len(labels_of(workspace)) == 3
    take_back(workspace, *read_records(workspace))
    assert state(workspace) == was


NEW_LABELS = {"sports": 3, "politics": 2, "weather": 1}


def with_new_labels(workspace: Workspace, tmp_path: Path) -> ImportResult:
    rows = [
        [f"{word}{at}", f"a text of {word}, the one of number {at}", word]
        for word, number in NEW_LABELS.items()
        for at in range(number)
    ]
    path = write_table(tmp_path, "csv", ("id", "text", "label"), rows)
    text = task_with_labels(workspace, "Topics", labels_of_words(NEW_LABELS))
    return bring(workspace, path, new_task=text)


def test_the_words_of_a_table_become_the_labels_of_the_task(workspace: Workspace, tmp_path: Path):
    brought = with_new_labels(workspace, tmp_path)
    assert brought.labels == 6
    task = open_workspace(workspace.path).task
    assert set(task.values) == NEW_LABELS.keys()
    assert (task.title, task.seed, task.batch_size) == ("Small", 7, 10)
    aside = workspace.set_aside / "task.toml"
    assert aside.read_text(encoding="utf-8") == SMALL_TASK
    assert len(labels_of(open_workspace(workspace.path))) == 6


def test_labels_that_were_used_stay(workspace: Workspace, table: Path, tmp_path: Path):
    bring(workspace, table)
    before = files_of(workspace)
    with pytest.raises(TaskError, match="The labels of this task stay: 3 items were labeled"):
        with_new_labels(workspace, tmp_path)
    assert files_of(workspace) == before


def test_after_taking_back_the_labels_can_be_others(
    workspace: Workspace, table: Path, tmp_path: Path
):
    bring(workspace, table)
    take_back(workspace, *read_records(workspace))
    with_new_labels(workspace, tmp_path)
    changed = open_workspace(workspace.path)
    assert {item[2] for item in labels_of(changed)} == NEW_LABELS.keys()
    assert not state(changed)["errors"]
