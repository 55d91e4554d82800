"""Full-text search: an inverted index of the pool's words, and the queries that are asked of it.

A word, as `tokens` has it, is found as a whole: `flood` finds "Flood," and "flood-hit", not
"floodlight". All words of a query must occur, in any order; those in "double quotes", and those of
one token, side by side in this order. A query without words asks nothing: every item holds it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.pool.bags import Bags, Ids, Indices, Mask, Offsets, offsets_of, run_starts, stable_order
from core.pool.hashing import is_among
from core.pool.token_parts import written_out
from core.pool.tokens import Hashes, words_in_tokens
from core.pool.words import WORDS_VERSION, PoolWords
from core.system.disk_cache import load_cached
from core.system.mapped_arrays import array_to_fill, open_arrays, save_arrays
from core.system.parallel import spans

SEARCH_VERSION = 1  # part of the cache's key: a change of what is stored rebuilds it
QUOTES = re.compile('["“”„]')  # what people and telephones type; one that is not closed goes on

CHARACTERS, TOKENS = 1_000_000, 500_000  # spelled and sorted at a time, which bounds the memory


@dataclass(frozen=True)
class WordIndex:
    """Items by their words.

    `words` are hashes, ascending; a word's id is its place. `spelled` has the words of each token,
    `bags` the tokens of each item. Word i occurs in the items `items[offsets[i]:offsets[i + 1]]`,
    ascending, each as often as it holds the word.
    """

    words: Hashes
    spelled: Bags
    items: Ids
    offsets: Offsets
    bags: Bags

    def find(self, query: str) -> Indices:
        """The items that hold what the query asks for, ascending."""
        phrases = read_query(query)
        if not phrases:
            return np.arange(len(self.bags))
        wanted = np.unique(np.concatenate(phrases))
        if not is_among(wanted, self.words).all():
            return np.empty(0, np.int64)
        found = self._with_all(np.searchsorted(self.words, wanted))
        for phrase in phrases:
            if len(phrase) > 1:
                found = self._side_by_side(found, np.searchsorted(self.words, phrase))
        return found.astype(np.int64)

    def _with_all(self, words: Indices) -> Ids:
        """The items that hold all of these words; the rarest goes first, so that few are left."""
        sizes = self.offsets[words + 1] - self.offsets[words]
        first, *others = words[np.argsort(sizes)]
        found = self._with(first)
        for word in others:
            found = found[is_among(found, self._with(word))]
        return found

    def _with(self, word: np.int64) -> Ids:
        items = self.items[self.offsets[word] : self.offsets[word + 1]]
        return items[run_starts(items)]

    def _side_by_side(self, items: Ids, phrase: Indices) -> Ids:
        """Those of the items that hold these words side by side, in this order."""
        ends = offsets_of(self.bags.lengths_of(items))
        kept = [np.empty(0, np.int32)]
        for start, stop in spans(ends, TOKENS):
            block = items[start:stop]
            kept.append(block[_hold(written_out(self.bags.take(block), self.spelled), phrase)])
        return np.concatenate(kept)


def read_query(query: str) -> list[Hashes]:
    """The phrases that a query asks for, each as its words; most are of one word."""
    parts = QUOTES.split(query)
    typed = [part for at in range(0, len(parts), 2) for part in parts[at].split()] + parts[1::2]
    if not typed:
        return []
    spelled = words_in_tokens(typed)
    phrases = np.split(spelled.hashes, spelled.offsets[1:-1])
    return [phrase for phrase in phrases if len(phrase)]


def make_index(
    tokens: pa.Array, bags: Bags, room: Callable[[int], Ids] = lambda size: np.empty(size, np.int32)
) -> WordIndex:
    """The index of these texts; `room` gives the array that `items` are written to."""
    words, spelled = _spell(tokens)
    offsets = _offsets(bags, spelled, len(words))
    items = room(int(offsets[-1]))
    _fill(items, offsets, bags, spelled)
    return WordIndex(words, spelled, items, offsets, bags)


def read_index(cache: Path, pool_words: PoolWords, *, write_cache: bool) -> WordIndex:
    """The pool's index, mapped into memory, from the cache if it is there."""
    bags = pool_words.bags

    def build(folder: Path) -> None:
        room = partial(array_to_fill, folder, "items", np.int32)
        made = make_index(pool_words.words, bags, room)
        made.items.flush()
        spelled = {"spelled_ids": made.spelled.ids, "spelled_offsets": made.spelled.offsets}
        save_arrays(folder, words=made.words, offsets=made.offsets, **spelled)

    def load(folder: Path) -> WordIndex:
        words, ids, ends, items, offsets = open_arrays(
            folder, "words", "spelled_ids", "spelled_offsets", "items", "offsets"
        )
        return WordIndex(words, Bags(ids, ends), items, offsets, bags)

    key = (SEARCH_VERSION, WORDS_VERSION, pool_words.pool.key)
    return load_cached(cache, "search", key, build, load, write=write_cache)


def _spell(tokens: pa.Array) -> tuple[Hashes, Bags]:
    """(the distinct words, ascending; each token's words as their places, in order)."""
    ends = offsets_of(pc.utf8_length(tokens).to_numpy(zero_copy_only=False))
    hashes, lengths = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for start, stop in spans(ends, CHARACTERS):
        parts = words_in_tokens(tokens.slice(start, stop - start).to_pylist())
        hashes.append(parts.hashes)
        lengths.append(np.diff(parts.offsets))
    words, ids = np.unique(np.concatenate(hashes), return_inverse=True)
    return words, Bags(ids.astype(np.int32), offsets_of(np.concatenate(lengths)))


def _offsets(bags: Bags, spelled: Bags, n_words: int) -> Offsets:
    uses = np.zeros(len(spelled), np.int64)
    for start in range(0, len(bags.ids), TOKENS):
        uses += np.bincount(bags.ids[start : start + TOKENS], minlength=len(uses))
    # As floats the counts are exact up to 2^53.
    counts = np.bincount(spelled.ids, np.repeat(uses, spelled.lengths), n_words)
    return offsets_of(counts.astype(np.int64))


def _fill(items: Ids, offsets: Offsets, bags: Bags, spelled: Bags) -> None:
    """Writes each word's items into their places, block by block of the texts."""
    free = offsets[:-1].copy()
    for start, stop in spans(bags.offsets, TOKENS):
        parts = written_out(bags.part(start, stop), spelled)
        holders = np.repeat(np.arange(start, stop, dtype=np.int32), parts.lengths)
        order = stable_order(parts.ids)
        words = parts.ids[order]
        firsts = np.flatnonzero(np.diff(words, prepend=-1))
        sizes = np.diff(firsts, append=len(words))
        shift = np.repeat(free[words[firsts]] - firsts, sizes)
        items[np.arange(len(words)) + shift] = holders[order]
        free[words[firsts]] += sizes


def _hold(parts: Bags, phrase: Indices) -> Mask:
    """Which texts, as bags of word ids, hold the phrase."""
    starts = np.arange(max(len(parts.ids) - len(phrase) + 1, 0))
    for at, word in enumerate(phrase):
        starts = starts[parts.ids[starts + at] == word]
    first, last = (
        np.searchsorted(parts.offsets, starts + at, "right") - 1 for at in (0, len(phrase) - 1)
    )
    held = np.zeros(len(parts), bool)
    held[first[first == last]] = True
    return held
