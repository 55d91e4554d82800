"""What a person does on the Metrics page."""

from collections.abc import Iterator

from tests.benchmarks.interactions import gestures as hand
from tests.benchmarks.interactions.visit import (
    PERSON,
    Act,
    Kind,
    Visit,
    arriving,
    arriving_after_a_label,
    choosing,
    tab,
)

METRICS = f"metrics{PERSON}"


def viewing(at: int) -> Kind:
    """A view, each time of another run."""

    def kind(visit: Visit) -> Iterator[Act]:
        visit.open(METRICS)
        for run in hand.options(visit.page, "metrics_run"):
            visit.settle(lambda run=run: hand.choose(visit.page, "metrics_run", run))
            if at == 0:
                tab("metrics_view", 1)(visit)
            yield lambda: hand.pick(visit.page, "metrics_view", at)
            tab("metrics_view", 0)(visit)

    return kind


def sliding(visit: Visit) -> Iterator[Act]:
    visit.open(METRICS)
    tab("metrics_view", 1)(visit)
    while True:
        yield lambda: hand.nudge(visit.page, "metrics_cut")


KINDS: dict[str, Kind] = {
    "open": arriving("metrics"),
    "run": choosing(METRICS, "metrics_run"),
    "second run": choosing(METRICS, "metrics_other"),
    "label": choosing(METRICS, "metrics_label"),
    "Ranking": viewing(0),
    "Threshold": viewing(1),
    "Probabilities": viewing(2),
    "Worst errors": viewing(3),
    "threshold moved": sliding,
    "open, after a label": arriving_after_a_label("metrics"),
}
