"""What is brought in comes whole or not at all, and once however often it is brought."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import TableError, UnwritableError
from core.exchange.exporter import export
from core.exchange.import_types import Defaults
from core.exchange.importer import ImportResult, import_data
from core.exchange.tables.opening import open_table
from core.exchange.tables.reader import Reading
from core.exchange.tables.roles import Columns
from core.pool.csv_files import plain_blocks
from core.system.csv_rows import read_rows
from core.workspace.layout import Workspace, filling
from core.workspace.logs import read_aliases
from core.workspace.registry import create
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import SPLITS
from core.workspace.task_toml import DEFAULT_TASK_FILE
from tests.conftest import MakeWorkspace
from tests.tables import KINDS, write_table

COLUMNS = ("id", "text", "label", "annotator", "labeled_at", "topic")
ROWS = [
    ["n1", "flood hits coast", "1", "ada", "2026-01-31T12:00:00Z", "weather"],
    ["n2", "council, meets", "0", "", "", "=1+1"],
    ["n3", "FLOOD  hits coast", "1", "ada", "2026-01-31T12:01:00Z", "copy"],
    ["n4", "quake shakes valley", "", "", "", "weather"],
    ["n5", "court opens", "0", "bob", "", ""],
]
POOL = [["p1", "Council, meets"], ["p2", "union rejects plan"]]


NAMED = {"id": "item_id", "text": "text", "label": "label"}
NAMED |= {"annotator": "annotator", "labeled_at": "labeled_at"}


def columns_of(names: Sequence[str]) -> Columns:
    """What each of `COLUMNS` holds, of those that the table has."""
    return Columns(**{what: name for name, what in NAMED.items() if name in names})


def bring(
    workspace: Workspace, path: Path, unsaid: Defaults | None = None, **more: object
) -> ImportResult:
    table = open_table(path)
    return import_data(workspace, table, columns_of(table.columns), unsaid, **more)


def files_of(workspace: Workspace) -> dict[str, bytes]:
    """Every file of the workspace with its bytes, but those that can be made again."""
    return {
        path.relative_to(workspace.path).as_posix(): path.read_bytes()
        for path in workspace.path.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }


def labels_of(workspace: Workspace) -> set[tuple[str, ...]]:
    splits = read_snapshot(workspace).labels.splits
    return {
        (x.item_id, x.text, x.label, x.split, x.strategy, x.annotator)
        for split in SPLITS
        for x in splits[split]
    }


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


@pytest.mark.parametrize("kind", KINDS)
def test_items_and_labels_come_in_from_every_kind(workspace: Workspace, tmp_path: Path, kind: str):
    intake = bring(
        workspace, write_table(tmp_path, kind, COLUMNS, ROWS), Defaults(strategy="theirs")
    )
    assert (intake.rows, intake.items, intake.copies, intake.known) == (5, 3, 0, 1)
    assert "2 rows have the text of another row; they get its label at export." in (
        intake.sentences()
    )
    assert read_aliases(workspace.aliases, []) == {"n3": "n1", "n2": "p1"}
    assert labels_of(workspace) == {
        ("n1", "flood hits coast", "1", "training", "theirs", "ada"),
        ("p1", "Council, meets", "0", "training", "theirs", ""),
        ("n5", "court opens", "0", "training", "theirs", "bob"),
    }


def test_the_pools_new_file_is_one_that_the_fast_reader_takes(workspace: Workspace, tmp_path: Path):
    intake = bring(workspace, write_table(tmp_path, "csv", COLUMNS, ROWS))
    path = workspace.path / intake.file
    rows = read_rows(path, intake.file).rows
    assert rows[0].fields == ["item_id", "text", "topic"]
    fast = [b.to_pylist() for b in plain_blocks(path, rows[0].fields, skip=1)]
    assert [list(row.values()) for part in fast for row in part] == [r.fields for r in rows[1:]]


def test_the_same_import_again_changes_no_byte(workspace: Workspace, tmp_path: Path):
    path = write_table(tmp_path, "csv", COLUMNS, ROWS)
    bring(workspace, path)
    before = files_of(workspace)
    again = bring(workspace, path)
    assert files_of(workspace) == before
    assert (again.items, again.labels, again.known_labels) == (0, 0, 3)


def test_ids_are_made_of_texts_and_stay_the_same(workspace: Workspace, tmp_path: Path):
    first = write_table(tmp_path, "csv", ("text",), [["flood hits coast"], ["court opens"]])
    bring(workspace, first)
    second = write_table(tmp_path, "jsonl", ("text",), [["Court  OPENS"], ["new text"]])
    intake = bring(workspace, second)
    assert (intake.items, intake.known) == (1, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["p2", "another text", "", "", "", ""], "line 3 has an item_id under which the pool has"),
        (["n9", "a text", "maybe", "", "", ""], "line 3 has the label `maybe`"),
        (["n9", " ", "", "", "", ""], "line 3 has no text"),
        (["", "a text", "", "", "", ""], "line 3 has no item_id"),
        (["n1", "a text", "", "", "", ""], "line 3 has the item_id `n1` of line 2"),
        (["n9", "a text", "1", "", "yesterday", ""], "line 3 has `yesterday` for when"),
    ],
)
def test_a_bad_row_refuses_the_file_and_leaves_every_byte(
    workspace: Workspace, tmp_path: Path, row: list[str], reason: str
):
    path, before = write_table(tmp_path, "csv", COLUMNS, [ROWS[0], row]), files_of(workspace)
    with pytest.raises(TableError, match=rf"1 of 2 rows cannot be imported: {reason}"):
        bring(workspace, path)
    assert files_of(workspace) == before
    intake = bring(workspace, path, leave_out_bad_rows=True)
    assert (intake.items, [bad.line for bad in intake.left_out]) == (1, [3])


def test_the_first_five_bad_rows_are_named_and_all_are_counted(
    workspace: Workspace, tmp_path: Path
):
    path = write_table(tmp_path, "csv", ("id", "text"), [[f"n{at}", " "] for at in range(8)])
    with pytest.raises(TableError, match=r"8 of 8 rows.*line 6 has no text; and 3 more"):
        bring(workspace, path)


def test_words_for_labels_are_mapped_and_unknown_ones_can_stay_out(
    workspace: Workspace, tmp_path: Path
):
    rows = [["a", "one", "yes"], ["b", "two", "NOT"], ["c", "three", "maybe"]]
    path = write_table(tmp_path, "csv", ("id", "text", "label"), rows)
    words = Defaults(labels={"yes": "1", "not": "0"}, refuse_unknown=False)
    intake = bring(workspace, path, words)
    assert (intake.items, intake.labels) == (3, 2)


def test_a_text_under_two_labels_stays_unlabeled(workspace: Workspace, tmp_path: Path):
    rows = [["a", "one", "1"], ["b", "One", "0"], ["c", "two", "1"]]
    intake = bring(workspace, write_table(tmp_path, "csv", ("id", "text", "label"), rows))
    assert intake.disagreeing == ["one"]
    assert {item[0] for item in labels_of(workspace)} == {"c"}


def test_a_label_that_was_given_here_is_never_changed(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    workspace = make_workspace(POOL, {("training", "1"): [["p2", POOL[1][1], "1", "random"]]})
    rows = [["p2", POOL[1][1], "0"]]
    intake = bring(workspace, write_table(tmp_path, "csv", ("id", "text", "label"), rows))
    assert intake.differing == ["p2"]
    assert {(item[0], item[2]) for item in labels_of(workspace)} == {("p2", "1")}


def test_held_out_texts_are_counted_and_kept_out_of_training(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    workspace = make_workspace(POOL, {("evaluation", "1"): [["e1", "flood hits coast", "1"]]})
    intake = bring(workspace, write_table(tmp_path, "csv", COLUMNS, ROWS))
    assert intake.kept_out == 1
    usable = read_snapshot(workspace).labels.usable_training
    assert "flood hits coast" not in {item.text for item in usable}
    assert any("not used for training" in sentence for sentence in intake.sentences())


def test_labels_become_evaluation_data_only_where_it_is_said(workspace: Workspace, tmp_path: Path):
    path = write_table(tmp_path, "csv", ("id", "text", "label"), [["a", "one", "1"]])
    bring(workspace, path, Defaults(split="evaluation"))
    assert {item[3] for item in labels_of(workspace)} == {"evaluation"}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_an_export_restores_every_label(active: Snapshot, tmp_path: Path, form: str):
    export(active, tmp_path / f"out.{form}", form)
    empty = empty_workspace(tmp_path, active)
    import_data(empty, open_table(tmp_path / f"out.{form}"))
    assert labels_of(empty) == labels_of(active.workspace)


def empty_workspace(folder: Path, like: Snapshot) -> Workspace:
    path = folder / "empty"
    path.mkdir()
    return Workspace(path, like.workspace.task)


KILLED_AFTER = """
import os, signal, sys
from pathlib import Path
from core.exchange import importer
from core.exchange.tables.roles import Columns
from core.exchange.tables.opening import open_table
from core.workspace.layout import open_workspace

def killing(step):
    def run(*given):
        step(*given)
        os.kill(os.getpid(), signal.SIGKILL)
    return run

name, number = sys.argv[3], int(sys.argv[4])
step = getattr(importer, name)
calls = []
def counted(*given):
    calls.append(given)
    return (killing(step) if len(calls) == number else step)(*given)
setattr(importer, name, counted)
table = open_table(Path(sys.argv[2]))
columns = Columns("text", "id", "label", annotator="annotator", labeled_at="labeled_at")
importer.import_data(open_workspace(Path(sys.argv[1])), table, columns)
"""


@pytest.mark.parametrize(
    ("step", "number"),
    [("_write_csv", 1), ("append_labels", 1), ("append_records", 1), ("append_records", 2)],
)
def test_a_killed_import_is_completed_by_the_same_import(
    workspace: Workspace, tmp_path: Path, step: str, number: int
):
    path = write_table(tmp_path, "csv", COLUMNS, ROWS)
    command = [sys.executable, "-c", KILLED_AFTER, workspace.path, path, step, str(number)]
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(command, cwd=root, env={**os.environ}, check=False)
    assert killed.returncode == -signal.SIGKILL
    bring(workspace, path)
    rows = sorted(
        tuple(row.fields)
        for _, _, file in workspace.label_files()
        for row in read_rows(file.path, file.name).rows
    )
    assert [row[0] for row in rows] == ["n1", "n5", "p1"]
    assert read_aliases(workspace.aliases, []) == {"n3": "n1", "n2": "p1"}
    snapshot = read_snapshot(workspace)
    assert sorted(snapshot.pool_words.pool.ids.to_pylist()) == ["n1", "n4", "n5", "p1", "p2"]
    assert [event.item_id for event in snapshot.logs.events] == ["n1", "n5"]
    assert [proposal.item_id for proposal in snapshot.logs.proposals] == ["n1", "n5"]
    assert len({item[0] for item in labels_of(workspace)}) == 3


@contextmanager
def no_file_above(most: int) -> Iterator[None]:
    """A disk on which every file is cut off at so many bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_without_room_for_the_items_leaves_the_workspace_as_it_was(
    workspace: Workspace, tmp_path: Path
):
    rows = [[f"n{at}", f"flood number {at}", "1"] for at in range(5_000)]
    path = write_table(tmp_path, "csv", ("id", "text", "label"), rows)
    read_snapshot(workspace)
    before = files_of(workspace)
    with no_file_above(50_000), pytest.raises(TableError, match=r"too large\. Nothing was"):
        bring(workspace, path)
    assert files_of(workspace) == before


def test_what_a_full_disk_left_out_of_the_labels_the_same_import_completes(
    workspace: Workspace, tmp_path: Path
):
    texts = [f"flood number {at:03} and all that it has left" for at in range(1_000)]
    rows = [[f"n{at}", text, str(int(at < 5))] for at, text in enumerate(texts)]
    items = write_table(tmp_path, "csv", ("id", "text"), [row[:2] for row in rows])
    bring(workspace, items)
    path = write_table(tmp_path, "csv", ("id", "text", "label"), rows)
    with no_file_above(45_000), pytest.raises(UnwritableError, match=r"not_related\.csv cannot be"):
        bring(workspace, path)
    assert bring(workspace, path).labels + 5 == len(labels_of(workspace)) == 1_000


def test_leaving_out_bad_rows_endorses_no_wrong_reading(workspace: Workspace, tmp_path: Path):
    path, before = tmp_path / "t.csv", files_of(workspace)
    rows = "".join(f'"river {at}, again, and again","{at % 2}"\n' for at in range(300))
    path.write_text(f"text,label\n{rows}")
    table = open_table(path, Reading(quote="none"))
    with pytest.raises(TableError, match=r"rows cannot be read so.*With --quote '\""):
        import_data(workspace, table, Columns(table.columns[0]), leave_out_bad_rows=True)
    assert files_of(workspace) == before


def mails(folder: Path) -> Path:
    rows = [["a", "Flood", "It rose."], ["b", "", "No subject."], ["c", "Only a subject", " "]]
    return write_table(folder, "csv", ("id", "subject", "body"), rows)


def test_a_text_of_several_columns_is_joined_by_empty_lines(workspace: Workspace, tmp_path: Path):
    columns = Columns("subject", "id", further_texts=("body",))
    import_data(workspace, open_table(mails(tmp_path)), columns)
    pool = read_snapshot(workspace).pool_words.pool
    texts = ["Flood\n\nIt rose.", "No subject.", "Only a subject"]
    assert pool.table["text"].to_pylist()[-3:] == texts
    assert list(pool.columns) == []


def test_a_table_gets_a_workspace_of_its_own_or_leaves_none(tmp_path: Path):
    task = DEFAULT_TASK_FILE.read_text(encoding="utf-8")
    table = open_table(write_table(tmp_path, "csv", COLUMNS, [*ROWS, ["n1", "other", *[""] * 4]]))
    columns, shelf = columns_of(COLUMNS), tmp_path / "shelf"
    shelf.mkdir()
    workspace = create("news", task, shelf)
    with (
        pytest.raises(TableError, match="item_id `n1` of line 2"),
        filling(workspace.path, is_new=True),
    ):
        import_data(workspace, table, columns)
    assert list(shelf.iterdir()) == []
    workspace = create("news", task, shelf)
    with filling(workspace.path, is_new=True):
        result = import_data(workspace, table, columns, leave_out_bad_rows=True)
    assert (workspace.path, result.items, result.labels) == (shelf / "news", 4, 3)


def test_whoever_leaves_an_import_leaves_no_workspace(tmp_path: Path):
    task = DEFAULT_TASK_FILE.read_text(encoding="utf-8")
    table = open_table(write_table(tmp_path, "csv", COLUMNS, ROWS))
    told = []

    def leave(words: str, *_: int) -> None:
        told.append(words)
        if len(told) == n_told:
            raise KeyboardInterrupt

    for n_told in range(1, 20):
        shelf = tmp_path / f"shelf{n_told}"
        shelf.mkdir()
        told.clear()
        workspace = create("news", task, shelf)
        try:
            with filling(workspace.path, is_new=True):
                import_data(workspace, table, columns_of(COLUMNS), progress=leave)
        except KeyboardInterrupt:
            assert list(shelf.iterdir()) == []
        else:
            break
    assert 1 < n_told < 19
