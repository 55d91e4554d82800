"""The feature source `pool`: TF-IDF of words and character n-grams, and PPMI word vectors.

A text is three blocks side by side: its words and its n-grams of 3 to 5 characters (within tokens),
each by sublinear TF-IDF, and the mean of its words' vectors, each word weighted by how rare it is
(Arora, Liang and Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings"). The first
two have length sqrt(1/2), so that together they have length 1; the third has length 0.75. All is
learned from the pool's texts, nothing is downloaded, and nothing is presumed of the language.

A static encoder's vectors may stand beside them as a fourth block: of a text the sum of its words'
pieces, likewise of length 0.75. Words are cut one by one, so that a pool needs the pieces of its
distinct words. A text most of whose pieces say nothing, as in a script that the encoder does not
know, has a block of zeros.
"""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.features.base import Numbers
from core.features.corpus_counts import CorpusCounts, pairs_among
from core.features.encoder import Encoder
from core.features.encoder_formats import PieceTable
from core.features.model_files import read_model_file, write_model_file
from core.features.space_rows import SpaceRows, place, place_pool
from core.features.word_vectors import DIMENSIONS, learn_word_vectors
from core.pool.token_parts import make_token_parts, tokens_of
from core.pool.tokens import PAIRS, Hashes, words_and_ngrams
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

MIN_TEXTS = 2
"""Words and n-grams of fewer texts are left out: what occurs once cannot be learned from."""
SMOOTH = 1e-3  # Arora et al., section 3: a word of frequency p counts SMOOTH / (SMOOTH + p)
SPACE_FORMAT = "sunlight space 1"
BY_WORDS = "by words 1"  # of keys; raised when the same encoder would give other numbers
READ, READ_FOLDED = "encoder_by_words", "encoder_by_folded_words"
"""Names of the encoder's key in a params file, by how words are read."""
ARRAYS = ("words", "grams", "idf", "rarity", "meanings")


@dataclass(frozen=True, eq=False)
class Space:
    """What was learned from a pool. Columns: the words, then the n-grams; dense: the meanings.

    With a static `encoder` its vectors follow the meanings. `words` and `grams` are sorted hashes,
    `idf` belongs to both one after the other, `rarity` and `meanings` to the words: `(n_words,)`,
    `(n_words, 128)`.
    """

    version: ClassVar[int] = 2

    words: Hashes
    grams: Hashes
    idf: Numbers
    rarity: Numbers
    meanings: NDArray[np.float16]
    encoder: Encoder | None = None
    splitting: int = PAIRS

    @cached_property
    def learned(self) -> str:
        """A hash of everything that the pool has taught."""
        words = f" {self.splitting}" if self.splitting != PAIRS else ""
        content = blake2b(f"pool {self.version}{words}".encode(), digest_size=16)
        for values in self.arrays().values():
            content.update(np.ascontiguousarray(values).view(np.uint8))
        return content.hexdigest()

    @property
    def key(self) -> str:
        if self.encoder is None:
            return self.learned
        both = f"{self.learned} {BY_WORDS} {self.encoder.key}{' folds' * self.encoder.folds}"
        return blake2b(both.encode(), digest_size=16).hexdigest()

    @property
    def name(self) -> str:
        return "pool + encoder" if self.encoder else "pool"

    @property
    def encoder_name(self) -> str:
        return self.encoder.name if self.encoder else ""

    @property
    def pieces(self) -> PieceTable:
        """The encoder's; raises RunError if it cannot be read."""
        return self.encoder.table()

    @property
    def n_dense(self) -> int:
        return DIMENSIONS + (self.pieces.vectors.shape[1] if self.encoder else 0)

    @property
    def n_sparse(self) -> int:
        return len(self.idf)

    def arrays(self) -> dict[str, NDArray]:
        return {name: getattr(self, name) for name in ARRAYS}

    def known(self, tokens: Iterable[str]) -> set[str]:
        """Those of these tokens whose words, one or several, the pool has taught."""
        tokens = sorted(set(tokens))
        words = make_token_parts(tokens, self.words, self.grams[:0], self.splitting).words
        in_token = words_and_ngrams(tokens, self.splitting)[0].offsets
        known = (words.lengths > 0) & (words.lengths == np.diff(in_token))
        return {token for token, is_known in zip(tokens, known, strict=True) if is_known}

    def rows(self, texts: Sequence[str], progress: Progress = silent) -> SpaceRows:
        return place(self, *tokens_of(texts))

    def pool_rows(self, snapshot: Snapshot, progress: Progress = silent) -> SpaceRows:
        return place_pool(self, snapshot, progress)

    def saved(self, folder: Path) -> dict[str, str]:
        """The key; its file is shared by all its runs. Raises RunError if it cannot be written."""
        import torch  # takes seconds, and most commands save no space

        path = _path(folder, self.learned)
        if not path.exists():
            arrays = {name: np.array(values) for name, values in self.arrays().items()}
            arrays |= {name: arrays[name].view(np.int64) for name in ("words", "grams")}
            tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
            written = io.BytesIO()
            torch.save({"format": SPACE_FORMAT, "splitting": self.splitting} | tensors, written)
            write_model_file(path, written.getbuffer())
        encoder = self.encoder
        if encoder is None:
            return {"space": self.learned}
        read = READ_FOLDED if encoder.folds else READ
        return {"space": self.learned, "encoder": encoder.name, read: encoder.key}


def space_of(tally: CorpusCounts) -> Space:
    """What the tallied texts teach. The same numbers for the same counts."""
    kept = tally.texts >= MIN_TEXTS
    in_grams = tally.grams.counts >= MIN_TEXTS
    in_texts = np.concatenate([tally.texts[kept], tally.grams.counts[in_grams]])
    occurrences = tally.occurrences[kept]
    frequency = occurrences / max(occurrences.sum(), 1)
    idf = (np.log((1 + tally.n_texts) / (1 + in_texts)) + 1).astype(np.float32)
    rarity = (SMOOTH / (SMOOTH + frequency)).astype(np.float32)
    meanings = learn_word_vectors(pairs_among(tally.pairs, kept), occurrences)
    return Space(tally.words[kept], tally.grams.keys[in_grams], idf, rarity, meanings)


def load_space(folder: Path, key: str) -> Space:
    """The space of this key; raises one of `DAMAGED`, and FileNotFoundError if there is none."""
    content = read_model_file(_path(folder, key))
    if content["format"] != SPACE_FORMAT:
        raise ValueError(content["format"])
    arrays = {name: content[name] for name in ARRAYS}
    arrays |= {name: arrays[name].view(np.uint64) for name in ("words", "grams")}
    space = Space(**arrays, splitting=content.get("splitting", PAIRS))
    if space.key != key:
        raise ValueError("the content is not what the file's name says")
    return space


def _path(folder: Path, key: str) -> Path:
    if not re.fullmatch("[0-9a-f]{32}", key):
        raise ValueError(f"{key} is no key of a space")
    return folder / f"{key}.space"
