"""Many labels, and several for a text, by command line: from a table to predictions and back."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, open_snapshot
from tests.test_command_line import answer, run

WORDS = tuple(f"word{at}" for at in range(60))
MANY = tuple(f"group {at % 7}/question {at:02}" for at in range(77))
NEEDS = tuple(f"needs/{at:02}" for at in range(36))
Rows = list[dict[str, object]]


def rows_of(number: int, labels_of: Callable[[int], Sequence[str]]) -> Rows:
    """Texts of everyday words with two words of each of their labels; every third is tested on."""
    draw, found = np.random.default_rng(5), []
    for at in range(number):
        labels = labels_of(at)
        own = [f"{label.replace(' ', '').replace('/', '')}w{n}" for label in labels for n in (1, 2)]
        text = " ".join(draw.permutation([*own, *draw.choice(WORDS, 4), f"n{at}"]))
        split = "test" if at % 3 == 0 else "train"
        found.append({"nr": f"r{at}", "text": text, "label": [*labels], "set": split, "when": at})
    return found


def many_rows() -> Rows:
    return rows_of(77 * 6, lambda at: [MANY[at // 3 % 77]])


def several_rows() -> Rows:
    draw = np.random.default_rng(9)
    return rows_of(360, lambda _: sorted({*draw.choice(NEEDS, draw.integers(4))}))


def written(rows: Rows, path: Path) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"label": "|".join(row["label"]) or "-"} for row in rows)
    return path


def counted(snapshot: Snapshot) -> dict[str, str]:
    return {item.item_id: item.label for item in snapshot.labels.items}


@pytest.mark.parametrize("kind", ["many", "several", "joined"])
def test_labels_go_from_a_table_to_predictions_and_back(tmp_path: Path, kind: str):
    rows, names = (many_rows(), MANY) if kind == "many" else (several_rows(), NEEDS)
    ending = ".jsonl" if kind == "several" else ".csv"
    table, data = written(rows, tmp_path / f"in{ending}"), tmp_path / "w"
    given = ["--id", "nr", "--split", "set", *(["--several"] if kind == "joined" else [])]
    told = answer("import", table, "--data", data, *given)
    assert (told["items"], told["labels"]) == (len(rows), len(rows))
    task, expected = open_workspace(data).task, {}
    assert {*task.values} == {*names}
    assert (task.several, task.positive) == (kind != "many", None)
    assert {label.group for label in task.labels} == {name.split("/")[0] for name in names}
    for row in rows:
        expected[row["nr"]] = task.answer(row["label"])
    assert counted(open_snapshot(data)) == expected
    assert open_snapshot(data).pool_words.pool.columns == ["when"]

    trained = answer("train", "--data", data, "--seed", 1)
    assert {*trained["labels"]} == {*names}
    assert trained["fscore"] == trained["macro_fscore"]
    out = tmp_path / "out.csv"
    predicted = answer("predict", table, "--out", out, "--data", data, "--text", "text")
    with out.open() as file:
        found = list(csv.DictReader(file))
    assert {f"p_{value}" for value in task.values} < found[0].keys()
    assert predicted["n_items"] == len(rows)
    right = 0
    for row, before in zip(found, rows, strict=True):
        probabilities = [float(row[f"p_{value}"]) for value in task.values]
        told, given_labels = row["predicted"], task.answer(before["label"])
        right += told == given_labels
        assert task.answer(task.chosen(told)) == told
        if task.several:
            least = min(max(p, 1 - p) for p in probabilities)
            assert float(row["confidence"]) == pytest.approx(least, abs=1e-6)
        else:
            assert sum(probabilities) == pytest.approx(1, abs=1e-4)
            assert float(row["confidence"]) == float(row[f"p_{told}"])
    assert right > len(rows) / 2
    assert run("predict", "--pool", "--out", tmp_path / "pool.csv", "--data", data).exit_code == 0
    for form, file in (("jsonl", "again.jsonl"), ("csv", "again.csv")):
        export = ("export", "--data", data, "--out", tmp_path / file, "--format", form)
        assert run(*export).exit_code == 0
        again = tmp_path / f"from-{form}"
        told = answer("import", tmp_path / file, "--data", again)
        new = open_workspace(again).task
        same = {x: new.answer(task.chosen(y)) for x, y in expected.items()}
        assert counted(open_snapshot(again)) == same
        card = (tmp_path / f"{file}.md").read_text()
        assert "| macro F | " in card
        assert "all labels count alike" in card


def test_a_text_of_two_columns_has_several_labels_and_keeps_the_others(tmp_path: Path):
    rows = [
        {"subject": "Flood", "body": "No water", "needs": "water;roads", "earlier": "Hello"},
        {"subject": "Storm", "body": "", "needs": "power", "earlier": "[]"},
        {"subject": "Fair", "body": "Music", "needs": "-", "earlier": ""},
    ]
    table, data = tmp_path / "in.csv", tmp_path / "w"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    texts = ("--text", "subject", "--text", "body")
    told = answer("import", table, "--data", data, *texts, "--label", "needs", "--several")
    assert (told["items"], told["labels"], told["read"]["several"]) == (3, 3, True)
    snapshot = open_snapshot(data)
    assert {(item.text, item.label) for item in snapshot.labels.items} == {
        ("Flood\n\nNo water", "water|roads"), ("Storm", "power"), ("Fair\n\nMusic", "-"),
    }  # fmt: skip
    assert snapshot.pool_words.pool.columns == ["earlier"]
    refused = run("import", table, "--data", tmp_path / "none", "--several")
    assert refused.exit_code == 1
    assert not (tmp_path / "none").exists()


def test_thresholds_of_several_labels(tmp_path: Path):
    rows = [row | {"label": [x for x in row["label"] if x < "needs/06"]} for row in several_rows()]
    table, data = written(rows, tmp_path / "in.jsonl"), tmp_path / "w"
    answer("import", table, "--data", data, "--id", "nr", "--split", "set")
    answer("train", "--data", data)
    counts = {}
    for threshold in ("0.5", "best", "0.05", "0.999"):
        out = tmp_path / f"{threshold}.csv"
        wish = ("--out", out, "--data", data, "--threshold", threshold)
        counts[threshold] = answer("predict", table, *wish)["per_label"]
    assert counts["0.5"] == counts["best"]
    assert sum(counts["0.05"].values()) > sum(counts["0.5"].values())
    assert counts["0.999"]["-"] > counts["0.5"]["-"]


def test_a_threshold_needs_a_positive_label(tmp_path: Path):
    rows = [row | {"label": [row["label"][0][:7]]} for row in many_rows()[:210]]
    table, data = written(rows, tmp_path / "in.csv"), tmp_path / "w"
    answer("import", table, "--data", data, "--id", "nr", "--split", "set")
    answer("train", "--data", data)
    refused = run("predict", table, "--out", tmp_path / "o.csv", "--data", data, "--threshold", 0.3)
    assert refused.exit_code == 1
    assert "this task has none" in refused.stderr


@pytest.mark.parametrize("kind", ["many", "several"])
def test_simulation_learns_from_a_table_of_them(tmp_path: Path, kind: str):
    rows = several_rows()
    few = ("needs/01", "needs/02", "needs/03", "needs/04")
    for at, row in enumerate(rows):
        row["label"] = [few[at % 4]] if kind == "many" else [*few[: at % 5]]
        row["text"] += " " + " ".join(f"sign{label[-1]}" for label in row["label"])
    table, data = written(rows, tmp_path / f"in.{kind}.csv"), tmp_path / "w"
    answer("import", written(rows, tmp_path / "in.jsonl"), "--data", data, "--id", "nr")
    renamed = {"nr": "item_id", "text": "text", "label": "label"}
    with table.open() as file:
        oracle = [{renamed[x]: row[x] for x in renamed} for row in csv.DictReader(file)]
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, oracle[0])
        writer.writeheader()
        writer.writerows(oracle)
    asked = (
        "simulate", "--labeled", table, "--data", data, "--initial", 80, "--batch", 20,
        "--iterations", 1, "--mix", "random=1", "--mix", "low_confidence=1", "--seeds", 1,
        "--workers", 1, "--out", tmp_path / "curve.csv",
    )  # fmt: skip
    told = answer(*asked)
    assert len(told["summary"]) == 2
    with (tmp_path / "curve.csv").open() as file:
        points = list(csv.DictReader(file))
    assert [point["labels"] for point in points] == ["80", "100"] * 2
    assert all(float(point["fscore"]) > 0.5 for point in points)
    assert (
        "The scores are macro: means over the labels."
        in run(*asked[:-1], tmp_path / "again.csv").stdout
    )
