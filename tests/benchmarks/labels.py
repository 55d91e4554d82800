"""Many labels and long documents: seconds of training, scoring and choosing, and peaks of memory.

    python -m tests.benchmarks.labels

Training is what `train` does: the model, folds to calibrate it, thresholds and the report.
Features of the pool are in the cache by then, but for the long documents, whose features count.
Each row has a process of its own. The yardstick is one scikit-learn `LogisticRegression` (of
several labels, one for each) with its own stop, on the very rows of the model, without folds.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from core.evaluation.runs import labeled_texts, train
from core.features.base import Features
from core.features.sources import feature_source
from core.models.logistic import C
from core.models.pool_predictions import pool_probabilities
from core.sampling.mix import mixed
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.bank import bank_questions
from tests.benchmarks.scale import in_a_process
from tests.benchmarks.table import machine, print_table
from tests.conftest import write_csv
from tests.label_worlds import MANY, SEVERAL, items_of, task_text, with_labels

POOL, EVALUATION = 3_000, 500
MIX = {"random": 10, "low confidence": 80, "outlier": 10}
LONG, WORDS = 2_000, 2_000
Items = Sequence[tuple[str, ...]]


def made_up(kind: str, n_labels: int, n_training: int) -> Items:
    """(item_id, text, answer): a bank's questions of 77 labels, or texts with words of labels."""
    number = POOL + EVALUATION + n_training
    if n_labels == 77 and kind == MANY:
        return bank_questions(number)
    if n_labels == 77:
        first, second = np.array(bank_questions(2 * number)).reshape(2, number, 3).tolist()
        return [(a, f"{one}. {two}", "|".join(sorted({x, y})))
                for (a, one, x), (_, two, y) in zip(first, second, strict=True)]  # fmt: skip
    return items_of(kind, number, values=[f"t{at}q" for at in range(n_labels)])


def long_documents(n_labels: int) -> Items:
    """Texts of 2,000 words, of 30,000 that are more or less frequent, some their label's own."""
    draw, found = np.random.default_rng(1), []
    letters = np.array(list("abcdefghijklmnoprstuvw"))
    words = np.array(["".join(draw.choice(letters, draw.integers(3, 10))) for _ in range(30_000)])
    for at in range(LONG):
        label = at % n_labels
        text = words[draw.zipf(1.3, WORDS) % len(words)]
        text[draw.integers(0, WORDS, 20)] = f"theme{label}"
        found.append((f"d{at}", " ".join(text), f"t{label}q"))
    return found


def snapshot_of(folder: Path, kind: str, items: Items, n_training: int) -> Snapshot:
    """A workspace whose pool is all of the items that are not to be evaluated."""
    values = sorted({value for *_, answer in items for value in answer.split("|")} - {"-"})
    pool = items[:-EVALUATION] if len(items) > LONG else items
    write_csv(folder / "unlabeled_data" / "pool.csv", [["item_id", "text"], *(i[:2] for i in pool)])
    (folder / "task.toml").write_text(task_text(kind, values), encoding="utf-8")
    snapshot = read_snapshot(open_workspace(folder))
    return with_labels(snapshot, items[:n_training], items[len(pool) :])


def measured(kind: str, n_labels: int, n_training: int, is_long: bool) -> dict[str, float]:
    """Seconds of training, scoring and choosing, their CPU seconds, and the yardstick's."""
    items = long_documents(n_labels) if is_long else made_up(kind, n_labels, n_training)
    with TemporaryDirectory(prefix="sunlight-benchmark-") as parent:
        began, cpu = time.perf_counter(), time.process_time()
        snapshot = snapshot_of(Path(parent), kind, items, n_training)
        if not is_long:
            feature_source(snapshot, "linear").pool_rows(snapshot)
            began, cpu = time.perf_counter(), time.process_time()
        model = train(snapshot, name="linear").model
        probability = pool_probabilities(snapshot, model)
        mixed(snapshot, probability, MIX, np.random.default_rng(1))
        found = {"s": time.perf_counter() - began, "CPU s": time.process_time() - cpu}
        found["GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        if not is_long:
            labeled = labeled_texts(snapshot.labels.usable_training, snapshot.workspace.task)
            rows = model.source.rows(labeled.texts).features()
            found["yardstick"] = yardstick(rows, labeled.targets)
    return found


def yardstick(rows: Features, targets: np.ndarray) -> float:
    """CPU seconds of scikit-learn's minimum on these rows."""
    shape = len(rows), int(rows.bags.ids.max()) + 1
    columns = sparse.csr_matrix((rows.values, rows.bags.ids, rows.bags.offsets), shape)
    matrix = sparse.hstack([columns, rows.dense]).tocsr()
    began = time.process_time()
    for answer in targets.T if targets.ndim == 2 else [targets]:
        LogisticRegression(C=C, class_weight="balanced", max_iter=1_000).fit(matrix, answer)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory of many labels.")
    parser.add_argument("--labels", type=int, nargs="*", default=[4, 77, 200])
    rows = []
    for number in parser.parse_args().labels:
        training = 1_000 if number < 10 else 10_000
        for kind in (MANY, SEVERAL):
            rows.append((kind, number, training, False))
    rows.append((MANY, 4, 1_000, True))
    print(f"{machine()}\n")
    told = []
    for kind, number, training, is_long in rows:
        found, _ = in_a_process(measured, kind, number, training, is_long)
        what = f"{number} labels, {'several' if kind == SEVERAL else 'one'} a text"
        what = f"{LONG:,} texts of {WORDS:,} words, all" if is_long else what
        times = f"{found['CPU s'] / found['yardstick']:.1f}" if "yardstick" in found else ""
        figures = (f"{found[name]:.2f}" for name in ("s", "CPU s", "GiB"))
        told.append([what, f"{training:,}", *figures, times])
    print_table(["what", "training items", "s", "CPU s", "peak, GiB", "of scikit-learn"], told)


if __name__ == "__main__":
    main()
