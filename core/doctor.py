"""The doctor: everything in a workspace's files that a person should know of. Writes nothing."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.errors import LogError, PoolError, TaskError
from core.findings import Finding
from core.fingerprints import firsts, found_at, hash_texts
from core.labels import Labeled, text_key
from core.loop import Loop, read_loop
from core.model_files import examine_models
from core.workspace import POOL_FOLDER, Workspace, open_workspace


def examine(path: Path) -> list[Finding]:
    """Every finding, errors first, in the order of the files.

    A file that stops everything else is the only finding. Raises WorkspaceError if there is no
    such folder.
    """
    try:
        loop = read_loop(open_workspace(path), write_cache=False)
    except (TaskError, LogError, PoolError) as error:
        file = str(error).split()[0].rstrip(":")
        return [Finding("error", "unreadable file", file, None, None, str(error))]
    findings = [
        *loop.pool_words.pool.findings,
        *loop.logs.findings,
        *loop.labels.findings,
        *_torn_lines(loop.workspace),
        *_conflicts(loop),
        *_leaks(loop),
        *_copies_held_out(loop),
        *_pool(loop),
        *_batches(loop),
        *examine_models(loop.workspace.models, loop.logs.runs),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")


def _torn_lines(workspace: Workspace) -> Iterable[Finding]:
    for file in (*workspace.logs, *(file for _, _, file in workspace.label_files())):
        line = file.torn_line()
        if line:
            message = (
                f"{file.name}: the last line was cut short: {_shown(line)}. It will be moved to "
                "torn/ before anything is appended; label that item again."
            )
            yield Finding("error", "torn line", file.name, None, None, message)
    for kept in filter(Path.is_file, sorted(workspace.torn.glob("*"))):
        message = (
            f"torn/{kept.name} keeps a line that a crash cut short: "
            f"{_shown(kept.read_bytes())}. Label that item again, then delete the file."
        )
        yield Finding("warning", "torn line", f"torn/{kept.name}", None, None, message)


def _conflicts(loop: Loop) -> Iterable[Finding]:
    for conflict in loop.labels.conflicts:
        places = ", ".join(f"{row.file} line {row.line}" for row in conflict.rows)
        first = conflict.rows[0]
        message = (
            f"Item `{conflict.item_id}` has {len({row.label for row in conflict.rows})} labels: "
            f"{places}. It is kept out until one row is corrected: {first.text}"
        )
        yield Finding("error", "conflict", first.file, first.line, conflict.item_id, message)


def _leaks(loop: Loop) -> Iterable[Finding]:
    held_out: dict[str, Labeled] = {}
    for split in ("validation", "evaluation"):
        held_out |= {text_key(item.text): item for item in loop.labels.splits[split]}
    for item in loop.labels.splits["training"]:
        twin = held_out.get(text_key(item.text))
        if twin:
            message = (
                f"{item.file or 'annotations.csv'}: training item `{item.item_id}` is a copy of "
                f"{twin.split} item `{twin.item_id}`. It stays out of training, nothing needs to "
                f"be done: {item.text}"
            )
            yield Finding("warning", "leak", item.file, item.line, item.item_id, message)


def _copies_held_out(loop: Loop) -> Iterable[Finding]:
    for split in ("evaluation", "validation"):
        seen: dict[str, Labeled] = {}
        for item in loop.labels.splits[split]:
            first = seen.setdefault(text_key(item.text), item)
            if first is not item:
                message = (
                    f"{item.file}: {split} item `{item.item_id}` is a copy of `{first.item_id}` "
                    f"and counts twice in the scores: {item.text}"
                )
                yield Finding("warning", "copy", item.file, item.line, item.item_id, message)


def _pool(loop: Loop) -> Iterable[Finding]:
    pool = loop.pool_words.pool
    if not len(pool):
        message = f"{POOL_FOLDER}/ holds no items. Put a CSV file of item_id,text there."
        yield Finding("error", "empty pool", POOL_FOLDER, None, None, message)
        return
    yield from _repeated_ids(loop)
    blank = int((loop.pool_words.bags.lengths == 0).sum())
    if blank:
        message = f"{POOL_FOLDER}: {blank:,} items have no words. They are never proposed."
        yield Finding("warning", "blank text", POOL_FOLDER, None, None, message)
    words = loop.pool_words
    copies = int(np.count_nonzero(~firsts(words.keys, words.key_order)))
    if copies:
        message = (
            f"{POOL_FOLDER}: {copies:,} items have the text of an earlier item. Of several copies "
            "the first is proposed; nothing needs to be done."
        )
        yield Finding("warning", "copy", POOL_FOLDER, None, None, message)


def _repeated_ids(loop: Loop) -> Iterable[Finding]:
    pool = loop.pool_words.pool
    is_again = ~firsts(pool.id_hashes, pool.id_order)
    again = list(dict.fromkeys(pool.ids.filter(pa.array(is_again)).to_pylist()))
    rows = found_at(pool.id_hashes, pool.id_order, hash_texts(again).view(np.int64))
    for places, item_id in sorted((tuple(at), item) for at, item in zip(rows, again, strict=True)):
        differ = len({int(loop.pool_words.keys[at]) for at in places}) > 1
        message = (
            f"{POOL_FOLDER}: item_id `{item_id}` stands there {len(places)} times"
            f"{' with different texts' if differ else ''}. Only the first row is used; give the "
            "others ids of their own."
        )
        kind = "one id, two texts" if differ else "repeated id"
        yield Finding("error", kind, POOL_FOLDER, None, item_id, message)


def _batches(loop: Loop) -> Iterable[Finding]:
    name = loop.workspace.batches.name
    proposed = [proposal.item_id for proposal in loop.logs.proposals]
    known = loop.pool_words.pool.positions(proposed)
    told = loop.labels.ids() | {finding.item_id for finding in loop.labels.findings}
    for item_id in dict.fromkeys(proposed):
        if item_id not in known and item_id not in told:
            message = (
                f"{name}: item `{item_id}` was proposed, but the pool no longer has it. Put its "
                f"file back into {POOL_FOLDER}/."
            )
            yield Finding("error", "missing item", name, None, item_id, message)


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").strip()
    return f"`{text[:120]}{'…' if len(text) > 120 else ''}`"
