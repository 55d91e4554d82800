"""The chapter's model, and the file that keeps a trained one.

`book`: bag of words → 128 hidden units, ReLU → log-softmax (chapter 2, `SimpleTextClassifier`).
The first layer is an embedding bag: it adds up the rows of an item's words, which is what the
chapter's linear layer does with a vector of word counts, without the zeros.
"""

import io
import os
import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.csvfile import sync_folder
from core.errors import RunError
from core.features import Vocabulary

HIDDEN = 128
"""Chapter 2."""

PARAMS_FORMAT = "sunlight params 1"


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
    """A trained network with everything that scoring needs; labels in the column order."""

    name: str
    network: BookNetwork
    vocabulary: Vocabulary
    labels: tuple[str, ...]
    seed: int


def new_network(n_words: int, n_labels: int, seed: int) -> BookNetwork:
    """An untrained network; the same numbers for the same seed."""
    return BookNetwork(n_words, n_labels, torch.Generator().manual_seed(seed))


def save_model(model: Model, path: Path) -> None:
    """The model stands in the file, fsynced, when this returns; never half of it under this name.

    Raises RunError if it cannot be written.
    """
    content = {
        "format": PARAMS_FORMAT,
        "name": model.name,
        "labels": list(model.labels),
        "words": list(model.vocabulary.words),
        "seed": model.seed,
        "weights": dict(model.network.state_dict()),
    }
    params = io.BytesIO()
    torch.save(content, params)
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(params.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise RunError(
            f"models/{path.name} cannot be written: {error.strerror}. Free some space or make the "
            "folder writable, and train again."
        ) from error


def load_model(path: Path) -> Model:
    """The model in the file. Loads weights and plain values only, never code.

    Raises RunError if the file is missing or not one of ours.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        return _from_content(content)
    except FileNotFoundError as error:
        raise RunError(f"models/{path.name} is missing. Train again to make a new one.") from error
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
            f"models/{path.name} is not a params file of Sunlight, or it is damaged. Move it away "
            "and train again."
        ) from error


def _from_content(content: dict[str, Any]) -> Model:
    if content["format"] != PARAMS_FORMAT:
        raise ValueError(content["format"])
    words, labels = _texts(content["words"]), _texts(content["labels"])
    network = new_network(len(words), len(labels), seed=0)
    network.load_state_dict(content["weights"])
    return Model(str(content["name"]), network, Vocabulary(words), labels, int(content["seed"]))


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise TypeError("words and labels are texts")
    return tuple(str(value) for value in values)
