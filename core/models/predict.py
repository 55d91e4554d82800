"""Scoring: P(label | text) of every label for every item.

Items are scored chunk by chunk, and parts of a few chunks each go to the engine's workers. The last
bit of a probability can depend on the chunk that it is worked out in: parts begin and end where
chunks do, so that it does not depend on the parts.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.features.base import Fold, RowBlock, Rows
from core.models.label_columns import Probability
from core.models.model import Model
from core.system.engines import THREADS, Engine
from core.system.progress import Progress, silent

if TYPE_CHECKING:
    from core.models.networks import Network

CHUNK = 4_096
"""Items at a time. Measured: chunks of 16,384 take six times as long, they leave the cache."""
CHUNKS_IN_A_PART = 8  # at most, 32,768 items: few enough that no worker waits long for the last one
PARTS = 16  # at least, if there are as many chunks: no worker has to be idle


def scored(network: "Network", fold: Fold, rows: RowBlock) -> Probability:
    """P(label | text) of each row, `(n_rows, n_labels)`, in the calling thread."""
    from core.models.networks import probabilities_of  # imports torch

    starts = range(0, len(rows), CHUNK)
    chunks = [rows.part(start, min(start + CHUNK, len(rows))) for start in starts]
    return np.concatenate([probabilities_of(network, fold(x)) for x in chunks])


def probabilities(
    model: Model, rows: Rows, engine: Engine = THREADS, starts: Sequence[int] | None = None
) -> Probability:
    """P(label | text) of each item, `(n_items, n_labels)`; not calibrated.

    With `starts`, where chunks start, only of the items of those chunks.

    Each row sums to 1, unless a text can have several labels. `rows` are those of the model's
    source, columns those of `model.labels`.
    """
    ready = rows.projection(model.network.weights(model.source.n_sparse))
    size = CHUNK * min(CHUNKS_IN_A_PART, max(1, len(rows) // (PARTS * CHUNK)))
    size, cuts = (CHUNK, starts) if starts is not None else (size, range(0, len(rows), size))
    parts = [ready.rows.part(start, min(start + size, len(rows))) for start in cuts]
    none = np.empty((0, len(model.trained_on)), np.float32)
    found = np.concatenate([none, *engine.map(partial(scored, model.network, ready.fold), parts)])
    return model.alignment(found, several=model.several) if model.alignment else found


def score_texts(
    model: Model, texts: list[str], progress: Progress = silent, engine: Engine = THREADS
) -> Probability:
    """`probabilities` of texts that are not in the pool's cache."""
    return probabilities(model, model.source.rows(texts, progress), engine)
