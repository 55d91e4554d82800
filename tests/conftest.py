"""Workspaces to test with: real folders of real CSV files."""

import csv
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Playwright, sync_playwright

from core.analysis.simulation import make_demo
from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.server import CHROMIUM_FLAGS, Server, find_chromium

# Real files take as long as a busy disk takes; and a CI run fails for a change, not by chance.
settings.register_profile(
    "sunlight",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sunlight")

SUBJECTS = "council minister farmers union police team court bank school hospital".split()
VERBS = "rejects backs questions delays welcomes reviews plans opens wins seeks".split()
OBJECTS = "budget road match appeal merger roof contract festival plan report".split()
DISASTERS = "flood quake cyclone bushfire landslide".split()
PLACES = "north coast valley harbour village island".split()

SMALL_TASK = """
title = "Small"
seed = 7
[targets]
evaluation = 20
validation = 0
training = 20
[batch]
size = 10
"""

MakeWorkspace = Callable[..., Workspace]


def headlines(number: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """(item_id, text, true label) of distinct headlines; every sixth tells of a disaster."""
    draw = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < number:
        if len(found) % 6 == 5:
            words = [draw.choice(DISASTERS), "hits", draw.choice(PLACES), draw.choice(SUBJECTS)]
            found.setdefault(" ".join([*words, str(draw.randrange(1000))]), "1")
        else:
            words = [draw.choice(SUBJECTS), draw.choice(VERBS), draw.choice(OBJECTS)]
            found.setdefault(" ".join([*words, "in", draw.choice(PLACES)]), "0")
    return [(f"i{at:04}", text, label) for at, (text, label) in enumerate(found.items())]


def write_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Streamlit's AppTest leaves the page as the main program, which new processes would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def server(workspace: Workspace, tmp_path: Path) -> Iterator[Server]:
    """The app on the test file's own `workspace`; a traceback in its log fails the test."""
    server = Server(workspace.path, tmp_path / "server.log")
    yield server
    server.stop()
    assert "Traceback" not in server.log()


@pytest.fixture
def make_workspace(tmp_path: Path) -> MakeWorkspace:
    """Makes a workspace in `tmp_path`: a pool, label files by split and label, a task."""

    def make(
        pool: Sequence[Sequence[object]] = (),
        labels: dict[tuple[str, str], Sequence[Sequence[object]]] | None = None,
        task: str | None = SMALL_TASK,
    ) -> Workspace:
        folder = tmp_path / "workspace"
        folder.mkdir(exist_ok=True)
        if task is not None:
            (folder / "task.toml").write_text(task, encoding="utf-8")
        if pool:
            write_csv(folder / "unlabeled_data" / "pool.csv", pool)
        for (split, label), rows in (labels or {}).items():
            name = "related.csv" if label == "1" else "not_related.csv"
            write_csv(folder / f"{split}_data" / name, rows)
        return open_workspace(folder)

    return make


@pytest.fixture
def active(make_workspace: MakeWorkspace) -> Snapshot:
    """A loop in active learning: 300 pool items, 30 evaluation and 60 training labels."""
    return read_snapshot(active_workspace(make_workspace))


def active_workspace(make_workspace: MakeWorkspace) -> Workspace:
    """300 pool items; 30 others are evaluation, 60 others training data."""
    items = headlines(390)
    labels = {
        (split, label): [row for row in rows if row[2] == label]
        for split, rows in (("evaluation", items[300:330]), ("training", items[330:]))
        for label in ("1", "0")
    }
    return make_workspace([item[:2] for item in items[:300]], labels)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with two active-learning batches. Tests that may write take `demo`."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    make_demo(folder, batches=2)
    return folder


@pytest.fixture
def demo(demo_folder: Path, tmp_path: Path) -> Path:
    """A copy of the demo, to write into."""
    return Path(shutil.copytree(demo_folder, tmp_path / "demo"))
