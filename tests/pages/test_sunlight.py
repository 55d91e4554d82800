"""Explore in a browser and as a page: its draws, its address, its trail, its filters."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html import escape as html_escape
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from scipy.stats import chi2
from streamlit.testing.v1 import AppTest

from core.evaluation.runs import keep, load_run, train
from core.exchange.table_writers import write_items
from core.models.explain import explain
from core.models.predict import score_texts
from core.query.filters import Filters
from core.query.tables import Tables
from core.sampling.next_batch import propose
from core.workspace.layout import SAMPLE, Workspace
from core.workspace.logs import append_records
from core.workspace.relabel import flag_of
from core.workspace.snapshot import open_snapshot
from core.workspace.task import SUNLIGHT
from pages.ui.components.item_details import signed
from pages.ui.sunlight.steps import LONGEST, Step, Trail, new_seed
from tests.browser import eventually, heard, label_rows, settled
from tests.conftest import MakeWorkspace, NewContext, headlines
from tests.exchange.test_table_writers import opinions
from tests.pages.test_pages import filter_key
from tests.server import ROOT, Site

TIMEOUT = 300


@pytest.fixture
def workspace(demo_in_app: Workspace) -> Workspace:
    return demo_in_app


def open_page(workspace: Path, monkeypatch, **address: str | list[str]) -> AppTest:
    monkeypatch.setenv("SUNLIGHT_DATA", str(workspace))
    page = AppTest.from_file(str(ROOT / "pages" / "sunlight.py"), default_timeout=TIMEOUT)
    for name, value in {"annotator": "ann", **address}.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def address_of(page: AppTest) -> dict[str, list[str]]:
    given = page.query_params.items()
    return {name: [value] if isinstance(value, str) else value for name, value in given}


def plain_text(told: str) -> str:
    """What a browser would show of this HTML."""
    return unescape(re.sub(r"<[^>]*>", "", told))


def test_a_trail_goes_back_and_ahead_and_a_new_step_ends_what_lay_ahead():
    steps = [Step(at) for at in range(4)]
    trail = Trail("w", (steps[0],))
    for step in steps[1:]:
        trail = trail.seen(step)
    assert trail.gone(-2).current == steps[1]
    assert trail.gone(-2).gone(1).current == steps[2]
    assert trail.gone(1) == trail
    assert trail.seen(steps[3]) == trail
    branched = trail.gone(-2).seen(Step(9))
    assert branched.steps == (steps[0], steps[1], Step(9))
    assert not branched.can_go(1)


def test_a_long_trail_loses_its_oldest_steps():
    trail = Trail("w", (Step(0),))
    for at in range(1, LONGEST + 5):
        trail = trail.seen(Step(at))
    assert (len(trail.steps), trail.current, trail.steps[0].seed) == (LONGEST, Step(204), 5)


def test_the_address_sets_every_choice(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, seed="5", size="50", split=["training"], words="to",
                     length="long", confidence="0.5-0.9", predicted="0")  # fmt: skip
    assert page.multiselect(key=filter_key(page, "splits")).value == ["training"]
    assert page.text_input(key=filter_key(page, "words")).value == "to"
    assert page.slider(key=filter_key(page, "confidence")).value == (0.5, 0.9)
    assert page.segmented_control(key="sunlight_size").value == 50
    assert address_of(page) == {
        "annotator": ["ann"], "seed": ["5"], "size": ["50"], "split": ["training"],
        "words": ["to"], "length": ["long"], "confidence": ["0.5-0.9"], "predicted": ["0"],
    }  # fmt: skip


def test_what_the_address_cannot_mean_is_said_and_left_out(demo_folder: Path, monkeypatch):
    page = open_page(
        demo_folder, monkeypatch, seed="x", size="7", split="nowhere", confidence="much",
        where="n_words > 8",
    )  # fmt: skip
    told = " ".join(html.proto.body for html in page.get("html"))
    for part in ("seed=x", "size=7", "split=nowhere", "confidence=much", "where=n_words &gt; 8"):
        assert part in told
    assert set(page.query_params) == {"annotator", "seed", "size"}


def test_going_back_shows_what_was_seen(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, seed="5")
    page.multiselect(key=filter_key(page, "splits")).select("training").run()
    page.button(key="random").click().run()
    later = address_of(page)
    for _ in range(2):
        page.button(key="sunlight_go_back").click().run()
    assert page.multiselect(key=filter_key(page, "splits")).value == []
    assert address_of(page)["seed"] == ["5"]
    assert page.button(key="sunlight_go_back").disabled
    for _ in range(2):
        page.button(key="sunlight_go_next").click().run()
    assert address_of(page) == later


def test_clear_takes_every_filter_away(demo_folder: Path, monkeypatch):
    page = open_page(
        demo_folder, monkeypatch, seed="5", split="training", length="short", words="to"
    )
    page.button(key="sunlight_clear").click().run()
    assert set(page.query_params) == {"annotator", "seed", "size"}
    assert address_of(page)["seed"] == ["5"]
    with pytest.raises(KeyError):
        page.button(key="sunlight_clear")


UNLIKELY = 1e-6
"""Below this a draw is not uniform: of a million runs of these tests one fails by chance."""


def p_of_uniform(hits: np.ndarray, of: int = 0) -> float:
    """How likely so uneven hits are if each is as likely as any other.

    With `of`, they come from draws without replacement of so many at once, which are more even.
    """
    expected = hits.sum() / len(hits)
    chi_square = ((hits - expected) ** 2 / expected).sum() / (1 - of / len(hits))
    return float(chi2.sf(chi_square, len(hits) - 1))


def hits_of(draw: Callable[[int], np.ndarray], size: int) -> np.ndarray:
    """How often each place is met in 4,000 draws, each with a seed as the page makes them."""
    hits = np.zeros(size)
    for _ in range(4_000):
        hits[draw(new_seed())] += 1
    return hits


def test_random_is_uniform_on_the_sample(tmp_path: Path):
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "sample"))
    places = Tables(open_snapshot(folder)).rows(Filters())
    hits = hits_of(lambda seed: places.draw(50, seed), len(places))
    p = p_of_uniform(hits, of=50)
    assert UNLIKELY < p < 1 - UNLIKELY


def test_a_draw_that_is_not_uniform_would_be_found():
    size = 6_610
    weights = np.where(np.arange(size) < size // 2, 1.3, 1.0)
    weights /= weights.sum()

    def biased(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).choice(size, 50, p=weights)

    def forgetful(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).choice(size - 100, 50, replace=False)

    assert p_of_uniform(hits_of(biased, size)) < UNLIKELY
    assert p_of_uniform(hits_of(forgetful, size), of=50) < UNLIKELY


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def opened(page: Page, site: Site, address: str = "") -> Page:
    page.goto(site.at("sunlight", f"annotator=ann&{address}"))
    expect(page.get_by_test_id("item").first).to_be_visible()
    settled(page)
    return page


def texts(page: Page) -> list[str]:
    return page.locator('[data-testid="item"] .sl-text').all_inner_texts()


def changed(page: Page, before: str) -> str:
    """The address after this one, once the page shows what it names."""
    page.wait_for_function("before => location.href !== before", arg=before)
    settled(page)
    return page.url


def test_an_address_shows_the_same_items_to_somebody_else(
    new_context: NewContext, page: Page, site: Site
):
    opened(page, site)
    page.get_by_role("combobox", name="Set").click()
    page.get_by_role("option", name="training data").click()
    expect(page.get_by_test_id("active-filters")).to_have_text("Filters: training data")
    page.keyboard.press("Escape")
    before = page.url
    page.locator(".st-key-random button").click()
    address = changed(page, before)
    expect(page.get_by_test_id("item")).to_have_count(10)
    shown = texts(page)
    other = new_context().new_page()
    other.goto(address)
    expect(other.get_by_test_id("item")).to_have_count(10)
    assert texts(other) == shown
    expect(other.get_by_test_id("active-filters")).to_have_text("Filters: training data")


def test_an_address_with_every_kind_of_filter_shows_the_same_items_anywhere(
    new_context: NewContext, page: Page, site: Site, workspace: Workspace
):
    address = "seed=11&size=50&words=to&length=short&length=long&confidence=0.5-0.95"
    opened(page, site, f"{address}&split=training&split=unlabeled")
    shown, told = texts(page), page.get_by_test_id("active-filters").inner_text()
    sets = "training data or unlabeled"
    for part in ("contains to", "short or long texts", "confidence 50% to 95%", sets):
        assert part in told
    other = new_context().new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("item")).to_have_count(len(shown))
    settled(other)
    assert texts(other) == shown
    assert other.get_by_test_id("active-filters").inner_text() == told
    snapshot = open_snapshot(workspace.path)
    evaluation = {" ".join(item.text.split()) for item in snapshot.labels.splits["evaluation"]}
    assert shown
    for text in shown:
        assert len(text.split()) > 4
        assert " to " in f" {text.lower()} "
        assert text not in evaluation


def test_nonsense_in_an_address_is_named_and_the_rest_is_shown(page: Page, site: Site):
    opened(page, site, "seed=ten&size=9&split=training&split=nowhere&is.moon=full&since=soon")
    left_out = page.get_by_text("Ignored in the address")
    for part in ("seed=ten", "size=9", "split=nowhere", "is.moon=full", "since=soon"):
        expect(left_out).to_contain_text(part)
    expect(page.get_by_test_id("active-filters")).to_have_text("Filters: training data")
    for gone in ("nowhere", "moon", "soon", "ten&"):
        assert gone not in page.url


def taken(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def test_what_the_filters_leave_is_taken_away_as_a_file(
    page: Page, site: Site, workspace: Workspace
):
    opened(page, site, "words=police&confidence=0.5-0.9")
    of_csv = pd.read_csv(BytesIO(taken(page, "CSV")), dtype=str, keep_default_na=False)
    of_parquet = pq.read_table(BytesIO(taken(page, "Parquet"))).to_pandas()
    tables = Tables(open_snapshot(workspace.path))
    every = tables.items(tables.rows(Filters(words="police")).first(100_000))
    every = every.set_index("item_id")
    assert 0 < len(of_csv) < len(every)
    assert of_csv["item_id"].tolist() == of_parquet["item_id"].tolist()
    expected = every.loc[of_csv["item_id"]]
    for name in ("text", "split", "label", "strategy", "batch_id", "annotator", "labeled_at"):
        assert of_csv[name].tolist() == expected[name].tolist()
        assert of_parquet[name].astype(object).fillna("").tolist() == expected[name].tolist()
    assert of_parquet["confidence"].between(0.5, 0.9001).all()
    assert set(of_csv["predicted"]) <= {"1", "0"}


def test_space_draws_anew_and_arrows_go_back_and_ahead_but_not_while_typing(page: Page, site: Site):
    opened(page, site, "seed=5&size=1")
    heard(page, "space")
    first, at_first = texts(page), page.url
    page.keyboard.press("Space")
    at_second = changed(page, at_first)
    expect(page.get_by_role("button", name="Back")).to_be_enabled()
    heard(page, "left")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(at_first)
    settled(page)
    expect(page.get_by_test_id("item").first).to_contain_text(first[0])
    heard(page, "right")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(at_second)
    settled(page)
    field = page.get_by_role("textbox", name="Words")
    field.click()
    page.keyboard.type("to  be ")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    assert (page.url, field.input_value()) == (at_second, "to  be ")


BINS, PRESSES = 20, 16


def test_the_random_button_is_uniform_over_the_pool(page: Page, site: Site, workspace: Workspace):
    opened(page, site, "size=50")
    found: list[str] = []
    for press in range(PRESSES):
        before = page.url
        if press % 2:
            heard(page, "space")
            page.keyboard.press("Space")
        else:
            page.locator(".st-key-random button").click()
        changed(page, before)
        found += page.locator('[data-testid="item"]').evaluate_all(
            "items => items.map(item => item.dataset.itemId)"
        )
    tables = Tables(open_snapshot(workspace.path))
    ids = tables.items(tables.rows(Filters()).first(100_000))["item_id"].tolist()
    place_of = {item: place for place, item in enumerate(ids)}
    hits = np.bincount([place_of[item] * BINS // len(ids) for item in found], minlength=BINS)
    assert len(found) == PRESSES * 50
    assert len(set(found)) > 0.9 * len(found)
    assert p_of_uniform(hits) > UNLIKELY


def test_a_big_item_says_all_that_is_known_of_it(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, seed="3", size="1", strategy="low confidence")
    told = " ".join(html.proto.body for html in page.get("html"))
    for part in ("prediction most towards ", 'data-testid="neighbours"', "proposed for"):
        assert part in told
    snapshot = open_snapshot(demo_folder)
    model, text = load_run(snapshot, snapshot.logs.runs[-1]), shaded(told)
    (predicted,) = model.columns.answers(score_texts(model, [text]))
    (explanation,) = explain(model, [text], [predicted])
    word, push = max(explanation.pieces, key=lambda piece: abs(piece[1]))
    assert f"log-odds: “{html_escape(word)}” {signed(push)}" in told
    assert f'title="{signed(push)} log-odds">{html_escape(word)}</span>' in told


def shaded(html: str) -> str:
    """The text of which the words are shaded, as it was typed."""
    shown = re.search(r'data-testid="whole">(.*?)</p>', html, re.DOTALL)[1]
    return unescape(re.sub("<[^>]+>", "", shown))


def test_a_label_given_here_is_in_the_logs(demo: Path, monkeypatch):
    page = open_page(demo, monkeypatch, seed="3", size="1", split="unlabeled")
    (key,) = [b.key for b in page.button if b.key and b.key.startswith("byhand_1_")]
    page.button(key=key).click().run()
    assert not page.exception
    snapshot = open_snapshot(demo)
    event = snapshot.logs.events[-2]
    assert (event.action, event.label, event.annotator) == ("label", "1", "ann")
    assert event.item_id == key.removeprefix("byhand_1_")
    assert snapshot.logs.proposals[-1].strategy == SUNLIGHT


def test_a_flag_given_here_is_in_the_logs(demo: Path, monkeypatch):
    page = open_page(demo, monkeypatch, seed="3", size="1", split="training")
    (key,) = [b.key for b in page.button if b.key and b.key.startswith("byhand-flag_")]
    item = key.removeprefix("byhand-flag_")
    page.text_input(key=f"byhand-note_{item}").input("odd")
    page.button(key=key).click().run()
    assert flag_of(open_snapshot(demo), item).note == "odd"
    page.button(key=f"byhand-unflag_{item}").click().run()
    assert flag_of(open_snapshot(demo), item) is None


def test_who_is_not_known_is_asked_at_each_item_that_is_opened(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, seed="3", annotator="")
    told = " ".join(html.proto.body for html in page.get("html"))
    items = re.findall('data-item-id="(.*?)"', told)[:2]
    for item in items:
        page.session_state[f"more_{item}"] = True
    page.run()
    assert not page.exception
    asked = [field.key for field in page.text_input if field.label.startswith("Your name")]
    assert asked == [f"sunlight_name_{item}" for item in items]
    page.text_input(key=asked[1]).input("ann").run()
    assert page.session_state["annotator"] == "ann"


def test_an_evaluation_item_has_no_label_buttons_here(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, seed="3", size="1", split="evaluation")
    keys = [b.key for b in page.button if b.key]
    assert not [key for key in keys if key.startswith(("byhand_1_", "byhand_0_"))]
    assert any("is in the test set" in caption.value for caption in page.caption)


@pytest.fixture
def waiting(make_workspace: MakeWorkspace) -> tuple[Path, str]:
    """A trained workspace whose nine pool items all wait for evaluation; and one of them.

    A model had proposed that one before, and had said what it thinks of it.
    """
    rows = headlines(80)
    labels = {
        (split, label): [row for row in part if row[2] == label]
        for split, part in (("evaluation", rows[40:50]), ("training", rows[50:]))
        for label in ("1", "0")
    }
    workspace = make_workspace([row[:2] for row in rows[:9]], labels)
    snapshot = open_snapshot(workspace.path)
    keep(snapshot, train(snapshot))
    batch = propose(open_snapshot(workspace.path), "ann")
    assert batch.split == "evaluation"
    item = batch.proposals[0]
    earlier = replace(
        item, batch_id="batch-0000", created_at="2026-01-01T00:00:00.000Z", split="training",
        strategy="low confidence", predicted="1", confidence=0.51, run_id="run-0001",
    )  # fmt: skip
    append_records(workspace.batches, [earlier])
    head, *rows, last = workspace.batches.path.read_text().splitlines(keepends=True)
    workspace.batches.path.write_text("".join([head, last, *rows]))
    return workspace.path, item.item_id


def test_what_waits_for_an_evaluation_label_is_shown_without_the_models_opinion(
    waiting: tuple[Path, str], monkeypatch
):
    folder, item = waiting
    text = {item_id: text for item_id, text, _ in headlines(80)}[item]
    page = open_page(folder, monkeypatch, seed="3", size="1", words=f'"{text}"')
    told = " ".join(html.proto.body for html in page.get("html"))
    assert "is waiting for its label in the test" in told
    assert "proposed for the training data in Batch 0" in told
    for opinion in ("Model", "Push", "neighbours", "confidence", "51%", "by low"):
        assert opinion not in told


@pytest.mark.parametrize(
    "address",
    [
        {"confidence": "0-0.99"},
        {"confidence": "0.5-1"},
        {"predicted": ["1", "0"]},
        {"agreement": "agrees"},
        {"agreement": "differs"},
    ],
)
def test_no_filter_tells_what_the_model_thinks_of_what_waits_for_evaluation(
    waiting: tuple[Path, str], address: dict, monkeypatch
):
    folder, _ = waiting
    page = open_page(folder, monkeypatch, split="unlabeled", **address)
    assert any("Nothing matches" in info.value for info in page.info)


def test_a_file_does_not_tell_what_the_model_thinks_of_what_waits_for_evaluation(
    waiting: tuple[Path, str],
):
    snapshot = open_snapshot(waiting[0])
    file = BytesIO()
    tables = Tables(snapshot)
    rows = tables.rows(Filters())
    rows = rows.first(len(rows))
    write_items(tables.sheet(opinions(snapshot, tables)), rows, file, ".parquet")
    items = pq.read_table(BytesIO(file.getvalue())).to_pandas()
    is_waiting = items["split"] == "unlabeled"
    assert is_waiting.sum() == 9
    assert items.loc[is_waiting, ["confidence", "predicted"]].isna().all(axis=None)
    assert items.loc[~is_waiting, ["confidence", "predicted"]].notna().all(axis=None)


PLANTED = (
    '<img src=x onerror="window.ran=1"> **bold** $x^2$ :sun: [a](b)\n# two  lines\t<b>&amp;</b>'
)


def test_an_item_of_html_and_markdown_is_shown_as_typed(make_workspace: MakeWorkspace, monkeypatch):
    rows = [("a", PLANTED, "1"), ("b", f"{PLANTED} again", "0"), ("c", "plain words", "0")]
    labels = {("training", label): [row for row in rows if row[2] == label] for label in ("1", "0")}
    workspace = make_workspace([row[:2] for row in rows] + [("d", "more")], labels)
    page = open_page(workspace.path, monkeypatch, seed="3", size="1", label="1")
    told = " ".join(html.proto.body for html in page.get("html"))
    assert html_escape(PLANTED) in told
    assert "<img" not in told
    snapshot = open_snapshot(workspace.path)
    keep(snapshot, train(snapshot))
    page = open_page(workspace.path, monkeypatch, seed="3", size="1", label="1")
    told = " ".join(html.proto.body for html in page.get("html"))
    assert "<img" not in told
    shown = plain_text(told)
    assert PLANTED in shown
    assert " ".join(f"{PLANTED} again".split()) in shown  # as a neighbour: on one line


def test_a_long_neighbour_is_cut_to_one_line(make_workspace: MakeWorkspace, monkeypatch):
    long = "flood " * 400
    rows = [("a", "flood hits coast", "1"), ("b", long, "1"), ("c", "council plan", "0")]
    labels = {("training", label): [row for row in rows if row[2] == label] for label in ("1", "0")}
    workspace = make_workspace([row[:2] for row in rows], labels)
    snapshot = open_snapshot(workspace.path)
    keep(snapshot, train(snapshot))
    page = open_page(workspace.path, monkeypatch, seed="3", size="1", words="coast")
    told = " ".join(html.proto.body for html in page.get("html"))
    (line,) = re.findall(r">(flood flood[flod ]*…)<", told)
    assert len(line) == 161


def in_state(name: str, make_workspace: MakeWorkspace) -> Path:
    """A workspace without data, with a pool alone, with labels of one class, or in files alone."""
    rows = headlines(60)
    positive, negative = ([row for row in rows if row[2] == label] for label in ("1", "0"))
    pool = [row[:2] for row in rows]
    labeled = [(*row, "random", "0.9") for row in negative[:5]]
    labels = {
        "no data": {},
        "pool only": {},
        "one class": {("training", "0"): negative[:20]},
        "label files only": {("training", "0"): labeled, ("evaluation", "1"): positive[:5]},
    }[name]
    pool = {"no data": [], "label files only": pool[40:]}.get(name, pool)
    return make_workspace(pool, labels).path


@pytest.mark.parametrize("size", ["1", "50"])
@pytest.mark.parametrize("name", ["no data", "pool only", "one class", "label files only"])
def test_the_page_is_whole_in_every_state(
    name: str, size: str, make_workspace: MakeWorkspace, monkeypatch
):
    page = open_page(in_state(name, make_workspace), monkeypatch, seed="4", size=size)
    assert not page.error
    if name == "no data":
        assert page.info
        return
    page.button(key="random").click().run()
    assert not page.exception
    told = " ".join(html.proto.body for html in page.get("html"))
    assert told.count('data-testid="item"') == min(
        int(size), {"label files only": 30}.get(name, 60)
    )
    assert "Model:" not in told


def test_an_item_that_stands_in_a_label_file_alone_says_so(
    make_workspace: MakeWorkspace, monkeypatch
):
    folder = in_state("label files only", make_workspace)
    page = open_page(folder, monkeypatch, seed="4", size="1", strategy="random")
    told = re.sub("</?bdi>", "", " ".join(html.proto.body for html in page.get("html")))
    assert "training data · labeled Not disaster-related · chosen by random" in told
    assert re.search(r"labeled Not disaster-related in \S+ line \d", told)


def test_nothing_of_an_item_is_worked_out_before_it_is_opened(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch, seed="3", size="50")
    assert 'data-testid="details"' not in " ".join(html.proto.body for html in page.get("html"))


def test_an_item_is_opened_and_labeled_and_the_list_stays(
    page: Page, site: Site, workspace: Workspace
):
    opened(page, site, "seed=3&split=training&label=0")
    expect(page.get_by_test_id("item")).to_have_count(10)
    shown, item = texts(page), page.get_by_test_id("item").nth(1)
    item_id = item.get_attribute("data-item-id")
    page.get_by_role("group").filter(has_text=item_id).locator("summary").click()
    expect(page.get_by_test_id("details")).to_have_count(1)
    page.get_by_role("button", name="Disaster-related", exact=True).click()
    expect(page.get_by_text("Labeled Disaster-related · Undo")).to_be_visible()
    settled(page)
    assert texts(page) == shown  # its label no longer matches, and nothing else is drawn
    eventually(lambda: label_rows(workspace, "training").get(item_id) is not None)
    assert open_snapshot(workspace.path).labels.by_id[item_id].label == "1"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    settled(page)
    assert texts(page) == shown
    assert open_snapshot(workspace.path).labels.by_id[item_id].label == "0"
    before = page.url
    page.locator(".st-key-random button").click()
    changed(page, before)
    expect(page.get_by_test_id("item")).to_have_count(10)
    assert texts(page) != shown


def typed(name: str, value: str) -> Callable[[Page], None]:
    def give(page: Page) -> None:
        field = page.get_by_role("textbox", name=name, exact=True)
        field.fill(value)
        field.press("Enter")

    return give


AT_REST = "() => document.getAnimations().every(({ playState }) => playState !== 'running')"


def taken_from_a_list(name: str) -> Callable[[Page], None]:
    def give(page: Page) -> None:
        field = page.get_by_role("combobox", name=name, exact=True)
        field.scroll_into_view_if_needed()
        page.wait_for_function(AT_REST)  # a page that moves closes the list again
        field.press("ArrowDown")
        expect(page.get_by_role("option").first).to_be_visible()
        for press in ("ArrowDown", "Enter", "Escape"):
            page.keyboard.press(press)

    return give


def a_day(name: str) -> Callable[[Page], None]:
    def give(page: Page) -> None:
        field = page.get_by_test_id("stDateInput").filter(has_text=name)
        field.get_by_role("spinbutton").first.click()
        page.keyboard.type("20260102")
        page.get_by_role("textbox", name="published").focus()

    return give


def a_confidence(page: Page) -> None:
    page.get_by_test_id("stSlider").locator("input[type=range]").last.press("PageDown")


def an_agreement(page: Page) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text("differ").click()


MORE: dict[str, Callable[[Page], None]] = {
    "length": taken_from_a_list("Length"),
    "predicted": taken_from_a_list("Prediction"),
    "confidence": a_confidence,
    "agreement": an_agreement,
    "batch": taken_from_a_list("Batch"),
    "by": taken_from_a_list("Annotator"),
    "since": a_day("Labeled from"),
    "until": a_day("Labeled until"),
    "has.published": typed("published", "2003"),
    "is.edition": taken_from_a_list("edition"),
}
"""How a person sets each filter behind *More filters*, by its name in the address."""


def test_every_filter_behind_more_filters_is_tried(demo_folder: Path, monkeypatch):
    page = open_page(demo_folder, monkeypatch)
    more = next(block for block in page.get("expander") if block.label == "More filters")
    kinds = "multiselect", "slider", "segmented_control", "date_input", "text_input"
    # What is like something is listed, not drawn: test_more_like.py has it.
    assert sum(len(more.get(kind)) for kind in kinds) == len(MORE) + 1


FOLDED = """([fold, isOpen]) =>
  fold.open === isOpen && fold.getAnimations({ subtree: true }).length === 0"""


@pytest.mark.parametrize("name", MORE)
def test_what_clear_and_back_say_is_drawn_and_exported(
    name: str, page: Page, site: Site, workspace: Workspace
):
    opened(page, site, "seed=5")
    unfiltered, line = page.url, page.get_by_test_id("active-filters")
    more = page.get_by_role("group").filter(has_text="More filters")

    def fold(*, is_open: bool) -> None:
        """Until it has come to rest, which moves the buttons below it."""
        more.locator("summary").click()
        page.wait_for_function(FOLDED, arg=[more.element_handle(), is_open])

    for leave in ("clear", "go_back"):
        fold(is_open=True)
        MORE[name](page)
        expect(line).to_be_visible()
        page.wait_for_function("name => new URL(location).searchParams.has(name)", arg=name)
        settled(page)
        fold(is_open=False)
        page.locator(f".st-key-sunlight_{leave} button").click()
        expect(line).to_have_count(0)
        before = page.url
        page.locator(".st-key-random button").click()
        assert set(parse_qs(urlsplit(changed(page, before)).query)) == set(
            parse_qs(urlsplit(unfiltered).query)
        )
        expect(line).to_have_count(0)
        expect(page.get_by_text("drawn at random from 6,610 items")).to_be_visible()
    exported = pd.read_csv(BytesIO(taken(page, "CSV")), dtype=str)
    assert len(exported) == len(Tables(open_snapshot(workspace.path)).rows(Filters())) == 6_610
