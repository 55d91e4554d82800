"""What a person does on the Review page."""

from collections.abc import Iterator

from tests.benchmarks.interactions import gestures as hand
from tests.benchmarks.interactions.visit import (
    PERSON,
    Act,
    Kind,
    Visit,
    arriving,
    arriving_after_a_label,
    choosing,
    picking,
    tab,
)

REVIEW = f"review{PERSON}"


def second_look(visit: Visit) -> None:
    tab("review_tab", 1)(visit)


def correcting(visit: Visit) -> Iterator[Act]:
    """Gives the top item of the list the label that the model expects."""
    visit.open(REVIEW)
    second_look(visit)
    place = '[class*="st-key-decide-"] button:not([disabled])'
    while True:
        other = visit.page.locator(place).filter(has_not_text="Keep").first
        yield lambda other=other: other.click(timeout=hand.WAIT)


def taking_back(visit: Visit) -> Iterator[Act]:
    correct = correcting(visit)
    while True:
        visit.settle(next(correct))
        yield visit.press("take_back")


def unflagging(visit: Visit) -> Iterator[Act]:
    visit.open(REVIEW)
    tab("review_tab", 2)(visit)
    while True:
        yield visit.press("done-")


KINDS: dict[str, Kind] = {
    "open": arriving("review"),
    "batch": choosing(REVIEW, "review_batch"),
    "strategy": choosing(REVIEW, "review_side_0"),
    "tab": picking(REVIEW, "review_tab"),
    "list of second looks": picking(REVIEW, "second_look", second_look),
    "earlier batch": choosing(REVIEW, "review_earlier", tab("review_tab", 4)),
    "correction": correcting,
    "take back": taking_back,
    "flag is done": unflagging,
    "open, after a label": arriving_after_a_label("review"),
}


def ask_for_the_coming_batch(visit: Visit) -> Act:
    visit.open(REVIEW)
    visit.settle(lambda: hand.choose(visit.page, "review_batch", "Next batch"))
    return visit.press("show_coming")
