"""File formats of sentence encoders: which files belong to one, and how it reads texts.

- `static`: model2vec's layout. A text is the mean of its tokens' vectors.
- `sentence-transformers`: a folder with `modules.json`, which says how vectors are made of tokens.

The packages that read them are optional, and imported when an encoder is opened. None of them may
run code that comes with an encoder.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

Read = Callable[[Sequence[str]], NDArray[np.floating]]
"""Texts to their vectors as the encoder gives them, `(n_texts, n_dimensions)`."""

STATIC, SENTENCE_TRANSFORMERS = "static", "sentence-transformers"

PACKAGES = {STATIC: "model2vec", SENTENCE_TRANSFORMERS: "sentence_transformers"}
"""What has to be installed to read each kind."""

_STATIC_FILES = ("config.json", "tokenizer.json", "model.safetensors")

AT_ONCE = 32
"""Texts that a transformer reads together: more are no faster on a CPU, and take memory."""


def kind_of(names: Collection[str], read: Callable[[str], str]) -> str | None:
    """The kind of an encoder with these files, or None; `read` gives the content of one."""
    if set(_STATIC_FILES) <= set(names) and _is_static(read("config.json")):
        return STATIC
    return SENTENCE_TRANSFORMERS if "modules.json" in names else None


def files_of(kind: str, names: Collection[str]) -> list[str]:
    """Those of the files that an encoder of this kind is made of, sorted; no code is among them."""
    if kind == STATIC:
        return sorted(_STATIC_FILES)
    return sorted(name for name in names if _is_of_modules(PurePosixPath(name), names))


def open_kind(kind: str, folder: Path) -> Read:
    """What reads texts with the encoder there; raises ImportError, and what its package raises."""
    return (_open_static if kind == STATIC else _open_modules)(folder)


def _is_static(config: str) -> bool:
    try:
        found = json.loads(config)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("model_type") == "model2vec"


def _is_of_modules(name: PurePosixPath, names: Collection[str]) -> bool:
    """Configurations, vocabularies and weights; pickled weights only where there are no others."""
    # In folders of other formats the same weights stand once more.
    if name.parts[0] in {"onnx", "openvino"} or name.parts[0].startswith("."):
        return False
    if name.name == "pytorch_model.bin":
        return not any(
            other.parent == name.parent and other.suffix == ".safetensors"
            for other in map(PurePosixPath, names)
        )
    return name.suffix in {".json", ".txt", ".model", ".safetensors"}


def _open_static(folder: Path) -> Read:
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(folder, force_download=False)
    return lambda texts: model.encode(list(texts), use_multiprocessing=False)


def _open_modules(folder: Path) -> Read:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(folder),
        device="cpu",
        trust_remote_code=False,
        local_files_only=True,
        model_kwargs={"dtype": "float32"},  # half precision is slow on a CPU
    )

    def lengths(texts: Sequence[str]) -> list[int]:
        if not callable(model.tokenizer):  # word vectors: no padding, any order will do
            return [0] * len(texts)
        return [len(ids) for ids in model.tokenizer(list(texts), truncation=True)["input_ids"]]

    def read(texts: Sequence[str]) -> NDArray[np.floating]:
        found = {}
        for rows in _of_one_length(lengths(texts)):
            part = [texts[row] for row in rows]
            vectors = model.encode(part, batch_size=AT_ONCE, show_progress_bar=False)
            found.update(zip(rows, vectors, strict=True))
        return np.array([found[row] for row in range(len(texts))])

    return read


def _of_one_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts with equally many tokens, some at a time.

    None of them has to be padded: that saves time, and a text's numbers do not depend on which
    others are read with it.
    """
    order = np.argsort(lengths, kind="stable")
    ends = np.flatnonzero(np.diff(np.array(lengths)[order])) + 1
    for group in np.split(order, ends):
        for start in range(0, len(group), AT_ONCE):
            yield group[start : start + AT_ONCE].tolist()
