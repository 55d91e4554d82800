import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LoopError
from core.features.vocabulary import Vocabulary
from core.models.book import (
    EPOCHS,
    LEARNING_RATE,
    PER_LABEL,
    BookLearner,
    descend,
    epoch_items,
    stack_of,
)
from core.models.calibration import UNCHANGED, fit_calibration, parts_held_out
from core.models.linear import NEVER
from core.models.model import Model
from core.models.networks import BookNetwork, new_network
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn, learner_on
from core.pool.bags import Bags
from tests.conftest import headlines
from tests.features import test_pool_features

WORDS = tuple(f"w{n}" for n in range(50))


def texts_and_targets(number: int, n_labels: int, seed: int = 0):
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.choice(WORDS, draw.integers(0, 9))) for _ in range(number)]
    return texts, draw.integers(0, n_labels, number)


def learner(vocabulary: Vocabulary, texts: list[str], targets, seed: int) -> BookLearner:
    return BookLearner(vocabulary, LabeledTexts(texts, targets, ("1", "0"), 0), seed)


def train_book(vocabulary: Vocabulary, texts: list[str], targets, seed: int) -> Model:
    return learner(vocabulary, texts, targets, seed).train(np.arange(len(texts)))


def weights_of(network: BookNetwork) -> dict[str, np.ndarray]:
    return {name: weights.numpy().copy() for name, weights in network.state_dict().items()}


def steps_of_autograd(network: BookNetwork, bags: Bags, targets, items) -> None:
    """The chapter's way: a vector as long as the vocabulary, and the gradient of all weights."""
    first = network.words.weight.detach().clone().requires_grad_()  # (n_words, HIDDEN)
    parameters = [first, network.bias, network.out.weight, network.out.bias]
    loss, optimizer = nn.NLLLoss(), torch.optim.SGD(parameters, lr=0.01)
    for item in items:
        counts = torch.from_numpy(np.bincount(bags[item], minlength=len(first))).float()
        hidden = torch.relu(counts @ first + network.bias)
        scores = torch.log_softmax(network.out(hidden[None]), dim=1)
        optimizer.zero_grad()
        loss(scores, torch.tensor([targets[item]])).backward()
        optimizer.step()
    network.words.weight.data.copy_(first.detach())


def steps_one_by_one(network: BookNetwork, bags: Bags, targets, items) -> None:
    """The written-out gradient of one network, item by item: what `descend` does for several."""
    words, bias, out, out_bias = (
        weights.detach().numpy()
        for weights in (network.words.weight, network.bias, network.out.weight, network.out.bias)
    )
    rate = np.float32(LEARNING_RATE)
    for item in items:
        ids, counts = np.unique(bags[item], return_counts=True)
        counts = counts.astype(np.float32)
        before = counts @ words[ids] + bias
        hidden = np.maximum(before, 0)
        scores = out @ hidden + out_bias
        powers = np.exp(scores - scores.max())
        error = powers / powers.sum()
        error[targets[item]] -= 1
        pushed_back = np.where(before > 0, error @ out, 0)
        out -= rate * np.outer(error, hidden)
        out_bias -= rate * error
        bias -= rate * pushed_back
        words[ids] -= rate * np.outer(counts, pushed_back)


def assert_same_weights(one: BookNetwork, other: BookNetwork, within: float = 1e-6) -> None:
    expected = weights_of(other)
    for name, weights in weights_of(one).items():
        assert np.abs(weights - expected[name]).max() <= within, name


@pytest.mark.parametrize("n_labels", [2, 4])
def test_training_the_words_that_occur_equals_dense_autograd(n_labels: int):
    """Of 20,000 words 50 occur; some texts hold a word twice, some none."""
    texts, targets = texts_and_targets(60, n_labels)
    rows = np.sort(np.random.default_rng(4).choice(20_000, 50, replace=False))
    bags = Vocabulary(WORDS).bags(texts)
    items = np.random.default_rng(5).permutation(np.repeat(np.arange(60), 2))
    mine, reference, fresh = (new_network(20_000, n_labels, 1) for _ in range(3))
    stack = stack_of(mine, rows, 1)
    descend(stack, bags, targets, [items])
    stack.write(0, mine, rows)
    in_vocabulary = Bags(rows[bags.ids].astype(np.int32), bags.offsets)
    steps_of_autograd(reference, in_vocabulary, targets, items)
    assert_same_weights(mine, reference)
    moved = (mine.words.weight != fresh.words.weight).any(dim=1).numpy()
    assert moved[rows].all()
    assert moved.sum() == len(rows)


@pytest.mark.parametrize("n_labels", [2, 4])
def test_side_by_side_each_network_takes_its_own_steps(n_labels: int):
    """Of different numbers, one of them none at all; each the same as if it were alone."""
    texts, targets = texts_and_targets(120, n_labels)
    texts[7] = " ".join(WORDS * 3)
    bags, order = Vocabulary(WORDS).bags(texts), np.random.default_rng(2)
    items = [order.integers(0, 120, number) for number in (300, 170, 0, 299)]
    start = new_network(50, n_labels, 1)
    rows, stack = np.arange(50), stack_of(start, np.arange(50), len(items))
    descend(stack, bags, targets, items)
    for number, own in enumerate(items):
        found, reference = (new_network(50, n_labels, 1) for _ in range(2))
        stack.write(number, found, rows)
        steps_one_by_one(reference, bags, targets, own)
        assert_same_weights(found, reference)
        single = stack_of(start, rows, 1)
        descend(single, bags, targets, [own])
        assert_same_weights(found, single.network(0), within=0)
    assert_same_weights(start, new_network(50, n_labels, 1), within=0)


def test_a_model_is_trained_as_step_by_step_in_the_whole_vocabulary():
    texts, targets = texts_and_targets(80, 2)
    vocabulary = Vocabulary((*(f"v{n}" for n in range(500)), *WORDS))
    found = train_book(vocabulary, texts, targets, 3).network
    reference, order = new_network(550, 2, 3), np.random.default_rng(3)
    for _ in range(EPOCHS):
        items = epoch_items(targets, order)
        steps_one_by_one(reference, vocabulary.bags(texts), targets, items)
    assert_same_weights(found, reference)


def test_models_of_the_other_texts_are_those_that_were_trained_alone():
    """They know the words of these texts only, and say the same of these texts."""
    texts, targets = texts_and_targets(100, 2)
    vocabulary = Vocabulary((*(f"v{n}" for n in range(500)), *WORDS[:40]))
    parts = [np.arange(0, 30), np.arange(30, 100, 2)]
    model, others = learner(vocabulary, texts, targets, 3).train_all(parts)
    alone = train_book(vocabulary, texts, targets, 3)
    assert_same_weights(model.network, alone.network, within=0)
    for part, other in zip(parts, others, strict=True):
        rest = np.setdiff1d(np.arange(100), part)
        expected = train_book(vocabulary, [texts[at] for at in rest], targets[rest], 3)
        assert set(other.source.words) < set(vocabulary.words)
        difference = score_texts(other, texts) - score_texts(expected, texts)
        assert np.abs(difference).max() < 1e-6


def test_an_epoch_has_at_most_200_random_items_of_each_label():
    targets = np.array([0] * 500 + [1] * 30)
    first = epoch_items(targets, np.random.default_rng(1))
    second = epoch_items(targets, np.random.default_rng(2))
    assert np.bincount(targets[first]).tolist() == [PER_LABEL, 30]
    assert len(set(first)) == PER_LABEL + 30
    assert set(first) != set(second)
    # Shuffled: the labels do not come one after the other.
    assert 0 < np.flatnonzero(targets[first] == 1).mean() - 30 < PER_LABEL


def test_the_same_seed_gives_the_same_model():
    texts, targets = texts_and_targets(80, 2)
    vocabulary = Vocabulary(WORDS)
    one, same, other = (train_book(vocabulary, texts, targets, seed) for seed in (5, 5, 6))
    assert torch.equal(one.network.words.weight, same.network.words.weight)
    assert not torch.equal(one.network.words.weight, other.network.words.weight)


def test_training_learns_what_a_word_gives_away():
    texts = ["flood here", "goal there"] * 150
    targets = np.array([0, 1] * 150)
    vocabulary = Vocabulary(("flood", "here", "goal", "there"))
    model = train_book(vocabulary, texts, targets, seed=0)
    probability = score_texts(model, ["flood here", "goal there"])
    assert probability[0, 0] > 0.9
    assert probability[1, 1] > 0.9
    assert EPOCHS == 10


def test_an_empty_vocabulary_trains_a_model_of_the_bias():
    model = train_book(Vocabulary(()), ["a", "b"], np.array([0, 1]), 0)
    assert model.source.n_sparse == 0


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
    assert model.cut is None
    assert "out-of-fold" in learned.note


@pytest.mark.parametrize("name", ["linear", "book"])
def test_the_same_arguments_give_the_same_numbers(sources: dict, name: str):
    items = LabeledTexts(TEXTS, TRUTH, ("1", "0"), 0)
    one, same = (learn(name, sources[name], items, seed=3) for _ in range(2))
    assert np.array_equal(score_texts(one.model, TEXTS), score_texts(same.model, TEXTS))
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
        # The folds of `linear` stop early: closer than calibration, with so few items, can tell.
        near = {"linear": 1e-3, "book": 1e-6}[name]
        np.testing.assert_allclose(found[part], learner.predict(other, part), atol=near)


@pytest.mark.parametrize("name", ["linear", "book"])
def test_calibration_is_of_predictions_by_models_that_saw_less(sources: dict, name: str):
    """On labels that are half noise, where a model's view of what it learned flatters most."""
    noise = np.where(np.arange(150) % 2, TRUTH, np.random.default_rng(0).integers(0, 2, 150))
    learned = learn(name, sources[name], LabeledTexts(TEXTS, noise, ("1", "0"), 0), seed=0)
    seen = score_texts(learned.model, TEXTS)
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
