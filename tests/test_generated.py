"""The generator of large pools: what it draws, and that it draws it again."""

from collections import Counter
from pathlib import Path

from core.workspace.layout import open_workspace
from tests.benchmarks import generated
from tests.benchmarks.generated import generated_texts, write_pool
from tests.worlds import pool_of


def test_the_same_seed_gives_the_same_file(tmp_path: Path):
    files = [tmp_path / name / "unlabeled_data" / "pool.csv" for name in ("one", "two", "other")]
    for file, seed in zip(files, (3, 3, 4), strict=True):
        write_pool(file, 2_000, seed)
    one, two, other = (file.read_bytes() for file in files)
    assert one == two != other
    pool = pool_of(open_workspace(tmp_path / "one"), write_cache=False)
    assert (len(pool), pool.findings) == (2_000, [])
    assert len(set(pool.ids.to_pylist())) == 2_000


def test_a_larger_pool_begins_with_the_smaller_one(monkeypatch):
    monkeypatch.setattr(generated, "BLOCK", 500)
    assert list(generated_texts(1_500))[:1_000] == list(generated_texts(1_000))


def test_texts_are_like_headlines():
    texts = list(generated_texts(20_000))
    assert len(set(texts)) > 0.99 * len(texts)
    words = Counter(word for text in texts for word in text.split())
    assert 6 < words.total() / len(texts) < 8
    assert words.most_common(1)[0][1] > 0.03 * words.total()
    assert sum(count == 1 for count in words.values()) > 0.2 * len(words)
