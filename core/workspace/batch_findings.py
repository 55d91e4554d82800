"""What is amiss with batches and the evaluation data: a part of the doctor's examination."""

from collections.abc import Iterator

from core.pool.csv_files import POOL_FOLDER
from core.system.findings import Finding
from core.workspace.check import HELD_OUT
from core.workspace.labels import labels_hash
from core.workspace.logs import Proposal
from core.workspace.snapshot import Loop
from core.workspace.task import SUNLIGHT

NAMED = 10
"""Runs that a message names before it only counts."""

RANDOM = "random"
"""The one strategy that held-out data may come from."""


def examine_batches(loop: Loop) -> Iterator[Finding]:
    """Proposed items that are gone, held-out data not drawn at random, or late, or changed."""
    yield from _gone(loop)
    yield from _chosen(loop)
    yield from _late(loop)
    yield from _changed(loop)


def _gone(loop: Loop) -> Iterator[Finding]:
    name = loop.workspace.batches.name
    proposed = [proposal.item_id for proposal in loop.logs.proposals]
    known = loop.pool_words.pool.positions(proposed)
    told = loop.labels.ids() | {finding.item_id for finding in loop.labels.findings}
    for item_id in dict.fromkeys(proposed):
        if item_id not in known and item_id not in told:
            message = (
                f"{name}: item `{item_id}` was proposed, but the pool no longer has it. Put its "
                f"file back into {POOL_FOLDER}/."
            )
            yield Finding("error", "missing item", name, None, item_id, message)


def _chosen(loop: Loop) -> Iterator[Finding]:
    """Held-out items that something other than chance has chosen."""
    name, told = loop.workspace.batches.name, set()
    for item in (item for split in HELD_OUT for item in loop.labels.splits[split]):
        if item.strategy not in ("", RANDOM):
            told.add(item.item_id)
            yield _not_random(item.item_id, item.split, item.strategy, item.file or name, item.line)
    for proposal in loop.logs.proposals:
        if (
            proposal.split in HELD_OUT
            and proposal.strategy != RANDOM
            and proposal.item_id not in told
        ):
            yield _not_random(proposal.item_id, proposal.split, proposal.strategy, name, None)


def _not_random(item_id: str, split: str, strategy: str, file: str, line: int | None) -> Finding:
    place = file if line is None else f"{file} line {line}"
    message = (
        f"{place}: {split} item `{item_id}` was chosen by `{strategy}`, not at random. Scores are "
        "off by what that prefers; measure by random items only, in a new workspace."
    )
    return Finding("warning", "evaluation not random", file, line, item_id, message)


def _late(loop: Loop) -> Iterator[Finding]:
    """Held-out batches that were drawn when strategies or a model had taken their items already.

    By hand people take an item here and there: that makes no batch late. A batch that was handed
    over was drawn when its items were proposed first.
    """
    name, runs = loop.workspace.batches.name, loop.logs.runs
    first_run = min((run.created_at for run in runs), default=None)
    seen: set[str] = set()
    told: set[str] = set()
    chosen_before = ""
    for proposal in loop.logs.proposals:
        is_new = proposal.item_id not in seen
        seen.add(proposal.item_id)
        if proposal.split not in HELD_OUT:
            if proposal.strategy not in (RANDOM, SUNLIGHT):
                chosen_before = chosen_before or proposal.batch_id
            continue
        after_run = first_run is not None and proposal.created_at > first_run
        if is_new and (chosen_before or after_run) and proposal.batch_id not in told:
            told.add(proposal.batch_id)
            yield _drawn_late(proposal, name, chosen_before or "the first run")


def _drawn_late(proposal: Proposal, name: str, before: str) -> Finding:
    message = (
        f"{name}: {proposal.batch_id} was drawn for {proposal.split} after {before}. What was "
        "chosen before is lacking in it: its scores are of the rest of the pool. Draw held-out "
        "data first, next time."
    )
    return Finding("warning", "evaluation drawn late", name, None, None, message)


def _changed(loop: Loop) -> Iterator[Finding]:
    """One finding for all runs that were measured by other evaluation data than today's."""
    today = labels_hash(loop.labels.splits["evaluation"], loop.workspace.task.values)
    runs = [run for run in loop.logs.runs if run.n_evaluation and run.evaluation_hash != today]
    if not runs:
        return
    names = ", ".join(run.run_id for run in runs[:NAMED])
    more = f" and {len(runs) - NAMED:,} more" if len(runs) > NAMED else ""
    message = (
        f"runs.csv: {names}{more} were measured by other evaluation data than today's. Their "
        "scores are not to be compared with newer ones; the curve on Metrics breaks there."
    )
    yield Finding("warning", "evaluation changed", "runs.csv", None, None, message)
