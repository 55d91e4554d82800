"""Lives of a program that labels and is broken off at random; after each its files are looked at.

    python -m tests.crashes --points 500 --seed 1

A parent forks a child for each life. The child opens the workspace, sends again what was not
acknowledged, labels, undoes, saves, proposes, and is broken at a drawn call. It tells through a
pipe what it sends, before it does, and what was acknowledged, after. What the parent finds in the
files it reads by rules of its own: none of the code that wrote them. Prints one JSON object.
"""

import argparse
import gc
import json
import os
import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from core.doctor import examine
from core.errors import SunlightError
from core.evaluation.runs import Trained, keep, train
from core.sampling.next_batch import Batch, BatchRequest, propose
from core.system.csv_rows import read_bytes
from core.workspace import bulk
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, new_event
from core.workspace.relabel import Hand, adjudicate
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from tests.by_hand import flag_by_hand, label_by_hand
from tests.conftest import headlines, write_csv
from tests.faults import KINDS, Shim, breakable
from tests.records import split_records
from tests.tracing import kill_at, trace_me
from tests.watch import Told, Watch

TASK = 'title = "Crashes"\n[targets]\nevaluation = 1000\ntraining = 20\n[batch]\nsize = 8\n'
SEVERAL = "several = true\n" + TASK
SEVERAL += "".join(
    f'[[labels]]\nvalue = "{value}"\nfile = "{name}"\n'
    for value, name in (("1", "related.csv"), ("0", "not_related.csv"))
)
ANSWERS = {TASK: ("0", "1"), SEVERAL: ("0", "1", "1|0", "-")}
OPINIONS = TASK + "[quality]\noverlap = 1\nrepeat = 0.5\nstart = 4\n"
"""Two people, who are asked again about each other's items, and one who decides."""
BULK = OPINIONS.replace("evaluation = 1000\ntraining = 20", "evaluation = 0\ntraining = 1000")
BULK = BULK.replace("size = 8\n", "size = 8\nrecheck_bulk = 0.5\n")
"""Groups that get one label at once, beside all that; some of them are looked at later. No model
chooses: a forked process cannot train one."""
LIVES = 20
"""Crashes in a row on one workspace, at most, before the doctor goes through it."""

TRACED = "killed between system calls"
NOTES = ("", "plain", 'two\nlines, "quoted"', "a\r\nb,c,d", "Ünï ✓ ‮ \n\n\n", "=1+1")


def make_template(folder: Path, task: str) -> Trained:
    """A workspace of 200 items and some training labels, and a model of it.

    The model is that of a task of one label: what it holds is not looked at.
    """
    items = headlines(230)
    pool = [("item_id", "text"), *(item[:2] for item in items[:200])]
    pool[9] = ("i0008", 'two\nlines, and a "quote"')
    write_csv(folder / "unlabeled_data" / "pool.csv", pool)
    for label, name in (("1", "related.csv"), ("0", "not_related.csv")):
        rows = [item for item in items[200:] if item[2] == label]
        write_csv(folder / "training_data" / name, rows)
    (folder / "task.toml").write_text(TASK)
    trained = train(open_snapshot(folder), name="book")
    (folder / "task.toml").write_text(task)
    return trained


def life(watch: Watch, trained: Trained, draw: Random, tell: Callable, keeps: bool = False) -> None:
    """Opens, sends again what waits, labels for a while; keeps a model first if it is to.

    Or it is one of several programs: it has been running since before the others were broken.
    """
    snapshot, inbox, told = watch.running, watch.inbox, watch.told
    if draw.random() < 0.5:
        snapshot = open_snapshot(watch.path)
        inbox = Inbox(snapshot.workspace)
    _send(snapshot, inbox, [_event(entry) for entry in told.waiting()], tell)
    if keeps:
        keep(snapshot, trained)
    for _ in range(draw.randint(1, 4)):
        try:
            _step(snapshot, inbox, told, trained, draw, tell)
        except SunlightError:
            continue  # a full or broken disk: told to the person, who goes on


def _step(
    snapshot: Snapshot, inbox: Inbox, told: Told, trained: Trained, draw: Random, tell: Callable
) -> None:
    what, asks_again = draw.random(), snapshot.workspace.task.quality.overlap > 0
    if not snapshot.workspace.task.targets["evaluation"] and draw.random() < 0.5:
        _bulk(read_snapshot(snapshot.workspace), inbox, draw)
    elif asks_again and draw.random() < 0.4:
        _decide(snapshot, inbox, draw, tell)
    elif what < 0.08:
        keep(snapshot, trained)
    elif what < 0.2:
        _by_hand(snapshot, inbox, draw, tell)
    else:
        person = draw.choice(("ann", "bob")) if asks_again else "ann"
        batch = propose(snapshot, person, BatchRequest(seed=draw.randrange(2**31)))
        for _ in range(draw.randint(1, 3)):
            _send(snapshot, inbox, _burst(snapshot, batch, told, draw), tell)
        if draw.random() < 0.5:
            _send(snapshot, inbox, [_new(batch, "save", "", draw)], tell)


def _by_hand(snapshot: Snapshot, inbox: Inbox, draw: Random, tell: Callable) -> None:
    item = draw.choice(snapshot.pool_words.pool.ids.to_pylist())
    tell("hand", item)
    if draw.random() < 0.6:
        event = label_by_hand(
            snapshot.workspace, inbox, item, _answer(snapshot, draw), Hand("hand", False)
        )
    else:
        event = flag_by_hand(
            snapshot.workspace, inbox, item, draw.choice(NOTES), Hand("hand", False)
        )
    tell("sent", vars(event))
    tell("acknowledged", [event.event_id])


def _bulk(snapshot: Snapshot, inbox: Inbox, draw: Random) -> None:
    """One step with a group: it begins, is checked, labeled, given up, or taken back."""
    hand, ids = Hand("hand", False), snapshot.pool_words.pool.ids.to_pylist()
    for group in bulk.groups(snapshot, "hand"):
        where = snapshot, inbox, group.about.batch_id, hand
        if group.passed:
            bulk.label_rest(*where)
        elif group.is_checked:
            draw.choice((bulk.check_more, bulk.end))(*where)
        else:
            waits = [p for batch in snapshot.open_batches.values() for p in batch]
            checks = [p for p in waits if p.batch_id.startswith(f"{group.about.batch_id}-")]
            answer = group.about.label if draw.random() < 0.8 else draw.choice("01")
            label = partial(new_event, annotator="hand", action="label", label=answer)
            inbox.receive([label(p.batch_id, item_id=p.item_id) for p in checks])
        return
    given = bulk.given(snapshot)
    if given and draw.random() < 0.3:
        bulk.take_back(snapshot, inbox, draw.choice(given)[0].batch_id, hand)
    else:
        bulk.begin(snapshot, inbox, draw.sample(ids, 40), draw.choice("01"), "a draw", hand)


def _decide(snapshot: Snapshot, inbox: Inbox, draw: Random, tell: Callable) -> None:
    """Somebody decides about an item that was labeled here, or takes their decision back."""
    labels = read_snapshot(snapshot.workspace).labels
    here = {item.item_id for item in labels.items if item.batch_id}
    differ = sorted(here & labels.words.differing.keys() or here)
    if not differ:
        return
    label = draw.choice([*ANSWERS[TASK], *ANSWERS[TASK], ""])
    where = snapshot.workspace, inbox, draw.choice(differ), label, "hand"
    event = adjudicate(*where, draw.choice(("slip", "unclear text")))
    tell("sent", vars(event))
    tell("acknowledged", [event.event_id])


def _answer(snapshot: Snapshot, draw: Random) -> str:
    return draw.choice(ANSWERS[SEVERAL if snapshot.workspace.task.several else TASK])


def _burst(snapshot: Snapshot, batch: Batch, told: Told, draw: Random) -> list[Event]:
    """Events of one request, some of them twice, some that were sent before."""
    actions = ("label", "label", "label", "undo", "skip", "flag")
    items = [proposal.item_id for proposal in batch.proposals]
    events = [
        _new(batch, draw.choice(actions), draw.choice(items), draw, _answer(snapshot, draw))
        for _ in range(draw.randint(1, 6))
    ]
    if draw.random() < 0.3:
        events.append(draw.choice(events))
    if told.sent and draw.random() < 0.3:
        events.append(_event(draw.choice([*told.sent.values()])))
    return events


def _new(batch: Batch, action: str, item: str, draw: Random, answer: str = "") -> Event:
    label = answer if action == "label" else ""
    note = draw.choice(NOTES) if action == "flag" else ""
    event_id = f"{draw.getrandbits(64):016x}-1"
    return Event(
        event_id, batch.batch_id, item, action, label, batch.proposals[0].annotator,
        "2026-01-01T00:00:00.000Z",
        draw.random(), False, note,
    )  # fmt: skip


def _event(entry: dict) -> Event:
    return Event(**entry)


def _send(snapshot: Snapshot, inbox: Inbox, events: list[Event], tell: Callable) -> None:
    for event in events:
        tell("sent", vars(event))
    log = snapshot.workspace.annotations
    before = read_bytes(log.path, log.name)
    try:
        receipt = inbox.receive(events)
    except SunlightError as error:  # the browser keeps them, and sends them again
        is_untouched = f"{log.name} cannot be written" in str(error) and "Nothing" in str(error)
        rest = split_records(before)[1]
        now = read_bytes(log.path, log.name)
        if is_untouched and now not in (before, before[: len(before) - len(rest)]):
            tell("failed", "was refused, and something stands there")
        return
    tell("acknowledged", receipt.acknowledged)


@dataclass
class Tally:
    """Counts over all workspaces."""

    points: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    sent: int = 0
    acknowledged: int = 0

    def add(self, watch: Watch) -> None:
        self.wrong += watch.wrong
        self.examples += watch.examples
        self.sent += len(watch.told.sent)
        self.acknowledged += len(watch.told.acknowledged)

    def as_json(self) -> str:
        counts = {"points": self.points, "calls": self.calls}
        counts |= {"wrong": self.wrong, "examples": self.examples[:5]}
        return json.dumps(counts | {"sent": self.sent, "acknowledged": self.acknowledged})


def in_child(act: Callable[[Callable], None], stop: int | None = None) -> tuple[list, int | None]:
    """What the act told in a forked child, and the stops that it made if it was traced.

    `("failed", traceback)` is told of an exception, `("ended", …)` if it came to its end.
    """
    reading, writing = os.pipe()
    write = os.write
    child = os.fork()
    if not child:
        os.close(reading)

        def tell(what: str, content: object = None) -> None:
            write(writing, (json.dumps([what, content]) + "\n").encode())

        try:
            gc.disable()
            if stop is not None:
                trace_me()
            act(tell)
            tell("ended")
        except SunlightError:
            tell("ended")  # refused with a reason, and nothing else
        except BaseException:
            tell("failed", traceback.format_exc())
        os._exit(0)
    os.close(writing)
    stops = kill_at(child, stop) if stop is not None else None
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().splitlines()
    if stop is None:
        os.waitpid(child, 0)
    return [json.loads(line) for line in lines], stops


class Harness:
    """Draws lives and faults by seed, until as many points as asked for were tried.

    With `each` it first tries every kind of fault at every kind of call.
    """

    def __init__(self, folder: Path, seed: int, each: bool = False, task: str = TASK) -> None:
        self._folder, self._draw, self._tally = folder, Random(seed), Tally()
        # What is undone after a fault needs two of them: no life has more than one.
        calls = [(kind, call) for kind in KINDS for call in breakable(kind) if call != "unlink"]
        self._ahead = calls if each else []
        self._draw.shuffle(self._ahead)
        self._calls, self._stops = 60, 4_000
        self._can_trace = True
        self._trained = make_template(folder / "template", task)

    def run(self, points: int, seconds: float) -> Tally:
        gc.freeze()  # or each child copies the pages that its collector looks at
        end = time.monotonic() + seconds
        number = 0
        while self._is_asked(points) and time.monotonic() < end:
            number += 1
            self._workspace(self._folder / f"w{number}")
        return self._tally

    def _is_asked(self, points: int) -> bool:
        return bool(self._ahead) or self._tally.points.total() < points

    def _workspace(self, path: Path) -> None:
        shutil.copytree(self._folder / "template", path)
        running = read_snapshot(open_workspace(path))
        watch = Watch(path, Told(), running, Inbox(running.workspace))
        # Where folders are to be made, few of them are there yet.
        for number in range(self._draw.randint(1, 2 if self._ahead else LIVES)):
            # What is new is not on disk yet: nothing is as easily lost by a power cut.
            self._life(watch, KINDS[-2:] if number == 0 and self._draw.random() < 0.5 else KINDS)
        self._heal(watch)
        self._tally.add(watch)
        shutil.rmtree(path)

    def _life(self, watch: Watch, kinds: Sequence[str]) -> None:
        seed = self._draw.randrange(2**32)
        kind, call = self._next(kinds)
        # A torn row is cut off once.
        at = self._draw.randint(1, 1 if call == "ftruncate" else 2 if call else self._calls)
        shim = Shim(watch.path, kind, at, Random(seed), call)

        if call == "ftruncate":
            self._tear(watch)

        def act(tell: Callable) -> None:
            if kind != TRACED:
                shim.install()
            try:
                life(watch, self._trained, Random(seed), tell, call == "rename")
            finally:
                tell("struck" if shim.struck else "calls", shim.calls)

        stop = self._draw.randint(1, self._stops) if kind == TRACED else None
        said, stops = in_child(act, stop)
        watch.last = f"{kind} at {call or 'call'} {shim.at} of life {seed}"
        self._hear(watch, said)
        if kind == TRACED:
            self._count_traced(dict(said), stops, stop)
        else:
            self._count(kind, call, dict(said))
        watch.look()

    def _tear(self, watch: Watch) -> None:
        """Leaves a log as a crash does: whoever writes next cuts it off."""
        log = watch.path / "annotations.csv"
        if log.exists():
            with log.open("ab") as file:
                file.write(b"torn,row")
            watch.look()

    def _next(self, kinds: Sequence[str]) -> tuple[str, str]:
        """What is to happen, and at which call: at any where none is named."""
        if self._ahead:
            return self._ahead.pop()
        return self._draw.choice([*kinds, TRACED] if self._can_trace else kinds), ""

    def _count(self, kind: str, call: str, said: dict[str, int]) -> None:
        """A point counts if the fault came before the life was over."""
        if "ended" in said and "struck" not in said:
            if call:
                self._ahead.insert(0, (kind, call))  # this life had no such call
            else:
                self._calls = max(20, said["calls"])
            return
        self._tally.points[kind] += 1
        self._tally.calls[call] += 1

    def _count_traced(self, said: dict[str, int], stops: int | None, stop: int) -> None:
        self._can_trace = stops is not None
        self._tally.points[TRACED] += bool(stops and stops > stop and "ended" not in said)
        self._stops = max(500, (stops if "ended" in said else self._stops) or 500)

    def _hear(self, watch: Watch, said: list) -> None:
        for what, content in said:
            if what == "sent":
                watch.told.sent[content["event_id"]] = content
            elif what == "acknowledged":
                watch.told.acknowledged.update(content)
            elif what == "hand":
                watch.told.by_hand[content] += 1
            elif what == "failed":
                watch.blame("failed", content)

    def _heal(self, watch: Watch) -> None:
        """A life without faults: everything waiting arrives, and the doctor is content."""

        def act(tell: Callable) -> None:
            snapshot = open_snapshot(watch.path)
            _send(
                snapshot, Inbox(snapshot.workspace), [_event(e) for e in watch.told.waiting()], tell
            )
            open_snapshot(watch.path)
            for finding in examine(watch.path):
                if finding.severity == "error":
                    tell("failed", finding.message)

        watch.last = "a life without faults"
        self._hear(watch, in_child(act)[0])
        watch.look()
        watch.look_at_labels()
        watch.look_at(read_snapshot(open_workspace(watch.path)).labels)
        if watch.told.waiting():
            watch.blame("never taken", watch.told.waiting()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", action="store_true", help="first each fault at each call")
    parser.add_argument("--several", action="store_true", help="several labels for one text")
    parser.add_argument("--opinions", action="store_true", help="second opinions and decisions")
    parser.add_argument("--bulk", action="store_true", help="those, and groups labeled at once")
    asked = parser.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        several = SEVERAL if asked.several else OPINIONS if asked.opinions else TASK
        task = BULK if asked.bulk else several
        harness = Harness(Path(folder), asked.seed, asked.each, task)
        print(harness.run(asked.points, asked.seconds).as_json())


if __name__ == "__main__":
    main()
