"""The bytes of a text file are recognized, or refused with the line."""

import codecs
from pathlib import Path

import pytest

from core.errors import TableError
from core.exchange.encodings import as_utf8, recognize

GERMAN = "id;text\n" + "".join(f"{at};Überschwemmung an der Küste für Müller\n" for at in range(40))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marks_and_utf_8_are_recognized(tmp_path: Path, encoding: str):
    path = tmp_path / "table.csv"
    path.write_bytes(GERMAN.encode(encoding))
    assert recognize(path) == encoding


def test_big_endian_marks_are_recognized(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes(codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"))
    with as_utf8(path, recognize(path)) as plain:
        assert plain.read_text(encoding="utf-8").lstrip("\ufeff") == GERMAN


def test_text_of_an_older_program_is_read_as_it_was(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes(GERMAN.encode("cp1252"))
    with as_utf8(path, recognize(path)) as plain:
        assert plain.read_text(encoding="utf-8") == GERMAN


def test_the_wrong_encoding_is_refused_with_the_line(tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a\nb\n\x81\n")
    refusal = r"table\.csv line \d+ or later is not cp1252"
    with pytest.raises(TableError, match=refusal), as_utf8(path, "cp1252"):
        pass


@pytest.mark.parametrize("encoding", ["no-such", "base64", "utf\x00"])
def test_what_is_no_encoding_of_texts_is_refused(tmp_path: Path, encoding: str):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a\n")
    with pytest.raises(TableError, match="there is no encoding"), as_utf8(path, encoding):
        pass
