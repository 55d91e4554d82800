"""The doctor in `models/`: real runs, whose files are taken away, exchanged and cut short."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.doctor import examine
from core.evaluation.check import examine_models
from core.evaluation.runs import keep, train
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import write_csv


@pytest.fixture
def kept(active: Snapshot) -> Snapshot:
    """Two runs of the pool's space and one of the chapter's network."""
    for name in ("linear", "linear", "book"):
        keep(active, train(active, name=name))
    return read_snapshot(active.workspace)


def found(snapshot: Snapshot) -> dict[str, list[str]]:
    """The files of each kind of finding."""
    kinds: dict[str, list[str]] = {}
    for finding in examine_models(snapshot.workspace.models, snapshot.logs.runs):
        assert finding.severity == "warning"
        assert finding.file in finding.message or finding.file == "runs.csv"
        kinds.setdefault(finding.kind.title, []).append(finding.file.removeprefix("models/"))
    return kinds


def only(snapshot: Snapshot, pattern: str) -> Path:
    (path,) = snapshot.workspace.models.glob(pattern)
    return path


def params(snapshot: Snapshot, at: int) -> Path:
    return snapshot.workspace.path / snapshot.logs.runs[at].params_file


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def turn_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_runs_with_all_their_files_have_no_findings(kept: Snapshot):
    assert found(kept) == {}
    assert examine(kept.workspace.path) == []


def test_each_params_file_whose_space_is_missing_is_named(kept: Snapshot):
    space = only(kept, "*.space")
    space.rename(space.with_suffix(".away"))
    assert found(kept) == {"params without space": [params(kept, at).name for at in (0, 1)]}
    (first, _) = examine(kept.workspace.path)
    assert f"needs models/{space.name}" in first.message


def test_a_space_of_no_params_file_is_named(kept: Snapshot):
    space = only(kept, "*.space")
    write_csv(kept.workspace.path / "unlabeled_data" / "more.csv", [("n", "quake hits quake")])
    later = read_snapshot(kept.workspace)
    run = keep(later, train(later))
    assert found(read_snapshot(kept.workspace)) == {}
    for path in kept.workspace.models.glob("*.params"):
        if path.name not in run.params_file:
            path.with_suffix(".json").unlink()
            path.unlink()
    kinds = found(read_snapshot(kept.workspace))
    assert kinds["space without params"] == [space.name]


def test_where_a_params_file_cannot_be_read_no_space_is_called_superfluous(kept: Snapshot):
    for at in (0, 1):
        cut_short(params(kept, at))
    assert found(kept) == {"damaged params": [params(kept, at).name for at in (0, 1)]}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"format": "another"}', b"\xff"])
def test_a_damaged_report_is_named(kept: Snapshot, content: bytes):
    path = params(kept, 0).with_suffix(".json")
    path.write_bytes(content)
    assert found(kept) == {"damaged report": [path.name]}


def test_a_report_whose_params_file_is_gone_is_named_beside_the_run(kept: Snapshot):
    params(kept, 2).unlink()
    report = params(kept, 2).with_suffix(".json").name
    assert found(kept) == {"run without file": ["runs.csv"], "report without params": [report]}


@pytest.mark.parametrize("damage", [cut_short, turn_a_bit, lambda path: path.write_bytes(b"")])
def test_a_damaged_space_is_named(kept: Snapshot, damage: Callable[[Path], object]):
    damage(only(kept, "*.space"))
    assert list(found(kept)) == ["damaged space"]


def test_a_space_under_another_name_is_named(kept: Snapshot):
    space = only(kept, "*.space")
    other = space.with_name(f"{'a' * 32}.space")
    other.write_bytes(space.read_bytes())
    assert found(kept) == {"damaged space": [other.name]}
    other.rename(space.with_name("notes.space"))
    assert found(kept) == {"damaged space": ["notes.space"]}


def test_files_of_the_first_version_are_looked_at_too(kept: Snapshot):
    """A run from before there were reports and spaces lacks nothing."""
    params(kept, 2).with_suffix(".json").unlink()
    assert found(kept) == {}


def test_a_workspace_without_models_has_no_findings(active: Snapshot):
    assert list(examine_models(active.workspace.models, [])) == []


@pytest.mark.parametrize("name", ["models/" + "x" * 5000, "models/a\0b.params"])
def test_a_run_that_names_a_file_that_cannot_be_is_a_run_without_file(tmp_path: Path, name: str):
    run = Run(
        "run-0001", "", "book", "{}", 1, None, None, None, None, None, 1, 1, 0.1, "", "", name
    )  # fmt: skip
    (finding,) = examine_models(tmp_path / "models", [run])
    assert finding.kind.title == "run without file"


def test_a_params_file_of_any_bytes_is_damaged_and_no_more(tmp_path: Path):
    for content in (b"\x88M8", b"Qj\xe4", b"", b"PK\x03\x04", b"\x80\x02."):
        (tmp_path / "a.params").write_bytes(content)
        kinds = {finding.kind.title for finding in examine_models(tmp_path, [])}
        assert "damaged params" in kinds
