"""Second opinions on the card: nothing of what others said, and nothing that counts as a label."""

import re
from html import unescape
from itertools import cycle
from pathlib import Path
from random import Random

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sklearn.metrics import accuracy_score, cohen_kappa_score

from core.evaluation.agreement import Ratings, agreement
from core.query.filters import Filters
from core.sampling.second_opinions import ask_about, ask_about_random
from core.workspace.assignment import earlier_batch
from core.workspace.layout import Workspace, open_workspace
from core.workspace.opinions import FIRST
from core.workspace.relabel import adjudicate
from core.workspace.snapshot import read_snapshot
from core.workspace.task import SECOND_OPINION
from pages.ui.card import CardBatch
from pages.ui.card.batch_data import card_batch
from pages.ui.sunlight.selection import SELECTED
from tests.browser import all_saved, events, gone_on, heard, label_rows, press, shown
from tests.conftest import MakeWorkspace, NewContext, Show, headlines, write_csv
from tests.pages.test_card import annotate, progress
from tests.pages.test_sunlight import open_page as explore
from tests.server import Site
from tests.teams import Team

NUMBER = 40
TASK = f"""
title = "Two people"
seed = 7
[targets]
evaluation = {NUMBER}
training = 20
[batch]
size = {NUMBER}
[quality]
"""
ANN, NOTE = "Annabel Quill", "ask the desk about this one"

SENT = "() => window.sunlightCards.mounted.data"


def make(folder: Path, quality: str) -> Workspace:
    write_csv(folder / "unlabeled_data" / "pool.csv", [item[:2] for item in headlines(200)])
    (folder / "task.toml").write_text(TASK + quality)
    return open_workspace(folder)


def received(page: Page) -> list[bytes]:
    """What the server tells this page from now on, frame by frame."""
    frames: list[bytes] = []

    def note(frame: str | bytes) -> None:
        frames.append(frame if isinstance(frame, bytes) else frame.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    return frames


def answers(workspace: Workspace, annotator: str, items: list[str]) -> list[str]:
    """The last label that a person gave each of these items, by the rows of the log alone."""
    last = {x["item_id"]: x["label"] for x in events(workspace) if x["annotator"] == annotator}
    return [last[item] for item in items]


def labeled_at_random(page: Page, draw: Random, number: int) -> list[str]:
    return [item for _ in range(number) for item in press(page, draw.choice("01"))]


@pytest.mark.browser
@pytest.mark.parametrize("quality", [f"start = {NUMBER}", "overlap = 1"])
def test_two_people_label_the_same_items_blind(
    new_context: NewContext, place: Path, show: Show, quality: str
):
    workspace, draw = make(place, quality), Random(3)
    site: Site = show(workspace)
    page = annotate(new_context(), site, ANN)
    page.keyboard.press("f")
    page.get_by_test_id("flag-note").fill(NOTE)
    page.keyboard.press("Enter")
    first = labeled_at_random(page, draw, NUMBER)
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    page.keyboard.press("Enter")
    gone_on(page, "batch-0002")
    before = label_rows(workspace, "evaluation")

    page = new_context().new_page()
    frames = received(page)
    page.goto(site.at("annotate", "annotator=bob"))
    shown(page)
    sent = page.evaluate(SENT)
    told = b"".join(frames)
    again = [item["item_id"] for item in sent["items"] if not item["adds"]]
    assert sorted(again) == sorted(first)
    assert first[0].encode() in told
    assert set(re.findall(rb'"label": ?([^,}]+)', told)) == {b"null"}
    assert [item["label"] for item in sent["items"]] == [None] * len(sent["items"])
    assert {(item["flag"], item["labeled_at"]) for item in sent["items"]} == {("", "")}
    assert all(item["opinion"] is None for item in sent["items"])
    for secret in (ANN, NOTE, *(event["labeled_at"] for event in events(workspace))):
        assert secret.encode() not in told

    head = page.locator(".sl-split")
    given = labeled_at_random(page, draw, 5)
    # Opinions are none of the labels that the split asks for.
    own = len({*given} - {*again})
    expect(head).to_contain_text(f"training data: {own} of 20 labels")
    all_saved(page)
    page.reload()
    shown(page)
    expect(head).to_contain_text(f"training data: {own} of 20 labels")
    expect(page.get_by_test_id("figures")).to_contain_text("5 today")
    expect(progress(page)).to_have_text(f"6 of {len(sent['items'])}")
    labeled_at_random(page, draw, len(sent["items"]) - 5)
    expect(page.get_by_test_id("batch-end")).to_be_visible()
    page.keyboard.press("Enter")
    gone_on(page, "batch-0004")

    assert (
        label_rows(workspace, "evaluation")
        == before
        == dict(zip(first, answers(workspace, ANN, first), strict=True))
    )
    opinions = read_snapshot(workspace).labels.words.opinions
    said = {(x.annotator, x.item_id): x.answer for x in opinions if x.item_id in first}
    assert {x.role for x in opinions if x.annotator == "bob" and x.item_id in first} == {
        SECOND_OPINION
    }
    assert {x.role for x in opinions if x.annotator == ANN} == {FIRST}
    codes = np.array([[int(said[who, item]) for who in (ANN, "bob")] for item in first])
    (pair,) = agreement(Ratings(tuple(first), (ANN, "bob"), ("0", "1"), codes)).pairs
    columns = [answers(workspace, who, first) for who in (ANN, "bob")]
    assert 0 < accuracy_score(*columns) < 1
    assert (pair.n, pair.percent.value) == (NUMBER, pytest.approx(accuracy_score(*columns)))
    assert pair.kappa == pytest.approx(cohen_kappa_score(*columns))


@pytest.mark.browser
def test_a_set_of_second_opinions_is_labeled_left_and_gone_back_in(
    new_context: NewContext, place: Path, show: Show
):
    workspace = make(place, "")
    team = Team(workspace.path, {item_id: label for item_id, _, label in headlines(200)})
    team.label_batch(ANN)
    team.label_batch("bob")
    assert ask_about_random(team.workspace, 16) == 16
    site = show(workspace)
    page = annotate(new_context(), site, ANN)
    head, end = page.locator(".sl-split"), page.get_by_test_id("batch-end")
    expect(head).to_have_text("Second opinions 4")
    page.keyboard.press("m")
    expect(page.locator(".sl-live")).to_contain_text("There are no predictions")
    asked = [item["item_id"] for item in page.evaluate(SENT)["items"]]
    given = press(page, "1", 2)
    page.keyboard.press("2")  # the second one back again
    assert shown(page) == given[1]
    page.keyboard.press("k")
    page.keyboard.press("s")  # half of it is done: a pause
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    heard(page, "enter")
    page.keyboard.press("Enter")
    left = [item for item in asked if item != given[0]]
    assert shown(page) in left
    for key in cycle("01"):
        if end.is_visible():
            break
        press(page, key)
    expect(end).to_contain_text(f"All {len(asked)} labeled")
    all_saved(page)
    page.keyboard.press("Enter")
    gone_on(page, "batch-0005")
    page.keyboard.press("2")
    expect(end).to_contain_text("Second opinions 4, labeled on")
    mine = dict(zip(asked, answers(workspace, ANN, asked), strict=True))
    sent = {item["item_id"]: item["label"] for item in page.evaluate(SENT)["items"]}
    assert sent == mine
    assert page.get_by_test_id("end-item").count() == len(asked)


def team_of(make_workspace: MakeWorkspace) -> Team:
    items = headlines(60)
    task = TASK.replace(f"= {NUMBER}", "= 10")
    workspace = make_workspace([item[:2] for item in items], task=task)
    return Team(workspace.path, {item_id: label for item_id, _, label in items})


def card(team: Team, batch_id: str, person: str) -> CardBatch:
    return card_batch(team.snapshot, batch_id, person)


def labels_on(batch: CardBatch) -> dict[str, str]:
    return {item.item_id: item.label for item in batch.items if item.label is not None}


def test_the_card_has_each_persons_own_answer_and_flag_alone(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    first = team.label_batch(ANN)
    items = team.held_by(first)
    for item in items[:2]:
        team.say(ANN, first, item, action="flag", note=NOTE)
    assert ask_about(team.workspace, items, people=3) == len(items)
    (of_bob, of_cem) = (team.label_batch(person, most) for person, most in (("bob", 4), ("cem", 0)))
    team.say("bob", of_bob, items[0], action="flag", note="mine")
    batch = card(team, of_bob, "bob")
    assert labels_on(batch) == {item: team.truth[item] for item in items[:4]}
    assert [item.flag for item in batch.items] == ["mine", *[""] * 9]
    assert (batch.name[:-1], batch.set_name) == ("Second opinions ", "")
    assert (batch.have, batch.today) == (10, 0)  # those of the team are of another day
    batch = card(team, of_cem, "cem")
    assert labels_on(batch) == {}
    assert {(item.flag, item.labeled_at, item.adds) for item in batch.items} == {("", "", False)}
    # Whoever looks into another's batch sees nothing of theirs there.
    assert labels_on(card(team, of_bob, "cem")) == {}
    # The first person's own batch is as it was.
    batch = card(team, first, ANN)
    assert labels_on(batch) == {item: team.truth[item] for item in items}
    assert [item.flag for item in batch.items][:3] == ["mine", NOTE, ""]
    assert (batch.set_name, {item.adds for item in batch.items}) == ("test set", {True})


def test_an_opinion_that_was_undone_comes_back(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    items = team.held_by(team.label_batch(ANN))
    ask_about(team.workspace, items[:3])
    batch_id = team.label_batch("bob")
    assert not team.snapshot.open_batches.get(batch_id)
    team.say("bob", batch_id, items[1], action="undo")
    assert [x.item_id for x in team.snapshot.open_batches[batch_id]] == [items[1]]
    assert labels_on(card(team, batch_id, "bob")).keys() == {items[0], items[2]}
    assert team.batch("bob") == [items[1]]


def test_a_decision_is_not_the_answer_of_whoever_was_asked_again(make_workspace: MakeWorkspace):
    team = team_of(make_workspace)
    first = team.label_batch(ANN)
    item = team.held_by(first)[0]
    ask_about(team.workspace, [item])
    of_bob = team.label_batch("bob", 0)
    other = {"0": "1", "1": "0"}[team.truth[item]]
    decision = adjudicate(team.workspace, team.inbox, item, other, "lead", "slip")
    assert labels_on(card(team, of_bob, "bob")) == {}
    assert labels_on(card(team, first, ANN))[item] == other
    assert labels_on(card(team, decision.batch_id, "lead")) in ({}, {item: other})
    assert labels_on(card(team, decision.batch_id, ANN)) == {}
    assert earlier_batch(team.snapshot, "lead") is None


def test_explore_tells_nothing_of_an_item_to_whom_still_owes_an_opinion(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    team = team_of(make_workspace)
    item, other = team.held_by(team.label_batch(ANN))[:2]
    ask_about(team.workspace, [item])
    of_bob = team.label_batch("bob", 0)
    label = team.workspace.task.name_of(team.truth[item])
    text_of = {item_id: text for item_id, text, _ in headlines(60)}

    def told(person: str, item_id: str) -> str:
        words = f'"{text_of[item_id]}"'
        page = explore(team.path, monkeypatch, seed="3", size="1", words=words, annotator=person)
        parts = [*page.get("html"), *page.caption, *page.markdown]
        return unescape(" ".join(str(part.proto) for part in parts)).replace("\\", "")

    secrets = (f"labeled {label}", ANN)
    assert all(secret in told("cem", item) for secret in secrets)
    assert all(secret in told("bob", other) for secret in (ANN, "labeled"))
    hidden = told("bob", item)
    assert not [secret for secret in secrets if secret in hidden]
    assert "Hidden until you have given your own opinion" in hidden
    team.say("bob", of_bob, item, "1")
    seen = told("bob", item)
    assert all(secret in seen for secret in (*secrets, "second opinion: "))


@pytest.mark.parametrize("order", ["up", "down"])
def test_the_list_tells_nothing_of_an_item_to_whom_still_owes_an_opinion(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, order: str
):
    team = team_of(make_workspace)
    item = team.held_by(team.label_batch(ANN))[0]
    ask_about(team.workspace, [item])
    team.label_batch("bob", 0)

    def row(person: str) -> tuple[int, list[str]]:
        page = explore(team.path, monkeypatch, order=order, sort="label", annotator=person,
                       column=["item_id", "label", "annotator", "strategy", "split"])  # fmt: skip
        cells = page.dataframe[0].value.to_numpy().tolist()
        place = [row[0] for row in cells].index(item)
        empty = sum(row[1] == "" for row in cells)
        return place - (len(cells) - empty), cells[place][1:]

    behind, told = row("cem")
    assert behind < 0
    assert told[1] == ANN
    behind, told = row("bob")
    assert behind >= 0  # among those without a label, in the order of the pool
    assert told == [""] * 4

    page = explore(team.path, monkeypatch, order=order, annotator="bob")
    page.session_state[SELECTED] = (team.path.resolve(), Filters()), [item]
    page.run()
    assert any("owe an opinion" in caption.value for caption in page.caption)
    (key,) = [b.key for b in page.button if b.key and b.key.startswith("byhand_1_sunlight_sel")]
    before = team.snapshot.logs.events
    page.button(key=key).click().run()
    assert not page.exception
    assert team.snapshot.logs.events == before
