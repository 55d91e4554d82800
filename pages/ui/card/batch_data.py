"""A batch as the annotation card takes it: texts, labels, skips, flags, and predictions."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from core.errors import RunError, SearchError
from core.models.explain import Explanation, explain
from core.sampling.catalog import reason
from core.workspace.assignment import earlier_batch, flags, items_of, skips
from core.workspace.labels import Labeled
from core.workspace.logs import Event, Proposal, shown_id
from core.workspace.searches import Pieces, read_searches, underlined
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLIT_NAMES, Label
from pages.ui import session
from pages.ui.cache import runs
from pages.ui.card import CardBatch, CardItem, CardPrediction
from pages.ui.card.route import PATH
from pages.ui.card.tokens import Claim, make_token

DIGITS = "1234567890"
MAX_MESSAGES = 200  # above a text; a cell of more stands there as it was typed


def card_batch(
    snapshot: Snapshot, batch_id: str, annotator: str, *, reopened: bool = False, item_id: str = ""
) -> CardBatch:
    """Everything that the card needs of this batch. Raises WorkspaceError if no token can be made.

    With `reopened` it is an earlier one, in which back goes to the item of `item_id` first.
    """
    task, workspace = snapshot.workspace.task, snapshot.workspace
    proposals = items_of(snapshot, batch_id)
    split = snapshot.logs.split_of()[batch_id]
    asked_again = {item for batch, item in snapshot.logs.asked_again if batch == batch_id}
    is_again = bool(proposals) and asked_again.issuperset(p.item_id for p in proposals)
    labeled = _labeled(snapshot, proposals, asked_again, annotator)
    order = values_in_order(snapshot, min((p.created_at for p in proposals), default=""))
    return CardBatch(
        workspace=str(workspace.path),
        annotator=annotator,
        endpoint=PATH,
        token=make_token(Claim(workspace.path, annotator)),
        batch_id=batch_id,
        name=shown_id(batch_id),
        split=split,
        set_name="" if is_again else SPLIT_NAMES[split],
        have=len(snapshot.labels.splits[split]),
        target=task.targets[split],
        today=session.labels_today(snapshot, annotator),
        short=task.short,
        detailed=task.detailed,
        labels=keys_in_order(task.labels, order),
        order=order,
        retired=task.retired,
        several=task.several,
        keys=task.keys,
        items=_items(snapshot, proposals, labeled, asked_again, annotator),
        reopened=_day(proposals, labeled) if reopened else "",
        item_id=item_id,
        has_earlier=earlier_batch(snapshot, annotator, batch_id) is not None,
    )


def _items(
    snapshot: Snapshot,
    proposals: Sequence[Proposal],
    labeled: Mapping[str, Labeled | Event],
    again: Collection[str],
    annotator: str,
) -> tuple[CardItem, ...]:
    texts = snapshot.pool_words.pool.texts_of(proposal.item_id for proposal in proposals)
    proposals = [proposal for proposal in proposals if proposal.item_id in texts]
    skipped = skips(snapshot.logs.events, annotator)
    task = snapshot.workspace.task
    columns = _columns(snapshot, texts, task.show)
    before = _columns(snapshot, texts, (task.before,))
    events = snapshot.logs.events
    notes = {flag.item_id: flag.note for flag in flags(events)}
    own = {flag.item_id: flag.note for flag in flags(x for x in events if x.annotator == annotator)}
    predictions = _predictions(snapshot, proposals, texts)
    found = _found(snapshot, proposals, texts)
    given = {item: task.today(each.label) or each.label for item, each in labeled.items()}
    return tuple(
        CardItem(
            item_id=item,
            text=texts[item],
            label=given.get(item),
            labeled_at=labeled[item].labeled_at if item in labeled else "",
            adds=item not in again,
            skips=skipped[item],
            flag=(own if item in again else notes).get(item, ""),
            columns=tuple((name, value.strip()) for name, value in columns[item]),
            before=tuple(line for _, cell in before[item] for line in messages(cell)),
            found=found.get(item, ()),
            opinion=None if item in again else predictions.get(item),
        )
        for item in (proposal.item_id for proposal in proposals)
    )


def _labeled(
    snapshot: Snapshot, proposals: Sequence[Proposal], again: Collection[str], annotator: str
) -> dict[str, Labeled | Event]:
    """The label of each item that has one; of one asked again, what this person answered here."""
    labels, found = snapshot.labels, {}
    decisions = labels.words.adjudicated.values()
    own = {**labels.words.answered, **{(x.batch_id, x.item_id): x for x in decisions}}
    of_split = {split: {x.item_id: x for x in items} for split, items in labels.splits.items()}
    for proposal in proposals:
        said = of_split[proposal.split].get(proposal.item_id)
        if proposal.item_id in again:
            said = own.get((proposal.batch_id, proposal.item_id))
            said = said if said and said.annotator == annotator else None
        if said:
            found[said.item_id] = said
    return found


def values_in_order(snapshot: Snapshot, before: str) -> tuple[str, ...]:
    """The labels' values, those given most often before this moment first; empty if as they stand.

    What came later is not counted: nothing moves within a batch, whoever opens it again.
    """
    task = snapshot.workspace.task
    if not task.frequent_first:
        return ()
    answers = [item.label for item in snapshot.labels.items if not item.labeled_at]
    for event in snapshot.logs.events:
        if event.action == "label" and event.labeled_at < before:
            answers.append(event.label)
    given = Counter(
        value for answer in answers if (today := task.today(answer)) for value in task.chosen(today)
    )
    return tuple(sorted(task.values, key=lambda value: -given[value]))


def keys_in_order(labels: Sequence[Label], order: Sequence[str]) -> tuple[Label, ...]:
    """The labels; where some have no key, the first ones of this order have the digits."""
    if not order or all(label.key for label in labels):
        return tuple(labels)
    taken = {label.key for label in labels if label.key}
    digits = iter([digit for digit in DIGITS if digit in taken])
    keys = {label.value: label.key for label in labels if label.key not in {*DIGITS, ""}}
    for value in order:
        if value not in keys:
            keys[value] = next(digits, "")
    return tuple(replace(label, key=keys[label.value]) for label in labels)


def messages(cell: str) -> tuple[str, ...]:
    """The messages in a cell: those of a JSON list of texts, else the cell as it was typed."""
    if cell.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):  # no JSON, or half a surrogate pair in it
            found = json.loads(cell)
            is_list = isinstance(found, list) and len(found) <= MAX_MESSAGES
            if is_list and all(isinstance(each, str) for each in found):
                "".join(found).encode()
                return tuple(found)
    return (cell,)


def _columns(
    snapshot: Snapshot, item_ids: Collection[str], wanted: Collection[str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """What each item has in these columns of the pool, where it has anything."""
    pool = snapshot.pool_words.pool
    names = [name for name in wanted if name in pool.columns]
    at = pool.positions(item_ids) if names else {}
    rows = pool.table.select(names).take(pa.array(list(at.values()), pa.int64())).to_pylist()
    said = {
        item: tuple((name, value) for name, value in row.items() if (value or "").strip())
        for item, row in zip(at, rows, strict=True)
    }
    return {item: said.get(item, ()) for item in item_ids}


def _predictions(
    snapshot: Snapshot, proposals: Sequence[Proposal], texts: Mapping[str, str]
) -> dict[str, CardPrediction]:
    """What the run that chose the batch says of each item; nothing of held-out data, ever.

    Without the run's file, its encoder or a label, the log's prediction stands, without pushes.
    """
    task = snapshot.workspace.task
    chosen = [p for p in proposals if p.split == "training" and p.confidence is not None]
    chosen = [replace(p, predicted=is_now) for p in chosen if (is_now := task.today(p.predicted))]
    told = [Explanation(p.predicted, 0.0, ()) for p in chosen]
    run = next(
        (run for run in snapshot.logs.runs if chosen and run.run_id == chosen[0].run_id), None
    )
    values = {value for p in chosen for value in task.chosen(p.predicted)}
    if run and (model := runs.model(snapshot, run)) and values <= set(model.labels):
        with suppress(RunError):  # its encoder cannot be read any more, or a label is too rare
            told = explain(model, [texts[p.item_id] for p in chosen], [p.predicted for p in chosen])
    found = {}
    for p, each in zip(chosen, told, strict=True):
        why = reason(p.strategy, p.score)
        if each.whole:  # what the encoder adds to the words' pushes
            why += f" The whole text (encoder): {each.whole:+.2f} log-odds."
        if each.label != p.predicted:  # of several labels the likeliest one, or of none of them
            why += f" Marked: what speaks for {task.name_of(each.label)}."
        found[p.item_id] = CardPrediction(p.predicted, p.confidence, why, each.pieces)
    return found


def _found(
    snapshot: Snapshot, proposals: Sequence[Proposal], texts: Mapping[str, str]
) -> dict[str, Pieces]:
    """Each text in the pieces that kept searches find in it; nothing of held-out data, ever."""
    items = [proposal.item_id for proposal in proposals if proposal.split == "training"]
    with suppress(SearchError):  # the page Explore and the doctor tell of it
        if searches := [each for each in read_searches(snapshot.workspace) if each.color]:
            told = underlined(searches, [texts[item] for item in items])
            return dict(zip(items, told, strict=True))
    return {}


def _day(proposals: Sequence[Proposal], labeled: Mapping[str, Labeled | Event]) -> str:
    """The day of a batch's last label, else the day it was made, as people write it."""
    times = [labeled[p.item_id].labeled_at for p in proposals if p.item_id in labeled]
    moment = max([*times, ""]) or max((p.created_at for p in proposals), default="")
    try:
        return f"{datetime.fromisoformat(moment):%-d %B %Y}"
    except ValueError:
        return "an unknown day"
