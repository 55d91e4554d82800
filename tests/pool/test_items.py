import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PoolError
from core.pool import builder
from core.pool import items as pool_room
from core.pool.csv_files import NotPlainError, plain_blocks
from core.pool.hashing import hash_keys
from core.pool.items import Pool, only_grew, require_items
from core.system.csv_rows import WINDOW
from core.system.findings import Kind
from core.system.progress import in_words
from core.workspace.layout import Workspace, open_workspace
from tests.conftest import MakeWorkspace, write_csv
from tests.worlds import pool_of, pool_words_of


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


HEADS = st.sampled_from(["", "item_id,text\n", "id,text,kind\n", "\nText,a\n", "id,Frage\n"])
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


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the fast reader was asked to read."""
    texts = []
    plain_blocks = builder.plain_blocks

    def watched(path: Path, *rest: object):
        texts.append(path.read_text())
        return plain_blocks(path, *rest)

    monkeypatch.setattr(builder, "plain_blocks", watched)
    return texts


def add(workspace: Workspace, content: str, name: str = "pool.csv") -> None:
    with (workspace.path / "unlabeled_data" / name).open("a", newline="") as file:
        file.write(content)


def test_of_a_file_that_grew_only_the_end_is_read(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, seen: list[str]
):
    monkeypatch.setattr(builder, "LITTLE", 0)
    workspace = make_workspace([("item_id", "text"), ("1", "a")])
    pool_of(workspace)
    for line in ("2,b\n", "3,c\n"):
        add(workspace, line)
        pool_of(workspace)
    assert seen == ["item_id,text\n1,a\n", "2,b\n", "3,c\n"]
    assert [piece.rows for piece in pool_of(workspace).pieces] == [1, 1, 1]


def test_of_a_file_that_grows_row_by_row_the_pieces_stay_few(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, seen: list[str]
):
    monkeypatch.setattr(builder, "LITTLE", 10)
    workspace = make_workspace([("item_id", "text"), ("1", "a")])
    for number in range(2, 6):
        pool_of(workspace)
        add(workspace, f"{number},b\n")
    pool = pool_of(workspace)
    assert seen == ["item_id,text\n1,a\n", "2,b\n", "2,b\n3,b\n", "2,b\n3,b\n4,b\n", "5,b\n"]
    assert [piece.rows for piece in pool.pieces] == [1, 3, 1]
    assert content(pool) == content(read_anew(workspace))


def test_a_bad_row_far_above_does_not_have_a_grown_file_read_again(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, seen: list[str]
):
    monkeypatch.setattr(builder, "LITTLE", 0)
    monkeypatch.setattr(builder, "MAX_JOINED_LINES", 2)
    workspace = make_workspace([("1", "a")])
    add(workspace, '2,"open\n3,c\n')
    pool_of(workspace)
    add(workspace, "4,d\n")
    pool_of(workspace)
    add(workspace, "5,e\n")
    found = pool_of(workspace)
    # What follows an open quote may close it, for a while.
    assert seen == ['1,a\n2,"open\n3,c\n', '1,a\n2,"open\n3,c\n4,d\n', "5,e\n"]
    assert [finding.line for finding in found.findings] == [2]


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


def while_read(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object]) -> None:
    """Something happens each time when the fast reader is done with a file."""
    plain_blocks = builder.plain_blocks

    def read(*arguments: object):
        yield from plain_blocks(*arguments)
        happen()

    monkeypatch.setattr(builder, "plain_blocks", read)


def test_a_file_that_grows_while_it_is_read_is_read_as_far_as_it_was(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    workspace, late = make_workspace([("1", "a")]), ["2,b\n3,"]
    while_read(monkeypatch, lambda: late and add(workspace, late.pop()))
    first, then = pool_of(workspace), pool_of(workspace)
    assert first.ids.to_pylist() == ["1"]
    assert then.ids.to_pylist() == ["1", "2"]
    assert first.stamps < then.stamps


@pytest.mark.parametrize("rows", [[("1", "b"), ("2", "c")], [("1", "a")], []])
def test_a_file_that_is_written_anew_while_it_is_read_is_read_again(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str]]
):
    workspace = make_workspace([("1", "a"), ("2", "b")])
    late = [rows]
    path = workspace.path / "unlabeled_data" / "pool.csv"
    while_read(monkeypatch, lambda: late and write_csv(path, late.pop()))
    pool = pool_of(workspace)
    assert [*zip(pool.ids.to_pylist(), pool.texts.to_pylist(), strict=True)] == rows


@pytest.mark.parametrize("content", ["id,text\n1,{}\n2,b\n", "id,text,{}\n1,a\n2,b\n"])
def test_a_file_that_never_stands_still_is_told(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, content: str
):
    workspace, turns = make_workspace([("id", "text"), ("1", "a"), ("2", "b")]), count(1)
    path = workspace.path / "unlabeled_data" / "pool.csv"
    while_read(monkeypatch, lambda: path.write_text(content.format(next(turns))))
    with pytest.raises(PoolError, match="keep changing"):
        pool_of(workspace)


@pytest.mark.parametrize("tail", ["3,half", '3,"half\n4,', "3", ",", '"', "3,half\r"])
def test_a_last_line_without_its_line_end_waits_and_is_told(
    make_workspace: MakeWorkspace, tail: str
):
    workspace = make_workspace([("1", "a"), ("2", "b")])
    pool_of(workspace)
    add(workspace, tail)
    for pool in (pool_of(workspace), read_anew(workspace)):
        assert pool.ids.to_pylist() == ["1", "2"]
        (told,) = pool.waiting
        assert (told.kind, told.file) == (Kind.WAITING_LINE, "unlabeled_data/pool.csv")
        assert told.line == 3 + tail.count("\n")
        assert told in pool.findings


def test_a_line_that_waited_comes_in_with_its_line_end(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    for piece in ("2,", "half", " and half", "\r", "\n", "3,c"):
        add(workspace, piece)
        ids = pool_of(workspace).ids.to_pylist()
        assert ids == (["1", "2"] if piece in ("\n", "3,c") else ["1"])
    assert pool_of(workspace).texts.to_pylist() == ["a", "half and half"]


def test_nothing_waits_where_nothing_stands_behind_the_last_line_end(
    make_workspace: MakeWorkspace,
):
    workspace = make_workspace([("1", "a")])
    add(workspace, " \r")
    assert pool_of(workspace).findings == []


def test_a_pool_of_one_line_without_a_line_end_says_why_it_is_empty(make_workspace: MakeWorkspace):
    workspace = make_workspace()
    (workspace.path / "unlabeled_data").mkdir()
    add(workspace, "1,the only item")
    with pytest.raises(PoolError, match="line 1: the last line waits for its line end"):
        require_items(pool_of(workspace))


def test_a_header_that_is_being_written_is_none_yet(make_workspace: MakeWorkspace):
    workspace = make_workspace()
    (workspace.path / "unlabeled_data").mkdir()
    rows = []
    for piece in ("id,text,a", ",a", "b\n1,x,", "y,z\n"):
        add(workspace, piece)
        rows.append(pool_of(workspace).table.to_pylist())
    assert rows == [[], [], [], [{"item_id": "1", "text": "x", "a": "y", "ab": "z"}]]


@pytest.mark.parametrize("change", ["grown", "another", "touched"])
def test_a_pool_that_only_grew_is_known_as_such(make_workspace: MakeWorkspace, change: str):
    workspace = make_workspace([("1", "a"), ("2", "b")])
    add(workspace, "3,waits")
    pool, path = pool_of(workspace), workspace.path / "unlabeled_data" / "pool.csv"
    match change:
        case "grown":
            add(workspace, " no more\n4,d")
        case "another":
            add(workspace, "5,e\n", "a.csv")
        case "touched":
            os.utime(path, (1, 1))
    assert only_grew(workspace.path, pool)


@pytest.mark.parametrize("change", ["text", "shorter", "gone", "nothing"])
def test_a_pool_that_changed_otherwise_is_known_as_such(make_workspace: MakeWorkspace, change: str):
    workspace = make_workspace([("1", "a"), ("2", "b")])
    pool, path = pool_of(workspace), workspace.path / "unlabeled_data" / "pool.csv"
    match change:
        case "text":
            path.write_text("1,a\n2,x\n3,c\n")
        case "shorter":
            path.write_text("1,a\n")
        case "gone":
            path.unlink()
    assert only_grew(workspace.path, pool) == (change == "nothing")


BLOCK = 74_400
FAULTS = {
    "open quote": (b'x,"open\n', "has a quote that is not closed"),
    "text after a quote": (b'x,"closed" and more\n', "text after a closed one"),
    "no UTF-8": (b"x,caf\xe9\n", "is not valid UTF-8"),
    "a column too many": (b"x,text,a,b\n", "has 4 fields, the header 3"),
    "no text": (b"x\n", "the row has no text"),
    "no id": (b" ,text\n", "the item_id is empty"),
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool file of more than one block for either reader."""
    path = tmp_path_factory.mktemp("large") / "pool.csv"
    words = " and the council of the town meets again" * 6
    rows = [(at, f"headline {at}{words}", "north") for at in range(BLOCK)]
    return write_csv(path, [("id", "text", "place"), *rows])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_behind_the_first_block_costs_its_row_alone(
    make_workspace: MakeWorkspace, large: Path, fault: str
):
    workspace = make_workspace()
    path = workspace.path / "unlabeled_data" / "pool.csv"
    path.parent.mkdir()
    row, reason = FAULTS[fault]
    path.write_bytes(large.read_bytes() + row + b"last,the last one,south\n")
    assert path.stat().st_size > WINDOW
    with pytest.raises(NotPlainError):
        list(plain_blocks(path, ("item_id", "text", "place"), skip=1))
    pool = pool_of(workspace, write_cache=False)
    assert [(each.kind, each.line) for each in pool.findings] == [(Kind.MALFORMED_ROW, BLOCK + 2)]
    assert reason in pool.findings[0].message
    assert len(pool) == BLOCK + 1
    assert pool.ids[BLOCK - 1].as_py() == str(BLOCK - 1)
    assert pool.table.slice(BLOCK).to_pylist() == [
        {"item_id": "last", "text": "the last one", "place": "south"}
    ]


@pytest.mark.parametrize("odd", [b"x,a\rb,y\n", b'x,"a\nb",y\n\nz,\n'])
def test_what_is_odd_behind_the_first_block_is_read_as_before_it(
    make_workspace: MakeWorkspace, large: Path, odd: bytes
):
    folder = make_workspace().path / "unlabeled_data"
    folder.mkdir()
    head, _, rows = large.read_bytes().partition(b"\n")
    pools = []
    for content in (odd + rows, rows + odd):
        (folder / "pool.csv").write_bytes(head + b"\n" + content)
        pools.append(pool_of(open_workspace(folder.parent), write_cache=False))
    first, last = pools
    assert first.findings == last.findings == []
    number = len(first) - BLOCK
    assert number
    assert first.table.slice(number).equals(last.table.slice(0, BLOCK))
    assert first.table.slice(0, number).equals(last.table.slice(BLOCK))


def test_tables_of_other_endings_and_headers_are_read_together(make_workspace: MakeWorkspace):
    workspace = make_workspace()
    (workspace.path / "unlabeled_data").mkdir()
    for name, text in {
        "a.CSV": "Text,ID,Place\none,1,x\n",
        "b.tsv": 'item_id\ttext\n2\t"two, with\ta tab"\n',
        "c.Tsv": "3\tthree, all of it\n",
        "d.csv": "headline,label\nFour  winds,1\nfour WINDS,0\n",
        "e.csv": "\ufefftext\nfive\n",
        "f.csv": "ID;Text;Place\n6;six, of all;y\n",
    }.items():
        add(workspace, text, name)
    pool = pool_of(workspace)
    assert pool.findings == []
    made = [f"t-{key:016x}" for key in hash_keys(["Four winds", "five"])]
    assert pool.ids.to_pylist() == ["1", "2", "3", made[0], made[0], made[1], "6"]
    texts = ["one", "two, with\ta tab", "three, all of it", "Four  winds", "four WINDS", "five"]
    assert pool.texts.to_pylist() == [*texts, "six, of all"]
    assert pool.columns == ["Place", "label"]
    assert pool.table["Place"].to_pylist() == ["x", "", "", "", "", "", "y"]
    assert pool.table["label"].to_pylist() == ["", "", "", "1", "0", "", ""]


def test_the_same_bytes_under_another_ending_are_other_items(make_workspace: MakeWorkspace):
    workspace = make_workspace()
    folder = workspace.path / "unlabeled_data"
    folder.mkdir()
    add(workspace, "1\ta,b\n", "pool.csv")
    first = pool_words_of(workspace)
    (folder / "pool.csv").rename(folder / "pool.tsv")
    then = pool_words_of(workspace)
    assert first.pool.table.to_pylist() == [{"item_id": "1\ta", "text": "b"}]
    assert then.pool.table.to_pylist() == [{"item_id": "1", "text": "a,b"}]
    assert (first.words.to_pylist(), then.words.to_pylist()) == (["b"], ["a,b"])


def test_the_same_bytes_in_files_that_are_divided_otherwise_are_other_items(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(builder, "LITTLE", 0)
    workspace = make_workspace()
    (workspace.path / "unlabeled_data").mkdir()
    for name, header in {"a.csv": "id,text\n", "b.csv": "id;text\n"}.items():
        add(workspace, header, name)
        pool_words_of(workspace)
        add(workspace, "1;a,b;c\n", name)
        found = pool_words_of(workspace)
    assert found.pool.ids.to_pylist() == ["1;a"]  # the other row has a cell too many
    assert [finding.file for finding in found.pool.findings] == ["unlabeled_data/b.csv"]
    add(workspace, "2;a,b\n", "a.csv")
    pool_words_of(workspace)
    add(workspace, "2;a,b\n", "b.csv")
    found = pool_words_of(workspace)
    assert found.pool.texts.to_pylist() == ["b;c", "b", "a,b"]
    assert [found.tokens[at].as_py() for at in found.token_bags.ids.tolist()] == ["b;c", "b", "a,b"]


def test_made_ids_outlast_every_change_of_the_file(make_workspace: MakeWorkspace):
    workspace = make_workspace([("text",), ("one",), ("two",)])
    ids = pool_of(workspace).ids.to_pylist()
    write_csv(
        workspace.path / "unlabeled_data" / "pool.csv",
        [("date", "text"), ("1", "zero"), ("2", "two"), ("3", "one")],
    )
    assert pool_of(workspace).ids.to_pylist()[1:] == ids[::-1]


def test_a_file_that_is_no_text_takes_nothing_with_it(make_workspace: MakeWorkspace):
    workspace = make_workspace([("1", "a")])
    (workspace.path / "unlabeled_data" / "z.csv").write_bytes("2,räumt\n3,b\n".encode("utf-16"))
    pool = pool_of(workspace)
    assert pool.ids.to_pylist() == ["1"]
    assert [(each.kind, each.file) for each in pool.findings] == [
        (Kind.PASSED_OVER, "unlabeled_data/z.csv")
    ]


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
