"""Files in `models/`, read without torch: what `torch.save` wrote, and nothing else."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.features.model_files import read_model_file
from core.system.durable import DAMAGED

OLDER = Path(__file__).resolve().parents[1] / "workspaces" / "0.6.0" / "models"
FILES = sorted([*OLDER.glob("*.params"), *OLDER.glob("*.space")])
VALUES = {"name": "book", "labels": ["1", "0"], "seed": 2**40, "scale": 1.5, "shifts": []}


def assert_same(read: object, loaded: object):
    """The same values, tensors as arrays of the same numbers."""
    if isinstance(loaded, dict):
        assert list(read) == list(loaded)
        for name in loaded:
            assert_same(read[name], loaded[name])
    elif isinstance(loaded, torch.Tensor):
        np.testing.assert_array_equal(read, loaded.numpy(), strict=True)
    else:
        assert read == loaded


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_an_older_version_are_read_as_torch_loads_them(path: Path):
    assert_same(read_model_file(path), torch.load(path, weights_only=True))


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.int32, torch.int64])
def test_parts_and_turned_tensors_are_read_as_torch_loads_them(tmp_path: Path, kind: torch.dtype):
    table = torch.arange(60, dtype=kind).reshape(3, 4, 5)
    tensors = {"all": table, "part": table[1:, 2], "turned": table.permute(2, 0, 1)}
    tensors |= {"one": table[1, 2, 3], "none": table[:0]}
    torch.save(VALUES | {"weights": tensors}, tmp_path / "a")
    assert_same(read_model_file(tmp_path / "a"), torch.load(tmp_path / "a", weights_only=True))
    torch.from_numpy(read_model_file(tmp_path / "a")["weights"]["all"]).add_(1)


def test_without_tensors_the_values_stand_alone(tmp_path: Path):
    torch.save(VALUES | {"weights": {"first": torch.ones(3)}}, tmp_path / "a")
    read = read_model_file(tmp_path / "a", tensors=False)
    assert read == VALUES | {"weights": {"first": None}}


class Attack:
    """A pickle of it that is loaded with all names runs a command."""

    def __reduce__(self) -> tuple:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize(
    "content", [{"space": Attack()}, {"space": torch.nn.Linear(1, 1)}, {"space": np.float64(1)}]
)
@pytest.mark.parametrize("tensors", [True, False])
def test_what_names_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: object, tensors: bool
):
    monkeypatch.chdir(tmp_path)
    torch.save(content, tmp_path / "a")
    with pytest.raises(pickle.UnpicklingError, match="is nothing that a model consists of"):
        read_model_file(tmp_path / "a", tensors=tensors)
    assert not (tmp_path / "ran").exists()


def rewritten(path: Path, entry: str, content: bytes | None) -> None:
    """The same file with another entry of this name, or without it."""
    with zipfile.ZipFile(path) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    entries |= {f"{path.name}/{entry}": content}
    with zipfile.ZipFile(path, "w") as archive:
        for name, each in entries.items():
            if each is not None:
                archive.writestr(name, each)


@pytest.mark.parametrize("tensors", [True, False])
@pytest.mark.parametrize(
    ("entry", "content"),
    [
        ("data/0", None),
        ("data/0", b"\0" * 11),
        ("data.pkl", None),
        ("data.pkl", b""),
        ("data.pkl", pickle.dumps(["no", "dict"])),
    ],
)
def test_what_lacks_a_part_is_damaged(
    tmp_path: Path, entry: str, content: bytes | None, tensors: bool
):
    torch.save({"weights": torch.ones(3)}, tmp_path / "a")
    rewritten(tmp_path / "a", entry, content)
    with pytest.raises(DAMAGED):
        read_model_file(tmp_path / "a", tensors=tensors)


def test_a_changed_byte_of_the_values_is_noticed_and_one_of_a_tensor_where_it_is_read(
    tmp_path: Path,
):
    torch.save({"word": "flood", "weights": torch.full((3,), 7.0)}, tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole.replace(b"flood", b"blood"))
    with pytest.raises(zipfile.BadZipFile):
        read_model_file(tmp_path / "a", tensors=False)
    sevens = np.full(3, 7, np.float32).tobytes()
    (tmp_path / "a").write_bytes(whole.replace(sevens, sevens[::-1]))
    assert read_model_file(tmp_path / "a", tensors=False) == {"word": "flood", "weights": None}
    with pytest.raises(zipfile.BadZipFile):
        read_model_file(tmp_path / "a")


def test_any_cut_is_noticed(tmp_path: Path):
    torch.save(VALUES | {"weights": torch.ones(9)}, tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    for end in range(0, len(whole), 7):
        (tmp_path / "a").write_bytes(whole[:end])
        with pytest.raises(DAMAGED):
            read_model_file(tmp_path / "a", tensors=False)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        read_model_file(tmp_path / "a")
