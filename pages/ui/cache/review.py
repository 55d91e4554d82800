"""What the Review page looks at: picks, the coming batch, near-duplicates, the pool's points."""

from functools import partial

import pandas as pd

from core.analysis import projection
from core.sampling import picks as sampling
from core.sampling.next_batch import Batch, preview
from core.sampling.picks import WordHistory
from core.workspace import near_duplicates as duplicates
from core.workspace.logs import Run
from core.workspace.near_duplicates import NearDuplicates
from core.workspace.snapshot import Snapshot
from pages.ui.cache.keep import Slot, by_snapshot, kept
from pages.ui.cache.runs import by_state, predictions

picks = kept(by_snapshot)(sampling.picks_of)
"""Every training item that a model chose, with its label of today."""


@kept(by_snapshot)
def word_history(snapshot: Snapshot) -> WordHistory:
    """When the training data came to hold each word."""
    return sampling.word_history(snapshot.labels.usable_training(), snapshot.logs.proposals)


@kept(by_snapshot)
def coming(snapshot: Snapshot) -> Slot[Batch]:
    """The batch that would be proposed at this state of the loop."""
    return Slot(lambda progress: preview(snapshot, progress=progress))


@kept(lambda snapshot: duplicates.hash_of_texts(snapshot.labels.items))
def near_duplicates(snapshot: Snapshot) -> Slot[NearDuplicates]:
    """Nearly the same texts among the labeled items; worked out once for these texts."""
    return Slot(partial(duplicates.near_duplicates, snapshot.labels.items))


@kept(by_state)
def pool_points(snapshot: Snapshot, run: Run) -> pd.DataFrame:
    """A sample of the pool by confidence and familiarity; the run's predictions must be there."""
    places, found = projection.sampled(snapshot), predictions(snapshot, run)
    return projection.pool_points(snapshot, projection.measured(snapshot, found, places))
