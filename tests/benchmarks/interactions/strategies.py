"""What a person does on the Strategies page."""

from tests.benchmarks.interactions.visit import (
    PERSON,
    Act,
    Kind,
    Visit,
    arriving,
    arriving_after_a_label,
    choosing,
)

STRATEGIES = f"strategies{PERSON}"

KINDS: dict[str, Kind] = {
    "open": arriving("strategies"),
    "size of the experiment": choosing(STRATEGIES, "experiment_size"),
    "open, after a label": arriving_after_a_label("strategies"),
}


def ask_for_the_experiment(visit: Visit) -> Act:
    visit.open(STRATEGIES)
    return visit.press("experiment")
