import numpy as np
import pytest
import torch
from torch import nn

from core.errors import LoopError
from core.features import Vocabulary
from core.model import new_network
from core.training import EPOCHS, PER_LABEL, descend, epoch_items, train_book

WORDS = tuple(f"w{n}" for n in range(50))


def texts_and_targets(number: int, n_labels: int, seed: int = 0):
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.choice(WORDS, draw.integers(0, 9))) for _ in range(number)]
    return texts, draw.integers(0, n_labels, number)


@pytest.mark.parametrize("n_labels", [2, 4])
def test_the_written_out_gradient_is_autograds(n_labels: int):
    texts, targets = texts_and_targets(60, n_labels)
    bags = Vocabulary(WORDS).bags(texts)
    mine, reference = new_network(50, n_labels, 1), new_network(50, n_labels, 1)
    order = np.arange(60)
    descend(mine, bags, targets, order)

    loss, optimizer = nn.NLLLoss(), torch.optim.SGD(reference.parameters(), lr=0.01)
    for item in order:
        optimizer.zero_grad()
        ids = torch.from_numpy(bags[item].copy())
        scores = reference(ids, torch.tensor([0]))
        loss(scores, torch.tensor([targets[item]])).backward()
        optimizer.step()

    for name, weights in reference.state_dict().items():
        difference = (mine.state_dict()[name] - weights).abs().max()
        assert difference < 1e-6, name


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
    one, same, other = (
        train_book(vocabulary, texts, targets, ("1", "0"), seed) for seed in (5, 5, 6)
    )
    assert torch.equal(one.network.words.weight, same.network.words.weight)
    assert not torch.equal(one.network.words.weight, other.network.words.weight)


def test_training_learns_what_a_word_gives_away():
    texts = ["flood here", "goal there"] * 150
    targets = np.array([0, 1] * 150)
    vocabulary = Vocabulary(("flood", "here", "goal", "there"))
    model = train_book(vocabulary, texts, targets, ("1", "0"), seed=0)
    from core.scoring import score_texts

    probability = score_texts(model, ["flood here", "goal there"])
    assert probability[0, 0] > 0.9
    assert probability[1, 1] > 0.9
    assert EPOCHS == 10


def test_one_label_alone_is_refused():
    with pytest.raises(LoopError, match="at least two labels"):
        train_book(Vocabulary(("a",)), ["a"], np.array([0]), ("1", "0"), 0)


def test_an_empty_vocabulary_trains_a_model_of_the_bias():
    model = train_book(Vocabulary(()), ["a", "b"], np.array([0, 1]), ("1", "0"), 0)
    assert len(model.source) == 0
