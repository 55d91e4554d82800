"""File formats of sentence encoders: which files belong to one, and how it reads texts.

- `static`: model2vec's layout. A text is the mean of its tokens' vectors.
- `sentence-transformers`: a folder with `modules.json`, which says how vectors are made of tokens.
- `onnx`: a graph, `model.onnx` or `onnx/model.onnx`, and its `tokenizer.json`. A text is the mean
  of its tokens' vectors, unless the graph itself gives one vector for a text.

The packages that read them are optional, and imported when an encoder is opened. None of them may
run code that comes with an encoder.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

Read = Callable[[Sequence[str]], NDArray[np.floating]]
"""Texts to their vectors as the encoder gives them, `(n_texts, n_dimensions)`."""

STATIC, SENTENCE_TRANSFORMERS, ONNX = "static", "sentence-transformers", "onnx"

PACKAGES = {
    STATIC: ("model2vec",),
    SENTENCE_TRANSFORMERS: ("sentence_transformers",),
    ONNX: ("onnxruntime", "tokenizers"),
}
"""What has to be installed to read each kind."""

_STATIC_FILES = ("config.json", "tokenizer.json", "model.safetensors")
_GRAPHS = ("model.onnx", "onnx/model.onnx")

MAX_TOKENS = 512
"""Where neither tokenizer nor configuration names a limit."""

AT_ONCE = 32
"""Texts that a transformer reads together: more are no faster on a CPU, and take memory."""


def kind_of(names: Collection[str], read: Callable[[str], str]) -> str | None:
    """The kind of an encoder with these files, or None; `read` gives the content of one."""
    if set(_STATIC_FILES) <= set(names) and _is_static(read("config.json")):
        return STATIC
    if "modules.json" in names:
        return SENTENCE_TRANSFORMERS
    if "tokenizer.json" in names and any(graph in names for graph in _GRAPHS):
        return ONNX
    return None


def files_of(kind: str, names: Collection[str]) -> list[str]:
    """Those of the files that an encoder of this kind is made of, sorted; no code is among them."""
    if kind == STATIC:
        return sorted(_STATIC_FILES)
    if kind == ONNX:
        graph = next(graph for graph in _GRAPHS if graph in names)
        beside = ("tokenizer.json", "tokenizer_config.json", "config.json", graph)
        # Weights of more than 2 GB stand beside the graph: model.onnx_data, model.onnx.data.
        parts = (f"{graph}_data", f"{graph}.data")
        return sorted(name for name in names if name in beside or name.startswith(parts))
    return sorted(name for name in names if _is_of_modules(PurePosixPath(name), names))


def open_kind(kind: str, folder: Path) -> Read:
    """What reads texts with the encoder there; raises ImportError, and what its package raises."""
    return {STATIC: _open_static, ONNX: _open_onnx}.get(kind, _open_modules)(folder)


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


def _open_onnx(folder: Path) -> Read:
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_max_tokens(folder, tokenizer.truncation))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; warnings are about the graph's own making
    graph = folder / next(name for name in _GRAPHS if (folder / name).exists())
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    inputs = [entry.name for entry in session.get_inputs()]
    output, is_pooled = _output(session.get_outputs())

    def read(texts: Sequence[str]) -> NDArray[np.floating]:
        encodings = tokenizer.encode_batch(list(texts))
        found = {}
        for rows in _of_one_length([len(encoding.ids) for encoding in encodings]):
            columns = {
                "input_ids": [encodings[row].ids for row in rows],
                "attention_mask": [encodings[row].attention_mask for row in rows],
                "token_type_ids": [encodings[row].type_ids for row in rows],
            }
            given = {name: np.array(columns[name], np.int64) for name in inputs}
            (vectors,) = session.run([output], given)
            vectors = vectors if is_pooled else _mean(vectors, columns["attention_mask"])
            found.update(zip(rows, vectors, strict=True))
        return np.array([found[row] for row in range(len(texts))])

    return read


def _max_tokens(folder: Path, truncation: dict[str, Any] | None) -> int:
    """As many tokens of a text as the encoder can read: what its files say, the least of it."""
    if truncation:
        return truncation["max_length"]
    limits = [MAX_TOKENS]
    keys = {"tokenizer_config.json": "model_max_length", "config.json": "max_position_embeddings"}
    for name, key in keys.items():
        if (folder / name).exists():
            limits.append(json.loads((folder / name).read_text(encoding="utf-8")).get(key))
    return int(min(limit for limit in limits if limit))


def _output(outputs: Sequence[Any]) -> tuple[str, bool]:
    """(the output to take, whether it is one vector for a text and not one for each token).

    A `pooler_output` is not taken: it was trained to tell whether sentences follow each other.
    """
    pooled = [entry.name for entry in outputs if len(entry.shape) == 2]
    pooled = [name for name in pooled if name != "pooler_output"]
    if pooled:
        return pooled[0], True
    return next(entry.name for entry in outputs if len(entry.shape) == 3), False


def _mean(vectors: NDArray[np.floating], mask: list[list[int]]) -> NDArray[np.floating]:
    """The mean of the tokens that count, `(n_texts, n_dimensions)`; zeros where none does."""
    counted = np.array(mask, np.float32)[:, :, None]
    sums = (vectors.astype(np.float32) * counted).sum(axis=1)
    return sums / np.maximum(counted.sum(axis=1), 1)


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
