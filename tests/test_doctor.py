from pathlib import Path

from core.doctor import examine
from core.iteration import propose
from core.loop import Loop, read_loop
from core.runs import keep, train
from core.workspace import Workspace, open_workspace
from tests.conftest import MakeWorkspace, headlines, write_csv


def kinds(workspace: Workspace) -> set[str]:
    return {finding.kind for finding in examine(workspace.path)}


def found(workspace: Workspace, kind: str) -> list[str]:
    return [finding.message for finding in examine(workspace.path) if finding.kind == kind]


def test_a_sound_workspace_has_no_findings(active: Loop):
    propose(active, "ann")
    assert examine(active.workspace.path) == []


def test_looking_changes_nothing(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    file = write_csv(workspace.path / "training_data" / "related.csv", [("x", "y", "1")])
    file.write_bytes(file.read_bytes() + b"torn")
    before = {path: path.stat().st_mtime_ns for path in workspace.path.rglob("*")}
    assert examine(workspace.path)
    assert {path: path.stat().st_mtime_ns for path in workspace.path.rglob("*")} == before


def test_an_empty_pool_is_an_error(tmp_path: Path):
    assert kinds(open_workspace(tmp_path)) == {"empty pool"}


def test_repeated_ids_and_copies_in_the_pool_are_named(make_workspace: MakeWorkspace):
    pool = [("1", "a"), ("1", "b"), ("2", "c"), ("2", "C"), ("3", "d"), ("4", " ")]
    workspace = make_workspace(pool)
    assert kinds(workspace) == {"one id, two texts", "repeated id", "copy", "blank text"}
    assert (
        "`1` stands there 2 times with different texts" in found(workspace, "one id, two texts")[0]
    )


def test_every_leak_is_named_with_its_twin(make_workspace: MakeWorkspace):
    labels = {
        ("evaluation", "1"): [("e1", "flood in town"), ("e2", "Flood in  town")],
        ("training", "1"): [("t1", "flood in town"), ("t2", "other flood")],
    }
    workspace = make_workspace([("p", "x")], labels)
    (message,) = found(workspace, "leak")
    assert "`t1` is a copy of evaluation item" in message
    (message,) = found(workspace, "copy")
    assert "`e2` is a copy of `e1`" in message


def test_a_conflict_is_named_with_both_places(make_workspace: MakeWorkspace):
    labels = {("training", "1"): [("t", "x")], ("training", "0"): [("t", "x")]}
    (message,) = found(make_workspace([("p", "x y")], labels), "conflict")
    assert "related.csv line 1" in message
    assert "not_related.csv line 1" in message


def test_torn_lines_are_named_before_and_after_they_are_moved(make_workspace: MakeWorkspace):
    workspace = make_workspace([("p", "x y")])
    file = write_csv(workspace.path / "training_data" / "related.csv", [("x", "y", "1")])
    file.write_bytes(file.read_bytes() + b"z,half")
    (message,) = found(workspace, "torn line")
    assert "`z,half`" in message
    workspace.label_file("training", workspace.task.labels[0]).mend()
    (message,) = found(workspace, "torn line")
    assert message.startswith("torn/training_data.related.csv.")
    assert "`z,half`" in message


def test_a_proposed_item_that_left_the_pool_is_named(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(30)])
    propose(read_loop(workspace), "ann")
    write_csv(workspace.path / "unlabeled_data" / "pool.csv", [("new", "another")])
    assert len(found(workspace, "missing item")) == 10


def test_runs_without_files_and_files_without_runs_are_named(active: Loop):
    run = keep(active, train(active))
    (active.workspace.path / run.params_file).rename(active.workspace.models / "stray.params")
    assert kinds(active.workspace) == {
        "run without file",
        "file without run",
        "report without params",
    }


def test_a_file_that_stops_everything_is_the_one_finding(make_workspace: MakeWorkspace):
    workspace = make_workspace([("p", "x y")])
    workspace.runs.path.write_text("a,b\n")
    (finding,) = examine(workspace.path)
    assert (finding.severity, finding.kind, finding.file) == (
        "error",
        "unreadable file",
        "runs.csv",
    )
    (workspace.path / "task.toml").write_text("title = ")
    (finding,) = examine(workspace.path)
    assert finding.file == "task.toml"
