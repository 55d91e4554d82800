"""What a person can do with the annotation card: real server, real Chromium, real files."""

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from core.analysis.simulation import label_batch
from core.sampling.next_batch import propose
from core.workspace.assignment import flags, take_what_is_left
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.searches import Search, keep_search
from core.workspace.snapshot import read_snapshot
from tests.browser import ITEM, all_saved, events, gone_on, label_rows, press, rows, shown
from tests.conftest import SMALL_TASK, NewContext, Show, headlines, write_csv
from tests.server import Site

pytestmark = pytest.mark.browser

ARABIC = "فيضانات واسعة تضرب الساحل الشمالي"
LONG = "Minister opens the long road to the northern valley " * 30

TARGET = 44
"""CSS pixels: the least height and width of what a finger should meet (WCAG 2.5.5)."""

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3, level AA."""

CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color, under) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const each of [under, color].filter(Boolean)) {
      canvas.fillStyle = each;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const css = ([red, green, blue, alpha]) => `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
  const ground = (node) => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) {
      layers.unshift(getComputedStyle(each).backgroundColor);
    }
    return layers.reduce((under, color) => css(rgba(color, under)), "white");
  };
  const luminance = (color) => {
    const [red, green, blue] = rgba(color).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const texts = [...document.querySelectorAll(".sl-card *")].filter((node) =>
    node.checkVisibility({ visibilityProperty: true }) && !node.closest(".sl-live") &&
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return texts.map((node) => {
    const under = ground(node);
    const one = luminance(css(rgba(getComputedStyle(node).color, under)));
    const other = luminance(under);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return [ratio, node.className, node.textContent.slice(0, 40)];
  });
}"""


@pytest.fixture
def workspace(place: Path) -> Workspace:
    """A small pool whose evaluation data is still to be labeled."""
    return make(place, [item[:2] for item in headlines(200)])


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    return annotate(context, site)


def make(folder: Path, pool: list[tuple[str, str]], task: str = SMALL_TASK) -> Workspace:
    write_csv(folder / "unlabeled_data" / "pool.csv", [("item_id", "text"), *pool])
    (folder / "task.toml").write_text(task)
    return open_workspace(folder)


def annotate(context: BrowserContext, site: Site, annotator: str = "ann") -> Page:
    page = context.new_page()
    page.goto(site.at("annotate", f"annotator={annotator}"))
    shown(page)
    return page


def progress(page: Page) -> Locator:
    return page.get_by_test_id("progress")


def actions(workspace: Workspace) -> list[tuple[str, str]]:
    """(action, item) of every event, in the order of the log."""
    return [(event["action"], event["item_id"]) for event in events(workspace)]


def test_skipped_items_come_back_last_and_are_set_aside_after_that(
    page: Page, workspace: Workspace
):
    skipped = press(page, "k", 2)
    labeled = press(page, "0", 8)
    assert not set(skipped) & set(labeled)
    assert shown(page) == skipped[0]
    press(page, "k", 2)
    expect(page.get_by_test_id("batch-end")).to_contain_text("8 labeled, 2 skipped")
    page.keyboard.press("k")  # the skipped ones again
    assert shown(page) == skipped[0]
    page.keyboard.press("1")
    page.keyboard.press("k")
    expect(page.get_by_test_id("batch-end")).to_contain_text("9 labeled, 1 skipped")
    page.keyboard.press("Enter")
    # What was set aside holds nobody up: the next batch is there.
    expect(progress(page)).to_have_text("1 of 10")
    assert shown(page) not in [*skipped, *labeled]
    assert label_rows(workspace, "evaluation") == {
        skipped[0]: "1",
        **dict.fromkeys(labeled, "0"),
    }
    assert actions(workspace).count(("skip", skipped[1])) == 3
    assert read_snapshot(workspace).open_batches["batch-0001"][0].item_id == skipped[1]


def test_back_after_a_skip_shows_the_skipped_item(page: Page):
    first = press(page, "k")[0]
    page.keyboard.press("2")
    assert shown(page) == first


def test_a_flag_takes_a_note_and_stands_on_review(page: Page, workspace: Workspace, site: Site):
    item = shown(page)
    page.keyboard.press("f")
    note = page.get_by_test_id("flag-note")
    expect(note).to_be_focused()
    page.keyboard.type("01 is that one?")  # label keys are letters here
    page.keyboard.press("Enter")
    expect(note).to_be_hidden()
    expect(page.get_by_test_id("flagged")).to_contain_text("01 is that one?")
    assert shown(page) == item
    press(page, "1")
    all_saved(page)
    assert actions(workspace) == [("flag", item), ("label", item)]
    assert flags(read_snapshot(workspace).logs.events)[0].note == "01 is that one?"
    page.goto(site.at("review", "annotator=ann"))
    page.get_by_role("tab", name="Flagged").click()
    expect(page.get_by_text("flagged by ann: 01 is that one?")).to_be_visible()
    page.get_by_role("button", name="Open in Annotate").click()
    assert shown(page)
    expect(page.get_by_test_id("recent-1")).to_have_attribute("data-argument", item)


def test_a_note_can_be_left_and_a_flag_taken_back(page: Page, workspace: Workspace):
    page.keyboard.press("f")
    page.keyboard.type("never sent")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("flag-note")).to_be_hidden()
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("flagged")).to_contain_text("look again")
    page.keyboard.press("f")
    expect(page.get_by_test_id("flag-note")).to_have_value("look again")
    page.get_by_test_id("flag-note").fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("flagged")).to_be_hidden()
    all_saved(page)
    assert [event["note"] for event in events(workspace)] == ["look again", ""]
    assert not flags(read_snapshot(workspace).logs.events)


def test_help_shows_every_key(page: Page):
    page.keyboard.press("?")
    panel = page.get_by_test_id("help")
    expect(panel).to_be_visible()
    for word in ("Disaster-related", "Enter", "2", "k", "f", "d", "?", "s"):
        expect(panel).to_contain_text(word)
    page.keyboard.press("d")
    expect(panel).to_be_hidden()
    expect(page.get_by_test_id("definitions")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("definitions")).to_be_hidden()


def test_undo_goes_on_into_earlier_batches(page: Page, workspace: Workspace):
    first = press(page, "0", 10)
    page.keyboard.press("Enter")
    gone_on(page, "batch-0002")
    second = press(page, "1", 1)
    page.keyboard.press("2")  # back to the first item of this batch
    assert shown(page) == second[0]
    page.keyboard.press("2")  # and on, into the batch before
    end = page.get_by_test_id("batch-end")
    expect(end).to_contain_text("Batch 1, labeled on")
    page.keyboard.press("2")
    assert shown(page) == first[-1]
    page.keyboard.press("1")
    expect(end).to_be_visible()
    page.keyboard.press("s")
    # The batch of now is back, and the correction stands at the end of a label file.
    expect(progress(page)).to_have_text("1 of 10")
    assert shown(page) == second[0]
    related = rows(workspace.path / "evaluation_data" / "related.csv")
    assert [row[0] for row in related] == [first[-1]]
    labels = {
        item.item_id: item.label for item in read_snapshot(workspace).labels.splits["evaluation"]
    }
    assert labels == {**dict.fromkeys(first, "0"), first[-1]: "1"}
    assert actions(workspace)[-3:] == [
        ("undo", first[-1]), ("label", first[-1]), ("save", "")
    ]  # fmt: skip


def test_undo_waits_for_a_busy_page(page: Page):
    press(page, "0", 10)
    page.keyboard.press("Enter")
    gone_on(page, "batch-0002")
    app = page.get_by_test_id("stApp")
    app.evaluate("app => (app.dataset.testScriptState = 'running')")
    page.keyboard.press("2")
    message = page.get_by_test_id("message")
    expect(message).to_contain_text("The page is busy. Try again in a moment.")
    # The page is done as soon as the card says that it is waiting for it.
    message.evaluate("""message => new MutationObserver(() => {
      document.querySelector("[data-testid=stApp]").dataset.testScriptState = "notRunning";
    }).observe(message, { childList: true, characterData: true, subtree: true })""")
    page.keyboard.press("2")
    expect(page.get_by_test_id("batch-end")).to_contain_text("Batch 1, labeled on")


def test_an_earlier_day_is_corrected_from_review(
    context: BrowserContext, demo_in_app: Workspace, show: Show
):
    workspace, site = demo_in_app, show(demo_in_app)
    snapshot = read_snapshot(workspace)
    item = next(x for x in snapshot.labels.splits["evaluation"] if x.batch_id == "batch-0002")
    page = context.new_page()
    page.goto(site.at("review", "annotator=ann"))
    page.get_by_role("tab", name="Labeled earlier").click()
    page.get_by_role("combobox", name="Batch").last.click()
    page.get_by_role("option", name=re.compile("^Batch 2")).click()
    page.locator(".st-key-reopen button").click()
    page.locator(f'[data-testid="end-item"][data-item-id="{item.item_id}"]').click()
    assert shown(page) == item.item_id
    press(page, "1" if item.label == "0" else "0")
    all_saved(page)
    page.keyboard.press("Enter")
    # Its batch is complete again: the batch of now follows.
    expect(page.locator(".sl-split")).not_to_contain_text("labeled on")
    shown(page)
    labels = {x.item_id: x for x in read_snapshot(workspace).labels.splits["evaluation"]}
    assert labels[item.item_id].label != item.label
    assert labels[item.item_id].annotator == "ann"
    assert label_rows(workspace, "evaluation").keys() == labels.keys()


def test_nine_labels_have_the_keys_one_to_nine(context: BrowserContext, place: Path, show: Show):
    labels = "".join(
        f'[[labels]]\nvalue = "v{n}"\nname = "Kind {n}"\nfile = "kind{n}.csv"\n'
        f"positive = {str(n == 1).lower()}\n"
        for n in range(1, 10)
    )
    task = SMALL_TASK + labels + '[keys]\nskip = "x"\n'
    workspace = make(place, [item[:2] for item in headlines(40)], task)
    page = annotate(context, show(workspace))
    items = [press(page, str(number))[0] for number in range(1, 10)]
    expect(page.get_by_test_id("key-label-v9")).to_contain_text("9")
    expect(page.get_by_test_id("key-skip")).to_contain_text("x")
    items += press(page, "k")  # nobody's key now
    assert shown(page) == items[-1]
    items += press(page, "x")
    all_saved(page)
    assert [event["label"] for event in events(workspace)] == [*(f"v{n}" for n in range(1, 10)), ""]
    assert actions(workspace)[-1] == ("skip", items[-1])


@pytest.fixture(scope="module")
def active_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose next batch is one that a model chose."""
    items = headlines(300)
    workspace = make(tmp_path_factory.mktemp("active") / "w", [item[:2] for item in items])
    oracle = {item_id: label for item_id, _, label in items}
    while (snapshot := read_snapshot(workspace)).stage != "active learning":
        label_batch(Inbox(workspace), propose(snapshot, "oracle"), oracle)
    propose(snapshot, "ann")
    return workspace.path


@pytest.fixture
def active_batch(active_folder: Path, place: Path) -> Workspace:
    """A copy of it for the app."""
    return open_workspace(Path(shutil.copytree(active_folder, place)))


def test_the_models_opinion_is_off_until_asked_for_and_stands_with_the_event(
    context: BrowserContext, active_batch: Workspace, show: Show
):
    workspace = active_batch
    snapshot = read_snapshot(workspace)
    (batch,) = snapshot.open_batches.values()
    proposals = {proposal.item_id: proposal for proposal in batch}
    texts = snapshot.pool_words.pool.texts_of(proposals)
    page = annotate(context, show(workspace))
    opinion = page.get_by_test_id("opinion")
    expect(opinion).to_be_hidden()
    unaided = press(page, "0")
    page.keyboard.press("m")
    for _ in range(3):
        proposal = proposals[shown(page)]
        name = snapshot.workspace.task.label(proposal.predicted).name
        expect(opinion).to_contain_text(name)
        expect(opinion).to_contain_text(f"{proposal.confidence:.0%}")
        assert page.locator(ITEM).evaluate("node => node.textContent") == texts[shown(page)]
        assert page.locator(f"{ITEM} [title*='log-odds']").count() > 0
        press(page, "0")
    page.keyboard.press("m")
    expect(opinion).to_be_hidden()
    press(page, "0", 2)
    all_saved(page)
    assisted = [event["assisted"] for event in events(workspace) if event["annotator"] == "ann"]
    # The fifth item was on the screen when the opinion was still on.
    assert assisted == ["0", "1", "1", "1", "1", "0"]
    assert unaided


def test_what_kept_searches_find_is_underlined_in_training_data_alone(
    context: BrowserContext, active_batch: Workspace, show: Show
):
    workspace = active_batch
    keep_search(workspace, Search("all", "/\\w+/", "", "#56b4e9"))
    keep_search(workspace, Search("not shown", "/./"))
    page = annotate(context, show(workspace))
    found, text = page.locator(f"{ITEM} .sl-found"), page.locator(ITEM)
    for _ in range(3):
        shown(page)
        words = re.findall(r"\w+", text.evaluate("node => node.textContent"))
        assert found.all_text_contents() == words
        press(page, "0")
    line = found.first.evaluate("node => getComputedStyle(node).textDecorationColor")
    assert line == "rgb(86, 180, 233)"
    page.keyboard.press("m")  # the model's word takes their place
    expect(page.get_by_test_id("opinion")).to_be_visible()
    expect(found).to_have_count(0)


def test_held_out_data_shows_no_trace_of_a_model(
    context: BrowserContext, active_batch: Workspace, show: Show
):
    workspace = active_batch
    keep_search(workspace, Search("all", "/./", "", "#56b4e9"))
    asked = SMALL_TASK.replace("evaluation = 20", "evaluation = 40")
    (workspace.path / "task.toml").write_text(asked)
    received: list[str | bytes] = []

    def keep(frame: str | bytes) -> None:
        received.append(frame)

    page = context.new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", keep))
    page.goto(show(workspace).at("annotate", "annotator=bob"))
    shown(page)
    expect(page.get_by_text("test set").first).to_be_visible()
    expect(page.locator(".sl-found")).to_have_count(0)
    for _ in range(3):
        page.keyboard.press("m")
        expect(page.get_by_test_id("opinion")).to_be_hidden()
        expect(page.get_by_test_id("key-model")).to_have_count(0)
        press(page, "0")
    all_saved(page)
    told = page.content() + "".join(
        frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame
        for frame in received
    )
    assert '"item_id"' in told  # the batch did come this way
    for word in ("run-0001", "Model 1", "AUC", '"predicted"', '"confidence"', '"pieces"'):
        assert word not in told
    assert {event["assisted"] for event in events(workspace)} == {"0"}


def test_keys_act_on_the_annotate_page_only(page: Page, workspace: Workspace):
    press(page, "0")
    all_saved(page)
    page.get_by_role("link", name="Explore").click()
    page.wait_for_url("**/sunlight*")
    page.wait_for_selector("[data-testid=item]")
    for key in ("1", "0", "2", "k", "s", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("link", name="Annotate").click()
    shown(page)
    expect(progress(page)).to_have_text("2 of 10")
    assert len(events(workspace)) == 1


def test_items_that_were_handed_over_are_not_asked_again(
    context: BrowserContext, place: Path, show: Show
):
    workspace = make(place, [item[:2] for item in headlines(10)])
    page = annotate(context, show(workspace))
    mine = press(page, "0", 2)
    all_saved(page)
    theirs = take_what_is_left(read_snapshot(workspace), "bob")
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector("[data-testid=item]")
    page.get_by_role("link", name="Annotate").click()
    expect(progress(page)).to_have_text("3 of 6")
    mine += press(page, "0", 4)
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    all_saved(page)
    handed = {proposal.item_id for proposal in read_snapshot(workspace).logs.batch(theirs)}
    assert len(handed) == 4
    assert not handed & set(mine)


def test_the_card_stays_in_place_whatever_the_text(
    new_context: NewContext, place: Path, show: Show
):
    texts = ["Short", LONG, ARABIC, "A headline of a usual length about the council"]
    pool = [(f"t{at}", f"{text} {at}") for at, text in enumerate(texts * 5)]
    site = show(make(place, pool))
    places, directions = set(), {}
    for width in (1280, 390):
        page = annotate(new_context(viewport={"width": width, "height": 844}), site, f"p{width}")
        for _ in range(5):
            boxes = [
                page.get_by_test_id(name).bounding_box()
                for name in ("key-label-1", "key-label-0", "key-back", "recents")
            ]
            places.add(json.dumps([width, boxes]))
            direction = page.locator(ITEM).evaluate("node => getComputedStyle(node).direction")
            directions[page.inner_text(ITEM)[:5]] = direction
            press(page, "0")
    assert len(places) == 2, places  # one for each width
    assert directions.pop(ARABIC[:5]) == "rtl"
    assert set(directions.values()) == {"ltr"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_the_card_has_contrast_and_every_button_its_size(
    new_context: NewContext, active_batch: Workspace, show: Show, scheme: str
):
    size = {"width": 390, "height": 844}
    context = new_context(viewport=size, color_scheme=scheme, has_touch=True)
    page = annotate(context, show(active_batch))
    press(page, "0", 3)
    for keys in (["m"], ["f", "x", "Enter"], ["f"], ["Escape", "?"], ["d"]):
        for key in keys:
            page.keyboard.press(key)
        measured = page.evaluate(CONTRASTS)
        assert len(measured) > 15
        assert [each for each in measured if each[0] < TEXT_CONTRAST] == []
    for button in page.locator(".sl-card button:visible").all():
        box = button.bounding_box()
        assert (box["height"] >= TARGET, box["width"] >= TARGET) == (True, True), box


def test_a_swipe_labels(new_context: NewContext, site: Site, workspace: Workspace):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = annotate(context, site)
    items = []
    for way in (-1, 1):
        items.append(shown(page))
        swipe(page, way * 120, 0)
    swipe(page, 20, 0)  # too short
    swipe(page, 20, 120)  # downwards
    all_saved(page)
    assert [(event["item_id"], event["label"]) for event in events(workspace)] == [
        (items[0], "0"),
        (items[1], "1"),
    ]


def swipe(page: Page, right: float, down: float) -> None:
    """One finger over the headline, so many pixels in ten steps."""
    box = page.locator(ITEM).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    session = page.context.new_cdp_session(page)
    for step in range(11):
        point = {"x": x + right * step / 10, "y": y + down * step / 10}
        kind = "touchStart" if step == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_screen_readers_hear_the_label_and_the_next_headline(page: Page):
    press(page, "1")
    live = page.locator(".sl-live")
    expect(live).to_have_attribute("aria-live", "polite")
    expect(live).to_contain_text("Disaster-related")
    expect(live).to_contain_text(page.inner_text(ITEM))


def test_balance_and_pace_are_counted_quietly(page: Page):
    figures = page.get_by_test_id("figures")
    press(page, "1", 2)
    press(page, "0", 4)
    for label, count in (("1", "2"), ("0", "4")):
        expect(page.get_by_test_id(f"key-label-{label}").locator(".sl-count")).to_have_text(count)
    expect(figures).to_contain_text(re.compile(r"\d labels a minute"))
    expect(figures).to_contain_text("under 1 min left")
    expect(figures).to_contain_text("6 today")


def test_the_name_is_asked_once_in_a_browser(context: BrowserContext, site: Site):
    page = context.new_page()
    page.goto(site.at("annotate"))
    page.get_by_role("textbox", name="Your name").fill("Zoë & co")
    page.keyboard.press("Enter")
    shown(page)
    press(page, "0")
    all_saved(page)
    page.wait_for_function("document.cookie.includes('sunlight-annotator')")
    page.close()
    later = context.new_page()
    later.goto(site.at("annotate"))
    shown(later)
    expect(progress(later)).to_have_text("2 of 10")
    expect(later.get_by_role("textbox", name="Your name")).to_have_value("Zoë & co")
