import json
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import app
from core.errors import RunError, TaskError
from core.evaluation.runs import current_run, evaluate_items, keep, load_run, read_report, train
from core.features.cached import pool_space
from core.models.pool_predictions import pool_probabilities
from core.models.predict import score_texts
from core.sampling.next_batch import preview, propose
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task_toml import parse_task
from tests.conftest import SMALL_TASK, MakeWorkspace, active_workspace, headlines, write_csv
from tests.encoders import modules_encoder
from tests.sampling.test_next_batch import answer

TASK = SMALL_TASK + '[model]\nencoder = "{}"\n'


@pytest.fixture
def snapshot(make_workspace: MakeWorkspace) -> Snapshot:
    """300 pool items, 30 evaluation and 60 training labels, and an encoder of whole texts."""
    workspace = active_workspace(make_workspace)
    modules_encoder(workspace.path / "encoders" / "small")
    return with_encoder(workspace.path, "encoders/small")


def with_encoder(folder: Path, name: str) -> Snapshot:
    (folder / "task.toml").write_text(TASK.format(name), encoding="utf-8")
    return read_snapshot(open_workspace(folder))


def texts_of(snapshot: Snapshot) -> list[str]:
    return snapshot.pool_words.pool.texts.to_pylist()


def blocks(snapshot: Snapshot) -> list[Path]:
    return sorted((snapshot.workspace.cache / "encoder").rglob("*.npy"))


def encoded_texts(snapshot: Snapshot) -> int:
    return sum(len(np.load(path)) for path in blocks(snapshot))


def test_a_task_names_its_encoder():
    assert parse_task("", "task.toml").encoder == "wordllama"
    assert parse_task('[model]\nencoder = ""', "task.toml").encoder == ""
    assert parse_task('[model]\nname = "book"', "task.toml").model == "book"
    assert parse_task('[model]\nencoder = "a/b"', "task.toml").encoder == "a/b"
    with pytest.raises(TaskError, match="`encoder` is not text"):
        parse_task("[model]\nencoder = 1", "task.toml")
    with pytest.raises(TaskError, match=r"asks for the encoder `a/b`.*Take `linear`"):
        parse_task('[model]\nname = "book"\nencoder = "a/b"', "task.toml")


def test_a_run_sees_texts_through_the_encoder_and_says_so(snapshot: Snapshot):
    told = []
    trained = train(snapshot, progress=in_words(told.append))
    assert (trained.report.source, trained.report.encoder) == ("pool + encoder", "encoders/small")
    assert encoded_texts(snapshot) == 390  # the pool, too: the threshold goes by it
    run = keep(snapshot, trained)
    snapshot = read_snapshot(snapshot.workspace)
    loaded = load_run(snapshot, run)
    texts = texts_of(snapshot)
    assert np.array_equal(score_texts(loaded, texts), score_texts(trained.model, texts))
    items = snapshot.labels.splits["evaluation"]
    scores = evaluate_items(loaded, items, snapshot.workspace.task)
    assert scores.at_half.fscore == run.fscore
    assert read_report(snapshot, run) == trained.report


def test_a_pool_is_scored_as_its_texts_are(snapshot: Snapshot):
    model, texts = train(snapshot).model, texts_of(snapshot)
    found = pool_probabilities(snapshot, model)
    np.testing.assert_allclose(found, score_texts(model, texts), atol=1e-6)


def test_the_book_model_does_without_the_encoder(snapshot: Snapshot):
    trained = train(snapshot, name="book")
    assert (trained.report.source, trained.report.encoder) == ("words", "")
    assert not blocks(snapshot)


def test_another_encoder_or_none_needs_another_run(snapshot: Snapshot):
    propose(snapshot, "ann")
    folder = snapshot.workspace.path
    snapshot = read_snapshot(snapshot.workspace)
    assert current_run(snapshot) == snapshot.logs.runs[0]
    modules_encoder(folder / "encoders" / "other")
    assert current_run(with_encoder(folder, "encoders/other")) is None
    without = with_encoder(folder, "")
    assert current_run(without) is None
    keep(without, train(without))
    assert current_run(with_encoder(folder, "")).run_id == "run-0002"
    assert current_run(with_encoder(folder, "encoders/small")).run_id == "run-0001"


def test_a_run_whose_encoder_has_gone_or_changed_is_refused_and_replaced(snapshot: Snapshot):
    propose(snapshot, "ann")
    snapshot = read_snapshot(snapshot.workspace)
    (run,), folder = snapshot.logs.runs, snapshot.workspace.path / "encoders"
    (folder / "small").rename(folder / "away")
    with pytest.raises(RunError, match="`encoders/small` is neither a folder nor downloaded"):
        load_run(snapshot, run)
    modules_encoder(folder / "small", seed=9)
    with pytest.raises(RunError, match="Put the old ones back, or train again"):
        load_run(snapshot, run)
    preview(snapshot)
    propose(read_snapshot(snapshot.workspace), "bob")
    assert len(read_snapshot(snapshot.workspace).logs.runs) == 2


def test_a_dry_run_writes_no_vectors_and_chooses_the_same(snapshot: Snapshot):
    dry = preview(read_snapshot(snapshot.workspace, write_cache=False), "ann")
    assert not blocks(snapshot)
    wet = preview(snapshot, "ann")
    assert encoded_texts(snapshot) == 390
    assert [p.item_id for p in dry.proposals] == [p.item_id for p in wet.proposals]
    assert [p.confidence for p in dry.proposals] == [p.confidence for p in wet.proposals]


def test_a_simulation_finds_the_encoder_beside_its_workspace(
    snapshot: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture
):
    """Simulated loops stand in folders of their own, the encoder's is relative."""
    rows = headlines(120)
    labeled = write_csv(tmp_path / "labeled.csv", [("item_id", "text", "label"), *rows])
    out = tmp_path / "curve.csv"
    asked = f"--labeled {labeled} --out {out} --data {snapshot.workspace.path} --initial 40"
    asked += " --batch 20 --iterations 1 --seeds 1 --workers 1 --mix random=1 --json"
    assert app(["simulate", *asked.split()], standalone_mode=False) in (None, 0)
    assert json.loads(capsys.readouterr().out)["curve"] == str(out)
    settings = json.loads(out.with_name("curve.csv.settings.json").read_text())
    assert settings["encoder"] == str(snapshot.workspace.path / "encoders" / "small")


def test_a_space_from_elsewhere_stands_beside_the_encoder(snapshot: Snapshot):
    space = pool_space(snapshot)
    brought, own = train(snapshot, space=space), train(snapshot)
    assert brought.report == own.report
    assert brought.model.source.space is space


def test_a_loop_goes_on_with_an_encoder(snapshot: Snapshot):
    seen = set()
    for _ in range(2):
        batch = propose(snapshot, "ann")
        ids = {proposal.item_id for proposal in batch.proposals}
        assert len(ids) == 10
        assert not ids & seen
        seen |= ids
        snapshot = answer(read_snapshot(snapshot.workspace), batch.batch_id)
    assert len(snapshot.logs.runs) == 2
