"""Opinions: what each person said of an item, and which of their words is the label that counts.

An item may be proposed once more: to somebody else for a second opinion, to the same person as a
repeat, to one who decides as an adjudication. The label that counts is the last adjudication or
correction, else the last word of the person it was proposed to first. Opinions change no label,
but one that was given in bulk: nobody had looked at the item, so the first one who does gives it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from core.system.findings import Finding, Kind
from core.workspace.logs import Event, Logs, Proposal
from core.workspace.task import ADJUDICATION, BULK, OPINIONS, SUNLIGHT, Task

SECOND_LOOK = "second look"
"""The note of an event by which somebody looked at a label again, and changed it or kept it."""
OVERLAP, TARGETED = "overlap", "targeted"
"""How batches of second opinions that a person asked for are called: of what chance has chosen, and
of what anything else has."""
BULK_NOTE = f"{BULK}: "
"""How the notes of labels begin that were given to a group at once, and of their taking back."""
GAP = "gap in the definitions"
REASONS = ("unclear text", GAP, "slip", "matter of taste")
"""Why opinions differed: the notes of decisions."""
FIRST = "first"  # the role of words on an item in the batch that it was proposed in first


@dataclass(frozen=True)
class Opinion:
    """What a person said last of an item in one role: `first`, `second opinion` or `repeat`.

    `answer` is in today's values, `turn` the place of its event in the log. It `is_fair`, and may
    enter figures, if it was given without the model's opinion, on an item that chance has chosen.
    """

    item_id: str
    annotator: str
    role: str
    answer: str
    turn: int
    event: Event
    is_fair: bool


@dataclass(frozen=True)
class Words:
    """The words of all people: of each item the one that counts, and each person's opinion.

    `counting` are label and undo events in today's values, a decision as if it had been made in the
    item's own batch. `adjudicated` are the decisions that stand, `corrected` the turns of
    corrections that do. `answered` has the label event of each opinion that was asked for and
    given, by (batch, item). `said` are the (turn, role, event) of all words that are opinions, in
    their order, and `by_chance` tells the items of which opinions speak for all. `bulk` has the
    labels that were given in bulk, by item, `looked_at` the opinions that count in their place.
    """

    counting: dict[str, Event]
    adjudicated: Mapping[str, Event] = field(default_factory=dict)
    corrected: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[tuple[str, str], Event] = field(default_factory=dict)
    said: Sequence[tuple[int, str, Event]] = ()
    by_chance: Callable[[], Collection[str]] = frozenset
    bulk: Mapping[str, Event] = field(default_factory=dict)
    looked_at: Mapping[str, Event] = field(default_factory=dict)

    @cached_property
    def opinions(self) -> tuple[Opinion, ...]:
        """The last word of each person on each item in each role, if it gives a label."""
        last: dict[tuple[str, str, str], Opinion] = {}
        by_chance = self.by_chance()
        for turn, role, event in self.said:
            key = event.item_id, event.annotator, role
            last.pop(key, None)
            if event.action == "label":
                is_fair = event.item_id in by_chance and not event.assisted
                is_fair &= role == FIRST or not event.batch_id.startswith(f"{TARGETED}-")
                last[key] = Opinion(*key, event.label, turn, event, is_fair)
        return tuple(last.values())

    @cached_property
    def by_item(self) -> dict[str, list[Opinion]]:
        """Each item's opinions, the earliest first: of each person the last word, in any role."""
        found: dict[str, dict[str, Opinion]] = defaultdict(dict)
        for opinion in sorted(self.opinions, key=lambda opinion: opinion.turn):
            found[opinion.item_id].pop(opinion.annotator, None)
            found[opinion.item_id][opinion.annotator] = opinion
        return {item_id: [*said.values()] for item_id, said in found.items()}

    def has_said(self, annotator: str, item_id: str) -> bool:
        """Whether this person has an opinion on the item."""
        return any(said.annotator == annotator for said in self.by_item.get(item_id, ()))

    @cached_property
    def differing(self) -> dict[str, list[Opinion]]:
        """The items whose opinions differ, decided or not, with them."""
        answers = {item: {x.answer for x in said} for item, said in self.by_item.items()}
        return {item: said for item, said in self.by_item.items() if len(answers[item]) > 1}

    @cached_property
    def unseen(self) -> frozenset[str]:
        """The items that have a label which was given in bulk: nobody has looked at them."""
        return frozenset(
            item for item, x in self.bulk.items() if self.counting[item].event_id == x.event_id
        )

    @cached_property
    def disputed(self) -> dict[str, list[Opinion]]:
        """The items whose opinions differ and that nobody has decided, with them.

        One that was corrected is disputed if an opinion since then differs from its label.
        """

        def is_open(item_id: str, said: Sequence[Opinion]) -> bool:
            if item_id not in self.corrected:
                return item_id in self.differing
            since, label = self.corrected[item_id], self.counting[item_id].label
            return any(opinion.turn > since and opinion.answer != label for opinion in said)

        undecided = ((x, said) for x, said in self.by_item.items() if x not in self.adjudicated)
        return {item_id: said for item_id, said in undecided if is_open(item_id, said)}


def read_words(logs: Logs, task: Task, findings: list[Finding]) -> Words:
    """What people said of each item; events that count nowhere are findings."""
    own: dict[str, Event] = {}  # each item's last word that is neither asked again nor a decision
    decided: dict[str, Event] = {}
    corrected: dict[str, int] = {}
    answered: dict[tuple[str, str], Event] = {}
    said: list[tuple[int, str, Event]] = []
    bulk: dict[str, Event] = {}
    looks: dict[str, dict[str, Event]] = defaultdict(dict)  # opinions on those, by who gave them
    asked_again = logs.asked_again
    by_hand = {(p.batch_id, p.item_id) for p in logs.proposals if is_by_hand(p)}
    for turn, event in enumerate(_sound(logs, task, findings)):
        item_id, place = event.item_id, (event.batch_id, event.item_id)
        role = asked_again[place].strategy if place in asked_again else FIRST
        if role == ADJUDICATION:
            decided.pop(item_id, None)
            if event.action == "label":
                decided[item_id] = event
            continue
        if role in OPINIONS:
            answered[place] = event
            if event.action == "undo":
                looks[item_id].pop(event.annotator, None)
            elif item_id in bulk:
                looks[item_id][event.annotator] = event
        elif is_bulk(event):
            own[item_id] = event
            bulk.pop(item_id, None)
            if event.action == "label":
                bulk[item_id] = event
            continue
        else:
            before = own.get(item_id)
            if before is not None and is_bulk(before):
                before = next(iter(looks[item_id].values()), None)
            own[item_id] = event
            corrected.pop(item_id, None)
            if _corrects(event, before, is_by_hand=place in by_hand):
                decided.pop(item_id, None)
                corrected[item_id] = turn
                continue
        said.append((turn, role, event))
    unseen = (item for item in bulk if own[item] is bulk[item])
    looked_at = {item: next(iter(looks[item].values())) for item in unseen if looks.get(item)}
    placed = {item: _placed(event, own.get(item)) for item, event in (looked_at | decided).items()}
    given = {place: event for place, event in answered.items() if event.action == "label"}
    by_chance = partial(_chosen_by_chance, logs)
    return Words(own | placed, decided, corrected, given, said, by_chance, bulk, looked_at)


def is_bulk(event: Event) -> bool:
    """Whether the event gave a label to a whole group at once, or took it back."""
    return kind_of(event) == BULK and event.note.startswith(BULK_NOTE)


def _corrects(event: Event, before: Event | None, *, is_by_hand: bool) -> bool:
    """Whether a word on an item is about the label that it has, not the person's own opinion."""
    if event.note == SECOND_LOOK:
        return True
    had_label = before is not None and before.action == "label"
    return had_label and (is_by_hand or before.annotator != event.annotator)


def _placed(decision: Event, own: Event | None) -> Event:
    """The decision in the item's own batch, whose split and strategy the item keeps."""
    has_label = own is not None and own.action == "label"
    return replace(decision, batch_id=own.batch_id) if has_label else decision


def _chosen_by_chance(logs: Logs) -> set[str]:
    """The items of which opinions speak for all: held-out ones, and random training items."""
    return {p.item_id for p in logs.standing if p.split != "training" or p.strategy == "random"}


def is_of_group(proposal: Proposal) -> bool:
    """Whether the item is one of a group that is to be labeled at once: nobody is asked about it.

    The items of its check are proposed once more, in a batch of their own.
    """
    return kind_of(proposal) == BULK


def is_check(proposal: Proposal) -> bool:
    """Whether the item is one of ten of a group that somebody looks at first."""
    return kind_of(proposal).startswith(f"{BULK}-")


def is_by_hand(proposal: Proposal) -> bool:
    """Whether somebody labeled or flagged the item while looking around, without being asked."""
    return proposal.strategy == SUNLIGHT and kind_of(proposal) != TARGETED


def _sound(logs: Logs, task: Task, findings: list[Finding]) -> Iterator[Event]:
    """Each label or undo event in current values, retired ones among them."""
    batches, renewed = logs.split_of(), {value: value for value in (*task.values, "")}
    for event in logs.events:
        if event.action not in ("label", "undo"):
            continue
        label = event.label if event.action == "label" else ""
        if label not in renewed:
            renewed[label] = task.renewed(label)
        if event.batch_id not in batches:
            findings.append(_stray(event, f"batch `{event.batch_id}` is not in batches.csv"))
        elif renewed[label] is None or (event.action == "label" and not label):
            if (event.batch_id, event.item_id) in logs.taken_back:
                continue  # of an import whose labels were made the task's, and others since
            findings.append(_stray(event, f"label `{event.label}` is not one of the task's"))
        else:
            same = renewed[label] == label
            yield event if same else replace(event, label=renewed[label])


def _stray(event: Event, reason: str) -> Finding:
    what = f"event `{event.event_id}`: {reason}. It does not count. Put that back."
    return Finding.at(Kind.STRAY_EVENT, "annotations.csv", what, item_id=event.item_id)


def settled(words: Words) -> set[str]:
    """The items whose last word is one of somebody who looked at the label again, or decided."""
    looked_at = (item for item, word in words.counting.items() if word.note == SECOND_LOOK)
    return {*looked_at, *words.adjudicated}


def opinions_awaited(logs: Logs, words: Words) -> list[Proposal]:
    """The proposals for opinions that nobody has given yet.

    What was asked of nobody in particular is open until as many have taken it over: their own
    proposals, in batches of the same kind.
    """
    asked = [p for p in logs.asked_again.values() if p.strategy in OPINIONS]
    taken = Counter((p.item_id, kind_of(p)) for p in asked if p.annotator)
    found = []
    for proposal in asked:
        slot = proposal.item_id, kind_of(proposal)
        if proposal.annotator:
            if (proposal.batch_id, proposal.item_id) not in words.answered:
                found.append(proposal)
        elif taken[slot]:
            taken[slot] -= 1
        else:
            found.append(proposal)
    return found


def kind_of(row: Proposal | Event) -> str:
    """How the batch of a proposal or an event is called: `batch`, `overlap`, `targeted`, `bulk`."""
    return row.batch_id.rpartition("-")[0]
