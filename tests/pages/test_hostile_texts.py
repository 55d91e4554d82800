"""Texts, names and files of a stranger: shown as typed on every page, and run on none."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.evaluation.runs import keep, train
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records, new_event
from core.workspace.snapshot import read_snapshot
from tests.browser import ITEM, SAVE_STATE, settled
from tests.conftest import NewContext, headlines, write_csv
from tests.server import Server, Site
from tests.worlds import new_proposal

RUN = "window.stranger=1"
TEXTS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"</style></p><svg onload={RUN}><b>bold</b>",
    f"[click](javascript:{RUN}) and ![](http://evil.example/a.png)",
    "**bold** _it_ ~~no~~ `code` # head",
    "- list",
    "| a | b |",
    r"$x^2$ and $$\sum$$ and \(y\)",
    ":red[alarm] :smile: :material/home: :streamlit:",
    "${1+1} {{7*7}} datum.x <%= 1 %>",
    "https://evil.example/path www.evil.example",
    "bell\x07 escape\x1b[31m back\x08 nul\x00 end",
    "\u202egnp.exe\u202c left \u2066isolate",
    "\u202eopen override",
    "zero\u200bwidth\u200d\ufeff joined",
    "Z" + "\u0310\u0353\u0321" * 60 + " storm",
    "\u0639\u0646\u0648\u0627\u0646 \u05db\u05d5\u05ea\u05e8\u05ea 123",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea family",
    "<- -> -- >= <= 1. 2)",
    "&amp; &lt;b&gt; &#x202e;",
    "x" * 5_000,
)
"""Each is an item of its own."""

HUGE = "word " * 200_000
IDS_AND_TEXTS = """items => items.map(
  item => [item.dataset.itemId, item.querySelector(".sl-text").textContent])"""
NAME = f"<b>Eve</b> **x** $y$ [l](javascript:{RUN}) :red[r]"
LABEL = "<i>yes</i> *a* :red[b]"
COLUMN = f"<img src=x onerror={RUN}> **c**"
TASK = f"""
title = '''<b>Task</b> **t** <script>{RUN}</script>'''
seed = 7
[instructions]
short = '''<img src=x onerror={RUN}> **short** [l](javascript:{RUN})'''
detailed = '''<script>{RUN}</script> # head $x$ <b>deep</b>'''
[[labels]]
value = "1"
name = "{LABEL}"
file = "related.csv"
positive = true
[[labels]]
value = "0"
name = "no $z$ `q`"
file = "not_related.csv"
[targets]
evaluation = 20
validation = 0
training = 20
[batch]
size = 30
"""

MADE_OF_TEXTS = (
    'a[href^="javascript:"]', 'a[href*="evil.example"]', 'img[src="x"]', 'img[src*="evil"]',
    "svg[onload]", ".katex",
)  # fmt: skip

AROUND = "it => it.parentElement.parentElement.parentElement.outerHTML.slice(0, 600)"

PAGES = ("", "annotate", "sunlight", "review", "strategies", "metrics", "quality", "data")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Hostile texts in the pool, the labels, the names, the notes, the columns and the files."""
    folder = tmp_path_factory.mktemp("hostile") / "<b>work **s** $p$"
    pool = [(f"h{at:02}", text, NAME) for at, text in enumerate(TEXTS)]
    pool += [("huge", HUGE, "")] + [(*item[:2], LABEL) for item in headlines(120)]
    write_csv(
        folder / "unlabeled_data" / "<b>a **p** $x$.csv", [("item_id", "text", COLUMN), *pool]
    )
    known = headlines(80, seed=9)
    for split, items in (("evaluation", known[:30]), ("training", known[30:])):
        for label, name in (("1", "related.csv"), ("0", "not_related.csv")):
            rows = [(f"{split}{at}", text, true) for at, text, true in items if true == label]
            rows += [(f"{split}-{label}-{at}", f"{text} {split}", label)
                     for at, text in enumerate(TEXTS) if at % 2 == int(label)]  # fmt: skip
            write_csv(folder / f"{split}_data" / name, rows)
    (folder / "task.toml").write_text(TASK, encoding="utf-8")
    workspace = open_workspace(folder)
    keep(read_snapshot(workspace), train(read_snapshot(workspace)))
    ids = [f"h{at:02}" for at in range(len(TEXTS))]
    append_records(
        workspace.batches,
        [
            new_proposal("batch-0001", "Bob", "training", item, "random", rank=rank)
            for rank, item in enumerate([*ids, "huge"], 1)
        ]
        + [new_proposal("batch-0002", NAME, "training", item, NAME) for item in ("i0000", "i0001")],
    )
    append_records(
        workspace.annotations,
        [
            new_event("batch-0001", NAME, "flag", item, note=text)
            for item, text in zip(ids, TEXTS, strict=True)
        ]
        + [new_event("batch-0002", NAME, "label", "i0000", label="1")],
    )
    with (folder / "annotations.csv").open("ab") as log:
        log.write(f'torn,"<script>{RUN}</script>'.encode())
    with (folder / "training_data" / "related.csv").open("ab") as file:
        file.write(f"<img src=x onerror={RUN}>\n".encode())
    return workspace


@pytest.fixture(scope="module")
def site(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of its own: the workspace's name is one that no address may hold."""
    server = Server(workspace.path, tmp_path_factory.mktemp("log") / "log")
    yield Site(server.url)
    server.stop()
    assert "Traceback" not in server.log()


@pytest.fixture
def page(new_context: NewContext, site: Site) -> Iterator[Page]:
    """A page of 390 pixels that fails if anything ran, was fetched, or was made of a text."""
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    asked, dialogs, faults = [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert not dialogs
    assert not faults
    abroad = [url for url in asked if not url.startswith((site.url, "data:", "blob:"))]
    assert not abroad


def opened(page: Page, site: Site, name: str) -> None:
    page.goto(site.at(name, "annotator=Ann" if name != "annotate" else ""))
    over(page)


def over(page: Page) -> None:
    """Waits until the script has run to its end, once it has had time to begin."""
    page.wait_for_selector('[data-testid="stApp"]')
    page.wait_for_timeout(300)
    settled(page)
    expect(page.locator('[data-testid="stSpinner"]')).to_have_count(0)


def require_harmless(page: Page, where: str) -> None:
    assert page.evaluate("window.stranger") is None, where
    assert page.locator('[data-testid="stException"]').count() == 0, where
    for selector in MADE_OF_TEXTS:
        found = [each.evaluate(AROUND) for each in page.locator(selector).all()]
        assert not found, f"{where}: {selector}"
    assert len(page.content()) < 2_000_000, where


@pytest.mark.parametrize("name", PAGES)
def test_no_page_and_no_tab_runs_or_renders_a_strangers_text(page: Page, site: Site, name: str):
    opened(page, site, name)
    require_harmless(page, name)
    for at in range(page.get_by_role("tab").count()):
        tab = page.get_by_role("tab").nth(at)
        told = f"{name}, {tab.inner_text()}"
        tab.click()
        over(page)
        if page.get_by_role("button", name="Run check").count():
            page.get_by_role("button", name="Run check").first.click()
            over(page)
        require_harmless(page, told)
        for choice in page.locator('[data-testid="stButtonGroup"] button').all():
            choice.click()
            over(page)
            require_harmless(page, told)


def test_sunlight_shows_every_text_as_it_was_typed_and_the_whole_on_demand(page: Page, site: Site):
    opened(page, site, "sunlight")
    found: dict[str, str] = {}
    seed = 0
    while len(found.keys() & {"huge", *(f"h{at:02}" for at in range(len(TEXTS)))}) <= len(TEXTS):
        seed += 1
        page.goto(site.at("sunlight", f"annotator=Ann&size=50&seed={seed}"))
        shown = page.locator('[data-testid="item"] .sl-text')
        expect(shown).to_have_count(50)
        found |= dict(page.locator('[data-testid="item"]').evaluate_all(IDS_AND_TEXTS))
        bidi = shown.evaluate_all("texts => texts.map(text => getComputedStyle(text).unicodeBidi)")
        assert set(bidi) <= {"isolate", "plaintext"}
    for at, text in enumerate(TEXTS):
        # HTML knows no NUL.
        assert found[f"h{at:02}"] == text.replace("\0", "") or len(text) >= 5_000
    assert len(found["huge"]) == 2_000
    page.goto(site.at("sunlight", 'annotator=Ann&size=1&words="word word word"'))
    expect(page.locator('[data-testid="whole"]')).to_be_visible()
    assert page.locator('[data-testid="whole"]').text_content() == HUGE
    require_harmless(page, "the details of the huge one")


def test_the_card_shows_each_text_as_typed_with_its_buttons_on_a_small_screen(
    page: Page, site: Site
):
    page.goto(site.at("annotate", "annotator=Bob"))
    page.wait_for_selector(f'{ITEM}[data-item-id]:not([data-item-id=""])')
    texts = {f"h{at:02}": text for at, text in enumerate(TEXTS)} | {"huge": HUGE}
    seen = set()
    for _ in texts:
        item = page.get_attribute(ITEM, "data-item-id")
        seen.add(item)
        assert page.text_content(ITEM) == texts[item]
        for key in ("key-label-1", "key-label-0"):
            box = page.locator(f'[data-testid="{key}"]').bounding_box()
            assert box["x"] >= 0
            assert box["y"] + box["height"] <= 844, item
        page.keyboard.press("1")
        assert page.evaluate("window.stranger") is None, item
    assert seen == set(texts)
    expect(page.locator(SAVE_STATE)).to_have_attribute("data-waiting", "0")
