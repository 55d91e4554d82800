"""Languages as statistics: how likely one character follows another in each of them.

They are counted in the texts of `languages.toml`, and smoothed by what holds for all.
"""

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log
from operator import add
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TEXTS = Path(__file__).parent / "languages.toml"

EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "HALFWIDTH", "FULLWIDTH", "IDEOGRAPHIC")
"""How the Unicode names of letters begin that are written together there."""

USUAL_LETTERS = "éöüäñçóáèíøåêëãßâôîúïòàæõìùûýšžčłćřœ"
USUAL_SIGNS = "’“”–—…«»„‘‚•\xa0¡¿‹›、。「」・！？：；（），《》€£°"

LOOK_ALIKE = str.maketrans("șțȘȚی", "şţŞŢي")  # by which older code pages write others

OWN_LETTER, BAD, ALIEN = 1e-3, 1e-9, 1e-7
"""Chances of what a language's text happens to lack: a letter of its alphabet, what is no text at
all, a letter of another script."""

MIXED, WITHIN = 0.01, 0.1
"""What is left of the chance that letters of two scripts, or a letter and a sign, stand together in
a word, where the language's text has no such pair."""

LEAST_LIKELY = -16.0  # the logarithm for one character: a single oddity does not outweigh the rest

OTHER_LANGUAGE, OTHER_SCRIPT = -8.0, -10.0
"""The least that the ASCII letters of a line say against a language, and one of another script."""

ASCII_LETTER = -0.3  # what each ASCII letter of a line says against languages of another script


@dataclass(frozen=True, eq=False)
class Language:
    """A language: its script, its letters beside a to z, and what is counted in its text.

    `followers` are how many different characters follow each.
    """

    name: str
    script: str
    letters: str
    singles: Counter[str]
    pairs: Counter[str]
    followers: Counter[str]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of characters, one behind the other: all that differ, and which of them each one is."""

    distinct: Sequence[str]
    which: NDArray[np.int64]  # (n_pairs,)
    line: NDArray[np.int64]  # (n_pairs,)
    n_lines: int

    def by_line(self, language: Language) -> NDArray[np.float64]:
        """How likely the pairs are in this language: logarithms, added up in each line."""
        found = np.array([_likelihood(language, pair) for pair in self.distinct])
        return np.bincount(self.line, found[self.which] if len(found) else None, self.n_lines)


@cache
def languages() -> tuple[Language, ...]:
    known = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    return tuple(_language(name, each["letters"], each["text"]) for name, each in known.items())


def evidence_of_ascii(lines: Sequence[bytes]) -> dict[str, NDArray[np.float64]]:
    """What the ASCII letters of each line say of each language: logarithms, 0 for the likeliest."""
    texts = [line.decode("ascii", "replace") for line in lines]
    found = _pairs(texts, ascii_alone=True)
    said = {each.name: found.by_line(each) for each in languages() if each.script == "LATIN"}
    best = np.max([*said.values()], axis=0)
    number = np.array([sum(sign.isascii() and sign.isalpha() for sign in text) for text in texts])
    other_script = np.maximum(ASCII_LETTER * number, OTHER_SCRIPT)
    latin = {name: np.maximum(each - best, OTHER_LANGUAGE) for name, each in said.items()}
    return {each.name: latin.get(each.name, other_script) for each in languages()}


def likelihood_of(
    texts: Sequence[str], spoken: Sequence[Language], evidence: Mapping[str, NDArray[np.float64]]
) -> float:
    """The logarithm of how likely these lines are, each in one of these languages.

    What counts are the characters that are not ASCII, and what stands beside them.
    """
    found = _pairs(texts, ascii_alone=False)
    scores = [found.by_line(each) + evidence[each.name] for each in spoken]
    return float(np.max(scores, axis=0).sum())


@cache
def chance(sign: str) -> float:
    """How often a character is met that a language's text lacks; BAD for what is no text."""
    category = unicodedata.category(sign)
    if category in ("Cc", "Cn", "Co", "Cs") or sign in "\ufffd\ufeff":
        return BAD
    if sign.isdecimal() or sign in "£€":  # what amounts are written with
        return 1e-2 if sign.isdecimal() else 1e-3
    if sign in USUAL_SIGNS:
        return 2e-4
    if sign in USUAL_LETTERS:
        return 1e-4
    return 1e-5 if category[0] in "LM" else 1e-6


def _pairs(texts: Sequence[str], *, ascii_alone: bool) -> Pairs:
    """The pairs of the lines that are ASCII, or all others."""
    places: dict[str, int] = {}
    which, line = [], []
    for at, text in enumerate(texts):
        every = map(add, f" {text}", text)
        found = [pair for pair in every if pair.isascii() == ascii_alone]
        which += [places.setdefault(pair, len(places)) for pair in found]
        line += [at] * len(found)
    return Pairs([*places], np.array(which, int), np.array(line, int), len(texts))


@lru_cache(2**19)
def _likelihood(language: Language, pair: str) -> float:
    """The logarithm of how likely the second character follows, by Witten and Bell's smoothing."""
    before, after = map(_folded, pair)
    number = language.followers[before] + 1
    seen = language.pairs[before + after]
    known = (seen + number * _alone(language, after)) / (language.singles[before] + number)
    if not seen and before.isalpha() and after.isalpha():
        known *= 1 if _script(before) == _script(after) else MIXED
    elif not seen and " " not in (before, after) and (before.isalpha() or after.isalpha()):
        known *= WITHIN
    return max(log(known) + _case(*pair), LEAST_LIKELY)


def _alone(language: Language, sign: str) -> float:
    """How likely a character is, whatever stands before it."""
    is_plain = language.script == "LATIN" and sign.isascii() and sign.isalpha()
    if is_plain or sign in language.letters:
        unseen = OWN_LETTER
    elif unicodedata.category(sign)[0] not in "LM":
        unseen = chance(sign)
    elif _script(sign) != language.script:
        unseen = ALIEN
    else:
        unseen = 1e-4 if language.script == EAST_ASIAN[0] else chance(sign)
    return language.singles[sign] / language.singles.total() + unseen


def _case(before: str, after: str) -> float:
    """The logarithm of how likely the case of a letter is behind another character."""
    if after.isupper():
        return -6.0 if before.islower() else -1.5
    return -0.5 if after.islower() and before.isupper() else 0.0


def _folded(sign: str) -> str:
    return " " if sign.isspace() else sign.lower()[0].translate(LOOK_ALIKE)


@cache
def _script(letter: str) -> str:
    """The first word of the letter's Unicode name; for all of East Asia's the same."""
    name = unicodedata.name(letter, "").split(" ")[0].partition("-")[0]
    return EAST_ASIAN[0] if name in EAST_ASIAN else name


def _language(name: str, letters: str, text: str) -> Language:
    spoken = "".join(map(_folded, f" {' '.join(text.split())} "))
    pairs = Counter(map(add, spoken, spoken[1:]))
    (script, _), *_ = Counter(_script(x) for x in spoken if x.isalpha()).most_common(1)
    followers = Counter(pair[0] for pair in pairs)
    return Language(name, script, "".join(letters.split()), Counter(spoken), pairs, followers)
