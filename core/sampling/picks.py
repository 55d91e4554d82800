"""What the model asked for: the picks of a batch, by strategy."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from core.sampling.catalog import CATALOG
from core.sampling.next_batch import Batch
from core.workspace.logs import Proposal
from core.workspace.snapshot import Snapshot


@dataclass(frozen=True)
class Pick:
    """An item that a model's strategy chose, with its text and the label it has now, if any."""

    proposal: Proposal
    text: str
    label: str


def picks_of(snapshot: Snapshot) -> list[Pick]:
    """Every training item that a model chose, in the order of the log, with its label of today.

    An item that was handed over stands once, in the batch that proposed it last; items whose text
    is in no file now are left out.
    """
    labeled = {item.item_id: item for item in snapshot.labels.items}
    chosen = {p.item_id: p for p in snapshot.logs.proposals if p.run_id and p.split == "training"}
    texts = snapshot.pool_words.pool.texts_of(chosen)
    return [
        Pick(p, texts.get(item) or labeled[item].text, getattr(labeled.get(item), "label", ""))
        for item, p in chosen.items()
        if item in texts or item in labeled
    ]


def picks_in(batch: Batch) -> list[Pick]:
    """The picks of a batch that a model would propose; none where items are drawn at random."""
    if not batch.run_id:
        return []
    return [Pick(p, text, "") for p, text in zip(batch.proposals, batch.texts, strict=True)]


def by_strategy(picks: Iterable[Pick], strategy: str) -> list[Pick]:
    """The picks of one strategy, lowest score first."""
    found = [pick for pick in picks if pick.proposal.strategy == strategy]

    def rank(pick: Pick) -> tuple[float, str, int]:
        of = pick.proposal
        return math.inf if of.score is None else of.score, of.batch_id, of.rank

    return sorted(found, key=rank)


def strategies_of(picks: Iterable[Pick]) -> list[str]:
    """The strategies that these picks came from, in the order in which a batch is filled."""
    present = {pick.proposal.strategy for pick in picks}
    known = [name for name in CATALOG if name in present]
    return [*known, *sorted(present - set(known))]
