import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features.encoder import Encoder, open_encoder
from core.features.encoder_cache import TEXTS_IN_A_FILE, CachedEncoder, hashes_of
from core.system import progress
from core.system.durable import ABANDONED
from core.system.progress import in_words
from tests.conftest import headlines
from tests.encoders import modules_encoder, static_encoder

TEXTS = [text for _, text, _ in headlines(300)]


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return open_encoder(str(static_encoder(tmp_path / "static")), tmp_path)


def blocks(root: Path) -> list[Path]:
    return sorted((root / "encoder").rglob("*.npy"))


def kept(encoder: Encoder, root: Path, texts: Sequence[str] = TEXTS) -> np.ndarray:
    return CachedEncoder(encoder, root).vectors(texts)


class Forbidden(Encoder):
    """An encoder that must not be asked."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError("encoded again")


def forbidden(encoder: Encoder) -> Forbidden:
    return Forbidden(encoder.name, encoder.folder, encoder.kind, encoder.key)


@pytest.mark.parametrize("make", [static_encoder, modules_encoder])
def test_fresh_and_cached_vectors_are_the_same_numbers(tmp_path: Path, make):
    encoder = open_encoder(str(make(tmp_path / "encoder")), tmp_path)
    fresh = encoder.encode(TEXTS)
    assert np.array_equal(kept(encoder, tmp_path), fresh)
    cached = CachedEncoder(forbidden(encoder), tmp_path)
    assert np.array_equal(cached.vectors(TEXTS), fresh)
    assert np.array_equal(cached.vectors(TEXTS[::-3]), fresh[::-3])
    assert cached.n_dimensions == 8


def test_a_text_is_encoded_once_however_often_it_stands_there(encoder: Encoder, tmp_path: Path):
    cached = CachedEncoder(encoder, tmp_path)
    vectors = cached.vectors(["flood", "court", "flood"])
    assert np.array_equal(vectors[0], vectors[2])
    cached.vectors(["court", "flood", "budget"])
    sizes = sorted(len(np.load(path)) for path in blocks(tmp_path))
    assert sizes == [1, 2]


def test_no_texts_give_no_vectors(encoder: Encoder, tmp_path: Path):
    assert kept(encoder, tmp_path, []).shape == (0, 8)
    assert not blocks(tmp_path)


def test_nothing_is_written_where_that_is_not_allowed(encoder: Encoder, tmp_path: Path):
    root = tmp_path / "cache"
    cached = CachedEncoder(encoder, root, write=False)
    first = cached.vectors(TEXTS)
    object.__setattr__(cached, "encoder", forbidden(encoder))
    assert np.array_equal(cached.vectors(TEXTS), first)
    assert not root.exists()


def test_a_folder_that_cannot_be_written_is_no_obstacle(encoder: Encoder, tmp_path: Path):
    (tmp_path / "encoder").write_text("a file where the folder should be")
    assert np.array_equal(kept(encoder, tmp_path), encoder.encode(TEXTS))


def test_a_damaged_block_is_encoded_again(encoder: Encoder, tmp_path: Path):
    fresh = kept(encoder, tmp_path)
    path = blocks(tmp_path)[0]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert np.array_equal(kept(encoder, tmp_path), fresh)
    path = blocks(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-20])
    assert np.array_equal(kept(encoder, tmp_path), fresh)
    assert np.array_equal(CachedEncoder(forbidden(encoder), tmp_path).vectors(TEXTS), fresh)


def test_a_cache_that_is_deleted_meanwhile_is_filled_again(encoder: Encoder, tmp_path: Path):
    cached = CachedEncoder(encoder, tmp_path)
    fresh = cached.vectors(TEXTS)
    for path in blocks(tmp_path):
        path.unlink()
    assert np.array_equal(cached.vectors(TEXTS), fresh)
    assert blocks(tmp_path)


def test_what_was_never_finished_is_cleared_away_after_a_while(encoder: Encoder, tmp_path: Path):
    kept(encoder, tmp_path)
    folder = blocks(tmp_path)[0].parent
    for name, age in (
        (".1.npy.0123abcd.unfinished", ABANDONED + 60),
        (".2.npy.0123abcd.unfinished", 0),
    ):
        (folder / name).write_bytes(b"half a block")
        os.utime(folder / name, (time.time() - age,) * 2)
    kept(encoder, tmp_path)
    assert [path.name for path in folder.glob("*.unfinished")] == [".2.npy.0123abcd.unfinished"]


def test_progress_begins_with_the_number_and_tells_the_time_left(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    texts, told = [f"flood {number}" for number in range(64 + 2 * TEXTS_IN_A_FILE)], []
    CachedEncoder(encoder, tmp_path).vectors(texts, in_words(told.append))
    number = f"{len(texts):,}"
    name = re.escape(encoder.name)
    assert re.fullmatch(rf"opening the encoder {name}", told[0])
    assert told[1] == f"encoding {number} texts with {encoder.name}"
    pace = rf"encoding with {name}: 1,024 of {number} texts, [\d,]+/s, (a moment|about .*) left"
    assert re.fullmatch(pace, told[2])
    assert [len(np.load(path)) for path in blocks(tmp_path)].count(TEXTS_IN_A_FILE) == 2
    told.clear()
    CachedEncoder(encoder, tmp_path).vectors(texts, in_words(told.append))
    assert told == []


@given(st.lists(st.text(st.characters()), max_size=8))
def test_any_text_has_a_hash_of_its_own(texts: list[str]):
    assert len(set(hashes_of(texts).tolist())) == len(set(texts))


SLOW = """
import sys, time
from pathlib import Path
from core.features import encoder_cache
from core.features.encoder import Encoder, open_encoder
from core.features.encoder_cache import CachedEncoder
from tests.conftest import headlines

encoder_cache.TEXTS_IN_A_FILE = 10
read = Encoder.encode
def slowly(self, texts):
    time.sleep(0.05)
    return read(self, texts)
Encoder.encode = slowly
folder, root = sys.argv[1:]
texts = [text for _, text, _ in headlines(300)]
CachedEncoder(open_encoder(folder, Path(root)), Path(root)).vectors(texts)
"""


def slow_process(encoder: Encoder, root: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", SLOW, str(encoder.folder), str(root)])


def test_a_process_that_is_killed_loses_one_block_at_most(encoder: Encoder, tmp_path: Path):
    process = slow_process(encoder, tmp_path)
    deadline = time.monotonic() + 600
    while len(blocks(tmp_path)) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = sum(len(np.load(path)) for path in blocks(tmp_path))
    assert 50 <= before < 300
    cached = CachedEncoder(encoder, tmp_path)
    cached.vectors(TEXTS)
    assert sum(len(np.load(path)) for path in blocks(tmp_path)) == 300
    assert np.array_equal(CachedEncoder(forbidden(encoder), tmp_path).vectors(TEXTS),
                          encoder.encode(TEXTS))  # fmt: skip


def test_two_processes_at_once_do_no_harm(encoder: Encoder, tmp_path: Path):
    processes = [slow_process(encoder, tmp_path) for _ in range(2)]
    assert [process.wait(timeout=600) for process in processes] == [0, 0]
    cached = CachedEncoder(forbidden(encoder), tmp_path)
    assert np.array_equal(cached.vectors(TEXTS), encoder.encode(TEXTS))
    assert not list((tmp_path / "encoder").rglob("*.unfinished"))
