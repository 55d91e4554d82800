"""What scikit-learn does with a few lines of one's own: tf-idf, logistic regression, margin.

It gets the same items as the other learners, and the same texts for its idf. A label's threshold is
that of the best F-score on out-of-fold predictions of the training items.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from core.analysis.simulation import LabeledPool, Plan, held_out
from core.evaluation.intervals import BinaryPredictions, scores_of
from core.evaluation.metrics import cut, exact_match, macro_cut
from core.evaluation.report import RANKING
from core.models.calibration import best_threshold
from core.pool.bags import Mask
from core.sampling.next_batch import first_picks
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task

NAME = "tf-idf (scikit-learn)"
FOLDS = 5
STRENGTH = 10.0  # C of the regression: rows of length 1 want more than the usual 1

Rows = NDArray[np.int64]
Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """A pool with all of its labels: `vectors` and `actual`, `(n_pool, n_labels)`."""

    snapshot: Snapshot
    vectors: csr_matrix
    actual: Mask

    @property
    def task(self) -> Task:
        return self.snapshot.workspace.task


def scores(
    table: LabeledPool, seed: int, plan: Plan, labels: Sequence[int], *, chooses: bool
) -> Iterator[tuple[int, Mapping[str, float | None]]]:
    """(labels, scores) of so many random items, or on the way of a loop that goes by the margin."""
    known = known_pool(held_out(table, seed, plan), table.oracle)

    def first(number: int) -> Rows:
        generator = np.random.default_rng(seed + 1)
        picks = first_picks(known.snapshot, number, "training", generator)
        return np.array([row for _, row, _ in picks])

    if chooses:
        courses = by_margin(known, first(plan.initial), plan.batch, max(labels))
    else:
        courses = map(first, labels)
    for rows in courses:
        if len(rows) in labels and is_learnable(known, rows):
            yield len(rows), figures(known, *fitted(known, rows))


def known_pool(snapshot: Snapshot, oracle: Mapping[str, str]) -> Known:
    """The pool with tf-idf of words and word pairs, which the texts that are not held out teach."""
    task, pool = snapshot.workspace.task, snapshot.pool_words.pool
    texts, ids = pool.texts.to_pylist(), pool.ids.to_pylist()
    seen = [text for text, held in zip(texts, snapshot.held_out, strict=True) if not held]
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(seen).transform(texts)
    answers = [task.chosen(oracle[item_id]) for item_id in ids]
    actual = np.array([[value in answer for value in task.values] for answer in answers])
    return Known(snapshot, vectors, actual)


def by_margin(known: Known, rows: Rows, batch: int, most: int) -> Iterator[Rows]:
    """The training rows of a loop: each time a batch more, of those of the smallest margins."""
    free = known.snapshot.candidates.copy()
    while True:
        yield rows
        free[rows] = False
        left = np.random.default_rng(len(rows)).permutation(np.flatnonzero(free))
        if len(rows) >= most or not len(left):
            return
        if is_learnable(known, rows):
            sure = margins(known.task, fit(known, rows, known.vectors[left]))
            left = left[np.argsort(sure, kind="stable")]
        rows = np.concatenate([rows, left[:batch]])


def margins(task: Task, probability: Probabilities) -> Probabilities:
    """Between the two most probable labels; of several, the least sure one and its opposite."""
    if task.several:
        return np.abs(2 * probability - 1).min(axis=1)
    best = np.sort(probability, axis=1)
    return best[:, -1] - best[:, -2]


def is_learnable(known: Known, rows: Rows) -> bool:
    """Whether there is a label that some of them have and others have not."""
    found = known.actual[rows]
    return bool((found.any(axis=0) & ~found.all(axis=0)).any())


def fitted(known: Known, rows: Rows) -> tuple[Probabilities, Probabilities]:
    """(probabilities of the test items, `(n_test, n_labels)`; the labels' thresholds)."""
    thresholds = np.full(len(known.task.values), 0.5)
    if known.task.several or known.task.positive:
        for column, has in enumerate(known.actual[rows].T):
            if min(has.sum(), (~has).sum()) >= FOLDS:
                unseen = cross_val_predict(
                    regression(), known.vectors[rows], has, cv=FOLDS, method="predict_proba"
                )
                thresholds[column] = best_threshold(unseen[:, 1], has)
    return fit(known, rows, known.vectors[test_rows(known)]), thresholds


def test_rows(known: Known) -> Rows:
    """The rows of the test items, in the order of their labels."""
    items = known.snapshot.labels.splits["evaluation"]
    places = known.snapshot.pool_words.pool.positions(item.item_id for item in items)
    return np.array([*places.values()])


def fit(known: Known, rows: Rows, asked: csr_matrix) -> Probabilities:
    """What is learned of these rows about those `asked`, `(n_asked, n_labels)`; of no text 0."""
    vectors, actual = known.vectors[rows], known.actual[rows]
    probability = np.zeros((asked.shape[0], actual.shape[1]))
    if not known.task.several:
        model = regression().fit(vectors, actual.argmax(axis=1))
        probability[:, model.classes_] = model.predict_proba(asked)
        return probability
    for column, has in enumerate(actual.T):
        if has.any():
            whole = has.all()
            probability[:, column] = (
                1.0 if whole else regression().fit(vectors, has).predict_proba(asked)[:, 1]
            )
    return probability


def regression() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=1_000)


def figures(
    known: Known, probability: Probabilities, thresholds: Probabilities
) -> dict[str, float | None]:
    """The scores on the test items, under the names that `labeled_sets` has for them."""
    task, actual = known.task, known.actual[test_rows(known)]
    columns = np.arange(probability.shape[1])
    most = probability.argmax(axis=1)[:, None] == columns
    above = probability >= thresholds
    predicted = above if task.several else most
    told = {"macro_fscore": macro_cut(predicted, actual).fscore}
    told["accuracy"] = exact_match(predicted, actual)
    of = columns if task.positive_index is None else task.positive_index
    if task.positive:
        told["at_threshold"] = cut(above[:, of], actual[:, of]).fscore
        told["at_half"] = cut(most[:, of], actual[:, of]).fscore
    model, once = (
        BinaryPredictions(probability[:, of], most[:, of]),
        np.ones((1, len(actual)), np.int32),
    )
    found = scores_of(model, actual[:, of], once, RANKING)
    return told | {name: float(values[0]) for name, values in found.items()}
