"""What is fuzzed: every reader of bytes that others may have written, with valid files to begin at.

A target takes bytes and a folder of its own. It returns if they were read, raises SunlightError if
they were refused, and fails by anything else: another exception, a row that is neither read nor
reported, or more seconds than `SECONDS`.
"""

import asyncio
import json
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pyarrow as pa
import torch
from starlette.requests import Request

from core.analysis.simulation import read_oracle, write_labeled
from core.doctor import examine
from core.errors import PoolError, SunlightError
from core.evaluation.report import load_report
from core.exchange.foreign_table import understood
from core.exchange.tables.dates import moment
from core.exchange.tables.label_cells import labels_in
from core.exchange.tables.opening import open_table
from core.features.encoder import open_encoder
from core.features.pool_features import load_space
from core.features.vocabulary import Vocabulary
from core.models.model import load_model, save_model
from core.models.training import LabeledTexts, learner_on
from core.pool.csv_files import NotPlainError, careful_blocks, open_pool_file, plain_blocks
from core.pool.items import read_pool
from core.pool.search import find
from core.query.filters import Choices
from core.query.tables import Tables
from core.system import csv_rows
from core.system.csv_rows import parse_rows, read_row_blocks
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, Proposal, Run
from core.workspace.snapshot import read_snapshot
from core.workspace.task_toml import default_task, parse_task
from pages.ui.card.route import receive
from pages.ui.card.tokens import Claim, make_token, read_token
from pages.ui.sunlight.steps import read_step
from tests.conftest import SMALL_TASK

SECONDS = 20
"""For one input. Honest ones take thousandths; a busy machine is no hang."""

Read = Callable[[bytes, Path], None]


@dataclass(frozen=True)
class Target:
    """A reader: `seeds` are valid, `pieces` are what mutations put in beside the common ones."""

    name: str
    read: Read
    seeds: Callable[[], Sequence[bytes]]
    pieces: tuple[bytes, ...] = ()


PIECES = (
    b"", b'"', b'""', b'",', b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b",", b"'",
    b"\xed\xa0\x80", "\u202e\u200b".encode(), "e\u0301".encode() * 9, b"9" * 400, b"9" * 5000,
    b"-1", b"nan", b"inf", b"1e999", b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"null", b"true",
    b"../", b"x" * 300, b"<script>", b"=1+1",
)  # fmt: skip


def mutated(seed: bytes, draw: random.Random, pieces: Sequence[bytes] = PIECES) -> bytes:
    """The seed with one to six changes: bytes flipped, cut, doubled, moved or put in."""
    data = seed
    for _ in range(draw.randint(1, 6)):
        at = draw.randint(0, len(data))
        stop = min(len(data), at + draw.choice((1, 1, 2, 8, 40)))
        change = draw.randrange(6)
        if change == 0 and at < len(data):
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
        elif change == 1:
            data = data[:at] + data[stop:]
        elif change == 2:
            data = data[:at] + data[at:stop] * draw.choice((2, 3, 50)) + data[stop:]
        elif change == 3:
            data = data[:at] + draw.choice(pieces) + data[at:]
        elif change == 4:
            data = data[:at] + draw.choice(pieces) + data[stop:]
        else:
            data = data[: draw.choice((at, len(data)))] + data[stop:] + data[at:stop]
    return data


def inputs(target: Target, draw: random.Random) -> bytes:
    """Something to read: mostly a seed that was changed, sometimes bytes of no sense."""
    if not draw.randrange(12):
        return draw.randbytes(draw.choice((0, 3, 40, 400)))
    return mutated(draw.choice(target.seeds()), draw, (*PIECES, *target.pieces * 3))


class SlowError(Exception):
    """An input took more than `SECONDS`."""


def refused(target: Target, data: bytes) -> bool:
    """Whether the target refuses the bytes; raises what a reader must not raise."""
    with tempfile.TemporaryDirectory(prefix="sunlight-fuzz-") as folder, time_limit(SECONDS):
        try:
            target.read(data, Path(folder))
        except SunlightError:
            return True
    return False


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises SlowError in the main thread where the block takes longer."""

    def stop(*_: object) -> None:
        raise SlowError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _rows(data: bytes, _: Path) -> None:
    found = parse_rows(data)
    lines = data.removeprefix(csv_rows.BOM).split(b"\n")
    last = {row.line: row.line + _line_ends(row) for row in found.rows}
    told = [*last, *(bad.line for bad in found.bad)]
    assert len(set(told)) == len(told), "a line is told twice"
    covered = {line for first, end in last.items() for line in range(first, end + 1)}
    # One that is not valid UTF-8 may go on for some lines, in quotes.
    after = sorted({*last, len(lines) + 1})
    for bad in found.bad:
        end = next(line for line in after if line > bad.line) if "UTF-8" in bad.reason else 0
        covered |= {bad.line, *range(bad.line, end)}
    lost = [n for n, line in enumerate(lines, 1) if line.strip(b"\r") and n not in covered]
    assert not lost, f"lines {lost} are neither read nor reported"


def _line_ends(row: csv_rows.Row) -> int:
    return sum(field.count("\n") for field in row.fields)


def _blocks(data: bytes, folder: Path) -> None:
    path = folder / "rows.csv"
    path.write_bytes(data)
    whole, parts = parse_rows(_ended(data)), list(read_row_blocks(path, window=7))
    assert [row for rows, _ in parts for row in rows] == whole.rows
    assert [row for _, bad in parts for row in bad] == whole.bad


def _ended(data: bytes) -> bytes:
    """The bytes with the line end that their last line may lack."""
    return data if data.endswith(b"\n") else data + b"\n"


def _pool_file(name: str) -> Read:
    """A pool file of this name: nothing is lost, by either reader."""

    def read(data: bytes, folder: Path) -> None:
        path = folder / "unlabeled_data" / name
        path.parent.mkdir()
        path.write_bytes(data)
        file = open_pool_file(path)
        careful, told = [], 0
        for batch, findings in careful_blocks(path, file):
            careful += batch.to_pylist()
            told += len(findings)
        found = parse_rows(_ended(data), delimiter=file.delimiter)
        rows = len(found.rows) + len(found.bad) - (file.header_lines > 0)
        assert len(careful) + told == rows, "a row is neither read nor reported"
        with suppress(NotPlainError):
            fast = [
                row
                for batch in plain_blocks(path, file.columns, file.header_lines, file.delimiter)
                for row in batch.to_pylist()
            ]
            assert fast == careful, "the fast reader reads something else"

    return read


def _grown_pool(data: bytes, folder: Path) -> None:
    """A pool file that is read whenever a third of it has come is as one that is read whole."""
    path = folder / "unlabeled_data" / "pool.csv"
    path.parent.mkdir()
    thirds = range(0, len(data), len(data) // 3 + 1)
    for start in thirds:
        with path.open("ab") as file:
            file.write(data[start : start + thirds.step])
        with suppress(PoolError):  # of a header that may be mended yet
            grown = read_pool(folder, folder / ".cache")
    if data:
        whole = read_pool(folder, folder / ".cache", write_cache=False)
        (folder / ".cache").rename(folder / "away")
        anew = read_pool(folder, folder / ".cache")
        for pool in (grown, whole):
            assert pool.table.equals(anew.table), "rows depend on when they were read"
            assert pool.findings == anew.findings, "findings depend on when they were made"


def _in_workspace(name: str) -> Read:
    """A reader of a whole workspace of which this file was written by a stranger."""

    def read(data: bytes, folder: Path) -> None:
        workspace = _copied(folder)
        (workspace / name).write_bytes(data)
        with suppress(SunlightError):
            list(examine(workspace))
        snapshot = read_snapshot(open_workspace(workspace))
        tables = Tables(snapshot)
        tables.strategies(), tables.who()

    return read


def _copied(folder: Path) -> Path:
    """A small workspace with a pool, labels and logs."""
    target = folder / "workspace"
    shutil.copytree(_template(), target)
    return target


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sunlight-fuzz-template-")) / "workspace"
    for name, data in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    read_snapshot(open_workspace(folder))  # fills .cache
    return folder


def _log(record: type, *rows: str) -> bytes:
    return "\n".join([",".join(field.name for field in fields(record)), *rows, ""]).encode()


_TIME = "2026-01-02T03:04:05.000Z"
_FILES = {
    "task.toml": SMALL_TASK.encode(),
    "unlabeled_data/pool.csv": (
        b'item_id,text,desk\n1,flood in valley,a\n2,"union, backs",b\n3,"q",\n'
    ),
    "training_data/related.csv": b'8,flood near coast,1,random,0.9\n9,"a ""quake""",1\n2,union,1\n',
    "training_data/not_related.csv": b"7,court opens,0,low confidence,0.51\n",
    "evaluation_data/related.csv": b"5,landslide,1,random\n",
    "batches.csv": _log(
        Proposal,
        f"batch-0001,{_TIME},training,ann,1,1,random,,,,,7",
        f"batch-0001,{_TIME},training,ann,2,2,low confidence,0.5,1,0.51,run-0001,7",
    ),
    "annotations.csv": _log(
        Event,
        f"e-1,batch-0001,1,label,1,ann,{_TIME},1.5,0,",
        f'e-2,batch-0001,2,flag,,bob,{_TIME},,1,"look, again"',
        f"e-3,batch-0001,1,undo,,ann,{_TIME},0.1,0,",
    ),
    "runs.csv": _log(
        Run,
        f'run-0001,{_TIME},book,"{{""1"": 1, ""0"": 2}}",7,0.5,0.6,0.4,0.5,0.5,3,2,0.2,aa,bb,'
        "models/x.params",
    ),
}


_POOLS = (
    _FILES["unlabeled_data/pool.csv"],
    b"1,a\n2,b,c\n",
    b'Text,ID,"a\nb"\n"c\n,d",1,e\n',
    b"headline,label\nflood,1\ncourt,0\n",
    b"title\n\nid,Frage\n1,a",
    b"id;text\n1;a\n2;b,c\n",
)
_TABBED = tuple(pool.replace(b",", b"\t") for pool in _POOLS)


def _task(data: bytes, _: Path) -> None:
    task = parse_task(data.decode("utf-8-sig", "replace"), "task.toml")
    assert task.label(task.positive.value)


def _params(data: bytes, folder: Path) -> None:
    path = folder / "x.params"
    path.write_bytes(data)
    load_model(path)


@cache
def _params_seeds() -> tuple[bytes, ...]:
    vocabulary = Vocabulary(("flood", "court"))
    items = LabeledTexts(["flood", "court"], np.array([1, 0]), ("0", "1"), 1)
    model = learner_on("book", vocabulary, items, 7).train(np.arange(2))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.params"
        save_model(model, path)
        other = Path(folder) / "y.params"
        torch.save({"format": "sunlight params 2", "name": "book", "labels": [1]}, other)
        return path.read_bytes(), other.read_bytes()


def _space(data: bytes, folder: Path) -> None:
    from core.system.durable import DAMAGED

    (folder / f"{'0' * 32}.space").write_bytes(data)
    with suppress(*DAMAGED):
        load_space(folder, "0" * 32)


@cache
def _space_seeds() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        names = ("words", "grams", "idf", "rarity", "meanings")
        torch.save({"format": "sunlight space 1", **{n: torch.zeros(2) for n in names}}, path)
        return (path.read_bytes(),)


def _report(data: bytes, folder: Path) -> None:
    (folder / "x.json").write_bytes(data)
    load_report(folder / "x.params")


REPORT = json.dumps(
    {
        "format": "sunlight report 1", "model": "linear", "source": "words", "source_version": 1,
        "source_key": "k", "threshold": 0.4, "scale": 1.0, "shifts": [0.0, 0.1], "note": "",
        "figures": {}, "said": {
            "item_ids": ["a"], "raw": [0.2], "calibrated": [0.1], "predicted": ["0"]
        },
        "encoder": "", "out_of_fold": {
            "item_ids": ["b"], "labels": ["1", "0"], "probability": [[0.2], [0.8]]
        },
    }
).encode()  # fmt: skip


def _cache_entry(data: bytes, folder: Path) -> None:
    """Each file of each entry of `.cache`, changed: what is read is the same as without it."""
    workspace = _copied(folder)
    files = sorted(path for path in (workspace / ".cache").rglob("*") if path.is_file())
    path = files[(data[0] if data else 0) % len(files)]
    path.write_bytes(data[1:] if len(data) % 2 else path.read_bytes()[: len(data)] + data[1:])
    words = read_snapshot(open_workspace(workspace)).pool_words
    assert words.pool.texts.to_pylist() == ["flood in valley", "union, backs", "q"]


def _oracle(data: bytes, folder: Path) -> None:
    (folder / "oracle.csv").write_bytes(data)
    with suppress(SunlightError):
        read_oracle(folder / "oracle.csv")
    (folder / "laid").mkdir()
    write_labeled(folder / "oracle.csv", folder / "laid", default_task())


def _encoder(data: bytes, folder: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors", "modules.json"):
        (folder / name).write_bytes(data)
    open_encoder(str(folder), folder)


def _token(data: bytes, folder: Path) -> None:
    claim = read_token(data.decode("utf-8", "replace"))
    assert claim is None or claim == Claim(_template(), "ann")


def _body(data: bytes, folder: Path) -> None:
    """The route's answer to this body, under a valid token where it has `TOKEN`."""
    body = data.replace(b"TOKEN", make_token(Claim(_template(), "ann")).encode())
    scope = {
        "type": "http", "method": "POST", "path": "/api/labels", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"host", b"x")],
    }  # fmt: skip

    async def taken() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    answer = asyncio.run(receive(Request(scope, taken)))
    assert answer.status_code in (200, 400, 401, 413, 503)
    json.loads(answer.body)


def _address(data: bytes, _: Path) -> None:
    choices = Choices(
        ("training",), ("1", "0"), ("random",), ("batch-0001",), ("ann",),
        {"desk": ("a", "b"), "link": None}, has_model=True,
    )  # fmt: skip
    step, left_out = read_step(parse_qs(data.decode("utf-8", "replace")), choices)
    assert step.seed >= 0
    assert set(left_out) <= {*parse_qs(data.decode("utf-8", "replace"))}


def _words(data: bytes, _: Path) -> None:
    with suppress(SunlightError):
        find(pa.array(["flood", "river bank", ""]), data.decode("utf-8", "replace"))


def _table(ending: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        path = folder / f"table.{ending}"
        path.write_bytes(data)
        table = open_table(path)
        for block in table.blocks():
            assert all(len(cells) == len(table.columns) for _, cells in block.rows)
        for cell in [cell for row in table.head(20) for cell in row]:
            with suppress(ValueError):
                labels_in(cell)
            with suppress(ValueError):
                moment(cell)
        understood(table, {}, {}, refuse_unknown=True)

    return read


def _seeds(*seeds: bytes) -> Callable[[], Sequence[bytes]]:
    return lambda: seeds


_BODY = (
    b'{"token": "TOKEN", "events": [{"event_id": "z-1", "batch_id": "batch-0001", "item_id": "1", '
    b'"action": "label", "label": "1", "labeled_at": "2026-01-01T00:00:00.000Z", "seconds": 1.5, '
    b'"assisted": false, "note": ""}]}'
)

TARGETS = {
    target.name: target
    for target in (
        Target("rows", _rows, _seeds(*_FILES.values())),
        Target("row blocks", _blocks, _seeds(*_FILES.values())),
        Target("pool file", _pool_file("pool.csv"), _seeds(*_POOLS)),
        Target("pool of tabs", _pool_file("pool.tsv"), _seeds(*_POOLS, *_TABBED), (b"\t",)),
        Target("grown pool", _grown_pool, _seeds(*_POOLS)),
        *(Target(name, _in_workspace(name), _seeds(_FILES[name])) for name in _FILES),
        Target(
            "task", _task, _seeds(SMALL_TASK.encode(), Path("data/sample/task.toml").read_bytes())
        ),
        Target("params", _params, _params_seeds),
        Target("space", _space, _space_seeds),
        Target("report", _report, _seeds(REPORT)),
        Target("cache entry", _cache_entry, _seeds(*(bytes([at]) + b"{}[]" for at in range(40)))),
        Target("oracle", _oracle, _seeds(b'item_id,text,label\n1,a,1\n2,"b, c",0\n')),
        Target("encoder", _encoder, _seeds(b'{"model_type": "model2vec"}')),
        Target("token", _token, lambda: (make_token(Claim(_template(), "ann")).encode(),)),
        Target("events", _body, _seeds(_BODY)),
        Target(
            "address",
            _address,
            _seeds(b"seed=3&size=10&split=training&confidence=0.5-0.75&is.desk=a&has.link=x"),
            (b"&seed=", b"&since=2026-01-01", b"&until=", b"&where=", b"%00", b"&is.="),
        ),
        Target(
            "table of texts",
            _table("csv"),
            _seeds(
                b'sep=;\n# told\nid;text;label\n1;\'a; b\';["x"]\n2;"c""d";\n',
                "__label__a Überfall\n__label__b c\n".encode("cp1252"),
            ),
            (b"\t", b";", b"|", b"#", b"__label__", b"sep=", b"01/02/2026", b"1694858483"),
        ),
        Target(
            "table of objects",
            _table("json"),
            _seeds(
                b'[{"data": {"text": "a"}, "annotations": [{"completed_by": 1, "result": '
                b'[{"to_name": "text", "value": {"choices": ["x"]}}]}]}]',
                b'{"text": "a", "answer": "accept", "_input_hash": 1, "accept": ["x"]}\n',
                b'{"fields": {"text": "a"}, "responses": {"q": [{"value": "x"}]}}\n',
                b'{"id": 1, "displayed_text": "a", "label_annotations": {"q": {"x": "1"}}}\n',
                b'{"text": "a", "annotations": [{"label": "x", "user": 1}]}\n',
                b'{"columns": ["text"], "data": [["a"], ["b"]]}',
            ),
            (b'"text": ', b'"data": ', b'"annotations": ', b'"responses": ', b'"label": [[0, 1]]'),
        ),
        Target(
            "search words",
            _words,
            _seeds(b'flood "river bank" x', b"/flo+d(s|ing)?/", "\u4e16\u754c İß".encode()),
        ),
    )
}
