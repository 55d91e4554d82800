"""What each command loads before it does anything: what it does not need stays away."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from core.__main__ import app
from core.analysis.simulation import BATCHES
from core.exchange.export_formats import LAYOUTS
from core.system.engines import ENGINES
from tests.conftest import MakeWorkspace, active_workspace
from tests.tables import write_table

ROOT = Path(__file__).resolve().parents[2]

LOADED = """
import runpy, sys, atexit
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
sys.argv[0] = "core"
runpy.run_module("core", run_name="__main__")
"""

LEARNING = {"torch", "sklearn", "scipy", "ray"}
DATA = {"numpy", "pandas", "pyarrow", "duckdb", "requests"}


def loaded(*arguments: object) -> set[str]:
    """The packages that a command has loaded when it ends."""
    command = [sys.executable, "-c", LOADED, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        ("--help", LEARNING | DATA),
        ("train --help", LEARNING | DATA),
        ("export --help", LEARNING | DATA),
        ("backup --list --data {data}", LEARNING | DATA),
        ("backup --data {data}", LEARNING | DATA),
        ("status --data {data}", LEARNING),
        ("check --data {data}", LEARNING),
        ("import {table} --data {data}", LEARNING),
        ("export --out {out} --data {data}", LEARNING),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_need(
    make_workspace: MakeWorkspace, tmp_path: Path, command: str, absent: set[str]
):
    data = active_workspace(make_workspace).path
    table = write_table(tmp_path, "csv", ("id", "text"), [["new", "flood hits coast"]])
    given = {"data": data, "table": table, "out": tmp_path / "labels.csv"}
    assert loaded(*(part.format(**given) for part in command.split())) & absent == set()


@pytest.mark.parametrize("command", ["status", "check"])
def test_params_files_and_spaces_are_looked_at_without_torch(demo: Path, command: str):
    assert list(demo.glob("models/*.params"))
    assert list(demo.glob("models/*.space"))
    assert loaded(command, "--data", demo) & LEARNING == set()


def test_what_a_help_text_lists_is_what_there_is():
    commands = get_command(app).commands
    options = {
        (command, each.name): each for command in commands for each in commands[command].params
    }
    assert options["export", "form"].help == ", ".join([*LAYOUTS, "model"])
    assert options["next", "engine"].help.startswith(" or ".join(ENGINES))
    assert options["next", "engine"].default == ENGINES[0]
    assert options["demo", "batches"].default == BATCHES
