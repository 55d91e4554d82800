from pathlib import Path

import pytest

from core.doctor import examine
from core.evaluation.runs import keep, train
from core.sampling.next_batch import propose
from core.system.findings import MOST, Finding, Kind
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.illnesses import ILLNESSES, Illness, append, label
from tests.worlds import new_proposal


def kinds(workspace: Workspace) -> set[str]:
    return {finding.kind.title for finding in examine(workspace.path)}


def found(workspace: Workspace, kind: str) -> list[str]:
    return [finding.message for finding in examine(workspace.path) if finding.kind.title == kind]


def test_a_sound_workspace_has_no_findings(active: Snapshot):
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
    (message,) = found(workspace, "one id, two texts")
    assert "2 rows have the item_id `1`, with different texts" in message


def test_every_leak_is_named_with_its_twin(make_workspace: MakeWorkspace):
    labels = {
        ("evaluation", "1"): [("e1", "flood in town"), ("e2", "Flood in  town")],
        ("training", "1"): [("t1", "flood in town"), ("t2", "other flood")],
    }
    workspace = make_workspace([("p", "x")], labels)
    (message,) = found(workspace, "leak")
    assert "`t1` has the text of evaluation item" in message
    (message,) = found(workspace, "copy")
    assert "`e2` has the text of `e1`" in message


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
    propose(read_snapshot(workspace), "ann")
    write_csv(workspace.path / "unlabeled_data" / "pool.csv", [("new", "another")])
    assert len(found(workspace, "missing item")) == 10


def test_runs_without_files_and_files_without_runs_are_named(active: Snapshot):
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
    assert (finding.kind, finding.file) == (Kind.UNREADABLE_FILE, "runs.csv")
    (workspace.path / "task.toml").write_text("title = ")
    (finding,) = examine(workspace.path)
    assert finding.file == "task.toml"


def test_a_file_with_a_space_in_its_name_is_named_whole(make_workspace: MakeWorkspace):
    workspace = make_workspace([("p", "x y")])
    write_csv(workspace.path / "unlabeled_data" / "my pool.csv", [("item_id", "text", "text")])
    (finding,) = examine(workspace.path)
    assert finding.file == "unlabeled_data/my pool.csv"
    (workspace.path / "task.toml").write_text("[batch.mix]\nguess = 1\n")
    (finding,) = examine(workspace.path)
    assert finding.file == "task.toml"


def test_everything_that_lies_in_the_pools_folder_is_read_or_named(make_workspace: MakeWorkspace):
    workspace = make_workspace([("p", "x y")])
    folder = workspace.path / "unlabeled_data"
    for name in ("a.txt", "b.json", "c.csv.gz", "d.TSV.ZIP", "e/f.csv", ".hidden", "g.unfinished"):
        append(folder / name, "q,more\n")
    for name in ("h.CSV", "i.tsv", "._h.CSV"):
        append(folder / name, f"{name}\tmore,and more of {name}\n")
    assert [finding.message for finding in examine(workspace.path)] == [
        "unlabeled_data/a.txt: ignored, because its name does not end in .csv or .tsv. Import it "
        "with `python -m core import`, or move it away.",
        "unlabeled_data/b.json: ignored, because its name does not end in .csv or .tsv. Import it "
        "with `python -m core import`, or move it away.",
        "unlabeled_data/c.csv.gz: packed files are ignored. Unpack it to one that ends in .csv "
        "or .tsv.",
        "unlabeled_data/d.TSV.ZIP: packed files are ignored. Unpack it to one that ends in "
        ".csv or .tsv.",
        "unlabeled_data/e: folders are ignored. Move its files up into unlabeled_data/.",
    ]


def test_copies_in_a_pool_without_ids_are_told_once(make_workspace: MakeWorkspace):
    workspace = make_workspace([("text", "label"), ("x y", "1"), ("X  y", "0"), ("z", "1")])
    (finding,) = examine(workspace.path)
    assert (finding.kind, "1 item with the text of an earlier item" in finding.message) == (
        Kind.COPY,
        True,
    )


@pytest.mark.parametrize(("kind", "bring_about"), ILLNESSES)
def test_each_illness_is_found_and_named(active: Snapshot, kind: Kind, bring_about: Illness):
    bring_about(active)
    found = examine(active.workspace.path)
    assert kind in {finding.kind for finding in found}
    for finding in found:
        assert finding.mend in ("", finding.kind.mend)


def test_there_is_an_illness_for_every_kind():
    assert {kind for kind, _ in ILLNESSES} == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_finding_is_what_it_tells(kind: Kind):
    finding = Finding(kind, "a.csv", "a.csv is not right.", 3, "i1", "row", bool(kind.mend))
    told = finding.as_dict()
    assert list(told) == [
        "severity", "kind", "file", "line", "item_id", "message", "mend", "row",
    ]  # fmt: skip
    assert (told["severity"], told["kind"]) == (kind.severity, kind.title)
    assert Finding.from_dict(told) == finding


def test_a_row_that_cannot_be_read_is_shown_as_it_stands(make_workspace: MakeWorkspace):
    workspace = make_workspace([("p", "x y")])
    bad = 'a,"<b>open</b>' + "!" * 1000
    for name in ("unlabeled_data/pool.csv", "training_data/related.csv", "annotations.csv"):
        if name == "annotations.csv":
            append(workspace.path / name, ",".join(workspace.annotations.header) + "\n")
        append(workspace.path / name, f"{bad}\n1,2,3,4,5,6,7\n")
    rows = [each.row for each in examine(workspace.path) if each.kind.title == "malformed row"]
    assert rows.count(f"{bad[:200]}…") == 3
    assert rows.count("1,2,3,4,5,6,7") == 2  # a pool without a header takes what stands behind


def test_of_very_many_findings_the_first_are_told_and_the_rest_counted(
    make_workspace: MakeWorkspace,
):
    number = MOST + 300
    pool = [(f"i{at % number}", f"text {at}") for at in range(2 * number)]
    labels = {("training", "1"): [("", f"text {at}") for at in range(MOST + 800)]}
    findings = examine(make_workspace(pool, labels).path)
    assert len(findings) == 2 * (MOST + 1)
    assert "300 more of the kind `one id, two texts`" in findings[-1].message
    assert "800 more of the kind `empty id`" in findings[MOST].message


def test_labels_by_hand_before_it_make_no_evaluation_late(active: Snapshot):
    label(active, "i0001", strategy="sunlight")
    label(active, "i0002", split="evaluation")
    assert "evaluation drawn late" not in kinds(active.workspace)


def test_a_batch_that_was_handed_over_is_not_late(active: Snapshot):
    label(active, "i0002", split="evaluation")
    label(active, "i0001", strategy="low confidence")
    again = new_proposal("batch-0009", "bob", "evaluation", "i0002", "random")
    append_records(active.workspace.batches, [again])
    assert "evaluation drawn late" not in kinds(active.workspace)
