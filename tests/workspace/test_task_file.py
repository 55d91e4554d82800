from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TaskError
from core.workspace.layout import create_workspace, open_workspace
from core.workspace.task import MAX_LABELS, parse_task
from core.workspace.task_file import LabelWish, replace_task, task_text, task_with_labels
from tests.conftest import MakeWorkspace

TARGETS = {"evaluation": 30, "validation": 0, "training": 20}
TWO = (LabelWish("1", "Yes", positive=True), LabelWish("0", "No"))

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(title=texts, question=texts, names=st.lists(texts, min_size=2, max_size=MAX_LABELS))
def test_what_was_written_is_read_back(title: str, question: str, names: list[str]):
    wishes = [LabelWish(f"v{at}", f"{name}{at}") for at, name in enumerate(names)]
    wishes[0] = LabelWish("v0", f"{names[0]}0", positive=True)
    task = parse_task(task_text(title, question, wishes, TARGETS), "task.toml")
    assert (task.title, task.short) == (title, question)
    assert [label.name for label in task.labels] == [wish.name for wish in wishes]
    assert [label.key for label in task.labels] == [str(at + 1) for at in range(len(names))]
    assert task.positive.value == "v0"
    assert task.targets == TARGETS
    assert len({label.file.casefold() for label in task.labels}) == len(names)


@given(value=texts)
def test_a_value_is_read_back_or_refused(value: str):
    wishes = (LabelWish(value, "Yes", positive=True), LabelWish("no", "No"))
    if value != value.strip() or value in ("", "no"):
        with pytest.raises(TaskError):
            task_text("t", "", wishes, TARGETS)
    else:
        task = parse_task(task_text("t", "", wishes, TARGETS), "task.toml")
        assert task.values == (value, "no")


def test_the_files_are_named_after_the_labels():
    names = ["Disaster-related", "Größe/../x", "größe.. x", "面白い", "a" * 100, ".."]
    wishes = [LabelWish(str(at), name, positive=not at) for at, name in enumerate(names)]
    task = parse_task(task_text("t", "", wishes, TARGETS), "task.toml")
    assert [label.file for label in task.labels] == [
        "disaster_related.csv", "gr_e_x.csv", "gr_e_x_3.csv", "label_4.csv", f"{'a' * 60}.csv",
        "label_6.csv",
    ]  # fmt: skip


def test_keys_are_taken_as_they_are_given():
    wishes = (LabelWish("1", "Yes", "J", positive=True), LabelWish("0", "No", "n"))
    assert [x.key for x in parse_task(task_text("t", "", wishes, TARGETS), "t").labels] == [
        "j",
        "n",
    ]


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (TWO[:1], "are 1. Give 2 to 9"),
        ([LabelWish(str(n), positive=not n) for n in range(10)], "Give 2 to 9"),
        ((TWO[0], LabelWish("1", "No")), "same value"),
        ((TWO[0], LabelWish("0", "Yes")), "same name"),
        ((TWO[1], LabelWish("2")), "0 as positive"),
        ((TWO[0], LabelWish("2", positive=True)), "2 as positive"),
        ((TWO[0], LabelWish("0", "No", "1")), "asked for by"),
        ((TWO[0], LabelWish("0", "No", "c")), "Streamlit"),
        ((TWO[0], LabelWish("\ud800")), "half a character"),
    ],
)
def test_what_no_task_can_be_is_refused(labels, says: str):
    with pytest.raises(TaskError, match=says):
        task_text("t", "", labels, TARGETS)


OWN_TASK = """
title = "Tickets"   # a comment
seed = 3
model = { name = "book" }
[[labels]]
value = "old"
file = "old.csv"
positive = true
[[labels]]
value = "older"
file = "older.csv"
[instructions]
short = "What is it about?"
detailed = '''
[[labels]]
"as it stands"
'''
[keys]
flag = "!"
[batch]
size = 7
stratify_by = "channel"
[batch.mix]
random = 1
most_likely_positive = 2
[card]
show = ["channel", 'sent "on"']
[targets]
evaluation = 50
"""


def test_other_labels_leave_the_rest_of_a_task_as_it_is(make_workspace: MakeWorkspace):
    workspace = make_workspace(task=OWN_TASK)
    new = parse_task(task_with_labels(workspace, "Table", TWO), "task.toml")
    assert new.values == ("1", "0")
    was = workspace.task
    assert replace(new, labels=was.labels) == was


def test_the_chapters_words_go_with_its_labels(tmp_path: Path):
    workspace = create_workspace(tmp_path / "chapter")
    new = parse_task(task_with_labels(workspace, "Table", TWO), "task.toml")
    assert (new.title, new.short, new.detailed) == ("Table", "", "")
    assert (new.targets, new.mix) == (workspace.task.targets, workspace.task.mix)
    assert new.keys.back == "backspace"


def test_a_workspace_without_a_task_file_gets_one(make_workspace: MakeWorkspace):
    workspace = make_workspace(task=None)
    replace_task(workspace, task_with_labels(workspace, "Table", TWO))
    assert open_workspace(workspace.path).task.title == "Table"
    assert not workspace.set_aside.exists()


def test_the_former_task_is_kept_once(make_workspace: MakeWorkspace):
    workspace = make_workspace(task=OWN_TASK)
    text = task_with_labels(workspace, "Table", TWO)
    for _ in range(2):
        replace_task(workspace, text)
    assert (workspace.path / "task.toml").read_text(encoding="utf-8") == text
    (kept,) = workspace.set_aside.iterdir()
    assert (kept.name, kept.read_text(encoding="utf-8")) == ("task.toml", OWN_TASK)
