import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PoolError
from core.pool import builder
from core.pool import items as pool_room
from core.pool.items import Pool, require_items
from core.system.progress import in_words
from core.workspace.layout import Workspace, open_workspace
from tests.conftest import MakeWorkspace
from tests.worlds import pool_of


def test_a_header_names_further_columns(make_workspace: MakeWorkspace):
    pool = pool_of(make_workspace([("item_id", "text", "place"), ("1", "a b", "x"), ("2", "c")]))
    assert pool.columns == ["place"]
    assert pool.table.to_pylist() == [
        {"item_id": "1", "text": "a b", "place": "x"},
        {"item_id": "2", "text": "c", "place": ""},
    ]


def test_without_a_header_the_first_two_fields_count(make_workspace: MakeWorkspace):
    pool = pool_of(make_workspace([("1", "a", "more"), ("2", "b")]))
    assert pool.texts.to_pylist() == ["a", "b"]
    assert pool.findings == []


def test_files_are_read_in_the_order_of_their_names(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    (workspace.path / "unlabeled_data" / "a.csv").write_text("item_id,text,kind\n9,z,k\n")
    pool = pool_of(workspace)
    assert pool.ids.to_pylist() == ["9", "1"]
    assert pool.table["kind"].to_pylist() == ["k", ""]


def test_bad_rows_are_named_and_the_rest_is_read(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    file = workspace.path / "unlabeled_data" / "pool.csv"
    file.write_bytes(b'item_id,text\n1,a\n,no id\n2,\xff\n3\n4,x,y\n5,"half\n6,fine\n')
    pool = pool_of(workspace)
    assert pool.ids.to_pylist() == ["1", "6"]
    assert sorted(finding.line for finding in pool.findings) == [3, 4, 5, 6, 7]
    assert all("unlabeled_data/pool.csv line" in finding.message for finding in pool.findings)


def test_a_repeated_column_is_refused(make_workspace: MakeWorkspace):
    with pytest.raises(PoolError, match="repeated column"):
        pool_of(make_workspace([("item_id", "text", "a", "a"), ("1", "x", "", "")]))


def test_an_empty_or_missing_pool_has_no_items(tmp_path: Path):
    pool = pool_of(open_workspace(tmp_path))
    assert len(pool) == 0
    with pytest.raises(PoolError, match="pool is empty"):
        require_items(pool)


def test_a_changed_file_is_read_again(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    assert len(pool_of(workspace)) == 1
    with (workspace.path / "unlabeled_data" / "pool.csv").open("a") as file:
        file.write("2,b\n")
    assert pool_of(workspace).ids.to_pylist() == ["1", "2"]


def test_a_damaged_cache_is_rebuilt(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    pool_of(workspace)
    (stored,) = workspace.cache.glob("pool-*/column1.bytes")
    stored.write_bytes(stored.read_bytes().replace(b"a", b"b"))
    assert pool_of(workspace).texts.to_pylist() == ["a"]


def test_without_leave_nothing_is_written(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    assert pool_of(workspace, write_cache=False).texts.to_pylist() == ["a"]
    assert not workspace.cache.exists()


def test_texts_are_looked_up_by_id(make_workspace: MakeWorkspace):
    pool = pool_of(make_workspace([("1", "a"), ("2", "b"), ("1", "later")]))
    assert pool.texts_of(["2", "9", "1"]) == {"2": "b", "1": "a"}


def test_a_file_name_is_a_name_and_no_pattern(make_workspace: MakeWorkspace):
    folder = make_workspace().path / "unlabeled_data"
    folder.mkdir()
    for at, name in enumerate(("p*.csv", "p[ab].csv", "pa.csv", "p?.csv")):
        (folder / name).write_text(f"{at},text {at}\n")
    pool = pool_of(open_workspace(folder.parent))
    assert sorted(pool.ids.to_pylist()) == ["0", "1", "2", "3"]


def test_positions_are_the_first_rows_in_the_order_asked(make_workspace: MakeWorkspace):
    pool = pool_of(make_workspace([(item, "text") for item in ["b", "a", "b", "c", "a"]]))
    found = pool.positions(["c", "nobody", "a", "b", "c"])
    assert list(found.items()) == [("c", 3), ("a", 1), ("b", 0)]
    assert pool.positions([]) == {}


def content(pool: Pool) -> list[object]:
    order = [pool.id_hashes.tolist(), pool.id_order.tolist()]
    return [pool.table.to_pylist(), pool.findings, pool.columns, *order]


def read_anew(workspace: Workspace) -> Pool:
    return pool_of(workspace, write_cache=False)


HEADS = st.sampled_from(["", "item_id,text\n", "item_id,text,kind\n"])
LINES = st.lists(st.sampled_from(["1,a\n", '2,"b\nc"\n', "3,d,k\n", ",x\n", '4,"e\n', "5,f\r\n"]))


@given(head=HEADS, before=LINES, after=LINES, other=LINES, cut=st.integers(0, 3))
def test_a_changed_pool_is_the_same_as_one_that_is_read_anew(
    tmp_path_factory, head: str, before: list[str], after: list[str], other: list[str], cut: int
):
    workspace = open_workspace(tmp_path_factory.mktemp("workspace"))
    folder = workspace.path / "unlabeled_data"
    folder.mkdir()
    (folder / "b.csv").write_text(head + "".join(before)[: len("".join(before)) - cut])
    (folder / "d.csv").write_text("".join(other))
    pool_of(workspace)
    with (folder / "b.csv").open("a") as file:
        file.write("".join(after))
    (folder / "a.csv").write_text("".join(after))
    found = pool_of(workspace)
    shutil.rmtree(workspace.cache)
    assert content(found) == content(read_anew(workspace))


def test_of_a_file_that_grew_only_the_end_is_read(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    workspace = make_workspace([("item_id", "text"), ("1", "a")])
    file = workspace.path / "unlabeled_data" / "pool.csv"
    seen = []
    plain_blocks = builder.plain_blocks

    def watched(path: Path, *rest: object):
        seen.append(path.read_text())
        return plain_blocks(path, *rest)

    monkeypatch.setattr(builder, "plain_blocks", watched)
    pool_of(workspace)
    for line in ("2,b\n", "3,c\n"):
        with file.open("a") as grown:
            grown.write(line)
        pool_of(workspace)
    assert seen == ["item_id,text\n1,a\n", "2,b\n", "3,c\n"]
    assert [piece.rows for piece in pool_of(workspace).pieces] == [1, 1, 1]


def test_a_file_that_is_only_touched_is_not_read_again(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    workspace = make_workspace([("1", "a")])
    before = pool_of(workspace)
    monkeypatch.setattr(builder, "plain_blocks", None)
    os.utime(workspace.path / "unlabeled_data" / "pool.csv", (1, 1))
    assert pool_of(workspace).key == before.key


def test_a_row_that_changed_in_the_middle_is_seen(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a"), ("2", "b"), ("3", "c")])
    before = pool_of(workspace)
    file = workspace.path / "unlabeled_data" / "pool.csv"
    file.write_text(file.read_text().replace("2,b", "2,x"))
    after = pool_of(workspace)
    assert after.texts.to_pylist() == ["a", "x", "c"]
    assert after.key != before.key


def test_lines_are_counted_from_the_beginning_of_a_file_that_grew(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a"), ("2", "b")])
    pool_of(workspace)
    with (workspace.path / "unlabeled_data" / "pool.csv").open("a") as file:
        file.write("3,c\n,no id\n")
    assert [finding.line for finding in pool_of(workspace).findings] == [4]


def test_a_file_that_changes_while_it_is_read_is_read_again(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    workspace = make_workspace([("1", "a")])
    file = workspace.path / "unlabeled_data" / "pool.csv"
    late = ["2,b\n"]
    plain_blocks = builder.plain_blocks

    def growing(*arguments: object):
        yield from plain_blocks(*arguments)
        if late:
            with file.open("a") as grown:
                grown.write(late.pop())

    monkeypatch.setattr(builder, "plain_blocks", growing)
    assert content(pool_of(workspace)) == content(read_anew(workspace))
    assert len(pool_of(workspace)) == 2


def test_a_file_that_never_stands_still_is_told(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    workspace = make_workspace([("1", "a")])
    file = workspace.path / "unlabeled_data" / "pool.csv"
    plain_blocks = builder.plain_blocks

    def growing(*arguments: object):
        yield from plain_blocks(*arguments)
        with file.open("a") as grown:
            grown.write("2,b\n")

    monkeypatch.setattr(builder, "plain_blocks", growing)
    with pytest.raises(PoolError, match="keep changing"):
        pool_of(workspace)


def test_ids_with_one_hash_are_told_apart(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pool_room, "hash_texts", lambda texts: np.full(len(texts), 7, np.uint64))
    pool = pool_of(make_workspace([("1", "a"), ("2", "b")]))
    assert pool.positions(["2", "3", "1"]) == {"2": 1, "1": 0}


def test_reading_tells_how_far_it_is(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.system.progress.EVERY", 0)
    told: list[str] = []
    pool_of(make_workspace([("1", "a"), ("2", "b")]), progress=in_words(told.append))
    assert told[-1].startswith("reading: 2 items, ")
