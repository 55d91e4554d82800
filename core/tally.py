"""The tally: all that the pool's space needs to know of its texts, as counts that add up.

Words, character runs and pairs of words that stand near each other. The tally of two sets of texts
is the sum of theirs, so a pool that has grown or whose held-out items have changed needs only the
texts counted that are new or gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.bags import Bags
from core.counts import Counts, added, count, no_counts
from core.lexicon import (
    Repeats,
    blocks_of,
    count_parts,
    find_repeats,
    make_lexicon,
    written_out,
)
from core.spelling import Hashes

WINDOW = 10
"""Words to the right; so far apart that nearly all of a headline's words are neighbors."""

PENDING = 8_000_000
"""Pairs that are gathered before equal ones are added up, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class Tally:
    """What was counted in `n_texts` texts.

    `words` are the sorted hashes of all words; `occurrences` and `texts` count how often each
    occurs, and in how many texts; `grams` count the texts of each character run. `pairs` have the
    keys `low * n_words + high`, where `low <= high` are the places of two words of one text that
    are at most `WINDOW` words apart.
    """

    n_texts: int
    words: Hashes
    occurrences: NDArray[np.int64]
    texts: NDArray[np.int64]
    grams: Counts
    pairs: Counts


def tally_texts(tokens: Sequence[str], bags: Bags) -> Tally:
    """What these texts hold, as bags of token ids. The numbering of the tokens changes nothing."""
    uses = np.bincount(bags.ids, minlength=len(tokens))
    used = np.flatnonzero(uses)
    place = np.cumsum(uses > 0, dtype=np.int32) - np.int32(1)
    tokens, bags = [tokens[at] for at in used.tolist()], Bags(place[bags.ids], bags.offsets)
    words, grams = count_parts(tokens, uses[used])
    lexicon = make_lexicon(tokens, words.keys, grams.keys)
    texts, gram_texts = (
        part.counts - _beyond_the_first(find_repeats(bags, held), len(part.counts))
        for part, held in ((words, lexicon.words), (grams, lexicon.grams))
    )
    held, n_words = lexicon.words, len(words.keys)
    sequences = (written_out(bags.part(start, stop), held) for start, stop in blocks_of(bags, held))
    pairs = count_pairs(sequences, n_words)
    return Tally(len(bags), words.keys, words.counts, texts, Counts(grams.keys, gram_texts), pairs)


def add_tally(one: Tally, other: Tally, sign: Literal[1, -1] = 1) -> Tally:
    """The tally of both sets of texts, or with -1 of `one` without `other`, which it holds."""
    words = np.union1d(one.words, other.words)
    at, other_at = np.searchsorted(words, one.words), np.searchsorted(words, other.words)
    occurrences, texts = np.zeros((2, len(words)), np.int64)
    occurrences[at], texts[at] = one.occurrences, one.texts
    occurrences[other_at] += sign * other.occurrences
    texts[other_at] += sign * other.texts
    pairs = added(
        renumbered(one.pairs, at, len(words)), renumbered(other.pairs, other_at, len(words)), sign
    )
    kept = texts > 0
    return Tally(
        one.n_texts + sign * other.n_texts,
        words[kept],
        occurrences[kept],
        texts[kept],
        added(one.grams, other.grams, sign),
        pairs_among(pairs, kept),
    )


def count_pairs(blocks: Iterable[Bags], n_words: int) -> Counts:
    """The pairs of words of one text, at most `WINDOW` words apart, from bags of word places."""
    total, pending = no_counts(), []
    for bags in blocks:
        pending += _pair_keys(bags, n_words)
        if sum(map(len, pending)) > PENDING:
            total, pending = added(total, count(np.concatenate(pending))), []
    return added(total, count(np.concatenate([total.keys[:0], *pending])))


def pairs_among(pairs: Counts, kept: NDArray[np.bool_]) -> Counts:
    """The pairs both of whose words are kept, by the words' places among the kept ones."""
    if kept.all():
        return pairs
    low, high = np.divmod(pairs.keys, len(kept))
    both = kept[low] & kept[high]
    place = np.cumsum(kept) - 1
    keys = place[low[both]] * np.count_nonzero(kept) + place[high[both]]
    return Counts(keys, pairs.counts[both])


def renumbered(pairs: Counts, places: NDArray[np.int64], n_words: int) -> Counts:
    """The pairs by other places of their words, which are in the same order."""
    if len(places) == n_words:
        return pairs
    low, high = np.divmod(pairs.keys, max(len(places), 1))
    return Counts(places[low] * n_words + places[high], pairs.counts)


def _pair_keys(bags: Bags, n_words: int) -> list[NDArray[np.int64]]:
    row = np.repeat(np.arange(len(bags), dtype=np.int32), bags.lengths)
    ids, keys = bags.ids.astype(np.int64), []
    for apart in range(1, min(WINDOW, int(bags.lengths.max(initial=0)) - 1) + 1):
        near = np.flatnonzero(row[apart:] == row[:-apart])
        left, right = ids[near], ids[near + apart]
        keys.append(np.minimum(left, right) * n_words + np.maximum(left, right))
    return keys


def _beyond_the_first(repeats: Repeats, n_parts: int) -> NDArray[np.int64]:
    """How many of each part's occurrences were not the first in their text."""
    return np.bincount(repeats.ids, repeats.again, n_parts).astype(np.int64)
