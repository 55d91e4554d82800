import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.system.durable import DAMAGED
from core.system.typed_json import typed


@dataclass(frozen=True)
class Part:
    name: str
    share: float | None
    is_last: bool = False


@dataclass(frozen=True)
class Whole:
    number: int
    parts: tuple[Part, ...]
    rows: tuple[tuple[float, ...], ...]
    by_name: Mapping[str, Part]
    beside: Part | None = None


WHOLE = Whole(1, (Part("a", 0.5, True),), ((1.0, 2.0), ()), {"b": Part("b", None)}, Part("c", 0.0))

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PARTS = st.builds(Part, st.text(), st.none() | NUMBERS, st.booleans())
TUPLES = st.lists(NUMBERS).map(tuple)
WHOLES = st.builds(
    Whole,
    st.integers(),
    st.lists(PARTS).map(tuple),
    st.lists(TUPLES).map(tuple),
    st.dictionaries(st.text(), PARTS),
    st.none() | PARTS,
)


@given(WHOLES)
def test_what_was_written_is_read_as_it_was(whole: Whole):
    assert typed(Whole, json.loads(json.dumps(asdict(whole)))) == whole


def test_a_field_that_is_lacking_has_its_default():
    assert typed(Part, {"name": "a", "share": 1.0}) == Part("a", 1.0)
    with pytest.raises(DAMAGED):
        typed(Part, {"name": "a"})


def test_a_field_of_another_version_is_passed_over():
    assert typed(Part, {"name": "a", "share": 1.0, "more": [{}]}) == Part("a", 1.0)


def test_a_whole_number_does_for_a_fraction():
    assert typed(Part, {"name": "a", "share": 1}) == Part("a", 1.0)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 1.0},
        {"number": "1"},
        {"number": True},
        {"number": None},
        {"parts": {}},
        {"parts": "ab"},
        {"parts": [1]},
        {"parts": [{"name": 1, "share": 1.0}]},
        {"parts": [{"name": "a", "share": "1"}]},
        {"parts": [{"name": "a", "share": float("nan")}]},
        {"parts": [{"name": "a", "share": 10**400}]},
        {"parts": [{"name": "a", "share": 1.0, "is_last": 1}]},
        {"rows": [[None]]},
        {"rows": [1.0]},
        {"by_name": []},
        {"by_name": {"b": None}},
        {"beside": []},
    ],
)
def test_what_is_of_another_type_is_refused(change: dict):
    content = json.loads(json.dumps(asdict(WHOLE)))
    assert typed(Whole, content) == WHOLE
    with pytest.raises(DAMAGED):
        typed(Whole, content | change)


@pytest.mark.parametrize("content", [[], 1, None, "a"])
def test_what_is_no_object_is_refused(content: object):
    with pytest.raises(DAMAGED):
        typed(Whole, content)
