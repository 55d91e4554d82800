"""Findings about opinions: who is named, and who is not."""

import numpy as np
import pytest

from core.evaluation.check import LEAST_ITEMS, examine_opinions
from core.system.findings import Kind
from core.workspace.logs import append_records
from core.workspace.relabel import adjudicate
from core.workspace.snapshot import Snapshot
from core.workspace.task import SECOND_OPINION
from tests.conftest import MakeWorkspace, headlines
from tests.teams import Team
from tests.worlds import new_proposal


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    items = headlines(250)
    workspace = make_workspace([item[:2] for item in items])
    return Team(workspace.path, {item_id: label for item_id, _, label in items})


def give(team: Team, person: str, role: str, answers: dict[str, str], split="training") -> None:
    """The person was asked about these items, and said this."""
    batch_id = f"b-{person}-{split}-{role}"
    proposals = [new_proposal(batch_id, person, split, item, role) for item in answers]
    append_records(team.workspace.batches, proposals)
    for item, answer in answers.items():
        team.say(person, batch_id, item, answer)


def kinds(snapshot: Snapshot) -> list[Kind]:
    return [finding.kind for finding in examine_opinions(snapshot)]


def ids(number: int, start: int = 0) -> list[str]:
    return [f"i{at:04}" for at in range(start, start + number)]


def test_one_person_alone_is_told_nothing(team: Team):
    give(team, "ann", "random", dict.fromkeys(ids(10), "0"), "evaluation")
    assert kinds(team.snapshot) == []


def test_a_test_set_without_second_opinions_is_told_once_where_several_people_label(team: Team):
    give(team, "ann", "random", dict.fromkeys(ids(10), "0"), "evaluation")
    give(team, "bob", "random", dict.fromkeys(ids(10, 20), "0"), "evaluation")
    (finding,) = examine_opinions(team.snapshot)
    assert (finding.kind, finding.severity) == (Kind.BY_ONE_PERSON, "warning")
    assert "of the 20 test items" in finding.message
    assert "`overlap = 0.1` below `[quality]`" in finding.message
    give(team, "bob", SECOND_OPINION, {"i0003": "0"}, "evaluation")
    assert kinds(team.snapshot) == []


def differing(team: Team, number: int, wrong: int) -> list[str]:
    """Who is named if Ann, Bob and Eve label these items, and Eve says other labels of some."""
    give(team, "ann", "random", dict.fromkeys(ids(60), "0"))
    give(team, "bob", SECOND_OPINION, dict.fromkeys(ids(60), "0"))
    eve = {item: "1" if at < wrong else "0" for at, item in enumerate(ids(number))}
    give(team, "eve", SECOND_OPINION, eve)
    found = [x for x in examine_opinions(team.snapshot) if x.kind is Kind.UNLIKE_ALL]
    return [finding.message.split(": ")[1].split(" agrees")[0] for finding in found]


@pytest.mark.parametrize(
    ("number", "wrong", "named"),
    [
        (LEAST_ITEMS, LEAST_ITEMS, ["eve"]),
        (LEAST_ITEMS - 1, LEAST_ITEMS - 1, []),
        (60, 12, ["eve"]),
        (60, 1, []),
        (60, 0, []),
    ],
)
def test_who_disagrees_with_everyone_is_named(
    team: Team, number: int, wrong: int, named: list[str]
):
    assert differing(team, number, wrong) == named


def test_of_two_people_who_disagree_nobody_is_named(team: Team):
    give(team, "ann", "random", dict.fromkeys(ids(60), "0"))
    give(team, "bob", SECOND_OPINION, dict.fromkeys(ids(60), "1"))
    assert Kind.UNLIKE_ALL not in kinds(team.snapshot)


def test_the_hard_items_that_a_model_chose_say_nothing_of_a_person(team: Team):
    give(team, "ann", "low confidence", dict.fromkeys(ids(60), "0"))
    give(team, "bob", SECOND_OPINION, dict.fromkeys(ids(60), "0"))
    give(team, "eve", SECOND_OPINION, dict.fromkeys(ids(60), "1"))
    assert Kind.UNLIKE_ALL not in kinds(team.snapshot)


def test_people_who_err_alike_are_hardly_ever_named(make_workspace: MakeWorkspace):
    """Four people, each wrong in a fifth of 40 items: at most one run of twenty names somebody."""
    items = headlines(60)
    named = 0
    for seed in range(20):
        path = make_workspace([item[:2] for item in items]).path
        team = Team(path, {item_id: label for item_id, _, label in items}, seed=seed)
        draw = np.random.default_rng(seed)
        for person in ("ann", "bob", "eve", "max"):
            said = {item: str(int(draw.random() < 0.2)) for item in ids(40)}
            give(team, person, "random" if person == "ann" else SECOND_OPINION, said)
        named += Kind.UNLIKE_ALL in kinds(team.snapshot)
    assert named <= 1


def test_a_decision_is_told_if_nobody_else_has_an_opinion(team: Team):
    give(team, "ann", "random", dict.fromkeys(ids(3), "0"))
    for item, person in zip(ids(3), ("lea", "ann", "ann"), strict=True):
        adjudicate(team.workspace, team.inbox, item, "1", person)
    give(team, "bob", SECOND_OPINION, {"i0002": "0"})
    found = [x for x in examine_opinions(team.snapshot) if x.kind is Kind.LONE_DECISION]
    assert [finding.item_id for finding in found] == ["i0001"]
    adjudicate(team.workspace, team.inbox, "i0001", "", "ann")
    assert Kind.LONE_DECISION not in kinds(team.snapshot)
