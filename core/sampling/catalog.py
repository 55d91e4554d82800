"""The catalog of query strategies: one record says everything that is to be said of a strategy.

To add one: its name in `core.workspace.task.STRATEGIES`, which is what files may hold, and a record
here. Pages and the mix of a batch read the rest from the record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.sampling import strategies
from core.sampling.strategies import Ranked
from core.workspace.task import Task


@dataclass(frozen=True)
class Strategy:
    """A query strategy: how it chooses, when to use it, and how people are told of it.

    `choose` takes the arrays that `arrays` names, in this order, then the candidates and the number
    of items, and last, if it is `seeded`, a generator. `core/sampling/mix.py` says what each array
    is. `order` says how its picks are listed, `when` stands beside the mix, `why` with each item.
    `scores_words`: its score is how often an item's words occurred in the training data on average.
    """

    name: str
    choose: Callable[..., Ranked]
    arrays: tuple[str, ...]
    when: str
    why: str
    order: str = "first choice first"
    seeded: bool = False
    scores_words: bool = False

    @property
    def asks_the_model(self) -> bool:
        """Whether it goes by the model's probabilities."""
        return not PROBABILITIES.isdisjoint(self.arrays)

    @property
    def asks_a_column(self) -> bool:
        """Whether it goes by a column of the pool, which the task has to name."""
        return "column_strata" in self.arrays


PROBABILITIES = frozenset(
    {"probability", "confidence", "mean_confidence", "positive_probability", "rarest_probability"}
)
"""The arrays that come from a model."""

# fmt: off
_LISTED = (
    Strategy("random", strategies.random, (),
        when="Always a little: the only slice that is a fair picture of the pool.",
        why="Chosen at random.",
        seeded=True),
    Strategy("matches", strategies.matches, ("match_strata",),
        when="Random among what kept searches find: to find a rare label at the beginning.",
        why="Chosen at random among items that a search matches or that are like the first found.",
        seeded=True),
    Strategy("stratified length", strategies.stratified, ("length_strata",),
        when="Random, but as many short, medium and long texts: where the model prefers one.",
        why="Chosen at random among texts of its length.",
        seeded=True),
    Strategy("stratified column", strategies.stratified, ("column_strata",),
        when="Random, but as many items for each value of the pool's column that task.toml names.",
        why="Chosen at random among items of its kind.",
        seeded=True),
    Strategy("low confidence", strategies.low_confidence, ("confidence",),
        when="The workhorse: what the model is least sure of teaches it most.",
        why="Chosen because the model is very unsure about it.",
        order="least sure first"),
    Strategy("mean confidence", strategies.low_confidence, ("mean_confidence",),
        when="With several labels for a text: where the model is a little unsure about many.",
        why="Chosen because the model is unsure about its labels on average.",
        order="least sure first"),
    Strategy("margin", strategies.margin, ("probability",),
        when="With three labels and more: where the model hesitates between the best two.",
        why="Chosen because the model hesitates between two labels."),
    Strategy("ratio", strategies.ratio, ("probability",),
        when="As margin, but in proportion: it also counts where all labels are improbable.",
        why="Chosen because two labels are nearly as likely."),
    Strategy("entropy", strategies.entropy, ("probability",),
        when="With three labels and more: where the model hesitates between all of them.",
        why="Chosen because the model hesitates between all labels."),
    Strategy("outlier", strategies.outlier, ("bags", "training_counts"),
        when="Texts whose words the training data hardly has: to find what nobody thought of.",
        why="Chosen because its words are rare in the training data.",
        order="rarest words first", scores_words=True),
    Strategy("novel words", strategies.novel_words, ("bags", "training_counts"),
        when="Texts with the most words never seen in training; mostly long ones.",
        why="Chosen because many of its words are new to the model."),
    Strategy("underrepresented words", strategies.underrepresented_words,
        ("bags", "training_counts", "pool_counts"),
        when="Texts whose words are common in the pool and rare in training: the gaps that matter.",
        why="Chosen because its words are common overall and rare in the training data."),
    Strategy("most likely positive", strategies.most_likely_positive, ("positive_probability",),
        when="To find positives rather than to teach: where they are rare, or all are wanted.",
        why="Chosen because it is among the most likely positives."),
    Strategy("rarest label", strategies.most_likely_positive, ("rarest_probability",),
        when="To find items of the label that is rarest so far, or of one that task.toml names.",
        why="Chosen because it is among the most likely items of a rare label."),
)
# fmt: on

CATALOG = {strategy.name: strategy for strategy in _LISTED}
"""Every strategy by its name, in the order in which a batch is filled."""


def refusal(name: str, task: Task) -> str:
    """Why the strategy of this name cannot be used with the task's labels; empty if it can."""
    if name == "most likely positive" and not task.positive:
        return f"`{name}` needs a label with `positive = true`. Give one, or use `rarest label`."
    if name == "mean confidence" and not task.several:
        return f"`{name}` is for several labels for a text. Use `low confidence`."
    return ""


@dataclass(frozen=True)
class Preset:
    """A mix by a plain name, with the reason to take it; `mix` is in percent."""

    name: str
    when: str
    mix: Mapping[str, int]


PRESETS = (
    Preset(
        "Balanced",
        "The default: mostly what the model is unsure about, some random items, some new words.",
        {"random": 10, "low confidence": 80, "outlier": 10},
    ),
    Preset(
        "Find rare ones",
        "Half of the items are those most likely to have the label you are looking for.",
        {"random": 10, "low confidence": 40, "most likely positive": 50},
    ),
    Preset(
        "Explore",
        "More random items and rare words: for the first batches, or after an import.",
        {"random": 20, "low confidence": 50, "outlier": 30},
    ),
    Preset("Random", "A fair sample of all items. The model learns more slowly.", {"random": 100}),
)
"""Mixes that people choose by name; every other one is custom."""


def presets(task: Task) -> tuple[Preset, ...]:
    """The mixes to choose from in this task: without a positive label rare ones are the rarest."""
    if task.positive:
        return PRESETS
    rare = {"random": 10, "low confidence": 40, "rarest label": 50}
    return tuple(replace(x, mix=rare) if x.name == "Find rare ones" else x for x in PRESETS)


def preset_of(mix: Mapping[str, int], offered: Sequence[Preset] = PRESETS) -> Preset | None:
    """The preset with the proportions of this mix; None if the mix is custom."""
    total = sum(mix.values())
    in_percent = {name: 100 * part / total for name, part in mix.items() if part}
    return next((preset for preset in offered if preset.mix == in_percent), None)


def reason(name: str, score: float | None) -> str:
    """Why the strategy of this name proposed an item of this score, in one plain sentence."""
    strategy = CATALOG.get(name)
    if strategy is None:
        return f"Chosen by the strategy {name}."
    # An average of less than one half: fewer than half of the words have occurred.
    if strategy.scores_words and score is not None and score < 0.5:
        return "Chosen because most of its words are new to the model."
    return strategy.why


def familiarity(score: float) -> str:
    """How often an item's words occurred in the training data."""
    return f"words seen {score:.2f}× in training"
