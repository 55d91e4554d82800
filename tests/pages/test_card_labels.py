"""Many labels and several of them on the annotation card: real server, real Chromium."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from core.analysis.simulation import label_batch
from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.snapshot import read_snapshot
from tests.bank import bank_questions, bank_task, value
from tests.browser import ITEM, all_saved, burst, events, press, shown
from tests.browser import rows as rows_of
from tests.conftest import SMALL_TASK, NewContext, Show, headlines, write_csv
from tests.pages.test_accessibility import AXE, broken
from tests.pages.test_card import CONTRASTS, TARGET, TEXT_CONTRAST, annotate, make
from tests.pages.test_card_end import HOSTILE
from tests.pages.test_keyboards import key_down

pytestmark = pytest.mark.browser

NAMES = ["Bug", "Question", "Praise", "Café", "needs/water", "needs/food", "damage/roads",
         "damage/bridges", "Spam", "Other", "Bill", "Water bill"]  # fmt: skip


def task(names: list[str], *, several: bool = False, keys: bool = True) -> str:
    """A task of these labels, each described; the last two may have no keys."""
    said = [f"several = {str(several).lower()}\n{SMALL_TASK}"]
    for at, name in enumerate(names):
        said.append(f'[[labels]]\nvalue = "{value(name)}"\nname = "{name}"\nfile = "l{at}.csv"')
        said.append(f'description = "Speaks of {name}."\nexamples = ["A <b>text</b> on {name}"]')
        said.append('key = ""' if not keys and at >= len(names) - 2 else "")
        said.append("positive = true" if len(names) == 2 and at == 0 else "")
    return "\n".join(said)


@pytest.fixture
def bank(place: Path) -> Workspace:
    """77 labels, of which ten have keys; batches of sixty."""
    asked = bank_task().replace("size = 20", "size = 60")
    return make(place, [row[:2] for row in bank_questions(300)], asked)


@pytest.fixture
def labels_of(place: Path, show: Show, context: BrowserContext):
    """The card of a task with these labels."""

    def open_card(names: list[str], **more: bool) -> tuple[Page, Workspace]:
        workspace = make(place, [item[:2] for item in headlines(60)], task(names, **more))
        return annotate(context, show(workspace)), workspace

    return open_card


def given(page: Page, workspace: Workspace) -> list[tuple[str, str]]:
    """(item, label) of every label event, once all are on disk."""
    all_saved(page)
    return [(e["item_id"], e["label"]) for e in events(workspace) if e["action"] == "label"]


def field(page: Page) -> Locator:
    return page.get_by_test_id("find-label")


def matches(page: Page) -> list[str]:
    return page.locator('[data-testid="find-match"] .sl-match-name').all_inner_texts()


def test_two_labels_have_no_field_and_no_groups(labels_of):
    page, _ = labels_of(["Yes/Yes", "Yes/No"], keys=True)
    expect(page.locator(".sl-labels > button.sl-label")).to_have_count(2)
    expect(page.get_by_test_id("key-find")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator(".sl-find")).to_be_hidden()
    for selector in (".sl-group", ".sl-give"):
        expect(page.locator(selector)).to_have_count(0)


def test_labels_without_a_key_are_found_by_typing(
    context: BrowserContext, bank: Workspace, show: Show
):
    page = annotate(context, show(bank))
    expect(page.locator(".sl-labels .sl-label")).to_have_count(10)
    expect(page.get_by_test_id("key-find")).to_contain_text("67 more")
    items = [shown(page)]
    page.keyboard.press("e")
    expect(field(page)).to_be_focused()
    # Names first, then words in names, in the card's order.
    assert matches(page)[:4] == [
        "Exchange rate", "Exchange in app", "Exchange charge", "Extra charge"
    ]  # fmt: skip
    page.keyboard.press("4")
    items.append(shown(page))
    page.keyboard.type("/pass")
    assert matches(page) == ["Passcode forgotten"]
    page.keyboard.press("Enter")
    items.append(shown(page))
    page.keyboard.type("loan")
    page.keyboard.press("Backspace")  # of the field, not of the card
    page.keyboard.press("Enter")
    items.append(shown(page))
    page.keyboard.type("to")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    items.append(shown(page))
    page.keyboard.type("/card lost")  # it has a key, and is found nevertheless
    page.keyboard.press("Enter")
    items.append(shown(page))
    page.get_by_test_id("key-find").click()
    page.get_by_role("option", name="Interest rate").click()
    items.append(shown(page))
    page.keyboard.press("1")
    labels = ["extra_charge", "passcode_forgotten", "loan_request", "top_up_by_transfer",
              "card_lost", "interest_rate", "card_arrival"]  # fmt: skip
    assert given(page, bank) == list(zip(items, labels, strict=True))


def test_while_the_field_is_open_no_other_key_acts(
    context: BrowserContext, bank: Workspace, show: Show
):
    page = annotate(context, show(bank))
    item = shown(page)
    page.keyboard.type("/skfdm?s zzz")
    page.keyboard.press("Enter")  # nothing is found
    expect(field(page)).to_have_value("skfdm?s zzz")
    expect(page.get_by_text("No label matches.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(field(page)).to_be_hidden()
    assert shown(page) == item
    page.keyboard.press("k")
    assert shown(page) != item
    page.keyboard.press("t")
    page.locator(ITEM).click()  # elsewhere: it closes, and keys are the card's again
    expect(field(page)).to_be_hidden()
    press(page, "1")
    all_saved(page)
    assert [event["action"] for event in events(bank)] == ["skip", "label"]


def test_no_key_is_lost_in_the_field_at_twenty_a_second(
    context: BrowserContext, bank: Workspace, show: Show
):
    page = annotate(context, show(bank))
    shown(page)
    keys = ["t", "1", "t", "4", "a", "2", "x", "Backspace", "p", "1", "e", "3"]
    burst(page, keys * 8)
    # The backspace took the x away, and p began another name in the same field.
    labels = ["top_up_by_card", "top_up_fee", "account_opening", "pin_change", "exchange_charge"]
    found = given(page, bank)
    assert [label for _, label in found] == labels * 8
    assert len({item for item, _ in found}) == 40


def test_the_event_carries_the_item_on_which_the_name_was_begun(
    context: BrowserContext, bank: Workspace, show: Show
):
    page = annotate(context, show(bank))
    other = annotate(context, show(bank))
    item = shown(page)
    page.bring_to_front()
    page.keyboard.type("re")
    other.keyboard.press("1")
    all_saved(other)
    page.wait_for_function(
        "item => document.querySelector('[data-testid=item-text]').dataset.itemId !== item",
        arg=item,
    )
    following = shown(page)
    page.keyboard.press("Enter")
    assert shown(page) == following
    assert given(page, bank) == [(item, "card_arrival"), (item, "refund_request")]


def test_french_digits_choose_and_letters_in_their_place_are_typed(labels_of):
    page, workspace = labels_of(NAMES, keys=False)
    first = shown(page)
    page.keyboard.press("/")
    key_down(page, "&", "Digit1")
    item = shown(page)
    assert item != first
    key_down(page, ".", "Slash")  # Russian
    page.keyboard.type("caf")
    assert not key_down(page, "é", "Digit2")  # left to the field
    page.keyboard.press("Enter")
    assert given(page, workspace) == [(first, "Bug"), (item, "Café")]


def test_the_field_finds_words_parts_and_descriptions(labels_of):
    page, _ = labels_of(NAMES, keys=False)
    page.keyboard.press("/")
    assert matches(page) == [name.replace("/", " / ") for name in NAMES]
    for typed, names in (
        ("wa", ["Water bill", "needs / water"]),
        ("ill", ["Bill", "Water bill"]),
        ("CAFE", ["Café"]),
        ("bill wa", ["Water bill"]),
        ("speaks of praise", ["Praise"]),
    ):
        field(page).fill(typed)
        assert matches(page)[: len(names)] == names, typed
    expect(page.get_by_test_id("find-match").first).to_contain_text("A <b>text</b> on")


def test_frequent_labels_come_first_and_stay_in_place_within_a_batch(
    context: BrowserContext, place: Path, show: Show
):
    asked = bank_task().replace("size = 20", "size = 8")
    page = annotate(context, show(make(place, [r[:2] for r in bank_questions(300)], asked)))
    first = page.locator(".sl-labels .sl-label .sl-name")
    usual = first.all_inner_texts()
    for _ in range(4):
        page.keyboard.type("/loan")
        page.keyboard.press("Enter")
    press(page, "3", 2)
    page.reload()
    shown(page)
    assert first.all_inner_texts() == usual
    press(page, "4", 2)
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    all_saved(page)
    page.keyboard.press("Enter")
    expect(first.first).to_have_text("Loan request")
    assert first.all_inner_texts()[:4] == [
        "Loan request", "Card linking", "Card not working", "Card arrival"
    ]  # fmt: skip
    assert page.locator(".sl-labels kbd").all_inner_texts() == [*"1234567890", "/"]


def test_keys_toggle_several_labels_and_enter_gives_them(labels_of):
    page, workspace = labels_of(NAMES, several=True, keys=False)
    enter = page.get_by_test_id("key-default")
    expect(enter).to_contain_text("None of them")
    items = [shown(page)]
    page.keyboard.press("3")
    page.keyboard.press("1")
    page.get_by_test_id("key-label-Question").click()
    expect(page.get_by_test_id("key-label-Bug")).to_have_attribute("aria-pressed", "true")
    expect(enter).to_contain_text("Bug, Question, Praise")
    page.get_by_test_id("key-label-Question").click()
    page.keyboard.press("w")
    page.keyboard.press("1")  # the field closes after a choice
    expect(field(page)).to_be_hidden()
    expect(enter).to_contain_text("Bug, Praise, Water bill")
    page.keyboard.press("/")
    expect(page.get_by_role("option", selected=True)).to_have_count(3)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("recent-1")).to_contain_text("Bug, Praise, Water bill")
    items += press(page, "Enter")
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("was")).to_have_text("was: None of them")
    press(page, "Enter")
    items.append(shown(page))
    page.keyboard.press("2")
    enter.click()
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("key-label-Question")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    assert given(page, workspace) == [
        (items[0], "Bug|Praise|Water_bill"), (items[1], "-"), (items[1], "-"),
        (items[2], "Question"), (items[2], "Bug|Question"),
    ]  # fmt: skip


def test_the_end_counts_and_lists_several_labels(labels_of):
    page, workspace = labels_of(NAMES, several=True, keys=False)
    for keys in ("12", "1", "", "3", "12", "2", "", "1", "1", "1"):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    rows = page.get_by_test_id("end-item")
    expect(rows).to_have_count(10)
    filters = page.get_by_test_id("end-filters").get_by_role("button").all_inner_texts()
    assert [text.split()[:2] for text in filters] == [
        ["Bug", "6"], ["Question", "3"], ["Praise", "1"], ["None", "of"]
    ]  # fmt: skip
    page.keyboard.press("2")
    expect(rows).to_have_count(3)
    page.get_by_test_id("key-filter--").click()
    expect(rows).to_have_count(2)
    page.keyboard.press("4")
    expect(rows).to_have_count(0)
    expect(page.get_by_test_id("message")).to_have_text("Café: 0 listed.")
    page.keyboard.type("bug")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(6)
    expect(page.get_by_test_id("progress")).to_have_text("10 of 10")
    all_saved(page)
    page.keyboard.press("s")
    expect(page.get_by_test_id("progress")).to_have_text("1 of 10")
    found = {
        name: len(rows_of(workspace.path / "evaluation_data" / name))
        for name in ("l0.csv", "l1.csv", "l2.csv", "none.csv")
    }
    assert found == {"l0.csv": 6, "l1.csv": 3, "l2.csv": 1, "none.csv": 2}


def test_groups_stand_under_their_names(labels_of):
    page, _ = labels_of(NAMES)
    group = page.get_by_role("group", name="needs", exact=True)
    assert group.locator(".sl-label .sl-name").all_inner_texts() == ["water", "food"]
    expect(page.locator(".sl-group-name").nth(1)).to_have_text("needs0")
    press(page, "5")
    press(page, "6")
    expect(page.get_by_test_id("recent-2")).to_contain_text("needs/water")
    expect(group.locator(".sl-group-count")).to_have_text("2")


def test_twenty_labels_in_groups_stand_in_the_window_side_by_side(labels_of):
    sizes = {"product": 4, "billing": 4, "shipping": 3, "feature": 3, "account": 4, "other": 2}
    page, _ = labels_of([f"{name}/a kind {at}" for name, n in sizes.items() for at in range(n)])
    place = page.locator(".sl-labels")
    assert place.evaluate("node => node.scrollHeight <= node.clientHeight")
    groups = [group.bounding_box() for group in place.get_by_role("group").all()]
    assert len({round(box["y"]) for box in groups}) < len(groups)
    for group, box in zip(place.get_by_role("group").all(), groups, strict=True):
        last = group.locator(".sl-label").last.bounding_box()
        assert box["x"] + box["width"] - last["x"] - last["width"] < 12  # nothing is left free


def test_what_has_no_color_has_none_of_a_group_either(labels_of):
    page, _ = labels_of(NAMES)
    border = "node => getComputedStyle(node).borderColor"
    found = {
        name: page.get_by_test_id(f"key-label-{value(name)}").evaluate(border)
        for name in ("Bug", "needs/water", "damage/roads")
    }
    assert len({*found.values()}) == 3


def test_what_a_label_means_is_told_where_it_is_chosen(labels_of):
    page, _ = labels_of(NAMES, keys=False)
    button = page.get_by_test_id("key-label-Bug")
    expect(button).to_have_attribute("title", "Speaks of Bug. “A <b>text</b> on Bug”")
    expect(button).to_have_accessible_description("Speaks of Bug. “A <b>text</b> on Bug”")
    page.keyboard.press("d")
    expect(page.get_by_test_id("definitions")).to_contain_text("A <b>text</b> on Water bill")


@pytest.mark.parametrize("several", [False, True])
def test_many_labels_break_no_rule_in_light_and_dark(
    new_context: NewContext, place: Path, show: Show, several: bool
):
    names = NAMES[:8] if several else NAMES
    workspace = make(
        place, [i[:2] for i in headlines(60)], task(names, several=several, keys=False)
    )
    page = annotate(new_context(viewport={"width": 390, "height": 844}, has_touch=True),
                    show(workspace))  # fmt: skip
    page.evaluate(AXE.read_text(encoding="utf-8"))
    hues = page.locator(".sl-labels .sl-label").evaluate_all("all => all.map(b => b.dataset.hue)")
    assert len(set(hues)) == (6 if several else 3)
    for key in "1", "Enter", "2", "/":
        page.keyboard.press(key)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(
                "light => light === (getComputedStyle(document.querySelector("
                "'[data-testid=stApp]')).backgroundColor === 'rgb(255, 255, 255)')",
                arg=scheme == "light",
            )
            assert broken(page) == []
            assert [m for m in page.evaluate(CONTRASTS) if m[0] < TEXT_CONTRAST] == []
    page.emulate_media(color_scheme=None)
    page.keyboard.press("Escape")
    for button in page.locator(".sl-card button:visible").all():
        box = button.bounding_box()
        assert min(box["height"], box["width"]) >= TARGET, box


def test_messages_before_the_text_stand_above_it_as_typed(
    new_context: NewContext, place: Path, show: Show
):
    messages = ["First\n  line", HOSTILE, *(f"Message {n}" for n in range(20))]
    cells = [json.dumps(messages), HOSTILE, "[not a list", "", '["\\ud800"]', '[1, "2"]']
    head = ("item_id", "text", "earlier")
    items = [(item, f"{text} {HOSTILE}", cells[at % 6])
             for at, (item, text, _) in enumerate(headlines(60))]  # fmt: skip
    write_csv(place / "unlabeled_data" / "pool.csv", [head, *items])
    (place / "task.toml").write_text(SMALL_TASK + '[card]\nbefore = "earlier"\n')
    page = annotate(new_context(), show(open_workspace(place)))
    before = page.get_by_test_id("before")
    wanted = {item: cell for item, _, cell in items}
    for _ in range(10):
        cell = wanted[shown(page)]
        lines = messages if cell == cells[0] else [cell] if cell else []
        assert before.locator("p").evaluate_all("all => all.map(p => p.textContent)") == lines
        if len(lines) > 1:
            expect(before.get_by_text("Message 19")).to_be_in_viewport()
        press(page, "1")
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("several", [False, True])
def test_the_models_prediction_names_labels_of_equal_rank_and_several(
    context: BrowserContext, place: Path, show: Show, several: bool
):
    items = headlines(200)
    names = ["Harm", "Odd", "Even"]
    workspace = make(place, [i[:2] for i in items], task(names, several=several))
    extra = ["|Odd", "|Even"] if several else ["", ""]
    truth = {
        item: "Harm" + extra[at % 2] if label == "1" else names[1 + at % 2]
        for at, (item, _, label) in enumerate(items)
    }
    while (snapshot := read_snapshot(workspace)).stage != "active learning":
        label_batch(Inbox(workspace), propose(snapshot, "oracle"), truth)
    propose(snapshot, "ann")
    (batch,) = read_snapshot(workspace).open_batches.values()
    proposals = {proposal.item_id: proposal for proposal in batch}
    texts = snapshot.pool_words.pool.texts_of(proposals)
    page = annotate(context, show(workspace))
    page.keyboard.press("m")
    for _ in range(8):
        item = shown(page)
        told = page.get_by_test_id("opinion")
        expect(told).to_contain_text(workspace.task.name_of(proposals[item].predicted))
        expect(told).to_contain_text(f"{proposals[item].confidence:.0%}")
        assert page.locator(ITEM).evaluate("node => node.textContent") == texts[item]
        page.keyboard.press("2")
        if several:
            page.keyboard.press("Enter")
