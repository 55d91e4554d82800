"""One iteration: what the loop needs now, and the batch that brings it nearer."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import LoopError, PoolExhaustedError, RunError
from core.evaluation.runs import current_run, keep, load_run, train
from core.models.model import Model
from core.models.predict import Probability
from core.pool.items import require_items
from core.sampling import strategies
from core.sampling.mix import Pick, shuffled
from core.sampling.sharded import Scored, Wanted, choose, gather
from core.system.engines import THREADS, Engine
from core.system.progress import Progress, silent
from core.workspace.assignment import batch_for, take_over, take_what_is_left
from core.workspace.logs import Proposal, Run, append_records, fresh_id, now
from core.workspace.snapshot import Snapshot, read_snapshot
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
class _Scored:
    """The pool as a run's model sees it, and the engine that scored it."""

    run: Run
    model: Model
    pool: Scored
    engine: Engine


@dataclass(frozen=True)
class _Head:
    """What all proposals of one batch have in common."""

    batch_id: str
    created_at: str
    split: str
    annotator: str
    run_id: str
    seed: int


def split_to_fill(snapshot: Snapshot) -> tuple[str, int | None]:
    """(split, items it still lacks) that the next batch is for; None: no end in sight.

    Items in open batches count as filled: two people do not draw the same missing ones.
    """
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

    Raises PoolError for an empty pool and PoolExhaustedError if nothing is left to propose.
    """
    began = time.perf_counter()
    scored = _scored(snapshot, wishes, progress, engine)
    with snapshot.workspace.locked():
        snapshot = _read_again(snapshot)
        progress("choosing")
        batch = _choose(snapshot, annotator, wishes, scored, began)
        append_records(snapshot.workspace.batches, batch.proposals)
    return batch


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
    with snapshot.workspace.locked():
        fresh = _read_again(snapshot)
        held = batch_for(fresh, annotator) or take_over(fresh, annotator)
    return held or _propose_or_share(snapshot, annotator, wishes, progress)


def preview(
    snapshot: Snapshot,
    annotator: str = "",
    wishes: BatchRequest = DEFAULT_REQUEST,
    *,
    progress: Progress = silent,
    engine: Engine = THREADS,
) -> Batch:
    """The batch that `propose` would write, without writing anything."""
    began = time.perf_counter()
    scored = _scored(snapshot, wishes, progress, engine, keep_run=False)
    return _choose(snapshot, annotator, wishes, scored, began)


def _propose_or_share(
    snapshot: Snapshot, annotator: str, wishes: BatchRequest, progress: Progress
) -> str:
    began = time.perf_counter()
    scored = _scored(snapshot, wishes, progress, THREADS)
    with snapshot.workspace.locked():
        snapshot = _read_again(snapshot)
        # Another tab of the same person may have asked at the same moment.
        held = batch_for(snapshot, annotator)
        if held:
            return held
        try:
            batch = _choose(snapshot, annotator, wishes, scored, began)
        except PoolExhaustedError:
            left = take_what_is_left(snapshot, annotator)
            if not left:
                raise
            return left
        append_records(snapshot.workspace.batches, batch.proposals)
    return batch.batch_id


def _scored(
    snapshot: Snapshot,
    wishes: BatchRequest,
    progress: Progress,
    engine: Engine,
    *,
    keep_run: bool = True,
) -> _Scored | None:
    """The pool as the run of today's labels sees it; None while items are chosen at random."""
    require_items(snapshot.pool_words.pool)
    if not is_active(snapshot):
        return None
    run, model = _run_of_today(snapshot) or _new_run(snapshot, progress, keep_run)
    progress(f"scoring {len(snapshot.pool_words.pool):,} items")
    pool = gather(snapshot, model, _wanted(snapshot, wishes), progress, engine)
    return _Scored(run, model, pool, engine)


def _run_of_today(snapshot: Snapshot) -> tuple[Run, Model] | None:
    """The run that was trained on today's labels, unless its file is gone or damaged."""
    run = current_run(snapshot)
    try:
        return (run, load_run(snapshot, run)) if run else None
    except RunError:
        return None


def _new_run(snapshot: Snapshot, progress: Progress, keep_run: bool) -> tuple[Run, Model]:
    trained = train(snapshot, progress=progress)
    return (keep(snapshot, trained) if keep_run else trained.run), trained.model


def _read_again(snapshot: Snapshot) -> Snapshot:
    """The loop under the lock: the choice is made among what is left by now.

    Raises LoopError if the pool itself has changed: the scores would belong to other items.
    """
    fresh = read_snapshot(snapshot.workspace, snapshot.pool_words)
    if fresh.pool_words.pool.key != snapshot.pool_words.pool.key:
        raise LoopError("A pool file changed while its items were scored. Try again.")
    return fresh


def _choose(
    snapshot: Snapshot, annotator: str, wishes: BatchRequest, scored: _Scored | None, began: float
) -> Batch:
    split, missing = split_to_fill(snapshot)
    batch_ids = {proposal.batch_id for proposal in snapshot.logs.proposals}
    scored = scored if missing is None else None
    if scored:
        wanted = _wanted(snapshot, wishes)
        picks, probability = choose(snapshot, scored.model, wanted, scored.pool, scored.engine)
    else:
        picks, probability = _random_picks(snapshot, wishes, missing), {}
    if not picks:
        raise PoolExhaustedError(
            "Nothing is left to propose: every item of the pool is labeled, waits in an open "
            "batch, or is a copy of one that does. Add a file to unlabeled_data/."
        )
    head = _Head(
        batch_id=fresh_id("batch", batch_ids),
        created_at=now(),
        split=split,
        annotator=annotator,
        run_id=scored.run.run_id if scored else "",
        seed=_seed(snapshot, wishes),
    )
    proposals = tuple(
        _proposal(snapshot, head, rank, pick, probability.get(pick[1]))
        for rank, pick in enumerate(picks, start=1)
    )
    texts = snapshot.pool_words.pool.texts_of(proposal.item_id for proposal in proposals)
    in_order = tuple(texts[proposal.item_id] for proposal in proposals)
    seconds = time.perf_counter() - began
    return Batch(head.batch_id, split, head.run_id, proposals, in_order, seconds)


def _random_picks(snapshot: Snapshot, wishes: BatchRequest, missing: int | None) -> list[Pick]:
    """As many as are asked for, but not more than the split still lacks."""
    size = wishes.size or snapshot.workspace.task.batch_size
    size = min(size, missing) if missing else size
    generator = np.random.default_rng(_seed(snapshot, wishes))
    return shuffled(
        [("random", strategies.random(snapshot.candidates, size, generator))], generator
    )


def _wanted(snapshot: Snapshot, wishes: BatchRequest) -> Wanted:
    return Wanted(_asked(snapshot, wishes), _seed(snapshot, wishes))


def _seed(snapshot: Snapshot, wishes: BatchRequest) -> int:
    """The seed that is asked for, or the task's and the number of batches before this one."""
    if wishes.seed is not None:
        return wishes.seed
    batches = {proposal.batch_id for proposal in snapshot.logs.proposals}
    return snapshot.workspace.task.seed + len(batches)


def _asked(snapshot: Snapshot, wishes: BatchRequest) -> dict[str, int]:
    """Items per strategy. A mix that is asked for counts items, unless a size is asked for too."""
    task = snapshot.workspace.task
    mix = wishes.mix or task.mix
    size = wishes.size or (sum(mix.values()) if wishes.mix else task.batch_size)
    return apportion(size, mix)


def _proposal(
    snapshot: Snapshot, head: _Head, rank: int, pick: Pick, probability: Probability | None
) -> Proposal:
    """`probability` is `(n_labels,)`, None where no model has chosen."""
    strategy, index, score = pick
    predicted, confidence = "", None
    if probability is not None:
        column = int(probability.argmax())
        predicted = snapshot.workspace.task.values[column]
        confidence = float(probability[column])
    return Proposal(
        batch_id=head.batch_id,
        created_at=head.created_at,
        split=head.split,
        annotator=head.annotator,
        rank=rank,
        item_id=snapshot.pool_words.pool.ids[index].as_py(),
        strategy=strategy,
        score=score,
        predicted=predicted,
        confidence=confidence,
        run_id=head.run_id,
        seed=head.seed,
    )
