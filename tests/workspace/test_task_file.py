from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TaskError
from core.workspace.layout import open_workspace
from core.workspace.task import (
    FIRST_COUNTS,
    HOLD,
    KEY_UNSAID,
    MOST,
    SPLITS,
    STRATEGIES,
    Keys,
    Label,
    Quality,
    Task,
)
from core.workspace.task_file import (
    completed,
    has_comments,
    merged,
    read_task_text,
    replace_task,
    save_task,
    task_text,
    task_toml,
    task_with_labels,
)
from core.workspace.task_toml import default_task, parse_task
from tests.conftest import MakeWorkspace

TARGETS = {"evaluation": 30, "validation": 0, "training": 20}
TWO = (Label("1", "Yes", positive=True), Label("0", "No"))

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(title=texts, question=texts, names=st.lists(texts, min_size=2, max_size=12))
def test_what_was_written_is_read_back(title: str, question: str, names: list[str]):
    wishes = [Label(f"v{at}", f"{name}{at}") for at, name in enumerate(names)]
    wishes[0] = Label("v0", f"{names[0]}0", positive=True)
    task = parse_task(task_text(title, question, wishes, TARGETS), "task.toml")
    assert (task.title, task.short) == (title, question)
    assert [label.name for label in task.labels] == [wish.name for wish in wishes]
    assert [label.key for label in task.labels] == [*"1234567890ab"][: len(names)]
    assert task.positive.value == "v0"
    assert task.targets == TARGETS
    assert len({label.file.casefold() for label in task.labels}) == len(names)


@given(value=texts)
def test_a_value_is_read_back_or_refused(value: str):
    wishes = (Label(value, "Yes", positive=True), Label("no", "No"))
    if value != value.strip() or value in ("", "no"):
        with pytest.raises(TaskError):
            task_text("t", "", wishes, TARGETS)
    else:
        task = parse_task(task_text("t", "", wishes, TARGETS), "task.toml")
        assert task.values == (value, "no")


def test_the_files_are_named_after_the_labels():
    names = ["Disaster-related", "Größe/../x", "größe.. x", "面白い", "a" * 100, ".."]
    wishes = [Label(str(at), name, positive=not at) for at, name in enumerate(names)]
    task = parse_task(task_text("t", "", wishes, TARGETS), "task.toml")
    assert [label.file for label in task.labels] == [
        "disaster_related.csv", "gr_e_x.csv", "gr_e_x_3.csv", "label_4.csv", f"{'a' * 60}.csv",
        "label_6.csv",
    ]  # fmt: skip


def test_keys_are_taken_as_they_are_given():
    wishes = (Label("1", "Yes", key="J", positive=True), Label("0", "No", key="n"))
    assert [x.key for x in parse_task(task_text("t", "", wishes, TARGETS), "t").labels] == [
        "j",
        "n",
    ]


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (TWO[:1], "it has 1 label. A task can have 2 to 200"),
        ([Label(str(n), positive=not n) for n in range(201)], "has 201 labels. A"),
        ((TWO[0], Label("1", "No")), "same value"),
        ((TWO[0], Label("0", "Yes")), "same name"),
        ((TWO[1], Label("2")), "0 as positive"),
        ((TWO[0], Label("2", positive=True)), "2 as positive"),
        ((TWO[0], Label("0", "No", key="k")), "used twice, by"),
        ((TWO[0], Label("0", "No", key="c")), "Streamlit"),
        ((TWO[0], Label("\ud800")), "half a character"),
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
    workspace = open_workspace(tmp_path)
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


numbers = st.integers(0, MOST)
shares = st.floats(0, 1)
CHOICES = (FIRST_COUNTS, HOLD)
MOST_OF_THESE = 9
KEYS = [*'abdefghijklmnopqstuvwxyz0123456789!#"', "backspace", "delete", "arrowleft", " "]


@st.composite
def labels_of_tasks(draw: st.DrawFn, keys: list[str]) -> tuple[Label, ...]:
    names = draw(st.lists(texts, min_size=2, max_size=MOST_OF_THESE, unique=True))
    positive = draw(st.integers(0, len(names) - (len(names) == 2)))
    default = draw(st.integers(0, len(names)))
    lists = st.lists(texts.filter(bool), unique=True, max_size=2)
    return tuple(
        Label(
            f"v{at}", name, f"file {at}.csv", draw(st.sampled_from([keys[at], ""])),
            at == positive, at == default, draw(texts).strip(), tuple(draw(lists)),
            tuple(f"{value} of {at}".replace("|", "/") for value in draw(lists)),
        )
        for at, name in enumerate(names)
    )  # fmt: skip


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Any task that a file can name."""
    keys = draw(st.permutations(KEYS))
    labels = draw(labels_of_tasks(keys))
    several = draw(st.booleans())
    labels = tuple(replace(each, default=each.default and not several) for each in labels)
    retired = tuple(
        Label(f"old{at}", f"old name {at}", f"old {at}.csv", "", retired=True)
        for at in range(draw(st.integers(0, 2)))
    )
    actions = dict(zip(vars(default_task().keys), keys[MOST_OF_THESE:], strict=False))
    if draw(st.booleans()):
        own = vars(default_task().keys)
        if not {*own.values()} & {label.key for label in labels}:
            actions = own
    mix = draw(st.dictionaries(st.sampled_from(STRATEGIES), st.integers(1, MOST), min_size=1))
    return Task(
        title=draw(texts),
        short=draw(texts),
        detailed=draw(texts).strip(),
        labels=labels,
        keys=Keys(**actions),
        targets={split: draw(numbers) for split in SPLITS},
        batch_size=draw(st.integers(1, MOST)),
        mix={name: mix[name] for name in STRATEGIES if name in mix},
        stratify_by=draw(texts),
        rarest=draw(st.sampled_from(["", *(label.value for label in labels)])),
        release_minutes=draw(numbers),
        first_batch_size=draw(numbers),
        seed=draw(numbers),
        model="linear",
        encoder=draw(texts),
        show=tuple(draw(st.lists(texts.filter(bool), unique=True, max_size=3))),
        before=draw(texts),
        several=several,
        frequent_first=draw(st.booleans()),
        quality=Quality(draw(shares), draw(shares), draw(numbers), draw(st.sampled_from(CHOICES))),
        retired=retired,
    )


@given(task=tasks())
def test_a_task_is_read_back_as_it_was_written(task: Task):
    text = task_toml(task)
    assert parse_task(text, "task.toml") == task
    assert not has_comments(text)
    assert has_comments(f"{text}# a comment\n")


@given(task=tasks(), title=texts, targets=st.fixed_dictionaries(dict.fromkeys(SPLITS, numbers)))
def test_what_is_not_edited_stays(task: Task, title: str, targets: dict[str, int]):
    edited = parse_task(task_toml(replace(task, title=title, targets=targets)), "task.toml")
    assert replace(edited, title=task.title, targets=task.targets) == task


@pytest.mark.parametrize("text", [OWN_TASK, "", 'title = "No # comment"  '])
def test_a_task_written_by_hand_is_read_back(text: str):
    task = parse_task(text, "task.toml")
    assert parse_task(task_toml(task), "task.toml") == task
    assert has_comments(text) == ("# a comment" in text)


def test_back_leaves_its_key_to_a_label_that_takes_it():
    task = default_task()
    labels = (replace(task.labels[0], key="2"), task.labels[1])
    assert parse_task(task_toml(replace(task, labels=labels)), "t").keys.back == "backspace"


def test_labels_that_are_kept_keep_their_files():
    kept = default_task().labels
    new = [Label("x", "Related", "", KEY_UNSAID), Label("n", "None", "", "")]
    assert [(label.file, label.key) for label in completed([*kept, *new])] == [
        ("related.csv", "1"), ("not_related.csv", "0"), ("related_3.csv", "3"), ("none_4.csv", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "names", [("c 3", "C", "C++"), ("x 2", "X?", "x!", "x 4", "X"), ("none 2", "None")]
)
def test_no_two_labels_get_the_same_file(names: tuple[str, ...]):
    files = [label.file for label in completed([Label(name) for name in names])]
    assert len({*files, "none.csv"}) == len(names) + 1


def test_merged_labels_leave_their_values_to_others():
    labels = {x: Label(x, x, f"{x}.csv", "") for x in "abcd"}
    labels["b"] = replace(labels["b"], was=("old",))
    labels["c"] = replace(labels["c"], value="new", was=("c",))
    found = merged(labels, {"b": "a", "c": "a"})
    assert [(label.value, label.was) for label in found] == [
        ("a", ("b", "old", "new", "c")), ("d", ()),
    ]  # fmt: skip
    with pytest.raises(TaskError, match="b is merged into c, which does not stay"):
        merged(labels, {"b": "c", "c": "d"})


def test_a_file_that_changed_meanwhile_is_not_overwritten(make_workspace: MakeWorkspace):
    path = make_workspace(task=OWN_TASK).path
    seen = read_task_text(path)
    (path / "task.toml").write_text(OWN_TASK.replace("Tickets", "Letters"), encoding="utf-8")
    with pytest.raises(TaskError, match="somebody else"):
        save_task(path, task_toml(default_task()), seen)
    assert open_workspace(path).task.title == "Letters"
    save_task(path, task_toml(default_task()), read_task_text(path))
    assert open_workspace(path).task == default_task()
    (kept,) = (path / "set_aside").iterdir()
    assert "Letters" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["no toml", "seed = 'x'"])
def test_a_text_that_is_no_task_is_not_saved(text: str, make_workspace: MakeWorkspace):
    path = make_workspace(task=OWN_TASK).path
    with pytest.raises(TaskError):
        save_task(path, text, OWN_TASK)
    assert read_task_text(path) == OWN_TASK


def test_a_file_that_is_no_task_can_be_corrected(make_workspace: MakeWorkspace):
    path = make_workspace(task=OWN_TASK).path
    (path / "task.toml").write_bytes(b"title = '\xff'")
    save_task(path, OWN_TASK, read_task_text(path))
    assert open_workspace(path).task.title == "Tickets"
    assert (path / "set_aside" / "task.toml").read_bytes() == b"title = '\xff'"


@pytest.mark.parametrize(("training", "first"), [(150, 20), (400, 0)])
def test_a_new_task_begins_with_small_batches_where_few_labels_come_first(training, first):
    targets = {"evaluation": 60, "validation": 0, "training": training}
    labels = [Label("1", "yes", "yes.csv", positive=True), Label("0", "no", "no.csv")]
    task = parse_task(task_text("t", "", labels, targets), "task.toml")
    assert (task.first_batch_size, task.batch_size) == (first, 100)


def test_a_table_of_earlier_versions_is_passed_over():
    assert parse_task("[rest]\nminutes = 30\n", "task.toml") == parse_task("", "task.toml")
