"""The command `agreement`, as a person or a program calls it."""

import pytest

from core.evaluation.agreement_report import WHY_ALPHA_FALLS
from core.workspace.task import REPEAT, SECOND_OPINION
from tests.cli.test_workspace_commands import answer, run
from tests.conftest import MakeWorkspace
from tests.evaluation.test_agreement_report import asked_for, first_items, labeled_by, team_of
from tests.teams import Team


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """Ann has labeled 30 items of which half are positive, and 10 again; Bob 20 of them."""
    team = team_of(make_workspace, overlap=0)
    team.truth = {item: str(at % 2) for at, item in enumerate(team.truth)}
    team.errors = {}
    labeled_by(team, 1, "ann")
    items = first_items(team, 20)
    for role, person, number in ((SECOND_OPINION, "bob", 20), (REPEAT, "ann", 10)):
        asked_for(team, f"b{number}", person, role, *items[:number])
        for item in items[:number]:
            team.say(person, f"b{number}", item, team.truth[item])
    return team


def test_a_program_gets_these_keys(team: Team):
    items = first_items(team, 20)
    team.say("bob", "b20", items[0], {"0": "1", "1": "0"}[team.truth[items[0]]])
    found = answer("agreement", "--data", team.path)
    assert list(found) == [
        "n_items", "n_people", "percent", "alpha", "ac1", "positive", "pairs", "repeats",
        "disputed",
    ]  # fmt: skip
    for name in ("percent", "alpha", "ac1", "positive"):
        assert list(found[name]) == ["value", "low", "high"]
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
    (pair,) = found["pairs"]
    assert list(pair) == ["a", "b", "n", "percent", "kappa"]
    assert (pair["a"], pair["b"], pair["n"], pair["percent"]) == ("ann", "bob", 20, 0.95)
    assert list(found["repeats"]) == ["value", "low", "high", "n"]
    assert (found["repeats"]["value"], found["repeats"]["n"]) == (1, 10)
    assert (found["n_items"], found["n_people"], found["disputed"]) == (20, 2, 1)
    assert found["percent"]["value"] == 0.95


def test_a_person_reads_sentences_with_what_is_thin(team: Team):
    lines = run("agreement", "--data", team.path).stdout.splitlines()
    assert lines[0] == "2 people, two or more on each of 20 items, thin"
    assert lines[1].startswith("share that agrees: 1.00 (0.8")
    assert "F on Disaster-related: 1.00 (" in "\n".join(lines)
    assert any(line.startswith("ann and bob: 1.00 (") and "thin" in line for line in lines)
    assert any(line.startswith("asked again, people say the same: 1.00") for line in lines)
    assert lines[-1] == WHY_ALPHA_FALLS


def test_one_person_alone_has_no_figures(make_workspace: MakeWorkspace):
    team = labeled_by(team_of(make_workspace, overlap=0), 1, "ann")
    found = answer("agreement", "--data", team.path)
    assert found == dict.fromkeys(("percent", "alpha", "ac1", "positive", "repeats")) | {
        "n_items": 0, "n_people": 0, "pairs": [], "disputed": 0,
    }  # fmt: skip
    told = run("agreement", "--data", team.path).stdout
    assert told.startswith("no random item has labels of two people yet\n")
