"""The pool as a strategy sees it: how sure the model is of an item, and how familiar its words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.models.pool_predictions import Predictions
from core.pool.bags import Indices
from core.sampling import strategies
from core.sampling.mix import training_word_counts
from core.sampling.picks import Pick, WordHistory
from core.workspace.snapshot import Snapshot

SAMPLE = 2_000
"""Items of the pool that stand for all of them: what a screen can show and a browser can draw."""

SAMPLE_SEED = 1  # the same sample for everybody, at every look

POOL = "pool"

COLUMNS = ("item_id", "text", "strategy", "confidence", "familiarity")


def sampled(snapshot: Snapshot, number: int = SAMPLE) -> Indices:
    """Rows of a uniform sample of the distinct items that are not (to be) held out, ascending."""
    allowed = snapshot.pool_words.is_first & ~snapshot.held_out
    return np.sort(strategies.random(allowed, number, np.random.default_rng(SAMPLE_SEED)).indices)


def pool_points(snapshot: Snapshot, predictions: Predictions, rows: Indices) -> pd.DataFrame:
    """These items of the pool as the model and today's training data see them, with `COLUMNS`.

    Familiarity is (1 + the sum of its words' counts in the training data) / its number of words
    (chapter 2), by which outliers are chosen.
    """
    words, pool = snapshot.pool_words, snapshot.pool_words.pool
    points = pool.table.select(["item_id", "text"]).take(rows).to_pandas()
    confidence = predictions.confidence[rows].astype(np.float64)
    familiarity = strategies.outlier_scores(words.bags.take(rows), training_word_counts(snapshot))
    return points.assign(strategy=POOL, confidence=confidence, familiarity=familiarity)


def sampled_picks(picks: Sequence[Pick]) -> list[Pick]:
    if len(picks) <= SAMPLE:
        return list(picks)
    drawn = np.random.default_rng(SAMPLE_SEED).choice(len(picks), SAMPLE, replace=False)
    return [picks[at] for at in np.sort(drawn)]


def pick_points(picks: Sequence[Pick], history: WordHistory) -> pd.DataFrame:
    """The picks as they stood when they were chosen, with `COLUMNS`, where these are known."""
    rows = [
        (of.item_id, text, of.strategy, of.confidence, history.familiarity(text, of.batch_id))
        for of, text in ((pick.proposal, pick.text) for pick in picks)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).dropna().reset_index(drop=True)


def landscape(pool: pd.DataFrame, picks: pd.DataFrame) -> pd.DataFrame:
    """Both as one table, picks last so that they are drawn on top; a pick stands there once."""
    others = pool[~pool["item_id"].isin(set(picks["item_id"]))]
    return pd.concat([frame for frame in (others, picks) if len(frame)], ignore_index=True)


def inside(points: pd.DataFrame, ranges: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """The points in these ranges (low, high) of columns, picks first, then the least familiar."""
    is_inside = np.ones(len(points), bool)
    for column, (low, high) in ranges.items():
        is_inside &= points[column].between(low, high).to_numpy()
    found = points[is_inside]
    order = np.lexsort((found["familiarity"], found["strategy"] == POOL))
    return found.iloc[order]
