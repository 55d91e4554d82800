"""More like this: as a filter of Explore, from an item on any page, and from the card."""

import re
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, expect

from core.evaluation.runs import load_run
from core.models.neighbors import likeness_source
from core.sampling.next_batch import BatchRequest, propose
from core.workspace.layout import Workspace, open_workspace
from core.workspace.searches import Search, keep_search
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from tests.browser import all_saved, press, shown
from tests.conftest import SMALL_TASK, Show, headlines, write_csv
from tests.models.test_neighbors import similar
from tests.pages.test_item_list import column
from tests.pages.test_pages import filter_key
from tests.pages.test_sunlight import address_of, open_page, taken
from tests.server import Site

SEVERAL = """
several = true
[[labels]]
value = "a"
file = "related.csv"
[[labels]]
value = "b"
file = "not_related.csv"
"""

ITEM = re.compile(r'data-item-id="([^"]*)"')


@pytest.fixture
def snapshot(demo_folder: Path) -> Snapshot:
    return open_snapshot(demo_folder)


def caption(snapshot: Snapshot, like: str, number: int = 100) -> str:
    """What stands over the list, as far as it tells of the item or the sentence."""
    text = snapshot.pool_words.pool.texts_of([like]).get(like, like)
    return f"The {number} unlabeled items most like “{text[:60]}"


def likest_ids(snapshot: Snapshot, example: str, number: int = 100) -> list[str]:
    model = load_run(snapshot, snapshot.logs.runs[-1])
    rows, _ = similar(snapshot, likeness_source(snapshot, model), [example], number)
    return [snapshot.pool_words.pool.ids[int(row)].as_py() for row in rows]


def test_an_address_shows_the_unlabeled_items_most_like_a_sentence(snapshot: Snapshot, monkeypatch):
    page = open_page(snapshot.workspace.path, monkeypatch, like="floods and storms")
    ids = column(page, "item_id")
    assert ids == likest_ids(snapshot, "floods and storms")
    assert len(ids) == 100
    assert not snapshot.labels.ids() & set(ids)
    assert any(caption(snapshot, "floods and storms") in each.value for each in page.caption)
    shares = [int(each.strip(">%")) for each in column(page, "likeness")]
    assert shares == sorted(shares, reverse=True)
    assert 100 >= shares[0] > shares[-1] > 0
    assert page.text_input(key=filter_key(page, "like")).value == "floods and storms"
    assert address_of(page) == {
        "annotator": ["ann"], "order": ["up"], "page": ["1"], "like": ["floods and storms"],
    }  # fmt: skip


def test_an_item_is_meant_by_its_id_and_is_not_shown_itself(snapshot: Snapshot, monkeypatch):
    item = snapshot.labels.splits["training"][0]
    free = snapshot.pool_words.pool.ids[int(snapshot.candidates.argmax())].as_py()
    page = open_page(snapshot.workspace.path, monkeypatch, like=item.item_id)
    assert column(page, "item_id") == likest_ids(snapshot, item.item_id)
    page = open_page(snapshot.workspace.path, monkeypatch, like=free)
    assert column(page, "item_id") == [x for x in likest_ids(snapshot, free, 101) if x != free]


def test_the_other_filters_and_a_draw_are_of_the_same_items(snapshot: Snapshot, monkeypatch):
    folder, near = snapshot.workspace.path, likest_ids(snapshot, "floods and storms")
    page = open_page(folder, monkeypatch, like="floods and storms", seed="3", size="10")
    drawn = ITEM.findall(" ".join(each.proto.body for each in page.get("html")))
    assert len(drawn) == 10
    assert set(drawn) < set(near)
    page = open_page(folder, monkeypatch, like="floods and storms", words="flood")
    asked = likest_ids(snapshot, "floods and storms", 10_000)
    texts = snapshot.pool_words.pool.texts_of(asked)
    holding = [x for x in asked if "flood" in re.findall(r"\w+", texts[x].lower())]
    assert column(page, "item_id") == holding[:100]
    page = open_page(folder, monkeypatch, like="floods and storms", split="training")
    assert [each.value for each in page.info] == ["Nothing matches. Remove a filter."]


def test_a_typed_sentence_lists_the_likest_first_and_none_is_a_draw_again(
    snapshot: Snapshot, monkeypatch
):
    page = open_page(snapshot.workspace.path, monkeypatch, seed="3")
    page.text_input(key=filter_key(page, "like")).set_value("houses under water").run()
    assert column(page, "item_id") == likest_ids(snapshot, "houses under water")
    page.text_input(key=filter_key(page, "like")).set_value("  ").run()
    assert address_of(page) == {"annotator": ["ann"], "seed": ["3"], "size": ["10"]}
    page.text_input(key=filter_key(page, "like")).set_value("fire").run()
    page.selectbox[0].select_index(1).run()  # by another column: the same items
    by_column = column(page, "item_id")
    assert sorted(by_column) == sorted(likest_ids(snapshot, "fire"))
    assert by_column == sorted(by_column)
    page.button(key="sunlight_go_back").click().run()
    assert column(page, "item_id") == likest_ids(snapshot, "fire")


@pytest.mark.parametrize("like", ["🜚🜛", "ꙮ", "𓂀𓃠"])
def test_words_that_nobody_knows_are_answered_in_words(snapshot: Snapshot, monkeypatch, like: str):
    page = open_page(snapshot.workspace.path, monkeypatch, like=like)
    assert "in common with what you are looking for" in page.error[0].value
    assert not page.dataframe


def test_held_out_items_find_nothing_and_offer_no_button(snapshot: Snapshot, monkeypatch):
    item = snapshot.labels.splits["evaluation"][0]
    page = open_page(snapshot.workspace.path, monkeypatch, like=item.item_id)
    assert "is in the test or validation set" in page.error[0].value
    assert not page.dataframe
    page = open_page(snapshot.workspace.path, monkeypatch, split="evaluation", size="1", seed="1")
    assert [each.key for each in page.button if (each.key or "").startswith("like_")] == []
    page = open_page(snapshot.workspace.path, monkeypatch, split="training", size="1", seed="1")
    assert [each.label for each in page.button if (each.key or "").startswith("like_")] == [
        "More like this"
    ]


def test_before_the_first_run_the_pool_says_what_is_alike(make_workspace, monkeypatch):
    workspace = make_workspace([row[:2] for row in headlines(80)])
    page = open_page(workspace.path, monkeypatch, like="flood hits")
    texts = read_snapshot(workspace).pool_words.pool.texts_of(column(page, "item_id"))
    assert all("hits" in texts[item] for item in column(page, "item_id")[:10])


def test_of_several_labels_a_text_has_none_that_is_found(make_workspace, monkeypatch):
    rows = [row[:2] for row in headlines(90)]
    texts = dict(rows)
    hits = [item for item, text in rows if "hits" in text]
    workspace = make_workspace(rows, {("training", "1"): [(hits[0], texts[hits[0]], "a")]}, SEVERAL)
    page = open_page(workspace.path, monkeypatch, like=hits[0])
    found = column(page, "item_id")
    assert found[0] in hits[1:]
    assert hits[0] not in found


def test_a_very_long_sentence_is_asked_for_too(snapshot: Snapshot, monkeypatch):
    page = open_page(snapshot.workspace.path, monkeypatch, like="flood <b>*x*</b> " * 400)
    assert len(column(page, "item_id")) == 100


def test_an_empty_workspace_says_so(make_workspace, monkeypatch):
    page = open_page(make_workspace().path, monkeypatch, like="flood hits")
    assert not page.error


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    """The demo, with a batch of training items to label."""
    propose(read_snapshot(demo_in_app), "ann", BatchRequest(size=6))
    return demo_in_app


@pytest.mark.browser
def test_a_key_of_the_card_opens_what_is_like_the_item_labeled_last(
    context: BrowserContext, workspace: Workspace, site: Site
):
    page = context.new_page()
    page.goto(site.at("annotate", "annotator=ann"))
    link = page.get_by_test_id("key-more-like")
    shown(page)
    expect(link).to_be_hidden()
    page.keyboard.press("=")
    expect(page.get_by_test_id("message")).to_contain_text("Label a training item first")
    first, second = press(page, "0", 2)
    snapshot = read_snapshot(workspace)
    expect(link).to_be_visible()
    all_saved(page)
    for open_it in (lambda: page.keyboard.press("="), link.click):
        with context.expect_page() as opened:
            open_it()
        explore = opened.value
        expect(explore.get_by_text(caption(snapshot, second))).to_be_visible()
        assert parse_qs(urlsplit(explore.url).query)["like"] == [second]
        explore.close()
    page.keyboard.press("2")  # undone: the first is the last one again
    with context.expect_page() as opened:
        page.keyboard.press("=")
    opened.value.wait_for_url(f"**like={first}*")
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).to_contain_text("in a new tab")


@pytest.mark.browser
def test_the_card_of_held_out_data_has_no_such_key(
    context: BrowserContext, place: Path, show: Show
):
    write_csv(place / "unlabeled_data" / "pool.csv", [row[:2] for row in headlines(60)])
    (place / "task.toml").write_text(SMALL_TASK)
    page = context.new_page()
    page.goto(show(open_workspace(place)).at("annotate", "annotator=ann"))
    shown(page)
    press(page, "0")
    page.keyboard.press("=")
    expect(page.get_by_test_id("message")).to_contain_text("Label a training item first")
    expect(page.get_by_test_id("key-more-like")).to_be_hidden()
    assert len(context.pages) == 2 - (context.pages[0] is page)
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).not_to_contain_text("in a new tab")


@pytest.mark.browser
def test_an_item_on_explore_leads_to_what_is_like_it_and_back(
    context: BrowserContext, workspace: Workspace, site: Site
):
    page = context.new_page()
    page.goto(site.at("sunlight", "annotator=ann&seed=3&size=1&split=unlabeled"))
    item = page.locator("[data-item-id]").first.get_attribute("data-item-id")
    page.get_by_role("button", name="More like this").click()
    page.wait_for_url(f"**like={item}*")
    expect(page.get_by_test_id("active-filters")).to_contain_text(f"like {item}")
    expect(page.get_by_text(caption(read_snapshot(workspace), item))).to_be_visible()
    table = pd.read_csv(BytesIO(taken(page, "CSV")))
    others = [x for x in likest_ids(read_snapshot(workspace), item, 101) if x != item]
    assert table["item_id"].tolist() == others[:100]
    assert table["likeness"].is_monotonic_decreasing
    page.get_by_role("button", name="Back").click()
    page.wait_for_url("**seed=3*")
    expect(page.get_by_test_id("active-filters")).not_to_contain_text("like")


@pytest.mark.browser
@pytest.mark.parametrize(
    "typed", [":smile: flood :heart:", "12:30:45 :+1: :material/home: :red[x] end: ::", "a :b:c: d"]
)
def test_what_streamlit_reads_as_a_picture_is_shown_as_typed(
    context: BrowserContext, workspace: Workspace, site: Site, typed: str
):
    keep_search(workspace, Search(typed, "flood"))
    page = context.new_page()
    page.goto(site.at("sunlight", urlencode({"annotator": "ann", "like": typed})))
    expect(page.get_by_text(f"most like “{typed}”")).to_be_visible()
    page.get_by_text("Kept searches (1)").click()
    expect(page.get_by_role("button", name=typed, exact=True)).to_be_visible()


@pytest.mark.browser
def test_an_item_on_review_leads_to_explore(
    context: BrowserContext, workspace: Workspace, site: Site
):
    page = context.new_page()
    page.goto(site.at("review", "annotator=ann"))
    page.get_by_role("tab", name="Labeled earlier").click()
    page.get_by_role("button", name="More like this").first.click()
    page.wait_for_url(lambda url: "like=" in url and "workspace=" in url)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["workspace"] == [workspace.path.name]
    (item,) = asked["like"]
    expect(page.get_by_test_id("active-filters")).to_contain_text(f"like {item}")
    expect(page.get_by_text(caption(read_snapshot(workspace), item))).to_be_visible()
