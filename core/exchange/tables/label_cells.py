"""Cells of a column of labels: one label, several of them, or none."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from core.exchange.tables.files import text_of
from core.workspace.task import NONE, SEPARATOR

JOINERS = (SEPARATOR, ";", "#", ",")
"""Between the labels of one cell; the first of them that a column uses is meant."""


class LabelColumn(NamedTuple):
    """A column of labels: how many rows have each, the most frequent first; whether a text has
    several; how many rows say what it has, or that it has none."""

    counts: Counter[str]
    several: bool
    answers: int


def labels_in(value: Any, deep: int = 0) -> list[str]:  # noqa: ANN401 (any value of a table)
    """The labels in a cell: none, one, or several of a list, of JSON, or of what Python prints.

    Raises ValueError, with the end of a sentence, for what marks parts of a text.
    """
    if isinstance(value, str):
        text = value.strip()
        if text[:1] + text[-1:] not in ("[]", "{}"):
            return [text] if text else []
        value = _literal(text)
        if value is None:
            return [text]
    if isinstance(value, Mapping):
        if value.get("status", "submitted") != "submitted":
            return []  # a draft in Argilla, or a response that somebody discarded
        value = value.get("choices", value.get("label", value.get("value")))
        return labels_in(value, deep + 1) if isinstance(value, str | list) else []
    if value is None:
        return []
    if not isinstance(value, list):
        return [text_of(value)]
    if deep > 9:  # lists and objects in each other: no tool writes so many
        raise ValueError("holds lists in lists, and labels are one list")
    if any(isinstance(each, list) for each in value) or any(
        isinstance(each, Mapping) and {"start", "end"} <= each.keys() for each in value
    ):
        raise ValueError("marks parts of a text, and a label here is for the whole text")
    return [label for each in value for label in labels_in(each, deep + 1)]


def _literal(text: str) -> Any:  # noqa: ANN401 (any value of a table)
    """What the text says as JSON, or as Python prints lists of texts; None if it is neither."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    inner = text[1:-1].strip()
    if text[0] != "[" or "'" not in inner:
        return None
    parts = [part.strip() for part in inner.replace("' '", "', '").split(",")]
    if all(len(part) > 1 and part[0] == part[-1] == "'" for part in parts):
        return [part[1:-1] for part in parts]
    return None


def labels_joined(cell: str, separator: str) -> list[str]:
    """The labels in a cell of several, which are in a list, or joined."""
    found = labels_in(cell)
    if found == [cell.strip()]:
        found = [label.strip() for label in cell.split(separator)]
    return [label for label in dict.fromkeys(found) if label not in ("", NONE)]


def hold_several(cells: Iterable[str], *, joined: bool = False) -> bool:
    """Whether a cell of the column holds a list of two labels and more.

    With `joined` also `a|b` and `-` tell it, as in an export of a task of several labels.
    """
    return any(
        len(readable(cell)) > 1 or (joined and (SEPARATOR in cell or cell == NONE))
        for cell in cells
    )


def are_joined(values: Collection[str]) -> bool:
    """Whether `a|b` among them are two labels: parts come again, in others or alone."""
    return len({x.strip() for value in values for x in value.split(SEPARATOR)}) < len(values)


def label_counts(cells: Mapping[str, int], several: bool) -> Counter[str]:
    """How many rows have each label, the most frequent first; of `cells` with their numbers.

    With `several`, labels in one cell are in a list, or joined by the one of `JOINERS` that the
    column uses; where it has lists, a joined cell is `a|b`.
    """
    found, separator = Counter[str](), SEPARATOR
    if several and not hold_several(cells):
        separator = next((x for x in JOINERS if any(x in cell for cell in cells)), SEPARATOR)
    for cell, number in cells.items():
        labels = labels_joined(cell, separator) if several and readable(cell) else readable(cell)
        found.update(dict.fromkeys(labels, number))
    return Counter(dict(found.most_common()))


def readable(cell: str) -> list[str]:
    """The labels in a cell; none in one that is refused when its row is read."""
    try:
        return labels_in(cell)
    except ValueError:
        return []
