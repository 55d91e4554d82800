"""The command `import`, in one process with the test."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from core.__main__ import app
from core.workspace.layout import Workspace, open_workspace
from tests.conftest import MakeWorkspace
from tests.exchange.test_importer import COLUMNS, POOL, ROWS, files_of, labels_of
from tests.tables import write_table


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


def run(workspace: Workspace, *arguments: object) -> Result:
    given = ["import", *map(str, arguments), "--data", str(workspace.path)]
    return CliRunner().invoke(app, given)


def test_it_brings_in_and_tells_what(workspace: Workspace, tmp_path: Path):
    table = write_table(tmp_path, "xlsx", COLUMNS, ROWS)
    told = json.loads(run(workspace, table, "--strategy", "theirs", "--json").stdout)
    assert (told["items"], told["labels"], told["copies"], told["aliases"]) == (3, 3, 0, 2)
    assert {item[4] for item in labels_of(workspace)} == {"theirs"}


def test_a_dry_run_tells_how_a_table_would_be_read_and_writes_nothing(
    workspace: Workspace, tmp_path: Path
):
    table, before = write_table(tmp_path, "tsv", COLUMNS, ROWS), files_of(workspace)
    told = json.loads(run(workspace, table, "--dry-run", "--json").stdout)
    assert (told["kind"], told["encoding"], told["delimiter"]) == ("csv", "utf-8", "\t")
    assert told["read_as"]["text"] == "text"
    assert told["rows"] == ROWS[:10]
    assert files_of(workspace) == before


def test_columns_and_words_can_be_given(workspace: Workspace, tmp_path: Path):
    rows = [["x", "one", "yes"], ["y", "two", "no"]]
    table = write_table(tmp_path, "csv", ("text", "words", "says"), rows)
    given = ("--text", "words", "--id", "text", "--label", "says", "--label-map", "yes=1,no=0")
    assert run(workspace, table, *given).exit_code == 0
    assert {item[:3] for item in labels_of(workspace)} == {("x", "one", "1"), ("y", "two", "0")}


def test_a_refused_table_ends_with_1_and_says_line_and_reason(workspace: Workspace, tmp_path: Path):
    table = write_table(tmp_path, "csv", ("id", "text", "label"), [["a", "one", "maybe"]])
    before = files_of(workspace)
    refused = run(workspace, table)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "line 2 has the label `maybe`" in refused.stderr
    assert files_of(workspace) == before


@pytest.mark.parametrize("given", ["yes", "yes=", "=1", "a=1,,b=0"])
def test_a_map_of_labels_that_is_none_is_wrong_usage(
    workspace: Workspace, tmp_path: Path, given: str
):
    table = write_table(tmp_path, "csv", ("text",), [["one"]])
    assert run(workspace, table, "--label-map", given).exit_code == 2


@pytest.mark.parametrize("option", ["--split", "--text", "--encoding", "--delimiter"])
def test_what_cannot_be_meant_is_refused(workspace: Workspace, tmp_path: Path, option: str):
    table = write_table(tmp_path, "csv", ("text",), [["one"]])
    refused = run(workspace, table, option, "no such thing")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "no such thing" in refused.stderr


def test_a_folder_that_is_not_there_is_made_unless_the_table_is_refused(tmp_path: Path):
    good = write_table(tmp_path, "csv", ("id", "text", "label"), [["a", "one", "1"]])
    new = tmp_path / "new" / "workspace"
    bad = tmp_path / "bad.csv"
    bad.write_text("id,text,label\na,one,maybe\n")
    assert CliRunner().invoke(app, ["import", str(bad), "--data", str(new)]).exit_code == 1
    assert not new.exists()
    assert CliRunner().invoke(app, ["import", str(good), "--data", str(new)]).exit_code == 0
    assert len(labels_of(open_workspace(new))) == 1


def test_an_import_is_taken_back_by_the_name_of_its_table(workspace: Workspace, tmp_path: Path):
    table, before = write_table(tmp_path, "csv", COLUMNS, ROWS), labels_of(workspace)
    run(workspace, table)
    told = json.loads(run(workspace, table, "--take-back", "--json").stdout)
    assert told["file"] == "set_aside/unlabeled_data/table.csv"
    assert (told["items"], told["labels"]) == (3, 3)
    assert labels_of(workspace) == before
    again = run(workspace, table, "--take-back")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "No import is called `table.csv`" in again.stderr


def test_how_a_table_was_read_is_told_in_one_line(workspace: Workspace, tmp_path: Path):
    table = write_table(tmp_path, "tsv", COLUMNS, ROWS)
    first = run(workspace, table, "--annotator", "annotator").stdout.splitlines()[0]
    assert first == (
        'Read as CSV in utf-8, separated by tabs, quotes ", the first row names the columns. '
        "Text: `text`; Id: `id`; Label: `label`; Labeled by: `annotator`."
    )


def test_rows_that_stay_unlabeled_are_counted_by_their_words(workspace: Workspace, tmp_path: Path):
    rows = [["a", "one", "maybe"], ["b", "two", "1"], ["c", "three", "maybe"]]
    table = write_table(tmp_path, "csv", ("id", "text", "label"), rows)
    told = run(workspace, table, "--leave-unlabeled").stdout
    assert "2 rows stay unlabeled: `maybe` (2) are not labels of this task. Their column" in told
