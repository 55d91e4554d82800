"""The way in for what people do: events are checked, written once, and only then confirmed."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import EventError
from core.labels import save
from core.logs import ACTIONS, Event, EventLog, Proposal, read_log, read_logs
from core.pool import read_pool
from core.workspace import Workspace, file_stamps

MAX_NOTE = 2_000
"""Characters of a note."""


@dataclass(frozen=True)
class Receipt:
    """Ids of the events that are on disk now, and (id, reason) of those that fit no batch."""

    acknowledged: list[str]
    refused: list[tuple[str, str]]


class Inbox:
    """One workspace's events, from many sessions and threads at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._events = EventLog(workspace)
        self._threads = threading.Lock()
        self._stamp: object = None
        self._batches: dict[str, set[str]] = {}

    def receive(self, events: Sequence[Event]) -> Receipt:
        """Writes the sound events, each id once however often it is sent, and completes saves.

        Raises LogError if the log cannot be written; then none of the events is in it, and they
        may be sent again.
        """
        batches = self._known_batches()
        sound, refused = [], []
        for event in events:
            try:
                check_event(event, batches, self._workspace.task.values)
                sound.append(event)
            except EventError as error:
                refused.append((event.event_id, str(error)))
        self._events.append(sound)
        saved = {event.batch_id for event in sound if event.action == "save"}
        if saved:
            self._save(saved)
        return Receipt([event.event_id for event in sound], refused)

    def _save(self, batch_ids: set[str]) -> None:
        pool = read_pool(self._workspace)
        with self._workspace.locked():
            save(self._workspace, read_logs(self._workspace), batch_ids, pool.texts_of)

    def _known_batches(self) -> dict[str, set[str]]:
        """Each batch's items; `batches.csv` is read again only when it has grown."""
        stamp = file_stamps(self._workspace.path, [self._workspace.batches.path])
        with self._threads:
            if stamp != self._stamp:
                self._batches = {}
                for proposal in read_log(self._workspace.batches, Proposal, []):
                    self._batches.setdefault(proposal.batch_id, set()).add(proposal.item_id)
                self._stamp = stamp
            return self._batches


def check_event(event: Event, batches: dict[str, set[str]], values: Sequence[str]) -> None:
    """Raises EventError for an event that no batch asked for."""
    if not event.event_id:
        raise EventError("The event has no id. Reload the page and label the item again.")
    if event.action not in ACTIONS:
        raise EventError(f"`{event.action}` is no action. Reload the page.")
    if event.batch_id not in batches:
        raise EventError(f"There is no batch `{event.batch_id}` here. Reload the page.")
    if event.action != "save" and event.item_id not in batches[event.batch_id]:
        raise EventError(
            f"Item `{event.item_id}` is not in batch `{event.batch_id}`. Reload the page."
        )
    if event.action == "label" and event.label not in values:
        raise EventError(f"Label `{event.label}` is not one of the task's. Reload the page.")
    if len(event.note) > MAX_NOTE:
        raise EventError(f"The note is longer than {MAX_NOTE:,} characters. Shorten it.")
