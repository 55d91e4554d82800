"""One iteration: what the loop needs now, and the batch that brings it nearer."""

import math
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import LoopError, PoolExhaustedError, RunError
from core.evaluation.runs import current_run, keep, load_run, train
from core.models.pool_predictions import Predictions, pool_probabilities
from core.pool.items import require_items
from core.sampling.catalog import CATALOG
from core.sampling.mix import Pick, mixed, shuffled
from core.sampling.rare_labels import with_start
from core.sampling.second_opinions import mixed_in, opinions_due, rechecks_due, to_start_with
from core.system.engines import THREADS, Engine
from core.system.progress import Progress, silent
from core.workspace.assignment import batch_for, free_batch, take_over, take_what_is_left
from core.workspace.logs import Proposal, append_records, fresh_id, now
from core.workspace.snapshot import Snapshot, read_again
from core.workspace.task import SPLITS, apportion


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
class BatchRequest:
    """What a person may ask of the next batch; None: as the task says."""

    size: int | None = None
    mix: Mapping[str, int] | None = None
    seed: int | None = None


DEFAULT_REQUEST = BatchRequest()


@dataclass(frozen=True)
class _Plan:
    """What a batch is chosen by, worked out before the workspace is locked.

    `scores` are the pool's by the run's model, None while items are chosen at random; `began` is
    when the work on it did.
    """

    wishes: BatchRequest
    began: float
    run_id: str = ""
    scores: Predictions | None = None


def split_to_fill(snapshot: Snapshot) -> tuple[str, int | None]:
    """(split, items it lacks beside open batches) of the next batch; None: no end in sight."""
    waiting = Counter(snapshot.waiting.values())
    for split in SPLITS:
        target = snapshot.workspace.task.targets[split]
        have = len(snapshot.labels.splits[split]) + waiting[split]
        if have < target:
            return split, target - have
    return "training", None


def is_active(snapshot: Snapshot) -> bool:
    """Whether a model chooses: every target is met or on its way, and there is enough to learn."""
    return split_to_fill(snapshot)[1] is None and snapshot.can_train


def propose(
    snapshot: Snapshot,
    annotator: str,
    wishes: BatchRequest = DEFAULT_REQUEST,
    *,
    progress: Progress = silent,
    engine: Engine = THREADS,
) -> Batch:
    """The next batch, written to `batches.csv`; a run is trained and kept first where one is due.

    The choice is made under the lock, among what is left by then of the pool as it was scored.
    Raises PoolError for an empty pool, PoolExhaustedError if nothing is left to propose, and
    LoopError if pool files changed meanwhile otherwise than by growing.
    """
    plan = _plan(snapshot, wishes, progress, engine)
    with snapshot.workspace.locked():
        fresh = read_again(snapshot)
        progress("choosing")
        return _write(fresh, annotator, plan)


def batch_to_label(
    snapshot: Snapshot,
    annotator: str,
    wishes: BatchRequest = DEFAULT_REQUEST,
    *,
    progress: Progress = silent,
) -> str:
    """The id of the batch that this person should go on with.

    Their own open one, what is left of a free one, or a new one; and where nothing new can be
    proposed, what is left of anybody's. The wishes are for a new one; an open batch stays as it
    is. Raises what `propose` raises.
    """
    joins = bool(to_start_with(snapshot, annotator))  # and begins with a batch of their own
    is_waiting = batch_for(snapshot, annotator) or (not joins and free_batch(snapshot, annotator))
    plan = None if is_waiting else _plan(snapshot, wishes, progress, THREADS)
    with snapshot.workspace.locked():
        fresh = read_again(snapshot)
        # Another tab of the same person may have asked at the same moment.
        if held := batch_for(fresh, annotator) or (not joins and take_over(fresh, annotator)):
            return held
        if plan:
            try:
                return _write(fresh, annotator, plan).batch_id
            except PoolExhaustedError:
                if left := take_what_is_left(fresh, annotator):
                    return left
                raise
    # What was waiting has just gone to somebody else.
    return batch_to_label(fresh, annotator, wishes, progress=progress)


def preview(
    snapshot: Snapshot,
    annotator: str = "",
    wishes: BatchRequest = DEFAULT_REQUEST,
    *,
    progress: Progress = silent,
    engine: Engine = THREADS,
) -> Batch:
    """The batch that `propose` would write, without writing anything."""
    return _choose(snapshot, annotator, _plan(snapshot, wishes, progress, engine, keep_run=False))


def _write(snapshot: Snapshot, annotator: str, plan: _Plan) -> Batch:
    batch = _choose(snapshot, annotator, plan)
    append_records(snapshot.workspace.batches, batch.proposals)
    return batch


def _plan(
    snapshot: Snapshot,
    wishes: BatchRequest,
    progress: Progress,
    engine: Engine,
    *,
    keep_run: bool = True,
) -> _Plan:
    """The pool is scored by the run of today's labels, where a model chooses."""
    began = time.perf_counter()
    require_items(snapshot.pool_words.pool)
    if not is_active(snapshot):
        return _Plan(wishes, began)
    run, model = current_run(snapshot), None
    with suppress(RunError):  # its file is gone or damaged
        model = run and load_run(snapshot, run)
    if model is None:
        trained = train(snapshot, progress=progress)
        run, model = keep(snapshot, trained) if keep_run else trained.run, trained.model
    progress(f"scoring {len(snapshot.pool_words.pool):,} items")
    probability = pool_probabilities(snapshot, model, progress, engine)
    return _Plan(wishes, began, run.run_id, Predictions(probability, model.columns))


def _choose(snapshot: Snapshot, annotator: str, plan: _Plan) -> Batch:
    split, missing = split_to_fill(snapshot)
    scores = plan.scores if missing is None else None
    batch_ids = {proposal.batch_id for proposal in snapshot.logs.proposals}
    # A seed that is asked for, or the task's and the number of batches before this one.
    seed = snapshot.workspace.task.seed + len(batch_ids)
    seed = seed if plan.wishes.seed is None else plan.wishes.seed
    picks = _picks(snapshot, plan.wishes, scores, (split, missing), np.random.default_rng(seed))
    due = opinions_due(snapshot, annotator)
    if split == "training":
        share = snapshot.workspace.task.recheck_bulk * len(picks)
        due += rechecks_due(snapshot, annotator, math.ceil(round(share, 6)))
    if not picks and not due:
        if snapshot.candidates.any():
            raise PoolExhaustedError(
                "None of the unlabeled items is what this mix looks for. Add `random` to the mix, "
                "or, for `matches`, keep another search on Explore."
            )
        raise PoolExhaustedError(
            "Nothing is left to label: every item is labeled, is in an open batch, or is a copy "
            "of one that is. Import more under Data, or add a file to unlabeled_data/."
        )
    batch_id, run_id = fresh_id("batch", batch_ids), plan.run_id if scores else ""
    head = Proposal(batch_id, now(), split, annotator, 0, "", "", run_id=run_id, seed=seed)
    proposals = mixed_in(_proposals(snapshot, head, picks, scores), due, head)
    texts = snapshot.pool_words.pool.texts_of(proposal.item_id for proposal in proposals)
    in_order = tuple(texts[proposal.item_id] for proposal in proposals)
    seconds = time.perf_counter() - plan.began
    return Batch(batch_id, split, run_id, proposals, in_order, seconds)


def _picks(
    snapshot: Snapshot,
    wishes: BatchRequest,
    scores: Predictions | None,
    to_fill: tuple[str, int | None],
    generator: np.random.Generator,
) -> list[Pick]:
    """The picks in the order of the batch; at random as many as the split still lacks, no more."""
    split, missing = to_fill
    if scores:
        counts = _counts(snapshot, wishes)
        chosen = mixed(snapshot, scores.probability, counts, generator)
        return shuffled(chosen, generator)
    if wishes.mix:
        return _without_model(snapshot, wishes, missing, generator)
    size = wishes.size or snapshot.workspace.task.batch_size
    return first_picks(snapshot, min(size, missing) if missing else size, split, generator)


def first_picks(
    snapshot: Snapshot, number: int, split: str, generator: np.random.Generator
) -> list[Pick]:
    """Random items before a model can choose; beside them the task's start in training data."""
    counts = {"random": number}
    counts = with_start(snapshot, counts) if split == "training" else counts
    return shuffled(mixed(snapshot, _no_scores(snapshot), counts, generator), generator)


def _without_model(
    snapshot: Snapshot, wishes: BatchRequest, missing: int | None, generator: np.random.Generator
) -> list[Pick]:
    """A mix before a model can choose; LoopError for one that asks it, or that must be random."""
    counts = _counts(snapshot, wishes)
    if missing is not None and set(counts) != {"random"}:
        raise LoopError(
            "The first labels of each kind are drawn at random, so that scores mean something. "
            "Leave the mix out until the targets are met."
        )
    if asking := [name for name in counts if CATALOG[name].asks_the_model]:
        why = snapshot.why_no_model or "No model has been trained yet."
        raise LoopError(f"`{asking[0]}` needs a model. {why}")
    if missing is not None:
        counts = {"random": min(counts["random"], missing)}
    return shuffled(mixed(snapshot, _no_scores(snapshot), counts, generator), generator)


def _no_scores(snapshot: Snapshot) -> NDArray[np.float32]:
    """What stands for probabilities where there is no model: no strategy looks at it."""
    n_labels = len(snapshot.workspace.task.labels)
    return np.empty((len(snapshot.pool_words.pool), n_labels), np.float32)


def _counts(snapshot: Snapshot, wishes: BatchRequest) -> dict[str, int]:
    """Items per strategy. A mix that is asked for counts items, unless a size is asked for too."""
    task = snapshot.workspace.task
    mix = wishes.mix or task.mix
    size = wishes.size or (sum(mix.values()) if wishes.mix else snapshot.batch_size)
    counts = apportion(size, mix)
    return counts if wishes.mix else with_start(snapshot, counts)


def _proposals(
    snapshot: Snapshot, head: Proposal, picks: list[Pick], scores: Predictions | None
) -> tuple[Proposal, ...]:
    """The picks as proposals like `head`, with the model's own word on each, where one chose."""
    ids = snapshot.pool_words.pool.ids
    proposals = [
        replace(head, rank=rank, item_id=ids[row].as_py(), strategy=strategy, score=score)
        for rank, (strategy, row, score) in enumerate(picks, start=1)
    ]
    if scores is None or not picks:
        return tuple(proposals)
    probability = scores.probability[[row for _, row, _ in picks]]
    columns = scores.columns.most_probable
    told = columns.answers(probability), columns.confidence(probability).tolist()
    return tuple(
        replace(proposal, predicted=predicted, confidence=confidence)
        for proposal, predicted, confidence in zip(proposals, *told, strict=True)
    )
