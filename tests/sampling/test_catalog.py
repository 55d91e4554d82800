import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

from core.features.vocabulary import Vocabulary
from core.sampling.catalog import CATALOG, PRESETS, Preset, Strategy, preset_of, reason
from core.sampling.mix import PoolArrays
from core.sampling.strategies import Ranked
from core.workspace.task import STRATEGIES, check_mix
from core.workspace.task_toml import default_task

WORDS = tuple("abcdefgh")


def arrays_of(number: int) -> dict[str, object]:
    """Every array of the catalog for a pool of so many items, with many ties."""
    draw = np.random.default_rng(number)
    probability = draw.dirichlet([1, 1, 1], number).round(1) + 0.1
    probability = (probability / probability.sum(axis=1, keepdims=True)).astype(np.float32)
    texts = [" ".join(draw.choice(WORDS, draw.integers(0, 4))) for _ in range(number)]
    return {
        "probability": probability,
        "confidence": probability.max(axis=1, initial=0),
        "mean_confidence": probability.mean(axis=1),
        "positive_probability": probability[:, 0],
        "rarest_probability": probability[:, 2],
        "bags": Vocabulary(WORDS).bags(texts),
        "training_counts": draw.integers(0, 3, len(WORDS)),
        "pool_counts": draw.integers(3, 9, len(WORDS)),
        "length_strata": draw.integers(0, 3, number),
        "match_strata": draw.integers(0, 4, number),
        "column_strata": draw.integers(0, 7, number),
    }


def run(strategy: Strategy, candidates: np.ndarray, number: int, seed: int = 4) -> Ranked:
    arrays = arrays_of(len(candidates))
    draw = [np.random.default_rng(seed)] if strategy.seeded else []
    looks = [arrays[name] for name in strategy.arrays]
    return strategy.choose(*looks, candidates, number, *draw)


def every(number: int) -> np.ndarray:
    return np.ones(number, bool)


@pytest.mark.parametrize("strategy", CATALOG.values(), ids=list(CATALOG))
class TestEveryStrategy:
    """The laws that hold for all of them."""

    @pytest.mark.parametrize("number", [0, 1, 7, 36, 99])
    def test_gives_distinct_candidates_and_exact_counts(self, strategy: Strategy, number: int):
        candidates = np.random.default_rng(7).random(60) < 0.6
        found = run(strategy, candidates, number)
        assert len(found) == len(found.scores) == min(number, candidates.sum())
        assert len(set(found.indices.tolist())) == len(found)
        assert candidates[found.indices].all()

    def test_gives_the_same_for_the_same_arguments(self, strategy: Strategy):
        first, second = run(strategy, every(30), 9), run(strategy, every(30), 9)
        assert first.indices.tolist() == second.indices.tolist()
        assert first.scores.tolist() == second.scores.tolist()

    def test_leaves_its_arguments_alone(self, strategy: Strategy):
        arrays, candidates = arrays_of(40), every(40)
        looks = [arrays[name] for name in strategy.arrays]
        draw = [np.random.default_rng(1)] if strategy.seeded else []
        for array in (*looks, candidates):
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        assert len(strategy.choose(*looks, candidates, 10, *draw)) == 10

    def test_gives_nothing_of_an_empty_pool(self, strategy: Strategy):
        assert len(run(strategy, every(0), 5)) == 0
        assert len(run(strategy, ~every(5), 5)) == 0

    def test_ranks_the_lowest_score_first(self, strategy: Strategy):
        scores = run(strategy, every(40), 20).scores
        assert (scores[1:] >= scores[:-1]).all()

    def test_says_when_to_use_it_in_one_line(self, strategy: Strategy):
        assert strategy.when.endswith(".")
        assert 20 < len(strategy.when) <= 100

    def test_says_why_it_chose_an_item_in_one_sentence(self, strategy: Strategy):
        assert reason(strategy.name, None) == strategy.why
        assert reason(strategy.name, 0.5).endswith(".")
        assert strategy.order.endswith(" first")

    def test_looks_only_at_arrays_that_there_are(self, strategy: Strategy):
        assert all(isinstance(getattr(PoolArrays, name).__doc__, str) or name == "probability"
                   for name in strategy.arrays if name != "probability")  # fmt: skip
        takes = list(inspect.signature(strategy.choose).parameters)
        assert takes[len(strategy.arrays) :][:2] == ["candidates", "number"]
        assert ("generator" in takes) == strategy.seeded


def test_the_catalog_holds_what_the_task_accepts_in_the_same_order():
    assert tuple(CATALOG) == STRATEGIES
    assert all(name == strategy.name for name, strategy in CATALOG.items())


def test_an_outlier_is_told_by_its_score_and_what_no_strategy_chose_by_its_name():
    told = "Chosen because most of its words are new to the model."
    assert reason("outlier", 0.49) == told
    assert reason("outlier", 0.5) == CATALOG["outlier"].why
    assert reason("second opinion", None) == "Chosen by the strategy second opinion."


NAMED = {"core/sampling/catalog.py", "core/workspace/task.py"}
"""A strategy's record, and the spellings that files may hold."""

OTHERWISE = {
    ("pages/ui/review/picks.py", "outlier"),
    ("pages/ui/review/picks.py", "low confidence"),
}
"""The two that Review shows as long as nobody chooses."""


def test_everything_else_that_is_said_of_a_strategy_is_read_from_the_catalog():
    """Nothing beside names one but random, with which all others are compared."""
    root = Path(__file__).resolve().parents[2]
    found = {
        (str(path.relative_to(root)), node.value)
        for folder in ("core", "pages")
        for path in (root / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in CATALOG.keys() - {"random"}
    }
    assert {(file, name) for file, name in found if file not in NAMED} == OTHERWISE


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_a_mix_in_percent_and_known_by_its_proportions(preset: Preset):
    assert check_mix(preset.mix, preset.name) == preset.mix
    assert sum(preset.mix.values()) == 100
    assert preset_of({name: part // 5 for name, part in preset.mix.items()}) == preset
    assert preset_of(preset.mix | {"margin": 0}) == preset
    assert preset_of(preset.mix | {"margin": 1}) is None


def test_the_usual_mix_is_the_first_preset():
    assert preset_of(default_task().mix) == PRESETS[0]
