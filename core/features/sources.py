"""The feature source of a workspace's model, and that of a params file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import RunError
from core.features.base import Source
from core.features.cached import pool_space
from core.features.encoder import CARRIED, open_encoder
from core.features.encoder_cache import CachedEncoder
from core.features.encoder_features import EncodedSpace
from core.features.pool_features import READ, READ_FOLDED, Space, load_space
from core.features.vocabulary import Vocabulary, book_vocabulary
from core.pool.tokens import WHITE_SPACE
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot
from core.workspace.task import BUNDLED

OpenEncoder = Callable[[str], CachedEncoder | None]
"""The encoder of a name, as the model's workspace finds it; raises RunError if it cannot."""


def pool_encoder(
    snapshot: Snapshot,
    name: str | None = None,
    *,
    download: bool = False,
    progress: Progress = silent,
) -> CachedEncoder | None:
    """The encoder of this name, or of the task, with what it has read; None if there is no name.

    Raises RunError if it cannot be had.
    """
    name = snapshot.workspace.task.encoder if name is None else name
    if not name:
        return None
    encoder = open_encoder(name, snapshot.workspace.path, download=download, progress=progress)
    return CachedEncoder(encoder, snapshot.workspace.cache, write=snapshot.write_cache)


def feature_source(
    snapshot: Snapshot, name: str, progress: Progress = silent, space: Space | None = None
) -> Source:
    """What the model of this name sees of a text; a `space` takes the place of the pool's own.

    With an encoder, labeled texts are encoded here. Raises RunError if it cannot be used.
    """
    if name == "book":
        progress("preparing your texts: words")
        texts = [item.text for item in snapshot.labels.usable_training]
        counted = ~(snapshot.held_out | snapshot.in_training)
        return book_vocabulary(snapshot.pool_words, counted, texts)
    # An encoder first: one that cannot be had is found out at once.
    encoder = pool_encoder(snapshot, download=True, progress=progress)
    if space is None:
        progress("preparing your texts")
        space = pool_space(snapshot, progress)
    if encoder is None:
        return space
    if encoder.encoder.is_static:
        folds = encoder.encoder.name == BUNDLED  # other tokenizers fold as their makers chose
        return replace(space, encoder=replace(encoder.encoder, folds=folds))
    encoder.vectors([item.text for item in snapshot.labels.items], progress)
    return EncodedSpace(space, encoder)


def _carried(name: str) -> CachedEncoder | None:
    """The encoder that is there without a workspace, if a package carries the one of this name."""
    if name not in CARRIED:
        return None
    return CachedEncoder(open_encoder(name, Path()), Path(), write=False)


def load_source(content: Mapping[str, Any], path: Path, open_encoder: OpenEncoder | None) -> Source:
    """The source whose `saved` is in the content of the params file at the path.

    Raises RunError if its encoder is not to be had, or is another one by now; FileNotFoundError if
    its space is missing, and what `load_space` raises for a damaged one.
    """
    if "space" not in content:
        return Vocabulary.of_saved(content["words"], content.get("splitting", WHITE_SPACE))
    space = load_space(path.parent, content["space"])
    if "encoder" not in content:
        return space
    name = str(content["encoder"])
    found = (open_encoder or _carried)(name)
    if found is None:
        raise RunError(f"models/{path.name} needs its workspace to find the encoder `{name}`.")
    read = next((each for each in (READ, READ_FOLDED) if each in content), None)
    if found.encoder.key != content[read or "encoder_key"]:
        raise RunError(
            f"models/{path.name} was trained with another content of the encoder `{name}`: its "
            "files or its package have changed. Put the old ones back, or train again."
        )
    if read is None:
        return EncodedSpace(space, found)
    return replace(space, encoder=replace(found.encoder, folds=read == READ_FOLDED))
