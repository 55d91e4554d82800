"""The tokenizer: the words and the character n-grams of each token, as 64-bit hashes.

A token is what stands between white space: a whole sentence where a script has no spaces. Words are
characters there, with their marks, and pairs of neighbors, or what ICU finds in dictionaries.
Characters are folded one by one, so that places in the folded token are places in the token.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.pool.bags import Indices, Mask, offsets_of

NGRAM_LENGTHS = (3, 4, 5)
"""Characters of an n-gram. A token counts with a space on both sides, and none leaves its token."""

SPACELESS = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Thai and Lao, Burmese, Khmer, Kana, Han: no spaces between words, so each character is one."""

WHITE_SPACE, PAIRS, LEAST_ICU = 1, 2, 1_000
"""Ways of splitting into words: tokens alone, as older models have it; what is said above; and from
1,000 on the words of an ICU instead of characters and pairs: 7803 is that of ICU 78.3."""

FACTOR = np.uint64(0x9E3779B97F4A7C15)
WORD_SALT, GRAM_SALT = np.uint64(1), np.uint64(2)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Parts:
    """Parts of tokens: those of token i are `hashes[offsets[i]:offsets[i + 1]]`, as they stand.

    `starts` are places in the token, -1 for the space before it; `lengths` count characters.
    """

    hashes: Hashes
    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class _Characters:
    """The tokens joined by single spaces, with one before and one after."""

    codes: NDArray[np.uint32]
    folded: NDArray[np.uint64]
    in_word: NDArray[np.bool_]
    alone: NDArray[np.bool_]
    marks: NDArray[np.bool_]
    firsts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    splitting: int


def icu_here() -> int:
    """The way of splitting by the ICU that is installed; 0 without the package that carries it."""
    try:
        from icu4py import icu_version_info
    except ImportError:
        return 0
    return 100 * icu_version_info[0] + icu_version_info[1]


def require_splitting(splitting: int, where: str) -> None:
    """Raises RunError where words are split by an ICU that is not installed here."""
    if splitting >= LEAST_ICU and splitting != icu_here():
        what = f"needs ICU {splitting // 100}.{splitting % 100}, which is not installed"
        todo = "Install the icu4py that has it (requirements-words.txt), or train again."
        raise RunError(f"{where} {what}. {todo}")


def words_and_ngrams(tokens: Sequence[str], splitting: int = PAIRS) -> tuple[Parts, Parts]:
    """(words, character n-grams) of each token; those that are folded alike have one hash.

    A word is a run of letters, marks, digits and underscores; of a script without spaces one
    character with its marks, or two side by side.
    """
    characters = _characters(tokens, splitting)
    words = _words(characters, *_with_pairs(characters, older=splitting == PAIRS))
    return words, _grams(characters)


def words_in_tokens(tokens: Sequence[str]) -> Parts:
    """The words of each token, without pairs of characters. A token may hold spaces here."""
    characters = _characters(tokens)
    return _words(characters, *_runs(characters))


def words_as_typed(tokens: Sequence[str], splitting: int = PAIRS) -> Parts:
    """The words of each token, not folded; one whose script has spaces is a word as it stands."""
    found = _characters(tokens, splitting)
    is_split = np.logical_or.reduceat(found.alone, found.firsts)
    whole = np.repeat(np.append(False, ~is_split), np.append(1, found.lengths + 1))
    in_word = found.in_word | (whole & (found.codes != ord(" ")))
    found = replace(found, in_word=in_word, folded=mixed(found.codes.astype(np.uint64)))
    return _words(found, *_with_pairs(found))


def _characters(tokens: Sequence[str], splitting: int = PAIRS) -> _Characters:
    text = f" {' '.join(tokens)} ".encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(text, np.uint32)
    lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
    firsts = np.cumsum(lengths + 1) - lengths
    present = np.zeros(codes.max() + 1, bool)
    present[codes] = True
    kinds = np.zeros((len(present), 4), np.uint32)
    for code in np.flatnonzero(present).tolist():
        kinds[code] = character_kind(code)
    folded, *flags = kinds[codes].T
    folded, flags = mixed(folded.astype(np.uint64)), [flag.astype(bool) for flag in flags]
    return _Characters(codes, folded, *flags, firsts, lengths, splitting)


@cache
def character_kind(code: int) -> tuple[int, bool, bool, bool]:
    """(code point after folding, in a word, a word by itself, a mark on the one before)."""
    character = chr(code)
    plain = unicodedata.normalize("NFKC", character)
    character = plain if len(plain) == 1 else character
    folded = character.casefold()
    folded = folded if len(folded) == 1 else character.lower()[0]
    is_mark = unicodedata.category(character)[0] == "M"
    in_word = is_mark or character == "_" or character.isalnum()
    alone = in_word and not is_mark and any(low <= code <= high for low, high in SPACELESS)
    return ord(folded), in_word, alone, is_mark


def _with_pairs(characters: _Characters, *, older: bool = False) -> tuple[Indices, Indices]:
    """(starts, ends) of words, where each pair of characters follows the first of them."""
    starts, ends = _runs(characters, older=older)
    alone = characters.alone[starts] & (characters.splitting == PAIRS)
    pairs = np.flatnonzero(alone[1:] & alone[:-1] & (starts[1:] == ends[:-1]))
    return np.insert(starts, pairs + 1, starts[pairs]), np.insert(ends, pairs + 1, ends[pairs + 1])


def _runs(characters: _Characters, *, older: bool = False) -> tuple[Indices, Indices]:
    """(starts, ends) of words without pairs. Once a letter after a marked character went on."""
    in_word, alone, marks = characters.in_word, characters.alone, characters.marks
    unbroken = alone[np.maximum.accumulate(np.where(marks, 0, np.arange(len(marks))))] & in_word
    goes_on = marks[1:] | ~(alone[1:] | (alone if older else unbroken)[:-1])
    goes_on &= in_word[1:] & in_word[:-1]
    if characters.splitting >= LEAST_ICU:
        goes_on |= _goes_on_in_icu(characters, unbroken)
    starts = np.flatnonzero(in_word & ~np.concatenate([[False], goes_on]))
    return starts, np.flatnonzero(in_word & ~np.concatenate([goes_on, [False]])) + 1


def _goes_on_in_icu(characters: _Characters, unbroken: Mask) -> Mask:
    """Which of the `unbroken` ICU has in one word with the one before, `(n_characters - 1,)`."""
    require_splitting(characters.splitting, "The pool or the model")
    from icu4py.breakers import WordBreaker

    # ICU reads these characters alone; a line ends where others were.
    kept = np.flatnonzero(unbroken | np.append(False, unbroken[:-1]))
    codes = np.where(unbroken, characters.codes, ord("\n"))[kept]
    found = WordBreaker(codes.astype("<u4").tobytes().decode("utf-32-le"), "en").segments()
    starts = np.fromiter(chain.from_iterable(found), np.int64)[::2]  # of UTF-16's units
    begins = np.zeros(len(unbroken), bool)
    begins[kept[np.searchsorted(offsets_of(1 + (codes >> 16 > 0)), starts)]] = True
    return unbroken[1:] & unbroken[:-1] & ~begins[1:]


def _words(characters: _Characters, starts: Indices, ends: Indices) -> Parts:
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    place = np.arange(lengths.sum()) - np.repeat(before, lengths)  # of a character in its word
    factors = powers(lengths.max(initial=0))
    terms = characters.folded[place + np.repeat(starts, lengths)] * factors[place]
    sums = np.add.reduceat(terms, before) if len(before) else np.empty(0, np.uint64)
    token = np.searchsorted(characters.firsts, starts, "right") - 1
    counts = np.bincount(token, minlength=len(characters.firsts))
    return Parts(
        mixed(sums + WORD_SALT), offsets_of(counts), starts - characters.firsts[token], lengths
    )


def _grams(characters: _Characters) -> Parts:
    padded = characters.lengths + 2
    # Where an n-gram may begin: at the space before the token, or at one of its characters.
    place = np.arange(padded.sum() - len(padded)) - np.repeat(
        characters.firsts - 1, characters.lengths + 1
    )
    fits = np.repeat(padded, characters.lengths + 1)[:, None] - place[:, None] >= NGRAM_LENGTHS
    hashes = np.zeros((len(place), len(NGRAM_LENGTHS)), np.uint64)
    sums, factors = np.zeros(len(place), np.uint64), powers(max(NGRAM_LENGTHS))
    longest = np.concatenate([characters.folded, np.zeros(max(NGRAM_LENGTHS), np.uint64)])
    for at in range(max(NGRAM_LENGTHS)):
        sums += longest[at : at + len(place)] * factors[at]
        if at + 1 in NGRAM_LENGTHS:
            hashes[:, NGRAM_LENGTHS.index(at + 1)] = mixed(sums + GRAM_SALT * np.uint64(at + 1))
    counts = sum(np.maximum(padded - length + 1, 0) for length in NGRAM_LENGTHS)
    starts = np.broadcast_to(place[:, None] - 1, fits.shape)[fits]
    lengths = np.broadcast_to(np.array(NGRAM_LENGTHS), fits.shape)[fits]
    return Parts(hashes[fits], offsets_of(counts), starts, lengths)


def mixed(numbers: Hashes) -> Hashes:
    """Splitmix64's last steps (Steele, Lea and Flood 2014): every bit depends on every bit."""
    mixed = numbers + FACTOR
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def powers(number: int) -> Hashes:
    """The first powers of `FACTOR`, of which the place of a character or byte takes one."""
    return np.cumprod(np.full(number, FACTOR), dtype=np.uint64)
