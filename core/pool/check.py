"""What is amiss in the pool: a part of the doctor's examination."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from core.pool.folder import DELIMITERS, POOL_FOLDER, passed_over
from core.pool.hashing import firsts, made_id
from core.pool.words import PoolWords
from core.system.findings import Finding, Kind, counted

PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".tar", ".tgz")


def examine_pool(words: PoolWords, root: Path) -> Iterator[Finding]:
    """Files that are not read, an empty pool, repeated ids, blank texts, copies."""
    yield from map(_passed_over, passed_over(root))
    if not len(words.pool):
        message = f"{POOL_FOLDER}/ holds no items. Import a file on Data, or put a CSV file there."
        yield Finding(Kind.EMPTY_POOL, POOL_FOLDER, message)
        return
    yield from _repeated_ids(words)
    if blank := int(words.is_blank.sum()):
        what = f"{counted(blank, 'item')} without visible text, never proposed."
        yield Finding.at(Kind.BLANK_TEXT, POOL_FOLDER, what)
    if copies := int(np.count_nonzero(~firsts(words.keys, words.key_order))):
        what = f"{counted(copies, 'item')} with the text of an earlier item"
        todo = "Only the first one is proposed; there is nothing to do."
        yield Finding.at(Kind.COPY, POOL_FOLDER, f"{what}. {todo}")


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
    """Ids that stand there more than once; those made from the texts are told as copies."""
    rows = pd.DataFrame({"id": words.pool.id_hashes, "key": words.keys})
    keys = rows[rows.duplicated("id", keep=False)].groupby("id", sort=False)["key"]
    first = keys.head(1)
    ids = words.pool.ids.take(pa.array(first.index)).to_pylist()
    for item_id, key, times, texts in zip(ids, first, keys.size(), keys.nunique(), strict=True):
        if item_id != made_id(key):
            todo = "Only the first one is used. Give the others ids of their own."
            what, kind = f"{times} rows have the item_id `{item_id}`", Kind.REPEATED_ID
            if texts > 1:
                what, kind = f"{what}, with different texts", Kind.TWO_TEXTS
            yield Finding.at(kind, POOL_FOLDER, f"{what}. {todo}", item_id=item_id)
