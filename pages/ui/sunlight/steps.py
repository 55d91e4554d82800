"""What the page shows as one step, its address, and the trail of steps that were seen."""

import re
import secrets
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.query.filters import Address, Choices, Filters, is_filter, read_address, to_address

SIZES = (1, 10, 50)
USUAL = 10

MOST_SEEDS = 2**31

NAMES = ("seed", "size", "order", "sort", "page")  # in an address, once each

LONGEST = 200  # steps that are kept; the oldest go first


@dataclass(frozen=True)
class Listed:
    """A page of the list, from 1; what sorts it, empty for your files' order; columns if chosen."""

    page: int = 1
    sort: str = ""
    down: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One look: everything that decides which items are shown, a random draw unless `listed`."""

    seed: int
    size: int = USUAL
    listed: Listed | None = None
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True)
class Trail:
    """The steps that were seen in one workspace, and which of them is on the screen.

    `written` is the address that the browser was given last. `drawn` are the ids of the items that
    a step has shown of a pool: it shows them again, whatever was labeled since.
    """

    workspace: str
    steps: tuple[Step, ...]
    at: int = 0
    written: Address = field(default_factory=dict)
    drawn: Mapping[tuple[Step, Hashable], Sequence[str]] = field(default_factory=dict)

    @property
    def current(self) -> Step:
        return self.steps[self.at]

    def can_go(self, by: int) -> bool:
        return 0 <= self.at + by < len(self.steps)

    def gone(self, by: int) -> "Trail":
        """The trail with another of its steps on the screen."""
        return replace(self, at=self.at + by) if self.can_go(by) else self

    def seen(self, step: Step) -> "Trail":
        """The trail with this step on the screen: a new one ends what lay ahead."""
        if step == self.current:
            return self
        steps = (*self.steps[: self.at + 1], step)[-LONGEST:]
        return replace(self, steps=steps, at=len(steps) - 1)

    def showing(self, step: Step, pool: Hashable, item_ids: Sequence[str]) -> "Trail":
        """The trail with what this step has drawn, and without what went out of it."""
        kept = {look: ids for look, ids in self.drawn.items() if look[0] in self.steps}
        return replace(self, drawn={**kept, (step, pool): item_ids})


def new_seed() -> int:
    return secrets.randbelow(MOST_SEEDS)


def is_ours(name: str) -> bool:
    return name in (*NAMES, "column") or is_filter(name)


def step_address(step: Step) -> Address:
    """The step as a query string's names and values, such as `seed=42&size=10&split=training`."""
    address = {"seed": [str(step.seed)], "size": [str(step.size)]}
    if listed := step.listed:
        address = {"order": ["down" if listed.down else "up"], "page": [str(listed.page)]}
        address |= {"sort": [listed.sort]} if listed.sort else {}
        address |= {"column": [*listed.columns]} if listed.columns else {}
    return address | to_address(step.filters)


def read_step(address: Mapping[str, Sequence[str]], choices: Choices) -> tuple[Step, Address]:
    """The step that an address names, a fresh draw without a seed, and what of it is left out."""
    filters, left_out = read_address(address, choices)
    given = {name: (*address.get(name, ()), "")[0] for name in NAMES}
    seed, size, order, sort, page = given.values()
    is_known = {
        "seed": re.fullmatch("[0-9]{1,12}", seed) and int(seed) < MOST_SEEDS,
        "size": size in map(str, SIZES),
        "order": order in ("up", "down", "first"),  # the last until 0.11: as the files have them
        "sort": sort in choices.listed,
        "page": re.fullmatch("[1-9][0-9]{0,8}", page),
    }
    unknown = {name: [value] for name, value in given.items() if value and not is_known[name]}
    wanted = dict.fromkeys(address.get("column", ()))
    place = int(page) if is_known["page"] else 1
    listed = fitted_list(Listed(place, sort, order == "down", tuple(wanted)), choices)
    if gone := [name for name in wanted if name not in listed.columns]:
        unknown["column"] = gone
    if is_known["order"] or (filters.like and not is_known["seed"]):  # the likest first
        return Step(0, USUAL, listed, filters), unknown | left_out
    seed = int(seed) if is_known["seed"] else new_seed()
    size = int(size) if is_known["size"] else USUAL
    return Step(seed, size, None, filters), unknown | left_out


def fitted_list(listed: Listed, choices: Choices) -> Listed:
    """The list without columns that there are not, or not any more."""
    sort = listed.sort if listed.sort in choices.listed else ""
    columns = tuple(name for name in listed.columns if name in choices.listed)
    return replace(listed, sort=sort, down=listed.down and sort != "", columns=columns)
