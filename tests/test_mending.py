import os
from pathlib import Path

import pytest

from core.doctor import NOTHING, examine, mend, mend_all
from core.errors import WorkspaceError
from core.system.csv_rows import read_rows
from core.system.findings import Finding, Kind, Mend
from core.workspace.check import lacking_rows
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.illnesses import (
    ILLNESSES,
    Illness,
    append,
    save_cut_short,
    stray_params,
    unfinished,
)


def findings_of(workspace: Workspace, kind: Kind) -> list[Finding]:
    return [each for each in examine(workspace.path) if each.kind == kind and each.mend]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but what may be built anew."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }


@pytest.mark.parametrize(
    ("kind", "bring_about"), [(kind, how) for kind, how in ILLNESSES if kind.mend]
)
def test_what_is_mended_is_found_no_more_and_nothing_is_lost(
    active: Snapshot, kind: Kind, bring_about: Illness
):
    bring_about(active)
    workspace = active.workspace
    before = contents(workspace.path)
    (finding,) = findings_of(workspace, kind)
    assert mend(workspace, finding, "ann") != NOTHING
    assert not findings_of(workspace, kind)
    assert finding not in examine(workspace.path)
    after = contents(workspace.path)
    for name, content in before.items():
        if name in after:
            torn = b"" if name != finding.file or finding.mend != "torn" else b"z,half"
            assert after[name].startswith(content.removesuffix(torn))
        else:
            assert after[f"set_aside/{name}"] == content
    if finding.mend == "torn":
        assert b"z,half" in [content for name, content in after.items() if "torn/" in name]
    (_, row) = read_rows(workspace.set_aside / "mends.csv", "mends.csv").rows
    assert row.fields[1:4] == ["ann", kind.title, finding.file]


def test_a_finding_that_holds_no_more_is_left_alone(active: Snapshot):
    unfinished(active)
    (finding,) = findings_of(active.workspace, Kind.UNFINISHED_FILE)
    mend(active.workspace, finding, "ann")
    before = contents(active.workspace.path)
    assert mend(active.workspace, finding, "bob") == NOTHING
    assert contents(active.workspace.path) == before


def test_what_was_set_aside_before_is_never_overwritten(active: Snapshot):
    for _ in range(3):
        unfinished(active)
        mend_all(active.workspace.path, "ann")
    names = {path.name for path in (active.workspace.set_aside / "models").iterdir()}
    half = "half.params.unfinished"
    assert names == {half, "half.params-2.unfinished", "half.params-3.unfinished"}


def test_what_a_mend_leaves_behind_is_mended_too(active: Snapshot):
    stray_params(active)
    report = active.workspace.models / "stray.json"
    report.write_bytes(next(active.workspace.models.glob("*.json")).read_bytes())
    done, findings = mend_all(active.workspace.path, "ann")
    assert len(done) == 2
    assert findings == []


def test_a_save_is_completed_once_for_all_items_of_its_batch(active: Snapshot):
    save_cut_short(active)
    path = active.workspace.path
    assert [each.item_id for each in lacking_rows(read_snapshot(active.workspace))] == ["i0000"]
    done, findings = mend_all(path, "ann")
    assert done == ["Saved labels of batch-i0000 were added to their label files: 1."]
    assert findings == []
    assert mend_all(path, "ann") == ([], [])


def test_a_torn_line_of_an_item_without_a_label_waits_for_a_person(active: Snapshot):
    append(active.workspace.torn / "training_data.related.csv.1", "nobody,half")
    append(active.workspace.torn / "annotations.csv.1", "event,batch,i0")
    (item, *_) = active.labels.splits["training"]
    # Perhaps the beginning of a longer id.
    append(active.workspace.torn / "training_data.related.csv.2", item.item_id)
    done, findings = mend_all(active.workspace.path, "ann")
    assert not done
    assert [finding.mend for finding in findings] == ["", "", ""]
    with pytest.raises(WorkspaceError, match="cannot be fixed automatically"):
        mend(active.workspace, findings[0], "ann")


def test_what_is_still_being_written_is_left_alone(active: Snapshot):
    append(active.workspace.models / ".now.params.0123abcd.unfinished", b"half")
    assert mend_all(active.workspace.path, "ann") == ([], [])


LEFT = (
    "models/.a.params.0123abcd.unfinished",
    "models/a.params.unfinished",
    "backups/20260131T120000Z.zip.unfinished",
    "unlabeled_data/.new.csv.0123abcd.unfinished",
    "torn/.runs.csv.1.0123abcd.unfinished",
    ".unfinished-0123456789abcdef/in/it",
    ".labels.csv.0123abcd.unfinished/labels.csv/README.md",
)
"""Files that a crash left in a workspace, today's and those of version 0.6.0."""


def age(path: Path) -> None:
    for each in (path, *path.rglob("*")):
        os.utime(each, (1, 1))


def test_whatever_was_never_finished_is_found_and_set_aside(active: Snapshot):
    path = active.workspace.path
    for name in LEFT:
        append(path / name, b"half")
    for folder in ("backups", "unlabeled_data", "torn", "models"):
        for half in (path / folder).glob("*unfinished"):
            age(half)
    for half in path.glob(".*unfinished*"):
        age(half)
    done, findings = mend_all(path, "ann")
    assert (len(done), findings) == (len(LEFT), [])
    assert all((active.workspace.set_aside / name).is_file() for name in LEFT)


def test_a_new_workspace_that_was_never_finished_is_told_beside_the_others(active: Snapshot):
    beside = [".b.0123abcd.unfinished", ".unfinished-0123456789abcdef", "not ours.unfinished"]
    for name in beside:
        append(active.workspace.path.parent / name / "task.toml", b"half")
        age(active.workspace.path.parent / name)
    done, findings = mend_all(active.workspace.path, "ann")
    assert not done
    assert [(each.kind, each.file) for each in findings] == [
        (Kind.UNFINISHED_FILE, f"../{name}") for name in beside[:2]
    ]


def test_every_mend_that_a_kind_names_is_told_in_words():
    assert {kind.mend for kind in Kind} == set(Mend)
    assert all(mend.words for mend in Mend if mend)
