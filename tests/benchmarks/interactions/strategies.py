"""What a person does on the Strategies page."""

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
)

STRATEGIES = f"strategies{PERSON}"


def seeding(visit: Visit) -> Iterator[Act]:
    visit.open(STRATEGIES)
    for seeds in range(6, 20):
        yield lambda seeds=seeds: hand.write(visit.page, "replay_seeds", str(seeds))


KINDS: dict[str, Kind] = {
    "open": arriving("strategies"),
    "size of the experiment": choosing(STRATEGIES, "experiment_size"),
    "ways of the replay": choosing(STRATEGIES, "replay_ways"),
    "models of the replay": choosing(STRATEGIES, "replay_models"),
    "seeds of the replay": seeding,
    "open, after a label": arriving_after_a_label("strategies"),
}


def ask_for_the_experiment(visit: Visit) -> Act:
    visit.open(STRATEGIES)
    return visit.press("experiment")
