"""Files that somebody has put into a workspace run nothing, and lead nowhere."""

import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pytest
import torch

from core.doctor import examine
from core.errors import RunError, SunlightError
from core.evaluation.report import load_report, report_path
from core.evaluation.runs import find_run, load_run, read_report
from core.features.pool_features import load_space
from core.models.model import load_model
from core.system.mapped_arrays import open_arrays
from core.workspace.layout import open_workspace
from core.workspace.logs import append_records
from core.workspace.snapshot import open_snapshot, read_snapshot

pytestmark = pytest.mark.attack

Write = Callable[[Path], None]


class Bomb:
    """What runs when it is unpickled: it leaves a file behind."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("went off"),))


def as_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Bomb(), protocol=2))


def as_torch_file(path: Path) -> None:
    torch.save({"format": Bomb(), "space": Bomb()}, path)


def as_old_torch_file(path: Path) -> None:
    torch.save({"format": Bomb()}, path, _use_new_zipfile_serialization=False)


def as_array_of_objects(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([Bomb()], dtype=object), allow_pickle=True)


BOMBS = [as_pickle, as_torch_file, as_old_torch_file, as_array_of_objects]


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a bomb would leave its file."""
    folder = tmp_path / "somewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("write", BOMBS)
def test_a_bomb_in_the_place_of_a_model_does_not_go_off(write: Write, demo: Path, somewhere: Path):
    snapshot = read_snapshot(open_workspace(demo))
    run = find_run(snapshot)
    write(demo / run.params_file)
    with pytest.raises(RunError):
        load_run(snapshot, run)
    assert "damaged params" in {finding.kind.title for finding in examine(demo)}
    assert not list(somewhere.iterdir())


@pytest.mark.parametrize("write", BOMBS)
def test_a_bomb_in_the_place_of_a_report_does_not_go_off(write: Write, demo: Path, somewhere: Path):
    params = demo / read_snapshot(open_workspace(demo)).logs.runs[-1].params_file
    write(report_path(params))
    with pytest.raises(RunError):
        load_report(params)
    assert not list(somewhere.iterdir())


@pytest.mark.parametrize("write", BOMBS)
def test_a_bomb_in_the_place_of_a_space_does_not_go_off(write: Write, demo: Path, somewhere: Path):
    (space,) = list((demo / "models").glob("*.space"))[:1]
    write(space)
    snapshot = read_snapshot(open_workspace(demo))
    for ask in (
        lambda: load_space(demo / "models", space.stem),
        lambda: [load_run(snapshot, run) for run in snapshot.logs.runs],
    ):
        with pytest.raises((SunlightError, ValueError, BadZipFile, pickle.UnpicklingError)):
            ask()
    assert "damaged space" in {finding.kind.title for finding in examine(demo)}
    assert not list(somewhere.iterdir())


@pytest.mark.parametrize("write", BOMBS)
def test_a_bomb_in_the_cache_does_not_go_off_and_the_entry_is_made_anew(
    write: Write, demo: Path, somewhere: Path
):
    expected = open_snapshot(demo).pool_words.keys.tolist()
    for file in (demo / ".cache").rglob("*.npy"):
        write(file)
    assert open_snapshot(demo).pool_words.keys.tolist() == expected
    assert not list(somewhere.iterdir())


def test_an_array_of_objects_is_no_array(tmp_path: Path, somewhere: Path):
    as_array_of_objects(tmp_path / "keys.npy")
    with pytest.raises(ValueError, match=r"pickle|object"):
        open_arrays(tmp_path, "keys")
    assert not list(somewhere.iterdir())


def test_weights_of_a_size_that_no_machine_has_are_refused(demo: Path):
    run = read_snapshot(open_workspace(demo)).logs.runs[-1]
    content = torch.load(demo / run.params_file, weights_only=True)
    huge = torch.zeros(1).expand(2**40)
    torch.save({**content, "weights": dict.fromkeys(content["weights"], huge)}, demo / "h")
    with pytest.raises(RunError):
        load_model(demo / "h")


PLACES = [
    "../stranger.params",
    "models/../../stranger.params",
    "/etc/passwd",
    "models/link.params",
    "models/sub/x.params",
    "models",
    ".",
    "",
    "models/\0.params",
    "models/" + "x" * 5_000,
    "~/stranger.params",
    "file:///etc/passwd",
    "models\\..\\..\\stranger.params",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_run_names_no_file_but_one_of_its_workspaces_models(place: str, demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    run = find_run(snapshot)
    shutil.copy(demo / run.params_file, demo.parent / "stranger.params")
    (demo / "models" / "link.params").symlink_to(demo.parent / "stranger.params")
    odd = replace(run, run_id="run-0099", params_file=place)
    append_records(snapshot.workspace.runs, [odd])
    snapshot = read_snapshot(snapshot.workspace)
    with pytest.raises(RunError):
        load_run(snapshot, find_run(snapshot, "run-0099"))
    if place.startswith((".", "/")) or ".." in place:
        with pytest.raises(RunError):
            read_report(snapshot, find_run(snapshot, "run-0099"))
    assert place == "models/link.params" or examine(demo)


def test_a_report_that_is_no_report_is_refused(demo: Path):
    params = demo / read_snapshot(open_workspace(demo)).logs.runs[-1].params_file
    for content in ({"format": "another"}, [], "x", {"format": "sunlight report 1", "said": 3}):
        report_path(params).write_text(json.dumps(content))
        with pytest.raises(RunError):
            load_report(params)
