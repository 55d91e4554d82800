"""A model leaves as a folder that needs no workspace, and predicts there as it did here."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import load_predictor
from core.errors import ExportError, SunlightError
from core.evaluation.runs import keep, load_run, read_report, train
from core.exchange.exporter import plain
from core.exchange.model_export import export_model, model_card
from core.exchange.predictions import predict
from core.models.predict import score_texts
from core.models.predictor import BEST, MOST_PROBABLE
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from tests.encoders import static_encoder
from tests.test_command_line import answer, run
from tests.test_labels_end_to_end import several_rows, written

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def snapshot(active: Snapshot) -> Snapshot:
    """With a run."""
    keep(active, train(active))
    return read_snapshot(active.workspace)


def several_labels(tmp_path: Path) -> Snapshot:
    """A workspace whose texts have several labels, with a run."""
    data = tmp_path / "w"
    table = written(several_rows(), tmp_path / "in.jsonl")
    answer("import", table, "--data", data, "--id", "nr", "--split", "set")
    answer("train", "--data", data)
    return open_snapshot(data)


def test_an_exported_model_predicts_what_the_run_reports(snapshot: Snapshot, tmp_path: Path):
    export_model(snapshot, tmp_path / "model")
    texts = [item.text for item in snapshot.labels.splits["evaluation"]]
    found = load_predictor(tmp_path / "model")(texts)
    said = read_report(snapshot, snapshot.logs.runs[-1]).said
    assert found.labels == snapshot.workspace.task.values == ("1", "0")
    assert found.probabilities.shape == (len(texts), 2)
    assert found.probabilities[:, 0] == pytest.approx(said.calibrated, abs=1e-6)
    assert found.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert tuple(found.predicted) == said.predicted
    of_answers = found.probabilities[range(len(texts)), (found.predicted == "0").astype(int)]
    assert found.confidence.tolist() == of_answers.tolist()


@pytest.mark.parametrize("name", ["linear", "book"])
def test_it_needs_neither_the_workspace_nor_another_process(
    active: Snapshot, tmp_path: Path, name: str
):
    keep(active, train(active, name=name))
    snapshot = read_snapshot(active.workspace)
    model = load_run(snapshot, snapshot.logs.runs[-1])
    texts = ["a flood in town", " ", "half \ud800 a character", "a cup for the team", "\0<b>x</b>"]
    expected = model.calibration(score_texts(model, texts)).tolist()
    export_model(snapshot, tmp_path / "model")
    shutil.rmtree(snapshot.workspace.path)
    code = (
        "import json, sys; from core import load_predictor\n"
        "assert 'torch' not in sys.modules and 'pyarrow' not in sys.modules\n"
        "found = load_predictor(sys.argv[1])(json.loads(sys.argv[2]))\n"
        "print(json.dumps([found.probabilities.tolist(), found.predicted.tolist()]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, "model", json.dumps(texts)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    probabilities, predicted = json.loads(told.stdout)
    seen = [0, 2, 3, 4]
    assert predicted[1] is None
    assert np.isnan(probabilities[1]).all()
    assert np.array(probabilities)[seen] == pytest.approx(np.array(expected)[seen], abs=1e-6)


def test_several_labels_leave_with_their_thresholds(tmp_path: Path):
    snapshot = several_labels(tmp_path)
    out = tmp_path / "pool.parquet"
    predict(snapshot, out)
    export_model(snapshot, tmp_path / "model")
    rows = [x for x in pq.read_table(out).to_pylist() if x["predicted"] is not None]
    found = load_predictor(tmp_path / "model")([row["text"] for row in rows])
    assert found.predicted.tolist() == [row["predicted"] for row in rows]
    told = np.array([[row[f"p_{label}"] for label in found.labels] for row in rows])
    assert found.probabilities == pytest.approx(told, abs=1e-6)
    least = np.maximum(found.probabilities, 1 - found.probabilities).min(axis=1)
    assert found.confidence == pytest.approx(least, abs=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_the_confidence_is_that_of_what_is_predicted_at_any_threshold(
    tmp_path: Path, threshold: float
):
    snapshot = several_labels(tmp_path)
    predict(snapshot, tmp_path / "pool.parquet", threshold=threshold)
    rows = [x for x in pq.read_table(tmp_path / "pool.parquet").to_pylist() if x["predicted"]]
    labels = snapshot.workspace.task.values
    for row in rows:
        assert row["predicted"] == ("-" if threshold else "|".join(labels))
        least = min(abs(threshold - row[f"p_{label}"]) for label in labels)
        assert row["confidence"] == pytest.approx(least, abs=1e-5)


def test_labels_that_changed_since_are_todays(snapshot: Snapshot, tmp_path: Path):
    plain = load_predictor_of(snapshot, tmp_path / "before")
    file = snapshot.workspace.path / "task.toml"
    text = (ROOT / "core/workspace/default_task.toml").read_text(encoding="utf-8")
    renamed = text.replace('value = "1"', 'value = "flood"\nwas = ["1"]')
    file.write_text(renamed, encoding="utf-8")
    later = open_snapshot(snapshot.workspace.path)
    assert later.workspace.task.values == ("flood", "0")
    found = load_predictor_of(later, tmp_path / "after")(["a flood", "a cup"])
    assert found.labels == ("flood", "0")
    assert np.array_equal(found.probabilities, plain(["a flood", "a cup"]).probabilities)


def load_predictor_of(snapshot: Snapshot, out: Path):
    export_model(snapshot, out)
    return load_predictor(out)


def test_no_text_and_one_text_without_a_list(snapshot: Snapshot, tmp_path: Path):
    predictor = load_predictor_of(snapshot, tmp_path / "model")
    nothing = predictor([])
    assert nothing.probabilities.shape == (0, 2)
    assert nothing.predicted.tolist() == nothing.confidence.tolist() == []
    with pytest.raises(TypeError, match="a list of texts"):
        predictor("a flood")
    given = ["a flood", None, float("nan"), " "]
    found = predictor(text for text in given)
    assert found.predicted.tolist() == [predictor(["a flood"]).predicted[0], None, None, None]
    assert found.is_missing.tolist() == np.isnan(found.confidence).tolist() == [False] + [True] * 3


def test_a_threshold_goes_along(snapshot: Snapshot, tmp_path: Path):
    export_model(snapshot, tmp_path / "model", threshold=MOST_PROBABLE)
    predictor = load_predictor(tmp_path / "model")
    texts = [item.text for item in snapshot.labels.splits["evaluation"]]
    likeliest = predictor(texts)
    raw = np.array(read_report(snapshot, snapshot.logs.runs[-1]).said.raw)
    assert (likeliest.predicted == "1").tolist() == (raw > 0.5).tolist()
    best = replace(predictor, threshold=BEST)(texts)
    assert (best.predicted == "1").tolist() == (raw >= predictor.model.threshold).tolist()
    high = replace(predictor, threshold=0.9)(texts)
    assert (high.predicted == "1").tolist() == (high.probabilities[:, 0] >= 0.9).tolist()


def test_a_folder_that_is_not_whole_is_refused(snapshot: Snapshot, tmp_path: Path):
    files = export_model(snapshot, tmp_path / "model")
    names = [x.relative_to(tmp_path / "model").as_posix() for x in files]
    loaded = [name for name in names if name != "README.md"]
    assert {"model.params", "predictor.json", "task.toml", "SHA256SUMS"} < {*loaded}
    assert len([name for name in loaded if name.endswith(".space")]) == 1
    for number, name in enumerate(loaded):
        for cut in (None, 0.5, "flip"):
            copy = tmp_path / f"copy-{number}-{cut}"
            shutil.copytree(tmp_path / "model", copy)
            content = (copy / name).read_bytes()
            if cut is None:
                (copy / name).unlink()
            elif cut == "flip":
                at = len(content) // 2
                (copy / name).write_bytes(
                    content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
                )
            else:
                (copy / name).write_bytes(content[: int(len(content) * cut)])
            with pytest.raises(ExportError, match="Copy it again"):
                load_predictor(copy)
            shutil.rmtree(copy)
    (tmp_path / "model" / "README.md").write_text("Our own words.")
    assert load_predictor(str(tmp_path / "model"))(["a flood"]).predicted[0] in ("1", "0")
    for nothing in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ExportError, match="holds no whole model"):
            load_predictor(nothing)


class Spy:
    """What a pickle would run."""

    def __reduce__(self):
        return (os.mkdir, ("ran",))


def test_code_in_a_folder_is_never_run(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    export_model(snapshot, tmp_path / "model")
    evil = pickle.dumps(Spy())
    for name in [
        x.name for x in (tmp_path / "model").iterdir() if x.suffix in (".params", ".space")
    ]:
        copy = tmp_path / f"evil-{name}"
        shutil.copytree(tmp_path / "model", copy)
        (copy / name).write_bytes(evil)
        sums = subprocess.run(
            ["sha256sum", name], cwd=copy, capture_output=True, text=True, check=True
        ).stdout
        lines = (copy / "SHA256SUMS").read_text().splitlines()
        lines = [line for line in lines if not line.endswith(f"  {name}")]
        (copy / "SHA256SUMS").write_text("\n".join(sorted([*lines, sums.strip()])) + "\n")
        with pytest.raises(SunlightError):
            load_predictor(copy)
    assert not (tmp_path / "ran").exists()


def test_the_sums_are_those_of_the_usual_program(snapshot: Snapshot, tmp_path: Path):
    export_model(snapshot, tmp_path / "model")
    told = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"],
        cwd=tmp_path / "model",
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout


def test_the_card_tells_what_the_model_is(snapshot: Snapshot, tmp_path: Path):
    export_model(snapshot, tmp_path / "model")
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    kept, task = snapshot.logs.runs[-1], snapshot.workspace.task
    for told in (
        "## Labels",
        "## Scores",
        "## Trained on",
        "## Use",
        "## Limits",
        "load_predictor",
    ):
        assert told in card
    assert f"{kept.n_training:,} texts with labels" in card
    assert f"Measured on {kept.n_evaluation:,} random items" in card
    for label in task.labels:
        assert f"| {label.value} | " in card
    for item in snapshot.labels.items:
        assert item.text not in card
    told = (tmp_path / "model" / "task.toml").read_text(encoding="utf-8")
    assert "examples" not in told


def test_the_card_tells_from_which_probability_on(snapshot: Snapshot, tmp_path: Path):
    kept, positive = snapshot.logs.runs[-1], snapshot.workspace.task.positive
    model = replace(load_run(snapshot, kept), cut=(0, 0.25))
    told = f"before calibration: {plain(positive.name)} 0.250."
    assert told in model_card(snapshot, kept, model)
    assert "before calibration" not in model_card(snapshot, kept, replace(model, cut=None))
    several = several_labels(tmp_path)
    kept = several.logs.runs[-1]
    model = load_run(several, kept)
    card = model_card(several, kept, model)
    for label, threshold in zip(model.labels, model.thresholds, strict=True):
        is_told = f"{plain(label)} {threshold:.3f}" in card
        assert is_told == (label not in model.unlearned)


def test_an_encoder_goes_along(snapshot: Snapshot, tmp_path: Path):
    folder = static_encoder(tmp_path / "encoder")
    with (snapshot.workspace.path / "task.toml").open("a") as file:
        file.write(f'\n[model]\nencoder = "{folder}"\n')
    encoded = read_snapshot(open_workspace(snapshot.workspace.path))
    keep(encoded, train(encoded))
    encoded = read_snapshot(encoded.workspace)
    model = load_run(encoded, encoded.logs.runs[-1])
    texts = ["a flood in town", "a cup for the team"]
    expected = model.calibration(score_texts(model, texts))
    export_model(encoded, tmp_path / "model")
    shutil.rmtree(folder)
    found = load_predictor(tmp_path / "model")(texts)
    assert found.probabilities == pytest.approx(expected, abs=1e-6)


def test_the_command_line_exports_a_model(snapshot: Snapshot, tmp_path: Path):
    out = tmp_path / "model"
    data = ("--data", snapshot.workspace.path)
    told = answer("export", "--format", "model", "--out", out, *data)
    assert told["format"] == "model"
    assert str(out / "README.md") in told["files"]
    assert all(Path(file).is_file() for file in told["files"])
    assert load_predictor(out)(["a flood"]).predicted[0] in ("1", "0")
    again = run("export", "--format", "model", "--out", out, *data)
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    wish = ("export", "--out", tmp_path / "other", *data)
    assert run(*wish, "--format", "model", "--split", "training").exit_code == 2
    assert run(*wish, "--format", "csv", "--run", "run-0001").exit_code == 2
    assert run(*wish, "--format", "model", "--run", "run-9999").exit_code == 1
    assert not (tmp_path / "other").exists()
