"""What is amiss in the pool: a part of the doctor's examination."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.pool.bags import run_starts
from core.pool.folder import DELIMITERS, POOL_FOLDER, passed_over
from core.pool.hashing import firsts
from core.pool.text_keys import made_id
from core.pool.words import PoolWords
from core.system.findings import MOST, Finding, Kind, counted, rest_of

PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".tar", ".tgz")


def examine_pool(words: PoolWords, root: Path) -> Iterator[Finding]:
    """Files that are not read, an empty pool, repeated ids, blank texts, copies.

    What is wrong with rows was told when they were read.
    """
    yield from map(_passed_over, passed_over(root))
    if not len(words.pool):
        message = f"{POOL_FOLDER}/ holds no items. Import a file on Data, or put a CSV file there."
        yield Finding(Kind.EMPTY_POOL, POOL_FOLDER, message)
        return
    yield from _repeated_ids(words)
    blank = int(words.is_blank.sum())
    if blank:
        message = f"{POOL_FOLDER}: {counted(blank, 'item')} without visible text, never proposed."
        yield Finding(Kind.BLANK_TEXT, POOL_FOLDER, message)
    copies = int(np.count_nonzero(~firsts(words.keys, words.key_order)))
    if copies:
        message = (
            f"{POOL_FOLDER}: {counted(copies, 'item')} with the text of an earlier item. Only the "
            "first one is proposed; there is nothing to do."
        )
        yield Finding(Kind.COPY, POOL_FOLDER, message)


def _passed_over(path: Path) -> Finding:
    endings = " or ".join(DELIMITERS)
    if path.is_dir():
        todo = f"folders are ignored. Move its files up into {POOL_FOLDER}/."
    elif path.suffix.lower() in PACKED:
        todo = f"packed files are ignored. Unpack it to one that ends in {endings}."
    else:
        todo = (
            f"ignored, because its name does not end in {endings}. Import it with "
            "`python -m core import`, or move it away."
        )
    return Finding.at(Kind.PASSED_OVER, f"{POOL_FOLDER}/{path.name}", todo)


def _repeated_ids(words: PoolWords) -> Iterator[Finding]:
    """The first ids that stand there more than once, and how many there are beside them.

    Ids that were made from the texts are left out: such items are copies, and told as such.
    """
    first, times, differ = _groups(words)
    ids = words.pool.ids.take(pa.array(first)).to_pylist()
    made = map(made_id, np.asarray(words.keys)[first].tolist())
    is_own = np.array([item_id != own for item_id, own in zip(ids, made, strict=True)], bool)
    first, times, differ = first[is_own], times[is_own], differ[is_own]
    counts = dict(zip(first.tolist(), times.tolist(), strict=True))
    for kind, chosen in ((Kind.REPEATED_ID, ~differ), (Kind.TWO_TEXTS, differ)):
        places = np.sort(first[chosen])[:MOST]
        ids = words.pool.ids.take(pa.array(places)).to_pylist()
        for place, item_id in zip(places.tolist(), ids, strict=True):
            message = (
                f"{POOL_FOLDER}: {counts[place]} rows have the item_id `{item_id}`"
                f"{', with different texts' if kind == Kind.TWO_TEXTS else ''}. Only the first one "
                "is used. Give the others ids of their own."
            )
            yield Finding(kind, POOL_FOLDER, message, item_id=item_id)
        if int(chosen.sum()) > MOST:
            yield rest_of(kind, POOL_FOLDER, int(chosen.sum()) - MOST)


def _groups(
    words: PoolWords,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Of each repeated id: its first place, how often it stands there, whether its texts differ."""
    pool = words.pool
    order = np.asarray(pool.id_order)
    hashes, keys = np.asarray(pool.id_hashes)[order], np.asarray(words.keys)[order]
    starts = run_starts(hashes)
    times = np.diff(np.append(starts, len(order)))
    differ = np.logical_or.reduceat(keys != np.repeat(keys[starts], times), starts)
    again = times > 1
    return order[starts[again]], times[again], differ[again]
