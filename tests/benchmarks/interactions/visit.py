"""A person's visit, and what they do on any page: each kind of interaction time after time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from playwright.sync_api import Page

from core.workspace.labels import Labeled
from tests.benchmarks.interactions import gestures as hand
from tests.benchmarks.interactions.wire import Relay

PERSON = "?annotator=ann"

Act = Callable[[], object]


@dataclass(frozen=True)
class Visit:
    """One person's browser, its way to the server, and what they can look for in the pool."""

    page: Page
    relay: Relay
    words: Sequence[str]
    relabel: Iterator[Labeled]
    """Each step gives an item of the training data another label, from outside."""
    beside: "Visit | None" = None
    """Another person's, who does something at the same time."""

    def settle(self, act: Act) -> None:
        """Does something that is not measured, and waits until the server has answered."""
        self.relay.answer(act)

    def open(self, address: str) -> None:
        self.settle(lambda: self.page.goto(f"{self.relay.url}/{address}"))

    def press(self, key: str) -> Act:
        return lambda: hand.press(self.page, key)

    def go(self, path: str) -> Act:
        """By the link in the sidebar."""
        place = f'[data-testid="stSidebarNavLink"][href$="/{path}"]'
        return lambda: self.page.locator(place).click(timeout=hand.WAIT)


Kind = Callable[[Visit], Iterator[Act]]
"""What a person does, time after time; what lies between is done without being measured."""


def arriving(path: str) -> Kind:
    """From the Data page, by the link in the sidebar."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(f"data{PERSON}")
        while True:
            yield visit.go(path)
            visit.settle(visit.go("data"))

    return kind


def arriving_after_a_label(path: str) -> Kind:
    """As before, but somebody else has labeled an item in between."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(f"data{PERSON}")
        while True:
            next(visit.relabel)
            yield visit.go(path)
            visit.settle(visit.go("data"))

    return kind


def pressing(address: str, key: str) -> Kind:
    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(address)
        while True:
            yield visit.press(key)

    return kind


def choosing(address: str, key: str, before: Callable[[Visit], object] | None = None) -> Kind:
    """One after the other of what a box offers beside what it says."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(address)
        if before:
            before(visit)
        for option in hand.options(visit.page, key):
            yield lambda option=option: hand.choose(visit.page, key, option)

    return kind


def picking(address: str, key: str, before: Callable[[Visit], object] | None = None) -> Kind:
    """The values of a segmented control, round and round."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(address)
        if before:
            before(visit)
        number = hand.parts(visit.page, key)
        for at in islice(cycle(range(number)), 1, None):
            yield lambda at=at: hand.pick(visit.page, key, at)

    return kind


def tab(key: str, at: int) -> Callable[[Visit], None]:
    return lambda visit: visit.settle(lambda: hand.pick(visit.page, key, at))
