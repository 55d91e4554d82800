"""What an edit of a task is said to touch."""

from collections import Counter
from dataclasses import replace

import pytest

from core.errors import TaskError
from core.workspace.labels import Labeled
from core.workspace.logs import Event
from core.workspace.snapshot import Snapshot
from core.workspace.task import HOLD, SPLITS, Label, Quality, Task
from core.workspace.task_changes import LOOK, SWITCH, changes, items_of
from core.workspace.task_toml import default_task

TASK = default_task()
ITEMS = Counter({"1": 240, "0": 1})


def edited(at: int, **words: object) -> Task:
    labels = [*TASK.labels]
    labels[at] = replace(labels[at], **words)
    return replace(TASK, labels=tuple(labels))


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (TASK, []),
        (
            replace(TASK, title="Tickets", short=""),
            [
                "Changes the title from Disaster-related headlines to Tickets.",
                "Changes the question from Is this headline about a disaster? to none.",
            ],
        ),
        (
            replace(TASK, detailed=""),
            ["Changes the definitions. 241 labels given so far stay."],
        ),
        (
            edited(0, name="Flood"),
            [
                "Renames the label Disaster-related to Flood. The files of 240 items keep the "
                "value 1."
            ],
        ),
        (
            edited(1, name="Other"),
            [
                "Renames the label Not disaster-related to Other. The files of 1 item keep the "
                "value 0."
            ],
        ),
        (edited(0, key="j"), ["Changes the key of Disaster-related from 1 to j."]),
        (
            edited(0, description="x"),
            [
                "Changes the definition of Disaster-related, which 240 items have. Review lists "
                "those that were labeled here, for a second look."
            ],
        ),
        (
            edited(1, default=False),
            ["Changes the label for Enter from Not disaster-related to none."],
        ),
        (replace(TASK, batch_size=50), ["Changes the size of a batch from 100 to 50."]),
        (
            replace(TASK, mix={"random": 3}),
            [
                "Changes the mix of a batch from 10 random, 80 low confidence, 10 outlier to 3 "
                "random."
            ],
        ),
        (
            replace(TASK, show=("day", "who")),
            ["Changes the columns under a text from none to day, who."],
        ),
        (
            replace(TASK, quality=Quality(0.125, 0.07, 20, HOLD)),
            [
                "Changes the share of second opinions from 0% to 12.5%.",
                "Changes the share of repeats from 0% to 7%.",
                "Changes the number of items to start with from 0 to 20.",
                "Changes the use of disputed training items from their label to none.",
            ],
        ),
        (
            replace(TASK, targets={**TASK.targets, "evaluation": 150}),
            ["Changes the number of evaluation items from 1,200 to 150."],
        ),
    ],
)
def test_each_edit_has_its_sentence(new: Task, says: list[str]):
    assert changes(TASK, new, ITEMS) == says


SPAM = Label("spam", "Spam", "spam.csv", "5")


def test_a_new_label_is_told_with_what_it_means_for_the_labels_given_so_far():
    new = replace(TASK, labels=(*TASK.labels, SPAM))
    added = "Adds the label Spam, with the key 5."
    assert changes(TASK, new, Counter()) == [added]
    unknown = "The model does not know Spam until it has learned from examples."
    assert changes(TASK, new, ITEMS) == [added, unknown, LOOK]


def test_a_label_goes_only_if_no_item_has_it():
    old = replace(TASK, labels=(*TASK.labels, SPAM))
    assert changes(old, TASK, Counter())[0] == "Removes the label Spam, which no item has."
    with pytest.raises(
        TaskError, match=r"3 items had the label Spam, so it cannot be removed\. Retire"
    ):
        changes(old, TASK, Counter({"spam": 3}))


def test_another_positive_label_is_told():
    labels = tuple(replace(label, positive=not label.positive) for label in TASK.labels)
    assert changes(TASK, replace(TASK, labels=labels), ITEMS) == [
        "Changes the positive label from Disaster-related to Not disaster-related."
    ]


def test_items_are_counted_by_their_label_and_what_was_undone_is_not_forgotten(active: Snapshot):
    assert items_of(active) == Counter(item.label for item in active.labels.items)
    none = replace(active.labels, splits={split: list[Labeled]() for split in SPLITS})
    event = Event("e", "b", "i", "label", "0", "ann", "2026", 1.0, assisted=False)
    logs = replace(active.logs, events=[event, replace(event, action="undo", label="")])
    assert items_of(replace(active, labels=none, logs=logs)) == {"0": 1}


OLD = replace(TASK, labels=(*TASK.labels, SPAM))
MANY = Counter({"1": 240, "0": 1, "spam": 12})


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (
            replace(TASK, labels=(replace(TASK.labels[0], was=("spam",)), TASK.labels[1])),
            "Merges the label Spam into Disaster-related: its 12 items have the label "
            "Disaster-related from now on. No file is rewritten.",
        ),
        (
            replace(TASK, labels=(*TASK.labels, replace(SPAM, value="junk", was=("spam",)))),
            "Writes junk for Spam in files from now on. Rows of spam stay and mean the same.",
        ),
        (
            replace(TASK, retired=(replace(SPAM, retired=True),)),
            "Retires the label Spam: it is not offered any more. Its 12 items are kept, out of "
            "training and of every score; you can label them again here.",
        ),
        (
            replace(OLD, labels=(*TASK.labels, replace(SPAM, examples=("buy",)))),
            "Changes the examples of Spam.",
        ),
        (
            replace(OLD, labels=(*TASK.labels, replace(SPAM, key=""))),
            "Changes the key of Spam from 5 to none: it is found by typing.",
        ),
        (replace(OLD, before="earlier"), "Changes the column above a text from none to earlier."),
        (replace(OLD, several=True), SWITCH),
    ],
)
def test_each_change_of_labels_that_items_have_has_its_sentence(new: Task, says: str):
    assert changes(OLD, new, MANY) == [says]


def test_a_retired_label_can_be_offered_again_and_several_cannot_be_taken_back():
    retired = replace(TASK, retired=(replace(SPAM, retired=True),))
    assert changes(retired, OLD, MANY) == [
        "Offers the label Spam again, and its 12 items count again."
    ]
    with pytest.raises(TaskError, match="each cannot have just one"):
        changes(replace(OLD, several=True), OLD, MANY)
    assert changes(replace(OLD, several=True), OLD, Counter()) == [
        "A text has one label from now on."
    ]
