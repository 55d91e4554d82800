"""The tab Check of the Data page, and the marks where evaluation data has changed."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.runs import keep, train
from core.sampling.next_batch import propose
from core.system.findings import MOST
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.browser import said
from tests.conftest import MakeWorkspace
from tests.illnesses import append, settled_torn_line, stray_params, unfinished
from tests.pages.test_pages import open_page, open_tab

KEPT = "Incomplete line, moved to torn/"
NOTHING = "No problems found in 300 items and 90 labels."
SCRIPT = "<img src=x onerror=alert(1)> **bold** $x^2$ :smile:"


def examined(path: Path, monkeypatch) -> AppTest:
    page = open_tab(open_page("data", path, monkeypatch), "Check", "data_tab")
    page.button(key="examine").click().run()
    assert not page.exception
    return page


def labels_of(page: AppTest) -> list[str]:
    return [expander.label for expander in page.expander]


def texts(page: AppTest) -> str:
    return "\n".join(text.value for text in page.text)


def test_nothing_found_is_said(active: Snapshot, monkeypatch):
    page = examined(active.workspace.path, monkeypatch)
    assert [each.value for each in page.success] == [NOTHING]


def test_findings_stand_by_kind_with_their_rows_as_typed(active: Snapshot, monkeypatch):
    append(active.workspace.path / "training_data" / "related.csv", f"1,2,3,4,5,{SCRIPT}\n" * 30)
    page = examined(active.workspace.path, monkeypatch)
    assert labels_of(page) == ["Row that cannot be read, error: 30"]
    assert [text.value for text in page.text].count(f"1,2,3,4,5,{SCRIPT}") == 10
    assert not [each for each in page.markdown if SCRIPT in each.value]
    page.button(key="check_malformed row, error_more").click().run()
    assert [text.value for text in page.text].count(f"1,2,3,4,5,{SCRIPT}") == 30


def test_a_mend_is_done_at_its_button_and_the_finding_is_gone(active: Snapshot, monkeypatch):
    unfinished(active)
    settled_torn_line(active)
    page = examined(active.workspace.path, monkeypatch)
    assert labels_of(page) == [f"{KEPT}, warning: 1", "Unfinished file, warning: 1"]
    page.button(key="check_unfinished file, warning_0_mend").click().run()
    assert labels_of(page) == [f"{KEPT}, warning: 1"]
    moved = "models/half.params.unfinished was moved to set_aside/models/half.params.unfinished."
    assert moved in texts(page)
    rows = (active.workspace.set_aside / "mends.csv").read_text().splitlines()
    assert rows[1].split(",")[1] == "ann"


def test_all_safe_mends_are_done_at_one_button(active: Snapshot, monkeypatch):
    unfinished(active)
    settled_torn_line(active)
    stray_params(active)
    page = examined(active.workspace.path, monkeypatch)
    page.button(key="mend_all").click().run()
    assert not page.exception
    assert texts(page).count("was moved to set_aside/") == 3
    assert [each.value for each in page.success] == [NOTHING]


@pytest.mark.parametrize("name", ["annotations.csv", "task.toml"])
def test_a_workspace_that_cannot_be_opened_is_examined(name: str, active: Snapshot, monkeypatch):
    (active.workspace.path / name).write_text("no,such\n")
    page = examined(active.workspace.path, monkeypatch)
    assert labels_of(page) == ["File that cannot be read, error: 1"]
    assert name in texts(page)


def test_a_missing_workspace_is_told(tmp_path: Path, monkeypatch):
    page = examined(tmp_path / "none", monkeypatch)
    assert "There is no workspace folder" in texts(page)


def test_of_very_many_findings_the_first_are_shown(make_workspace: MakeWorkspace, monkeypatch):
    workspace = make_workspace([("p", "x y")], {("training", "1"): [("", "text")] * (MOST + 5)})
    page = examined(workspace.path, monkeypatch)
    assert labels_of(page) == [f"Row without an id, error: {MOST + 1:,}"]


def test_scores_of_other_evaluation_data_stand_beside_none_without_a_mark(
    active: Snapshot, monkeypatch
):
    keep(active, train(active))
    path = active.workspace.path
    append(path / "evaluation_data" / "related.csv", "e1,storm breaks the old bridge,1,random,\n")
    snapshot = read_snapshot(open_workspace(path))
    keep(snapshot, train(snapshot))
    propose(read_snapshot(open_workspace(path)), "ann")
    page = open_page("annotate", path, monkeypatch)
    (line,) = [each.value for each in page.caption if "Model 2" in each.value]
    assert said(line).endswith("(the test set has changed since the last model)")
    assert "(+" not in line
    page = open_page("metrics", path, monkeypatch)
    sets = page.dataframe[-1].value["Test set"].tolist()
    assert sets == ["test set 2: 31 items", "test set 1: 30 items"]


def test_scores_of_the_same_evaluation_data_stand_beside_each_other(active: Snapshot, monkeypatch):
    for seed in (1, 2):
        keep(active, train(active, seed=seed))
    path = active.workspace.path
    propose(read_snapshot(open_workspace(path)), "ann")
    page = open_page("annotate", path, monkeypatch)
    (line,) = [each.value for each in page.caption if "Model 2" in each.value]
    assert "has changed" not in line
    assert "(+" in line or "(-" in line
    page = open_page("metrics", path, monkeypatch)
    assert "Test set" not in page.dataframe[-1].value
