"""The bytes of a text file are recognized, or refused with the line."""

import codecs
import random
import tomllib
import unicodedata
from pathlib import Path

import pytest

from core.errors import TableError
from core.exchange.tables.encodings import AT_ONCE, as_utf8, recognize

SENTENCES = {
    name: text.splitlines()
    for name, text in tomllib.loads(
        Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8")
    ).items()
}

PAGES = {
    "en": "cp1252 mac_roman cp850 cp437 iso-8859-1",
    "en_euro": "cp1252 mac_roman iso-8859-15",
    "de": "cp1252 cp1250 iso-8859-1 mac_roman cp850 cp437",
    "fr": "cp1252 iso-8859-15 mac_roman cp850",
    "es": "cp1252 iso-8859-1 mac_roman cp850",
    "pt": "cp1252 iso-8859-1 mac_roman cp850",
    "it": "cp1252 mac_roman cp850",
    "nl": "cp1252 mac_roman cp850",
    "da": "cp1252 mac_roman cp865",
    "sv": "cp1252 mac_roman cp850",
    "no": "cp1252 mac_roman cp865",
    "fi": "cp1252 mac_roman cp850",
    "is": "cp1252 mac_iceland cp861",
    "pl": "cp1250 iso-8859-2 mac_latin2 cp852",
    "cs": "cp1250 iso-8859-2 mac_latin2 cp852",
    "sk": "cp1250 iso-8859-2 mac_latin2 cp852",
    "hu": "cp1250 iso-8859-2 mac_latin2 cp852",
    "ro": "cp1250 iso-8859-2 mac_romanian",
    "hr": "cp1250 iso-8859-2 mac_croatian cp852",
    "sl": "cp1250 iso-8859-2 mac_croatian cp852",
    "tr": "cp1254 iso-8859-9 mac_turkish cp857",
    "et": "cp1257 iso-8859-13 iso-8859-4 cp775",
    "lv": "cp1257 iso-8859-13 iso-8859-4 cp775",
    "lt": "cp1257 iso-8859-13 iso-8859-4 cp775",
    "vi": "cp1258",
    "ru": "cp1251 koi8-r cp866 mac_cyrillic iso-8859-5 cp855",
    "uk": "cp1251 koi8-u mac_cyrillic iso-8859-5 cp1125",
    "bg": "cp1251 mac_cyrillic iso-8859-5 cp866",
    "sr": "cp1251 mac_cyrillic iso-8859-5",
    "el": "cp1253 iso-8859-7 mac_greek cp737",
    "he": "cp1255 iso-8859-8 cp862",
    "ar": "cp1256 iso-8859-6 cp720",
    "fa": "cp1256",
    "th": "cp874 tis-620",
    "ja": "cp932 shift_jis euc_jp iso2022_jp",
    "zh_hans": "gb18030 gb2312 gbk",
    "zh_hant": "big5 cp950 gb18030",
    "ko": "cp949 euc_kr johab",
}
"""What each language is written in, by Windows and by others."""

TONES = "\u0300\u0301\u0303\u0309\u0323"
"""The marks of Vietnamese that its code page writes behind the letter."""


def as_written(text: str, page: str) -> str:
    """The text with the letters that this page has for it."""
    if page == "cp1258":
        return "".join(map(with_tone_behind, text))
    if page in ("cp1250", "iso-8859-2"):
        return text.translate(str.maketrans("șțȘȚ", "şţŞŢ"))
    return text.replace("،", ",") if page == "cp720" else text


def with_tone_behind(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    tone = "".join(part for part in parts if part in TONES)
    return unicodedata.normalize("NFC", "".join(x for x in parts if x not in TONES)) + tone


def table(lines: list[str]) -> str:
    return "id,text\n" + "".join(f"{at},{line}\n" for at, line in enumerate(lines))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def test_there_are_many_pairs_of_language_and_page():
    assert len(PAGES) == len(SENTENCES) == 38
    assert sum(len(pages.split()) for pages in PAGES.values()) >= 130


@pytest.mark.parametrize("language", PAGES)
def test_a_page_is_recognized_by_ten_lines(path: Path, language: str):
    for page in PAGES[language].split():
        text = as_written(table(SENTENCES[language][:10]), page)
        name = recognize(written(path, text.encode(page))).name
        assert path.read_bytes().decode(name) == text, (page, name)


@pytest.mark.parametrize("language", PAGES)
def test_few_lines_are_recognized_or_the_right_page_is_an_alternative(path: Path, language: str):
    chance = random.Random(language)
    for page in PAGES[language].split():
        for _ in range(2):
            lines = chance.sample(SENTENCES[language], 2)
            text = as_written(table(lines), page)
            found = recognize(written(path, text.encode(page)))
            names = (found.name, *found.alternatives)
            assert text in [path.read_bytes().decode(name, "replace") for name in names], page


@pytest.mark.parametrize("page", ["cp1250", "cp1252", "mac_latin2"])
def test_lines_of_several_languages_are_read_in_one_page(path: Path, page: str):
    languages = {"cp1250": "pl de hu", "cp1252": "fr de da pt", "mac_latin2": "cs de pl"}[page]
    lines = [line for language in languages.split() for line in SENTENCES[language][:5]]
    random.Random(1).shuffle(lines)
    name = recognize(written(path, table(lines).encode(page))).name
    assert path.read_bytes().decode(name) == table(lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("language", ["de", "ja"])
def test_marks_and_utf_8_are_recognized(path: Path, encoding: str, language: str):
    found = recognize(written(path, table(SENTENCES[language]).encode(encoding)))
    assert found.name == encoding
    assert not found.alternatives


def test_big_endian_marks_are_recognized(path: Path):
    text = table(SENTENCES["de"])
    written(path, codecs.BOM_UTF16_BE + text.encode("utf-16-be"))
    plain = as_utf8(path, recognize(path).name, path.parent)
    assert plain.read_text(encoding="utf-8").lstrip("\ufeff") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("language", ["en", "ru", "ja", "zh_hant", "ko"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_wide_characters_need_no_mark(path: Path, encoding: str, language: str, end: str):
    text = end.join(SENTENCES[language]) + end
    assert recognize(written(path, text.encode(encoding))).name == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_zero_that_strayed_in_makes_no_wide_characters(path: Path, encoding: str):
    text = table(SENTENCES["fr"]).replace("grève", "gr\0ve", 1)
    found = recognize(written(path, text.encode(encoding)))
    assert path.read_bytes().decode(found.name) == text


def test_text_of_an_older_program_is_read_as_it_was(path: Path):
    text = "id;text\n" + "1;Überschwemmung an der Küste für Müller\n" * 40
    written(path, text.encode("cp1252"))
    plain = as_utf8(path, recognize(path).name, path.parent)
    assert plain.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ";"])
def test_lines_may_end_in_any_way(path: Path, end: str):
    text = end.join(SENTENCES["pl"] * 9)
    name = recognize(written(path, text.encode("iso-8859-2"))).name
    assert path.read_bytes().decode(name) == text


@pytest.mark.parametrize("page", ["cp932", "gb18030", "cp949"])
def test_a_long_line_without_spaces_is_read(path: Path, page: str):
    language = {"cp932": "ja", "gb18030": "zh_hans", "cp949": "ko"}[page]
    text = "".join(SENTENCES[language] * 50).replace(" ", "")
    assert recognize(written(path, text.encode(page))).name == page


def test_what_is_not_ascii_counts_wherever_it_stands(path: Path):
    plain = "0,call now and win a prize today\n" * (AT_ONCE // 16)
    text = plain + table(SENTENCES["en"]) + plain
    name = recognize(written(path, text.encode("cp1252"))).name
    assert name == "cp1252"


def test_a_byte_that_a_page_lacks_does_not_speak_against_all_the_rest(path: Path):
    data = table(SENTENCES["sv"] * 20).encode("cp1252") + b"240,\x81\n"
    name = recognize(written(path, data)).name
    assert name == "cp1252"
    with pytest.raises(TableError, match=r"table\.csv line \d+ or later"):
        as_utf8(path, name, path.parent)


@pytest.mark.parametrize("bad", [b"caf\xe9", b"\xff\xfe", "Grüße".encode("cp1252")])
def test_utf_8_with_a_bad_line_is_utf_8(path: Path, bad: bytes):
    lines = [f"{at},{SENTENCES['de'][at % 12]}".encode() for at in range(10_000)]
    lines[9_000] = b"9000," + bad
    assert recognize(written(path, b"\n".join(lines))).name == "utf-8"


def test_utf_8_with_a_bad_line_behind_the_first_block_is_utf_8(path: Path):
    line = "1,Größere Bäume, schönere Gärten\n".encode()
    data = line * (AT_ONCE // len(line) + 2) + b"2,caf\xe9\n" + line
    assert recognize(written(path, data)).name == "utf-8"


@pytest.mark.parametrize("sign", ["£", "€"])
def test_a_sign_of_money_in_english_is_no_letter_of_another_script(path: Path, sign: str):
    lines = [
        f"{at},GET {sign}{at}00 now! msg WIN to 8{at}614. {sign}1.{at}0/txt" for at in range(12)
    ]
    path.write_bytes("\n".join(["id,text", *lines]).encode("cp1252"))
    assert recognize(path).name == "cp1252"


def test_doubt_is_told_and_shown(path: Path):
    doubtful = recognize(written(path, b"1,B\xe3\n2,plain\n"))
    assert doubtful.alternatives
    assert len(doubtful.samples) == 1 + len(doubtful.alternatives)
    for name, line in zip((doubtful.name, *doubtful.alternatives), doubtful.samples, strict=True):
        assert line == f"1,B{bytes([0xE3]).decode(name)}"


def test_romanian_letters_that_look_alike_raise_no_doubt(path: Path):
    text = as_written(table(SENTENCES["ro"]), "cp1250")
    found = recognize(written(path, text.encode("cp1250")))
    assert (found.name, found.alternatives) == ("cp1250", ())


@pytest.mark.parametrize("data", [bytes(range(256)) * 9, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9])
def test_what_is_no_text_is_refused(path: Path, data: bytes):
    with pytest.raises(TableError, match="not text in any known encoding"):
        recognize(written(path, data))


@pytest.mark.parametrize("data", [b"", b"a\n", b"\n", b"\0"])
def test_plain_files_are_utf_8(path: Path, data: bytes):
    assert recognize(written(path, data)).name == "utf-8"


def test_the_wrong_encoding_is_refused_with_the_line(path: Path):
    written(path, b"a\nb\n\x81\n")
    refusal = r"table\.csv line \d+ or later is not cp1252"
    with pytest.raises(TableError, match=refusal):
        as_utf8(path, "cp1252", path.parent)


@pytest.mark.parametrize("encoding", ["no-such", "base64", "utf\x00"])
def test_what_is_no_encoding_of_texts_is_refused(path: Path, encoding: str):
    written(path, b"a\n")
    with pytest.raises(TableError, match="there is no encoding"):
        as_utf8(path, encoding, path.parent)
