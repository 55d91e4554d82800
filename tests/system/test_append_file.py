from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.system.append_file import CsvFile, Made, read_records
from core.system.csv_rows import Rows
from core.system.findings import Finding, Kind

PIECES = [b"a,b\n", b"\xef\xbb\xbf", b'"x\n', b'y"', b"\n", b"\r", b",", b"\xff", b'""', b"1,2"]


def as_rows(content: Rows, has_header: bool) -> Made[tuple[int, tuple[str, ...], bool]]:
    """Rows as they stand, the first one of a file marked; bad rows are findings."""
    found = [(row.line, tuple(row.fields), row.whole) for row in content.rows]
    marked = [(line, ("header", *fields), whole) for line, fields, whole in found[:has_header]]
    bad = [Finding(Kind.MALFORMED_ROW, "", row.reason, row.line) for row in content.bad]
    return [*marked, *found[has_header:]], bad


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8), min_size=1, max_size=5))
def test_a_grown_file_reads_as_if_it_were_read_at_once(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("grown")
    file = CsvFile(folder / "log.csv", folder / "torn")
    for part in parts:
        with file.path.open("ab") as opened:
            opened.write(b"".join(part))
        grown = read_records(file, "rows", as_rows)
        assert grown == read_records(CsvFile(file.path, file.torn), "rows", as_rows)


def test_only_what_has_come_is_read(tmp_path: Path):
    read: list[int] = []

    def counted(content: Rows, has_header: bool) -> Made[tuple[int, tuple[str, ...], bool]]:
        read.append(len(content.rows))
        return as_rows(content, has_header)

    file = CsvFile(tmp_path / "log.csv", tmp_path / "torn")
    file.append([["a", "b"]] * 3)
    read_records(file, "rows", counted)
    file.append([["c", "d"]])
    assert len(read_records(file, "rows", counted)[0]) == 4
    assert read == [3, 1]


def test_an_edited_file_is_read_anew(tmp_path: Path):
    file = CsvFile(tmp_path / "log.csv", tmp_path / "torn")
    file.append([["a", "b"], ["c", "d"]])
    read_records(file, "rows", as_rows)
    file.path.write_bytes(b"x,b\nc,d\ne,f\n")
    records, _ = read_records(file, "rows", as_rows)
    assert [fields for _, fields, _ in records] == [("header", "x", "b"), ("c", "d"), ("e", "f")]
