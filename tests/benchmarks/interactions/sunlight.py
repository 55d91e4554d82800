"""What a person does on Explore."""

from collections.abc import Iterator
from contextlib import suppress

from tests.benchmarks.interactions import gestures as hand
from tests.benchmarks.interactions.visit import (
    PERSON,
    Act,
    Kind,
    Visit,
    arriving,
    arriving_after_a_label,
    picking,
    pressing,
)

SUNLIGHT = f"sunlight{PERSON}&seed=1"
MORE = "More filters"

STEPS = 11
"""Of a trail, from one end to the other."""


def more_filters(visit: Visit) -> None:
    with suppress(hand.NotThere):
        visit.page.locator("summary", has_text=MORE).click(timeout=hand.WAIT)
        visit.page.wait_for_timeout(300)


def several(field: str, *, more: bool = False) -> Kind:
    """Sets of a filter's values, each another: one more at a time, then one less."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(SUNLIGHT)
        if more:
            more_filters(visit)
        key = f"sunlight_{field}_"
        offered = hand.options(visit.page, key)
        for option in offered:
            yield lambda option=option: hand.choose(visit.page, key, option)
        for option in offered[:-1]:
            yield lambda option=option: hand.drop(visit.page, key, option)

    return kind


def writing(key: str, sentence: str, *, more: bool = False) -> Kind:
    """Another text each time; `{word}` and `{turn}` in the sentence are another too."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(SUNLIGHT)
        if more:
            more_filters(visit)
        for turn, word in enumerate(visit.words):
            text = sentence.format(word=word, turn=turn)
            yield lambda text=text: hand.write(visit.page, key, text)

    return kind


def nudging(visit: Visit) -> Iterator[Act]:
    visit.open(SUNLIGHT)
    more_filters(visit)
    while True:
        yield lambda: hand.nudge(visit.page, "sunlight_confidence_")


def opening_more(visit: Visit) -> Iterator[Act]:
    """Each time the details of another item."""
    visit.open(SUNLIGHT)
    while True:
        yield lambda: hand.widget(visit.page, "more_", "summary").click(timeout=hand.WAIT)
        visit.settle(visit.press("random"))


def going(key: str, away: str) -> Kind:
    """Along a trail of random draws, to one of its ends from the other."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(SUNLIGHT)
        for _ in range(STEPS):
            visit.settle(visit.press("random"))
        with suppress(hand.NotThere):
            for _ in range(STEPS if away else 0):
                visit.settle(visit.press(away))
        while True:
            yield visit.press(key)

    return kind


def likening(visit: Visit) -> Iterator[Act]:
    """Each time to what is like another item."""
    visit.open(f"{SUNLIGHT}&size=1&split=unlabeled")
    while True:
        yield visit.press("like_")
        visit.settle(visit.press("sunlight_go_back"))
        visit.settle(visit.press("random"))


def labeling(visit: Visit) -> Iterator[Act]:
    """Each time another item, drawn at random from those that wait for no label."""
    visit.open(f"{SUNLIGHT}&size=1&split=unlabeled")
    while True:
        yield visit.press("byhand_0_")
        visit.settle(visit.press("random"))


def flagging(visit: Visit) -> Iterator[Act]:
    visit.open(f"{SUNLIGHT}&size=1&split=unlabeled")
    while True:
        visit.page.get_by_role("button", name="Flag").first.click(timeout=hand.WAIT)
        visit.settle(lambda: hand.write(visit.page, "byhand-note_", "odd"))
        yield visit.press("byhand-flag_")
        visit.settle(visit.press("random"))


LIST = f"{SUNLIGHT}&order=up"
TABLE, PAGER = '[data-testid="stDataFrame"]', '[data-testid="stPagination"]'

ROW = 35
"""Pixels of a row of the list."""


def ticking(visit: Visit, row: int) -> None:
    """A row's box is pressed."""
    at = {"x": 20, "y": 18 + ROW * (1 + row % 10)}
    visit.page.locator(TABLE).click(position=at, timeout=hand.WAIT)


def sorting(name: str) -> Kind:
    """By the head of this column, up and down."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(f"{LIST}&column={name}")
        while True:
            yield lambda: visit.page.locator(TABLE).click(position={"x": 70, "y": 18})

    return kind


def turning(address: str) -> Kind:
    """From page to page."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(address)
        while True:
            yield lambda: visit.page.locator(PAGER).get_by_role("button").last.click()

    return kind


def selecting(visit: Visit) -> Iterator[Act]:
    visit.open(LIST)
    for row in range(100):
        yield lambda row=row: ticking(visit, row)


def opening_cells(visit: Visit) -> Iterator[Act]:
    """A text is clicked, and stands below with its details."""
    visit.open(LIST)
    for row in range(100):
        at = {"x": 200, "y": 18 + ROW * (1 + row % 10)}
        yield lambda at=at: visit.page.locator(TABLE).click(position=at, timeout=hand.WAIT)


def labeling_a_selection(address: str) -> Kind:
    """Five rows at a time."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(address)
        while True:
            for row in range(5):
                visit.settle(lambda row=row: ticking(visit, row))
            yield visit.press("byhand_0_")

    return kind


KINDS: dict[str, Kind] = {
    "open": arriving("sunlight"),
    "Random, 10 items": pressing(SUNLIGHT, "random"),
    "Random, 50 items": pressing(f"{SUNLIGHT}&size=50", "random"),
    "Random, 1 item with its details": pressing(f"{SUNLIGHT}&size=1", "random"),
    "Random of unlabeled with a word": pressing(f"{SUNLIGHT}&split=unlabeled&words=to", "random"),
    "Random of a range of confidence": pressing(f"{SUNLIGHT}&confidence=0.5-0.8", "random"),
    "size": picking(SUNLIGHT, "sunlight_size"),
    "random or list": picking(SUNLIGHT, "sunlight_kind"),
    "list, sorted by text": sorting("text"),
    "list, sorted by confidence": sorting("confidence"),
    "list, next page": turning(LIST),
    "list, next page by text": turning(f"{LIST}&sort=text"),
    "list, next page of a range of confidence": turning(f"{LIST}&sort=text&confidence=0.5-0.8"),
    "list, a row selected": selecting,
    "list, a text opened": opening_cells,
    "list, five labeled": labeling_a_selection(f"{LIST}&split=unlabeled"),
    "list by text, five labeled": labeling_a_selection(f"{LIST}&sort=text&split=unlabeled"),
    "split": several("splits"),
    "label": several("labels"),
    "strategy": several("strategies"),
    "length": several("lengths", more=True),
    "predicted": several("predicted", more=True),
    "batch": several("batches", more=True),
    "annotator": several("annotators", more=True),
    "confidence": nudging,
    "agreement": picking(SUNLIGHT, "sunlight_agreement_", more_filters),
    "a word": writing("sunlight_words_", "{word}"),
    "more like a sentence": writing("sunlight_like_", "{word} in town {turn}", more=True),
    "More like this": likening,
    "More": opening_more,
    "Back": going("sunlight_go_back", ""),
    "Next": going("sunlight_go_next", "sunlight_go_back"),
    "label by hand": labeling,
    "flag": flagging,
    "open, after a label": arriving_after_a_label("sunlight"),
}
