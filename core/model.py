"""Trained models and the file that keeps one; the chapter's network.

`book`: bag of words → 128 hidden units, ReLU → log-softmax (chapter 2, `SimpleTextClassifier`).
The first layer is an embedding bag: it adds up the rows of an item's words, which is what the
chapter's linear layer does with a vector of word counts, without the zeros.
"""

import io
import pickle
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.calibration import UNCHANGED, Calibration
from core.errors import RunError
from core.features import Vocabulary
from core.files import write_model_file
from core.networks import HiddenNetwork, LinearNetwork, SourceNetwork
from core.space import Space
from core.space_file import load_space, save_space

HIDDEN = 128
"""Chapter 2."""

BOOK_FORMAT = "sunlight params 1"
"""Of the files that hold the chapter's network and nothing else; they are still read."""

PARAMS_FORMAT = "sunlight params 2"

SOURCE_NETWORKS: dict[str, type[SourceNetwork]] = {"linear": LinearNetwork, "hidden": HiddenNetwork}


class BookNetwork(nn.Module):
    """Log-probabilities of each label for bags of word ids."""

    def __init__(self, n_words: int, n_labels: int, generator: torch.Generator) -> None:
        super().__init__()
        # As many rows as words, but never none: a vocabulary can be empty.
        self.words = nn.EmbeddingBag(max(n_words, 1), HIDDEN, mode="sum")
        self.bias = nn.Parameter(torch.empty(HIDDEN))
        self.out = nn.Linear(HIDDEN, n_labels)
        self._draw_weights(generator)

    @torch.no_grad()
    def _draw_weights(self, generator: torch.Generator) -> None:
        """As `nn.Linear` draws them: uniform in ±1/sqrt(number of inputs)."""
        first = self.words.num_embeddings**-0.5
        second = HIDDEN**-0.5
        for weights, bound in (
            (self.words.weight, first),
            (self.bias, first),
            (self.out.weight, second),
            (self.out.bias, second),
        ):
            weights.uniform_(-bound, bound, generator=generator)

    def forward(self, ids: Tensor, offsets: Tensor) -> Tensor:
        """Log-probabilities, `(n_items, n_labels)`; item i begins at `ids[offsets[i]]`."""
        hidden = torch.relu(self.words(ids, offsets) + self.bias)  # (n_items, HIDDEN)
        return torch.log_softmax(self.out(hidden), dim=1)


@dataclass(frozen=True)
class Model:
    """A trained network with everything that scoring needs; labels in the column order.

    `threshold` is the positive label's probability, not calibrated, from which on the best F-score
    was reached on out-of-fold predictions.
    """

    name: str
    network: BookNetwork | SourceNetwork
    source: Vocabulary | Space
    labels: tuple[str, ...]
    seed: int
    calibration: Calibration = UNCHANGED
    threshold: float = 0.5

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these words of a text that the model has learned something of."""
        return self.source.known(tokens)


def new_network(n_words: int, n_labels: int, seed: int) -> BookNetwork:
    """An untrained network; the same numbers for the same seed."""
    return BookNetwork(n_words, n_labels, torch.Generator().manual_seed(seed))


def save_model(model: Model, path: Path) -> None:
    """The model stands in the file, fsynced, when this returns; never half of it under this name.

    A feature space stands beside it, in a file that all its models share. Raises RunError if one
    of them cannot be written.
    """
    content = {
        "format": PARAMS_FORMAT,
        "name": model.name,
        "labels": list(model.labels),
        "seed": model.seed,
        "weights": dict(model.network.state_dict()),
        "scale": model.calibration.scale,
        "shifts": list(model.calibration.shifts),
        "threshold": model.threshold,
    }
    if isinstance(model.source, Space):
        save_space(model.source, path.parent)
        content["space"] = model.source.key
    else:
        content["words"] = list(model.source.words)
    params = io.BytesIO()
    torch.save(content, params)
    write_model_file(path, params.getbuffer())


def load_model(path: Path) -> Model:
    """The model in the file. Loads weights and plain values only, never code.

    Raises RunError if the file, or that of its feature space, is missing or not one of ours.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        return _from_content(content, path.parent)
    except FileNotFoundError as error:
        name = Path(error.filename or path).name
        raise RunError(f"models/{name} is missing. Train again to make a new one.") from error
    except (
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        EOFError,
        OSError,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
    ) as error:
        raise RunError(
            f"models/{path.name} is not a params file of Sunlight, or it or its .space file is "
            "damaged. Move it away and train again."
        ) from error


def _from_content(content: dict[str, Any], folder: Path) -> Model:
    if content["format"] not in (BOOK_FORMAT, PARAMS_FORMAT):
        raise ValueError(content["format"])
    labels = _texts(content["labels"])
    source = load_space(folder, content["space"]) if "space" in content else _words(content)
    calibration, threshold = UNCHANGED, 0.5
    if content["format"] == PARAMS_FORMAT:
        shifts = tuple(float(shift) for shift in content["shifts"])
        if shifts and len(shifts) != len(labels):
            raise ValueError("not one shift for each label")
        calibration = Calibration(float(content["scale"]), shifts)
        threshold = float(content["threshold"])
    name, weights = str(content["name"]), content["weights"]
    network = _network(name, source, len(labels), weights)
    network.load_state_dict(weights)
    return Model(name, network, source, labels, int(content["seed"]), calibration, threshold)


def _network(
    name: str, source: Vocabulary | Space, n_labels: int, weights: dict[str, Tensor]
) -> BookNetwork | SourceNetwork:
    """A network of the right shape, to load the weights into."""
    if isinstance(source, Vocabulary):
        return new_network(len(source), n_labels, seed=0)
    columns = weights["first.columns"]
    if len(columns) and not 0 <= int(columns.min()) <= int(columns.max()) < source.n_sparse:
        raise ValueError("columns that the space does not have")
    return SOURCE_NETWORKS[name](len(columns), source.n_dense, n_labels).eval()


def _words(content: dict[str, Any]) -> Vocabulary:
    return Vocabulary(_texts(content["words"]))


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise TypeError("words and labels are texts")
    return tuple(str(value) for value in values)
