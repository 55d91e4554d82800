"""What the views of the Metrics page look at: a run, a second one beside it, and a label."""

from dataclasses import dataclass

import numpy as np

from core.evaluation.run_scores import EvaluationPredictions
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui.cache import runs
from pages.ui.components.messages import say_empty


@dataclass(frozen=True)
class Look:
    """What is looked at: a run's answers, perhaps a second run's, one label against the others."""

    snapshot: Snapshot
    run: Run
    answers: EvaluationPredictions
    other: Run | None
    other_answers: EvaluationPredictions | None
    label: int

    @property
    def task(self) -> Task:
        return self.snapshot.workspace.task

    @property
    def name(self) -> str:
        """The label's name."""
        return self.task.labels[self.label].name

    @property
    def actual(self) -> np.ndarray:
        return self.answers.actual(self.label)

    @property
    def score(self) -> np.ndarray:
        """P(label) of each item, not calibrated."""
        return self.answers.raw[:, self.label]


def look_at(snapshot: Snapshot, run: Run, other: Run | None, label: int) -> Look | None:
    """What both runs say; None if nobody knows what the first one says."""
    answers = runs.evaluation_predictions(snapshot, run)
    if answers is None:
        return None
    beside = runs.evaluation_predictions(snapshot, other) if other else None
    return Look(snapshot, run, answers, other, beside, label)


def can_rank(look: Look) -> bool:
    """Whether curves can be drawn; says why where they cannot."""
    if not look.answers.knows(look.label):
        say_empty(
            f"The report of {look.run.run_id} keeps no probabilities of {look.name}, and its model "
            "is gone. Train again to see them."
        )
        return False
    if look.actual.all() or not look.actual.any():
        say_empty(
            "Curves need evaluation items of both kinds: with the label and without. Label more "
            "evaluation data."
        )
        return False
    return True
