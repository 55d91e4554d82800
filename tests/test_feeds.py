"""Pools that somebody writes while others label: rows come, and nothing is refused for that."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from threading import Condition, Event, Thread

import pytest

from core.query.filters import UNLABELED, Filters
from core.query.tables import Tables
from core.sampling.next_batch import batch_to_label, propose
from core.workspace.events import Inbox
from core.workspace.layout import Workspace
from core.workspace.logs import new_event
from core.workspace.relabel import Hand
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.by_hand import label_by_hand
from tests.conftest import DISASTERS, MakeWorkspace, headlines

END = "for now"
"""The last words of every text of a feed: a text without them is half a one."""


class Feed(Thread):
    """Appends rows to a pool file, each in two writes, until it is stopped or has written `most`.

    `pace` is how many seconds it rests after each row.
    """

    def __init__(self, path: Path, pace: float, most: int) -> None:
        super().__init__()
        self._path, self._pace, self._most = path, pace, most
        self._is_over, self._grown = Event(), Condition()
        self.rows: dict[str, str] = {}
        self.labeled = 0

    def run(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            while len(self.rows) < self._most and not self._is_over.wait(self._pace):
                self._write(file, len(self.rows))
        with self._grown:
            self._grown.notify_all()

    def _write(self, file: io.RawIOBase, number: int) -> None:
        row = (f"n{number}", f"{DISASTERS[number % 5]} number {number}, so it seems, {END}")
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        data = line.getvalue().encode()
        at = 1 + number * 7 % (len(data) - 1)
        file.write(data[:at])
        file.write(data[at:])
        with self._grown:
            self.rows[row[0]] = row[1]
            self._grown.notify_all()

    def wait_for_more(self) -> None:
        """Returns when another row is there, or the feed is over."""
        before = len(self.rows)
        with self._grown:
            self._grown.wait_for(lambda: len(self.rows) > before or not self.is_alive())

    def stop(self) -> None:
        self._is_over.set()
        self.join()


@pytest.fixture
def fed(make_workspace: MakeWorkspace) -> Workspace:
    """A pool of 200 items, of which nothing is labeled."""
    return make_workspace([("id", "text"), *(item[:2] for item in headlines(200))])


def pool_file(workspace: Workspace) -> Path:
    return workspace.path / "unlabeled_data" / "pool.csv"


def feeding(workspace: Workspace, pace: float, most: int = 10**6) -> Feed:
    feed = Feed(pool_file(workspace), pace, most)
    feed.start()
    return feed


def turns(workspace: Workspace, feed: Feed) -> Iterator[Snapshot]:
    """Batches, draws and labels, again and again, each over a pool that has grown meanwhile."""
    inbox, seed = Inbox(workspace), 0
    while True:
        snapshot = read_snapshot(workspace)
        feed.wait_for_more()
        batch_id = batch_to_label(snapshot, "ann")
        feed.labeled += label_batch(inbox, read_snapshot(workspace), batch_id)
        feed.wait_for_more()
        tables = Tables(snapshot)
        drawn = tables.items(tables.rows(Filters(splits=(UNLABELED,))).draw(3, seed))
        seed += 1
        assert len(drawn) == 3
        assert all(is_whole(text) for text in drawn["text"])
        if snapshot.stage == "active learning":
            label_by_hand(workspace, inbox, drawn["item_id"][0], "1", Hand("bob", assisted=False))
        yield snapshot


def label_batch(inbox: Inbox, snapshot: Snapshot, batch_id: str) -> int:
    """Labels all of a batch, and saves it; how many these are."""
    waiting = snapshot.open_batches[batch_id]
    texts = snapshot.pool_words.pool.texts_of(p.item_id for p in waiting)
    assert len(texts) == len(waiting)
    assert all(map(is_whole, texts.values()))
    events = [
        new_event(batch_id, "ann", "label", item_id, label="10"[not is_disaster(text)])
        for item_id, text in texts.items()
    ]
    receipt = inbox.receive([*events, new_event(batch_id, "ann", "save")])
    assert len(receipt.acknowledged) == len(waiting) + 1
    return len(waiting)


def is_disaster(text: str) -> bool:
    return text.split()[0] in DISASTERS


def is_whole(text: str) -> bool:
    return "number" not in text or text.endswith(END)


def check_all_came(workspace: Workspace, feed: Feed) -> None:
    """Every row of the feed is in the pool, and every label counts."""
    snapshot = read_snapshot(workspace)
    pool = snapshot.pool_words.pool
    assert pool.findings == []
    assert pool.texts_of(feed.rows) == feed.rows
    assert len(pool) == 200 + len(feed.rows)
    assert len(snapshot.labels.items) >= feed.labeled > 0
    assert not snapshot.labels.findings


def test_a_pool_that_never_stops_growing_gives_batches_draws_and_labels(fed: Workspace):
    feed = feeding(fed, pace=0.001)
    try:
        stages = [snapshot.stage for snapshot, _ in zip(turns(fed, feed), range(6), strict=False)]
    finally:
        feed.stop()
    assert stages[0] == "evaluation"
    assert stages[-1] == "active learning"
    check_all_came(fed, feed)


@pytest.mark.thorough
def test_a_feed_of_ten_rows_a_second_for_a_minute(fed: Workspace):
    feed = feeding(fed, pace=0.1, most=600)
    try:
        for _ in turns(fed, feed):
            if not feed.is_alive():
                break
    finally:
        feed.stop()
    assert len(feed.rows) == 600
    check_all_came(fed, feed)


def test_a_batch_is_of_the_pool_as_it_was_read(fed: Workspace):
    snapshot = read_snapshot(fed)
    with pool_file(fed).open("a") as file:
        file.write("late,quake hits the north\nlater,half of a")
    (pool_file(fed).parent / "another.csv").write_text("another,flood hits the south\n")
    items = {proposal.item_id for proposal in propose(snapshot, "ann").proposals}
    assert len(items) == 10
    assert items <= {*snapshot.pool_words.pool.ids.to_pylist()}
    grown = read_snapshot(fed, snapshot.pool_words).pool_words.pool
    assert grown.positions(["late", "another", "later"]) == {"late": 201, "another": 0}


def test_a_line_that_is_half_written_is_never_proposed(make_workspace: MakeWorkspace):
    workspace = make_workspace([("i1", "flood hits town"), ("i2", "council meets")])
    with pool_file(workspace).open("a") as file:
        file.write("i3,quake hits the no")
        file.flush()
        batch = propose(read_snapshot(workspace), "ann")
        assert sorted(proposal.item_id for proposal in batch.proposals) == ["i1", "i2"]
        file.write("rth\n")
    batch = propose(read_snapshot(workspace), "bob")
    assert batch.texts == ("quake hits the north",)
