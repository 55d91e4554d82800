"""What *Label many* saves in a simulated loop, and what it costs in wrong labels.

    python -m tests.benchmarks.bulk --labeled CSV_OF_ITEM_ID_TEXT_LABEL

After the first random labels, groups are formed in three ways: the items most like one that was
labeled, those that hold one of its words, and those that the model is surest of. An oracle looks at
ten of each group, drawn at random. If all ten have one label, the others get it: so many keys are
saved, and so many of the labels are wrong.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.analysis.simulation import LabeledPool, Plan, by_mix, read_labeled, steps, write_labeled
from core.errors import LoopError
from core.models.neighbors import cosines, nearest
from core.models.pool_predictions import Predictions
from core.workspace.bulk import CHECKED
from core.workspace.task_toml import default_task
from tests.benchmarks.table import machine, print_table

SIZE, TRIES = 60, 40  # items of a group at most, and groups of each way and label


def groups(table: LabeledPool, seed: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """(way, label, rows) of each group, after 300 random labels and a model of them."""
    plan = Plan(initial=300, batch=1, iterations=0, evaluation=0.2)
    (step,) = steps(table, by_mix({"random": 1}, 1), "linear", seed, plan)
    snapshot, source = step.snapshot, step.trained.model.source
    words, draw = snapshot.pool_words, np.random.default_rng(seed)
    scores = Predictions(step.probability, step.trained.model.columns)
    free = np.flatnonzero(snapshot.candidates)
    for label in snapshot.workspace.task.values:
        known = [item for item in snapshot.labels.splits["training"] if item.label == label]
        for item in draw.permutation(np.array(known, object))[:TRIES]:
            likeness = cosines(source, [item.text], source.pool_rows(snapshot))
            try:
                yield "more like one", label, nearest(snapshot, likeness, SIZE)[0]
            except LoopError:
                continue
            word = str(draw.choice(item.text.split()))
            rows = np.intersect1d(words.holding(f'"{word}"'), free)
            yield "one of its words", label, draw.permutation(rows)[:SIZE]
        column = snapshot.workspace.task.values.index(label)
        surest = free[np.argsort(-scores.probability[free, column], kind="stable")]
        for at in range(TRIES):
            yield "the model is surest", label, surest[at * SIZE : (at + 1) * SIZE]


def main() -> None:
    parser = argparse.ArgumentParser(description="What labeling many at once saves and costs.")
    parser.add_argument("--labeled", type=Path, required=True, help="CSV of item_id,text,label")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    found = defaultdict(lambda: np.zeros(4, int))  # groups, passed, labels, wrong
    with TemporaryDirectory(prefix="sunlight-benchmark-") as folder:
        write_labeled(given.labeled, Path(folder), default_task())
        table = read_labeled(Path(folder), default_task())
        ids = table.snapshot.pool_words.pool.ids.to_pylist()
        for seed in range(given.seeds):
            draw = np.random.default_rng(seed)
            for way, label, rows in groups(table, seed):
                if len(rows) <= CHECKED:
                    continue
                is_label = np.array([table.oracle[ids[row]] == label for row in rows])
                is_label = draw.permutation(is_label)
                passed = bool(is_label[:CHECKED].all())
                rest = is_label[CHECKED:] if passed else is_label[:0]
                found[way, label] += (1, passed, len(rest), int((~rest).sum()))
    rows = [
        [*key, f"{passed} of {n}", f"{labels:,}", f"{wrong:,}", f"{wrong / max(labels, 1):.1%}"]
        for key, (n, passed, labels, wrong) in found.items()
    ]
    print(machine())
    print_table(["group", "label", "passed", "labels saved", "wrong", "share wrong"], rows)


if __name__ == "__main__":
    main()
