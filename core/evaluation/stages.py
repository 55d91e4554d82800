"""Which runs learned from random labels alone, and which from what a model had chosen."""

from core.workspace.snapshot import Loop
from core.workspace.task import NOT_RECORDED

RANDOM, ACTIVE = "random labels only", "active learning"

_BY_CHANCE = ("", "random", NOT_RECORDED)


def stages(loop: Loop) -> dict[str, str]:
    """The stage of each run's training data, by run id.

    It is active learning from the first label on that was given in a batch which a model had
    chosen. Rows of label files have no moment: one of another strategy than random, with no word in
    the log, makes every run one of active learning.
    """
    training = loop.labels.splits["training"]
    if any(not item.labeled_at and item.strategy not in _BY_CHANCE for item in training):
        return {run.run_id: ACTIVE for run in loop.logs.runs}
    chosen = {
        proposal.batch_id
        for proposal in loop.logs.proposals
        if proposal.split == "training" and proposal.run_id
    }
    moments = [
        event.labeled_at
        for event in loop.logs.events
        if event.action == "label" and event.batch_id in chosen
    ]
    first = min(moments, default=None)
    return {
        run.run_id: RANDOM if first is None or run.created_at <= first else ACTIVE
        for run in loop.logs.runs
    }
