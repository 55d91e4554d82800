from pathlib import Path

import pytest

from core.doctor import examine
from core.errors import WorkspaceError
from core.loop import read_loop
from core.simulation import ORACLE, SAMPLE, make_demo, read_oracle
from core.workspace import open_workspace


def test_the_demo_went_through_the_whole_loop(demo_folder: Path):
    loop = read_loop(open_workspace(demo_folder))
    assert loop.stage == "active learning"
    assert {split: len(items) for split, items in loop.labels.splits.items()} == {
        "evaluation": 150,
        "validation": 0,
        "training": 200,
    }
    assert [run.n_training for run in loop.logs.runs] == [100, 150, 200]
    assert not loop.open_batches


def test_the_demos_labels_are_the_true_ones(demo_folder: Path):
    oracle = read_oracle(SAMPLE / ORACLE)
    loop = read_loop(open_workspace(demo_folder))
    items = [item for split in loop.labels.splits.values() for item in split]
    assert all(item.label == oracle[item.item_id] for item in items)


def test_the_demos_labels_stand_in_the_label_files(demo_folder: Path):
    workspace = open_workspace(demo_folder)
    rows = sum(
        len(file.path.read_text(encoding="utf-8").splitlines())
        for _, _, file in workspace.label_files()
        if file.path.exists()
    )
    assert rows == 350


def test_the_demo_is_sound(demo_folder: Path):
    assert examine(demo_folder) == []


def test_a_folder_that_holds_something_is_refused(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        make_demo(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_demo_that_was_cut_short_leaves_its_folder_free(tmp_path: Path):
    def stop(step: str) -> None:
        if step.startswith("training"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(tmp_path / "demo", batches=1, progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert make_demo(tmp_path / "demo", batches=0).stage == "active learning"
