"""The catalog of strategies: what each is called, which arrays it looks at, and when to use it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.sampling import diversity, strategies
from core.sampling.strategies import Ranked, Scores

OF_THE_MODEL = {"probability", "confidence", "positive_probability"}
"""The arrays that are the model's."""


@dataclass(frozen=True)
class Strategy:
    """One strategy under its name in the files.

    `choose` takes the arrays that `arrays` names, in this order, then the candidates and the number
    of items, and last, if it is `seeded`, a generator. `core/sampling/mix.py` says what each array
    is. `scores` takes the same arrays and gives each item's score before any is taken, which picks
    can only make grow; None where an item's score depends on the whole pool.
    """

    name: str
    choose: Callable[..., Ranked]
    arrays: tuple[str, ...]
    when: str
    scores: Callable[..., Scores] | None = None
    seeded: bool = False

    @property
    def asks_the_model(self) -> bool:
        """Whether it goes by the model's probabilities."""
        return not OF_THE_MODEL.isdisjoint(self.arrays)

    def looks_at(self, items: object) -> list[Any]:
        """Its arrays, of something that has them under these names."""
        return [getattr(items, name) for name in self.arrays]


_LISTED = (
    Strategy(
        "random",
        strategies.by_key,
        ("keys",),
        "Always a little: the only slice that is a fair picture of the pool.",
        strategies.as_scores,
    ),
    Strategy(
        "stratified length",
        strategies.stratified,
        ("length_strata",),
        "Random, but as many short, medium and long texts: where the model's choice prefers one.",
        seeded=True,
    ),
    Strategy(
        "stratified column",
        strategies.stratified,
        ("column_strata",),
        "Random, but as many items for each value of the pool's column that task.toml names.",
        seeded=True,
    ),
    Strategy(
        "low confidence",
        strategies.low_confidence,
        ("confidence",),
        "The workhorse: what the model is least sure of teaches it most.",
        strategies.as_scores,
    ),
    Strategy(
        "margin",
        strategies.margin,
        ("probability",),
        "With three labels and more: where the model hesitates between the best two.",
        strategies.margin_scores,
    ),
    Strategy(
        "ratio",
        strategies.ratio,
        ("probability",),
        "As margin, but in proportion: it also counts where all labels are improbable.",
        strategies.ratio_scores,
    ),
    Strategy(
        "entropy",
        strategies.entropy,
        ("probability",),
        "With three labels and more: where the model hesitates between all of them.",
        strategies.entropy_scores,
    ),
    Strategy(
        "diverse",
        diversity.diverse,
        ("confidence", "vectors"),
        "Low confidence without repetition: where batches are full of near copies.",
        seeded=True,
    ),
    Strategy(
        "outlier",
        strategies.outlier,
        ("bags", "training_counts"),
        "Texts whose words the training data hardly has: to find what nobody thought of.",
        strategies.outlier_scores,
    ),
    Strategy(
        "novel words",
        strategies.novel_words,
        ("bags", "training_counts"),
        "Texts with the most words never seen in training; mostly long ones.",
        strategies.novel_scores,
    ),
    Strategy(
        "underrepresented words",
        strategies.underrepresented_words,
        ("bags", "training_counts", "pool_counts"),
        "Texts of words that are common in the pool and rare in training: the gaps that matter.",
        strategies.underrepresented_scores,
    ),
    Strategy(
        "representative",
        diversity.representative,
        ("vectors", "training_vectors"),
        "Typical of the pool and unlike the training data: early, or when the pool has grown.",
    ),
    Strategy(
        "most likely positive",
        strategies.most_likely_positive,
        ("positive_probability",),
        "To find positives rather than to teach: where they are rare, or all of them are wanted.",
        strategies.positive_scores,
    ),
)

CATALOG = {strategy.name: strategy for strategy in _LISTED}
"""Every strategy by its name, in the order of `core.workspace.task.STRATEGIES`: a batch is filled
so."""
