"""The list on Explore: its order, pages and columns, and what is done with a selection."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from streamlit.testing.v1 import AppTest

from core.query.filters import Filters
from core.query.tables import Tables
from core.workspace.layout import Workspace, open_workspace
from core.workspace.relabel import flag_of
from core.workspace.snapshot import open_snapshot
from pages.ui.sunlight.item_list import ROWS, TITLES
from pages.ui.sunlight.selection import SELECTED
from tests.browser import settled
from tests.conftest import MakeWorkspace, write_csv
from tests.pages.test_label_kinds import several
from tests.pages.test_pages import filter_key
from tests.pages.test_sunlight import address_of, open_page, taken, waiting
from tests.server import Site

__all__ = ["waiting"]


def column(page: AppTest, name: str) -> list[str]:
    """The cells of a column, by what stands above it."""
    heads = [head.removesuffix(" ↑").removesuffix(" ↓") for head in titles(page)]
    return page.dataframe[0].value[str(heads.index(TITLES.get(name, name)))].tolist()


def titles(page: AppTest) -> list[str]:
    """What stands above the columns."""
    config = pd.read_json(BytesIO(page.dataframe[0].proto.columns.encode()), typ="series")
    return [config[str(at)]["label"] for at in range(len(page.dataframe[0].value.columns))]


def every_item(folder: Path, filters: Filters = Filters()) -> pd.DataFrame:  # noqa: B008
    tables = Tables(open_snapshot(folder))
    return tables.items(tables.rows(filters).first(1_000_000))


def listed(page: AppTest, **filters: object) -> list[str]:
    """The ids on the page, where the list has them."""
    return column(page, "item_id")


def test_a_list_goes_through_all_pages_in_order(demo_folder: Path, monkeypatch):
    items = every_item(demo_folder)
    expected = sorted(items["text"], key=str.lower, reverse=True)
    pages = -(-len(items) // ROWS)
    for at in (1, 2, pages):
        page = open_page(demo_folder, monkeypatch, order="down", sort="text", page=str(at))
        shown = [text.lower() for text in column(page, "text")]
        assert shown == [text.lower() for text in expected[(at - 1) * ROWS : at * ROWS]]
    assert address_of(page)["page"] == [str(pages)]


def test_the_address_sets_order_page_and_columns(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, order="up", sort="confidence", page="2",
                     column=["item_id", "confidence"], split="training", label="0")  # fmt: skip
    assert page.segmented_control(key="sunlight_kind").value == "List"
    assert titles(page) == ["Item", "Confidence ↑"]
    assert address_of(page) == {
        "annotator": ["ann"], "order": ["up"], "page": ["2"], "sort": ["confidence"],
        "column": ["item_id", "confidence"], "split": ["training"], "label": ["0"],
    }  # fmt: skip
    page.multiselect(key=filter_key(page, "labels")).unselect("0").run()
    assert address_of(page)["page"] == ["1"]  # of other items there are other pages
    page.button(key="sunlight_go_back").click().run()
    assert (address_of(page)["page"], address_of(page)["label"]) == (["2"], ["0"])


def test_what_the_address_cannot_list_is_said(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, order="first", sort="moon", page="0", column="sun")
    told = " ".join(html.proto.body for html in page.get("html"))
    for part in ("sort=moon", "page=0", "column=sun"):
        assert part in told
    assert address_of(page) == {"annotator": ["ann"], "order": ["up"], "page": ["1"]}
    assert listed(page) == every_item(demo_folder)["item_id"].tolist()[:ROWS]


def test_a_page_behind_the_last_is_the_last(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, order="up", page="9999")
    assert listed(page) == every_item(demo_folder)["item_id"].tolist()[-len(listed(page)) :]


def test_the_list_is_sorted_by_the_field_and_shows_the_columns_chosen(
    demo_folder: Path, monkeypatch
):
    page = open_page(demo_folder, monkeypatch, order="up", page="3")
    page.selectbox[0].set_value(("label", True)).run()
    assert address_of(page)["sort"], address_of(page)["page"] == (["label"], ["1"])
    found = set(column(page, "label"))
    assert found == {"Not disaster-related"}  # of a hundred: D, then N, and then without a label
    (columns,) = [m for m in page.multiselect if m.key and m.key.startswith("sunlight_columns_")]
    columns.set_value(["annotator", "text"]).run()
    assert titles(page) == ["Annotator", "Text"]
    assert address_of(page)["column"] == ["annotator", "text"]


def test_a_prediction_that_is_hidden_is_neither_shown_nor_sorted_by(waiting, monkeypatch):
    folder, item = waiting
    for order in ("up", "down"):
        page = open_page(folder, monkeypatch, order=order, sort="confidence", split="unlabeled")
        assert item in listed(page)
        assert set(column(page, "confidence")) == set(column(page, "predicted")) == {""}
        page = open_page(folder, monkeypatch, order=order, sort="predicted")
        assert set(listed(page)[-9:]) == set(
            every_item(folder, Filters(splits=("unlabeled",)))["item_id"]
        )


def choose(page: AppTest, folder: Path, items: list[str], filters: Filters = Filters()) -> None:  # noqa: B008
    page.session_state[SELECTED] = (folder.resolve(), filters), items
    page.run()
    assert not page.exception


def press(page: AppTest, start: str) -> None:
    (key,) = [b.key for b in page.button if b.key and b.key.startswith(start)]
    page.button(key=key).click().run()
    assert not page.exception


def labels(folder: Path, items: list[str]) -> list[str]:
    by_id = open_snapshot(folder).labels.by_id
    return [by_id[item].label if item in by_id else "" for item in items]


def unlabeled(folder: Path, number: int) -> list[str]:
    found = every_item(folder, Filters(splits=("unlabeled",)))["item_id"]
    return found.tolist()[:number]


def test_a_selection_is_labeled_taken_back_and_undone(demo: Path, monkeypatch):
    items, page = unlabeled(demo, 5), open_page(demo, monkeypatch, order="up")
    choose(page, demo, items)
    press(page, "byhand_1_sunlight_selected_")
    assert labels(demo, items) == ["1"] * 5
    events = open_snapshot(demo).logs.events[-6:]
    assert [e.action for e in events] == ["label"] * 5 + ["save"]
    assert {e.annotator for e in events} == {"ann"}
    assert page.session_state[SELECTED][1] == []
    press(page, "sunlight_undo")
    assert labels(demo, items) == [""] * 5
    choose(page, demo, items)
    press(page, "byhand_0_sunlight_selected_")
    choose(page, demo, items[:2])
    press(page, "sunlight_take_back")
    assert labels(demo, items) == ["", "", "0", "0", "0"]
    press(page, "sunlight_undo")
    assert labels(demo, items) == ["0"] * 5


def test_a_selection_is_flagged_and_the_flags_are_undone(demo: Path, monkeypatch):
    items, page = unlabeled(demo, 3), open_page(demo, monkeypatch, order="up")
    choose(page, demo, items)
    press(page, "byhand-flag_sunlight_selected_")
    snapshot = open_snapshot(demo)
    assert [flag_of(snapshot, item).note for item in items] == ["to be checked"] * 3
    press(page, "sunlight_undo")
    snapshot = open_snapshot(demo)
    assert [flag_of(snapshot, item) for item in items] == [None] * 3


def test_held_out_items_of_a_selection_are_left_as_they_are(demo: Path, monkeypatch):
    held_out = open_snapshot(demo).labels.splits["evaluation"][:2]
    items = [*(item.item_id for item in held_out), *unlabeled(demo, 1)]
    before = labels(demo, items)
    page = open_page(demo, monkeypatch, order="up")
    choose(page, demo, items)
    press(page, "byhand_1_sunlight_selected_")
    assert labels(demo, items) == [*before[:2], "1"]
    (error,) = page.error
    assert "is in the test set" in error.value
    assert "1 more" in error.value
    press(page, "sunlight_undo")
    assert labels(demo, items) == before


def test_one_selected_item_stands_whole_below(make_workspace: MakeWorkspace, monkeypatch):
    text = "<b>flood</b> **in** the " + "north " * 200
    workspace = make_workspace([("a", text), ("b", "=SUM(A1)"), ("c", "")])
    page = open_page(workspace.path, monkeypatch, order="up")
    assert column(page, "text")[:2] == [f"{text[:300]}…", "=SUM(A1)"]
    choose(page, workspace.path, ["a"])
    told = " ".join(html.proto.body for html in page.get("html"))
    assert "&lt;b&gt;flood&lt;/b&gt; **in** the" in told
    assert "<b>flood" not in told
    choose(page, workspace.path, ["a", "b"])
    assert 'data-testid="item"' not in " ".join(html.proto.body for html in page.get("html"))


def test_nobody_without_a_name_acts_on_a_selection(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, order="up", annotator="")
    assert not [b.key for b in page.button if b.key and b.key.startswith("byhand")]
    assert [f for f in page.text_input if f.label.startswith("Your name")]


def test_a_selection_gets_several_labels(tmp_path: Path, monkeypatch):
    kind, rows = several(), [(f"i{at}", f"words number {at}") for at in range(9)]
    write_csv(tmp_path / "unlabeled_data" / "pool.csv", rows)
    (tmp_path / "task.toml").write_text(kind.toml, encoding="utf-8")
    page = open_page(tmp_path, monkeypatch, order="up")
    choose(page, tmp_path, ["i1", "i2"])
    (key,) = [m.key for m in page.multiselect if m.key and m.key.startswith("byhand_")]
    task = open_workspace(tmp_path).task
    page.multiselect(key=key).set_value([*task.values[:2]]).run()
    press(page, f"{key}_save")
    assert labels(tmp_path, ["i1", "i2", "i3"]) == ["|".join(task.values[:2])] * 2 + [""]
    assert column(page, "label")[:3] == ["", *[task.name_of("|".join(task.values[:2]))] * 2]


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    return demo_in_app


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


BOX, HEAD, LINE = 20, 18, 35
"""Pixels of the table: where its boxes are, the middle of its head, the height of a row."""


def tick(page: Page, *rows: int) -> None:
    for row in rows:
        grid = page.get_by_test_id("stDataFrame")
        grid.click(position={"x": BOX, "y": HEAD + LINE * (row + 1)})
        settled(page)


def test_rows_are_selected_over_pages_and_labeled_and_undone(
    page: Page, site: Site, workspace: Workspace
):
    page.goto(site.at("sunlight", "annotator=ann&order=up&split=unlabeled"))
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    settled(page)
    expected = unlabeled(workspace.path, ROWS + 2)
    items = [expected[0], expected[2], expected[ROWS + 1]]
    tick(page, 0, 2)
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_test_id("stPagination").get_by_text("2", exact=True).click()
    page.wait_for_url("**page=2**")
    settled(page)
    tick(page, 1)
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Disaster-related", exact=True).click()
    undo = page.get_by_role("button", name="3 labeled Disaster-related · Undo")
    expect(undo).to_be_visible()
    assert labels(workspace.path, items) == ["1"] * 3
    undo.click()
    expect(undo).to_have_count(0)
    settled(page)
    assert labels(workspace.path, items) == [""] * 3
    page.get_by_test_id("stDataFrame").click(position={"x": 200, "y": HEAD})
    page.wait_for_url("**order=up**sort=text**")
    settled(page)
    page.get_by_test_id("stDataFrame").click(position={"x": 200, "y": HEAD})
    page.wait_for_url("**order=down**sort=text**")
    settled(page)
    page.get_by_test_id("stDataFrame").click(position={"x": 200, "y": HEAD + LINE})
    expect(page.get_by_test_id("details")).to_be_visible()
    of_csv = pd.read_csv(BytesIO(taken(page, "CSV")), dtype=str, keep_default_na=False)
    shown = every_item(workspace.path, Filters(splits=("unlabeled",)))
    texts = sorted(shown["text"], key=str.lower, reverse=True)
    assert of_csv["text"].str.lower().tolist() == [text.lower() for text in texts]
