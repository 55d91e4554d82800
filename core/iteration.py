"""One iteration: what the loop needs now, and the batch that brings it nearer."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core import strategies
from core.assignment import batch_for, take_over, take_what_is_left
from core.errors import LoopError, PoolExhaustedError, RunError
from core.logs import Proposal, Run, append_records, fresh_id, now
from core.loop import Loop, read_loop
from core.mixing import Chosen, Pick, mixed, shuffled
from core.model import Model
from core.pool import require_items
from core.pool_scoring import PoolScores, score_pool, with_own
from core.progress import Progress, silent
from core.runs import current_run, keep, load_run, train
from core.task import SPLITS, apportion


@dataclass(frozen=True)
class Batch:
    """Items that are proposed together, by rank, with their texts."""

    batch_id: str
    split: str
    run_id: str
    proposals: tuple[Proposal, ...]
    texts: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Wishes:
    """What a person may ask of the next batch; None: as the task says."""

    size: int | None = None
    mix: Mapping[str, int] | None = None
    seed: int | None = None


AS_THE_TASK_SAYS = Wishes()


@dataclass(frozen=True)
class _Scored:
    """The pool as a run's model sees it."""

    run: Run
    model: Model
    scores: PoolScores


@dataclass(frozen=True)
class _Head:
    """What all proposals of one batch have in common."""

    batch_id: str
    created_at: str
    split: str
    annotator: str
    run_id: str
    seed: int


def split_to_fill(loop: Loop) -> tuple[str, int | None]:
    """(split, items it still lacks) that the next batch is for; None: no end in sight.

    Items in open batches count as filled: two people do not draw the same missing ones.
    """
    waiting = Counter(proposal.split for batch in loop.open_batches.values() for proposal in batch)
    for split in SPLITS:
        target = loop.workspace.task.targets[split]
        have = len(loop.labels.splits[split]) + waiting[split]
        if have < target:
            return split, target - have
    return "training", None


def is_active(loop: Loop) -> bool:
    """Whether a model chooses: every target is met or on its way, and there is enough to learn."""
    return split_to_fill(loop)[1] is None and loop.can_train


def propose(
    loop: Loop,
    annotator: str,
    wishes: Wishes = AS_THE_TASK_SAYS,
    *,
    progress: Progress = silent,
) -> Batch:
    """The next batch, written to `batches.csv`; a run is trained and kept first where one is due.

    Raises PoolError for an empty pool and PoolExhaustedError if nothing is left to propose.
    """
    began = time.perf_counter()
    scored = _scored(loop, progress)
    with loop.workspace.locked():
        loop = _read_again(loop)
        progress("choosing")
        batch = _choose(loop, annotator, wishes, scored, began)
        append_records(loop.workspace.batches, batch.proposals)
    return batch


def batch_to_label(
    loop: Loop,
    annotator: str,
    wishes: Wishes = AS_THE_TASK_SAYS,
    *,
    progress: Progress = silent,
) -> str:
    """The id of the batch that this person should go on with.

    Their own open one, what is left of a free one, or a new one; and where nothing new can be
    proposed, what is left of anybody's. The wishes are for a new one; an open batch stays as it
    is. Raises what `propose` raises.
    """
    with loop.workspace.locked():
        fresh = _read_again(loop)
        held = batch_for(fresh, annotator) or take_over(fresh, annotator)
    return held or _propose_or_share(loop, annotator, wishes, progress)


def preview(loop: Loop, annotator: str = "", wishes: Wishes = AS_THE_TASK_SAYS) -> Batch:
    """The batch that `propose` would write, without writing anything."""
    began = time.perf_counter()
    return _choose(loop, annotator, wishes, _scored(loop, silent, keep_run=False), began)


def _propose_or_share(loop: Loop, annotator: str, wishes: Wishes, progress: Progress) -> str:
    began = time.perf_counter()
    scored = _scored(loop, progress)
    with loop.workspace.locked():
        loop = _read_again(loop)
        # Another tab of the same person may have asked at the same moment.
        held = batch_for(loop, annotator)
        if held:
            return held
        try:
            batch = _choose(loop, annotator, wishes, scored, began)
        except PoolExhaustedError:
            left = take_what_is_left(loop, annotator)
            if not left:
                raise
            return left
        append_records(loop.workspace.batches, batch.proposals)
    return batch.batch_id


def _scored(loop: Loop, progress: Progress, *, keep_run: bool = True) -> _Scored | None:
    """The pool as the run of today's labels sees it; None while items are chosen at random."""
    require_items(loop.pool_words.pool)
    if not is_active(loop):
        return None
    run, model = _run_of_today(loop) or _new_run(loop, progress, keep_run)
    progress(f"scoring {len(loop.pool_words.pool):,} items")
    return _Scored(run, model, score_pool(loop, model, progress))


def _run_of_today(loop: Loop) -> tuple[Run, Model] | None:
    """The run that was trained on today's labels, unless its file is gone or damaged."""
    run = current_run(loop)
    try:
        return (run, load_run(loop, run)) if run else None
    except RunError:
        return None


def _new_run(loop: Loop, progress: Progress, keep_run: bool) -> tuple[Run, Model]:
    trained = train(loop, progress=progress)
    return (keep(loop, trained) if keep_run else trained.run), trained.model


def _read_again(loop: Loop) -> Loop:
    """The loop under the lock: the choice is made among what is left by now.

    Raises LoopError if the pool itself has changed: the scores would belong to other items.
    """
    fresh = read_loop(loop.workspace)
    if fresh.pool_words.pool.key != loop.pool_words.pool.key:
        raise LoopError("A pool file changed while its items were scored. Try again.")
    return fresh


def _choose(
    loop: Loop, annotator: str, wishes: Wishes, scored: _Scored | None, began: float
) -> Batch:
    task = loop.workspace.task
    split, missing = split_to_fill(loop)
    batch_ids = {proposal.batch_id for proposal in loop.logs.proposals}
    seed = task.seed + len(batch_ids) if wishes.seed is None else wishes.seed
    generator = np.random.default_rng(seed)
    if scored and missing is None:
        scores = scored.scores
        chosen = mixed(loop, scores.probability, _asked(loop, wishes), generator, scores.is_own)
        places = np.concatenate([ranked.indices for _, ranked in chosen])
        scored = replace(scored, scores=with_own(loop, scored.model, scores, places))
    else:
        scored = None
        size = wishes.size or task.batch_size
        size = min(size, missing) if missing else size
        chosen = [("random", strategies.random(loop.candidates, size, generator))]
    if not sum(len(ranked) for _, ranked in chosen):
        raise PoolExhaustedError(
            "Nothing is left to propose: every item of the pool is labeled, waits in an open "
            "batch, or is a copy of one that does. Add a file to unlabeled_data/."
        )
    run_id = scored.run.run_id if scored else ""
    batch_id = fresh_id("batch", batch_ids)
    head = _Head(batch_id, now(), split, annotator, run_id, seed)
    proposals = _proposals(loop, head, chosen, scored, generator)
    texts = loop.pool_words.pool.texts_of(proposal.item_id for proposal in proposals)
    return Batch(
        head.batch_id,
        split,
        run_id,
        proposals,
        tuple(texts[proposal.item_id] for proposal in proposals),
        time.perf_counter() - began,
    )


def _asked(loop: Loop, wishes: Wishes) -> dict[str, int]:
    """Items per strategy. A mix that is asked for counts items, unless a size is asked for too."""
    task = loop.workspace.task
    mix = wishes.mix or task.mix
    size = wishes.size or (sum(mix.values()) if wishes.mix else task.batch_size)
    return apportion(size, mix)


def _proposals(
    loop: Loop,
    head: _Head,
    chosen: Chosen,
    scored: _Scored | None,
    generator: np.random.Generator,
) -> tuple[Proposal, ...]:
    """The chosen items by rank."""
    picks = shuffled(chosen, generator)
    return tuple(
        _proposal(loop, head, rank, pick, scored) for rank, pick in enumerate(picks, start=1)
    )


def _proposal(loop: Loop, head: _Head, rank: int, pick: Pick, scored: _Scored | None) -> Proposal:
    strategy, index, score = pick
    predicted, confidence = "", None
    if scored:
        probability = scored.scores.probability[index]
        column = int(probability.argmax())
        predicted = loop.workspace.task.values[column]
        confidence = float(probability[column])
    return Proposal(
        batch_id=head.batch_id,
        created_at=head.created_at,
        split=head.split,
        annotator=head.annotator,
        rank=rank,
        item_id=loop.pool_words.pool.ids[index].as_py(),
        strategy=strategy,
        score=score,
        predicted=predicted,
        confidence=confidence,
        run_id=head.run_id,
        seed=head.seed,
    )
