from pathlib import Path

import pytest

from core.errors import WorkspaceError
from core.workspace.registry import (
    check_name,
    create,
    find,
    free_name,
    free_place,
    name_of,
    workspaces,
)
from core.workspace.snapshot import open_snapshot
from core.workspace.task import Label
from core.workspace.task_file import task_text

TASK = task_text(
    "Mine",
    "?",
    (Label("1", "Yes", positive=True), Label("0", "No")),
    {"evaluation": 5, "validation": 0, "training": 5},
)

ATTACKS = (
    "", ".", "..", "...", "/", "//", "/etc", "/etc/passwd", "../x", "..\\x", "a/b", "a\\b",
    "a/../b", "a/..", "./a", ".a", ".cache", "a..b", "..a", "a..", "a.", " a", "a ", "a\n", "\na",
    "a\x00b", "a\x00", "a\tb",
    "~", "~root", "$HOME", "${HOME}", "`id`", "$(id)", "a;b", "a|b", "a&b", "a>b",
    "a*", "?", "[a]", "a:b", "C:", "C:\\a", "\\\\host\\share", "file:///etc", "http://a", "%2e%2e",
    "%2e%2e%2f", "..%2f", "a%00", "-rf", "-", "_a", "\u2024\u2024", "\uff0e\uff0e", "a\uff0fb",
    "a\u2215b", "a\u2044b", "\u202ea", "a\u200bb", "a\u0301", "\ufb01le", "\uff41", "a" * 81,
    "\u9762" * 80, "<b>a</b>", "'a'", '"a"', "a\u2028b", "\ufeffa",
)  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with two workspaces, and what else may stand there."""
    shelf = tmp_path / "data"
    for name in ("sample", "first"):
        (shelf / name / "unlabeled_data").mkdir(parents=True)
    (shelf / "no workspace").mkdir()
    (shelf / ".hidden" / "unlabeled_data").mkdir(parents=True)
    (shelf / "program.py").write_text("")
    outside = tmp_path / "outside"
    (outside / "unlabeled_data").mkdir(parents=True)
    (shelf / "link").symlink_to(outside)
    (shelf / "loop").symlink_to("loop")
    (shelf / "inner").symlink_to("first")
    return shelf


def test_the_workspaces_are_listed_by_their_names(shelf: Path):
    assert workspaces(shelf) == ["first", "sample"]
    assert find("first", shelf) == shelf / "first"
    assert workspaces(shelf / "none") == []


@pytest.mark.parametrize("name", ["link", "loop", "inner", "no workspace", "program.py", "none"])
def test_what_is_no_workspace_of_the_shelf_is_not_found(shelf: Path, name: str):
    with pytest.raises(WorkspaceError, match="no workspace"):
        find(name, shelf)


@pytest.mark.attack
@pytest.mark.parametrize("name", ATTACKS)
def test_no_name_leads_out_of_the_shelf(shelf: Path, name: str):
    before = sorted(shelf.parent.rglob("*"))
    for use in (
        lambda: find(name, shelf),
        lambda: create(name, TASK, shelf),
    ):
        with pytest.raises(WorkspaceError, match="cannot be the name"):
            use()
    assert sorted(shelf.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["a", "News 2026", "a.b-c_d", "ÄÖ ü", "面白い", "9", "a" * 80])
def test_a_plain_name_is_taken(shelf: Path, name: str):
    assert check_name(name) == name
    workspace = create(name, TASK, shelf)
    assert workspace.path == (shelf / name).resolve()
    assert workspace.path.parent == shelf.resolve()
    assert name in workspaces(shelf)
    assert find(name, shelf) == shelf / name


def test_a_new_workspace_can_be_opened_at_once(shelf: Path):
    snapshot = open_snapshot(create("new", TASK, shelf).path)
    assert snapshot.workspace.task.title == "Mine"
    assert (snapshot.stage, len(snapshot.pool_words.pool)) == ("evaluation", 0)


@pytest.mark.parametrize("name", ["sample", "Sample", "DEMO", "demo", "set_aside"])
def test_the_projects_own_names_are_not_given_away(shelf: Path, name: str):
    with pytest.raises(WorkspaceError, match="reserved for the project"):
        free_place(name, shelf)


@pytest.mark.parametrize("name", ["first", "no workspace", "program.py", "link", "loop"])
def test_nothing_is_written_over(shelf: Path, name: str):
    (shelf / "no workspace" / "mine").write_text("mine")
    before = {p: p.lstat().st_mtime_ns for p in sorted(shelf.parent.rglob("*"))}
    with pytest.raises(WorkspaceError):
        create(name, TASK, shelf)
    assert {p: p.lstat().st_mtime_ns for p in sorted(shelf.parent.rglob("*"))} == before


def test_a_shelf_that_is_no_folder_is_told(tmp_path: Path):
    (tmp_path / "data").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be made"):
        create("new", TASK, tmp_path / "data")


def test_a_workspace_elsewhere_has_no_name_on_the_shelf(shelf: Path):
    assert name_of(shelf / "first", shelf) == "first"
    assert name_of(shelf.parent / "outside", shelf) == ""
    assert name_of(shelf / "link", shelf) == ""
    assert name_of(shelf / "first" / "unlabeled_data", shelf) == ""


def test_a_free_name_is_like_the_files_and_nobodys(tmp_path: Path):
    assert free_name("Support tickets_2026 (final)", tmp_path) == "Support tickets 2026 final"
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets 2").mkdir()
    assert free_name("tickets", tmp_path) == "tickets 3"
    assert free_name("sample", tmp_path) == "sample 2"
    for odd in ("", "..", "..//..", "?!", "_", "工单", "x" * 300):
        name = free_name(odd, tmp_path)
        assert check_name(name) == name
