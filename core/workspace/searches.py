"""Kept searches, in `searches.toml`: what is looked for again, and the label that it speaks for."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

import pyarrow as pa

from core.errors import SearchError, TaskError
from core.pool.search import find, find_in, read_query
from core.system.durable import refused_as, write_whole
from core.system.findings import Finding, Kind
from core.workspace.layout import SEARCHES, Workspace
from core.workspace.task_toml import pair, read_table

MOST_SEARCHES = 100  # each of them reads every text
COLORS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7")  # which the color-blind tell apart
COLOR = re.compile("#[0-9a-fA-F]{6}")
HEAD = re.compile(rb"\s*\[\[\s*searches\s*\]\]")
Pieces = tuple[tuple[str, str], ...]  # of a text, each with a color, or none


@dataclass(frozen=True)
class Search:
    """A query, as `pool.search` reads it, under a name; `label` is empty if it speaks for none.

    In the `color` (`#rrggbb`) what it finds is underlined on the card; empty: it is not.
    """

    name: str
    query: str
    label: str = ""
    color: str = ""


def read_searches(workspace: Workspace) -> tuple[Search, ...]:
    """The kept searches in the file's order, with labels as the task of today has them.

    A label that is not offered any more is left out. Raises SearchError for a file that cannot be
    used, with its line.
    """
    task = workspace.task
    today = [(each, task.current.get(each.label, "")) for each in _stored(workspace)]
    return tuple(replace(x, label=now if now in task.values else "") for x, now in today)


def keep_search(workspace: Workspace, search: Search) -> None:
    """Adds the search, or puts it in the place of the one of this name; raises SearchError."""
    refuse(search)
    with workspace.locked():
        kept = {each.name: each for each in _stored(workspace)} | {search.name: search}
        if len(kept) > MOST_SEARCHES:
            raise SearchError(f"There are {MOST_SEARCHES} kept searches. Remove one first.")
        _write(workspace, [*kept.values()])


def forget_search(workspace: Workspace, name: str) -> None:
    """Takes the search of this name out, if it is there; raises SearchError."""
    with workspace.locked():
        _write(workspace, [each for each in _stored(workspace) if each.name != name])


def underlined(searches: Iterable[Search], texts: Sequence[str]) -> list[Pieces]:
    """Each text in pieces that join to it, with the color of the search that finds each, or none.

    Where several do, it is the first. Raises SearchError for a search that cannot be asked.
    """
    told, colors = [], [[""] * len(text) for text in texts]
    for search in reversed([*searches]):
        for places, each in zip(find_in(texts, search.query), colors, strict=True):
            for start, stop in places:
                each[start:stop] = [search.color] * (stop - start)
    for text, each in zip(texts, colors, strict=True):
        runs = groupby(range(len(text)), each.__getitem__)
        told.append(tuple(("".join(text[at] for at in run), color) for color, run in runs))
    return told


def examine_searches(workspace: Workspace) -> Iterator[Finding]:
    """What the doctor says of `searches.toml`."""
    try:
        for search in _stored(workspace):
            refuse(search)
            if search.label and search.label not in workspace.task.current:
                told = f"`{search.name}`: no label has the value `{search.label[:60]}`. Correct it."
                raise SearchError(told)
    except SearchError as error:
        yield Finding(Kind.UNREADABLE_FILE, SEARCHES, str(error))


def refuse(search: Search) -> None:
    """Raises SearchError unless the search has a name, and a query that can be asked."""
    try:
        if not search.name.strip() or not read_query(search.query).patterns:
            raise SearchError("A search needs a name, and at least one word. Write both.")
        if search.color and not COLOR.fullmatch(search.color):
            raise SearchError(f"`{search.color[:20]}` is not a color. Write it as #e69f00.")
        find(pa.array([""]), search.query)
    except SearchError as error:
        named = f"`{search.name}`: " if search.name.strip() else ""
        raise SearchError(f"{named}{error}") from error


def _stored(workspace: Workspace) -> list[Search]:
    path, todo = workspace.path / SEARCHES, "Make it a readable file."
    with refused_as(SearchError, f"{SEARCHES} cannot be read", todo, SEARCHES):
        content = path.read_bytes() if path.exists() else b""
    lines, where = enumerate(content.split(b"\n"), start=1), SEARCHES
    heads = (f"{SEARCHES} line {at}" for at, line in lines if HEAD.match(line))
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
        entries = read_table(table, {"searches": []}, "the top level")["searches"]
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise TaskError("searches are no tables: write `[[searches]]` above each.")
        found: dict[str, Search] = {}
        for entry in entries:
            where = next(heads, SEARCHES)
            search = Search(**read_table(entry, asdict(Search("", "")), "a search"))
            if search.name in found:
                raise TaskError(f"`{search.name}` is there twice. Give one another name.")
            found[search.name] = search
    # Numbers of thousands of digits and tables of thousands of levels are told by other errors.
    except (ValueError, RecursionError, TaskError) as error:
        told = str(error).rstrip(".")
        raise SearchError(f"{where}: {told}. Correct it, and reload.", SEARCHES) from error
    return [*found.values()]


def _write(workspace: Workspace, searches: Sequence[Search]) -> None:
    tables = ([pair(k, x) for k, x in asdict(search).items() if x] for search in searches)
    lines = [line for table in tables for line in ("[[searches]]", *table, "")]
    todo = "Make the workspace writable, and try again."
    with refused_as(SearchError, f"{SEARCHES} cannot be written", todo, SEARCHES):
        write_whole(workspace.path / SEARCHES, "\n".join(lines).encode("utf-8", "replace"))
