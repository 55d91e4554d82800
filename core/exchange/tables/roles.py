"""Columns of a table, guessed by their names and cells: the text, the id, a plain label."""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from core.exchange.tables.dates import is_moment
from core.exchange.tables.label_cells import readable
from core.pool.header import ROLES, USUAL_NAMES, plain_name
from core.system.csv_rows import is_number
from core.workspace.task import SEPARATOR


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what; empty: none does. The text goes on in `further_texts`."""

    text: str
    item_id: str = ""
    label: str = ""
    split: str = ""
    strategy: str = ""
    confidence: str = ""
    annotator: str = ""
    labeled_at: str = ""
    further_texts: tuple[str, ...] = ()

    def roles(self) -> dict[str, str]:
        """The column of each thing that one holds."""
        named = asdict(self).items()
        return {what: name for what, name in named if isinstance(name, str) and name}

    def used(self) -> set[str]:
        """The columns that are read as something; all others stay the items' own."""
        return {*self.roles().values(), *self.further_texts}


MOST_LABELS = 200  # words for labels that a column can hold, for it to be one of labels
NUMBERED = re.compile(r"[A-Za-z]{1,6}[-_#]?\d+")  # `INC-17`; a bare `17` may be a year
LEAST_DISTINCT = 0.9  # of the cells of a column, for it to be one of ids
SOME = 5  # cells by which dates are known
LONGEST_LABEL = 80  # characters of such a word


def is_usual(cell: str) -> bool:
    """Whether people call a column so."""
    return plain_name(cell) in ROLES


def guess(
    name_of: Sequence[str], rows: Sequence[Sequence[str]], structured: Collection[str] = ()
) -> dict[str, str]:
    """The columns of the text, the id and the label, by name; what there is none for is left out.

    `rows` are the first ones. Without a usual name the text is the column of the longest cells, one
    of dates or of cells that stand again and again only if there is no other; the id the first
    column, where it numbers the rows. In an id nearly each cell is another, in a label few stand
    again.
    """
    cells = {name: [row[at] for row in rows] for at, name in enumerate(name_of)}
    found: dict[str, str] = {}
    for what, is_plain in (("label", is_label), ("item_id", is_id), ("text", is_text)):
        named = [name for name in name_of if ROLES.get(plain_name(name)) == what]
        named.sort(key=lambda name: USUAL_NAMES[what].index(plain_name(name)))
        fitting = [
            name for name in named
            if is_plain(cells[name]) and (what == "label" or name not in structured)
        ]  # fmt: skip
        if fitting:
            found[what] = fitting[0]
    first = name_of[0] if len(name_of) > 1 else ""
    if first and not {"item_id", first} & {*found, *found.values()} and is_numbering(cells[first]):
        found["item_id"] = first
    if "text" not in found:
        free = [name for name in name_of if name not in {*found.values(), *structured}]
        texts = [name for name in free if is_text(cells[name])]
        if texts:
            found["text"] = max(
                texts, key=lambda name: (_is_varied(cells[name]), sum(map(len, cells[name])))
            )
    return found


def is_text(cells: Sequence[str]) -> bool:
    """Whether a column may hold texts: not numbers alone."""
    filled = [cell for cell in cells if cell.strip()]
    return not cells or any(not is_number(cell) for cell in filled)


def _is_varied(cells: Sequence[str]) -> bool:
    """Whether most cells stand once, and they are no dates."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 2 * len(set(filled)) > len(filled) and not all(map(is_moment, filled[:SOME]))


def is_id(cells: Sequence[str]) -> bool:
    """Whether nearly each cell is filled and stands once."""
    return len({cell for cell in cells if cell.strip()}) >= LEAST_DISTINCT * len(cells)


def is_numbering(cells: Sequence[str]) -> bool:
    """Whether each cell is another number of a thing; of two rows at least."""
    return len(cells) == len({*cells}) > 1 and all(map(NUMBERED.fullmatch, cells))


def is_label(cells: Sequence[str]) -> bool:
    """Whether the cells are words for labels: short and few, numbers only if they are whole.

    A cell can hold several, in a list or joined by `|`.
    """
    filled = [cell for cell in cells if cell.strip()]
    labels = (label for cell in filled for label in readable(cell) or [cell])
    words = {word.strip() for label in labels for word in label.split(SEPARATOR)}
    if len(words) > MOST_LABELS or any(len(word) > LONGEST_LABEL for word in words):
        return False
    if any(is_number(word) and not float(word).is_integer() for word in words):
        return False
    return len(words) <= max(20, len(filled) // 2)
