import json
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import app
from core.analysis import simulation
from core.analysis.simulation import Plan, by_mix, read_labeled, steps, write_labeled
from core.errors import RunError, TaskError
from core.evaluation.runs import current_run, evaluate_items, keep, load_run, read_report, train
from core.features.cached import pool_space
from core.models import pool_predictions
from core.models.label_columns import confidences
from core.models.pool_predictions import pool_probabilities
from core.models.predict import score_texts
from core.sampling import pool_scores
from core.sampling.catalog import CATALOG
from core.sampling.next_batch import BatchRequest, preview, propose
from core.sampling.pool_scores import score_pool
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.searches import Search, keep_search
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


def in_two_stages(monkeypatch: pytest.MonkeyPatch, encoded: int, above: int = 100) -> None:
    monkeypatch.setattr(pool_predictions, "TWO_STAGES_ABOVE", above)
    monkeypatch.setattr(pool_scores, "ENCODED_AT_MOST", encoded)


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
    assert encoded_texts(snapshot) == 90
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
    scores = score_pool(snapshot, model)
    assert scores.is_own.all()
    np.testing.assert_allclose(scores.probability, score_texts(model, texts), atol=1e-6)
    np.testing.assert_allclose(pool_probabilities(snapshot, model), scores.probability, atol=1e-6)


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


def test_two_stages_that_encode_everything_choose_as_one(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    mix = {"random": 5, "low confidence": 10, "margin": 5, "outlier": 5}
    one = preview(snapshot, wishes=BatchRequest(mix=mix, seed=4))
    in_two_stages(monkeypatch, encoded=10_000)
    two = preview(snapshot, wishes=BatchRequest(mix=mix, seed=4))
    assert [p.item_id for p in two.proposals] == [p.item_id for p in one.proposals]
    confidence = [p.confidence for p in one.proposals]
    assert [p.confidence for p in two.proposals] == pytest.approx(confidence, abs=1e-6)


def test_only_what_the_cheap_model_is_least_sure_of_is_encoded(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    in_two_stages(monkeypatch, encoded=40)
    model = train(snapshot).model
    scores = score_pool(snapshot, model)
    assert encoded_texts(snapshot) == 90 + 40
    cheap = pool_probabilities(snapshot, model)
    assert np.array_equal(cheap, score_texts(model.cheap, texts_of(snapshot)).astype(cheap.dtype))
    assert scores.is_own.sum() == 40
    edge = confidences(cheap)[scores.is_own].max()
    assert not (confidences(cheap)[snapshot.candidates & ~scores.is_own] < edge).any()
    assert np.array_equal(scores.probability[~scores.is_own], cheap[~scores.is_own])
    own = score_texts(model, [text for text, is_own in zip(texts_of(snapshot), scores.is_own,
                                                           strict=True) if is_own])  # fmt: skip
    np.testing.assert_allclose(scores.probability[scores.is_own], own, atol=1e-6)


def test_who_asks_the_model_chooses_among_the_encoded_and_all_others_among_all(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    in_two_stages(monkeypatch, encoded=40)
    keep_search(snapshot.workspace, Search("everything", "/./"))
    model = train(snapshot).model
    own = score_pool(snapshot, model).is_own
    at = snapshot.pool_words.pool.positions(snapshot.pool_words.pool.ids.to_pylist())
    asks = {name for name, strategy in CATALOG.items() if strategy.asks_the_model}
    assert asks == {"low confidence", "margin", "ratio", "entropy",
                    "mean confidence", "most likely positive", "rarest label"}  # fmt: skip
    for name in sorted(CATALOG.keys() - {"stratified column", "mean confidence"}):
        batch = preview(snapshot, wishes=BatchRequest(mix={name: 60}, seed=2))
        inside = [bool(own[at[p.item_id]]) for p in batch.proposals]
        assert all(inside) == (name in asks), name
        assert len(inside) == (40 if name in asks else 60), name


def test_what_is_written_of_every_item_is_the_models_own_word(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    in_two_stages(monkeypatch, encoded=40)
    mix = {"random": 20, "low confidence": 20, "outlier": 20}
    batch = propose(snapshot, "ann", BatchRequest(mix=mix))
    snapshot = read_snapshot(snapshot.workspace)
    probability = score_texts(load_run(snapshot, snapshot.logs.runs[0]), list(batch.texts))
    values = snapshot.workspace.task.values
    for proposal, row in zip(batch.proposals, probability, strict=True):
        assert proposal.predicted == values[row.argmax()]
        assert proposal.confidence == pytest.approx(float(row.max()), abs=1e-5)
    assert encoded_texts(snapshot) <= 90 + 40 + 40


def test_an_older_run_scores_a_pool_that_has_grown(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    """It was trained when one stage was enough."""
    run = keep(snapshot, train(snapshot))
    rows = [item[:2] for item in headlines(600, seed=3)]
    pool = [(f"new {item_id}", text) for item_id, text in rows]
    write_csv(snapshot.workspace.path / "unlabeled_data" / "more.csv", pool)
    snapshot = read_snapshot(snapshot.workspace)
    in_two_stages(monkeypatch, encoded=25, above=300)
    scores = score_pool(snapshot, load_run(snapshot, run))
    assert (len(scores.probability), scores.is_own.sum()) == (900, 25)


def test_a_loop_goes_on_in_two_stages(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    in_two_stages(monkeypatch, encoded=30)
    seen = set()
    for _ in range(3):
        batch = propose(snapshot, "ann")
        ids = {proposal.item_id for proposal in batch.proposals}
        assert len(ids) == 10
        assert not ids & seen
        seen |= ids
        snapshot = answer(read_snapshot(snapshot.workspace), batch.batch_id)
    assert len(snapshot.logs.runs) == 3


def test_a_simulation_chooses_in_two_stages_as_the_app_does(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    in_two_stages(monkeypatch, encoded=30)
    rows = headlines(200)
    labeled = write_csv(tmp_path / "labeled.csv", [("item_id", "text", "label"), *rows])
    folder = tmp_path / "table"
    folder.mkdir()
    task = parse_task(TASK.format(snapshot.workspace.path / "encoders" / "small"), "task.toml")
    write_labeled(labeled, folder, task)
    table, scored = read_labeled(folder, task), []
    original = simulation.score_pool
    monkeypatch.setattr(
        simulation, "score_pool", lambda *given: scored.append(original(*given)) or scored[-1]
    )
    mix = {"low confidence": 10}
    for step in steps(table, by_mix(mix, 10), "linear", 1, Plan(40, 10, 2, 0.2)):
        assert all(scored[-1].is_own[place] for _, place, _ in step.picks)
    assert [scores.is_own.sum() for scores in scored] == [30, 30, 30]


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
