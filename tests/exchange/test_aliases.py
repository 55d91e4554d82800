"""Rows of an import that have the text of another row keep their ids, and get its label."""

import csv
import json
from pathlib import Path

import pytest

from core.doctor import examine
from core.errors import TableError
from core.exchange.exporter import export
from core.exchange.import_types import Defaults
from core.exchange.importer import import_data
from core.exchange.imports import find_record, read_records, take_back
from core.exchange.tables.opening import open_table
from core.workspace.backup import back_up, restore
from core.workspace.layout import Workspace
from core.workspace.logs import read_aliases
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace, write_csv
from tests.exchange.test_importer import POOL, bring, empty_workspace, files_of, labels_of
from tests.tables import write_table

COLUMNS = ("id", "text", "label", "topic")
ROWS = [
    ["a", "Flood hits coast", "1", "north"],
    ["b", "flood  hits coast", "", "south"],
    ["c", "Council meets", "", "east"],
    ["d", "FLOOD HITS COAST", "1", "west"],
    ["e", "council, meets", "0", "west"],
]
ALIASES = {"b": "a", "d": "a", "e": "p1"}


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path, "csv", COLUMNS, ROWS)


def aliases_of(workspace: Workspace) -> dict[str, str]:
    return read_aliases(workspace.aliases, [])


def exported(workspace: Workspace, folder: Path) -> list[dict[str, str]]:
    path = folder / "out.csv"
    export(read_snapshot(workspace), path, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_with_the_text_of_another_keeps_its_id(workspace: Workspace, table: Path):
    result = bring(workspace, table)
    assert (result.items, result.copies, result.aliases) == (2, 0, 3)
    assert aliases_of(workspace) == ALIASES
    assert {item[0] for item in labels_of(workspace)} == {"a", "p1"}
    before = files_of(workspace)
    assert bring(workspace, table).aliases == 3
    assert files_of(workspace) == before


def test_a_label_that_only_the_second_row_has_is_the_items(workspace: Workspace, tmp_path: Path):
    rows = [["x", "one", "", ""], ["y", "ONE", "1", ""]]
    bring(workspace, write_table(tmp_path, "csv", COLUMNS, rows))
    assert {item[:3] for item in labels_of(workspace)} == {("x", "one", "1")}


def test_rows_without_an_id_of_their_own_are_left_out(workspace: Workspace, tmp_path: Path):
    rows = [["x", "one", "", ""], ["x", "one", "", ""]]
    result = bring(workspace, write_table(tmp_path, "csv", COLUMNS, rows))
    assert (result.copies, result.aliases) == (1, 0)
    result = bring(workspace, write_table(tmp_path, "jsonl", ("text",), [["two"], ["Two"]]))
    assert (result.copies, result.aliases) == (1, 0)
    assert not workspace.aliases.path.exists()


def test_an_export_has_a_row_for_each_id(workspace: Workspace, table: Path, tmp_path: Path):
    bring(workspace, table)
    rows = exported(workspace, tmp_path)
    told = [(row["item_id"], row["label"], row["alias_of"], row["topic"]) for row in rows]
    assert sorted(told) == [
        ("a", "1", "", "north"), ("b", "1", "a", ""), ("d", "1", "a", ""),
        ("e", "0", "p1", ""), ("p1", "0", "", ""),
    ]  # fmt: skip
    card = (tmp_path / "out.csv.md").read_text(encoding="utf-8")
    assert card.count("2 labels of the workspace") == 1
    assert "3 further rows" in card


def test_an_id_that_the_pool_has_by_now_is_an_item_of_its_own(
    workspace: Workspace, table: Path, tmp_path: Path
):
    bring(workspace, table)
    write_csv(workspace.path / "unlabeled_data" / "by hand.csv", [("b", "A text of its own")])
    assert [row["item_id"] for row in exported(workspace, tmp_path)] == ["a", "d", "p1", "e"]


def test_without_second_ids_an_export_is_as_before(workspace: Workspace, tmp_path: Path):
    bring(workspace, write_table(tmp_path, "csv", COLUMNS, ROWS[:1]))
    assert "alias_of" not in exported(workspace, tmp_path)[0]


@pytest.mark.parametrize("form", ["csv", "excel", "jsonl", "parquet"])
def test_they_come_back_from_an_export_and_nothing_is_doubled(
    workspace: Workspace, table: Path, tmp_path: Path, form: str
):
    bring(workspace, table)
    ending = {"excel": "xlsx"}.get(form, form)
    out = tmp_path / f"out.{ending}"
    export(read_snapshot(workspace), out, form)
    other = empty_workspace(tmp_path, read_snapshot(workspace))
    import_data(other, open_table(out))
    assert aliases_of(other) == ALIASES
    assert labels_of(other) == labels_of(workspace)
    assert len(read_snapshot(other).pool_words.pool) == 2
    before = files_of(other)
    import_data(other, open_table(out))
    assert files_of(other) == before
    again = tmp_path / f"again.{ending}"
    export(read_snapshot(other), again, "jsonl")
    first = tmp_path / "first.jsonl"
    export(read_snapshot(workspace), first, "jsonl")
    assert [json.loads(x)["item_id"] for x in again.read_text().splitlines()] == [
        json.loads(x)["item_id"] for x in first.read_text().splitlines()
    ]


def test_label_studio_gets_a_task_for_each_id(workspace: Workspace, table: Path, tmp_path: Path):
    bring(workspace, table)
    export(read_snapshot(workspace), tmp_path / "studio", "label-studio")
    tasks = json.loads((tmp_path / "studio" / "tasks.json").read_text())
    assert len(tasks) == 5


def test_they_go_with_the_import_and_come_again(workspace: Workspace, table: Path):
    bring(workspace, table)
    was = workspace.aliases.path.read_bytes()
    take_back(workspace, *read_records(workspace))
    assert aliases_of(workspace) == {}
    assert workspace.aliases.path.read_bytes().startswith(was)
    assert bring(workspace, table).aliases == 3
    assert aliases_of(workspace) == ALIASES


def test_an_import_stays_while_later_ones_have_ids_of_its_items(
    workspace: Workspace, table: Path, tmp_path: Path
):
    bring(workspace, table)
    later = write_table(tmp_path, "jsonl", COLUMNS, [["z", "council MEETS", "", ""]])
    bring(workspace, later.rename(later.with_stem("later")))
    assert aliases_of(workspace) == {**ALIASES, "z": "c"}
    with pytest.raises(TableError, match=r"later\.jsonl was imported later, with labels or ids"):
        take_back(workspace, find_record(workspace, "table.csv"))
    take_back(workspace, find_record(workspace, "later.jsonl"))
    take_back(workspace, find_record(workspace, "table.csv"))
    assert aliases_of(workspace) == {}


@pytest.mark.parametrize("row", [["b", "Another text", "", ""], ["p2", "Flood hits coast", "", ""]])
def test_an_id_never_stands_for_two_texts(
    workspace: Workspace, table: Path, tmp_path: Path, row: list[str]
):
    bring(workspace, table)
    before = files_of(workspace)
    other = write_table(tmp_path, "jsonl", COLUMNS, [["new", "Flood hits COAST", "", ""], row])
    with pytest.raises(TableError, match="line 2 has an item_id under which the pool has another"):
        bring(workspace, other)
    assert files_of(workspace) == before


def test_the_check_names_an_id_that_lost_its_item_or_is_one(workspace: Workspace, table: Path):
    bring(workspace, table, Defaults(annotator="ann"))
    assert not [found for found in examine(workspace.path) if found.file == "aliases.csv"]
    workspace.aliases.append([["gone", "nowhere"], ["p2", "p1"], ["a row", "of", "three"]])
    told = [found for found in examine(workspace.path) if found.file == "aliases.csv"]
    assert sorted(found.item_id or "" for found in told) == ["", "gone", "p2"]
    assert exported(workspace, table.parent)


def test_they_are_in_a_backup(workspace: Workspace, table: Path, tmp_path: Path):
    bring(workspace, table)
    restored = restore(back_up(workspace), tmp_path / "restored")
    assert aliases_of(restored) == ALIASES
