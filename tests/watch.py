"""What a workspace's files must be like after every crash, whatever crashed."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.workspace.events import Inbox
from core.workspace.labels import Labels
from core.workspace.snapshot import Snapshot
from tests.records import split_records

NAMES = {"1": "related.csv", "0": "not_related.csv", "-": "none.csv"}
AGAIN = ("second opinion", "repeat")
SPELLED_OUT = ("", "random", "low confidence", "outlier", "sunlight", "bulk")
FILES = ("batches.csv", "annotations.csv", "runs.csv")


@dataclass
class Told:
    """What the lives of one workspace have told: all that was sent, and what was acknowledged."""

    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    by_hand: Counter[str] = field(default_factory=Counter)

    def waiting(self) -> list[dict[str, str]]:
        return [event for key, event in self.sent.items() if key not in self.acknowledged]


@dataclass
class Watch:
    """One workspace over its lives: what was told, how its files were, what went wrong."""

    path: Path
    told: Told
    running: Snapshot
    inbox: Inbox
    files: dict[Path, bytes] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    last: str = ""

    def blame(self, what: str, example: object) -> None:
        self.wrong[what] += 1
        self.examples.append(f"{what} ({self.last}): {example}")

    def look(self) -> None:
        """Compares the files with what was told, and with what they were before."""
        self._look_at_growth()
        self._look_at_events()

    def _look_at_growth(self) -> None:
        torn = [path.read_bytes() for path in (self.path / "torn").glob("*")]
        names = [*FILES, *(str(p.relative_to(self.path)) for p in self.path.glob("*_data/*.csv"))]
        for name in names:
            if name.startswith("unlabeled"):
                continue
            path = self.path / name
            now = path.read_bytes() if path.exists() else b""
            before = self.files.get(path, b"")
            rest = split_records(before)[1]
            if not now.startswith(before):
                kept = before.removesuffix(rest) if rest else before
                if not (rest and now.startswith(kept) and rest in torn):
                    self.blame("shrank", name)
            self.files[path] = now
            width = {"annotations.csv": 11, "batches.csv": 12, "runs.csv": 16}.get(name)
            for row in split_records(now)[0]:
                if (len(row) != width) if width else not 2 <= len(row) <= 5:
                    self.blame("torn", f"{name}: {row}")

    def _look_at_events(self) -> None:
        rows = split_records(self.files[self.path / "annotations.csv"])[0][1:]
        counts = Counter(row[0] for row in rows)
        for key in self.told.acknowledged - counts.keys():
            self.blame("lost", key)
        for key, count in counts.items():
            if count > 1:
                self.blame("doubled", key)
        for row in rows:
            sent = self.told.sent.get(row[0])
            if sent and [sent["action"], sent["item_id"], sent["label"], sent["note"]] != [
                row[3], row[2], row[4], row[9],
            ]:  # fmt: skip
                self.blame("changed", row)
            if not sent and not (row[5] == "hand" and (row[2] or row[3] == "save")):
                self.blame("never sent", row)

    def look_at_labels(self) -> None:
        """After an opening without faults: each net label of a saved batch stands in its file once.

        And nothing is torn any more, and the doctor has no errors.
        """
        rows = split_records(self.files[self.path / "annotations.csv"])[0][1:]
        saved = {row[1] for row in rows if row[3] == "save"}
        for item, (row, split) in self._counting().items():
            if row[3] == "label" and row[1] in saved:
                for value in row[4].split("|"):
                    path = self.path / f"{split}_data" / NAMES[value]
                    found = split_records(ended(self.files.get(path, b"")))[0]
                    if [label[0] for label in found].count(item) != 1:
                        self.blame("label not saved once", row)
        for path, data in self.files.items():
            if rest := split_records(ended(data))[1]:
                self.blame("torn", f"{path.name} after opening: {rest[-80:]}")
        self._look_for_opinions()

    def look_at(self, labels: Labels) -> None:
        """Each label that counts is the one that the rows of the logs give."""
        for item, (row, split) in self._counting().items():
            found = labels.by_id.get(item)
            if (row[4], split) != (found.label, found.split) if found else row[3] == "label":
                self.blame("counts otherwise", (row, split, found))

    def _proposed(self) -> dict[tuple[str, str], list[str]]:
        """The row of each (batch, item)."""
        return {(row[0], row[5]): row for row in split_records(self.files[self.path / FILES[0]])[0]}

    def _counting(self) -> dict[str, tuple[list[str], str]]:
        """Each item's word that counts, and its split: the decision that stands, or the last own.

        A label by hand where there was one is a correction, and ends the decision before it. Of an
        item that was labeled in bulk, the opinion of who looked first counts.
        """
        proposed, own, decided = self._proposed(), {}, {}
        looks: dict[str, dict[str, list[str]]] = {}
        for row in split_records(self.files[self.path / "annotations.csv"])[0][1:]:
            item, about = row[2], proposed.get((row[1], row[2]), [""] * 7)
            split, strategy = about[2], about[6]
            if row[3] not in ("label", "undo"):
                continue
            if strategy in AGAIN:
                of = looks.setdefault(item, {})
                if row[3] == "undo":
                    of.pop(row[5], None)
                elif own.get(item) and in_bulk(own[item][0]):
                    of[row[5]] = row
                continue
            if in_bulk(row):
                own[item] = row, split
                continue
            if strategy == "adjudication":
                decided.pop(item, None)
                decided |= {item: (row, split)} if row[3] == "label" else {}
                continue
            before = own.get(item, ([""] * 6, ""))[0]
            if in_bulk(before):
                before = next(iter(looks.get(item, {}).values()), [""] * 6)
            if before[3] == "label" and (strategy == "sunlight" or before[5] != row[5]):
                decided.pop(item, None)
            own[item] = row, split
        for item, (row, split) in own.items():
            if looks.get(item) and in_bulk(row) and row[3] == "label":
                own[item] = next(iter(looks[item].values())), split
        for item, (row, split) in decided.items():
            had, where = own.get(item, (row, split))
            own[item] = row, where if had[3] == "label" else split
        return own

    def _look_for_opinions(self) -> None:
        """No label file has what was said by nobody but for a second opinion."""
        proposed, said = self._proposed(), {True: set(), False: set()}
        for row in split_records(self.files[self.path / "annotations.csv"])[0][1:]:
            if row[3] == "label":
                strategy = proposed[row[1], row[2]][6]
                said[strategy in AGAIN] |= {(row[2], value) for value in row[4].split("|")}
        in_groups = {row[5] for row in proposed.values() if row[6] == "bulk"}
        for item, value in said[True] - said[False]:
            if item in in_groups:
                continue
            for path in self.path.glob(f"*_data/{NAMES[value]}"):
                rows = split_records(ended(self.files.get(path, b"")))[0]
                if item in {row[0] for row in rows}:
                    self.blame("an opinion in a label file", (item, value, path.name))


def in_bulk(row: list[str]) -> bool:
    """Whether the event gave a label to a group at once, or took it back."""
    return re.fullmatch("bulk-[0-9]+", row[1]) is not None and row[9].startswith("bulk: ")


def ended(data: bytes) -> bytes:
    """The rows, the last of which may have been cut short where nothing that matters is missing.

    That is behind its label, or behind a strategy that is spelled out.
    """
    rest = split_records(data)[1].decode(errors="replace")
    fields = [] if rest.count('"') % 2 else next(csv.reader(io.StringIO(rest, newline="")), [])
    if not 3 <= len(fields) <= 5 or fields[2] not in NAMES:
        return data
    is_whole = all(
        (
            (fields[3:4] or [""])[0] in SPELLED_OUT,
            not fields[4:] or re.fullmatch(r"[01]\.?\d*(e-?\d+)?", fields[4]),
        )
    )
    return data + b"\n" if is_whole else data
