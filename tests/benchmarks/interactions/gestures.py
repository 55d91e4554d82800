"""What a hand does on a page, by the keys of its widgets.

A key that ends in `_` or `-` stands for the first widget whose key begins so.
"""

from playwright.sync_api import Error as NotThere
from playwright.sync_api import Locator, Page

__all__ = ["NotThere"]

WAIT = 10_000
"""Milliseconds for a widget to be there: the page is at rest before one is looked for."""

STILL = 200
"""Milliseconds after which nothing on the page moves any more."""

CHOICES = ":is([role=radio], [role=tab])"


def widget(page: Page, key: str, inside: str = "") -> Locator:
    """The part of the widget with this key; NotThere is raised when a hand wants it in vain."""
    place = f'[class*="st-key-{key}"]' if key[-1] in "_-" else f".st-key-{key}"
    return page.locator(f"{place} {inside}").first


def press(page: Page, key: str) -> None:
    widget(page, key, "button:not([disabled])").click(timeout=WAIT)


def pick(page: Page, key: str, at: int) -> None:
    """Another of a segmented control's values, or of a row of tabs."""
    widget(page, key).locator(CHOICES).nth(at).click(timeout=WAIT)


def parts(page: Page, key: str) -> int:
    """How many values a segmented control has, or how many tabs a row."""
    widget(page, key, CHOICES).wait_for(timeout=WAIT)
    return widget(page, key).locator(CHOICES).count()


def options(page: Page, key: str) -> list[str]:
    """What a box offers beside what it says at this moment."""
    opened(page, key).press("ArrowDown")
    page.locator("[role=option]").first.wait_for(timeout=WAIT)
    found = page.locator("[role=option]").all_inner_texts()
    page.keyboard.press("Escape")
    said = widget(page, key, "input[role=combobox]").input_value()
    return [option for option in found if option not in ("Select all", said)]


def choose(page: Page, key: str, option: str) -> None:
    """Takes what a box offers, which is looked for by its text."""
    field = opened(page, key)
    field.fill("")  # what stands there already would open no list
    field.fill(option)
    page.locator("[role=option]").get_by_text(option, exact=True).first.click(timeout=WAIT)


def opened(page: Page, key: str) -> Locator:
    """The field of a box, with the focus on it. A page that scrolls would close its list again."""
    field = widget(page, key, "input[role=combobox]")
    field.scroll_into_view_if_needed(timeout=WAIT)
    page.wait_for_timeout(STILL)
    field.focus()
    return field


def drop(page: Page, key: str, option: str) -> None:
    """Takes one of the chosen values away."""
    widget(page, key, f'[data-tag] button[aria-label="Remove {option}"]:visible').click(
        timeout=WAIT
    )


def write(page: Page, key: str, text: str) -> None:
    field = widget(page, key, "input")
    field.fill(text, timeout=WAIT)
    field.press("Enter")


def nudge(page: Page, key: str) -> None:
    """Moves a slider's first end up by one step."""
    thumb = widget(page, key, "input[type=range]")
    thumb.focus(timeout=WAIT)
    thumb.press("ArrowRight")
