"""What the Quality page says of one person and of several."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.agreement_report import WHY_ALPHA_FALLS, agreement_report
from core.workspace.relabel import adjudicate
from core.workspace.task import SECOND_OPINION
from pages.ui.components.scores import interval_text
from tests.conftest import MakeWorkspace, headlines
from tests.evaluation.test_agreement_report import (
    asked_for,
    first_items,
    labeled_by,
    other,
    team_of,
)
from tests.pages.test_pages import open_page, open_tab
from tests.teams import Team


def told(page: AppTest) -> list[str]:
    """All sentences of the page."""
    assert not page.exception
    assert not page.error
    return [x.value for x in (*page.caption, *page.info, *page.markdown)]


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """Three people, each of whom labels 30 items first; all of them get a second opinion."""
    return labeled_by(team_of(make_workspace, start=10), 3)


def test_one_person_alone_reads_how_others_come_in(make_workspace: MakeWorkspace, monkeypatch):
    team = labeled_by(team_of(make_workspace, overlap=0), 1, "ann")
    page = open_page("quality", team.path, monkeypatch)
    (said, again) = [x.value for x in page.info]
    assert said.startswith("Only ann has labeled here")
    assert "More than one person" in said
    assert again.startswith("No random item has labels of two people yet")
    for tab, sentence in (("Start together", "New annotators can begin"), ("Disputed", "Nothing")):
        assert any(x.startswith(sentence) for x in told(open_tab(page, tab, "quality_tab")))
    open_tab(page, "People", "quality_tab")
    assert page.dataframe[0].value.to_dict("records")[0] | {"Annotator": "ann"} == {
        "Annotator": "ann", "Today": 0, "Labels": 30, "Seconds per label": 1.0,
        "Share of Disaster-related": interval_text(
            agreement_report(team.snapshot).people[0].positives.interval, ".0%"
        ),
    }  # fmt: skip


def test_agreement_stands_there_with_its_ranges(team: Team, monkeypatch):
    found = agreement_report(team.snapshot)
    page = open_page("quality", team.path, monkeypatch)
    said = told(page)
    shown = {each.label: (each.value, each.delta) for each in page.metric}
    percent, positive = found.agreement.percent, found.positive
    assert shown["Same label"] == (
        f"{percent.value:.0%}", f"{percent.low:.0%} to {percent.high:.0%}"
    )  # fmt: skip
    assert shown["On Disaster-related"][0] == f"{positive.value:.2f}"
    assert shown["Same again"][0] == "–"
    assert WHY_ALPHA_FALLS in said
    assert any("100 items give ± " in x and "400 items give ± " in x for x in said)
    pairs, labels, said_by = [each.value for each in page.dataframe]
    assert pairs["Items"].tolist() == [pair.n for pair in found.agreement.pairs]
    assert labels["Label"].tolist() == ["Disaster-related", "Not disaster-related"]
    assert said_by["another says"][0].startswith("Not disaster-related ")


def test_each_person_has_a_row_and_whoever_differs_a_sentence(
    make_workspace: MakeWorkspace, monkeypatch
):
    team = team_of(make_workspace)
    team.errors = {"eve": 0.6}
    labeled_by(team, 2)
    page = open_page("quality", team.path, monkeypatch)
    said = told(open_tab(page, "People", "quality_tab"))
    people = page.dataframe[0].value
    assert set(people["Annotator"]) == {"ann", "bob", "eve"}
    assert people["Labels"].sum() == len(team.snapshot.labels.words.opinions)
    (sentence,) = [x for x in said if x.startswith("eve says ")]
    assert "more often than the others on random items" in sentence


def test_the_items_to_start_with_show_who_said_what(team: Team, monkeypatch):
    snapshot = team.snapshot
    page = open_page("quality", team.path, monkeypatch)
    said = told(open_tab(page, "Start together", "quality_tab"))
    assert any(x.startswith("Everybody begins with the same 10 items") for x in said)
    html = "".join(each.proto.body for each in page.get("html"))
    first = first_items(team, 10)
    differing = [item for item in first if item in snapshot.labels.words.differing]
    assert differing
    for item in first:
        assert (snapshot.labels.by_id[item].text in html) == (item in differing)
    for opinion in snapshot.labels.words.by_item[differing[0]]:
        assert f"{opinion.annotator}: {team.workspace.task.name_of(opinion.answer)}" in html


def test_whoever_has_still_to_label_an_item_does_not_read_what_others_said(team: Team, monkeypatch):
    """Of the items to start with."""
    words = team.snapshot.labels.words
    (start, *_) = [x for x in first_items(team, 10) if x in words.differing]
    text_of = {x.item_id: x.text for x in team.snapshot.labels.splits["evaluation"]}
    asked_for(team, "b9", "max", SECOND_OPINION, start)
    for person, is_hidden in (("max", True), ("ann", False)):
        page = open_page("quality", team.path, monkeypatch, person)
        told(open_tab(page, "Start together", "quality_tab"))
        html = "".join(each.proto.body for each in page.get("html"))
        assert (text_of[start] not in html) == is_hidden


def test_disputed_items_are_counted_until_they_are_decided(
    make_workspace: MakeWorkspace, monkeypatch
):
    team = labeled_by(team_of(make_workspace, overlap=0), 1, "ann")
    (item,) = first_items(team, 1)
    label = team.snapshot.labels.by_id[item].label
    asked_for(team, "b9", "bob", SECOND_OPINION, item)
    team.say("bob", "b9", item, other(label))
    page = open_page("quality", team.path, monkeypatch)
    said = told(open_tab(page, "Disputed", "quality_tab"))
    assert any(x.startswith("1 item got different labels") for x in said)
    assert page.button(key="quality_decide")
    adjudicate(team.workspace, team.inbox, item, label, "ann", "slip")
    page.run()
    assert any(x.startswith("Nothing is disputed") for x in told(page))


def test_without_labels_the_page_says_what_to_do(workspace_path: Path, monkeypatch):
    page = open_page("quality", workspace_path, monkeypatch)
    assert told(page)


TASK = """
title = "Equal"
[targets]
evaluation = 40
validation = 0
training = 10
[batch]
size = 15
[quality]
overlap = 1
"""
EQUAL = "".join(f'[[labels]]\nvalue = "{x}"\nfile = "{x}.csv"\n' for x in "abc")


@pytest.mark.parametrize("several", [False, True])
def test_labels_of_equal_rank_have_a_mean_and_a_row_each(
    several: bool, make_workspace: MakeWorkspace, monkeypatch
):
    items = headlines(60)
    kind = "several = true\n" * several
    workspace = make_workspace([x[:2] for x in items], task=kind + TASK + EQUAL)
    answers = ["a", "b|c", "a|b", "-"] if several else ["a", "b", "c"]
    truth = {x: answers[at % len(answers)] for at, (x, *_) in enumerate(items)}
    team = labeled_by(Team(workspace.path, truth, {"bob": 0.2}), 2, "ann bob")
    found = agreement_report(team.snapshot)
    page = open_page("quality", team.path, monkeypatch)
    told(page)
    (mean,) = [each for each in page.metric if each.label == "On a label"]
    assert mean.value == f"{found.positive.value:.2f}"
    _, labels, said_by = [each.value for each in page.dataframe]
    assert labels["Label"].tolist() == ["a", "b", "c"]
    assert set(said_by["Where one person says"]) >= set(
        map(workspace.task.name_of, set(truth.values()))
    )
    told(open_tab(page, "People", "quality_tab"))
    assert page.dataframe[0].value.columns.tolist() == [
        "Annotator", "Today", "Labels", "Seconds per label",
    ]  # fmt: skip
