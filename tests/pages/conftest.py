"""Workspaces that every page is opened on."""

import shutil
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from core.analysis.simulation import label_batch
from core.sampling.next_batch import BatchRequest, propose
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.conftest import SMALL_TASK, MakeWorkspace, built_once, headlines, write_csv
from tests.jobs import JobInPlace

scan_once = cache(manifest_scanner.scan_component_manifests)
"""AppTest looks for components in every installed package whenever it opens a page: 0.1 s."""


@pytest.fixture(autouse=True)
def scanned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", scan_once)


@pytest.fixture(autouse=True)
def jobs_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages do their jobs in this process; a test of a page and its job's process takes `Job`."""
    monkeypatch.setattr("pages.ui.cache.analysis.Job", JobInPlace)


@pytest.fixture(scope="session")
def many_iterations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small loop after twenty batches, each chosen by a run of its own, to look at."""

    def make(folder: Path) -> None:
        items = headlines(390)
        truth = {item_id: label for item_id, _, label in items}
        write_csv(folder / "unlabeled_data" / "pool.csv", [item[:2] for item in items[:300]])
        for label, name in (("1", "related.csv"), ("0", "not_related.csv")):
            for split, part in (("evaluation", items[300:330]), ("training", items[330:])):
                rows = [item for item in part if item[2] == label]
                write_csv(folder / f"{split}_data" / name, rows)
        (folder / "task.toml").write_text(SMALL_TASK, encoding="utf-8")
        workspace = open_workspace(folder)
        inbox = Inbox(workspace)
        for _ in range(20):
            batch = propose(read_snapshot(workspace), "ann", BatchRequest(size=12))
            label_batch(inbox, batch, truth)

    made = built_once(tmp_path_factory, "iterations", make)
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("iterations") / "iterations"))


def one_label(make_workspace: MakeWorkspace) -> Path:
    items = headlines(150)
    labels = {
        ("evaluation", "0"): [(i, t, "0") for i, t, _ in items[100:125]],
        ("training", "0"): [(i, t, "0") for i, t, _ in items[125:]],
    }
    return make_workspace([item[:2] for item in items[:100]], labels).path


@pytest.fixture(params=["nothing", "pool only", "one label", "full", "no task"])
def workspace_path(request, make_workspace: MakeWorkspace, demo: Path) -> Path:
    match request.param:
        case "nothing":
            return make_workspace().path
        case "pool only":
            return make_workspace([item[:2] for item in headlines(60)]).path
        case "one label":
            return one_label(make_workspace)
        case "no task":
            return make_workspace([item[:2] for item in headlines(60)], task=None).path
        case _:
            return demo
