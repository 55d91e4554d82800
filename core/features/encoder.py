"""Sentence encoders: texts to vectors, by a model from a folder or from the Hugging Face hub.

Vectors have the length of their kind's weight and 16 bits: a text has the same numbers fresh and
from the cache. An encoder is downloaded once, to where all programs keep theirs (`HF_HOME`); a
download that was cut short goes on, and what is there stays, whatever its authors publish.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.features.encoder_formats import PACKAGES, STATIC, Read, files_of, kind_of, open_kind
from core.system.durable import refused_as
from core.system.progress import Progress, silent

TIMEOUT = 30  # seconds to wait for the hub's answer
INSTALL = "Run: pip install -r requirements-encoder.txt"


def hub_folder(name: str, *, download: bool, progress: Progress = silent) -> Path:
    """The folder of the encoder of this name, downloaded if it is allowed; else raises RunError."""
    hub = _hub(name)
    try:
        sizes = {entry.path: entry.size or 0 for entry in hub.get_cached_repo_tree(name)}
        return _snapshot(hub, name, sizes, is_local=True)
    except (hub.errors.CachedRepoTreeNotFoundError, hub.errors.LocalEntryNotFoundError) as error:
        if not download:
            raise RunError(
                f"The encoder `{name}` is neither a folder nor downloaded to this machine. Put it "
                "back, or train again."
            ) from error
    except hub.errors.HFValidationError as error:
        raise RunError(_is_nothing(name)) from error
    return _download(hub, name, progress)


def _download(hub: ModuleType, name: str, progress: Progress) -> Path:
    progress(f"asking for the encoder {name}")
    try:
        # Of the library's ways to list files the one that gives up at once without a network.
        found = hub.HfApi().model_info(name, files_metadata=True, timeout=TIMEOUT)
        sizes = {entry.rfilename: entry.size or 0 for entry in found.siblings}
        return _snapshot(hub, name, sizes, is_local=False, progress=progress)
    except (hub.errors.RepositoryNotFoundError, hub.errors.HFValidationError) as error:
        raise RunError(_is_nothing(name)) from error
    except RunError:
        raise
    # The hub's library lets errors of several network libraries through; they share no parent.
    except Exception as error:
        said = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise RunError(
            f"The encoder `{name}` cannot be downloaded ({said[:200]}). Connect to the network "
            "and try again: files that have arrived are kept. Or name a folder that holds it."
        ) from error


def _snapshot(
    hub: ModuleType,
    name: str,
    sizes: Mapping[str, int],
    *,
    is_local: bool,
    progress: Progress = silent,
) -> Path:
    """The folder with those of these files that the encoder needs, and no others."""

    def read(path: str) -> str:
        found = hub.hf_hub_download(name, path, local_files_only=is_local)
        return Path(found).read_text(encoding="utf-8")

    kind = kind_of(sizes, read)
    if kind is None:
        raise RunError(
            f"The repository `{name}` holds no encoder that can be read here: it needs model2vec's "
            "files, or `modules.json` of sentence-transformers. Name another encoder under [model] "
            "in task.toml."
        )
    files = files_of(kind, sizes)
    progress(f"downloading {name}, {sum(sizes[path] for path in files) / 1e6:,.0f} MB")
    folder = hub.snapshot_download(name, allow_patterns=files, local_files_only=is_local)
    return Path(folder)


def _hub(name: str) -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise RunError(
            f"The encoder `{name}` is no folder, and to download it the package huggingface_hub "
            f"is missing. {INSTALL}"
        ) from error
    return huggingface_hub


def _is_nothing(name: str) -> str:
    return (
        f"The encoder `{name}` is neither a folder nor an encoder on the hub, or one that only its "
        "owners may read. Correct `encoder` under [model] in task.toml."
    )


VERSION = 1  # part of every encoder's key; raised when the same files would give other numbers
WEIGHT, STATIC_WEIGHT = 1.0, 0.75
"""Lengths of the vectors beside those of a text's words, 1, and of their meanings, 0.75: a static
encoder sees as little of a sentence's order as meanings do."""
OPENED = 2  # encoders that stay in memory; an open one takes as much as its weights
_ONE_AT_A_TIME = Lock()
"""Tokenizers are changed while they work, and two readers would only share the same cores."""


@dataclass(frozen=True)
class Encoder:
    """An encoder on disk, by the name that a person gave it and the hash of its files."""

    name: str
    folder: Path
    kind: str
    key: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """Vectors, `(n_texts, n_dimensions)`, zeros for what it cannot read; raises RunError."""
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        try:
            with _ONE_AT_A_TIME:
                vectors = _opened(self.kind, self.folder, self.key)(readable).astype(np.float32)
            if vectors.ndim != 2 or not np.isfinite(vectors).all():
                raise ValueError("it gives no finite vector for each text")
        # The packages raise what they like, down to Exception itself.
        except Exception as error:
            raise RunError(
                f"The encoder `{self.name}` in {self.folder} cannot be used "
                f"({type(error).__name__}: {error}). Put its files there anew, or name another one "
                "under [model] in task.toml."
            ) from error
        lengths, scaled = np.linalg.norm(vectors, axis=1, keepdims=True), np.zeros_like(vectors)
        weight = STATIC_WEIGHT if self.kind == STATIC else WEIGHT
        np.divide(weight * vectors, lengths, out=scaled, where=lengths > 0)
        return scaled.astype(np.float16)


def open_encoder(
    name: str, root: Path, *, download: bool = False, progress: Progress = silent
) -> Encoder:
    """The encoder in the folder of this name, absolute or below `root`, or of the hub.

    Raises RunError if it cannot be had."""
    folder = Path(encoder_place(name, root))
    if not folder.is_absolute() and re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", name):
        folder = hub_folder(name, download=download, progress=progress)
    if not folder.is_dir():
        raise RunError(
            f"There is no folder `{name}` for the encoder. Correct `encoder` under [model] in "
            "task.toml, or put the encoder there."
        )
    what = f"The encoder `{name}` in {folder} cannot be read"
    with refused_as(RunError, what, "Make its files readable."):
        kind, key = _kind_and_key(folder)
    if find_spec(PACKAGES[kind]) is None:
        raise RunError(
            f"The encoder `{name}` is of the kind {kind}, and to read it {PACKAGES[kind]} is "
            f"missing. {INSTALL}"
        )
    return Encoder(name, folder, kind, key)


def encoder_place(name: str, root: Path) -> str:
    """The absolute folder of the encoder if it is one, else its name as it stands."""
    if not name:
        return name
    given = Path(name).expanduser()
    is_folder = given.is_absolute() or (root / given).is_dir()
    return str((root / given).absolute()) if is_folder else name


def _kind_and_key(folder: Path) -> tuple[str, str]:
    """The kind of the encoder in the folder, and a hash of its files, its kind and `VERSION`."""
    paths = [path for depth in ("*", "*/*", "*/*/*") for path in folder.glob(depth)]
    names = [path.relative_to(folder).as_posix() for path in paths if path.is_file()]
    kind = kind_of(names, lambda name: (folder / name).read_text("utf-8", errors="replace"))
    if kind is None:
        raise RunError(
            f"{folder} holds no encoder: neither model2vec's files (config.json, tokenizer.json, "
            "model.safetensors), nor modules.json. Correct `encoder` under [model] in task.toml."
        )
    content = blake2b(f"{kind} {VERSION}".encode(), digest_size=16)
    for name in files_of(kind, names):
        content.update(f"\n{name} {(folder / name).stat().st_size}\n".encode())
        with (folder / name).open("rb") as file:
            while block := file.read(2**22):
                content.update(block)
    return kind, content.hexdigest()


@lru_cache(maxsize=OPENED)
def _opened(kind: str, folder: Path, key: str) -> Read:
    """The encoder ready to read; `key` stands for the content of its files."""
    return open_kind(kind, folder)
