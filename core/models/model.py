"""Trained models and the file that keeps one; the chapter's network.

`book`: bag of words → 128 hidden units, ReLU → log-softmax (chapter 2, `SimpleTextClassifier`).
The first layer is an embedding bag: it adds up the rows of an item's words, which is what the
chapter's linear layer does with a vector of word counts, without the zeros.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import RunError
from core.features.encoder_cache import CachedEncoder
from core.features.encoder_features import EncodedSpace
from core.features.pool_features import Space, load_space, save_space
from core.features.vocabulary import Vocabulary
from core.models.calibration import UNCHANGED, Calibration
from core.models.networks import BookNetwork, LinearNetwork
from core.system.durable import DAMAGED, write_model_file
from core.workspace.task import FORMER_MODELS, GONE, MODELS

BOOK_FORMAT = "sunlight params 1"
"""Of the files that hold the chapter's network and nothing else; they are still read."""
WORD_LIST_FORMAT = "sunlight params 2"
"""Of the files that hold the words one by one: 100,000 of them take four times as long to load."""
PARAMS_FORMAT = "sunlight params 3"
WORD_END = "\n"
"""Stands in no word: words are what is left of a text that is split at white space."""


@dataclass(frozen=True)
class Model:
    """A trained network with everything that scoring needs; labels in the column order.

    `threshold` is the positive label's probability, not calibrated, from which on the best F-score
    was reached on out-of-fold predictions. `cheap`, of a model with an encoder, was trained on the
    same labels without it, and scores a pool that is too large to be encoded.
    """

    name: str
    network: BookNetwork | LinearNetwork
    source: Vocabulary | Space | EncodedSpace
    labels: tuple[str, ...]
    seed: int
    calibration: Calibration = UNCHANGED
    threshold: float = 0.5
    cheap: "Model | None" = None

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these words of a text that the model has learned something of."""
        return self.source.known(tokens)


def save_model(model: Model, path: Path) -> None:
    """The model stands in the file, fsynced, when this returns; never half of it under this name.

    A feature space stands beside it, in a file that all its models share; of an encoder only its
    name and key are kept. Raises RunError if one of the files cannot be written.
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
    if isinstance(model.source, Vocabulary):
        content["words"] = WORD_END.join(model.source.words)
    else:
        space = model.source
        if isinstance(space, EncodedSpace):
            encoder, space = space.encoder.encoder, space.space
            content |= {"encoder": encoder.name, "encoder_key": encoder.key}
        save_space(space, path.parent)
        content["space"] = space.key
    if model.cheap:
        content["cheap_weights"] = dict(model.cheap.network.state_dict())
    params = io.BytesIO()
    torch.save(content, params)
    write_model_file(path, params.getbuffer())


OpenEncoder = Callable[[str], CachedEncoder | None]
"""The encoder of a name, as the model's workspace finds it; raises RunError if it cannot."""


def load_model(path: Path, open_encoder: OpenEncoder | None = None) -> Model:
    """The model in the file. Loads weights and plain values only, never code.

    Raises RunError if the file, or that of its feature space, is missing or not one of ours, or if
    the encoder that it was trained with is not found, or is another one by now.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        return _from_content(content, path, open_encoder)
    except FileNotFoundError as error:
        name = Path(error.filename or path).name
        raise RunError(f"models/{name} is missing. Train again to make a new one.") from error
    except DAMAGED as error:
        raise RunError(
            f"models/{path.name} is not a params file of Sunlight, or it or its .space file is "
            "damaged. Move it away and train again."
        ) from error


def _from_content(content: dict[str, Any], path: Path, open_encoder: OpenEncoder | None) -> Model:
    if content["format"] not in (BOOK_FORMAT, WORD_LIST_FORMAT, PARAMS_FORMAT):
        raise ValueError(content["format"])
    name = str(content["name"])
    if name in FORMER_MODELS:
        raise RunError(
            f"models/{path.name} holds the model `{name}`, {GONE}. Train again with `{MODELS[0]}`."
        )
    if name not in MODELS:
        raise ValueError(name)
    labels = _texts(content["labels"])
    space = load_space(path.parent, content["space"]) if "space" in content else None
    source = _words(content) if space is None else space
    if "encoder" in content:
        source = EncodedSpace(space, _encoder(content, path, open_encoder))
    calibration, threshold = UNCHANGED, 0.5
    if content["format"] != BOOK_FORMAT:
        shifts = tuple(float(shift) for shift in content["shifts"])
        if shifts and len(shifts) != len(labels):
            raise ValueError("not one shift for each label")
        calibration = Calibration(float(content["scale"]), shifts)
        threshold = float(content["threshold"])
    network, seed = _network(source, len(labels), content["weights"]), int(content["seed"])
    cheap = None
    if "cheap_weights" in content:
        beside = _network(space, len(labels), content["cheap_weights"])
        cheap = Model(name, beside, space, labels, seed)
    return Model(name, network, source, labels, seed, calibration, threshold, cheap)


def _encoder(
    content: dict[str, Any], path: Path, open_encoder: OpenEncoder | None
) -> CachedEncoder:
    """The encoder that the model was trained with. Raises RunError if it is not to be had."""
    name = str(content["encoder"])
    found = open_encoder(name) if open_encoder else None
    if found is None:
        raise RunError(f"models/{path.name} needs its workspace to find the encoder `{name}`.")
    if found.encoder.key != content["encoder_key"]:
        raise RunError(
            f"models/{path.name} was trained with another content of the encoder `{name}`: the "
            "files there have changed. Put the old ones back, or train again."
        )
    return found


def _network(
    source: Vocabulary | Space | EncodedSpace, n_labels: int, weights: dict[str, Tensor]
) -> BookNetwork | LinearNetwork:
    """A network of the source's shape, with these weights."""
    if isinstance(source, Vocabulary):
        network = BookNetwork(len(source), n_labels)
    else:
        columns = weights["first.columns"]
        if len(columns) and not 0 <= int(columns.min()) <= int(columns.max()) < source.n_sparse:
            raise ValueError("columns that the space does not have")
        network = LinearNetwork(len(columns), source.n_dense, n_labels).eval()
    network.load_state_dict(weights)
    return network


def _words(content: dict[str, Any]) -> Vocabulary:
    words = content["words"]
    if content["format"] == PARAMS_FORMAT:
        words = words.split(WORD_END) if words else []
    return Vocabulary(_texts(words))


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise TypeError("words and labels are texts")
    return tuple(str(value) for value in values)
