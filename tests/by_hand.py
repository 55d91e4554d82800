"""Labels and flags that a person gives one item by hand, as events; a refusal is raised."""

from core.errors import LoopError
from core.workspace import relabel
from core.workspace.events import Inbox
from core.workspace.layout import Workspace
from core.workspace.logs import Event
from core.workspace.relabel import Change, Changes, Hand


def label_by_hand(
    workspace: Workspace, inbox: Inbox, item_id: str, label: str, hand: Hand
) -> Event:
    return _event(relabel.label_by_hand(workspace, inbox, [item_id], label, hand))


def flag_by_hand(workspace: Workspace, inbox: Inbox, item_id: str, note: str, hand: Hand) -> Event:
    return _event(relabel.flag_by_hand(workspace, inbox, [item_id], note, hand))


def take_back_by_hand(
    workspace: Workspace, inbox: Inbox, given: Event, before: str, hand: Hand
) -> Event:
    return _event(relabel.take_back_by_hand(workspace, inbox, [Change(given, before)], hand))


def _event(changes: Changes) -> Event:
    for reason in changes.refused.values():
        raise LoopError(reason)
    (change,) = changes.done
    return change.event
