"""The five documents say what is there: README and those of pages, data, core and benchmarks."""

import importlib
import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from core.__main__ import app
from core.sampling.catalog import CATALOG
from core.workspace.logs import Event, Proposal, Run
from core.workspace.task_toml import default_task, load_task

ROOT = Path(__file__).resolve().parent.parent
PLACES = (".", "pages", "data", "core", "tests/benchmarks")
DOCUMENTS = {place: (ROOT / place / "README.md").read_text(encoding="utf-8") for place in PLACES}
README = DOCUMENTS["."]
EVERYTHING = "\n".join(DOCUMENTS.values())
BOOK = "Human-in-the-Loop Machine Learning"


def test_the_readme_is_short():
    assert len(README.encode()) <= 8_000


def test_every_command_is_documented():
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    documented = set(re.findall(r"^\| `(\w+)(?: [A-Z]+)?` \|", README, re.MULTILINE))
    assert commands <= documented


def test_the_two_commands_stand_on_the_first_screen():
    first = README.split("## The loop")[0]
    assert (
        "pip install -r requirements.txt -c requirements.lock && streamlit run streamlit_app.py"
        in first
    )
    assert "pip install -r requirements-dev.txt -c requirements.lock && pytest" in first


@pytest.mark.parametrize("place", PLACES)
def test_every_link_and_picture_leads_somewhere(place: str):
    found = re.findall(r"\]\((?!https?:)([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", DOCUMENTS[place])
    for target in (first or second for first, second in found):
        assert (ROOT / place / target).exists(), target


def test_every_document_is_linked():
    for place in PLACES[1:]:
        assert f"({place}/README.md)" in README


@pytest.mark.parametrize("place", PLACES)
def test_every_file_that_is_named_is_there(place: str):
    for named in set(re.findall(r"`((?:core|pages|tests|data)/[\w/.]*)`", DOCUMENTS[place])):
        assert (ROOT / named).exists(), named


def test_every_module_of_the_core_that_is_named_is_there():
    for named in set(re.findall(r"`((?!tests)\w+/\w+\.py)`", DOCUMENTS["core"])):
        assert (ROOT / "core" / named).exists(), named
    for named in set(re.findall(r"`((?:system|pool|workspace|sampling|models)\.\w+)", EVERYTHING)):
        assert (ROOT / "core" / named.replace(".", "/")).with_suffix(".py").exists(), named


def test_every_package_is_drawn():
    drawn = set(re.findall(r"^\| `(\w+)(?:/|\.py)`", DOCUMENTS["core"], re.MULTILINE))
    packages = {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}
    assert packages | {"errors", "doctor"} <= drawn | {"cli"}


def test_every_module_that_is_named_can_be_run():
    for module in set(re.findall(r"python -m (tests\.[\w.]+)", EVERYTHING)):
        path = ROOT / Path(*module.split("."))
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_every_benchmark_is_listed():
    programs = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py")
                if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")}  # fmt: skip
    for name in programs:
        assert f"tests.benchmarks.{name}" in DOCUMENTS["tests/benchmarks"] or name == "generated"


def test_every_page_is_described():
    pages = {path.name for path in (ROOT / "pages").glob("*.py")} - {"main.py"}
    frame = (ROOT / "pages" / "main.py").read_text(encoding="utf-8")
    titles = dict(re.findall(r'st\.Page\("(\w+\.py)", title="(\w+)"', frame))
    assert titles.keys() == pages
    assert set(titles.values()) <= set(re.findall(r"^\| ([A-Z]\w+) \|", README, re.MULTILINE))


@pytest.mark.parametrize("place", [".", "pages", "data"])
def test_every_button_and_heading_that_is_named_is_there(place: str):
    """What stands in italics is what pages call it; the numbers in it may be others."""
    kinds, folders = {".py", ".js", ".html"}, (ROOT / "pages", ROOT / "core")
    files = [path for each in folders for path in each.rglob("*") if path.suffix in kinds]
    shown = "\n".join(path.read_text(encoding="utf-8") for path in files)
    named = re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", DOCUMENTS[place])
    assert named
    for name in {" ".join(each.split()) for each in named} - {BOOK}:
        assert re.split(r"\d+ \w+", name)[0] in shown, name


def test_every_strategy_is_described():
    table = DOCUMENTS["core"].split("## How it chooses")[1].split("## How it learns")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    described = {name.strip() for row in rows for name in row.split(",")}
    for name in CATALOG:
        assert name in described


def test_every_dependency_is_bounded():
    for path in ROOT.glob("requirements*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert "==" in line or "<" in line, line
    assert "torch==2.13.0" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_lock_names_one_version_of_each_requirement_and_the_ranges_allow_it():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if not line.startswith("#"))
    locked = {name.lower().replace("_", "-"): version for name, version in locked.items()}
    for path in ROOT.glob("requirements*.txt"):
        if path.stem.removeprefix("requirements") in ("-benchmarks", "-fuzz", "-login"):
            continue  # which the tests do without
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                asked = Requirement(line)
                version = locked[asked.name.lower().replace("_", "-")]
                assert asked.specifier.contains(version), f"{line}: {version}"


def test_a_container_keeps_what_the_documents_promise():
    """Reachable from its own machine alone, with a password, its data in a volume."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "-p 127.0.0.1:8501:8501" in text
    assert "secrets.toml:ro" in text
    assert "VOLUME /app/data" in text
    assert "/_stcore/health" in text
    assert "-c requirements.lock" in text


def test_uploads_end_where_the_documents_say():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert f"uploads end at {config['server']['maxUploadSize']} MB" in DOCUMENTS["pages"]
    assert config["server"]["address"] == "127.0.0.1"
    assert not config["browser"]["gatherUsageStats"]


def test_the_samples_task_asks_for_less_than_the_chapters():
    sample, chapter = load_task(ROOT / "data" / "sample" / "task.toml"), default_task()
    assert (sample.targets["evaluation"], sample.targets["training"]) == (150, 100)
    assert (sample.batch_size, chapter.batch_size) == (50, 100)
    assert sample.mix == chapter.mix
    assert sample.labels == chapter.labels


@pytest.mark.parametrize("record", [Proposal, Event, Run])
def test_the_logs_have_the_columns_that_are_described(record: type):
    assert f"`{','.join(field.name for field in fields(record))}`" in DOCUMENTS["data"]


def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = "pip install -r requirements-dev.txt -c requirements.lock && pytest"
    assert command in script


def test_the_top_level_holds_only_what_belongs_there():
    """As git tracks it: what lies around, such as a virtual environment, is nobody's business."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    folders = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}
    assert folders <= {"pages", "core", "data", "tests", ".ci", ".streamlit"}


@pytest.mark.parametrize("package", sorted((ROOT / "core").glob("*/__init__.py")))
def test_what_a_package_offers_is_there(package: Path):
    """Each `module.name, name` of a package's docstring can be imported."""
    name = f"core.{package.parent.name}"
    listed = importlib.import_module(name).__doc__.split("\n- ")[1:]
    assert listed
    for line in listed:
        for module, names in re.findall(r"\b([a-z_]+)\.(\w+(?:, \w+)*)", line.split(":")[0]):
            loaded = importlib.import_module(f"{name}.{module}")
            for each in names.split(", "):
                assert hasattr(loaded, each) or (package.parent / f"{each}.py").exists(), each
