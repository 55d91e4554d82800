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
from core.features.vocabulary import pool_vectors
from core.sampling.mix import Chosen
from core.sampling.pool_scores import PoolScores
from core.sampling.strategies import Ranked
from core.workspace.snapshot import Snapshot

Query = Callable[[NDArray[np.float32], NDArray[np.bool_], int, int], NDArray[np.int64]]
"""(vectors, which of them are labeled, number, seed) to the chosen rows."""


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
    def choose(snapshot: Snapshot, scores: PoolScores, generator: np.random.Generator) -> Chosen:
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
