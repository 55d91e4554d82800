from pathlib import Path

import pytest

from core.errors import RunError
from core.system.durable import new_folder, write_model_file, write_new


def test_a_file_is_whole_and_alone(tmp_path: Path):
    file = tmp_path / "models" / "a.params"
    for content in (b"first", b"second"):
        write_model_file(file, content)
        assert file.read_bytes() == content
    assert [found.name for found in file.parent.iterdir()] == ["a.params"]


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "a.params").mkdir()
    with pytest.raises(RunError, match=r"models/a\.params cannot be written"):
        write_model_file(tmp_path / "a.params", b"x")
    assert [found.name for found in tmp_path.iterdir()] == ["a.params"]


def write_twice(path: Path) -> None:
    with new_folder(path) as folder:
        write_new(folder / "file", [b"one"])
        write_new(folder / "file", [b"two"])


def test_a_folder_is_whole_or_not_there(tmp_path: Path):
    with new_folder(tmp_path / "a" / "new") as folder:
        write_new(folder / "in" / "file", [b"one", b"two"])
        assert not (tmp_path / "a" / "new").exists()
    assert (tmp_path / "a" / "new" / "in" / "file").read_bytes() == b"onetwo"
    with pytest.raises(FileExistsError):
        write_twice(tmp_path / "a" / "other")
    with pytest.raises(OSError, match="not empty"), new_folder(tmp_path / "a" / "new"):
        pass
    assert [found.name for found in (tmp_path / "a").iterdir()] == ["new"]
