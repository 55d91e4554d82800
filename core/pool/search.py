"""Full-text search: words, phrases and regular expressions, looked for by RE2 in every text.

A word, as `tokens` has it, is found as a whole: `flood` finds "Flood," and "flood-hit", not
"floodlight". All words of a query must occur, in any order; those in "double quotes", and those of
one token, side by side in this order. A query between slashes, `/flood(s|ed)/`, is one regular
expression as RE2 has it. Case does not matter. A query without words asks nothing: every item
holds it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Timer

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import SearchError
from core.pool.bags import Indices, offsets_of
from core.pool.splitting import UNBROKEN
from core.pool.tokens import Hashes, Parts, character_kind, words_in_tokens
from core.system.parallel import spans

QUOTES = re.compile('["“”„]')  # what people and telephones type; one that is not closed goes on
EXPRESSION = re.compile("/(.+)/", re.DOTALL)
MARKS = re.compile("[\x01\x02]")  # around matches, while they are looked for
LONGEST_EXPRESSION, LONGEST_QUERY = 200, 1_000  # characters
SECONDS = 20  # after which a search is given up: a million headlines take a fraction of one
TEXTS_AT_ONCE = 100_000  # so that both cores have work
CHARACTERS = 1_000_000  # whose words are cut out at a time, which bounds the memory

LAST_FOLDED = 0x30000  # from this code point on none is another one's capital or older form


@dataclass(frozen=True)
class Query:
    """What a text must hold: matches of all `patterns`, in RE2's syntax, and all `phrases`.

    A phrase is its words, one or more; each of them is among the patterns.
    """

    patterns: tuple[str, ...]
    phrases: tuple[Hashes, ...] = ()


def find(texts: pa.Array | pa.ChunkedArray, query: str) -> Indices:
    """The places of the texts that hold what the query asks for, ascending.

    Raises SearchError for a query that is no regular expression, is too long or takes too long.
    """
    asked = read_query(query)
    if not asked.patterns or not len(texts):
        return np.arange(len(texts))
    found = _matching(texts, asked.patterns)
    for phrase in (each for each in asked.phrases if len(each) > 1):
        found = found[_holding(texts.take(pa.array(found)), phrase)]
    return found


def read_query(query: str) -> Query:
    """The query as expressions and phrases; raises SearchError for one that is too long."""
    query = query.strip().encode("utf-8", "replace").decode()
    if expression := EXPRESSION.fullmatch(query):
        if len(expression[1]) > LONGEST_EXPRESSION:
            raise SearchError(
                f"The regular expression has {len(expression[1]):,} characters. Write it in "
                f"{LONGEST_EXPRESSION} at most."
            )
        return Query((f"(?i){expression[1]}",))
    if len(query) > LONGEST_QUERY:
        raise SearchError(f"The search has {len(query):,} characters. Ask for fewer words.")
    parts = QUOTES.split(query)
    typed = [part for at in range(0, len(parts), 2) for part in parts[at].split()] + parts[1::2]
    if not typed:
        return Query(())
    found = words_in_tokens(typed)
    tokens = np.repeat(np.arange(len(typed)), np.diff(found.offsets)).tolist()
    places = zip(tokens, found.starts.tolist(), found.lengths.tolist(), strict=True)
    words = {typed[at][start : start + length] for at, start, length in places}
    phrases = np.split(found.hashes, found.offsets[1:-1])
    return Query(tuple(map(_pattern, sorted(words))), tuple(x for x in phrases if len(x)))


def find_in(texts: Sequence[str], query: str) -> list[list[tuple[int, int]]]:
    """(start, stop), in characters, of what the query finds in each of these few texts.

    Nothing in a text that does not hold all of it. Raises SearchError as `find` does.
    """
    places: list[list[tuple[int, int]]] = [[] for _ in texts]
    rows = find(pa.array(texts, pa.string()), query).tolist()
    if not rows:
        return places
    held, expression = [texts[row] for row in rows], EXPRESSION.fullmatch(query.strip())
    if not expression:
        words = words_in_tokens(held)
        for phrase in read_query(query).phrases:
            for text, first in zip(*_side_by_side(words, phrase), strict=True):
                last = first + len(phrase) - 1
                ends = words.starts[first], words.starts[last] + words.lengths[last]
                places[rows[text]].append((int(ends[0]), int(ends[1])))
        return [sorted({*each}) for each in places]
    import duckdb

    sql = "select regexp_replace(text, ?, chr(1) || '\\0' || chr(2), 'g') from chosen"
    with duckdb.connect() as connection:
        connection.register("chosen", pa.table({"text": pa.array(held, pa.string())}))
        marked = connection.execute(sql, [f"(?i){expression[1]}"]).fetchall()
    for row, (text,) in zip(rows, marked, strict=True):
        if not MARKS.search(texts[row]):
            ends = offsets_of([len(part) for part in MARKS.split(text)]).tolist()
            pairs = zip(ends[1::2], ends[2::2], strict=False)
            places[row] = [(start, stop) for start, stop in pairs if start < stop]
    return places


def _matching(texts: pa.Array | pa.ChunkedArray, patterns: tuple[str, ...]) -> Indices:
    """The places of the texts that all these expressions match."""
    import duckdb  # a quarter of a second, and most commands search for nothing

    table = pa.table({"place": np.arange(len(texts)), "text": texts})
    table = pa.Table.from_batches(table.to_batches(max_chunksize=TEXTS_AT_ONCE))
    all_match = " and ".join("regexp_matches(text, ?)" for _ in patterns)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("texts", table)
        giving_up = Timer(SECONDS, connection.interrupt)
        giving_up.start()
        try:
            sql = f"select place from texts where {all_match} order by place"
            return connection.execute(sql, patterns).fetchnumpy()["place"]
        except duckdb.InterruptException as error:
            told = f"The search took more than {SECONDS} seconds. Ask for something simpler."
            raise SearchError(told) from error
        except duckdb.InvalidInputException as error:
            reason = str(error).partition("Error: ")[2].split("\n")[0]
            told = f"The regular expression cannot be read: {reason}. Correct it, or search words."
            raise SearchError(told) from error
        finally:
            giving_up.cancel()


def _holding(texts: pa.Array | pa.ChunkedArray, phrase: Hashes) -> Indices:
    """The places of the texts that hold these words side by side, in this order."""
    ends = offsets_of(pc.utf8_length(texts).to_numpy())
    kept = [np.empty(0, np.int64)]
    for start, stop in spans(ends, CHARACTERS):
        words = words_in_tokens(texts.slice(start, stop - start).to_pylist())
        kept.append(np.unique(_side_by_side(words, phrase)[0]) + start)
    return np.concatenate(kept)


def _side_by_side(words: Parts, phrase: Hashes) -> tuple[Indices, Indices]:
    """The texts that hold the phrase, and where in `words` it begins, place by place."""
    starts = np.arange(max(len(words.hashes) - len(phrase) + 1, 0))
    for at, word in enumerate(phrase):
        starts = starts[words.hashes[starts + at] == word]
    first, last = (
        np.searchsorted(words.offsets, starts + at, "right") - 1 for at in (0, len(phrase) - 1)
    )
    return first[first == last], starts[first == last]


def _pattern(word: str) -> str:
    """The word as a whole, in any case and in all forms of characters that count as the same."""
    in_word, alone, marks = _classes()
    codes = (character_kind(ord(character))[0] for character in word)
    spelled = "".join(f"[{_ranges([code, *_variants().get(code, ())])}]" for code in codes)
    is_alone = any(character_kind(ord(character))[2] for character in word)
    # A mark behind a word by itself is part of that word.
    behind_alone = "" if character_kind(ord(word[0]))[3] else f"|[{alone}][{marks}]*"
    before = "" if is_alone else f"(?:^|[^{in_word}]{behind_alone})"
    after = f"[^{marks}]" if is_alone else f"[^{in_word}]|[{alone}]"
    return f"{before}{spelled}(?:$|{after})"


@cache
def _variants() -> Mapping[int, list[int]]:
    """The code points that are folded to each one, but for itself."""
    found: dict[int, list[int]] = defaultdict(list)
    for code in _foldable():
        found[character_kind(code)[0]].append(code)
    return found


@cache
def _classes() -> tuple[str, str, str]:
    """What RE2 writes in brackets for (characters in words, words by themselves, marks).

    As `character_kind` has them: with what only its compatible form makes a letter or a mark.
    """
    plain = {code: unicodedata.category(chr(code))[0] for code in _foldable()}
    kinds = {code: character_kind(code) for code in plain}
    letters = [code for code, kind in kinds.items() if kind[1] and plain[code] not in "LMN"]
    marks = [code for code, kind in kinds.items() if kind[3] and plain[code] != "M"]
    return rf"\pL\pM\pN_{_ranges(letters)}", UNBROKEN, rf"\pM{_ranges(marks)}"


@cache
def _foldable() -> tuple[int, ...]:
    """The code points that have a case or a compatible form, in ascending order."""
    plain = unicodedata.normalize
    every = map(chr, range(LAST_FOLDED))
    return tuple(ord(x) for x in every if x.casefold() != x or plain("NFKC", x) != x)


def _ranges(codes: Iterable[int]) -> str:
    """The code points as RE2 writes them between brackets."""
    ordered = np.unique(list(codes))
    starts = np.flatnonzero(np.diff(ordered, prepend=-2) > 1)
    lasts = np.append(starts[1:], len(ordered)) - 1
    pairs = zip(ordered[starts].tolist(), ordered[lasts].tolist(), strict=True)
    return "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in pairs)
