import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.__main__ import app
from core.workspace.layout import Workspace
from tests.conftest import MakeWorkspace, active_workspace, headlines, write_csv

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def run_as_program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """What somebody has who types it."""
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def answer(*arguments: object, code: int = 0) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return active_workspace(make_workspace)


def test_status_tells_stage_counts_and_last_run(workspace: Workspace):
    told = answer("status", "--data", workspace.path)
    assert told["stage"] == "active learning"
    assert sum(told["splits"]["training"].values()) == 60
    assert told["splits"]["validation"] == {"1": 0, "0": 0}
    assert (told["pool"], told["last_run"]) == (300, None)


def test_train_then_evaluate_then_status_tell_the_same_run(workspace: Workspace):
    trained = answer("train", "--data", workspace.path, "--model", "book", "--seed", 5)
    assert set(trained) == {
        "run_id", "model", "seed", "fscore", "auc", "average_precision",
        "precision", "recall", "n_training", "n_evaluation", "seconds",
        "threshold", "fscore_at_threshold", "intervals",
        "labels", "macro_fscore", "micro_fscore", "accuracy", "unknown_labels",
    }  # fmt: skip
    first, second = trained["labels"].values()
    assert set(first) == {
        "name", "fscore", "precision", "recall", "support", "auc", "average_precision",
        "intervals",
    }  # fmt: skip
    assert (first["fscore"], first["auc"]) == (trained["fscore"], trained["auc"])
    assert trained["macro_fscore"] == pytest.approx((first["fscore"] + second["fscore"]) / 2)
    assert trained["micro_fscore"] == trained["accuracy"]
    assert (trained["model"], trained["seed"], trained["n_training"]) == ("book", 5, 60)
    low, high = trained["intervals"]["auc"]
    assert low <= trained["auc"] <= high
    evaluated = answer("evaluate", "--data", workspace.path)
    assert {**evaluated, "seconds": 0} == {**trained, "seconds": 0}
    last = answer("status", "--data", workspace.path)["last_run"]
    assert last == {name: trained[name] for name in last}


def test_next_writes_the_batch_that_it_tells(workspace: Workspace):
    told = answer("next", "--data", workspace.path, "--size", 20, "--seed", 3)
    assert set(told) == {"batch_id", "split", "run_id", "items", "seconds"}
    assert set(told["items"][0]) == {
        "rank", "item_id", "text", "strategy", "score", "predicted", "confidence",
    }  # fmt: skip
    with (workspace.path / "batches.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["item_id"] for row in rows] == [item["item_id"] for item in told["items"]]
    assert {row["batch_id"] for row in rows} == {told["batch_id"]}


def test_a_dry_run_writes_nothing(workspace: Workspace):
    before = sorted(workspace.path.rglob("*"))
    mix = "random=2,low_confidence=3,outlier=1"
    told = answer("next", "--data", workspace.path, "--dry-run", "--mix", mix)
    strategies = sorted(item["strategy"] for item in told["items"])
    assert strategies == ["low confidence"] * 3 + ["outlier"] + ["random"] * 2
    assert sorted(workspace.path.rglob("*")) == before


def test_check_exits_with_1_if_it_finds_anything(workspace: Workspace):
    assert answer("check", "--data", workspace.path) == {"findings": []}
    file = workspace.path / "training_data" / "related.csv"
    file.write_text(file.read_text() + "x,y,maybe\n")
    (finding,) = answer("check", "--data", workspace.path, code=1)["findings"]
    keys = {"severity", "kind", "file", "line", "item_id", "message", "mend", "row"}
    assert set(finding) == keys
    assert finding["row"] == "x,y,maybe"
    assert (finding["severity"], finding["kind"]) == ("error", "unknown label")
    assert finding["file"] == "training_data/related.csv"


def test_check_mends_what_is_safe_and_looks_again(workspace: Workspace):
    file = workspace.path / "training_data" / "related.csv"
    file.write_text(file.read_text() + "x,y,may\x1b[2Jbe\nz,ha")
    result = run("check", "--mend", "--data", workspace.path)
    assert result.exit_code == 1
    assert "fixed: The incomplete line of training_data/related.csv was moved" in result.stdout
    assert "    x,y,may\\x1b[2Jbe\n" in result.stdout
    assert file.read_text().endswith("be\n")
    told = answer("check", "--mend", "--annotator", "ann", "--data", workspace.path, code=1)
    assert told["mended"] == []
    assert {finding["kind"] for finding in told["findings"]} == {"unknown label", "torn line"}


def test_what_cannot_be_done_is_refused_with_1_and_a_message(tmp_path: Path):
    result = run_as_program("status", "--data", tmp_path / "none")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no workspace folder" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["next", "--size", "0"],
        ["next", "--mix", "random"],
        ["paint"],
        ["simulate"],
        ["train", "--seed", "x"],
    ],
)
def test_wrong_usage_exits_with_2(workspace: Workspace, arguments: list[str]):
    result = run(*arguments, "--data", workspace.path)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)


def test_a_wrong_task_is_refused(workspace: Workspace):
    (workspace.path / "task.toml").write_text("seed = 'x'")
    result = run("next", "--data", workspace.path)
    assert result.exit_code == 1
    assert "task.toml: `seed` is 'x'" in result.stderr


def test_the_workspace_may_come_from_the_environment(workspace: Workspace):
    result = run_as_program("status", "--json", SUNLIGHT_DATA=str(workspace.path))
    assert json.loads(result.stdout)["pool"] == 300


def test_simulate_tells_and_keeps_learning_curves(tmp_path: Path):
    rows = [("item_id", "text", "label"), *headlines(150)]
    labeled, out = write_csv(tmp_path / "labeled.csv", rows), tmp_path / "curve.csv"
    mixes = ["random=1", "random=10,low_confidence=80,outlier=10"]
    told = answer(
        "simulate", "--labeled", labeled, "--initial", 20, "--batch", 10, "--iterations", 2,
        "--evaluation", 0.3, "--mix", mixes[0], "--mix", mixes[1], "--model", "book",
        "--seeds", 2, "--out", out, "--workers", 1,
    )  # fmt: skip
    assert (set(told), told["curve"]) == ({"curve", "summary"}, str(out))
    assert [row["mix"] for row in told["summary"]] == mixes
    assert told["summary"][1]["auc"]["difference"] is not None
    with out.open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [(row["seed"], row["mix"], row["labels"]) for row in found] == [
        (str(seed), mix, str(labels))
        for seed in range(2)
        for mix in mixes
        for labels in (20, 30, 40)
    ]


def test_every_command_explains_itself():
    for command in ("status", "train", "next", "evaluate", "check", "demo", "simulate"):
        result = run(command, "--help")
        assert result.exit_code == 0
        assert command in result.stdout


def test_export_writes_labels_and_card_and_names_them(workspace: Workspace, tmp_path: Path):
    out = tmp_path / "labels.jsonl"
    command = ("export", "--data", workspace.path, "--out", out, "--format", "jsonl")
    told = answer(*command, "--split", "training")
    assert told == {
        "format": "jsonl",
        "labels": {"training": 60},
        "files": [str(out), f"{out}.md"],
    }
    assert len(out.read_text(encoding="utf-8").splitlines()) == 60
    again = run(*command, "--json")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "is there already" in again.stderr


@pytest.mark.parametrize("wish", [("--format", "word"), ("--split", "exam")])
def test_export_tells_what_there_is_to_choose_from(
    workspace: Workspace, tmp_path: Path, wish: tuple[str, str]
):
    result = run("export", "--data", workspace.path, "--out", tmp_path / "out", *wish)
    assert result.exit_code == 2
    assert "choose from" in result.stderr


def test_predict_writes_a_table_or_the_pool(workspace: Workspace, tmp_path: Path):
    answer("train", "--data", workspace.path)
    path = write_csv(tmp_path / "new.csv", [("nr", "text"), (1, "a flood"), (2, "a cup")])
    told = answer("predict", path, "--data", workspace.path, "--out", tmp_path / "new.out.csv")
    assert set(told) == {
        "run_id", "n_items", "per_label", "out", "drift", "seconds", "without_text", "read",
        "unknown_labels", "held_out", "n_files", "n_finished",
    }  # fmt: skip
    assert (told["run_id"], told["n_items"]) == ("run-0001", 2)
    assert (
        (tmp_path / "new.out.csv")
        .read_text(encoding="utf-8")
        .startswith('"nr","text","predicted","confidence","p_1","p_0"\n')
    )
    pool = ["predict", "--pool", "--data", workspace.path, "--threshold", "best"]
    told = answer(*pool, "--out", tmp_path / "pool.jsonl")
    assert (told["n_items"], told["drift"]) == (300, None)
    for wrong in (["predict", "--out", "x.csv"], [*pool, path, "--out", "x.csv"]):
        assert run(*wrong).exit_code == 2
    assert run(*pool[:-1], "much", "--out", "x.csv").exit_code == 2


def test_an_export_makes_a_new_workspace_with_its_labels_and_aliases(tmp_path: Path):
    rows = [("nr", "text", "kind"), ("a", "Mail down", "sw"), ("b", "mail  DOWN", "")]
    table = write_csv(tmp_path / "t.csv", [*rows, ("c", "Printer broken", "hw")])
    one, two = tmp_path / "one", tmp_path / "two"
    answer("import", table, "--id", "nr", "--label", "kind", "--data", one)
    answer("export", "--data", one, "--out", tmp_path / "out.csv")
    answer("import", tmp_path / "out.csv", "--data", two)
    assert answer("status", "--data", two)["splits"]["training"] == {"hw": 1, "sw": 1}
    told = [(each / "aliases.csv").read_text(encoding="utf-8") for each in (one, two)]
    assert told == ["alias_id,item_id\nb,a\n"] * 2
