"""The Data page's tab Export: prepared on demand, refused with the reason."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.exchange.export_formats import LAYOUTS
from core.workspace.snapshot import Snapshot
from tests.conftest import MakeWorkspace, headlines
from tests.pages.test_pages import open_page, open_tab


def open_export(path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return open_tab(open_page("data", path, monkeypatch), "Export", "data_tab")


def prepared(page: AppTest) -> AppTest:
    page = page.button(key="prepare_export").click().run()
    assert not page.exception
    return page


def test_every_format_is_prepared_when_it_is_asked_for(active: Snapshot, monkeypatch):
    page = open_export(active.workspace.path, monkeypatch)
    assert page.selectbox(key="export_format").options == [x.title for x in LAYOUTS.values()]
    assert not page.get("download_button")
    for form in LAYOUTS:
        page = prepared(page.selectbox(key="export_format").select(form).run())
        [button] = page.get("download_button")
        assert button.proto.label.startswith("Download (")
        assert button.proto.url.endswith(".zip")
        assert not page.error


def test_a_split_without_labels_is_refused_with_the_reason(active: Snapshot, monkeypatch):
    page = open_export(active.workspace.path, monkeypatch)
    page = prepared(page.pills[0].set_value(["validation"]).run())
    assert "No item of validation has a label yet" in page.error[0].value
    assert not page.get("download_button")


def test_a_workspace_without_labels_is_told_so(make_workspace: MakeWorkspace, monkeypatch):
    workspace = make_workspace([item[:2] for item in headlines(5)])
    page = prepared(open_export(workspace.path, monkeypatch))
    assert "has a label yet" in page.error[0].value


def test_a_workspace_that_cannot_be_read_leaves_the_tab_empty(tmp_path: Path, monkeypatch):
    (tmp_path / "task.toml").write_text("title = 1")
    page = open_export(tmp_path, monkeypatch)
    assert not page.exception
    assert len(page.error) == 1
    assert not page.selectbox
