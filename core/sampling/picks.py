"""What the model asked for and why: the picks of a batch, and the words that were new by then."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.pool.text import words_of
from core.sampling.catalog import CATALOG
from core.sampling.next_batch import Batch
from core.workspace.labels import Labeled
from core.workspace.logs import Proposal
from core.workspace.snapshot import Snapshot


@dataclass(frozen=True)
class Pick:
    """An item that a model's strategy chose, with its text and the label it has now, if any."""

    proposal: Proposal
    text: str
    label: str


@dataclass(frozen=True)
class WordHistory:
    """The turns of the batches that brought each word into the training data, ascending."""

    turns: Mapping[str, Sequence[int]]
    turn_of: Mapping[str, int]

    @cached_property
    def begins(self) -> int:
        """The turn of the first batch that brought training data; -1 for label files."""
        return min((turns[0] for turns in self.turns.values()), default=-1)

    def turn(self, batch_id: str) -> int:
        """The turn of this batch; labels of files were there before every batch."""
        return self.turn_of.get(batch_id, -1)

    def count(self, word: str, batch_id: str) -> int:
        """How often the word stood in the training data before this batch, or now."""
        return bisect_left(self.turns.get(word, ()), self.turn_of.get(batch_id, len(self.turn_of)))

    def known(self, text: str, batch_id: str) -> set[str]:
        """The text's words that the training data held before this batch."""
        return {word for word in words_of(text) if self.count(word, batch_id)}

    def novelty(self, text: str, batch_id: str) -> float | None:
        """The share of the text's distinct words that were new; None for the first labels."""
        words = set(words_of(text))
        if not words or self.turn(batch_id) <= self.begins:
            return None
        return (len(words) - len(self.known(text, batch_id))) / len(words)

    def familiarity(self, text: str, batch_id: str) -> float | None:
        """(1 + the sum of its words' counts) / its number of words (chapter 2), if any."""
        words = words_of(text)
        total = 1 + sum(self.count(word, batch_id) for word in words)
        return total / len(words) if words else None


def word_history(training: Iterable[Labeled], proposals: Iterable[Proposal]) -> WordHistory:
    """The history of the words of these training items, by the batches that they came with."""
    turn_of: dict[str, int] = {}
    for proposal in proposals:
        turn_of.setdefault(proposal.batch_id, len(turn_of))
    turns: dict[str, list[int]] = {}
    history = WordHistory(turns, turn_of)
    for item in sorted(training, key=lambda item: history.turn(item.batch_id)):
        for word in words_of(item.text):
            turns.setdefault(word, []).append(history.turn(item.batch_id))
    return history


def picks_of(snapshot: Snapshot) -> list[Pick]:
    """Every training item that a model chose, in the order of the log, with its label of today.

    An item that was handed over stands once, in the batch that proposed it last; items whose text
    is in no file now are left out.
    """
    labeled = {item.item_id: item for item in snapshot.labels.items}
    chosen = {p.item_id: p for p in snapshot.logs.proposals if p.run_id and p.split == "training"}
    texts = snapshot.pool_words.pool.texts_of(chosen)
    return [
        Pick(p, texts.get(item) or labeled[item].text, getattr(labeled.get(item), "label", ""))
        for item, p in chosen.items()
        if item in texts or item in labeled
    ]


def picks_in(batch: Batch) -> list[Pick]:
    """The picks of a batch that a model would propose; none where items are drawn at random."""
    if not batch.run_id:
        return []
    return [Pick(p, text, "") for p, text in zip(batch.proposals, batch.texts, strict=True)]


def by_strategy(picks: Iterable[Pick], strategy: str) -> list[Pick]:
    """The picks of one strategy, lowest score first."""
    found = [pick for pick in picks if pick.proposal.strategy == strategy]

    def rank(pick: Pick) -> tuple[float, str, int]:
        of = pick.proposal
        return math.inf if of.score is None else of.score, of.batch_id, of.rank

    return sorted(found, key=rank)


def strategies_of(picks: Iterable[Pick]) -> list[str]:
    """The strategies that these picks came from, in the order in which a batch is filled."""
    present = {pick.proposal.strategy for pick in picks}
    known = [name for name in CATALOG if name in present]
    return [*known, *sorted(present - set(known))]
