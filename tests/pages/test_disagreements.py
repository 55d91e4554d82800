"""Disagreements: what people labeled differently is decided without knowing who said what."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from streamlit.testing.v1 import AppTest

from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import Event
from core.workspace.opinions import GAP, REASONS
from core.workspace.relabel import adjudicate
from core.workspace.task import SECOND_OPINION, Label
from core.workspace.task_file import read_task_text, save_task, task_text, task_toml
from core.workspace.task_toml import default_task
from tests.browser import eventually, heard, rows, said
from tests.conftest import MakeWorkspace, Show, headlines
from tests.pages.test_pages import open_page, open_tab
from tests.teams import Team
from tests.workspace.test_opinions import propose

ITEMS = ["i0003", "i0004", "i0005", "i0006", "i0007", "i0008"]
"""Ann says 0 of each, Bob 1."""


def at_odds(make_workspace: MakeWorkspace, task: str = "") -> Team:
    """Two people who differ about ITEMS; Bob has flagged the first."""
    items = headlines(60)
    workspace = make_workspace([item[:2] for item in items], **({"task": task} if task else {}))
    team = Team(workspace.path, {item_id: label for item_id, _, label in items})
    first, second = [label.value for label in team.workspace.task.labels[:2]]
    propose(team, "b1", "training", "ann", "random", *ITEMS)
    propose(team, "b2", "training", "bob", SECOND_OPINION, *ITEMS)
    for person, batch_id, answer in ("ann", "b1", second), ("bob", "b2", first):
        for item_id in ITEMS:
            team.say(person, batch_id, item_id, answer)
        team.say(person, batch_id, "", action="save")
    team.say("bob", "b2", ITEMS[0], action="flag", note="is it *real*?")
    return team


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    return at_odds(make_workspace)


def open_list(team: Team, monkeypatch: pytest.MonkeyPatch, person: str = "lea") -> AppTest:
    return open_tab(open_page("review", team.path, monkeypatch, person), "Disagreements")


def shown(page: AppTest) -> str:
    """Everything that the page says."""
    assert not page.exception
    parts = [*page.text, *page.caption, *page.markdown, *page.success, *page.error]
    html = (each.proto.body for each in page.get("html"))
    return said("\n".join([*(part.value for part in parts), *html]))


def buttons(page: AppTest) -> dict[str, str]:
    return {button.key: button.proto.shortcut for button in page.button if button.key}


def decided(team: Team) -> dict[str, Event]:
    return dict(team.snapshot.labels.words.adjudicated)


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def test_neither_names_nor_notes_are_shown_before_the_decision(team: Team, monkeypatch):
    page = open_list(team, monkeypatch)
    before = shown(page)
    assert "6 items left to decide" in before
    assert {line.value[:2] for line in page.text} == {"A:", "B:"}
    assert not any(told in before for told in ("ann", "bob", "real", "2026"))
    page = press(page, f"decide {ITEMS[0]} 1")
    after = shown(page)
    assert {line.value.partition(", by ")[2] for line in page.text[:2]} == {"ann", "bob"}
    assert "Note by bob: is it *real*?" in after
    assert decided(team)[ITEMS[0]].label == "1", "it is saved before anybody says why"
    assert f"decide {ITEMS[1]} 1" not in buttons(page), "keys are those of the reasons now"


def test_the_order_of_opinions_tells_nothing(team: Team, monkeypatch):
    first = set()
    for item_id in ITEMS:
        page = open_list(team, monkeypatch)
        first.add(page.text[0].value)
        assert [line.value for line in open_list(team, monkeypatch).text] == [
            line.value for line in page.text
        ]
        adjudicate(team.workspace, team.inbox, item_id, "1", "lea")
    assert len(first) == 2, "A is not always the label that was given first"


def test_keys_decide_and_say_why(team: Team, monkeypatch):
    page = open_list(team, monkeypatch)
    keys = {label.value: label.key for label in team.workspace.task.labels}
    assert {k: v for k, v in buttons(page).items() if v} == {
        f"decide {ITEMS[0]} {value}": key for value, key in keys.items()
    }
    for item_id, (number, reason) in zip(ITEMS, enumerate(REASONS, start=1), strict=False):
        page = press(page, f"decide {item_id} 0")
        assert buttons(page)[f"why {item_id} {number}"] == "ugsm"[number - 1]
        page = press(page, f"why {item_id} {number}")
        assert (decided(team)[item_id].label, decided(team)[item_id].note) == ("0", reason)
    page = press(press(page, f"decide {ITEMS[4]} 1"), "why_skip")
    assert decided(team)[ITEMS[4]].note == ""
    page = press(press(page, f"decide {ITEMS[5]} 1"), "why_skip")
    assert "Nothing to decide." in shown(page)
    assert {x.annotator for x in decided(team).values()} == {"lea"}
    counts = team.snapshot.labels.by_id
    assert [counts[item].label for item in ITEMS] == ["0", "0", "0", "0", "1", "1"]


@pytest.mark.parametrize("when", ["at once", "after the reason"])
def test_a_decision_is_taken_back(team: Team, monkeypatch, when: str):
    page = press(open_list(team, monkeypatch), f"decide {ITEMS[0]} 1")
    if when == "after the reason":
        page = press(page, f"why {ITEMS[0]} 3")
        assert "(slip)" in shown(page)
    page = press(page, "undecide")
    assert decided(team) == {}
    assert team.snapshot.labels.by_id[ITEMS[0]].label == "0"
    assert f"decide {ITEMS[0]} 1" in buttons(page)
    assert "undecide" not in buttons(page)


def test_whoever_is_faster_decides(team: Team, monkeypatch):
    page = open_list(team, monkeypatch)
    adjudicate(team.workspace, team.inbox, ITEMS[0], "0", "max", "slip")
    page = press(page, f"decide {ITEMS[0]} 1")
    assert "Somebody else has decided this item since" in shown(page)
    assert decided(team)[ITEMS[0]].annotator == "max"
    page = press(page, f"decide {ITEMS[1]} 1")
    adjudicate(team.workspace, team.inbox, ITEMS[1], "0", "max", "slip")
    page = press(page, "undecide")
    assert "Somebody else has decided this item since" in shown(page)
    assert decided(team)[ITEMS[1]].note == "slip"


def test_an_item_without_a_label_that_counts_does_not_block_the_list(team: Team, monkeypatch):
    propose(team, "b3", "training", "eve", SECOND_OPINION, ITEMS[0])
    team.say("eve", "b3", ITEMS[0], "0")
    team.say("ann", "b1", ITEMS[0], action="undo")
    assert ITEMS[0] in team.snapshot.labels.words.disputed
    page = open_list(team, monkeypatch)
    assert "5 items left to decide" in shown(page)
    page = press(page, f"decide {ITEMS[1]} 1")
    assert list(decided(team)) == [ITEMS[1]]


def test_it_needs_a_name_and_a_workspace_that_can_be_written(team: Team, monkeypatch):
    page = open_list(team, monkeypatch, "")
    assert page.text_input[-1].label == "Your name"
    assert not any(key.startswith("decide") for key in buttons(page))
    monkeypatch.setattr("core.workspace.layout.Workspace.is_writable", lambda self: False)
    page = open_list(team, monkeypatch)
    assert "This workspace is read-only" in shown(page)
    assert page.button(key=f"decide {ITEMS[0]} 1").disabled


@pytest.mark.parametrize("several", [False, True])
def test_many_or_several_labels_are_chosen_in_a_field(
    make_workspace: MakeWorkspace, monkeypatch, several: bool
):
    labels = [Label(f"m{at}", f"More {at}", f"m{at}.csv", "") for at in range(15)]
    targets = default_task().targets
    team = at_odds(make_workspace, task_text("t", "", labels, targets, several=several))
    page = open_list(team, monkeypatch)
    key = f"answer {ITEMS[0]}_"
    if several:
        page.multiselect(key=key).set_value(["m3", "m1"]).run()
    else:
        page.selectbox(key=key).set_value("m3").run()
    page = press(page, f"{key}_save")
    assert decided(team)[ITEMS[0]].label == ("m1|m3" if several else "m3")
    page = press(page, f"why {ITEMS[0]} 2")
    assert decided(team)[ITEMS[0]].note == GAP


def test_three_gaps_ask_for_a_sentence_until_there_is_one(team: Team, monkeypatch):
    related = team.workspace.task.label("1").name
    wants = f"The definition of {related} wants a sentence."
    for item_id in ITEMS[:2]:
        adjudicate(team.workspace, team.inbox, item_id, "1", "lea", GAP)
    adjudicate(team.workspace, team.inbox, ITEMS[2], "0", "lea", GAP)
    adjudicate(team.workspace, team.inbox, ITEMS[3], "1", "lea", "slip")
    assert wants not in shown(open_list(team, monkeypatch))
    adjudicate(team.workspace, team.inbox, ITEMS[3], "1", "lea", GAP)
    page = open_list(team, monkeypatch)
    assert wants in shown(page)
    texts = [team.snapshot.labels.by_id[ITEMS[at]].text for at in (0, 1, 3)]
    assert all(text in shown(page) for text in texts)
    task = open_workspace(team.path).task
    labels = tuple(replace(x, description=f"Of {x.name}: yes.") for x in task.labels)
    save_task(team.path, task_toml(replace(task, labels=labels)), read_task_text(team.path))
    assert wants not in shown(open_list(team, monkeypatch))


@pytest.mark.browser
def test_two_are_decided_by_keys_and_one_is_taken_back(
    make_workspace: MakeWorkspace, context: BrowserContext, show: Show, place: Path
):
    team = at_odds(make_workspace)
    team.path.rename(place)
    team.path = place
    page = context.new_page()
    page.goto(show(team.workspace).at("review", "annotator=lea"))
    page.get_by_role("tab", name="Disagreements").click()
    texts = [team.snapshot.labels.by_id[item].text for item in ITEMS]
    for item_id, text, key, reason in zip(ITEMS[:2], texts, "10", "sg", strict=False):
        expect(page.get_by_test_id("item").first).to_contain_text(text)
        expect(page.get_by_role("button", name="No reason")).to_have_count(0)
        heard(page, "0")
        page.keyboard.press(key)
        expect(page.get_by_role("button", name="No reason")).to_be_visible()
        eventually(lambda item_id=item_id: item_id in decided(team))
        heard(page, "m")
        page.keyboard.press(reason)
    expect(page.get_by_test_id("item").first).to_contain_text(texts[2])
    assert {item: (x.label, x.note) for item, x in decided(team).items()} == {
        ITEMS[0]: ("1", "slip"),
        ITEMS[1]: ("0", GAP),
    }
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("item").first).to_contain_text(texts[1])
    assert list(decided(team)) == [ITEMS[0]]
    related = rows(team.path / "training_data" / team.workspace.task.label("1").file)
    assert [row[0] for row in related] == [ITEMS[0]]
    for item_id in ITEMS[2:5]:
        adjudicate(team.workspace, Inbox(team.workspace), item_id, "1", "lea", GAP)
    page.reload()
    page.get_by_role("tab", name="Disagreements").click()
    page.get_by_role("button", name="Open Settings").click()
    expect(page.get_by_role("tab", name="Settings")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("textbox", name="Definitions")).to_be_visible()
