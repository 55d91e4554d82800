"""Corpus counts: the words, character n-grams and co-occurring pairs of words of a set of texts.

Counts add up: of a pool that has grown or whose held-out items have changed only the texts that are
new or gone are counted. New pairs keep turning up where new words hardly do: of a large pool those
of a sample are counted, the half, a quarter, … of the texts, by their hashes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Bags, Mask, offsets_of
from core.pool.counts import Counts, added, count, no_counts, summed
from core.pool.token_parts import (
    RepeatedParts,
    TokenParts,
    count_parts,
    find_repeats,
    make_token_parts,
    words_in,
    written_out,
)
from core.pool.tokens import PAIRS, Hashes, mixed
from core.system.parallel import in_order, row_blocks, spans
from core.system.progress import Pace, Progress, silent

WINDOW = 10  # words to the right; so far apart that nearly all of a headline's words are neighbors

PENDING = 20_000_000
"""Pairs that are gathered before equal ones are added up, which bounds the memory."""

TOKENS_AT_ONCE = 500_000  # tokens of texts that are counted at a time, likewise

MOST_PAIRS = 2**25
"""That are counted, at most; of more texts at least half as many. So all pairs of 1.5 million
headlines are, and never those of fewer than 750,000. All of ten million would take gigabytes and
tell little more: already of the 74,000 of the book's data, 1.3 million pairs, half of the texts
give an AUC of .914 and a quarter .909 where all give .919."""


@dataclass(frozen=True, eq=False)
class CorpusCounts:
    """What was counted in `n_texts` texts.

    `words` are the sorted hashes of all words; `occurrences` and `texts` count how often each
    occurs, and in how many texts; `grams` count the texts of each n-gram. `pairs` have the
    keys `low * n_words + high`, where `low <= high` are the places of two words of one text that
    are at most `WINDOW` words apart.
    """

    n_texts: int
    words: Hashes
    occurrences: NDArray[np.int64]
    texts: NDArray[np.int64]
    grams: Counts
    pairs: Counts


def pairs_in(
    tokens: Sequence[str], bags: Bags, counted: Mask | None = None, splitting: int = PAIRS
) -> int:
    """How many pairs these texts hold, as often as they occur."""
    words, n_pairs = words_in(tokens, splitting), 0
    for block in _chosen(bags, counted):
        ends = offsets_of(words[block.ids])[block.offsets]
        n_words = np.diff(ends)
        window = np.minimum(np.maximum(n_words - 1, 0), WINDOW)
        n_pairs += int((window * n_words - window * (window + 1) // 2).sum())
    return n_pairs


def halvings(n_pairs: int) -> int:
    """How often the sample of texts is halved, if all of them hold so many pairs."""
    return (max(n_pairs - 1, 0) // MOST_PAIRS).bit_length()


def sampled(hashes: Hashes, halved: int) -> Mask | None:
    """Which texts are in the sample that was halved so often, `(n_texts,)`; None: all of them.

    A text stays in or out whatever stands beside it; each half is a part of the one before.
    """
    if not halved:
        return None
    blocks = (hashes[start:stop] for start, stop in row_blocks(len(hashes)))
    found = [mixed(block) >> np.uint64(64 - halved) == 0 for block in blocks]
    return np.concatenate([np.empty(0, bool), *found])


def count_texts(
    tokens: Sequence[str],
    bags: Bags,
    counted: Mask | None = None,
    paired: Mask | None = None,
    progress: Progress = silent,
    splitting: int = PAIRS,
) -> CorpusCounts:
    """What these texts hold, as bags of token ids; without masks, `(n_texts,)`, all of them."""
    n_texts = len(bags) if counted is None else int(np.count_nonzero(counted))
    uses = np.zeros(len(tokens), np.int64)
    for block in _chosen(bags, counted):
        uses += np.bincount(block.ids, minlength=len(tokens))
    words, grams, lexicon = _count_tokens(tokens, uses, splitting)
    texts, gram_texts = words.counts.copy(), grams.counts.copy()
    pace = Pace(progress, "counting words", n_texts, "texts")
    for size, again, grams_again in in_order(partial(_repeats, lexicon), _chosen(bags, counted)):
        # A part is in as many texts as it occurs, but for where it was not the first in its text.
        np.subtract.at(texts, again.ids, again.again)
        np.subtract.at(gram_texts, grams_again.ids, grams_again.again)
        pace.add(size)
    progress("preparing your texts: pairs of words")
    paired = counted if paired is None else paired if counted is None else paired & counted
    blocks = (written_out(block, lexicon.words) for block in _chosen(bags, paired))
    pairs, grams = count_pairs(blocks, len(words.keys)), Counts(grams.keys, gram_texts)
    return CorpusCounts(n_texts, words.keys, words.counts, texts, grams, pairs)


def add_corpus_counts(
    one: CorpusCounts, other: CorpusCounts, sign: Literal[1, -1] = 1
) -> CorpusCounts:
    """The tally of both sets of texts, or with -1 of `one` without `other`, which it holds."""
    words = np.union1d(one.words, other.words)
    size = len(words)
    at, other_at = np.searchsorted(words, one.words), np.searchsorted(words, other.words)
    occurrences, texts = np.zeros((2, size), np.int64)
    occurrences[at], texts[at] = one.occurrences, one.texts
    occurrences[other_at] += sign * other.occurrences
    texts[other_at] += sign * other.texts
    pairs = added(renumbered(one.pairs, at, size), renumbered(other.pairs, other_at, size), sign)
    kept, n_texts = texts > 0, one.n_texts + sign * other.n_texts
    grams, pairs = added(one.grams, other.grams, sign), pairs_among(pairs, kept)
    return CorpusCounts(n_texts, words[kept], occurrences[kept], texts[kept], grams, pairs)


def count_pairs(blocks: Iterable[Bags], n_words: int) -> Counts:
    """The pairs of words of one text, at most `WINDOW` words apart, from bags of word places."""
    total, pending = no_counts(), []
    for pairs in in_order(partial(_pairs, n_words), blocks):
        pending.append(pairs)
        if sum(len(pairs.keys) for pairs in pending) > PENDING:
            total, pending = summed([total, *pending]), []
    return summed([total, *pending])


def pairs_among(pairs: Counts, kept: Mask) -> Counts:
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


def _pairs(n_words: int, bags: Bags) -> Counts:
    row = np.repeat(np.arange(len(bags), dtype=np.int32), bags.lengths)
    ids, keys = bags.ids.astype(np.int64), [np.empty(0, np.int64)]
    for apart in range(1, min(WINDOW, int(bags.lengths.max(initial=0)) - 1) + 1):
        near = np.flatnonzero(row[apart:] == row[:-apart])
        left, right = ids[near], ids[near + apart]
        keys.append(np.minimum(left, right) * n_words + np.maximum(left, right))
    return count(np.concatenate(keys))


def _chosen(bags: Bags, chosen: Mask | None) -> Iterator[Bags]:
    """The texts that the mask chooses, one block after the other; without a mask all."""
    for start, stop in spans(bags.offsets, TOKENS_AT_ONCE):
        block, among = bags.part(start, stop), None if chosen is None else chosen[start:stop]
        yield block if among is None or among.all() else block.take(np.flatnonzero(among))


def _count_tokens(
    tokens: Sequence[str], uses: NDArray[np.int64], splitting: int
) -> tuple[Counts, Counts, TokenParts]:
    """How often words and n-grams occur, and which of them each token holds that is used at all."""
    used = np.flatnonzero(uses)
    tokens = [tokens[at] for at in used.tolist()]
    words, grams = count_parts(tokens, uses[used], splitting)
    found = make_token_parts(tokens, words.keys, grams.keys, splitting)
    places = offsets_of(uses > 0)  # of each token in `found`, and the end
    held = (Bags(part.ids, part.offsets[places]) for part in (found.words, found.grams))
    return words, grams, TokenParts(*held)


def _repeats(lexicon: TokenParts, bags: Bags) -> tuple[int, RepeatedParts, RepeatedParts]:
    """How many texts these are, and which words and which n-grams are repeated in them."""
    return len(bags), find_repeats(bags, lexicon.words), find_repeats(bags, lexicon.grams)
