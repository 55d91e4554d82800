"""Words of texts: tokens, and in scripts without spaces characters and pairs of neighbors.

What a word is says `tokens`. Here many texts are split at once: only tokens with a character of
such a script, which one regular expression finds, are looked into; all others are words.
"""

from collections.abc import Sequence
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.pool.bags import Bags, Mask, joined, offsets_of
from core.pool.token_parts import CHARACTERS_AT_ONCE, tokens_of, written_out
from core.pool.tokens import PAIRS, SPACELESS, WHITE_SPACE, words_as_typed
from core.system.parallel import spans

UNBROKEN = "".join(  # what is written in brackets: of the many of Han every one is a letter
    f"{chr(low)}-{chr(high)}" if high - low > 256 else "".join(filter(str.isalnum, map(chr, codes)))
    for low, high, codes in ((low, high, range(low, high + 1)) for low, high in SPACELESS)
)


def words_of(text: str, splitting: int = PAIRS) -> list[str]:
    """The words of a text, in the order in which they begin."""
    words, bags = split_texts([text], splitting)
    return [words[at] for at in bags.ids.tolist()]


def split_texts(texts: Sequence[str], splitting: int = PAIRS) -> tuple[list[str], Bags]:
    """The distinct words of these texts, and each text as a bag of their ids."""
    tokens, bags = tokens_of(texts)
    if splitting == WHITE_SPACE or not are_unbroken(tokens).any():
        return tokens, bags
    words, lexicon = split_tokens(tokens, splitting)
    return words, written_out(bags, lexicon)


def are_unbroken(texts: Sequence[str] | pa.Array) -> Mask:
    """Which texts hold a character of a script without spaces, `(n_texts,)`."""
    if not isinstance(texts, pa.Array):
        texts = pa.array([text.encode("utf-8", "replace") for text in texts], pa.large_binary())
    found = pc.match_substring_regex(texts.cast(pa.large_string()), f"[{UNBROKEN}]")
    return found.to_numpy(zero_copy_only=False).astype(bool)


def split_tokens(tokens: Sequence[str], splitting: int = PAIRS) -> tuple[list[str], Bags]:
    """The words of distinct tokens, and each token as a bag of their ids; whole tokens first."""
    unbroken = are_unbroken(tokens)
    whole, split = [*compress(tokens, ~unbroken)], [*compress(tokens, unbroken)]
    numbers, found = {word: at for at, word in enumerate(whole)}, []
    for start, stop in spans(offsets_of([*map(len, split)]), CHARACTERS_AT_ONCE):
        some = split[start:stop]
        parts = words_as_typed(some, splitting)
        # Numbered by first use, so that a part that raises the number is a new one.
        code = pa.array(parts.hashes).dictionary_encode().indices.to_numpy()
        new = np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=-1))
        token = np.searchsorted(parts.offsets, new, "right") - 1
        places = (token, parts.starts[new], parts.starts[new] + parts.lengths[new])
        typed = (some[at][a:b] for at, a, b in zip(*(x.tolist() for x in places), strict=True))
        ids = np.array([numbers.setdefault(word, len(numbers)) for word in typed], np.int32)
        found.append(Bags(ids[code], parts.offsets))
    inside, order = joined(found), np.argsort(unbroken, kind="stable")
    lengths = np.concatenate([np.ones(len(whole), np.int64), inside.lengths])
    ids = np.concatenate([np.arange(len(whole), dtype=np.int32), inside.ids])
    return list(numbers), Bags(ids, offsets_of(lengths)).take(np.argsort(order))
