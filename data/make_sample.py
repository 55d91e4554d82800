"""Makes the shipped sample workspace: invented headlines, and the labels an oracle would give.

    python data/make_sample.py [--seed 7] [--out data/sample]

The same seed gives the same bytes. Templates and words stand in the `sample_*` modules beside this
file; here they become headlines, set as their newsroom would set them.
"""

import argparse
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from sample_beats import BEAT_COUNTS, BEAT_TEMPLATES
from sample_decoys import DECOY_COUNTS, DECOY_TEMPLATES
from sample_disasters import DISASTER_COUNTS, DISASTER_TEMPLATES
from sample_editions import EDITIONS, Edition
from sample_words import NUMBERS, SLOTS, SPELLINGS

FIRST_DAY = date(2012, 7, 1)
N_DAYS = 3_650  # about ten years
SHORTEST, LONGEST = 3, 14  # words of a headline
LOCAL_SHARE = 0.35  # how often a template of some newsrooms is taken, if one of all is 1
N_TRIES = 400  # templates tried in vain before a kind is called exhausted

CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)(\*?)\}")
TAGS = re.compile(r"((?:[A-Z]{2} )+)> ")
ARTICLE = re.compile(r"\b([Aa])n? (?=(['₹$£€]?[\w-]+))")
SOUNDS_LIKE_AN = re.compile(
    r"(?!uni|use|eu|one\b|ute\b|u-|once)[aeiou]|hour|heir|honest|honour|8|11\b|18\b"
    r"|(?:mp|mla|mna|mec|hgv|suv|rsl|rsa|nhs|lrt|mrt|lpg|rdp|sgr)\b",
    re.IGNORECASE,
)
DROPPED_WHEN_PLAIN = re.compile(r"[,;:'\"!?]")


@dataclass(frozen=True)
class Template:
    """A headline with slots and choices; `editions` are the newsrooms that may use it."""

    text: str
    editions: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A disaster or a beat: how many headlines it gets, and from which templates."""

    name: str
    label: int
    count: int
    templates: tuple[Template, ...]


@dataclass(frozen=True)
class Headline:
    """One item of the sample, before it has an id."""

    text: str
    label: int
    kind: str
    published: date
    edition: str


def read_template(line: str) -> Template:
    """The template on one line of a template block; without tags every newsroom may use it."""
    tags = TAGS.match(line)
    if tags is None:
        return Template(line, tuple(EDITIONS))
    return Template(line[tags.end() :], tuple(tags[1].split()))


def read_kinds() -> list[Kind]:
    """Every kind of the sample: first the disasters, labelled 1, then beats and decoys, 0."""
    sources = (
        (1, DISASTER_COUNTS, DISASTER_TEMPLATES),
        (0, BEAT_COUNTS, BEAT_TEMPLATES),
        (0, DECOY_COUNTS, DECOY_TEMPLATES),
    )
    return [
        Kind(name, label, count, tuple(map(read_template, blocks[name].strip().splitlines())))
        for label, counts, blocks in sources
        for name, count in counts.items()
    ]


def pick_value(slot: str, edition: Edition, rng: Random) -> str:
    """A word for a slot: a number, the newsroom's own word, or one that all of them share."""
    if slot in NUMBERS:
        return f"{rng.randrange(*NUMBERS[slot]):,}"
    return rng.choice(edition.slots.get(slot) or SLOTS[slot])


def pick_new_value(slot: str, edition: Edition, taken: set[str], rng: Random) -> str:
    """A word for a slot that the headline does not hold yet, if a few tries find one."""
    for _ in range(8):
        value = pick_value(slot, edition, rng)
        if value not in taken:
            break
    taken.add(value)
    return value


def expand(text: str, edition: Edition, rng: Random) -> str:
    """The template with every choice made and every slot filled, nested ones too.

    `{slot*}` stands before a noun and loses its "the": "the Riverina", but "Riverina farmers".
    """
    taken: set[str] = set()
    while "[" in text or "{" in text:
        text = CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
        slot = SLOT.search(text)
        if slot is not None:
            value = pick_new_value(slot[1], edition, taken, rng)
            value = value.removeprefix("the ") if slot[2] else value
            text = text[: slot.start()] + value + text[slot.end() :]
    return text


def with_articles(text: str) -> str:
    """The text with each "a" and "an" as the next word's sound asks for."""

    def agree(match: re.Match[str]) -> str:
        return match[1] + ("n " if SOUNDS_LIKE_AN.match(match[2].lstrip("'")) else " ")

    return ARTICLE.sub(agree, text)


def respell(text: str, spelling: dict[str, str]) -> str:
    """The text in a newsroom's spelling; plural and verb endings and a capital are kept."""
    words = "|".join(sorted(map(re.escape, spelling), key=len, reverse=True))

    def replace(match: re.Match[str]) -> str:
        word = spelling[match[1].lower()]
        return (word[0].upper() + word[1:] if match[1][0].isupper() else word) + (match[2] or "")

    return re.sub(rf"\b({words})(s|ed|ing|ful|hood|hoods)?\b", replace, text, flags=re.IGNORECASE)


def plain(text: str) -> str:
    """The text in lower case without punctuation: a style, and the measure of what is distinct."""
    return " ".join(DROPPED_WHEN_PLAIN.sub("", text).lower().split())


def typeset(text: str, edition: Edition, rng: Random) -> str:
    """The text in sentence case, or in plain lower case, as often as the newsroom does so."""
    if rng.random() < edition.plain_share:
        return plain(text)
    start = re.search(r"\w", text)
    return text if start is None else text[: start.start()] + start[0].upper() + text[start.end() :]


def write_headline(template: Template, rng: Random) -> tuple[str, str]:
    """One headline of a template and the newsroom that wrote it."""
    weights = [EDITIONS[code].weight for code in template.editions]
    edition = EDITIONS[rng.choices(template.editions, weights)[0]]
    text = respell(expand(template.text, edition, rng), SPELLINGS[edition.spelling])
    return typeset(with_articles(text), edition, rng), edition.name


def shuffled_forever(templates: Sequence[Template], rng: Random) -> Iterator[Template]:
    """The templates in ever new orders; those of only some newsrooms come less often."""
    while True:
        for template in rng.sample(templates, len(templates)):
            if len(template.editions) == len(EDITIONS) or rng.random() < LOCAL_SHARE:
                yield template


def write_kind(kind: Kind, seen: set[str], rng: Random) -> list[Headline]:
    """The headlines of one kind, none of them in `seen`, which grows by them.

    Raises ValueError if the kind's templates have no new headline left.
    """
    headlines: list[Headline] = []
    n_vain = 0
    for template in shuffled_forever(kind.templates, rng):
        if len(headlines) == kind.count:
            break
        text, edition = write_headline(template, rng)
        if plain(text) in seen or not SHORTEST <= len(text.split()) <= LONGEST:
            n_vain += 1
            if n_vain > N_TRIES:
                raise ValueError(f"The templates of {kind.name!r} are exhausted. Add some.")
            continue
        n_vain = 0
        seen.add(plain(text))
        published = FIRST_DAY + timedelta(days=rng.randrange(N_DAYS))
        headlines.append(Headline(text, kind.label, kind.name, published, edition))
    return headlines


def make_headlines(seed: int) -> list[Headline]:
    """All headlines of the sample, shuffled, so that their order tells nothing of the label."""
    rng = Random(seed)
    seen: set[str] = set()
    headlines = [headline for kind in read_kinds() for headline in write_kind(kind, seen, rng)]
    rng.shuffle(headlines)
    return headlines


def write_csv(path: Path, header: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    """Writes one table, with its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_sample(headlines: Sequence[Headline], out: Path) -> None:
    """Writes the pool, and beside it the oracle, which knows label and kind of every item."""
    items = [(f"sun-{number:05}", item) for number, item in enumerate(headlines, start=1)]
    write_csv(
        out / "unlabeled_data" / "headlines.csv",
        ("item_id", "text", "published", "edition"),
        ((item_id, item.text, item.published, item.edition) for item_id, item in items),
    )
    write_csv(
        out / "oracle.csv",
        ("item_id", "text", "label", "kind"),
        ((item_id, item.text, item.label, item.kind) for item_id, item in items),
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the shipped sample workspace.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sample")
    arguments = parser.parse_args()
    headlines = make_headlines(arguments.seed)
    write_sample(headlines, arguments.out)
    n_disasters = sum(headline.label for headline in headlines)
    print(f"{len(headlines)} headlines, {n_disasters} of them disaster-related: {arguments.out}")


if __name__ == "__main__":
    main()
