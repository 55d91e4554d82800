"""The commands `backup`, `restore` and `book`, as a person or a program calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.__main__ import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def answer(*arguments: object) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_status_says_after_a_restore_what_it_said_before(demo: Path, tmp_path: Path):
    before = answer("status", "--data", demo)
    made = answer("backup", "--data", demo)
    assert made["bytes"] == Path(made["file"]).stat().st_size
    listed = answer("backup", "--list", "--data", demo)["backups"]
    assert made in listed
    assert made["file"] in run("backup", "--list", "--data", demo).stdout
    (demo / "annotations.csv").unlink()
    restored = answer("restore", made["file"], "--into", tmp_path / "again")
    assert restored["splits"] == before["splits"]
    assert answer("status", "--data", tmp_path / "again") == before


def test_a_damaged_backup_is_refused(demo: Path, tmp_path: Path):
    made = Path(answer("backup", "--data", demo)["file"])
    made.write_bytes(made.read_bytes()[:-9])
    refused = run("restore", made, "--into", tmp_path / "again")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "damaged" in refused.stderr


def test_a_workspace_without_backups_says_so(tmp_path: Path):
    assert run("backup", "--list", "--data", tmp_path).stdout == "no backup yet\n"
    assert run("backup", "--data", tmp_path / "none").exit_code == 1


@pytest.mark.parametrize("base", ["http://example.org", "https://127.0.0.1:1"])
def test_the_book_is_refused_with_what_to_do_instead(base: str, tmp_path: Path):
    result = run("book", tmp_path / "book", "--base", base)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "git clone https://github.com/rmunro/pytorch_active_learning" in result.stderr
    assert not (tmp_path / "book").exists()


def test_a_restore_asks_for_a_folder(demo: Path):
    assert run("restore", demo).exit_code == 2
