"""Dialect of a delimited text, recognized: first line, delimiter, quotes, header or not."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from core.exchange.tables.encodings import SAMPLE_BYTES
from core.exchange.tables.roles import is_usual
from core.pool.header import ID, TEXT
from core.system.csv_rows import USUAL_QUOTES, Quotes, is_number, parse_rows, split_record

DELIMITERS = ",\t;|^"  # the first one counts where none divides the rows better
NONE = "none"  # what a person writes for no delimiter, or for quotes that mean nothing

QUOTES = (USUAL_QUOTES, Quotes(spaced=True), Quotes(escape="\\"), Quotes("'"), Quotes(""))
"""The first one counts where none reads the rows better."""

QUOTE = USUAL_QUOTES.mark

SAMPLE_ROWS = 200

QUOTED_LINES = 5_000  # with a quoted cell, from all of the file, by which quotes are judged
LIKELY_SHARE = 0.8  # of the rows that a delimiter divides alike, for it to be one
MOST_TITLES = 20  # lines of titles and comments that a table may stand below
NO_DELIMITER = "\x1f"  # divides the cells of a text without a delimiter: no text holds it

_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b.*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uf900-\ufaff]")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Dialect:
    """How a text is divided: by what, with which quotes, from which line on (counted from 1)."""

    delimiter: str = ""
    quotes: Quotes = USUAL_QUOTES
    first_line: int = 1

    @property
    def quote(self) -> str:
        return self.quotes.mark

    @property
    def divided_by(self) -> str:
        """The character that stands between cells, or one that stands nowhere."""
        return self.delimiter or NO_DELIMITER


@dataclass(frozen=True)
class _Fit:
    """How well a dialect reads the sample: the share of rows of one width, and that width."""

    dialect: Dialect
    share: float
    width: int
    rows: list[tuple[int, list[str]]]
    named: bool

    @property
    def rank(self) -> tuple[float, bool, int]:
        return (self.share, self.named, self.width) if self.width > 1 else (0.0, self.named, 1)


def recognize_dialect(
    plain: Path, ending: str, delimiter: str | None = None, quote: str | None = None
) -> Dialect:
    """The dialect of a UTF-8 text, by the ending of its name and what somebody named of it.

    A `.tsv` is divided by tabs alone; a `.txt` is one text a line unless it looks like a table.
    """
    data = _sample(plain)
    if delimiter is quote is None and data.startswith(b'"item_id","text",'):  # as we write tables
        return Dialect(",", USUAL_QUOTES, 1)
    told = re.match(rb"(?:\xef\xbb\xbf)?sep=(.)\r?\n", data, re.IGNORECASE)
    first_line = 2 if told else 1
    delimiters = "\t" if ending in (".tsv", ".tab") else DELIMITERS
    if told or delimiter is not None:
        delimiters = told[1].decode(errors="replace") if delimiter is None else delimiter
    quotes = [each for each in QUOTES if quote is None or each.mark == quote] or [Quotes(quote)]

    def fits_of(divided_by: str) -> list[_Fit]:
        return [_fit(data, Dialect(divided_by, each, first_line)) for each in quotes]

    every = {each: fits_of(each) for each in delimiters or [""]}
    likeliest = max((fit for fits in every.values() for fit in fits), key=lambda fit: fit.rank)
    best = _by_quotes(every[likeliest.dialect.delimiter])
    if not told and delimiter is None and not _is_table(best, ending):
        best = _by_quotes(fits_of(""))
    found = best.dialect
    if quote is None and found.quote == QUOTE and _is_meaningless(plain, found):
        return replace(found, quotes=Quotes(""))
    return found


def header_of(rows: Sequence[Sequence[str]], named: Sequence[str] = ()) -> bool | None:
    """Whether the first of these rows names the columns, or one of `named`; None: in doubt."""
    first, *others = [[cell.strip() for cell in row] for row in rows]
    cells = [cell for cell in first if cell]
    if first[:2] == [ID, TEXT] or set(named) & set(cells):
        return True  # as those of a pool and of an export begin, whatever follows
    names = sum(map(is_usual, cells))
    if not cells or (len({cell.casefold() for cell in cells}) < len(cells) and names < 2):
        return False
    if not first[0] and cells == [str(at) for at in range(len(cells))]:
        return True  # a table of pandas whose columns have no names
    below = [[row[at] for row in others if at < len(row) and row[at]] for at in range(len(first))]
    columns = [each for each in zip(first, below, strict=True) if each[0] and each[1]]
    repeats = any(cell in values for cell, values in columns)
    if names and all(map(_is_name, cells)) and not repeats:
        return True
    numbers = [cell for cell in cells if is_number(cell)]
    if not all(map(_YEAR.fullmatch, numbers)) or any(map(_DATE.fullmatch, cells)):
        return False
    if any(all(is_number(x) or _DATE.fullmatch(x) for x in values) for _, values in columns):
        return True
    if repeats:
        return False
    # Written like those below it, but for its letters and digits.
    if any(_DIGITS.search(x) and {_shape(x)} == {*map(_shape, below)} for x, below in columns):
        return False
    if not all(map(_is_name, cells)):
        return False
    if any(_are_texts(values) and not _are_texts([cell]) for cell, values in columns):
        return True
    return None if columns else False


def title_rows(rows: Sequence[tuple[int, list[str]]]) -> int:
    """How many rows at the top are titles: one cell is filled where most rows have several."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows]
    if len(filled) < 3:
        return 0
    usual = Counter(filled).most_common(1)[0][0]
    number = 0
    while number < min(MOST_TITLES, len(rows) - 2) and filled[number] < usual:
        number += 1
    # A short first row is no title by itself: what follows one names the columns.
    below = [cells for _, cells in rows[number:]]
    is_named = sum(map(is_usual, below[0])) > 1
    is_title = max(filled[:number], default=0) <= 1 or is_named
    return number if number and is_title and header_of(below) else 0


def _sample(plain: Path) -> bytes:
    """The beginning of the file; what it cuts short is no row."""
    with plain.open("rb") as file:
        data = file.read(SAMPLE_BYTES)
    return data[: data.rfind(b"\n") + 1] or data if len(data) == SAMPLE_BYTES else data


def _fit(data: bytes, dialect: Dialect) -> _Fit:
    found = parse_rows(data, delimiter=dialect.divided_by, quotes=dialect.quotes)
    rows = [(row.line, row.fields) for row in found.rows if row.line >= dialect.first_line]
    rows = rows[:SAMPLE_ROWS]
    refused = [each.line for each in found.bad if each.line >= dialect.first_line]
    bad = sum(line <= rows[-1][0] for line in refused) if rows else 0
    if len(rows) < SAMPLE_ROWS:  # the last one may have been cut short by the sample's end
        bad = max(bad, len(refused) - 1)
    widths = Counter(len(cells) for _, cells in rows)
    width, number = max(widths.items(), key=lambda each: (each[0] > 1, each[1]), default=(1, 0))
    if not dialect.delimiter:
        number = len(rows)
    elif top := _lines_above(rows):
        rows = rows[top:]
        number = sum(len(cells) == width for _, cells in rows)
        dialect = replace(dialect, first_line=rows[0][0])
    named = any(sum(map(is_usual, cells)) > 1 for _, cells in rows[:1])
    return _Fit(dialect, number / max(len(rows) + bad, 1), width, rows, named)


def _lines_above(rows: Sequence[tuple[int, list[str]]]) -> int:
    """How many of the first rows are comments, and titles below these."""
    marked = [cells[0].startswith("#") for _, cells in rows]
    number = marked.index(False) if False in marked else 0
    is_header = number > 0 and any(is_usual(cell.strip("# ")) for cell in rows[number - 1][1])
    if number > MOST_TITLES or any(marked[number:]) or is_header:
        number = 0
    return number + title_rows(rows[number:])


def _by_quotes(fits: Sequence[_Fit]) -> _Fit:
    """Of dialects that differ in their quotes, the one that reads more rows alike."""
    usual, *others = fits
    for fit in others:
        is_apostrophe = fit.dialect.quote == "'"
        raw = fits[-1].rows
        if is_apostrophe and not (_wrapped(raw, "'") and not _wrapped(raw, QUOTE)):
            continue
        if fit.share > usual.share or (is_apostrophe and fit.share == usual.share):
            usual = fit
    return usual


def _wrapped(rows: Sequence[tuple[int, list[str]]], mark: str) -> bool:
    """Whether cells of the raw rows, split whatever their quotes, begin and end with the mark."""
    starts = sum(cell.startswith(mark) for _, cells in rows for cell in cells if len(cell) > 1)
    ends = sum(cell.endswith(mark) for _, cells in rows for cell in cells if len(cell) > 1)
    return starts > 0 and starts == ends


def _is_table(fit: _Fit, ending: str) -> bool:
    """Whether what the delimiter divides are rows of a table, no texts that hold it by chance."""
    if fit.width < 2 or not fit.rows:
        return False
    if fit.named or fit.dialect.delimiter == "\t":
        return fit.named or fit.share >= LIKELY_SHARE
    if len(fit.rows[0][1]) == 1 and is_usual(fit.rows[0][1][0]):
        return False  # the heading of one column
    if ending == ".txt":
        return fit.share == 1 and len(fit.rows) > 1 and _has_short_column(fit.rows[1:])
    return fit.share >= LIKELY_SHARE or (fit.share > 0.5 and _has_short_column(fit.rows[1:]))


def _has_short_column(rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether a column holds numbers, or few words again and again: an id, a date, a label."""
    columns = zip(*(cells for _, cells in rows), strict=False)
    for column in columns:
        cells = [cell.strip() for cell in column if cell.strip()]
        if cells and all(is_number(cell) or _DATE.fullmatch(cell) for cell in cells):
            return True
        is_short = all(len(cell) <= 40 and " " not in cell for cell in cells)
        if len(cells) > 2 and is_short and (2 * len(set(cells)) <= len(cells)):
            return True
    return False


def _is_meaningless(plain: Path, dialect: Dialect) -> bool:
    """Whether the quotes divide no cell but break some: then they are part of the texts."""
    broken = needed = 0
    delimiter = dialect.divided_by
    begins = re.compile(rb"(?:^|" + re.escape(delimiter.encode()) + rb')"')
    with plain.open("rb") as file:
        # Of a line with an odd number, within a quoted cell perhaps, nothing can be said alone.
        quoted = (line for line in file if b'"' in line and line.count(b'"') % 2 == 0)
        for data in islice(filter(begins.search, quoted), QUOTED_LINES):
            line = data.decode(errors="replace").removesuffix("\n").removesuffix("\r")
            cells = split_record(line, delimiter, dialect.quotes)
            broken += cells is None
            needed += cells is not None and len(cells) != line.count(delimiter) + 1
    return broken > needed


def _is_name(cell: str) -> bool:
    """Whether a cell may name a column: a few words that are no sentence."""
    return len(cell) <= 40 and len(cell.split()) <= 3 and cell[-1] not in ".!?,;"


def _are_texts(values: Sequence[str]) -> bool:
    """Whether most cells are of several words, or of a script that writes none apart."""
    long = sum(len(x.split()) > 2 or len(x) > 30 or len(_WIDE.findall(x)) > 6 for x in values)
    return long >= LIKELY_SHARE * len(values)


def _shape(cell: str) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("0", cell))
