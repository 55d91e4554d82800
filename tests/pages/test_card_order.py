"""The order of labels and their keys on the card, and the messages in a cell."""

import json

from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.logs import new_event
from core.workspace.snapshot import read_snapshot
from core.workspace.task_toml import parse_task
from pages.ui.card.batch_data import MAX_MESSAGES, keys_in_order, messages, values_in_order
from tests.conftest import SMALL_TASK, MakeWorkspace, headlines

LABELS = "".join(
    f'[[labels]]\nvalue = "{value}"\nfile = "{value}.csv"\n{more}'
    for value, more in (("a", ""), ("b", 'was = ["old"]\n'), ("c", 'key = "x"\n'), ("d", ""))
)


def test_frequent_labels_come_first_by_what_was_given_before(make_workspace: MakeWorkspace):
    task = "several = true\n" + SMALL_TASK + "[card]\nfrequent_first = true\n" + LABELS
    workspace = make_workspace([item[:2] for item in headlines(60)], task=task)
    assert values_in_order(read_snapshot(workspace), "2") == ("a", "b", "c", "d")
    batch = propose(read_snapshot(workspace), "ann")
    for proposal, label in zip(batch.proposals, ["d", "c|d", "c|d", "-", "b"], strict=False):
        event = new_event(proposal.batch_id, "ann", "label", proposal.item_id, label=label)
        assert Inbox(workspace).receive([event]).acknowledged
    snapshot = read_snapshot(workspace)
    assert values_in_order(snapshot, "9") == ("d", "c", "b", "a")
    assert values_in_order(snapshot, "2") == ("a", "b", "c", "d")  # nothing was given by then


def test_digits_go_to_the_first_labels_where_there_are_too_few_keys():
    labels = parse_task(SMALL_TASK + LABELS + 'key = ""\n', "x").labels
    assert [label.key for label in labels] == ["1", "2", "x", ""]
    moved = keys_in_order(labels, ["d", "c", "b", "a"])
    assert [(label.value, label.key) for label in moved] == [
        ("a", ""), ("b", "2"), ("c", "x"), ("d", "1")
    ]  # fmt: skip
    assert keys_in_order(labels, ()) == labels
    keyed = parse_task(SMALL_TASK + LABELS, "x").labels
    assert keys_in_order(keyed, ["d", "c", "b", "a"]) == keyed


def test_a_cell_holds_a_list_of_messages_or_one_as_typed():
    assert messages('["a", " b\\n"]') == ("a", " b\n")
    for cell in ("a\nb ", "[not a list", "[1]", '["\\ud800"]', "[" * 100_000, '{"a": 1}'):
        assert messages(cell) == (cell,)


def test_a_cell_of_more_messages_than_a_card_can_show_stands_as_it_was_typed():
    cell = json.dumps(["a"] * 100_000)
    assert messages(cell) == (cell,)
    assert len(messages(json.dumps(["a"] * MAX_MESSAGES))) == MAX_MESSAGES
