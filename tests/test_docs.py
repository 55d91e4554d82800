"""The README and the files beside it say what is there."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from core.__main__ import app
from core.workspace.layout import BATCH_FIELDS, EVENT_FIELDS, RUN_FIELDS
from core.workspace.task import default_task, load_task

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_documented():
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    documented = set(re.findall(r"^\| `(\w+)(?: [A-Z]+)?` \|", README, re.MULTILINE))
    assert commands <= documented


def test_the_two_commands_stand_on_the_first_screen():
    first = README.split("## The loop")[0]
    assert "pip install -r requirements.txt && streamlit run streamlit_app.py" in first
    assert "pip install -r requirements-dev.txt && pytest" in first


def test_every_link_and_picture_leads_somewhere():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", README)
    for target in (first or second for first, second in targets):
        assert (ROOT / target).exists(), target


def test_every_module_that_is_named_can_be_run():
    for module in set(re.findall(r"python -m (tests\.[\w.]+)", README)):
        path = ROOT / Path(*module.split("."))
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_every_page_is_described():
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"main"}
    described = {name.lower() for name in re.findall(r"^\| ([A-Z]\w+) \|", README, re.MULTILINE)}
    assert pages <= described


def test_every_dependency_is_bounded():
    for path in ROOT.glob("requirements*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert "==" in line or "<" in line, line
    assert "torch==2.13.0" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_uploads_end_where_the_readme_says():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert f"uploads end at {config['server']['maxUploadSize']} MB" in README
    assert config["server"]["address"] == "127.0.0.1"
    assert not config["browser"]["gatherUsageStats"]


def test_the_samples_task_asks_for_less_than_the_chapters():
    sample, chapter = load_task(ROOT / "data" / "sample" / "task.toml"), default_task()
    assert (sample.targets["evaluation"], sample.targets["training"]) == (150, 100)
    assert (sample.batch_size, chapter.batch_size) == (50, 100)
    assert sample.mix == chapter.mix
    assert sample.labels == chapter.labels


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        (BATCH_FIELDS, "batch_id", "seed"),
        (EVENT_FIELDS, "event_id", "note"),
        (RUN_FIELDS, "run_id", "params_file"),
    ],
)
def test_the_logs_have_their_columns(fields: tuple[str, ...], first: str, last: str):
    assert (fields[0], fields[-1]) == (first, last)
    assert len(set(fields)) == len(fields)


def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert shlex.quote("pip install -r requirements-dev.txt && pytest")[1:-1] in script


def test_the_top_level_holds_only_what_belongs_there():
    allowed = {"pages", "core", "data", "tests", ".ci", ".streamlit", ".git"}
    ignored = {".venv", "venv", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert folders - ignored <= allowed
