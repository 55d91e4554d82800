"""What the Strategies and Review pages work out: yields, jobs; picks, agreement."""

from collections.abc import Callable
from pathlib import Path

from core.analysis import strategy_yield
from core.evaluation import stopping
from core.evaluation.agreement_report import agreement_report
from core.sampling import picks as sampling
from core.sampling.next_batch import Batch, preview
from core.system.jobs import Job
from core.workspace.snapshot import Snapshot
from pages.ui.cache import runs
from pages.ui.cache.keep import Slot, by_snapshot, kept

JOBS = 50  # kinds of work that are remembered with what came of them; the results stand on disk


@kept(lambda name, *_: name, most=JOBS)
def job(name: str, function: Callable[..., str | None], *arguments: object) -> Job:
    """The work of this name, one for the whole server: who asks for it sees how far it is."""
    return Job(function, *arguments)


chosen_labels = kept(by_snapshot)(strategy_yield.chosen_labels)
picks = kept(by_snapshot)(sampling.picks_of)
agreement = kept(by_snapshot)(agreement_report)


@kept(by_snapshot)
def estimate(snapshot: Snapshot) -> stopping.Estimate:
    return stopping.estimate(snapshot, [runs.report(snapshot, run) for run in snapshot.logs.runs])


@kept(by_snapshot)
def coming(snapshot: Snapshot) -> Slot[Batch]:
    return Slot(lambda progress: preview(snapshot, progress=progress))


@kept(lambda path: str(path), most=JOBS)
def taggings(path: Path) -> list[tuple[Job, object]]:
    """The last job that predicts for this workspace, with what it has to keep, once there is one.

    One for the whole server: whoever comes sees how far it is.
    """
    return []
