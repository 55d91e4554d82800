from pathlib import Path

import pytest

from core.errors import RunError
from core.files import write_model_file


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
