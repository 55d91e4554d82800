import csv
import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PoolError
from core.pool.csv_files import (
    NotPlainError,
    PoolFile,
    careful_blocks,
    open_pool_file,
    plain_blocks,
)
from core.system import csv_rows
from core.system.csv_rows import parse_rows, read_row_blocks
from core.system.findings import Finding, Kind

FIELD = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def rows_of(batches: list[pa.RecordBatch]) -> list[dict[str, str]]:
    return [row for batch in batches for row in batch.to_pylist()]


def plain(file: PoolFile) -> list[dict[str, str]] | None:
    try:
        return rows_of(
            list(plain_blocks(file.path, file.columns, file.header_lines, file.delimiter))
        )
    except NotPlainError:
        return None


def careful(file: PoolFile) -> tuple[list[dict[str, str]], list[Finding]]:
    blocks = list(careful_blocks(file.path, file))
    findings = [finding for _, found in blocks for finding in found]
    return rows_of([batch for batch, _ in blocks]), findings


@given(st.lists(st.tuples(FIELD, FIELD)), st.booleans())
def test_the_fast_reader_agrees_with_the_careful_one(tmp_path_factory, rows, with_header):
    path = tmp_path_factory.mktemp("pool") / "pool.csv"
    with path.open("w", newline="", encoding="utf-8") as target:
        header = [("item_id", "text")] if with_header else []
        csv.writer(target).writerows([*header, *rows])
    file = open_pool_file(path)
    found = plain(file)
    if found is not None:
        assert (found, []) == careful(file)


HEADS = ["id,text", "TEXT,id", "text", "headline,label", 'id,text,"a\nb"', "\nid,text", "id,what"]


@given(st.sampled_from(HEADS), st.lists(st.lists(FIELD, min_size=1, max_size=3)), st.booleans())
def test_the_readers_agree_under_every_header(tmp_path_factory, head: str, rows, tabs: bool):
    path = tmp_path_factory.mktemp("pool") / ("pool.TSV" if tabs else "pool.csv")
    delimiter = "\t" if tabs else ","
    with path.open("w", newline="", encoding="utf-8") as target:
        target.write(head.replace(",", delimiter) + "\n")
        csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(rows)
    file = open_pool_file(path)
    assert file.header_lines == head.count("\n") + 1
    found, (read, findings) = plain(file), careful(file)
    assert found in (None, read)
    if found is not None:
        assert not findings
    assert len(read) + len(findings) == len(rows)


@given(st.binary(max_size=60))
def test_the_fast_reader_never_reads_what_the_careful_one_refuses(tmp_path_factory, data: bytes):
    path = tmp_path_factory.mktemp("pool") / "pool.csv"
    path.write_bytes(data)
    file = PoolFile(path)
    found = plain(file)
    if found is not None:
        assert (found, []) == careful(file)


PIECES = st.lists(st.sampled_from([b"a", b'"', b",", b"\n", b"\r\n", b"\xff", b"\xef\xbb\xbf"]))


@given(PIECES, st.integers(1, 9))
def test_a_file_read_by_parts_has_the_same_rows(tmp_path_factory, pieces, window):
    data = b"".join(pieces)
    path = tmp_path_factory.mktemp("pool") / "pool.csv"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "MAX_JOINED_LINES", 3)
        whole = parse_rows(data if data.endswith(b"\n") else data + b"\n")
        parts = list(read_row_blocks(path, window=window))
    assert [row for rows, _ in parts for row in rows] == whole.rows
    assert [row for _, bad in parts for row in bad] == whole.bad


@pytest.mark.parametrize("window", [1, 2, 3, 4, 100])
@pytest.mark.parametrize(
    ("data", "is_plain"), [(b"1,a\r\n2,b\r\n", True), (b"1,a\r2,b\n", False), (b"1,a\r", False)]
)
def test_a_carriage_return_alone_is_not_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int, data: bytes, is_plain: bool
):
    monkeypatch.setattr("core.pool.csv_files.AT_ONCE", window)
    path = tmp_path / "pool.csv"
    path.write_bytes(data)
    assert (plain(open_pool_file(path)) is not None) == is_plain


@pytest.mark.parametrize("header", [b"item_id,text,de\xc7", b'item_id,text,"de'])
def test_a_header_that_is_no_row_takes_no_item_with_it(tmp_path: Path, header: bytes):
    path = tmp_path / "pool.csv"
    path.write_bytes(header + b"\n1,a,b\n2,c,d\n")
    with pytest.raises(PoolError, match="line 1: the header is not valid UTF-8, or has a quote"):
        open_pool_file(path)


def test_a_column_whose_name_holds_a_comma_is_one_column(tmp_path: Path):
    path = tmp_path / "pool.csv"
    path.write_bytes(b'item_id,text,"desk, floor"\n1,a,b\n')
    assert open_pool_file(path).columns == ("item_id", "text", "desk, floor")


def told(file: PoolFile) -> list[tuple[Kind, int | None]]:
    return [(finding.kind, finding.line) for finding in file.findings]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,text\n1,a\n", []),
        ("id,what\n1,a\n", [(Kind.UNSURE_HEADER, 1)]),
        ("\n\nid,what\n1,a\n", [(Kind.UNSURE_HEADER, 3)]),
        ("lfd,text\n1,a\n", [(Kind.UNSURE_HEADER, 1)]),
        ("Nummer,Text der Frage\n1,a\n2,b\n", [(Kind.UNSURE_HEADER, 1)]),
        ("All our headlines\nid,text\n1,a\n", [(Kind.UNSURE_HEADER, 2)]),
        ("sep=,\nid,text\n1,a\n", [(Kind.UNSURE_HEADER, 2)]),
        ("1,a\n2,b\n", []),
        ('1,"' + "a\n" * 50 + 'id,text\n"\n2,b\n', []),
        ("id,what", []),
        ("", []),
    ],
)
def test_a_header_in_doubt_is_told_with_its_line(tmp_path: Path, content: str, expected):
    path = tmp_path / "pool.csv"
    path.write_text(content)
    assert told(open_pool_file(path)) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("1,räumt\n".encode("utf-16"), "is UTF-16. Save it as UTF-8"),
        ("1,a\n2,b\n".encode("utf-16-be"), "is UTF-16"),
        ("id,text\n1,a\n".encode("utf-16-le"), "is UTF-16"),
        (gzip.compress(b"1,a\n", mtime=0), "is compressed. Unpack it"),
        (b"PK\x03\x04and so on", "is a zip archive or an Excel file"),
        (b"1,a\r2,b\r", "ends its lines as old Macs did"),
    ],
)
def test_what_is_no_csv_is_passed_over_and_told(tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "pool.csv"
    path.write_bytes(content)
    file = open_pool_file(path)
    assert file.unread
    assert told(file) == [(Kind.PASSED_OVER, None)]
    assert reason in file.findings[0].message


@pytest.mark.parametrize(
    ("name", "content", "delimiter"),
    [
        ("a.csv", "id;text\n", ";"),
        ("a.csv", "Text|ID|Date\n", "|"),
        ("a.csv", "text\tlabel\n", "\t"),
        ("a.tsv", "id,text\n", ","),
        ("a.csv", "text\n", ","),
        ("a.csv", "1;The river\n", ","),
        ("a.csv", "id,text,a;b\n", ","),
        ("a.csv", "id;text", ","),
    ],
)
def test_a_plain_header_tells_what_divides_the_cells(
    tmp_path: Path, name: str, content: str, delimiter: str
):
    path = tmp_path / name
    path.write_text(content)
    assert open_pool_file(path).delimiter == delimiter
