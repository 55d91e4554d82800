"""What the Strategies page works out: yields, representation, comparisons, jobs."""

from collections.abc import Callable

from core.analysis import replay, representation, strategy_comparison, strategy_yield
from core.analysis.estimate import compute_estimate
from core.analysis.representation import Column, Spread, WordComparison
from core.analysis.strategy_comparison import Groups
from core.system.jobs import Job
from core.workspace.snapshot import Snapshot
from pages.ui.cache.keep import by_snapshot, kept

JOBS = 50
"""Kinds of work that are remembered with what came of them; the results stand on disk."""

SIZES = 32
"""Comparisons of strategies that are kept, one for each number of labels."""


@kept(lambda name, *_: name, most=JOBS)
def job(name: str, function: Callable[..., str | None], *arguments: object) -> Job:
    """The work of this name, one for the whole server: who asks for it sees how far it is."""
    return Job(function, *arguments)


def estimate_job(snapshot: Snapshot) -> Job:
    """The work on the estimate of a workspace, that everybody sees."""
    path = snapshot.workspace.path
    return job(f"outlook of {path}", compute_estimate, path)


chosen_labels = kept(by_snapshot)(strategy_yield.chosen_labels)
"""What each strategy brought in, label by label."""

known = kept(by_snapshot)(replay.known)
"""What a replay of this state of the loop can go by."""

experiment = kept(by_snapshot, most=SIZES)(strategy_comparison.prepare)
"""What is to be trained at a size. Raises LoopError where there is nothing to compare."""


@kept(by_snapshot)
def experiment_groups(snapshot: Snapshot) -> Groups:
    """Which strategies have brought in enough to be compared."""
    return strategy_comparison.find_groups(snapshot.labels.usable_training())


@kept(by_snapshot)
def spreads(snapshot: Snapshot) -> list[Spread]:
    """How lengths, and columns of the pool, of the training data differ from the pool's."""
    columns = _comparable_columns(snapshot)
    found = (representation.column_spread(snapshot, column) for column in columns)
    return [representation.length_spread(snapshot), *found]


@kept(lambda snapshot: snapshot.pool_words.pool.key)
def _comparable_columns(snapshot: Snapshot) -> list[Column]:
    return representation.comparable_columns(snapshot.pool_words.pool)


@kept(by_snapshot)
def word_comparisons(snapshot: Snapshot) -> dict[str, WordComparison]:
    """How the words of each strategy's training data differ from the pool's."""
    groups = representation.groups(snapshot.labels.usable_training())
    words = representation.vocabulary(snapshot)
    return {name: representation.compare_words(words, rows) for name, rows in groups.items()}
