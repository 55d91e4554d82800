"""How many labels a new task asks for before the model chooses, by the size of its pool."""

from core.workspace.task import SPLITS

STEPS = ((100_000, 1_200, 400), (30_000, 600, 300), (10_000, 200, 200), (0, 60, 150))
"""(least number of items, test items, first training items); the chapter's numbers come first.

How sure a score is goes by the test items alone: 95% intervals of a share of one half are 13 points
wide to either side with 60 of them, 7 with 200, 4 with 600, 3 with 1,200. A small pool has fewer
labels to gain than a good measure of them would cost.
"""

LABELS_A_MINUTE = 10
"""What people give at first, who have to read and to decide."""


def first_targets(n_items: int) -> dict[str, int]:
    """The target of each split; of a very small pool a fifth for the test, half to learn from."""
    _, test, training = next(step for step in STEPS if n_items >= step[0])
    wanted = {"evaluation": min(test, n_items // 5), "training": min(training, n_items // 2)}
    return {split: wanted.get(split, 0) for split in SPLITS}


def minutes_to_label(labels: int) -> int:
    """About how long these labels take, at least a minute."""
    return max(1, round(labels / LABELS_A_MINUTE))
