"""What a table brings is read the same way at every import, whoever wrote it."""

from pathlib import Path

import pytest

from core.errors import TableError
from core.exchange.foreign_table import read_table
from core.exchange.import_types import Defaults
from core.exchange.tables.opening import open_table
from core.exchange.tables.roles import Columns
from core.workspace.task_toml import default_task
from tests.tables import write_table


def test_own_columns_never_take_the_pools_names(tmp_path: Path):
    path = write_table(tmp_path, "csv", ("id", "headline", "text", "a, b"), [["1", "x", "y", "z"]])
    found = read_table(open_table(path), Columns("headline", "id"), Defaults(), default_task())
    assert found.own == {"own_text": ["y"], "a b": ["z"]}


@pytest.mark.parametrize(
    ("columns", "unsaid", "refusal"),
    [
        (Columns("nothing"), Defaults(), "has no column `nothing`"),
        (Columns("text"), Defaults(split="half"), "`half` is no split"),
    ],
)
def test_what_a_table_lacks_is_refused_by_name(
    tmp_path: Path, columns: Columns, unsaid: Defaults, refusal: str
):
    table = open_table(write_table(tmp_path, "csv", ("text",), [["one"]]))
    with pytest.raises(TableError, match=refusal):
        read_table(table, columns, unsaid, default_task())


@pytest.mark.parametrize(("said", "split"), [("Train", "training"), ("test", "evaluation")])
def test_splits_are_known_by_what_people_call_them(tmp_path: Path, said: str, split: str):
    path = write_table(tmp_path, "csv", ("text", "label", "set"), [["one", "1", said]])
    columns = Columns("text", label="label", split="set")
    found = read_table(open_table(path), columns, Defaults(), default_task())
    assert [each.item.split for each in found.wanted] == [split]


def test_many_annotators_and_columns_are_kept_apart(tmp_path: Path):
    names = [f"own {at}" for at in range(999)]
    wide = write_table(tmp_path, "tsv", ("text", *names), [["one", *map(str, range(999))]])
    rows = [[f"text {at}", "1", f"annotator {at}"] for at in range(5_000)]
    long = write_table(tmp_path, "csv", ("text", "label", "annotator"), rows)
    columns = Columns("text", label="label", annotator="annotator")
    own = read_table(open_table(wide), Columns("text"), Defaults(), default_task()).own
    wanted = read_table(open_table(long), columns, Defaults(), default_task()).wanted
    assert list(own) == names
    assert len({each.proposal.batch_id for each in wanted}) == 5_000
