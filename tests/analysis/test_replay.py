from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.learning_curves import Study, learn
from core.analysis.replay import EVALUATION, kept, known, prepare, ways
from core.analysis.simulation import read_oracle
from core.errors import LogError, LoopError
from core.sampling.next_batch import propose
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import STRATEGIES, check_mix
from core.workspace.task_toml import default_task
from tests.conftest import MakeWorkspace, headlines

MIXES = {"random": {"random": 1}, "unsure": {"low confidence": 1}}


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def replay(snapshot: Snapshot, seeds: int = 2) -> tuple[Study, Path]:
    return prepare(known(snapshot), MIXES, ["linear"], seeds)


def test_the_table_holds_every_label_that_counts(snapshot: Snapshot):
    study, _ = replay(snapshot)
    table = read_oracle(study.labeled)
    labeled = [item for items in snapshot.labels.splits.values() for item in items]
    assert table == {item.item_id: item.label for item in labeled}
    assert known(snapshot).number == len(labeled) == 350


def test_of_copies_of_one_text_the_first_counts(make_workspace: MakeWorkspace):
    rows = headlines(20)
    copy = ("copy", f" {rows[0][1].upper()}", rows[0][2])
    workspace = make_workspace([row[:2] for row in rows[10:]], {
        ("evaluation", rows[0][2]): [rows[0]],
        ("validation", rows[0][2]): [copy],
    })  # fmt: skip
    assert known(read_snapshot(workspace)).number == 1


def test_a_plan_leaves_labels_that_no_way_has_asked_for(snapshot: Snapshot):
    plan, training = known(snapshot).plan, 350 * (1 - EVALUATION)
    asked = plan.initial + plan.iterations * plan.batch
    assert 0.4 * training < asked < 0.7 * training
    assert plan.batch % 5 == 0


def test_every_strategy_is_a_way_and_random_the_first():
    found = ways(default_task())
    assert next(iter(found.values())) == {"random": 1}
    named = {name for mix in found.values() for name in mix}
    assert named == set(STRATEGIES) - {"stratified column", "mean confidence"}
    assert all(check_mix(mix, "here") for mix in found.values())


def test_what_was_computed_once_is_kept(snapshot: Snapshot):
    found = replay(snapshot)
    assert kept(*found) == []
    points = learn(*found, workers=1)
    assert kept(*replay(snapshot)) == points
    told: list[str] = []
    learn(*found, workers=1, progress=in_words(told.append))
    assert told == ["4 of 4 curves are there"]
    assert len(kept(*replay(snapshot, seeds=1))) == len(points) / 2


def test_curves_of_other_settings_stand_in_other_files(snapshot: Snapshot):
    """What is held out and the encoder change the features, not the table."""
    learn(*replay(snapshot), workers=1)
    task = snapshot.workspace.task
    (snapshot.workspace.path / "encoder").mkdir()
    encoded = replace(
        snapshot, workspace=replace(snapshot.workspace, task=replace(task, encoder="encoder"))
    )
    assert replay(encoded)[0].task.encoder == str(snapshot.workspace.path / "encoder")
    assert replay(encoded)[1] != replay(snapshot)[1]
    mixed = replace(
        snapshot, workspace=replace(snapshot.workspace, task=replace(task, mix={"random": 1}))
    )
    assert replay(mixed)[1] != replay(snapshot)[1]
    task_file = snapshot.workspace.path / "task.toml"
    text = task_file.read_text(encoding="utf-8")
    task_file.write_text(text.replace("evaluation = 150", "evaluation = 160"), encoding="utf-8")
    propose(read_snapshot(open_workspace(snapshot.workspace.path)), "ann")
    fresh = read_snapshot(open_workspace(snapshot.workspace.path))
    assert fresh.held_out.sum() > snapshot.held_out.sum()
    assert kept(*replay(fresh)) == []
    assert learn(*replay(fresh, seeds=1), workers=1)


def test_a_replay_that_is_not_wanted_any_more_keeps_what_is_finished(snapshot: Snapshot):
    found = replay(snapshot)

    def interrupted(words: str, done: int = 0, total: int = 0, /) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(*found, workers=1, progress=interrupted)
    curves = {point.curve for point in kept(*found)}
    assert len(curves) == 2
    assert len({point.curve for point in learn(*found, workers=2)}) == 4


def test_a_damaged_file_and_a_full_place_are_told(snapshot: Snapshot):
    study, out = found = replay(snapshot)
    out.write_text("nonsense\n1\n")
    with pytest.raises(LogError, match="columns are not seed"):
        kept(*found)
    for file in study.labeled.parent.iterdir():
        file.unlink()
    study.labeled.parent.rmdir()
    study.labeled.parent.write_text("a file in the way")
    with pytest.raises(LoopError, match="cannot be written"):
        replay(snapshot)
