import numpy as np
import pytest

from core.errors import LoopError
from core.features.vocabulary import Vocabulary
from core.models.calibration import UNCHANGED, best_threshold, fit_calibration, parts_held_out
from core.models.linear import NEVER
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn, learner_on
from tests.conftest import headlines
from tests.features import test_pool_features

ROWS = headlines(150)
TEXTS = [text for _, text, _ in ROWS]
TRUTH = np.array([0 if label == "1" else 1 for _, _, label in ROWS])


@pytest.fixture(scope="module")
def sources() -> dict[str, object]:
    space = test_pool_features.learn(TEXTS)
    words = Vocabulary(tuple(sorted({word for text in TEXTS for word in text.split()})))
    return {"linear": space, "book": words}


@pytest.mark.parametrize("name", ["linear", "book"])
def test_every_model_learns_and_is_calibrated(sources: dict, name: str):
    items = LabeledTexts(TEXTS, TRUTH, ("1", "0"), 0)
    learned = learn(name, sources[name], items, seed=3)
    model = learned.model
    assert (model.name, model.labels, model.seed) == (name, ("1", "0"), 3)
    assert (score_texts(model, TEXTS).argmax(axis=1) == TRUTH).mean() > 0.9
    assert learned.out_of_fold.shape == (150, 2)
    assert model.calibration != UNCHANGED
    assert 0 < model.threshold < 1
    assert "out-of-fold" in learned.note


@pytest.mark.parametrize("name", ["linear", "book"])
def test_the_same_arguments_give_the_same_numbers(sources: dict, name: str):
    items = LabeledTexts(TEXTS, TRUTH, ("1", "0"), 0)
    one, same = (learn(name, sources[name], items, seed=3) for _ in range(2))
    assert np.array_equal(score_texts(one.model, TEXTS), score_texts(same.model, TEXTS))
    assert one.model.threshold == same.model.threshold
    assert one.model.calibration == same.model.calibration


def test_out_of_fold_predictions_are_those_of_models_that_saw_less(sources: dict):
    noise = np.random.default_rng(0).integers(0, 2, 150)
    learned = learn("linear", sources["linear"], LabeledTexts(TEXTS, noise, ("1", "0"), 0), seed=0)
    seen = (score_texts(learned.model, TEXTS).argmax(axis=1) == noise).mean()
    assert (learned.out_of_fold.argmax(axis=1) == noise).mean() < seen - 0.1


@pytest.mark.parametrize("name", ["linear", "book"])
def test_each_out_of_fold_prediction_is_by_a_model_of_the_other_parts(sources: dict, name: str):
    items = LabeledTexts(TEXTS, TRUTH, ("1", "0"), 0)
    found = learn(name, sources[name], items, seed=3).out_of_fold
    learner = learner_on(name, sources[name], items, seed=3)
    for part in parts_held_out(TRUTH, 2, seed=3):
        other = learner.train(np.setdiff1d(np.arange(150), part))
        np.testing.assert_allclose(found[part], learner.predict(other, part), atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "book"])
def test_calibration_and_threshold_are_of_predictions_by_models_that_saw_less(
    sources: dict, name: str
):
    """On labels that are half noise, where a model's view of what it learned flatters most."""
    noise = np.where(np.arange(150) % 2, TRUTH, np.random.default_rng(0).integers(0, 2, 150))
    learned = learn(name, sources[name], LabeledTexts(TEXTS, noise, ("1", "0"), 0), seed=0)
    seen = score_texts(learned.model, TEXTS)
    assert learned.model.threshold == best_threshold(learned.out_of_fold[:, 0], noise == 0)
    assert learned.model.threshold != best_threshold(seen[:, 0], noise == 0)
    assert learned.model.calibration == fit_calibration(learned.out_of_fold, noise)
    assert learned.model.calibration != fit_calibration(seen, noise)


def test_few_items_of_a_label_leave_probabilities_and_threshold_as_they_are(sources: dict):
    few = np.where(np.cumsum(TRUTH == 0) <= 3, TRUTH, 1)
    learned = learn("linear", sources["linear"], LabeledTexts(TEXTS, few, ("1", "0"), 0), seed=0)
    assert learned.out_of_fold is None
    assert (learned.model.calibration, learned.model.threshold) == (UNCHANGED, 0.5)
    assert "fewer than 4" in learned.note


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2), (1, 2)])
def test_of_three_labels_some_may_be_missing_yet(sources: dict, present: tuple[int, ...]):
    targets = np.where(TRUTH == 0, present[0], present[-1])
    targets[: 10 * len(present)] = np.arange(10 * len(present)) % len(present)
    targets[: 10 * len(present)] = np.array(present)[targets[: 10 * len(present)]]
    items = LabeledTexts(TEXTS, targets, ("a", "b", "c"), 0)
    model = learn("linear", sources["linear"], items, seed=0).model
    probability = score_texts(model, TEXTS)
    np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-6)
    for label in set(range(3)) - set(present):
        assert probability[:, label].max() < 1e-3
        assert float(model.network.first.bias[label].detach()) == NEVER


@pytest.mark.parametrize("name", ["linear", "book"])
def test_one_label_alone_is_refused(sources: dict, name: str):
    with pytest.raises(LoopError, match="at least two labels"):
        learn(name, sources[name], LabeledTexts(["a"], np.array([0]), ("1", "0"), 0), seed=0)
