"""A batch's picks among the whole pool: each strategy of a mix gets its arrays, and its share."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import LoopError, TaskError
from core.evaluation.runs import label_mask
from core.features.vocabulary import count_words, pool_bags
from core.models.label_columns import confidences
from core.pool.bags import Bags
from core.sampling import strategies
from core.sampling.catalog import CATALOG, refusal
from core.sampling.rare_labels import match_strata
from core.sampling.strategies import Chosen
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task

Pick = tuple[str, int, float]  # (strategy, row in the pool, score) of one item


@dataclass(frozen=True)
class PoolArrays:
    """What strategies look at, under the names that the catalog has for it.

    Each array is computed when the first strategy asks for it. `scores` are the model's
    probabilities, `(n_pool, n_labels)`; held-out items are counted in none of the others.
    """

    snapshot: Snapshot
    scores: NDArray[np.float32]

    @property
    def task(self) -> Task:
        return self.snapshot.workspace.task

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """How sure the model is, `(n_pool,)`: of several labels of its least sure one."""
        return confidences(self.scores, several=self.task.several)

    @cached_property
    def mean_confidence(self) -> NDArray[np.float32]:
        """The mean over several labels, `(n_pool,)`."""
        return confidences(self.scores, several=True, of=np.mean)

    @cached_property
    def probability(self) -> NDArray[np.float32]:
        """The scores; of several labels those of the least sure one and its opposite."""
        if self.task.several:
            return np.stack([self.confidence, 1 - self.confidence], axis=1)
        return self.scores

    @property
    def positive_probability(self) -> NDArray[np.float32]:
        """P of the positive label, `(n_pool,)`."""
        return self.scores[:, self.task.positive_index]

    @property
    def rarest_probability(self) -> NDArray[np.float32]:
        """P of the label that the task names, else of the rarest in training, `(n_pool,)`."""
        task = self.task
        counts = label_mask(self.snapshot.labels.usable_training, task).sum(axis=0)
        known = np.flatnonzero(self.scores.any(axis=0) & (counts > 0))
        if not task.rarest:
            return self.scores[:, min(known, key=counts.__getitem__, default=0)]
        if (column := task.values.index(task.rarest)) not in known:
            raise LoopError(
                f"`rarest label` looks for `{task.label(task.rarest).name}`, which the model does "
                "not know yet. Search for such items on Explore and label them there."
            )
        return self.scores[:, column]

    @property
    def bags(self) -> Bags:
        """The words of every item."""
        return self.snapshot.pool_words.word_bags

    @cached_property
    def training_counts(self) -> NDArray[np.int64]:
        """How often each word of the pool occurs in the training items, `(n_words,)`."""
        return training_word_counts(self.snapshot)

    @property
    def pool_counts(self) -> NDArray[np.int64]:
        """How often each word occurs in the items that are not held out, `(n_words,)`."""
        return count_words(self.snapshot.pool_words, ~self.snapshot.held_out)

    @property
    def length_strata(self) -> NDArray[np.int64]:
        """Each item's third of the pool by its length, `(n_pool,)`."""
        return self.snapshot.pool_words.length_thirds(self.bags.lengths)

    @property
    def match_strata(self) -> NDArray[np.int64]:
        """The number of the kept search that each item stands for, `(n_pool,)`, or LoopError."""
        return match_strata(self.snapshot)

    @property
    def column_strata(self) -> NDArray[np.int64]:
        """Numbers for the values of the column that the task names, `(n_pool,)`, or TaskError."""
        pool, task = self.snapshot.pool_words.pool, self.snapshot.workspace.task
        if task.stratify_by not in pool.columns:
            known = ", ".join(f"`{name}`" for name in pool.columns) or "none"
            raise TaskError(
                f"{task.source}: `stratified column` goes by the pool's column that `stratify_by` "
                f"under [batch] names; it names `{task.stratify_by}`. The pool's columns: {known}."
            )
        values = pool.table[task.stratify_by].combine_chunks()
        return pc.index_in(values, value_set=values.unique()).to_numpy().astype(np.int64)


def mixed(
    snapshot: Snapshot,
    probability: NDArray[np.float32],
    counts: Mapping[str, int],
    generator: np.random.Generator,
) -> Chosen:
    """Each strategy's picks. Random goes first, among all candidates: so its slice stays random.

    No item is chosen twice, and each keeps the strategy that chose it. A strategy that finds too
    few candidates gives what there is. Raises LoopError for a
    strategy that there is none of, or that the task's labels do not allow.
    """
    unknown = set(counts) - set(CATALOG)
    if unknown:
        raise LoopError(f"There is no strategy `{min(unknown)}`.")
    if refused := [why for name in counts if (why := refusal(name, snapshot.workspace.task))]:
        raise LoopError(refused[0])
    arrays = PoolArrays(snapshot, probability)
    candidates = snapshot.candidates.copy()
    chosen = []
    for name, strategy in CATALOG.items():
        if name in counts:
            looks = [getattr(arrays, array) for array in strategy.arrays]
            draw = [generator] if strategy.seeded else []
            ranked = strategy.choose(*looks, candidates, counts[name], *draw)
            candidates[ranked.indices] = False
            chosen.append((name, ranked))
    return chosen


def shuffled(chosen: Chosen, generator: np.random.Generator) -> list[Pick]:
    """All picks in a random order, so that a strategy cannot be told from the place."""
    picks = [
        (strategy, int(index), float(score))
        for strategy, ranked in chosen
        for index, score in zip(ranked.indices, ranked.scores, strict=True)
    ]
    return [picks[at] for at in generator.permutation(len(picks))]


def random_picks(snapshot: Snapshot, number: int, generator: np.random.Generator) -> list[Pick]:
    """So many random candidates, at most, in a random order."""
    drawn = strategies.random(snapshot.candidates, number, generator)
    return shuffled([("random", drawn)], generator)


def training_word_counts(snapshot: Snapshot) -> NDArray[np.int64]:
    """How often each word of the pool occurs in the usable training items, `(n_words,)`."""
    texts = [item.text for item in snapshot.labels.usable_training]
    bags = pool_bags(snapshot.pool_words, texts)
    return np.bincount(bags.ids, minlength=len(snapshot.pool_words.words))
