"""The loop with known labels: an oracle labels in a person's place, through the same code."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from core.csvfile import read_rows
from core.errors import LoopError, WorkspaceError
from core.inbox import Inbox
from core.iteration import Batch, propose
from core.logs import Event, now
from core.loop import Loop, open_loop, read_loop
from core.runs import Progress, current_run, keep, silent, train
from core.workspace import create_workspace, open_workspace, refuse_contents

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"

ORACLE = "oracle.csv"
"""The true labels beside the sample; the app never reads them."""

ORACLE_NAME = "oracle"

DEMO_BATCHES = 8
"""Active-learning batches of the demo: enough for a learning curve."""


def read_oracle(path: Path) -> dict[str, str]:
    """The true label of each item id, from a CSV file with the header `item_id,text,label,…`."""
    rows = read_rows(path, path.name).rows
    if not rows or rows[0].fields[:3] != ["item_id", "text", "label"]:
        raise WorkspaceError(f"{path.name} line 1: the header is not item_id,text,label.")
    return {row.fields[0]: row.fields[2] for row in rows[1:]}


def make_demo(target: Path, *, batches: int = DEMO_BATCHES, progress: Progress = silent) -> Loop:
    """A workspace made from the sample, in which the oracle has labeled its way through the loop.

    Evaluation data, first training data, and so many active-learning batches; then a last run.
    The folder appears when it is complete. Raises WorkspaceError if it already holds something.
    """
    refuse_contents(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as beside:
            unfinished = Path(beside) / target.name
            _run_through(unfinished, batches, progress)
            unfinished.rename(target)
    except OSError as error:
        raise WorkspaceError(
            f"The demo {target} cannot be made: {error.strerror}. Choose another folder, or make "
            "room for it."
        ) from error
    return open_loop(target)


def _run_through(folder: Path, batches: int, progress: Progress) -> None:
    oracle = read_oracle(SAMPLE / ORACLE)
    pool_files = open_workspace(SAMPLE).pool_files()
    workspace = create_workspace(folder, SAMPLE / "task.toml", pool_files)
    inbox, loop, active = Inbox(workspace), read_loop(workspace), 0
    while loop.stage != "active learning" or active < batches:
        active += loop.stage == "active learning"
        progress(f"{loop.stage}: {_labeled(loop):,} labels")
        label_batch(inbox, propose(loop, ORACLE_NAME), oracle)
        loop = read_loop(workspace)
    if not current_run(loop):
        keep(loop, train(loop, progress=progress))


def label_batch(
    inbox: Inbox, batch: Batch, oracle: Mapping[str, str], moment: Callable[[], str] = now
) -> None:
    """Labels the whole batch as the oracle says, and saves it.

    How long a label took is left empty: nobody took any time.
    """
    events = [
        Event(
            event_id=f"{ORACLE_NAME}-{batch.batch_id}-{proposal.rank}",
            batch_id=batch.batch_id,
            item_id=proposal.item_id,
            action="label",
            label=oracle[proposal.item_id],
            annotator=ORACLE_NAME,
            labeled_at=moment(),
            seconds=None,
            assisted=False,
            note="",
        )
        for proposal in batch.proposals
    ]
    last = f"{ORACLE_NAME}-{batch.batch_id}-save"
    save = Event(last, batch.batch_id, "", "save", "", ORACLE_NAME, moment(), None, False, "")
    receipt = inbox.receive([*events, save])
    if receipt.refused:
        raise LoopError(f"The oracle's labels were refused: {receipt.refused[0][1]}")


def _labeled(loop: Loop) -> int:
    return sum(map(len, loop.labels.splits.values()))
