"""The tab Settings of Data: the task in a form, and what is told before it is saved."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.doctor import examine
from core.sampling.catalog import PRESETS
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.relabel import Decision, decide
from core.workspace.snapshot import read_snapshot
from core.workspace.task import HOLD, MAX_LABELS, SPLITS, Label, Quality, Task
from core.workspace.task_file import task_text, task_toml
from core.workspace.task_toml import load_task
from pages.ui.data.settings import RECHECK
from pages.ui.escape_markdown import plain
from tests.browser import eventually, said
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.pages.test_pages import PAGES, open_page, open_tab

ROWS = [("training", "1", 5), ("evaluation", "0", 3)]


@pytest.fixture
def path(make_workspace: MakeWorkspace) -> Path:
    items = headlines(40)
    labels = {
        (split, label): [(item_id, text, label) for item_id, text, _ in items[at * 8 :][:number]]
        for at, (split, label, number) in enumerate(ROWS)
    }
    pool = [(item_id, text, f"at {item_id}") for item_id, text, _ in items]
    return make_workspace([("item_id", "text", "place"), *pool], labels).path


def settings(path: Path, monkeypatch) -> AppTest:
    page = open_tab(open_page("data", path, monkeypatch), "Settings", "data_tab")
    assert not page.exception
    return page


def field(page: AppTest, label: str, at: int = 0):
    """The field of this label; of labels' rows the one in this row."""
    kinds = ("text_input", "text_area", "number_input", "selectbox", "multiselect")
    found = [each for kind in kinds for each in page.get(kind) if each.label == label]
    return found[at]


def edit(page: AppTest, label: str, value: object, at: int = 0) -> AppTest:
    page = field(page, label, at).set_value(value).run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    return said("\n".join(each.value for each in page.markdown))


def save(page: AppTest) -> AppTest:
    page = page.button(key="settings_save").click().run()
    assert not page.exception
    return page


def errors(page: AppTest) -> str:
    return said("\n".join(each.value for each in page.error))


def task(path: Path) -> Task:
    return load_task(path / "task.toml")


def test_nothing_is_saved_before_something_is_changed(path: Path, monkeypatch):
    page = settings(path, monkeypatch)
    assert "Nothing is changed yet." in [each.value for each in page.caption]
    assert not [each for each in page.button if each.key == "settings_save"]
    page = edit(page, "Title", "Else")
    page = edit(page, "Title", task(path).title)
    assert not [each for each in page.button if each.key == "settings_save"]


def test_what_is_edited_is_told_then_saved_and_the_former_file_is_kept(path: Path, monkeypatch):
    former = (path / "task.toml").read_bytes()
    page = settings(path, monkeypatch)
    page = edit(page, "Title", "Storms & <b>floods</b>")
    page = edit(page, "Question", "Is it one?")
    page = edit(page, "Definitions", "First line.\n\nSecond line.")
    page = edit(page, "Name", "Storm", 0)
    page = edit(page, "Key", "j", 0)
    page = edit(page, "Definition", "Wind.", 0)
    page = edit(page, "Test set", 20)
    page = edit(page, "Items in a batch", 7)
    page = edit(page, "What they are made of", "Explore")
    page = edit(page, "Columns under a text", ["place"])
    assert "The files of 5 items keep the value 1." in told(page)
    assert "Changes the title from Small to Storms & <b>floods</b>." in told(page)
    assert (path / "task.toml").read_bytes() == former
    page = save(page)
    new = task(path)
    assert (new.title, new.short) == ("Storms & <b>floods</b>", "Is it one?")
    assert new.detailed == "First line.\n\nSecond line."
    first = new.labels[0]
    assert (first.value, first.name, first.key) == ("1", "Storm", "j")
    assert first.description == "Wind."
    assert (new.targets["evaluation"], new.batch_size) == (20, 7)
    assert (new.mix, new.show) == (PRESETS[2].mix, ("place",))
    assert (path / "set_aside" / "task.toml").read_bytes() == former
    assert "Nothing is changed yet." in [each.value for each in page.caption]
    assert field(page, "Title").value == "Storms & <b>floods</b>"


def test_how_many_unseen_labels_are_looked_at_is_set_here(path: Path, monkeypatch):
    page = edit(settings(path, monkeypatch), RECHECK, 12.5)
    assert "from 5% to 12.5%" in told(page), told(page)
    save(page)
    assert task(path).recheck_bulk == 0.125


def test_a_label_is_added_and_removed_again_while_no_item_has_it(path: Path, monkeypatch):
    page = settings(path, monkeypatch)
    page = next(each for each in page.button if each.label == "Add a label").click().run()
    page = edit(page, "Name", " Earthquake ", 2)
    assert "Adds the label Earthquake, with the key 3." in told(page)
    page = save(page)
    assert task(path).labels[2].value == "Earthquake"
    assert task(path).labels[2].file == "earthquake.csv"
    assert open_workspace(path).task.values == ("1", "0", "Earthquake")
    (button,) = [each for each in page.button if each.label == "Remove"]  # others are used
    page = save(button.click().run())
    assert task(path).values == ("1", "0")


def test_a_task_that_cannot_be_is_refused_with_the_reason(path: Path, monkeypatch):
    former = (path / "task.toml").read_bytes()
    page = edit(settings(path, monkeypatch), "Key", "k", 0)
    assert "the key `k` is used twice, by" in errors(page)
    assert not [each for each in page.button if each.key == "settings_save"]
    page = edit(page, "Key", "1", 0)
    page = edit(page, "Name", task(path).labels[1].name, 0)
    assert "same name" in errors(page)
    assert (path / "task.toml").read_bytes() == former


def test_more_labels_than_a_task_can_have_are_refused(path: Path, monkeypatch):
    names = [f"New {at}" for at in range(MAX_LABELS)]
    wishes = [Label(name, positive=not at) for at, name in enumerate(names)]
    text = task_text("Many", "", wishes, dict.fromkeys(SPLITS, 10))
    (path / "task.toml").write_text(text, encoding="utf-8")
    page = settings(path, monkeypatch)
    page = next(each for each in page.button if each.label == "Add a label").click().run()
    page = edit(page, "Name", "One more", MAX_LABELS)
    assert f"has {MAX_LABELS + 1} labels. A task can have 2 to {MAX_LABELS}" in errors(page)


def test_a_custom_mix_is_said_in_parts(path: Path, monkeypatch):
    page = edit(settings(path, monkeypatch), "What they are made of", "Custom")
    page = edit(page, "Margin", 4)
    save(page)
    assert task(path).mix["margin"] == 4
    page = settings(path, monkeypatch)
    assert field(page, "What they are made of").value == "Custom"


def test_marks_of_labels_follow_the_choice(path: Path, monkeypatch):
    page = edit(settings(path, monkeypatch), "Positive label", "0")
    page = edit(page, "Label for Enter", "1")
    save(page)
    flags = [(label.positive, label.default) for label in task(path).labels]
    assert flags == [(False, True), (True, False)]


def test_changes_are_discarded_at_a_button(path: Path, monkeypatch):
    page = edit(settings(path, monkeypatch), "Title", "Else")
    page = page.button(key="settings_discard").click().run()
    assert field(page, "Title").value == task(path).title


def test_what_another_tab_has_saved_meanwhile_is_not_written_over(path: Path, monkeypatch):
    one = edit(settings(path, monkeypatch), "Title", "Of one")
    other = edit(settings(path, monkeypatch), "Title", "Of the other")
    save(other)
    one = save(one)
    assert "changed by somebody else" in errors(one)
    assert task(path).title == "Of the other"
    assert "Somebody else has changed" in one.warning[0].value
    one = one.button(key="settings_load").click().run()
    assert field(one, "Title").value == "Of the other"
    save(edit(one, "Title", "Of one"))
    assert task(path).title == "Of one"


def test_comments_that_saving_removes_are_told_before(path: Path, monkeypatch):
    page = edit(settings(path, monkeypatch), "Title", "Else")
    assert not page.warning
    text = (path / "task.toml").read_text(encoding="utf-8")
    (path / "task.toml").write_text(f"# mine\n{text}", encoding="utf-8")
    page = edit(settings(path, monkeypatch), "Title", "Else")
    assert "Saving removes the comments" in page.warning[0].value


def test_a_task_that_cannot_be_read_is_corrected_here(path: Path, monkeypatch):
    good = (path / "task.toml").read_text(encoding="utf-8")
    (path / "task.toml").write_text(f"colour = 1\n{good}", encoding="utf-8")
    page = settings(path, monkeypatch)
    assert "`colour`, which is not a setting" in errors(page)
    page = save(edit(page, "task.toml", "seed = 'x'"))
    assert "`seed` is 'x'" in errors(page)
    save(edit(page, "task.toml", good))
    assert (path / "task.toml").read_text(encoding="utf-8") == good
    assert not settings(path, monkeypatch).error


def test_a_workspace_without_a_task_file_gets_one(make_workspace: MakeWorkspace, monkeypatch):
    path = make_workspace([item[:2] for item in headlines(9)], task=None).path
    save(edit(settings(path, monkeypatch), "Title", "Mine"))
    assert task(path).title == "Mine"
    assert not (path / "set_aside").exists()


@pytest.fixture
def three(path: Path) -> Path:
    """With a third label, which four training items have."""
    yes, no = task(path).labels
    labels = (replace(yes, name="Yes"), no, Label("x", "X", "x.csv", "7"))
    text = task_toml(replace(task(path), labels=labels))
    (path / "task.toml").write_text(text, encoding="utf-8")
    rows = [(item_id, words, "x") for item_id, words, _ in headlines(40)[20:24]]
    write_csv(path / "training_data" / "x.csv", rows)
    return path


def check(page: AppTest, label: str) -> AppTest:
    """Turns the box or switch of this label over."""
    (box,) = [x for kind in ("checkbox", "toggle") for x in page.get(kind) if x.label == label][:1]
    page = box.set_value(not box.value).run()
    assert not page.exception
    return page


def labels_in(path: Path) -> dict[str, str]:
    """The labels that count now, of all splits."""
    return {item.item_id: item.label for item in read_snapshot(open_workspace(path)).labels.items}


def test_a_value_is_renamed_and_its_items_stay(three: Path, monkeypatch):
    page = edit(settings(three, monkeypatch), "Value in files", "odd", 2)
    page = edit(page, "Examples, one a line", " one \n\ntwo", 2)
    assert "Writes odd for X in files from now on." in told(page)
    save(page)
    label = task(three).label("odd")
    assert (label.file, label.was, label.examples) == ("x.csv", ("x",), ("one", "two"))
    assert Counter(labels_in(three).values())["odd"] == 4
    assert examine(three) == []


def test_a_label_is_merged_into_another(three: Path, monkeypatch):
    page = edit(settings(three, monkeypatch), "Merge X into", "1")
    assert "its 4 items have the label Yes from now on" in told(page)
    save(page)
    assert task(three).values == ("1", "0")
    assert task(three).labels[0].was == ("x",)
    assert Counter(labels_in(three).values()) == {"1": 9, "0": 3}
    assert examine(three) == []


def test_a_retired_label_is_labeled_again_or_offered_again(three: Path, monkeypatch):
    page = settings(three, monkeypatch)
    box = next(x for x in page.checkbox if x.key.startswith("settings_retire x"))
    page = save(box.set_value(True).run())
    assert [label.value for label in task(three).retired] == ["x"]
    assert "x" not in labels_in(three).values()
    (button,) = [x for x in page.button if x.label == "Label its 4 items again"]
    page = button.click().run()
    assert not page.exception
    assert len(read_snapshot(open_workspace(three)).waiting) == 4
    assert "4 wait on Annotate to be labeled again" in " ".join(x.value for x in page.caption)
    page = save(check(page, "Offer X again"))
    assert task(three).values == ("1", "0", "x")
    assert Counter(labels_in(three).values())["x"] == 4


def test_a_text_can_have_several_labels_from_then_on(three: Path, monkeypatch):
    page = check(settings(three, monkeypatch), "A text can have several labels")
    assert "Each text keeps the one that it has" in told(page)
    page = edit(page, "Positive label", "")
    save(page)
    assert task(three).several
    assert task(three).positive is None
    page = settings(three, monkeypatch)
    assert next(x for x in page.get("toggle") if x.label.startswith("A text can")).disabled


def test_what_stands_around_a_text_is_set_here(path: Path, monkeypatch):
    page = edit(settings(path, monkeypatch), "Column above a text", "place")
    page = check(page, "Frequent labels first")
    save(page)
    assert (task(path).before, task(path).frequent_first) == ("place", True)


def test_the_model_is_trained_at_a_button(demo: Path, monkeypatch):
    page = settings(demo, monkeypatch)
    assert not [x for x in page.button if x.key == "train"]
    snapshot = read_snapshot(open_workspace(demo))
    item = snapshot.labels.usable_training[0]
    decision = Decision(item, "0" if item.label == "1" else "1")
    decide(snapshot.workspace, Inbox(snapshot.workspace), [decision], "ann")
    page = settings(demo, monkeypatch).button(key="train").click().run()
    assert not page.exception
    runs = len(snapshot.logs.runs)
    eventually(lambda: len(read_snapshot(open_workspace(demo)).logs.runs) > runs, 60)
    assert len(read_snapshot(open_workspace(demo)).logs.runs) == runs + 1


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_after_a_label_was_added_half_way(name: str, demo: Path, monkeypatch):
    page = settings(demo, monkeypatch)
    page = next(each for each in page.button if each.label == "Add a label").click().run()
    page = edit(page, "Name", "Unclear", 2)
    assert "The model does not know Unclear until" in told(page)
    save(page)
    page = open_page(name, demo, monkeypatch)
    assert not page.exception
    assert not page.error


ODD = "<b>x</b> **y** :red[z]"


def test_a_name_is_no_markup_in_the_settings(three: Path, monkeypatch):
    x = replace(task(three).labels[2], name=ODD)
    old = Label("old", f"old {ODD}", "old.csv", "", retired=True)
    labels = (*task(three).labels[:2], x)
    text = task_toml(replace(task(three), labels=labels, retired=(old,)))
    (three / "task.toml").write_text(text, encoding="utf-8")
    page = settings(three, monkeypatch)
    shown = [each.label for kind in ("selectbox", "checkbox") for each in page.get(kind)]
    assert {f"Merge {plain(ODD)} into", f"Offer {plain(old.name)} again"} <= {*shown}


def test_a_value_that_says_new_is_no_new_label(three: Path, monkeypatch):
    """The row of a label that was added has a key that no label's value can have."""
    x = Label("new 3", "X", "x.csv", "7", was=("x",))
    text = task_toml(replace(task(three), labels=(*task(three).labels[:2], x)))
    (three / "task.toml").write_text(text, encoding="utf-8")
    page = settings(three, monkeypatch)
    (add,) = [each for each in page.button if each.label == "Add a label"]
    page = add.click().run()
    assert not page.exception
    page = save(edit(page, "Name", "More", 3))
    assert task(three).values == ("1", "0", "new 3", "More")


def press(page: AppTest, label: str) -> AppTest:
    page = next(each for each in page.button if each.label == label).click().run()
    assert not page.exception
    return page


def test_who_is_asked_again_is_set_by_hand_or_by_one_press(path: Path, monkeypatch):
    page = press(settings(path, monkeypatch), "Recommended: 10%, 2% and 20 items")
    assert "Changes the share of second opinions from 0% to 10%." in told(page)
    page = edit(page, "Repeats, in %", 7.0)
    page = save(page)
    assert task(path).quality == Quality(0.1, 0.07, 20)
    text = (path / "task.toml").read_text().replace("overlap = 0.1", "overlap = 0.12345")
    (path / "task.toml").write_text(text)
    page = settings(path, monkeypatch)
    page = edit(page, "Items to start with", 5)
    page = edit(page, "Training items on which people differ", "hold")
    page = save(page)
    assert task(path).quality == Quality(0.12345, 0.07, 5, HOLD)
    page = edit(page, "Second opinions, in %", 30.0)
    page = press(page, "Recommended: 10%, 2% and 20 items")
    page = edit(page, "Items to start with", 5)
    page = press(page, "Recommended: 10%, 2% and 20 items")
    page = save(page)
    assert task(path).quality == Quality(0.1, 0.02, 20, HOLD)
