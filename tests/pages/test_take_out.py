"""The Data page's tab Export: one button, which makes the file when it is pressed."""

import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import BrowserContext
from streamlit.testing.v1 import AppTest

from core.exchange.export_formats import LAYOUTS
from core.workspace.layout import Workspace
from core.workspace.snapshot import Snapshot
from tests.conftest import MakeWorkspace, Show, headlines
from tests.pages.test_pages import open_page, open_tab


def open_export(path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return open_tab(open_page("data", path, monkeypatch), "Export", "data_tab")


def button(page: AppTest) -> tuple[str, bool]:
    """What the button says, and whether it can be pressed."""
    assert not page.exception
    [found] = page.get("download_button")
    return found.proto.label, not found.proto.disabled


def test_every_format_is_offered_with_the_number_of_labels(active: Snapshot, monkeypatch):
    page = open_export(active.workspace.path, monkeypatch)
    assert page.selectbox(key="export_format").options == [x.title for x in LAYOUTS.values()]
    for form in LAYOUTS:
        page = page.selectbox(key="export_format").select(form).run()
        assert button(page) == (f"Download {len(active.labels.items)} labels", True)


def test_what_has_no_label_is_no_file(active: Snapshot, monkeypatch):
    page = open_export(active.workspace.path, monkeypatch)
    assert button(page.pills[0].set_value(["validation"]).run()) == ("Download 0 labels", False)
    assert button(page.pills[0].set_value([]).run()) == ("Download 0 labels", False)


def test_a_workspace_without_labels_has_nothing_to_download(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(5)])
    assert button(open_export(workspace.path, monkeypatch)) == ("Download 0 labels", False)


@pytest.mark.browser
def test_one_click_downloads_the_labels(
    demo_in_app: Workspace, show: Show, context: BrowserContext
):
    page = context.new_page()
    page.goto(show(demo_in_app).at("data", "annotator=ann"))
    page.get_by_role("tab", name="Export", exact=True).click()
    with page.expect_download() as got:
        page.get_by_role("button", name=re.compile("Download [1-9]")).click()
    with ZipFile(got.value.path()) as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"README.md", "labels.csv"} <= names


def test_a_workspace_that_cannot_be_read_leaves_the_tab_empty(tmp_path: Path, monkeypatch):
    (tmp_path / "task.toml").write_text("title = 1")
    page = open_export(tmp_path, monkeypatch)
    assert not page.exception
    assert len(page.error) == 1
    assert not page.selectbox
