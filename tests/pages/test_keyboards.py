"""Keys of other layouts and input methods on the annotation card: real server, real Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.workspace.layout import Workspace
from tests.browser import all_saved, events, press, shown
from tests.conftest import SMALL_TASK, Show, headlines
from tests.pages.test_card import actions, annotate, make
from tests.server import Site

pytestmark = pytest.mark.browser

LARGE_BATCH = SMALL_TASK.replace("evaluation = 20", "evaluation = 60").replace("10", "60")

KEY_DOWN = """([key, code, more]) => !document.activeElement.dispatchEvent(new KeyboardEvent(
  "keydown", { key, code, bubbles: true, cancelable: true, composed: true, ...more }))"""

DIGITS = [
    ("French", "&", "Digit1", "1"),
    ("French", "à", "Digit0", "0"),
    ("French with Shift", "1", "Digit1", "1"),
    ("Czech", "+", "Digit1", "1"),
    ("Czech", "é", "Digit0", "0"),
    ("Lithuanian", "ą", "Digit1", "1"),
    ("Thai", "ๅ", "Digit1", "1"),
    ("Bopomofo", "ㄅ", "Digit1", "1"),
    ("Kana", "わ", "Digit0", "0"),
    ("Arabic", "١", "Digit1", "1"),
    ("Arabic, number pad", "٠", "Numpad0", "0"),
    # From here on there is no position to go by.
    ("Arabic", "٠", "", "0"),
    ("Persian", "۱", "", "1"),
    ("Hindi", "०", "", "0"),
    ("Adlam", "\U0001e951", "", "1"),
    ("full width", "１", "", "1"),
    ("full width", "０", "", "0"),
]
"""Layout, `key`, `code`, and the label that it gives."""

SKIPS = [
    ("Russian", "л", "KeyK"),
    ("Russian, Caps Lock", "Л", "KeyK"),
    ("Greek", "κ", "KeyK"),
    ("Hebrew", "ל", "KeyK"),
    ("Arabic", "ن", "KeyK"),
    ("Thai", "า", "KeyK"),
    ("Hindi, a vowel sign", "\u093f", "KeyK"),
    ("Korean", "ㅏ", "KeyK"),
    ("full width", "ｋ", ""),
    ("French, k elsewhere", "k", "KeyQ"),
]
"""Layout, `key` and `code` of what skips."""

NOTHING = [
    ("French, a superscript", "²", "Backquote", {}),
    ("French, a comma where m is", ",", "KeyM", {}),
    ("Dvorak, o where s is", "o", "KeyS", {}),
    ("German, z where y is", "z", "KeyY", {}),
    ("Turkish, a letter beside a to z", "ı", "KeyK", {}),
    ("Shift and a digit", "!", "Digit1", {"shiftKey": True}),
    ("Shift and a letter", "Л", "KeyK", {"shiftKey": True}),
    ("AltGr and a digit", "@", "Digit2", {"modifierAltGraph": True}),
    ("AltGr and a letter", "ł", "KeyK", {"modifierAltGraph": True}),
    ("Ctrl", "&", "Digit1", {"ctrlKey": True}),
    ("Alt", "&", "Digit1", {"altKey": True}),
    ("Meta", "л", "KeyK", {"metaKey": True}),
    ("a dead key", "Dead", "Digit2", {}),
    ("a dead key", "Dead", "KeyK", {}),
    ("a key without a name", "Unidentified", "Digit1", {}),
    ("no Num Lock", "End", "Numpad1", {}),
    ("a key that keyboards number otherwise", "7", "Digit1", {}),
    ("a candidate's number", "1", "Digit1", {"isComposing": True}),
    ("Enter for an input method", "Enter", "Enter", {"keyCode": 229}),
    ("Enter for an input method", "Process", "Enter", {"keyCode": 229}),
]
"""What it is, `key`, `code`, and what else the event says."""


@pytest.fixture
def workspace(place: Path) -> Workspace:
    return make(place, [item[:2] for item in headlines(200)], LARGE_BATCH)


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    return annotate(context, site)


def key_down(page: Page, key: str, code: str, **more: object) -> bool:
    """Sends a key of any layout to where the focus is; whether the card took it."""
    return page.evaluate(KEY_DOWN, [key, code, more])


def test_digits_of_every_layout_label(page: Page, workspace: Workspace):
    items = []
    for layout, key, code, _ in DIGITS:
        items.append(shown(page))
        assert key_down(page, key, code), layout
        assert shown(page) != items[-1], layout
    all_saved(page)
    expected = list(zip(items, [label for *_, label in DIGITS], strict=True))
    assert [(event["item_id"], event["label"]) for event in events(workspace)] == expected
    # The caps say what is printed on the keys.
    for label, caps in (("label-1", ["1"]), ("label-0", ["0", "⏎ Enter"]), ("skip", ["k"])):
        assert page.get_by_test_id(f"key-{label}").locator("kbd").all_inner_texts() == caps


def test_letters_of_other_scripts_act_where_the_latin_ones_are(page: Page, workspace: Workspace):
    for layout, key, code in SKIPS:
        item = shown(page)
        assert key_down(page, key, code), layout
        assert shown(page) != item, layout
    all_saved(page)
    assert [action for action, _ in actions(workspace)] == ["skip"] * len(SKIPS)
    for key in ("？", "؟"):  # of Chinese and of Arabic keyboards
        key_down(page, key, "Slash", shiftKey=True)
        expect(page.get_by_test_id("help")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("help")).to_be_hidden()


def test_what_is_no_key_of_the_card_does_nothing(page: Page, workspace: Workspace):
    press(page, "1")
    item = shown(page)
    for what, key, code, more in NOTHING:
        assert not key_down(page, key, code, **more), what
        assert shown(page) == item, what
    all_saved(page)
    assert len(actions(workspace)) == 1


@pytest.mark.parametrize(
    ("key", "code", "number"), [("&", "Digit1", 49), ("ě", "Digit2", 50), ("л", "KeyK", 75)]
)
def test_a_real_press_on_another_layout_acts(
    page: Page, workspace: Workspace, key: str, code: str, number: int
):
    first = press(page, "0")[0]
    session = page.context.new_cdp_session(page)
    what = {"key": key, "code": code, "windowsVirtualKeyCode": number}
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **what})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **what})
    all_saved(page)
    expected = {"Digit1": "label", "Digit2": "undo", "KeyK": "skip"}[code]
    assert [action for action, _ in actions(workspace)] == ["label", expected]
    assert (shown(page) == first) == (expected == "undo")


def test_a_character_that_is_a_key_of_the_card_wins_over_its_position(
    context: BrowserContext, place: Path, show: Show
):
    labels = "".join(
        f'[[labels]]\nvalue = "v{at}"\nname = "Kind {at}"\nfile = "k{at}.csv"\nkey = "{key}"\n'
        f"positive = {str(at == 0).lower()}\n"
        for at, key in enumerate("жqwzé٣")
    )
    workspace = make(place, [item[:2] for item in headlines(100)], LARGE_BATCH + labels)
    page = annotate(context, show(workspace))
    wanted = [
        ("ж", "Semicolon", "v0"),  # Russian
        ("ж", "KeyV", "v0"),  # Bulgarian
        ("Ж", "Semicolon", "v0"),
        ("й", "KeyQ", "v1"),
        ("/", "KeyQ", "v1"),  # Hebrew
        (";", "KeyQ", "v1"),  # Greek
        ("'", "KeyW", "v2"),  # Hebrew
        ("z", "KeyW", "v3"),  # French
        ("я", "KeyZ", "v3"),
        ("é", "Digit2", "v4"),  # French: this one labels, and does not go back
        ("٣", "Digit3", "v5"),
    ]
    for key, code, label in wanted:
        assert key_down(page, key, code), label
    item = shown(page)
    for key, code in (("y", "KeyZ"), ("a", "KeyQ"), ("'", "KeyQ"), (";", "KeyZ"), ("3", "Digit3")):
        assert not key_down(page, key, code), key
    assert shown(page) == item
    all_saved(page)
    assert [event["label"] for event in events(workspace)] == [label for *_, label in wanted]
    assert page.get_by_test_id("key-label-v0").locator("kbd").all_inner_texts() == ["ж"]


def test_an_input_method_that_is_on_leaves_the_positions(page: Page, workspace: Workspace):
    message = page.get_by_test_id("message")
    items = []
    for key, code in (("Process", "Digit1"), ("Unidentified", "Digit0"), ("あ", "KeyK")):
        items.append(shown(page))
        assert key_down(page, key, code, keyCode=229)
        expect(message).to_be_hidden()
    assert not key_down(page, "Process", "KeyN", keyCode=229)
    expect(message).to_contain_text("An input method is on")
    press(page, "1")
    expect(message).to_be_hidden()
    assert not key_down(page, "1", "Digit1", isComposing=True)
    expect(message).to_be_hidden()  # it has been said
    all_saved(page)
    assert [(event["action"], event["label"]) for event in events(workspace)] == [
        ("label", "1"), ("label", "0"), ("skip", ""), ("label", "1")
    ]  # fmt: skip
    assert len(set(items)) == 3


def test_enter_of_an_input_method_does_not_send_a_note(page: Page, workspace: Workspace):
    page.keyboard.press("f")
    note = page.get_by_test_id("flag-note")
    note.fill("見る")
    key_down(page, "Enter", "Enter", keyCode=229)
    expect(note).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("flagged")).to_contain_text("見る")


def test_keys_that_do_nothing_are_answered_once_with_those_that_label(page: Page):
    message = page.get_by_test_id("message")
    page.keyboard.press("y")
    page.keyboard.press("n")
    press(page, "1")
    page.keyboard.press("n")
    page.keyboard.press("y")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+b")
    expect(message).to_be_hidden()  # two in a row, twice
    page.keyboard.press("n")
    expect(message).to_contain_text("Keys that label: 1, 0, Enter. All keys: ?")
    press(page, "0")
    expect(message).to_be_hidden()
    for _ in range(5):
        page.keyboard.press("n")
    expect(message).to_be_hidden()


def test_what_is_typed_into_a_field_is_no_try_to_label(page: Page):
    page.get_by_role("textbox", name="Your name").click()
    page.keyboard.type("zzzz")
    page.get_by_test_id("key-definitions").click()
    expect(page.get_by_test_id("message")).to_be_hidden()
