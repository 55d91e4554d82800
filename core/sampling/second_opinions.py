"""Second opinions and repeats: which items a person is asked about that have been labeled before.

They are drawn from what chance has chosen, so that figures of agreement speak for all items: from
evaluation and validation data, and from the random items among the training data.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import numpy as np

from core.workspace.assignment import moment_of
from core.workspace.layout import Workspace
from core.workspace.logs import Proposal, append_records, fresh_id, now
from core.workspace.opinions import FIRST, OVERLAP, TARGETED, Opinion, Words, kind_of
from core.workspace.relabel import refused
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import BULK, OPINIONS, REPEAT, SECOND_OPINION, SPLITS, SUNLIGHT, Quality

OLD_ENOUGH, LABELS_BETWEEN = timedelta(days=7), 500
"""A repeat comes after so long, or after so many labels of the same person."""


def opinions_due(snapshot: Snapshot, annotator: str) -> list[Proposal]:
    """What this person is asked again in their next batch; the items to start with come first.

    A share that is due all at once is spread over batches: one has at most twice its share.
    """
    quality, words = snapshot.workspace.task.quality, snapshot.labels.words
    if not annotator or quality == Quality(disputed=quality.disputed):
        return []
    due, firsts, asked = to_start_with(snapshot, annotator), _firsts(snapshot), _asked(snapshot)
    started = {proposal.item_id for proposal in due}
    for split in SPLITS:
        of_split = [x for x in firsts if snapshot.labels.by_id[x.item_id].split == split]
        mine = [x for x in of_split if x.annotator == annotator]
        others = [x for x in of_split if not words.has_said(annotator, x.item_id)]
        for role, share, among, may_be_asked in (
            (SECOND_OPINION, quality.overlap, of_split, others),
            (REPEAT, quality.repeat, mine, _old_enough(words, mine, annotator)),
        ):
            taken = asked[role] | started
            number = round(share * len(among)) - sum(x.item_id in taken for x in among)
            at_once = math.ceil(2 * share * snapshot.workspace.task.batch_size)
            left = [x.item_id for x in may_be_asked if x.item_id not in taken]
            drawn = _drawn(snapshot, role, left)[: max(0, min(number, at_once))]
            due += _asking(snapshot, drawn, role)
    return due


def rechecks_due(snapshot: Snapshot, annotator: str, number: int) -> list[Proposal]:
    """So many items that were labeled in bulk, for this person to look at: no one has yet."""
    words, labeled = snapshot.labels.words, snapshot.labels.by_id
    asked = {item_id for _, item_id in snapshot.logs.asked_again}
    left = [item_id for item_id in words.unseen if item_id in labeled and item_id not in asked]
    due = []
    for item_id in _drawn(snapshot, BULK, left)[:number] if annotator else ():
        is_own = words.bulk[item_id].annotator == annotator
        due += _asking(snapshot, [item_id], REPEAT if is_own else SECOND_OPINION)
    return due


def mixed_in(
    proposals: Sequence[Proposal], due: Iterable[Proposal], head: Proposal
) -> tuple[Proposal, ...]:
    """A batch with these opinions in it: those to start with first, the others anywhere."""
    found = list(proposals)
    generator, due = np.random.default_rng(head.seed), list(due)
    first = [proposal for proposal in due if proposal.rank]
    for proposal in due[len(first) :]:
        found.insert(int(generator.integers(len(found) + 1)), proposal)
    of_batch = {name: getattr(head, name) for name in ("batch_id", "created_at", "annotator")}
    return tuple(
        replace(proposal, rank=rank, seed=head.seed, **of_batch)
        for rank, proposal in enumerate([*first, *found], start=1)
    )


def ask_about(workspace: Workspace, item_ids: Sequence[str], people: int = 2) -> int:
    """Asks so many people about these items, whoever comes first; the number of items.

    Items without a label get one from the first of them. No figure goes by what is asked so.
    """
    with workspace.locked():
        snapshot = read_snapshot(workspace)
        in_pool = snapshot.pool_words.pool.positions(item_ids)
        known = [item for item in dict.fromkeys(item_ids) if item in in_pool]
        labeled = [item for item in known if item in snapshot.labels.by_id]
        new = set(known) - set(labeled) - snapshot.waiting.keys()
        new = [item for item in known if item in new and not refused(snapshot, item)]
        asked = _asking(snapshot, new, SUNLIGHT)
        asked += _asking(snapshot, [*labeled, *new], SECOND_OPINION) * (people - 1)
        _append(snapshot, TARGETED, asked)
    return len(labeled) + len(new)


def ask_about_random(workspace: Workspace, number: int, people: int = 2) -> int:
    """Asks so many people in all about random items that one has labeled; their number."""
    with workspace.locked():
        snapshot = read_snapshot(workspace)
        taken = _asked(snapshot)[SECOND_OPINION]
        left = [each.item_id for each in _firsts(snapshot) if each.item_id not in taken]
        drawn = _drawn(snapshot, SECOND_OPINION, left)[:number]
        asked = _asking(snapshot, drawn, SECOND_OPINION) * (people - 1)
        _append(snapshot, OVERLAP, asked)
    return len(drawn)


def _append(snapshot: Snapshot, kind: str, asked: Sequence[Proposal]) -> None:
    """Writes these proposals as batches that are nobody's; no item stands twice in one."""
    taken = {proposal.batch_id for proposal in snapshot.logs.proposals}
    turns: Counter[str] = Counter()
    layers: dict[int, list[Proposal]] = defaultdict(list)
    for proposal in asked:
        layers[turns[proposal.item_id]].append(proposal)
        turns[proposal.item_id] += 1
    size, found = snapshot.workspace.task.batch_size, []
    for layer in layers.values():
        for at, proposal in enumerate(layer):
            if at % size == 0:
                batch_id = fresh_id(kind, taken)
                taken.add(batch_id)
            found.append(replace(proposal, batch_id=batch_id, rank=at % size + 1, created_at=now()))
    append_records(snapshot.workspace.batches, found)


def _asking(snapshot: Snapshot, item_ids: Iterable[str], role: str) -> list[Proposal]:
    """Proposals of these items in their splits, still without batch and rank."""
    labeled = snapshot.labels.by_id
    splits = ((x, labeled[x].split if x in labeled else "training") for x in item_ids)
    return [Proposal("", "", split, "", 0, item_id, role) for item_id, split in splits]


def _firsts(snapshot: Snapshot) -> list[Opinion]:
    """What people said first of the items that chance has chosen, where it is the label's base."""
    words, labeled = snapshot.labels.words, snapshot.labels.by_id
    return [x for x in words.opinions if x.role == FIRST and x.is_fair and x.item_id in labeled]


def _asked(snapshot: Snapshot) -> dict[str, set[str]]:
    """The items of each role that were asked about again, but for targeted ones."""
    found: dict[str, set[str]] = {role: set() for role in OPINIONS}
    for proposal in snapshot.logs.asked_again.values():
        if proposal.strategy in OPINIONS and kind_of(proposal) != TARGETED:
            found[proposal.strategy].add(proposal.item_id)
    return found


def _old_enough(words: Words, firsts: Iterable[Opinion], annotator: str) -> list[Opinion]:
    """The person's words that are long ago, by days or by what they labeled since."""
    turns = sorted(x.turn for x in words.opinions if x.annotator == annotator)
    before = datetime.now(UTC) - OLD_ENOUGH
    return [
        each
        for each in firsts
        if moment_of(each.event.labeled_at) < before
        or len(turns) - bisect_right(turns, each.turn) >= LABELS_BETWEEN
    ]


def to_start_with(snapshot: Snapshot, annotator: str) -> list[Proposal]:
    """The first items of all, for a newcomer; none for whoever was there first."""
    if any(proposal.annotator == annotator for proposal in snapshot.logs.proposals):
        return []
    return [
        Proposal("", "", split, "", rank, item_id, SECOND_OPINION)
        for rank, (item_id, split) in enumerate(start_items(snapshot).items(), start=1)
    ]


def start_items(snapshot: Snapshot) -> dict[str, str]:
    """The items that newcomers begin with and their split: the first that chance has chosen."""
    logs, number = snapshot.logs, snapshot.workspace.task.quality.start
    by_chance = (p for p in logs.standing if p.split != "training" or p.strategy == "random")
    first = {p.item_id: p.split for p in by_chance if p.annotator} if number else {}
    in_pool = snapshot.pool_words.pool.positions(first)
    return {item: first[item] for item in [x for x in first if x in in_pool][:number]}


def _drawn(snapshot: Snapshot, role: str, item_ids: Collection[str]) -> list[str]:
    """The items in a random order that goes by the task's seed alone, whoever asks."""
    seed = snapshot.workspace.task.seed

    def place(item_id: str) -> bytes:
        return blake2b(f"{seed}\0{role}\0{item_id}".encode(), digest_size=8).digest()

    return sorted(item_ids, key=place)
