"""Filters over everything that is known of an item, and their form in an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date

UNLABELED = "unlabeled"

AGREES, DIFFERS = "agrees", "differs"
AGREEMENTS = (AGREES, DIFFERS)  # whether the model predicts the label that an item has

Range = tuple[float, float]


@dataclass(frozen=True)
class Filters:
    """What a draw is made from; an empty choice leaves everything.

    `words` is a query as `search` reads it. `batches` proposed the item, `annotators` gave its
    label, between the days `since` and `until` (as logs write them, both included). `columns` has
    columns of the pool, each with its chosen values, and `pieces` those with many values, each with
    a part that the value must hold. `like` is an item's id or a sentence: of what the others leave
    the unlabeled items most like it (`models.neighbors`).
    """

    splits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    words: str = ""
    batches: tuple[str, ...] = ()
    annotators: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    predicted: tuple[str, ...] = ()
    confidence: Range | None = None
    agreement: str = ""
    lengths: tuple[str, ...] = ()
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pieces: tuple[tuple[str, str], ...] = ()
    like: str = ""

    def leave_unlabeled(self) -> bool:
        """Whether items that are neither labeled nor proposed are left."""
        asked = self.labels or self.strategies or self.batches or self.annotators
        asked = asked or self.since or self.until or self.agreement
        return not asked and (not self.splits or UNLABELED in self.splits)

    def ask_the_model(self) -> bool:
        """Whether the filters need the model's prediction of each item."""
        return bool(self.predicted or self.confidence or self.agreement)


@dataclass(frozen=True)
class Choices:
    """What filters can name in a workspace at this moment.

    `columns` has the values of each of the pool's columns, the most frequent first; None for one
    that has too many of them to be listed. `lengths` tells the bounds of each third of the pool,
    `listed` are the columns of the list of items.
    """

    splits: tuple[str, ...]
    labels: tuple[str, ...]
    strategies: tuple[str, ...]
    batches: tuple[str, ...]
    annotators: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...] | None]
    has_model: bool
    lengths: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()


_NAMES = {
    "splits": "split",
    "labels": "label",
    "strategies": "strategy",
    "batches": "batch",
    "annotators": "by",
    "predicted": "predicted",
    "lengths": "length",
}
"""Filters of several values, and how an address names them; one value at a time."""

_TEXTS = tuple(field.name for field in fields(Filters) if field.default == "")
_CONFIDENCE = "confidence"
_IS, _HAS = "is.", "has."
_GONE = "where"  # a filter until 0.10: what an old address asks by it is told as left out

Address = dict[str, list[str]]


def to_address(filters: Filters) -> Address:
    """The filters as a query string's names and values; what is not asked for is left out."""
    address = {name: list(getattr(filters, field)) for field, name in _NAMES.items()}
    address |= {name: [getattr(filters, name)] for name in _TEXTS}
    if filters.confidence:
        address[_CONFIDENCE] = ["-".join(f"{edge:g}" for edge in filters.confidence)]
    address |= {_IS + name: list(values) for name, values in filters.columns}
    address |= {_HAS + name: [piece] for name, piece in filters.pieces}
    return {name: values for name, values in address.items() if any(values)}


def read_address(address: Mapping[str, Sequence[str]], choices: Choices) -> tuple[Filters, Address]:
    """The filters that an address names, and what of it means nothing here and is left out."""
    given = {name: tuple(dict.fromkeys(values)) for name, values in address.items()}
    filters = Filters(
        **{field: given.get(name, ()) for field, name in _NAMES.items()},
        **{name: (*given.get(name, ()), "")[0] for name in _TEXTS},
        confidence=_range(given.get(_CONFIDENCE, ())),
        columns=tuple((n[len(_IS) :], v) for n, v in given.items() if n.startswith(_IS)),
        pieces=tuple((n[len(_HAS) :], v[0]) for n, v in given.items() if n.startswith(_HAS) and v),
    )
    filters = fitted(filters, choices)
    understood = to_address(filters)
    left = {n: _left_out(n, values, understood) for n, values in address.items() if is_filter(n)}
    return filters, {name: values for name, values in left.items() if values}


def fitted(filters: Filters, choices: Choices) -> Filters:
    """The filters without what cannot be chosen: a batch that is gone, a day that is none."""
    predicted = choices.labels if choices.has_model else ()
    can_be = {**vars(choices), "predicted": predicted}
    kept = {
        field: tuple(value for value in getattr(filters, field) if value in can_be[field])
        for field in _NAMES
    }
    columns = [
        (name, tuple(value for value in values if value in (choices.columns.get(name) or ())))
        for name, values in filters.columns
    ]
    many = [name for name, values in choices.columns.items() if values is None]
    is_asked = choices.has_model and filters.agreement in AGREEMENTS
    return replace(
        filters,
        **kept,
        since=filters.since if _is_day(filters.since) else "",
        until=filters.until if _is_day(filters.until) else "",
        agreement=filters.agreement if is_asked else "",
        confidence=filters.confidence if choices.has_model else None,
        columns=tuple((name, values) for name, values in sorted(columns) if values),
        pieces=tuple((name, p) for name, p in sorted(filters.pieces) if name in many and p),
    )


def _range(values: Sequence[str]) -> Range | None:
    """`0.5-0.75` as numbers within 0 and 1; None if it is not that."""
    try:
        low, high = (float(edge) for edge in values[0].split("-"))
    except (ValueError, IndexError):
        return None
    return (low, high) if 0 <= low <= high <= 1 else None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_filter(name: str) -> bool:
    """Whether a name in an address is that of a filter."""
    known = {*_NAMES.values(), *_TEXTS, _CONFIDENCE, _GONE}
    return name in known or name.startswith((_IS, _HAS))


def _left_out(name: str, values: Sequence[str], understood: Address) -> list[str]:
    if name == _CONFIDENCE and name in understood:
        return []
    kept = understood.get(name, [])
    return [value for value in values if value.strip() and value.strip() not in kept]
