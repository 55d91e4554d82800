"""Versions of the definitions: kept once, stamped on labels, and asked for when they changed."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.doctor import examine
from core.errors import UnwritableError
from core.system.findings import Kind
from core.workspace.backup import back_up, restore
from core.workspace.definitions import definitions_text, hash_of, read_definitions
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Event, append_records, header_of, new_event, read_logs
from core.workspace.snapshot import open_snapshot
from core.workspace.task_file import save_task, task_toml
from tests.conftest import MakeWorkspace
from tests.worlds import new_proposal

ITEMS = [(f"p{n}", f"text number {n}") for n in range(6)]


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    workspace = make_workspace(ITEMS)
    proposals = [
        new_proposal("b1", "ann", "training", item, "random", rank=at)
        for at, (item, _) in enumerate(ITEMS)
    ]
    append_records(workspace.batches, proposals)
    return workspace


def give(workspace: Workspace, item: str, label: str = "1") -> None:
    event = new_event("b1", "ann", "label", item, label=label)
    assert Inbox(workspace).receive([event]).refused == []


def edit(workspace: Workspace, at: int = 0, **words: object) -> Workspace:
    """The workspace after a label was edited, and saved as Settings does."""
    labels = [*workspace.task.labels]
    labels[at] = replace(labels[at], **words)
    text = task_toml(replace(workspace.task, labels=tuple(labels)))
    save_task(workspace.path, text, (workspace.path / "task.toml").read_text())
    return open_workspace(workspace.path)


def today(workspace: Workspace) -> str:
    return hash_of(definitions_text(workspace.task))


def stamps(workspace: Workspace) -> dict[str, str]:
    return {event.item_id: event.definitions for event in read_logs(*workspace.logs).events}


def test_each_label_is_stamped_with_the_version_that_held(workspace: Workspace):
    first = today(workspace)
    give(workspace, "p0")
    Inbox(workspace).receive([new_event("b1", "ann", "skip", "p1")])
    later = edit(workspace, description="When it burns.", examples=("a fire",))
    give(later, "p2")
    assert stamps(later) == {"p0": first, "p1": "", "p2": today(later)}
    assert {path.stem for path in later.definitions.iterdir()} == {first, today(later)}
    kept = read_definitions(later)[today(later)]
    assert kept == {"1": "When it burns.", "0": later.task.labels[1].description}
    text = (later.definitions / f"{today(later)}.toml").read_text(encoding="utf-8")
    assert re.match(r"# Definitions since \d{4}-\d\d-\d\d\nquestion = ", text)
    assert 'examples = ["a fire"]' in text
    assert examine(later.path) == []


def test_a_version_that_comes_back_is_the_same_file(workspace: Workspace):
    give(workspace, "p0")
    (file,) = workspace.definitions.iterdir()
    before = file.stat()
    other = edit(workspace, description="Other.")
    back = edit(other, description=workspace.task.labels[0].description)
    give(back, "p1")
    assert stamps(back) == dict.fromkeys(("p0", "p1"), file.stem)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_keys_and_numbers_are_no_definitions(workspace: Workspace):
    task = workspace.task
    other = replace(task, batch_size=3, labels=(replace(task.labels[0], key="x"), task.labels[1]))
    assert definitions_text(other) == definitions_text(task)


def test_where_no_version_can_be_kept_nothing_is_written(workspace: Workspace):
    workspace.definitions.write_text("in the way")
    with pytest.raises(UnwritableError, match="definitions/ cannot be written"):
        give(workspace, "p0")
    assert workspace.annotations.path.read_bytes() == b""


def old_log(workspace: Workspace, *items: str) -> None:
    """A log as earlier versions wrote it, without the last column."""
    rows = [f"e-{item},b1,{item},label,1,ann,2026-01-01T00:00:00.000Z,1.0,0," for item in items]
    header = ",".join(header_of(Event)[:-1])
    workspace.annotations.path.write_text("\n".join([header, *rows, ""]))


def test_a_log_without_the_column_is_read_and_added_to(workspace: Workspace):
    old_log(workspace, "p0", "p1")
    before = workspace.annotations.path.read_bytes()
    give(workspace, "p2")
    now = workspace.annotations.path.read_bytes()
    assert now.startswith(before)
    assert [len(row) for row in csv.reader(now.decode().splitlines())] == [10, 10, 10, 11]
    snapshot = open_snapshot(workspace.path)
    assert snapshot.logs.findings == []
    assert stamps(workspace) == {"p0": "", "p1": "", "p2": today(workspace)}
    assert [event.label for event in snapshot.logs.events] == ["1"] * 3


@pytest.mark.parametrize(
    "torn", [b"e9,b1,p3,label,1,ann,2026,1.0,0,", b'e9,b1,p3,flag,,a,t,1,0,"no\nte']
)
def test_a_torn_row_of_either_length_moves_away(workspace: Workspace, torn: bytes):
    old_log(workspace, "p0")
    for _ in range(2):
        with workspace.annotations.path.open("ab") as file:
            file.write(torn)
        give(workspace, "p2")
    assert [event.item_id for event in read_logs(*workspace.logs).events] == ["p0", "p2", "p2"]
    assert [kept.read_bytes() for kept in workspace.torn.iterdir()] == [torn] * 2


def test_backups_bring_the_versions_back_and_the_doctor_misses_them(
    workspace: Workspace, tmp_path: Path
):
    give(workspace, "p0")
    made = back_up(workspace)
    (file,) = workspace.definitions.iterdir()
    assert (restore(made, tmp_path / "again").definitions / file.name).exists()
    file.unlink()
    (finding,) = examine(workspace.path)
    assert finding.message.startswith(
        f"definitions/{file.name}: this version of the definitions is gone"
    )
    assert read_definitions(workspace) == {}


@pytest.mark.parametrize("content", [b"", b"half", b"\xff\n", "# Definitions since 2026\nx = 1"])
def test_a_version_that_is_not_what_it_was_is_written_again(
    workspace: Workspace, content: bytes | str
):
    give(workspace, "p0")
    (file,) = workspace.definitions.iterdir()
    said = file.read_bytes()
    content = content if isinstance(content, bytes) else content.encode()
    file.write_bytes(content)
    assert [x.kind.title for x in examine(workspace.path)] == [Kind.DEFINITIONS.title]
    give(workspace, "p1")
    assert file.read_bytes() == said
    assert (workspace.set_aside / "definitions" / file.name).read_bytes() == content
    assert examine(workspace.path) == []


def test_no_file_among_the_versions_stops_the_page(workspace: Workspace):
    give(workspace, "p0")
    deep = f"x = {'[' * 100_000}\n"
    odd = ("labels = 5\n", "labels = ['a']\n", "labels = [{value = [1], description = 2}]\n", deep)
    for text in odd:
        text += "question = 1\ninstructions = 2\n"
        (workspace.definitions / f"{hash_of(text)}.toml").write_text(f"# x\n{text}")
    (workspace.definitions / "folder.toml").mkdir()
    assert [*read_definitions(workspace)] == [today(workspace)]
    assert len(examine(workspace.path)) == len(odd) + 1
