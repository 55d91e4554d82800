"""The next batch's items: candidates gathered from the pool's shards, and the choice among them.

Scoring takes its time, so candidates are gathered before the workspace is locked, some more than
are asked for. Under the lock the choice is made with the labels and proposals of that moment; where
the candidates are not enough for it any more, they are gathered again. Either way the choice is the
one that `core/sampling/mix.py` makes among the whole pool.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from sys import maxsize

import numpy as np
from numpy.typing import NDArray

from core.features.vocabulary import count_words
from core.models.model import Model
from core.models.pool_predictions import in_two_stages, ready_pool
from core.models.predict import Probability, Scorer, Shard, Shards, confidences, shard_bounds
from core.pool.bags import Bags, Indices, Mask
from core.sampling.catalog import CATALOG
from core.sampling.mix import Pick, mixed, refuse_unknown, shuffled, training_word_counts
from core.sampling.pool_scores import PoolScores, score_pool, with_own
from core.sampling.strategies import Chosen, Ranked, lowest, move_on, random_keys
from core.system.engines import THREADS, Engine
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

MORE = 4
"""Times as many candidates where they were not enough: the pool is scored anew for them."""
SPARE = 2
"""Candidates of each strategy from each shard, as a multiple of the batch: half of them may go to
others before the choice is made."""

Fence = tuple[float, int]
"""(score, place) of the best candidate that was not handed over."""

NO_FENCE: Fence = (inf, maxsize)
"""There is none: all were handed over."""


@dataclass(frozen=True)
class Asked:
    """What a batch asks of the pool: items per strategy, and what these look at beside the items.

    `training_counts` and `pool_counts` are how often each word occurs, None where no strategy looks
    at them. `most` is how many candidates of each strategy a shard hands over.
    """

    counts: Mapping[str, int]
    seed: int
    most: int
    positive_index: int
    training_counts: NDArray[np.int64] | None = None
    pool_counts: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Candidates:
    """A shard's best items for every strategy that is asked, in the order of the pool.

    Their places in the pool, and what is needed to rank them again: probabilities, keys of the
    random draw, words. `fences` has each strategy's.
    """

    places: Indices
    probability: Probability
    keys: NDArray[np.float64]
    words: Bags | None
    fences: Mapping[str, Fence]


@dataclass(frozen=True)
class Choice:
    """What was chosen, and P(label | text) of each chosen item by its place in the pool."""

    chosen: Chosen
    probability: Mapping[int, Probability]


@dataclass(frozen=True)
class Looks:
    """What strategies look at of some items, under the names that the catalog has for it."""

    asked: Asked
    probability: Probability
    keys: NDArray[np.float64]
    bags: Bags | None

    @property
    def confidence(self) -> Probability:
        return confidences(self.probability)

    @property
    def positive_probability(self) -> Probability:
        return self.probability[:, self.asked.positive_index]

    @property
    def training_counts(self) -> NDArray[np.int64] | None:
        return self.asked.training_counts

    @property
    def pool_counts(self) -> NDArray[np.int64] | None:
        return self.asked.pool_counts


@dataclass(frozen=True)
class Wanted:
    """Items per strategy, and where every random choice starts."""

    counts: Mapping[str, int]
    seed: int


@dataclass(frozen=True)
class Gathered:
    """Every shard's candidates for what was asked, of the items that were allowed, `(n_pool,)`."""

    asked: Asked
    allowed: Mask
    parts: list[Candidates]


Scored = Gathered | PoolScores
"""What the choice is made from: candidates, or where they cannot be enough, all probabilities."""


def gather(
    snapshot: Snapshot,
    model: Model,
    wanted: Wanted,
    progress: Progress = silent,
    engine: Engine = THREADS,
) -> Scored:
    """What `choose` needs of the pool. Raises LoopError for a strategy that there is none of."""
    refuse_unknown(wanted.counts)
    if _needs_all(snapshot, model, wanted):
        return score_pool(snapshot, model, progress, engine)
    return _gather(snapshot, model, _asked(snapshot, wanted), progress, engine)


def choose(
    snapshot: Snapshot,
    model: Model,
    wanted: Wanted,
    scored: Scored | None,
    engine: Engine = THREADS,
) -> tuple[list[Pick], Mapping[int, Probability]]:
    """The picks in the order of the batch, and P(label | text) of each by its place in the pool.

    `scored` was gathered with this model, perhaps from an earlier reading of the same pool. Raises
    what `gather` raises.
    """
    generator = np.random.default_rng(wanted.seed)
    if _needs_all(snapshot, model, wanted):
        scores = scored if isinstance(scored, PoolScores) else None
        choice = _from_all(snapshot, model, wanted, scores, generator, engine)
    else:
        gathered = scored if isinstance(scored, Gathered) else None
        choice = _from_shards(snapshot, model, _asked(snapshot, wanted), gathered, engine)
        if "random" in wanted.counts:  # the shards drew these keys
            move_on(generator, len(snapshot.pool_words.pool))
    return shuffled(choice.chosen, generator), choice.probability


def _needs_all(snapshot: Snapshot, model: Model, wanted: Wanted) -> bool:
    """Whether a strategy looks at the whole pool, or the model's own words are only on a part."""
    looks_at_all = any(CATALOG[name].scores is None for name in wanted.counts)
    return looks_at_all or in_two_stages(snapshot, model)


def _from_all(
    snapshot: Snapshot,
    model: Model,
    wanted: Wanted,
    scores: PoolScores | None,
    generator: np.random.Generator,
    engine: Engine,
) -> Choice:
    scores = scores or score_pool(snapshot, model, engine=engine)
    chosen = mixed(snapshot, scores.probability, wanted.counts, generator, scores.is_own)
    places = np.concatenate([ranked.indices for _, ranked in chosen])
    probability = with_own(snapshot, model, scores, places).probability
    return Choice(chosen, {place: probability[place] for place in places.tolist()})


def _from_shards(
    snapshot: Snapshot, model: Model, asked: Asked, gathered: Gathered | None, engine: Engine
) -> Choice:
    allowed = snapshot.candidates
    if not (gathered and _holds(gathered, asked, allowed)):
        gathered = _gather(snapshot, model, asked, silent, engine)
    choice = merge(gathered.parts, asked, allowed)
    while choice is None:
        asked = replace(asked, most=MORE * asked.most)
        choice = merge(_gather(snapshot, model, asked, silent, engine).parts, asked, allowed)
    return choice


def _holds(gathered: Gathered, asked: Asked, allowed: Mask) -> bool:
    """Whether the candidates' fences hold for what is asked now.

    They do if the keys are the same, no item has become allowed since, and scores have only grown:
    those by training counts alone do with the counts.
    """
    before = gathered.asked
    if (before.counts, before.seed) != (asked.counts, asked.seed):
        return False
    if (allowed & ~gathered.allowed).any():
        return False
    if asked.pool_counts is not None:
        return np.array_equal(before.pool_counts, asked.pool_counts) and np.array_equal(
            before.training_counts, asked.training_counts
        )
    return asked.training_counts is None or bool(
        (asked.training_counts >= before.training_counts).all()
    )


def _gather(
    snapshot: Snapshot, model: Model, asked: Asked, progress: Progress, engine: Engine
) -> Gathered:
    scorer, rows = ready_pool(snapshot, model, progress)
    words = None if asked.training_counts is None else snapshot.pool_words.bags
    shards = Shards(rows, words, snapshot.candidates, shard_bounds(len(rows)))
    task = partial(score_shard, scorer=scorer, asked=asked)
    return Gathered(asked, snapshot.candidates, engine.map(task, shards))


def _asked(snapshot: Snapshot, wanted: Wanted) -> Asked:
    looks = {array for name in wanted.counts for array in CATALOG[name].arrays}
    in_training = training_word_counts(snapshot) if "training_counts" in looks else None
    in_pool = (
        count_words(snapshot.pool_words, ~snapshot.held_out) if "pool_counts" in looks else None
    )
    return Asked(
        counts=wanted.counts,
        seed=wanted.seed,
        most=SPARE * max(sum(wanted.counts.values()), 1),
        positive_index=snapshot.workspace.task.positive_index,
        training_counts=in_training,
        pool_counts=in_pool,
    )


def score_shard(shard: Shard, scorer: Scorer, asked: Asked) -> Candidates:
    """The shard's candidates: for each strategy the `asked.most` items that begin as its best."""
    probability = scorer(shard.rows)
    keys = random_keys(asked.seed, shard.first, len(shard))
    looks = Looks(asked, probability, keys, shard.words)
    handed_over, fences = np.zeros(len(shard), bool), {}
    for name in asked.counts:
        strategy = CATALOG[name]
        scores = strategy.scores(*strategy.looks_at(looks))
        best = lowest(scores, shard.candidates, asked.most + 1)
        handed_over[best.indices[: asked.most]] = True
        fences[name] = NO_FENCE
        if len(best) > asked.most:
            fences[name] = (float(best.scores[-1]), shard.first + int(best.indices[-1]))
    items = np.flatnonzero(handed_over)
    words = None if shard.words is None else shard.words.take(items)
    return Candidates(shard.first + items, probability[items], keys[items], words, fences)


def merge(parts: Sequence[Candidates], asked: Asked, allowed: Mask) -> Choice | None:
    """What would be chosen among all items that are allowed, `(n_pool,)`, from the candidates.

    `parts` stand in the order of the pool. Each strategy chooses in its turn as it would from the
    whole pool, and no item is chosen twice. None if the candidates are not enough to be sure:
    because a pick lies beyond a fence, or too few candidates are still allowed.
    """
    places = np.concatenate([part.places for part in parts])
    probability = np.concatenate([part.probability for part in parts])
    keys = np.concatenate([part.keys for part in parts])
    looks = Looks(asked, probability, keys, _joined([part.words for part in parts]))
    open_items, chosen, told = allowed[places], [], {}
    for name, strategy in CATALOG.items():
        if name in asked.counts:
            number = asked.counts[name]
            ranked = strategy.choose(*strategy.looks_at(looks), open_items, number)
            open_items[ranked.indices] = False
            picks = Ranked(places[ranked.indices], ranked.scores)
            fence = min(part.fences[name] for part in parts)
            if not _is_sure(picks, number, fence):
                return None
            chosen.append((name, picks))
            told |= zip(picks.indices.tolist(), probability[ranked.indices], strict=True)
    return Choice(chosen, told)


def _is_sure(picks: Ranked, number: int, fence: Fence) -> bool:
    """Whether no item beyond the fence could have been one of so many picks."""
    if fence == NO_FENCE:
        return True
    last = max(zip(picks.scores.tolist(), picks.indices.tolist(), strict=True), default=(-inf, -1))
    return len(picks) == number and last < fence


def _joined(bags: Sequence[Bags | None]) -> Bags | None:
    """All bags one after the other; None if there are none."""
    held = [each for each in bags if each is not None]
    if not held:
        return None
    ends = np.cumsum(np.concatenate([each.lengths for each in held]))
    return Bags(np.concatenate([each.ids for each in held]), np.concatenate([[0], ends]))
