"""The next batch's items: candidates gathered from the pool's shards, and the choice among them.

Scoring takes its time, so candidates are gathered before the workspace is locked, some more than
are asked for. Under the lock the choice is made with the labels and proposals of that moment; where
the candidates are not enough for it any more, they are gathered again. Either way the choice is the
one that `core/mixing.py` makes among the whole pool.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.catalog import CATALOG
from core.engines import THREADS, Engine
from core.features import count_words
from core.loop import Loop
from core.mixing import Pick, mixed, refuse_unknown, shuffled, training_word_counts
from core.model import Model
from core.pool_scoring import PoolScores, in_two_stages, ready_pool, score_pool, with_own
from core.progress import Progress, silent
from core.scoring import (
    Asked,
    Candidates,
    Choice,
    Probability,
    Shards,
    merge,
    score_shard,
    shard_bounds,
)
from core.strategies import Mask, move_on

MORE = 4
"""Times as many candidates where they were not enough: the pool is scored anew for them."""

SPARE = 2
"""Candidates of each strategy from each shard, as a multiple of the batch: half of them may go to
others before the choice is made."""


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
    loop: Loop,
    model: Model,
    wanted: Wanted,
    progress: Progress = silent,
    engine: Engine = THREADS,
) -> Scored:
    """What `choose` needs of the pool. Raises LoopError for a strategy that there is none of."""
    refuse_unknown(wanted.counts)
    if _needs_all(loop, model, wanted):
        return score_pool(loop, model, progress, engine)
    return _gather(loop, model, _asked(loop, wanted), progress, engine)


def choose(
    loop: Loop, model: Model, wanted: Wanted, scored: Scored | None, engine: Engine = THREADS
) -> tuple[list[Pick], Mapping[int, Probability]]:
    """The picks in the order of the batch, and P(label | text) of each by its place in the pool.

    `scored` was gathered with this model, perhaps from an earlier reading of the same pool. Raises
    what `gather` raises.
    """
    generator = np.random.default_rng(wanted.seed)
    if _needs_all(loop, model, wanted):
        scores = scored if isinstance(scored, PoolScores) else None
        choice = _from_all(loop, model, wanted, scores, generator, engine)
    else:
        gathered = scored if isinstance(scored, Gathered) else None
        choice = _from_shards(loop, model, _asked(loop, wanted), gathered, engine)
        if "random" in wanted.counts:  # the shards drew these keys
            move_on(generator, len(loop.pool_words.pool))
    return shuffled(choice.chosen, generator), choice.probability


def _needs_all(loop: Loop, model: Model, wanted: Wanted) -> bool:
    """Whether a strategy looks at the whole pool, or the model's own words are only on a part."""
    looks_at_all = any(CATALOG[name].scores is None for name in wanted.counts)
    return looks_at_all or in_two_stages(loop, model)


def _from_all(
    loop: Loop,
    model: Model,
    wanted: Wanted,
    scores: PoolScores | None,
    generator: np.random.Generator,
    engine: Engine,
) -> Choice:
    scores = scores or score_pool(loop, model, engine=engine)
    chosen = mixed(loop, scores.probability, wanted.counts, generator, scores.is_own)
    places = np.concatenate([ranked.indices for _, ranked in chosen])
    probability = with_own(loop, model, scores, places).probability
    return Choice(chosen, {place: probability[place] for place in places.tolist()})


def _from_shards(
    loop: Loop, model: Model, asked: Asked, gathered: Gathered | None, engine: Engine
) -> Choice:
    allowed = loop.candidates
    if not (gathered and _holds(gathered, asked, allowed)):
        gathered = _gather(loop, model, asked, silent, engine)
    choice = merge(gathered.parts, asked, allowed)
    while choice is None:
        asked = replace(asked, most=MORE * asked.most)
        choice = merge(_gather(loop, model, asked, silent, engine).parts, asked, allowed)
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


def _gather(loop: Loop, model: Model, asked: Asked, progress: Progress, engine: Engine) -> Gathered:
    scorer, rows = ready_pool(loop, model, progress)
    words = None if asked.training_counts is None else loop.pool_words.bags
    shards = Shards(rows, words, loop.candidates, shard_bounds(len(rows)))
    task = partial(score_shard, scorer=scorer, asked=asked)
    return Gathered(asked, loop.candidates, engine.map(task, shards))


def _asked(loop: Loop, wanted: Wanted) -> Asked:
    looks = {array for name in wanted.counts for array in CATALOG[name].arrays}
    in_training = training_word_counts(loop) if "training_counts" in looks else None
    in_pool = count_words(loop.pool_words, ~loop.held_out) if "pool_counts" in looks else None
    return Asked(
        counts=wanted.counts,
        seed=wanted.seed,
        most=SPARE * max(sum(wanted.counts.values()), 1),
        positive_index=loop.workspace.task.positive_index,
        training_counts=in_training,
        pool_counts=in_pool,
    )
