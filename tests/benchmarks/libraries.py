"""Other libraries' query strategies as ways to choose in a simulated loop, where installed.

Those that go by the model's uncertainty alone are left out: on equal probabilities they choose what
`low confidence`, `margin` and `entropy` choose.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from core.analysis.simulation import Choose
from core.features.base import bag_sums
from core.models.pool_predictions import Predictions
from core.pool.bags import distinct_words
from core.sampling.mix import Chosen
from core.sampling.strategies import Ranked
from core.workspace.snapshot import Snapshot

Query = Callable[[NDArray[np.float32], NDArray[np.bool_], int, int], NDArray[np.int64]]
"""(vectors, which of them are labeled, number, seed) to the chosen rows."""


DIMENSIONS = 64
SEED = 1
"""Of the random projection (Achlioptas 2003), by which the same words give the same vectors. It
keeps similarities within about 1 / sqrt(DIMENSIONS)."""


def pool_vectors(snapshot: Snapshot) -> NDArray[np.float32]:
    """Vectors of length 1 of the pool, `(n_pool, DIMENSIONS)`; zeros for a text without words.

    The sum of (1 + log tf) times its row over each item's words. A word's row is that of a sparse
    random matrix times its idf, log((1 + n) / (1 + df)) + 1 over the n items of the pool that are
    not held out.
    """
    counted, n_words = ~snapshot.held_out, len(snapshot.pool_words.words)
    words, counts = distinct_words(snapshot.pool_words.word_bags)
    in_counted = words.ids[np.repeat(counted, words.lengths)]
    frequency = np.bincount(in_counted, minlength=n_words)
    rarity = np.log((1 + counted.sum()) / (1 + frequency)) + 1
    signs = np.array([-1, 0, 0, 0, 0, 1], np.float32)
    draw = np.random.default_rng(SEED).integers(0, 6, (n_words, DIMENSIONS), np.int8)
    rows = signs[draw] * rarity.astype(np.float32)[:, None]
    sums = bag_sums(rows, words, (1 + np.log(counts)).astype(np.float32))
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)


def choosers(number: int) -> dict[str, Choose]:
    """A way to choose `number` items by each strategy of the libraries that are installed."""
    queries: dict[str, Query] = {}
    if find_spec("skactiveml"):
        for name in ("CoreSet", "TypiClust", "MaxHerding"):
            queries[f"scikit-activeml {name}"] = _scikit_activeml(name)
    if find_spec("small_text"):
        for name in ("greedy_coreset", "lightweight_coreset"):
            queries[f"small-text {name}"] = _small_text(name)
    return {name: _chooser(name, query, number) for name, query in queries.items()}


def _chooser(name: str, query: Query, number: int) -> Choose:
    def choose(snapshot: Snapshot, scores: Predictions, generator: np.random.Generator) -> Chosen:
        # What is held out is not even shown.
        shown = np.flatnonzero(snapshot.candidates | snapshot.in_training)
        seed = int(generator.integers(2**31))
        rows = query(pool_vectors(snapshot)[shown], snapshot.in_training[shown], number, seed)
        return [(name, Ranked(shown[rows], np.zeros(len(rows))))]

    return choose


def _scikit_activeml(name: str) -> Query:
    strategy = getattr(import_module("skactiveml.pool"), name)

    def query(
        vectors: NDArray[np.float32], labeled: NDArray[np.bool_], number: int, seed: int
    ) -> NDArray[np.int64]:
        known = np.where(labeled, 0.0, np.nan)
        return strategy(random_state=seed).query(vectors, known, batch_size=number)

    return query


def _small_text(name: str) -> Query:
    function = getattr(import_module("small_text.query_strategies.coresets"), name)

    def query(
        vectors: NDArray[np.float32], labeled: NDArray[np.bool_], number: int, seed: int
    ) -> NDArray[np.int64]:
        candidates = np.flatnonzero(~labeled)
        open_vectors = vectors[candidates]
        if name == "lightweight_coreset":
            np.random.seed(seed)  # the library draws from the global generator
            return candidates[function(open_vectors, open_vectors.mean(axis=0), number)]
        # It takes places among the candidates for rows: so the candidates come first. By its
        # cosine distance, rounding makes a copy of a labeled item the farthest of all.
        ordered = np.concatenate([open_vectors, vectors[labeled]])
        places = np.arange(len(ordered))
        open_places, taken = np.split(places, [len(candidates)])
        return candidates[function(ordered, open_places, taken, number, "euclidean")]

    return query
