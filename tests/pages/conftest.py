"""Workspaces that every page is opened on."""

from pathlib import Path

import pytest

from tests.conftest import MakeWorkspace, headlines


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
