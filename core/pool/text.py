"""Numbers of words, and the key that copies of a text share."""

import unicodedata
from collections.abc import Iterable, Sequence

from core.pool.bags import Bags, bags_of

UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that no font draws
_UNSEEN_KINDS = frozenset(("Cc", "Cf", "Mn", "Me", "Mc", "Zs", "Zl", "Zp"))


def text_key(text: str) -> str:
    """What copies of one text have in common: NFKC, case folded, white space collapsed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def number_words(texts: Iterable[Sequence[str]]) -> tuple[list[str], Bags]:
    """The distinct words of these texts in the order of their first use, and bags of their ids."""
    ids: dict[str, int] = {}
    found = [[ids.setdefault(word, len(ids)) for word in words] for words in texts]
    return list(ids), bags_of(found)


def is_blank(text: str) -> bool:
    """Whether nothing of the text is seen: spaces, marks, controls and formats, or nothing."""
    if text[:1].isascii() and text[:1].isalnum():  # most texts: no need to look at each character
        return False
    return all(unicodedata.category(each) in _UNSEEN_KINDS or each in UNSEEN for each in text)
