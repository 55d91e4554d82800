from concurrent.futures import ThreadPoolExecutor

import pytest

from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.layout import Workspace
from core.workspace.logs import Event, read_logs
from core.workspace.snapshot import read_snapshot
from tests.conftest import SMALL_TASK, MakeWorkspace, headlines


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    workspace = make_workspace([item[:2] for item in headlines(60)])
    propose(read_snapshot(workspace), "ann")
    return workspace


def event(workspace: Workspace, **changes) -> Event:
    item = read_logs(*workspace.logs).proposals[0]
    values = {
        "event_id": "e1", "batch_id": item.batch_id, "item_id": item.item_id, "action": "label",
        "label": "1", "annotator": "ann", "labeled_at": "2026", "seconds": 1.0,
        "assisted": False, "note": "",
    }  # fmt: skip
    return Event(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"batch_id": "b99"}, "no batch `b99`"),
        ({"item_id": "zzz"}, "not in batch"),
        ({"label": "yes"}, "not one of the task's"),
        ({"action": "paint"}, "is no action"),
        ({"event_id": ""}, "has no id"),
        ({"note": "x" * 3000}, "longer than"),
    ],
)
def test_an_event_that_fits_no_batch_is_refused(workspace: Workspace, changes: dict, says: str):
    receipt = Inbox(workspace).receive([event(workspace, **changes)])
    assert receipt.acknowledged == []
    ((event_id, reason),) = receipt.refused
    assert event_id == changes.get("event_id", "e1")
    assert says in reason
    assert not workspace.annotations.path.exists()


def test_labels_of_an_older_page_count_as_what_they_mean_now(make_workspace: MakeWorkspace):
    task = "several = true\n" + SMALL_TASK + "".join(
        f'[[labels]]\nvalue = "{value}"\nfile = "{value}.csv"\n{more}\n'
        for value, more in (("a", "was = ['old']"), ("b", ""), ("c", "retired = true"))
    )  # fmt: skip
    workspace = make_workspace([item[:2] for item in headlines(60)], task=task)
    propose(read_snapshot(workspace), "ann")
    answers = ["a", "a|b", "-", "b|a", "b|old", "old|a", "c", "a|", "a|-", "x"]
    events = [event(workspace, event_id=answer, label=answer) for answer in answers]
    receipt = Inbox(workspace).receive(events)
    written = {each.event_id: each.label for each in read_logs(*workspace.logs).events}
    assert list(written.values()) == ["a", "a|b", "-", "a|b", "a", "c"]
    assert receipt.acknowledged == list(written)
    assert [event_id for event_id, _ in receipt.refused] == ["b|a", "a|", "a|-", "x"]


def test_sound_events_are_kept_beside_refused_ones(workspace: Workspace):
    events = [event(workspace), event(workspace, event_id="e2", label="?")]
    receipt = Inbox(workspace).receive(events)
    assert receipt.acknowledged == ["e1"]
    assert [found.event_id for found in read_logs(*workspace.logs).events] == ["e1"]


def test_events_that_are_sent_again_are_acknowledged_again(workspace: Workspace):
    inbox = Inbox(workspace)
    for _ in range(3):
        assert inbox.receive([event(workspace)]).acknowledged == ["e1"]
    assert len(read_logs(*workspace.logs).events) == 1


def test_a_batch_that_came_later_is_known(workspace: Workspace):
    inbox = Inbox(workspace)
    inbox.receive([event(workspace)])
    batch = propose(read_snapshot(workspace), "bob")
    later = event(
        workspace, event_id="e2", batch_id=batch.batch_id, item_id=batch.proposals[0].item_id
    )
    assert inbox.receive([later]).acknowledged == ["e2"]


def test_many_threads_lose_and_double_nothing(workspace: Workspace):
    inbox = Inbox(workspace)
    events = [event(workspace, event_id=f"e{n}") for n in range(200)]
    parts = [events[start : start + 20] for start in range(0, 200, 10)]  # each sent about twice
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(inbox.receive, parts))
    found = [found.event_id for found in read_logs(*workspace.logs).events]
    assert sorted(found) == sorted(f"e{n}" for n in range(200))
