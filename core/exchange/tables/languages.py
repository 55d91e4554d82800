"""Languages as statistics: how likely one letter follows another in each of them.

They are counted in the texts of `languages.toml` and smoothed by what holds for all.
"""

import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint16]  # characters by their code points; those above the last one count as it

TEXTS = Path(__file__).parent / "languages.toml"

CHARACTERS = 0x10000

SCRIPTS = {
    "latin": ((0x41, 0x24F), (0x300, 0x36F), (0x1E00, 0x1EFF)),
    "greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "cyrillic": ((0x400, 0x52F),),
    "hebrew": ((0x590, 0x5FF),),
    "arabic": ((0x600, 0x6FF), (0x750, 0x77F)),
    "thai": ((0xE00, 0xE7F),),
    "east asian": ((0x1100, 0x11FF), (0x2E80, 0xFFFC)),
}
"""The code points of letters that are written together, the first and the last of each range."""

BAD, ODD, SIGN, CURRENCY, DIGIT, ALIEN, FOREIGN, KINDS = range(8)
"""Kinds of characters that a language's text has none of: no text at all, signs that hardly ever
stand in one, other signs, those of money, digits, letters of another script, other letters of its
own script. From the last number on the characters of the text itself are numbered."""

SHARES = {
    BAD: 1e-7, ODD: 1e-3, SIGN: 0.1, CURRENCY: 0.05, DIGIT: 0.05, ALIEN: 1e-3, FOREIGN: 0.15,
}  # fmt: skip
"""Of what a text shows for the first time; the letters of its alphabet have what remains."""

USUAL_SIGNS = "’“”–—…«»„‘‚•\xa0¡¿‹›、。「」・！？：；（），《》"
SMALL_SIGNS = "°²½©®™³º·×§¼¾ª¹±µ"
CURRENCIES = "€£¥₪₫"
USUAL_LETTERS = "éöüäñçóáèíøåêëãßâôîúïòàæõìùûýšžčłćřœğşőńśě"  # the commonest first

LOOK_ALIKE = str.maketrans("șțȘȚی", "şţŞŢي")  # by which older code pages write others

CASES = np.log([[1, 0.75, 0.25], [1, 0.997, 0.003], [1, 0.7, 0.3]])
"""Of a letter after another: each has no case, is lower or is upper case."""

TWIN = -4.0  # the logarithm for a byte above ASCII that is an ASCII character: few pages have any

LEAST_LIKELY = -18.0  # the logarithm for one character: a single oddity does not outweigh the rest

OTHER_LANGUAGE, OTHER_SCRIPT = -8.0, -10.0
"""The least that the ASCII letters of a line say against a language, and one of another script."""

ASCII_LETTER = -0.3  # what each ASCII letter of a line says against languages of another script


@dataclass(frozen=True, eq=False)
class Language:
    """A language: its script, its letters beside a to z, and logarithms of how likely they are."""

    name: str
    script: str
    letters: str
    class_of: NDArray[np.uint16]  # (CHARACTERS,)
    within: NDArray[np.float32]  # (CHARACTERS,): a character among those of its class
    after: NDArray[np.float32]  # (n_classes, n_classes): a class after a class


@dataclass(frozen=True, eq=False)
class Characters:
    """The characters of some lines in lower case, each with what stands before it.

    `is_high` marks those that were not ASCII bytes.
    """

    folded: Codes
    before: Codes
    form: NDArray[np.float64]  # logarithms: how likely its case is, and that it is written so
    line: NDArray[np.int64]
    is_high: NDArray[np.bool_]
    n_lines: int

    def by_line(self, language: Language, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How likely those characters are in this language, added up in each line."""
        before, folded = self.before[chosen], self.folded[chosen]
        after = language.after[language.class_of[before], language.class_of[folded]]
        likelihood = after + language.within[folded]
        bounded = np.maximum(likelihood + self.form[chosen], LEAST_LIKELY)
        return np.bincount(self.line[chosen], bounded, self.n_lines)


@cache
def languages() -> tuple[Language, ...]:
    known = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    return tuple(_language(name, each["letters"], each["text"]) for name, each in known.items())


def evidence_of_ascii(lines: Sequence[bytes]) -> dict[str, NDArray[np.float64]]:
    """What the ASCII letters of each line say of each language: logarithms, 0 for the likeliest."""
    text = "\n".join(line.decode("ascii", "replace") for line in lines)
    found = _characters(text, np.zeros(0, bool))
    plain = (found.folded < 128) & (found.before < 128)
    said = {each.name: found.by_line(each, plain) for each in languages() if each.script == "latin"}
    best = np.max([*said.values()], axis=0)
    letters = plain & (found.folded >= ord("a")) & (found.before >= ord("a"))
    number = np.bincount(found.line[letters], minlength=found.n_lines)
    other_script = np.maximum(ASCII_LETTER * number, OTHER_SCRIPT)
    latin = {name: np.maximum(each - best, OTHER_LANGUAGE) for name, each in said.items()}
    return {each.name: latin.get(each.name, other_script) for each in languages()}


def likelihood_of(
    text: str,
    is_high: NDArray[np.bool_],
    spoken: Sequence[Language],
    evidence: dict[str, NDArray[np.float64]],
) -> float:
    """The logarithm of how likely the lines of a text are, each in one of these languages.

    What counts are the characters that are not ASCII, and what stands beside them. `is_high` marks
    them, if it is as long as the text: of a code page some bytes above ASCII are ASCII characters.
    """
    found = _characters(text, is_high)
    touched = found.is_high.copy()
    touched[1:] |= found.is_high[:-1]
    scores = [found.by_line(each, touched) + evidence[each.name] for each in spoken]
    return float(np.max(scores, axis=0).sum())


def text_codes(text: str) -> Codes:
    """The text's characters by their code points."""
    wide = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    return np.minimum(wide, CHARACTERS - 1).astype(np.uint16)


@cache
def kinds() -> NDArray[np.uint8]:
    """The kind of each character: one of a letter is FOREIGN."""
    found = np.full(CHARACTERS, ODD, np.uint8)
    for code in range(CHARACTERS):
        category = unicodedata.category(chr(code))
        if category[0] in "LM":
            found[code] = FOREIGN
        elif category == "Nd":
            found[code] = DIGIT
        elif category in ("Cc", "Cn", "Co", "Cs"):
            found[code] = BAD
        elif code < 128:
            found[code] = SIGN
    found[text_codes(USUAL_SIGNS)] = SIGN
    found[text_codes(CURRENCIES)] = CURRENCY
    found[[ord("\ufffd"), ord("\ufeff")]] = BAD
    return found


def _characters(text: str, is_high: NDArray[np.bool_]) -> Characters:
    lower, case = _folding()
    found = text_codes(text)
    folded, cases = lower[found], case[found]
    is_high = is_high if len(is_high) == len(found) else found >= 128
    before = np.concatenate([text_codes(" "), folded[:-1]])
    case_before = np.concatenate([[0], cases[:-1]])
    is_end = found == ord("\n")
    return Characters(
        folded,
        before,
        CASES[case_before, cases] + TWIN * (is_high & (found < 128)),
        np.cumsum(is_end) - is_end,
        is_high,
        text.count("\n") + 1,
    )


@cache
def _folding() -> tuple[Codes, NDArray[np.uint8]]:
    """(each character in lower case, its case: 0 if it has none, 1 lower, 2 upper)."""
    lower = np.arange(CHARACTERS, dtype=np.uint16)
    case = np.zeros(CHARACTERS, np.uint8)
    for code in range(0x2000):
        small = chr(code).lower()
        lower[code] = ord(small[0].translate(LOOK_ALIKE))
        case[code] = 2 if small != chr(code) else chr(code).islower()
    lower[text_codes("\t\n\r\u3000")] = ord(" ")
    return lower, case


@cache
def _scripts() -> NDArray[np.uint8]:
    """The number of each letter's script, counted from 1; 0 for what is no letter."""
    found = np.zeros(CHARACTERS, np.uint8)
    for number, ranges in enumerate(SCRIPTS.values(), start=1):
        for first, last in ranges:
            found[first : last + 1] = number
    return np.where(kinds() == FOREIGN, found, 0)


@cache
def _usual_weights() -> NDArray[np.float64]:
    """How often each character is met, compared with others of its kind."""
    weights = np.where(kinds() == ODD, 0.002, 0.02)
    weights[text_codes(USUAL_LETTERS)] += 1 / (3 + np.arange(len(USUAL_LETTERS)))
    weights[text_codes(CURRENCIES)] += 1 / (1 + np.arange(len(CURRENCIES)))
    weights[text_codes(SMALL_SIGNS)] += 1 / (2 + np.arange(len(SMALL_SIGNS)))
    weights[text_codes(USUAL_SIGNS)] += 4 / (2 + np.arange(len(USUAL_SIGNS)))
    weights[0x21:0x7F] = 1.0
    return weights


def _language(name: str, letters: str, text: str) -> Language:
    lower, letters = _folding()[0], "".join(letters.split())
    spoken, alphabet = lower[text_codes(f" {' '.join(text.split())} ")], lower[text_codes(letters)]
    number = int(np.bincount(_scripts()[spoken])[1:].argmax()) + 1
    script, own = [*SCRIPTS][number - 1], np.union1d(spoken, alphabet)
    if script == "latin":
        own = np.union1d(own, np.arange(ord("a"), ord("z") + 1))
    is_alien = (kinds() == FOREIGN) & (_scripts() != number)
    class_of = np.where(is_alien, ALIEN, kinds()).astype(np.uint16)
    class_of[own] = KINDS + np.arange(len(own))
    weights = _usual_weights()
    within = np.log(weights / np.bincount(class_of, weights)[class_of]).astype(np.float32)
    letter_classes = np.unique(class_of[kinds() == FOREIGN])
    n_classes = int(class_of.max()) + 1
    after = _after(class_of[spoken], n_classes, letter_classes, mixes=script == "east asian")
    return Language(name, script, letters, class_of, within, after)


def _after(
    classes: NDArray[np.uint16], number: int, letters: NDArray[np.uint16], *, mixes: bool
) -> NDArray[np.float32]:
    """How likely each class is after each other, as logarithms, by Witten and Bell's smoothing."""
    pairs = np.zeros((number, number))
    np.add.at(pairs, (classes[:-1], classes[1:]), 1.0)
    new = np.full(number, (1 - sum(SHARES.values())) / (number - KINDS))
    new[list(SHARES)] = list(SHARES.values())
    single = pairs.sum(axis=0)
    n_met = np.count_nonzero(single)
    alone = (single + n_met * new) / (single.sum() + n_met)
    times, followers = pairs.sum(axis=1), np.maximum(np.count_nonzero(pairs, axis=1), 1)
    chances = (pairs + followers[:, None] * alone) / (times + followers)[:, None]
    mixed = 1.0 if mixes else 0.005  # in a word
    others = [ODD, SIGN, CURRENCY, DIGIT, ALIEN]
    chances[np.ix_(letters, others)] *= np.array([0.1, 0.2, 0.05, 0.05, mixed])
    chances[np.ix_(others, letters)] *= np.array([0.1, 0.5, 0.2, 0.2, mixed])[:, None]
    chances[DIGIT, [DIGIT, SIGN, CURRENCY]] = 0.5, 0.2, 0.05
    chances[[SIGN, CURRENCY], DIGIT] = 0.1, 0.7
    chances[ALIEN, ALIEN] = 0.6
    return np.log(chances).astype(np.float32)
