"""The way in for what people do: events are checked, written once, and only then confirmed."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.pool.items import read_pool
from core.system import durable
from core.system.disk_cache import file_stamps
from core.workspace.definitions import definitions_text, hash_of, keep_definitions
from core.workspace.labels import save
from core.workspace.layout import Workspace
from core.workspace.logs import ACTIONS, Event, Proposal, encode, read_log, read_logs
from core.workspace.task import Task

MAX_NOTE = 2_000  # characters of a note

LAST_BYTES = 200
"""What a log is known again by: the end of a row holds the moment of a label, and random ids."""


class EventLog:
    """The annotation log of a running server: remembers which events are already in the file.

    Other processes may append to the same file; what they wrote is read before each append.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._file = workspace, workspace.annotations
        self._seen: set[str] = set()
        self._read_to = 0
        self._inode = 0
        self._end = b""
        self._threads = threading.Lock()

    def append(self, events: Sequence[Event]) -> None:
        """Every event stands in the log once when this returns, however often it is sent."""
        if not events:
            return
        with self._threads, self._file.locked() as handle:
            # Before anything is read: what is torn must not be taken for read when it has gone.
            self._file.mend_open(handle)
            self._catch_up(handle)
            fresh = {event.event_id: event for event in events if event.event_id not in self._seen}
            if fresh:
                if any(event.definitions for event in fresh.values()):
                    keep_definitions(self._workspace)
                self._file.append_to(handle, [encode(event) for event in fresh.values()])
            self._seen.update(fresh)
            self._note_end(handle, durable.status(handle).st_size)

    def _catch_up(self, handle: int) -> None:
        status = durable.status(handle)
        if status.st_ino != self._inode or self._last_bytes(handle) != self._end:
            self._seen, self._read_to, self._inode = set(), 0, status.st_ino
        if status.st_size != self._read_to:
            content = self._file.read(self._read_to)
            # Whoever wrote that may have died before it was on disk: nothing is told of it yet.
            durable.sync(handle, self._file.name)
            self._seen.update(row.fields[0] for row in content.rows if row.whole)
            self._note_end(handle, self._read_to + content.whole_bytes)

    def _note_end(self, handle: int, read_to: int) -> None:
        self._read_to = read_to
        self._end = self._last_bytes(handle)

    def _last_bytes(self, handle: int) -> bytes:
        """The last bytes that were read: another file under the same inode ends otherwise there."""
        start = max(0, self._read_to - LAST_BYTES)
        return durable.read(handle, start, self._read_to)


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
        self._version = hash_of(definitions_text(workspace.task))

    def receive(self, events: Sequence[Event]) -> Receipt:
        """Writes the sound events, each id once however often it is sent, and completes saves.

        Those that label are stamped with today's definitions; a label of a page that is older than
        a change of the task counts as what it means now. Raises LogError if the log cannot be
        written; then none of the events is in it, and they may be sent again.
        """
        batches = self._known_batches()
        sound, refused = [], []
        for event in events:
            if reason := _refusal(event, batches, self._workspace.task):
                refused.append((event.event_id, reason))
                continue
            if event.action == "label":
                label = self._workspace.task.renewed(event.label)
                event = replace(event, label=label, definitions=self._version)
            sound.append(event)
        self._events.append(sound)
        if saved := {event.batch_id for event in sound if event.action == "save"}:
            pool = read_pool(self._workspace.path, self._workspace.cache)
            with self._workspace.locked():
                logs = read_logs(*self._workspace.logs)
                save(self._workspace, logs, saved, pool.texts_of)
        return Receipt([event.event_id for event in sound], refused)

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


def _refusal(event: Event, batches: dict[str, set[str]], task: Task) -> str:
    """Why this is no event that a batch asked for; empty if it is one."""
    if not event.event_id:
        return "The event has no id. Reload the page and label the item again."
    if event.action not in ACTIONS:
        return f"`{event.action}` is no action. Reload the page."
    if event.batch_id not in batches:
        return f"There is no batch `{event.batch_id}` here. Reload the page."
    if event.action != "save" and event.item_id not in batches[event.batch_id]:
        return f"Item `{event.item_id}` is not in batch `{event.batch_id}`. Reload the page."
    known = task.renewed(event.label)  # labels of today alone are written in their order
    is_known = known == event.label or (known is not None and not task.is_offered(event.label))
    if event.action == "label" and not is_known:
        return f"Label `{event.label}` is not one of the task's. Reload the page."
    if len(event.note) > MAX_NOTE:
        return f"The note is longer than {MAX_NOTE:,} characters. Shorten it."
    return ""
