import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PoolError
from core.pool import _columns, _read_carefully, _read_fast, read_pool, require_items
from core.workspace import open_workspace
from tests.conftest import MakeWorkspace

FIELD = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def test_a_header_names_further_columns(make_workspace: MakeWorkspace):
    pool = read_pool(make_workspace([("item_id", "text", "place"), ("1", "a b", "x"), ("2", "c")]))
    assert pool.columns == ["place"]
    assert pool.table.to_pylist() == [
        {"item_id": "1", "text": "a b", "place": "x"},
        {"item_id": "2", "text": "c", "place": ""},
    ]


def test_without_a_header_the_first_two_fields_count(make_workspace: MakeWorkspace):
    pool = read_pool(make_workspace([("1", "a", "more"), ("2", "b")]))
    assert pool.texts.to_pylist() == ["a", "b"]
    assert pool.findings == []


def test_files_are_read_in_the_order_of_their_names(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    (workspace.path / "unlabeled_data" / "a.csv").write_text("item_id,text,kind\n9,z,k\n")
    pool = read_pool(workspace)
    assert pool.ids.to_pylist() == ["9", "1"]
    assert pool.table["kind"].to_pylist() == ["k", ""]


def test_bad_rows_are_named_and_the_rest_is_read(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    file = workspace.path / "unlabeled_data" / "pool.csv"
    file.write_bytes(b'item_id,text\n1,a\n,no id\n2,\xff\n3\n4,x,y\n5,"half\n6,fine\n')
    pool = read_pool(workspace)
    assert pool.ids.to_pylist() == ["1", "6"]
    assert sorted(finding.line for finding in pool.findings) == [3, 4, 5, 6, 7]
    assert all("unlabeled_data/pool.csv line" in finding.message for finding in pool.findings)


def test_a_repeated_column_is_refused(make_workspace: MakeWorkspace):
    with pytest.raises(PoolError, match="repeated column"):
        read_pool(make_workspace([("item_id", "text", "a", "a"), ("1", "x", "", "")]))


def test_an_empty_or_missing_pool_has_no_items(tmp_path: Path):
    pool = read_pool(open_workspace(tmp_path))
    assert len(pool) == 0
    with pytest.raises(PoolError, match="pool is empty"):
        require_items(pool)


def test_a_changed_file_is_read_again(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    assert len(read_pool(workspace)) == 1
    with (workspace.path / "unlabeled_data" / "pool.csv").open("a") as file:
        file.write("2,b\n")
    assert read_pool(workspace).ids.to_pylist() == ["1", "2"]


def test_a_damaged_cache_is_rebuilt(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    read_pool(workspace)
    (stored,) = workspace.cache.glob("pool-*/items.arrow")
    stored.write_bytes(stored.read_bytes().replace(b"a", b"b"))
    assert read_pool(workspace).texts.to_pylist() == ["a"]


def test_without_leave_nothing_is_written(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    assert read_pool(workspace, write_cache=False).texts.to_pylist() == ["a"]
    assert not workspace.cache.exists()


def test_texts_are_looked_up_by_id(make_workspace: MakeWorkspace):
    pool = read_pool(make_workspace([("1", "a"), ("2", "b"), ("1", "later")]))
    assert pool.texts_of(["2", "9", "1"]) == {"2": "b", "1": "a"}


@given(st.lists(st.tuples(FIELD, FIELD)), st.booleans())
def test_the_fast_reader_agrees_with_the_careful_one(tmp_path_factory, rows, with_header):
    file = tmp_path_factory.mktemp("pool") / "pool.csv"
    with file.open("w", newline="", encoding="utf-8") as target:
        header = [("item_id", "text")] if with_header else []
        csv.writer(target).writerows([*header, *rows])
    columns, has_header = _columns(file)
    fast = _read_fast(file, columns, has_header)
    careful, findings = _read_carefully(file, columns, has_header)
    if fast is not None:
        assert fast.to_pylist() == careful.to_pylist()
        assert findings == []


@given(st.binary(max_size=60))
def test_the_fast_reader_never_reads_what_the_careful_one_refuses(tmp_path_factory, data: bytes):
    file = tmp_path_factory.mktemp("pool") / "pool.csv"
    file.write_bytes(data)
    columns, has_header = ["item_id", "text"], False
    fast = _read_fast(file, columns, has_header)
    careful, findings = _read_carefully(file, columns, has_header)
    if fast is not None:
        assert fast.to_pylist() == careful.to_pylist()
        assert findings == []


def test_a_file_name_is_a_name_and_no_pattern(make_workspace: MakeWorkspace):
    folder = make_workspace().path / "unlabeled_data"
    folder.mkdir()
    for at, name in enumerate(("p*.csv", "p[ab].csv", "pa.csv", "p?.csv")):
        (folder / name).write_text(f"{at},text {at}\n")
    pool = read_pool(open_workspace(folder.parent))
    assert sorted(pool.ids.to_pylist()) == ["0", "1", "2", "3"]


def test_positions_are_the_first_rows_in_the_order_asked(make_workspace: MakeWorkspace):
    pool = read_pool(make_workspace([(item, "text") for item in ["b", "a", "b", "c", "a"]]))
    found = pool.positions(["c", "nobody", "a", "b", "c"])
    assert list(found.items()) == [("c", 3), ("a", 1), ("b", 0)]
    assert pool.positions([]) == {}
