"""Trained models, and the params file that keeps one."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import RunError
from core.features.base import Source
from core.features.model_files import write_model_file
from core.features.sources import OpenEncoder, load_source
from core.models.calibration import UNCHANGED, Calibration
from core.models.label_columns import Alignment, LabelColumns, alignment
from core.pool.tokens import require_splitting
from core.system.durable import DAMAGED
from core.workspace.task import FORMER_MODELS, GONE, MODELS, Task

if TYPE_CHECKING:  # it imports torch, which takes a second and more
    from core.models.networks import Network

BOOK_FORMAT = "sunlight params 1"
"""Of the files that hold the chapter's network and nothing else; they are still read."""
WORD_LIST_FORMAT = "sunlight params 2"
"""Of the files that hold the words one by one: 100,000 of them take four times as long to load."""
PARAMS_FORMAT = "sunlight params 3"
SEVERAL_FORMAT = "sunlight params 4"
"""Of models that give a text several labels: earlier versions must not take them for others."""


@dataclass(frozen=True)
class Model:
    """A trained network with everything that scoring needs; labels in the column order.

    `cut` is the positive label's column and its probability, not calibrated, from which on it is
    predicted; without one the most probable label is. `thresholds` are those of each of several
    labels that a text can have.

    `labels` are those of its probabilities: where the task has others by now than those that the
    model was trained on, `alignment` says which these were. `unlearned` had too few items.
    """

    name: str
    network: "Network"
    source: Source
    labels: tuple[str, ...]
    seed: int
    calibration: Calibration = UNCHANGED
    cut: tuple[int, float] | None = None
    thresholds: tuple[float, ...] = ()
    unlearned: tuple[str, ...] = ()
    alignment: Alignment | None = None

    @property
    def several(self) -> bool:
        return bool(self.thresholds)

    @property
    def threshold(self) -> float:
        """The positive label's threshold, of its probability as the model gives it."""
        return self.cut[1] if self.cut else 0.5

    @property
    def trained_on(self) -> tuple[str, ...]:
        """The labels that it was trained on, as they were called then."""
        return self.alignment.own if self.alignment else self.labels

    @property
    def columns(self) -> LabelColumns:
        """What the columns of its probabilities mean, and what is predicted by them."""
        return LabelColumns(self.labels, self.thresholds, self.unlearned, self.cut)

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these words of a text that the model has learned something of."""
        return self.source.known(tokens)


def in_today(model: Model, task: Task) -> Model:
    """The model with the columns of today's task; raises RunError if they share too few labels."""
    found = alignment(model.labels, task)
    is_alike = model.several == task.several
    if is_alike and found is None:
        return model
    if not is_alike or sum(map(bool, found.parts)) < 2 - task.several:
        raise RunError(
            f"The model was trained for the labels {', '.join(model.labels)}, the task has "
            f"{', '.join(task.values)}{', several for a text' * task.several}. Train again."
        )
    columns = found.columns(model.columns, task.values)
    return replace(
        model,
        labels=task.values,
        thresholds=columns.thresholds,
        unlearned=columns.unknown,
        cut=columns.cut,
        calibration=model.calibration.brought(found.parts),
        alignment=found,
    )


def save_model(model: Model, path: Path) -> None:
    """The model stands in the file, fsynced, when this returns; never half of it under this name.

    A feature space stands beside it, in a file that all its models share; of an encoder only its
    name and key are kept. Raises RunError if one of the files cannot be written.
    """
    import torch  # here and in `load_model`: most commands need neither

    content = {
        "format": SEVERAL_FORMAT if model.several else PARAMS_FORMAT,
        "name": model.name,
        "labels": list(model.labels),
        "seed": model.seed,
        "weights": dict(model.network.state_dict()),
        "scale": model.calibration.scale,
        "shifts": list(model.calibration.shifts),
        "threshold": model.threshold,
        **model.source.saved(path.parent),
    }
    if model.several:
        each = {"scales": model.calibration.scales, "thresholds": model.thresholds}
        content |= {name: list(numbers) for name, numbers in each.items()}
    if model.cut:
        content["cut_column"] = model.cut[0]
    if model.unlearned:
        content["unlearned"] = list(model.unlearned)
    params = io.BytesIO()
    torch.save(content, params)
    write_model_file(path, params.getbuffer())


def load_model(path: Path, open_encoder: OpenEncoder | None = None) -> Model:
    """The model in the file. Loads weights and plain values only, never code.

    Raises RunError if the file, or that of its feature space, is missing or not one of ours, or if
    the encoder that it was trained with is not found, or is another one by now.
    """
    import torch

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
    if content["format"] not in (BOOK_FORMAT, WORD_LIST_FORMAT, PARAMS_FORMAT, SEVERAL_FORMAT):
        raise ValueError(content["format"])
    name, labels = str(content["name"]), tuple(content["labels"])
    if name in FORMER_MODELS:
        raise RunError(
            f"models/{path.name} holds the model `{name}`, {GONE}. Train again with `{MODELS[0]}`."
        )
    if name not in MODELS or not all(isinstance(label, str) for label in labels):
        raise ValueError("an unknown model, or labels that are no texts")
    source = load_source(content, path, open_encoder)
    require_splitting(source.splitting, f"models/{path.name}")
    calibration, cut, thresholds = UNCHANGED, None, ()
    if content["format"] != BOOK_FORMAT:
        shifts, scales = _numbers(content, "shifts", labels), _numbers(content, "scales", labels)
        calibration = Calibration(float(content["scale"]), shifts, scales)
        if "cut_column" in content:  # before, a threshold was kept, but not predicted by
            cut = range(len(labels))[content["cut_column"]], float(content["threshold"])
    if content["format"] == SEVERAL_FORMAT:
        thresholds = _numbers(content, "thresholds", labels)
    seed, unlearned = int(content["seed"]), tuple(content.get("unlearned", ()))
    several = bool(thresholds)
    network = _network(name, source, len(labels), content["weights"], several=several)
    beside = {"thresholds": thresholds, "unlearned": unlearned}
    return Model(name, network, source, labels, seed, calibration, cut, **beside)


def _numbers(content: dict[str, Any], name: str, labels: tuple[str, ...]) -> tuple[float, ...]:
    """One number for each label, or none."""
    numbers = tuple(float(number) for number in content.get(name, ()))
    if numbers and len(numbers) != len(labels):
        raise ValueError(f"not one of {name} for each label")
    return numbers


def _network(
    name: str, source: Source, n_labels: int, weights: dict[str, Any], *, several: bool
) -> "Network":
    """A network of the source's shape, with these weights."""
    from core.models.networks import BookNetwork, LinearNetwork

    if name == "book":
        network = BookNetwork(source.n_sparse, n_labels)
    else:
        columns = weights["first.columns"]
        if len(columns) and not 0 <= int(columns.min()) <= int(columns.max()) < source.n_sparse:
            raise ValueError("columns that the source does not have")
        network = LinearNetwork(len(columns), source.n_dense, n_labels, several=several)
    network.load_state_dict(weights)
    return network.eval()
