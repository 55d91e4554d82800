"""The Data page's tab Import: a table is looked at, mapped, and brought in."""

import pytest
from streamlit.testing.v1 import AppTest

from core.workspace.layout import Workspace
from tests.conftest import MakeWorkspace
from tests.exchange.test_importer import COLUMNS, POOL, ROWS, files_of, labels_of
from tests.pages.test_pages import open_page, open_tab
from tests.tables import delimited


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


def upload(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> AppTest:
    page = open_tab(open_page("data", workspace.path, monkeypatch), "Import", "data_tab")
    page.file_uploader(key="import_upload").set_value((name, text.encode(), "text/csv"))
    return page.run()


def test_an_upload_is_shown_mapped_and_brought_in(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "../theirs.csv", delimited([COLUMNS, *ROWS], ";"))
    assert not page.exception
    assert list(page.dataframe[0].value.columns) == list(COLUMNS)
    chosen = {box.label: box.value for box in page.selectbox}
    assert (chosen["Text"], chosen["Id"], chosen["Who labeled"]) == ("text", "id", "(none)")
    assert chosen["Confidence"] == "(none)"
    page.button(key="import_go").click().run()
    assert not page.exception
    assert "3 new items" in page.text[0].value
    assert {item[0] for item in labels_of(workspace)} == {"n1", "n2", "n5"}
    assert not list(workspace.path.parent.glob("theirs*"))


def test_words_for_labels_can_be_said(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", "id,text,label\na,one,yes\nb,two,no\n")
    page.selectbox(key="import_word_yes").set_value("1")
    page.selectbox(key="import_word_no").set_value("0")
    page.button(key="import_go").click().run()
    assert {(item[0], item[2]) for item in labels_of(workspace)} == {("a", "1"), ("b", "0")}


def test_a_refused_upload_shows_line_and_reason_and_changes_nothing(
    workspace: Workspace, monkeypatch
):
    before = files_of(workspace)
    page = upload(workspace, monkeypatch, "t.csv", "id,text,label\na,one,1\nb,,0\n")
    page.button(key="import_go").click().run()
    assert "line 3 has no text" in page.text[-1].value
    assert files_of(workspace) == before


def test_what_is_no_table_is_told(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", "")
    assert not page.exception
    assert "t.csv" in page.text[-1].value
