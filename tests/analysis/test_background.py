from pathlib import Path

from core.analysis.simulation import background_space, keep_background, kept_background
from core.features.cached import pool_space
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace, headlines


def test_what_stands_in_the_table_teaches_nothing(make_workspace: MakeWorkspace):
    """The same as of a pool that never had these items, nor other spellings of their texts."""
    rows = [row[:2] for row in headlines(200)]
    table = [text for _, text in rows[:60]]
    pool = [*rows, *((f"copy {at}", f"  {text.upper()}") for at, (at, text) in enumerate(rows[:9]))]
    found = background_space(read_snapshot(make_workspace(pool)), table)
    rest = [row for row in rows if row[1] not in table]
    assert found.key == pool_space(read_snapshot(make_workspace(rest))).key
    assert found.key != pool_space(read_snapshot(make_workspace(rows))).key


def test_what_is_held_out_in_the_workspace_teaches_nothing(make_workspace: MakeWorkspace):
    rows = headlines(120)
    held_out = {("evaluation", "1"): [row for row in rows[:40] if row[2] == "1"],
                ("evaluation", "0"): [row for row in rows[:40] if row[2] == "0"]}  # fmt: skip
    workspace = make_workspace([row[:2] for row in rows], held_out)
    found = background_space(read_snapshot(workspace), [])
    assert (
        found.key == background_space(read_snapshot(workspace), [row[1] for row in rows[:40]]).key
    )


def test_a_kept_background_is_the_same(make_workspace: MakeWorkspace, tmp_path: Path):
    space = background_space(read_snapshot(make_workspace([row[:2] for row in headlines(80)])), [])
    assert kept_background(tmp_path) is None
    keep_background(space, tmp_path)
    assert kept_background(tmp_path).key == space.key
