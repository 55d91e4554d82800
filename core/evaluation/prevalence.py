"""How many positives there are, and how many have no label yet: from random labels alone.

Only items drawn by chance show the pool as it is, and the positives among them are counted, with
Wilson's interval: simple, honest, and there at once. Labels of items that active learning or a
person chose never enter: they hold far more positives than the pool. Nor does what a model says of
the pool, by its probabilities' sum or by expectation-maximization: it learned from chosen labels.
Its errors on random items can correct it (prediction-powered inference, Angelopoulos and others
2023), and intervals are then narrower; but that takes a second model, of random items alone, and
the features of a pool of which nothing is held out. `tests.benchmarks.prevalence` measures how
often the intervals hold the truth.
"""

from dataclasses import dataclass
from itertools import takewhile

from core.evaluation.intervals import Interval, wilson
from core.workspace.labels import Labeled
from core.workspace.snapshot import Snapshot


@dataclass(frozen=True)
class Prevalence:
    """The share of positives among all items, and what is left of them.

    `left` counts positives without a label, `found` those with one. `n_positive` of the `n_random`
    items that were drawn by chance are positive.
    """

    share: Interval
    left: Interval
    found: int
    n_positive: int
    n_random: int


def prevalence_of(snapshot: Snapshot, label: str) -> Prevalence:
    """The share of a label among the pool's distinct items and all labeled ones.

    The random items are evaluation and validation data, and the random training items from before
    a model first chose and a group was labeled in bulk: later ones were drawn from what was left.
    Nobody has looked at the labels that were given in bulk.
    """
    task, splits = snapshot.workspace.task, snapshot.labels.splits
    training, words = snapshot.labels.usable_training, snapshot.labels.words
    groups = {event.batch_id for event in words.bulk.values()}
    before = takewhile(lambda proposal: proposal.batch_id not in groups, snapshot.logs.proposals)
    batches = {"", *(proposal.batch_id for proposal in before)}
    held_out = [*splits["evaluation"], *splits["validation"]]
    by_chance = [x for x in training if x.strategy == "random" and x.confidence is None]
    drawn = [*held_out, *(item for item in by_chance if item.batch_id in batches)]
    labeled = [*held_out, *(item for item in training if item.item_id not in words.unseen)]
    in_bulk = [item for item in training if item.item_id in words.unseen]
    is_open = snapshot.candidates.copy()  # those that wait in a batch, too
    is_open[list(snapshot.pool_words.pool.positions(snapshot.waiting).values())] = True

    def positives(items: list[Labeled]) -> int:
        return sum(label in task.chosen(item.label) for item in items)

    return prevalence(
        positives(drawn),
        len(drawn),
        n_items=len(labeled) + len(in_bulk) + int(is_open.sum()),
        n_labeled=len(labeled),
        found=positives(labeled),
        in_bulk=positives(in_bulk),
    )


def prevalence(
    n_positive: int, n_random: int, *, n_items: int, n_labeled: int, found: int, in_bulk: int = 0
) -> Prevalence:
    """The share of positives among `n_items` items, `n_labeled` of which have a label.

    `n_positive` of `n_random` items drawn by chance are positive; `found` is the number of all
    positive labels that somebody gave to one item. Those given `in_bulk` count as found, but the
    share does not go by them.
    """
    share = _sampled(n_positive, n_random, n_items)
    # What is known cannot be otherwise: at least the positives that were found, and so on.
    least, most = found / max(n_items, 1), 1 - (n_labeled - found) / max(n_items, 1)
    ends = [min(max(end, least), most) for end in (share.value, share.low, share.high)]
    found += in_bulk
    left = Interval(*(max(end * n_items - found, 0.0) for end in ends))
    return Prevalence(Interval(*ends), left, found, n_positive, n_random)


def _sampled(n_positive: int, n_random: int, n_items: int) -> Interval:
    """The share with Wilson's interval for as many items as the sample is worth.

    It is a part of all items: the larger the part, the surer, and of all of them certain.
    """
    if not n_random:
        return wilson(0, 0)
    share = n_positive / n_random
    if n_random == n_items:
        return Interval(share, share, share)
    worth = n_random / (1 - n_random / n_items)
    return wilson(share * worth, worth)
