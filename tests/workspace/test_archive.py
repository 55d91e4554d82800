import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BackupError
from core.workspace.archive import (
    FORMAT,
    MANIFEST,
    MAX_MANIFEST,
    Backup,
    content,
    pack,
    read_backup,
    verify,
)

CONTENTS = [
    ("task.toml", b'title = "x"\n', False),
    ("training_data/related.csv", b"a,one,1\nb,two,1\n" * 400, False),
    ("annotations.csv", b"event_id,batch_id\ne1,b1\n", True),
    ("batches.csv", b"", True),
]


def packed(contents: list[tuple[str, bytes, bool]] = CONTENTS) -> bytes:
    file = io.BytesIO()
    pack(file, contents, {"made_at": "2026-01-31T12:00:00Z", "reason": "asked for"})
    return file.getvalue()


def written(folder: Path, data: bytes) -> Path:
    path = folder / "backup.zip"
    path.write_bytes(data)
    return path


def test_a_backup_tells_what_it_holds_and_gives_it_back(tmp_path: Path):
    backup = read_backup(written(tmp_path, packed()))
    verify(backup)
    assert [(part.name, part.rows) for part in backup.parts] == [
        ("task.toml", 1),
        ("training_data/related.csv", 800),
        ("annotations.csv", 1),
        ("batches.csv", 0),
    ]
    assert backup.counts() == {"labels": 800, "events": 1, "proposals": 0, "runs": 0}
    assert [b"".join(content(backup, part)) for part in backup.parts] == [c[1] for c in CONTENTS]


def test_any_zip_program_can_read_it(tmp_path: Path):
    with zipfile.ZipFile(written(tmp_path, packed())) as archive:
        assert archive.testzip() is None
        assert archive.read("annotations.csv") == CONTENTS[2][1]
        assert json.loads(archive.read(MANIFEST))["format"] == FORMAT


@given(data=st.data())
def test_a_byte_that_has_changed_is_noticed_or_changes_nothing(data, tmp_path_factory):
    whole = bytearray(packed())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path = written(tmp_path_factory.getbasetemp(), bytes(whole))
    try:
        backup = read_backup(path)
        verify(backup)
        held = [b"".join(content(backup, part)) for part in backup.parts]
    except BackupError:
        return
    assert held == [data for _, data, _ in CONTENTS]


@given(length=st.integers(0, len(packed()) - 1))
def test_a_backup_that_was_cut_short_is_refused(length: int, tmp_path_factory):
    path = written(tmp_path_factory.getbasetemp(), packed()[:length])
    with pytest.raises(BackupError, match="damaged"):
        read_backup(path)


def test_a_file_that_was_exchanged_is_noticed(tmp_path: Path):
    changed = [(n, d.replace(b"one", b"uno"), h) for n, d, h in CONTENTS]
    path = tmp_path / "mixed.zip"
    with (
        zipfile.ZipFile(io.BytesIO(packed(changed))) as theirs,
        zipfile.ZipFile(written(tmp_path, packed())) as ours,
        zipfile.ZipFile(path, "w") as mixed,
    ):
        for name in theirs.namelist():
            mixed.writestr(name, (ours if name == MANIFEST else theirs).read(name))
    with pytest.raises(BackupError, match=r"related\.csv is not what it was"):
        verify(read_backup(path))


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"null",
        b'{"format": "other"}',
        b"[" * 100_000,
        json.dumps({"format": FORMAT, "made_at": "", "reason": "", "parts": [{}]}).encode(),
        json.dumps({"format": FORMAT, "made_at": "", "reason": "", "parts": [
            {"name": 1, "bytes": 1, "sha256": "", "rows": 1}]}).encode(),
        json.dumps({"format": FORMAT, "made_at": "", "reason": "", "parts": [
            {"name": "task.toml", "bytes": -1, "sha256": "", "rows": 1}]}).encode(),
    ],
)  # fmt: skip
def test_a_manifest_that_is_not_ours_is_refused(manifest: bytes, tmp_path: Path):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, manifest)
    with pytest.raises(BackupError, match="not a backup of Sunlight"):
        read_backup(path)


def test_a_manifest_of_any_length_is_not_read(tmp_path: Path):
    path = tmp_path / "b.zip"
    sound = {"format": FORMAT, "made_at": "", "reason": "", "parts": []}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(sound) + " " * MAX_MANIFEST)
    with pytest.raises(BackupError, match="too long"):
        read_backup(path)


def test_a_file_that_no_manifest_names_is_noticed(tmp_path: Path):
    path = written(tmp_path, packed())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", b"x")
    with pytest.raises(BackupError, match="files that its manifest names"):
        verify(read_backup(path))


def test_a_backup_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(BackupError, match="No such file"):
        read_backup(tmp_path / "none.zip")
    assert isinstance(read_backup(written(tmp_path, packed())), Backup)
