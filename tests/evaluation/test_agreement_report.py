"""The figures of a workspace's opinions: by scikit-learn on the logs, and for known error rates."""

import csv
from collections import defaultdict
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from core.evaluation.agreement import macro_agreement
from core.evaluation.agreement_report import (
    Share,
    agreement_report,
    decided_otherwise,
    evaluation_opinions,
)
from core.evaluation.run_scores import EvaluationPredictions
from core.evaluation.runs import label_mask
from core.sampling.second_opinions import ask_about
from core.workspace.labels import Labeled
from core.workspace.logs import Proposal, append_records, now
from core.workspace.relabel import adjudicate
from core.workspace.task import REPEAT, SECOND_OPINION
from core.workspace.task_toml import default_task, parse_task
from tests.conftest import MakeWorkspace, headlines
from tests.evaluation.test_agreement import ratings
from tests.teams import Team

TASK = """
title = "Opinions"
seed = 7
[targets]
evaluation = 400
validation = 0
training = 40
[batch]
size = 30
[quality]
overlap = {overlap}
start = {start}
"""

ERRORS = {"ann": 0.05, "bob": 0.1, "eve": 0.2}


def team_of(
    make_workspace: MakeWorkspace, overlap: float = 1, start: int = 0, seed: int = 0
) -> Team:
    items = headlines(500)
    task = TASK.format(overlap=overlap, start=start)
    workspace = make_workspace([item[:2] for item in items], task=task)
    return Team(workspace.path, {x: label for x, _, label in items}, ERRORS, seed=seed)


def labeled_by(team: Team, rounds: int, people: str = "ann bob eve") -> Team:
    for _ in range(rounds):
        for person in people.split():
            team.label_batch(person)
    return team


def opinions_in_the_logs(team: Team) -> dict[str, dict[str, str]]:
    """What each person said of each item that somebody got as a second opinion, from the files."""
    with (team.path / "batches.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    again = {row["item_id"] for row in rows if row["strategy"] == SECOND_OPINION}
    said: dict[str, dict[str, str]] = defaultdict(dict)
    with (team.path / "annotations.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["action"] == "label" and row["item_id"] in again:
                said[row["item_id"]][row["annotator"]] = row["label"]
    return {item: by for item, by in said.items() if len(by) > 1}


def test_the_figures_are_those_of_scikit_learn_on_the_logs(make_workspace: MakeWorkspace):
    team = labeled_by(team_of(make_workspace, start=20), 3)
    found = agreement_report(team.snapshot)
    said = opinions_in_the_logs(team)
    assert set(found.ratings.item_ids) == set(said)
    assert found.agreement.n_items == len(said) > 100
    pairs = [(a, b) for by in said.values() for a in by for b in by if a < b]
    assert {(x.a, x.b): x.n for x in found.agreement.pairs} == {
        pair: pairs.count(pair) for pair in set(pairs)
    }
    for pair in found.agreement.pairs:
        one, other = zip(
            *((by[pair.a], by[pair.b]) for by in said.values() if {pair.a, pair.b} <= by.keys()),
            strict=True,
        )
        assert pair.percent.value == np.mean([a == b for a, b in zip(one, other, strict=True)])
        assert pair.kappa == pytest.approx(cohen_kappa_score(one, other))
    both = [(by[a], by[b]) for by in said.values() for a in by for b in by if a != b]
    one, other = zip(*both, strict=True)
    for label in ("0", "1"):
        expected = f1_score(one, other, pos_label=label)
        assert found.labels[label].value == pytest.approx(expected)
    assert found.positive == found.labels["1"]


def test_intervals_cover(make_workspace: MakeWorkspace):
    covered = []
    for seed in range(2):
        found = agreement_report(labeled_by(team_of(make_workspace, seed=seed), 3).snapshot)
        for pair in found.agreement.pairs:
            a, b = ERRORS[pair.a], ERRORS[pair.b]
            truth = (1 - a) * (1 - b) + a * b
            covered.append(pair.percent.low <= truth <= pair.percent.high)
    assert len(covered) == 6
    assert sum(covered) >= 5


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """Ann has labeled thirty evaluation items; nobody else has labeled anything."""
    return labeled_by(team_of(make_workspace, overlap=0), 1, "ann")


def asked_for(team: Team, batch_id: str, person: str, role: str, *item_ids: str) -> None:
    proposed = enumerate(item_ids, start=1)
    append_records(
        team.workspace.batches,
        [Proposal(batch_id, now(), "evaluation", person, at, item, role) for at, item in proposed],
    )


def first_items(team: Team, number: int) -> list[str]:
    return [item.item_id for item in team.snapshot.labels.splits["evaluation"]][:number]


def other(label: str) -> str:
    return {"0": "1", "1": "0"}[label]


def test_one_person_alone_has_no_figures(team: Team):
    found = agreement_report(team.snapshot)
    assert (found.agreement.n_items, found.agreement.n_people) == (0, 0)
    assert (found.positive, found.disputed) == (None, 0)
    assert found.repeats.interval is None
    (ann,) = found.people
    assert (ann.name, ann.labels, ann.seconds) == ("ann", 30, 1.0)
    assert (ann.positives.n, ann.is_unlike) == (30, False)


def test_opinions_that_were_asked_for_on_purpose_or_helped_count_nowhere(team: Team):
    items = first_items(team, 3)
    ask_about(team.workspace, items[:1])
    team.label_batch("bob", most=1)
    asked_for(team, "b8", "bob", SECOND_OPINION, *items[1:])
    team.say("bob", "b8", items[1], "1", assisted=True)
    team.say("bob", "b8", items[2], "1")
    found = agreement_report(team.snapshot)
    assert found.ratings.item_ids == (items[2],)
    assert [person.labels for person in found.people if person.name == "bob"] == [3]


def test_repeats_and_decisions_are_counted_for_each_person(team: Team):
    items = first_items(team, 4)
    labels = [team.snapshot.labels.by_id[item].label for item in items]
    asked_for(team, "b8", "ann", REPEAT, *items[:3])
    for item, label in zip(items[:2], labels, strict=False):
        team.say("ann", "b8", item, label)
    team.say("ann", "b8", items[2], other(labels[2]))
    asked_for(team, "b9", "bob", SECOND_OPINION, *items)
    for item, label in zip(items, labels, strict=True):
        team.say("bob", "b9", item, other(label))
    # Of the third, Ann's last word is now Bob's.
    assert agreement_report(team.snapshot).disputed == 3
    adjudicate(team.workspace, team.inbox, items[0], other(labels[0]), "lea", "slip")
    adjudicate(team.workspace, team.inbox, items[3], labels[3], "lea", "slip")
    found = agreement_report(team.snapshot)
    people = {person.name: person for person in found.people}
    assert (found.repeats, people["ann"].repeats) == (Share(2, 3), Share(2, 3))
    assert people["bob"].repeats == Share(0, 0)
    assert (people["ann"].decided, people["bob"].decided) == (Share(1, 2), Share(1, 2))
    assert (found.disputed, found.agreement.percent.value) == (1, 0)
    by_two, disputed = evaluation_opinions(team.snapshot.labels, team.workspace.task)
    assert by_two == 4
    assert disputed == {items[1]: ["0", "1"]}


def test_whoever_finds_far_more_positives_than_the_others_is_named(make_workspace: MakeWorkspace):
    team = team_of(make_workspace, overlap=0)
    team.errors = {"eve": 0.6}
    found = agreement_report(labeled_by(team, 1).snapshot)
    assert {person.name: person.is_unlike for person in found.people}["eve"]


CODES = np.random.default_rng(4).integers(-1, 4, (80, 3))
THREE = "".join(f'[[labels]]\nvalue = "{x}"\nfile = "{x}.csv"\n' for x in "abc")
TASKS = {
    "positive": default_task(),
    "equal labels": parse_task(THREE, "task.toml"),
    "several": parse_task(f"several = true\n{THREE}", "task.toml"),
}


def test_the_mean_over_labels_is_that_of_scikit_learn():
    found = macro_agreement(ratings(CODES), np.eye(4, dtype=bool))
    pairs = [(a, b) for row in CODES for a, b in permutations(row[row >= 0], 2)]
    one, other = zip(*pairs, strict=True)
    assert found.value == pytest.approx(f1_score(one, other, average="macro"))
    assert found.low < found.value < found.high
    alike = macro_agreement(ratings(np.repeat(CODES[:, :1], 2, axis=1)), np.eye(4, dtype=bool))
    assert (alike.value, alike.high) == (1, 1)
    assert 0.5 < alike.low < 1


@pytest.mark.parametrize("kind", TASKS)
def test_the_ends_of_the_score_are_those_of_all_ways_to_decide(kind: str):
    task, generator = TASKS[kind], np.random.default_rng(7)
    answers = task.values if not task.several else ["a", "b|c", "a|b", "-"]
    truth, said = (list(generator.choice(answers, 40)) for _ in range(2))
    items, called = ([Labeled(f"i{at}", "", x, "evaluation") for at, x in enumerate(of)]
                     for of in (truth, said))  # fmt: skip
    raw = np.zeros((40, len(task.values)))
    predictions = EvaluationPredictions(
        tuple(items), label_mask(items, task), label_mask(called, task), raw, raw
    )
    disputed = {f"i{at}": sorted(generator.choice(answers, 2, replace=False)) for at in range(7)}

    def score(decided: dict[str, str]) -> float:
        given = [replace(x, label=decided.get(x.item_id, x.label)) for x in items]
        actual = label_mask(given, task)
        if task.positive:
            at = task.positive_index
            return f1_score(actual[:, at], predictions.predicted[:, at])
        return f1_score(actual, predictions.predicted, average="macro", zero_division=0)

    ways = [score(dict(zip(disputed, way, strict=True))) for way in product(*disputed.values())]
    low, high = decided_otherwise(predictions, disputed, task)
    if task.positive:
        assert (low, high) == pytest.approx((min(ways), max(ways)))
    assert min(ways) - 1e-9 <= low <= min(ways) + 0.01
    assert max(ways) - 0.01 <= high <= max(ways) + 1e-9
    assert decided_otherwise(predictions, {}, task) == pytest.approx((score({}),) * 2)
