"""How often words occur in texts, without case and the punctuation around them."""

import re
from collections import Counter
from collections.abc import Iterable

from core.word_index import words_of

_EDGES = re.compile(r"^\W+|\W+$")


def occurrences(texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, by its `folded` form."""
    as_typed = Counter(word for text in texts for word in words_of(text))
    found: Counter[str] = Counter()
    for word, number in as_typed.items():
        found[folded(word)] += number
    return found


def folded(word: str) -> str:
    """The word without case and punctuation around it; punctuation alone stays as it is."""
    return _EDGES.sub("", word).casefold() or word
