from pathlib import Path

import pytest

from core.errors import RunError
from core.features.pool_features import load_space, save_space
from tests.features.test_pool_features import TEXTS, learn


def test_a_saved_space_is_the_same(tmp_path: Path):
    space = learn(TEXTS)
    save_space(space, tmp_path / "models")
    loaded = load_space(tmp_path / "models", space.key)
    assert loaded.key == space.key
    assert (loaded.rows(TEXTS).texts.scales == space.rows(TEXTS).texts.scales).all()


def test_a_space_that_is_there_is_not_written_again(tmp_path: Path):
    space = learn(TEXTS)
    save_space(space, tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    save_space(space, tmp_path)
    assert file.stat().st_mtime_ns == before


def test_content_under_another_name_is_refused(tmp_path: Path):
    space, other = learn(TEXTS), learn(TEXTS[:100])
    save_space(space, tmp_path)
    (tmp_path / f"{space.key}.space").rename(tmp_path / f"{other.key}.space")
    with pytest.raises(ValueError, match="not what the file's name says"):
        load_space(tmp_path, other.key)


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "g" * 32, "a" * 31])
def test_what_is_no_key_is_refused(tmp_path: Path, key: str):
    with pytest.raises(ValueError, match="no key"):
        load_space(tmp_path, key)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "models").write_text("a file where a folder should be")
    with pytest.raises(RunError, match="cannot be written"):
        save_space(learn(TEXTS), tmp_path / "models")
