"""Labels until a rare label has been found: at random, by kept searches, by likeness, by both.

    python -m tests.benchmarks.starts --labeled CSV [--searches FILE] [--seeds 8]

Positives of the table are thinned until they are 1% and 0.2% of it. Test data and batches of twenty
are drawn as the app draws first training data, no model chooses, and labels are counted until ten
positives are found, or half of those that are left beside the test data.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from core.analysis import simulation
from core.sampling import rare_labels
from core.sampling.next_batch import first_picks
from core.workspace.layout import SEARCHES
from core.workspace.task_toml import default_task
from tests.benchmarks.learning import SHARES, thinned
from tests.benchmarks.table import machine, print_table

MOST = 1_500  # labels after which a start counts as failed
BATCH, WANTED = 20, 10


def main() -> None:
    parser = argparse.ArgumentParser(description="Labels until a rare label is found.")
    parser.add_argument("--labeled", type=Path, required=True, help="CSV of item_id,text,label")
    parser.add_argument("--searches", type=Path, help="a searches.toml")
    parser.add_argument("--seeds", type=int, default=8)
    given = parser.parse_args()
    print(machine())
    task = default_task()
    for share in SHARES:
        with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
            labeled = Path(folder) / "labeled.csv"
            labeled.write_bytes(thinned(given.labeled.read_bytes(), share, "1"))
            home = Path(folder) / "workspace"
            home.mkdir()
            simulation.write_labeled(labeled, home, task)
            n_items = len(simulation.read_oracle(home / simulation.ORACLE))
            plan = simulation.Plan(BATCH, BATCH)
            wanted = min(WANTED, round(share * n_items * (1 - plan.evaluation) / 2))
            rows = []
            for name, start, searches, by_likeness in _kinds(given.searches):
                (home / SEARCHES).write_bytes(searches)
                with _likeness(by_likeness):
                    table = simulation.read_labeled(home, replace(task, rare_start=start))
                    found = [labels_until(table, plan, seed, wanted) for seed in range(given.seeds)]
                told = "never" if median(found) > MOST else f"{median(found):,.0f}"
                rows.append([name, told, sum(n <= MOST for n in found), min(found), max(found)])
            print(f"\n{share:.1%} of {n_items:,} items are positive; {given.seeds} seeds\n")
            head = ["start", f"labels until {wanted}, median", f"within {MOST:,}", "least", "most"]
            print_table(head, rows)


def _kinds(searches: Path | None) -> Iterator[tuple[str, float, bytes, bool]]:
    """(name, share of `matches`, kept searches, whether likeness counts)."""
    yield "random", 0.0, b"", False
    yield "half by likeness", 0.5, b"", True
    if searches:
        yield "half by searches", 0.5, searches.read_bytes(), False
        yield "half by both", 0.5, searches.read_bytes(), True


@contextmanager
def _likeness(counts: bool) -> Iterator[None]:
    """Without it a start has no examples."""
    if counts:
        yield
    else:
        with patch.object(rare_labels, "_examples", lambda snapshot: []):
            yield


def labels_until(
    table: simulation.LabeledPool, plan: simulation.Plan, seed: int, wanted: int
) -> int:
    """Training labels when so many positives were among them; above `MOST`: never."""
    snapshot = simulation.held_out(table, seed, plan)
    for turn in range(MOST // plan.batch):
        generator = np.random.default_rng(seed + 1 + turn)
        picks = first_picks(snapshot, plan.batch, "training", generator)
        snapshot = simulation.with_labels(snapshot, table.oracle, "training", picks, None)
        labels = [item.label for item in snapshot.labels.usable_training]
        if labels.count("1") >= wanted:
            return len(labels)
    return MOST + 1


if __name__ == "__main__":
    main()
