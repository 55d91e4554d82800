"""Types of imported items and labels, and of the columns that they are read from."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from core.system.csv_rows import BadRow
from core.workspace.labels import Labeled
from core.workspace.logs import Event, Proposal

IMPORTED = "import-"  # what the name of a batch begins with that an import makes
SHOWN = 5  # rows or items that a refusal names


@dataclass(frozen=True)
class Defaults:
    """What counts where a table does not say it.

    `labels` maps its words for labels to the task's values, which are known as they are and by
    their names. Without `refuse_unknown` an item under any other word stays unlabeled, and keeps
    the word in its own column. `day_first` tells 1 February from 2 January in 01/02; None: the
    column's other dates tell.
    """

    split: str = "training"
    strategy: str = ""
    annotator: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    refuse_unknown: bool = True
    day_first: bool | None = None


@dataclass(frozen=True)
class ImportedLabel:
    """A label that is to be taken over; with its batch's row and its event, or with neither."""

    item: Labeled
    proposal: Proposal | None = None
    event: Event | None = None


@dataclass
class TableContents:
    """The items and labels of one table, without copies, and what could not be read.

    `keys` are 64 bits of each item's text key, `(n_items,)`; `lines` is where each stands.
    `ids_made` is true where the table has no ids. Texts `disagreeing` have
    two labels, those `split_twice` one label in two splits. Of the words for labels that the task
    does not know `refused_words` counts those of bad rows, `unlabeled_words` those that give none.
    `aliases` are rows with the text of an item, by another id: (line, id, place of the item).
    """

    name: str
    own: dict[str, list[str]]
    ids_made: bool = False
    item_ids: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    wanted: list[ImportedLabel] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    aliases: list[tuple[int, str, int]] = field(default_factory=list)
    rows: int = 0
    copies: int = 0
    disagreeing: list[str] = field(default_factory=list)
    split_twice: list[str] = field(default_factory=list)
    refused_words: Counter[str] = field(default_factory=Counter)
    unlabeled_words: Counter[str] = field(default_factory=Counter)


def add_item(found: TableContents, line: int, item_id: str, text: str, own: Sequence[str]) -> None:
    found.lines.append(line)
    found.item_ids.append(item_id)
    found.texts.append(text)
    for column, cell in zip(found.own.values(), own, strict=True):
        column.append(cell)


def of_batch(item: Labeled, batch_id: str, rank: int, moment: str) -> ImportedLabel:
    """The label with its row in the batch and its event, both of this moment."""
    what = item.item_id, item.strategy
    proposal = Proposal(
        batch_id, moment, item.split, item.annotator, rank, *what, confidence=item.confidence
    )
    given, at = event_id(item, batch_id), item.labeled_at or moment
    event = Event(given, batch_id, item.item_id, "label", item.label, item.annotator, at)
    return ImportedLabel(item, proposal, event)


def event_id(item: Labeled, batch_id: str) -> str:
    """The same label of the same import has the same id at every import."""
    said = (batch_id, item.item_id, item.label, item.annotator, item.labeled_at)
    return f"{blake2b(chr(0).join(said).encode(), digest_size=16).hexdigest()}-1"


def own_columns(names: Sequence[str]) -> list[str]:
    """The columns' names as a pool's header can hold them: without commas, quotes, line ends."""
    found: list[str] = []
    taken = {"item_id", "text"}
    for at, name in enumerate(names, start=1):
        plain = re.sub(r'\s*[,"\r\n]+\s*', " ", name).strip() or f"column {at}"
        while plain.casefold() in taken:
            plain = f"own_{plain}"
        taken.add(plain.casefold())
        found.append(plain)
    return found


def number(said: Mapping[str, str], name: str) -> float | None:
    """The number in this cell, with a decimal point or a comma; None in an empty one."""
    try:
        return float(said[name].replace(",", ".")) if said[name] else None
    except ValueError:
        raise ValueError(f"has `{said[name][:80]}` for {name}, which is not a number") from None


def first_bad(bad: Sequence[BadRow]) -> str:
    """The first bad rows with their reasons, and how many more there are."""
    first = "; ".join(f"line {row.line} {row.reason}" for row in bad[:SHOWN])
    return first + (f"; and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else "")
