import csv
import errno
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LogError
from core.system.append_file import CsvFile
from core.system.csv_rows import Quotes, format_rows, parse_rows, read_row_blocks

# Everything that a person can type; half a surrogate pair cannot be written as UTF-8 at all.
FIELD = st.text(st.characters(exclude_categories=["Cs"]))
ROW = st.lists(FIELD, min_size=2, max_size=5)


def log(folder: Path, **options) -> CsvFile:
    return CsvFile(folder / "log.csv", folder / "torn", **options)


@given(st.lists(ROW))
def test_any_text_survives_the_way_in_and_out(rows: list[list[str]]):
    parsed = parse_rows(format_rows(rows))
    assert [row.fields for row in parsed.rows] == rows
    assert parsed.bad == []


@given(st.binary())
def test_any_bytes_are_read_or_reported(data: bytes):
    parsed = parse_rows(data)
    lines = {row.line for row in parsed.rows} | {bad.line for bad in parsed.bad}
    assert all(1 <= line <= data.count(b"\n") + 1 for line in lines)
    assert parsed.whole_bytes <= len(data)


@given(st.lists(ROW, min_size=1), st.data())
def test_a_cut_loses_no_row_before_it(rows: list[list[str]], data: st.DataObject):
    whole = format_rows(rows)
    cut = data.draw(st.integers(0, len(whole)))
    kept = [row.fields for row in parse_rows(whole[:cut]).rows if row.whole]
    before = sum(len(format_rows(rows[: n + 1])) <= cut for n in range(len(rows)))
    assert kept[:before] == rows[:before]


def test_a_stray_quote_swallows_no_other_row():
    parsed = parse_rows(b'1,"half a quote\n2,fine\n3,"also, fine"\n4,fine\n')
    assert [row.fields[0] for row in parsed.rows] == ["2", "3", "4"]
    assert [bad.line for bad in parsed.bad] == [1]


def test_windows_line_ends_byte_order_mark_and_blank_lines_are_fine():
    parsed = parse_rows(b'\xef\xbb\xbf1,a\r\n\r\n\n2,"b,c"\r\n')
    assert [(row.line, row.fields) for row in parsed.rows] == [(1, ["1", "a"]), (4, ["2", "b,c"])]


def test_invalid_utf8_is_reported_with_its_line():
    parsed = parse_rows(b'1,a\n2,\xff\n3,"\xfe\n"\n4,d\n')
    assert [row.fields[0] for row in parsed.rows] == ["1", "4"]
    assert [(bad.line, bad.reason) for bad in parsed.bad] == [
        (2, "is not valid UTF-8"),
        (3, "is not valid UTF-8"),
    ]


def test_a_missing_file_has_no_rows(tmp_path: Path):
    assert log(tmp_path).read().rows == []


def test_a_new_file_begins_with_the_header_and_only_grows(tmp_path: Path):
    file = log(tmp_path, header=("a", "b"))
    file.append([["1", "x"]])
    before = file.path.read_bytes()
    file.append([["2", "y"]])
    assert file.path.read_bytes() == before + b"2,y\n"
    assert before == b"a,b\n1,x\n"


def test_a_torn_last_line_is_kept_aside_before_anything_is_appended(tmp_path: Path):
    file = log(tmp_path)
    file.path.write_bytes(b"1,a\n2,hal")
    assert file.torn_line() == b"2,hal"
    file.append([["3", "c"]])
    assert file.path.read_bytes() == b"1,a\n3,c\n"
    (kept,) = (tmp_path / "torn").iterdir()
    assert kept.read_bytes() == b"2,hal"


def test_a_whole_last_line_without_a_line_end_stays(tmp_path: Path):
    file = log(tmp_path, is_whole=lambda fields: len(fields) == 3)
    file.path.write_bytes(b"1,a,1\n2,b,1")
    assert file.mend() is None
    file.append([["3", "c", "1"]])
    assert file.path.read_bytes() == b"1,a,1\n2,b,1\n3,c,1\n"


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch):
    file = log(tmp_path)
    file.append([["1", "a"]])
    real = os.write

    def short_write(handle: int, data: bytes) -> int:
        if len(data) > 3:
            return real(handle, data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", short_write)
    with pytest.raises(LogError, match=r"log\.csv cannot be written: No space left"):
        file.append([["2", "bbbb"]])
    assert file.path.read_bytes() == b"1,a\n"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    file = CsvFile(tmp_path / "file" / "log.csv", tmp_path / "torn")
    with pytest.raises(LogError, match="cannot be written"):
        file.append([["1", "a"]])


def _append_many(folder: Path, name: str) -> None:
    for number in range(200):
        log(folder).append([[f"{name}-{number}", "x" * 100]])


def test_processes_that_append_at_once_lose_and_mix_nothing(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(tmp_path, name)) for name in "abcd"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    parsed = log(tmp_path).read()
    assert parsed.bad == []
    ids = [row.fields[0] for row in parsed.rows]
    assert sorted(ids) == sorted(f"{name}-{n}" for name in "abcd" for n in range(200))


def test_rows_are_on_disk_before_the_append_returns(tmp_path: Path, monkeypatch):
    steps = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda *args: steps.append("write") or write(*args))
    monkeypatch.setattr(os, "fsync", lambda *args: steps.append("fsync") or fsync(*args))
    file = log(tmp_path)
    file.append([["1", "a"]])
    # The new file's name, then its rows.
    assert steps == ["fsync", "write", "fsync"]
    file.append([["2", "b"]])
    assert steps[3:] == ["write", "fsync"]


def test_a_torn_line_is_on_disk_elsewhere_before_it_leaves_the_file(tmp_path: Path, monkeypatch):
    file = log(tmp_path)
    file.path.write_bytes(b"1,a\n2,hal")
    real = os.ftruncate

    def truncate(handle: int, size: int) -> None:
        (kept,) = (tmp_path / "torn").iterdir()
        assert kept.read_bytes() == b"2,hal"
        assert synced == 3  # the folder's name, the copy and its name
        real(handle, size)

    synced = 0
    fsync = os.fsync

    def count(handle: int) -> None:
        nonlocal synced
        synced += 1
        fsync(handle)

    monkeypatch.setattr(os, "ftruncate", truncate)
    monkeypatch.setattr(os, "fsync", count)
    assert file.mend() is not None


@given(st.lists(st.lists(FIELD, min_size=4, max_size=4), max_size=4), st.data())
def test_a_torn_row_of_any_number_of_lines_leaves_whole_rows_only(
    tmp_path_factory, rows: list[list[str]], data: st.DataObject
):
    file = log(tmp_path_factory.mktemp("cut"), header=("a", "b", "c", "d"))
    whole = [format_rows([row]) for row in (file.header, *rows)]
    cut = data.draw(st.integers(0, len(b"".join(whole))))
    file.path.write_bytes(b"".join(whole)[:cut])
    kept = file.mend()
    ends = [len(b"".join(whole[:number])) for number in range(len(whole) + 1)]
    assert file.path.stat().st_size == max(end for end in ends if end <= cut)
    assert file.path.read_bytes() + (kept.read_bytes() if kept else b"") == b"".join(whole)[:cut]


@given(st.lists(ROW, min_size=1, max_size=4))
def test_no_whole_row_is_ever_taken_for_a_torn_one(tmp_path_factory, rows: list[list[str]]):
    file = log(tmp_path_factory.mktemp("whole"))
    file.path.write_bytes(format_rows(rows))
    assert file.mend() is None


@pytest.mark.parametrize("note", ["\n\n\n", "ends\n", "1,2\n", 'a,"b"\n", c\n'])
def test_a_whole_row_that_looks_torn_stays(tmp_path: Path, note: str):
    for fields in (["1", note], ["1", note, "x", "y"]):
        file = log(tmp_path, header=("a", "b"))
        file.path.write_bytes(b"a,b\n" + format_rows([fields]))
        assert file.mend() is None


def test_a_stray_quote_that_somebody_typed_is_no_torn_row(tmp_path: Path):
    file = log(tmp_path)
    file.path.write_bytes(b'1,"half a quote\n2,fine\n3,fine too\n')
    file.append([["4", "d"]])
    assert file.path.read_bytes() == b'1,"half a quote\n2,fine\n3,fine too\n4,d\n'


def test_torn_copies_survive_a_clock_that_stands_still(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_000)
    file = log(tmp_path)
    for number in range(3):
        with file.path.open("ab") as opened:
            opened.write(b"torn %d" % number)
        file.append([[str(number), "x"]])
    kept = {path.name: path.read_bytes() for path in (tmp_path / "torn").iterdir()}
    assert kept == {f"log.csv.1000{end}": b"torn %d" % n for n, end in enumerate(("", "-2", "-3"))}


def test_what_cannot_be_taken_back_is_told(tmp_path: Path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    file = log(tmp_path)
    file.append([["1", "a"]])
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        broken.setattr(os, "ftruncate", fail)
        with pytest.raises(LogError, match="Some of it may stand there"):
            file.append([["2", "b"]])
    file.append([["3", "c"]])
    assert [row.fields[0] for row in file.read().rows] == ["1", "2", "3"]


def test_a_quote_on_every_line_is_read_in_a_moment():
    # Each opens a field that no later line can close: 3,000 of them once took 21 seconds.
    data = b'1,"x\n' * 20_000
    assert len(parse_rows(data).bad) == 20_000


@given(
    st.lists(st.sampled_from(['"', '""', 'a"', ',"', "x", '"x', "\r", " "]), max_size=9).map(
        "\n".join
    )
)
def test_a_record_ends_where_csv_itself_finds_its_quotes_closed(text: str):
    lines = (text + "\n").encode().split(b"\n")[:-1]
    found = parse_rows((text + "\n").encode())
    at, expected = 0, []
    while at < len(lines):
        ends = range(at + 1, len(lines) + 1)
        end = next((end for end in ends if is_record(b"\n".join(lines[at:end]))), None)
        if lines[at].strip(b"\r"):
            expected.append((at + 1, end is not None))
        at = end or at + 1
    told = [(row.line, True) for row in found.rows] + [(bad.line, False) for bad in found.bad]
    assert sorted(told) == expected


def is_record(line: bytes) -> bool:
    try:
        return len(list(csv.reader([line.removesuffix(b"\r").decode()], strict=True))) <= 1
    except csv.Error:
        return False


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        (Quotes("'"), [["1", "a;b"], ["2", 'a "b"'], ["3", "it's"], ["4", "two\nlines"]]),
        (Quotes(""), [["1", "'a", "b'"], ["2", 'a "b"'], ["3", "it's"], ["4", "'two"], ["lines'"]]),
    ],
)
def test_other_quotes_or_none_divide_the_rows(
    tmp_path: Path, quotes: Quotes, expected: list[list[str]]
):
    path = tmp_path / "table.csv"
    path.write_bytes(b"1;'a;b'\n2;a \"b\"\n3;it's\n4;'two\nlines'\n")
    (rows, bad), *rest = [part for part in read_row_blocks(path, ";", quotes=quotes) if any(part)]
    assert not rest
    assert not bad
    assert [row.fields for row in rows] == expected


def test_quotes_may_be_escaped_and_stand_behind_spaces():
    data = b'1, "a \\"b\\", c"\n2, d\n'
    found = parse_rows(data, quotes=Quotes(escape="\\", spaced=True))
    assert [row.fields for row in found.rows] == [["1", 'a "b", c'], ["2", "d"]]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_last_row_of_several_lines_needs_no_line_end_in_a_table(tmp_path: Path, end: bytes):
    path = tmp_path / "table.csv"
    path.write_bytes(b'1,a\n2,"two\nlines, and"' + end)
    for window in (3, 1000):
        parts = [*read_row_blocks(path, window=window)]
        assert [row.fields for rows, _ in parts for row in rows] == [
            ["1", "a"],
            ["2", "two\nlines, and"],
        ]
        assert not any(bad for _, bad in parts)
