"""Workspaces to test with: real folders of real CSV files."""

import asyncio
import csv
import fcntl
import gc
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from core.analysis.simulation import make_demo
from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.browser import LentContexts
from tests.server import CHROMIUM_FLAGS, Server, Site, find_chromium

# Real files take as long as a busy disk takes; and a run fails for a change, not by chance.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("plain", **_COMMON, max_examples=25, derandomize=True)
settings.register_profile(
    "thorough", **_COMMON, max_examples=200, derandomize=bool(os.environ.get("CI"))
)


def pytest_configure(config: pytest.Config) -> None:
    # Each core has a worker of its own: further threads of torch and numpy in each of them, and in
    # what they start, would only wait for each other. Tests that are about threads set them.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings.load_profile("thorough" if is_thorough(config) else "plain")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The thorough set tries every property again, with more examples than the plain command."""
    if is_thorough(config):
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker("thorough")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: nobody looks at it again for garbage.

    Streamlit does, after every run of a page, and so took ten times as long as the run.
    """
    gc.collect()
    gc.freeze()


def is_thorough(config: pytest.Config) -> bool:
    """Whether `pytest -m thorough` was asked for."""
    return config.option.markexpr == "thorough"


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
Show = Callable[[Workspace], Site]
NewContext = Callable[..., BrowserContext]


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


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Two threads for each of torch's computations, whatever the machine has."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One for all tests; each has contexts of its own in it."""
    # One process for all pages of a context: scripts that one page has compiled serve the next.
    flags = [*CHROMIUM_FLAGS, "--process-per-site"]
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def no_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright leaves its loop marked as running; others could not run one of their own."""
    loop = asyncio._get_running_loop()
    if "playwright" not in request.fixturenames:
        asyncio._set_running_loop(None)
    yield
    if "playwright" not in request.fixturenames:
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workspaces of `app` stand, by their names."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="session")
def app(app_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one server for all tests that leave it alone; an address names the test's workspace."""
    log = tmp_path_factory.mktemp("log") / "server.log"
    server = Server(app_folder / "none", log, environment={"SUNLIGHT_SHELF": str(app_folder)})
    yield server
    server.stop()


@pytest.fixture
def place(app_folder: Path) -> Path:
    """Where the test's own workspace goes, so that `app` shows it."""
    return app_folder / f"w{uuid4().hex[:8]}"


@pytest.fixture
def demo_in_app(demo_made: Path, place: Path) -> Workspace:
    """A copy of the demo for `app`."""
    return open_workspace(Path(shutil.copytree(demo_made, place)))


@pytest.fixture
def show(app: Server) -> Iterator[Show]:
    """Shows a workspace in `app`; a traceback in its log fails the test."""
    told = len(app.log())
    yield lambda workspace: Site(app.url, workspace.path.name)
    assert "Traceback" not in app.log()[told:]


@pytest.fixture
def site(show: Show, workspace: Workspace) -> Site:
    """The test file's own `workspace` in `app`."""
    return show(workspace)


@pytest.fixture(scope="session")
def lent_contexts(browser: Browser) -> LentContexts:
    """The browser contexts that this process has opened so far."""
    return LentContexts(browser)


@pytest.fixture
def new_context(lent_contexts: LentContexts) -> Iterator[NewContext]:
    """Opens browsers of several people; the options are those of `LentContexts.lend`."""
    lent = []

    def new(**options: object) -> BrowserContext:
        lent.append(lent_contexts.lend(**options))
        return lent[-1]

    yield new
    for context in lent:
        lent_contexts.take_back(context)


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    """One person's browser."""
    return new_context()


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
def demo_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with two active-learning batches, to be copied."""
    return built_once(tmp_path_factory, "demo", lambda folder: make_demo(folder, batches=2))


@pytest.fixture(scope="session")
def demo_folder(demo_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo for looking. Tests that may write take `demo`."""
    return Path(shutil.copytree(demo_made, tmp_path_factory.mktemp("demo") / "demo"))


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A folder that one of the test processes builds for all of them."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            build(folder)
            done.touch()
    return folder


@pytest.fixture
def demo(demo_made: Path, tmp_path: Path) -> Path:
    """A copy of the demo, to write into."""
    return Path(shutil.copytree(demo_made, tmp_path / "demo"))
