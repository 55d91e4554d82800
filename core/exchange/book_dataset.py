"""Download of the book's dataset as a workspace, from where its author publishes it.

Of the label files the SHA-256 is known. The pool was not to be had when this was written: its
length, its form and a least number of its rows are checked.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import DownloadError
from core.pool.folder import POOL_FOLDER
from core.system.csv_rows import parse_rows
from core.system.durable import new_folder, refused_as, write_new
from core.system.process import environment
from core.system.progress import Progress, silent
from core.workspace.layout import Workspace, open_workspace, refuse_contents

REPOSITORY = "https://github.com/rmunro/pytorch_active_learning"
COMMIT = "07c64fb90d454beb32ab56a526cac2196a485fcb"
BASE = f"https://raw.githubusercontent.com/rmunro/pytorch_active_learning/{COMMIT}"

LEAST_ROWS = 10_000  # of the pool: far below what the book tells of, far above an error page
MOST_STRANGE = 0.001  # the share of the pool's rows that may be something else

BY_HAND = f"Or fetch it by hand: git clone {REPOSITORY}, and open that folder with --data."

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})  # nobody listens in between
PIECE = 2**16  # bytes
SILENCE = 30.0  # seconds that a server may say nothing
MOST = 64 * 2**20  # bytes of a file

OK = 200

SOURCES = {
    "evaluation_data/related.csv":
        "75c14d0db620c94f62f839f5e2d3c805ca91dcab4f5c1d0a514a5270faba9c3c",
    "evaluation_data/not_related.csv":
        "f73dc6b69548a83e46b0a0f4c80f9c2575a69eb0eeb3e7c708fa6b10ef97f1cf",
    "training_data/related.csv":
        "bc8cf9c7be0668581faf22cfd23c401496f7a057ddc23ffd2b4aabd3ca768a87",
    "training_data/not_related.csv":
        "272a3ba38105935a60f5ce366e0ea4aba104d3eb1f92a2596582bbf58c4ebb39",
    f"{POOL_FOLDER}/unlabeled_data.csv": "",
}  # fmt: skip
"""The files of the data with their SHA-256, empty where it is not known."""


def fetch_book(
    into: Path, base: str = BASE, sources: Mapping[str, str] = SOURCES, progress: Progress = silent
) -> Workspace:
    """The book's data in a folder that holds nothing yet: whole and checked, or not there.

    `base` is where the files are, for a mirror. Raises DownloadError or WorkspaceError.
    """
    refuse_contents(into)
    what = f"The book's data cannot be written to {into}"
    todo = f"Free some space or choose another folder, and try again. {BY_HAND}"
    with refused_as(DownloadError, what, todo), new_folder(into) as folder:
        for name, sha256 in sources.items():
            progress(f"fetching {name}")
            content = fetch(f"{base}/{name}")
            if fault := _fault(content, sha256):
                raise _wrong(f"{base}/{name}", f"{fault}: it is not what its author has published")
            write_new(folder / name, [content])
    return open_workspace(into)


def _fault(content: bytes, sha256: str) -> str:
    """What is wrong with a file's content; empty if nothing is."""
    if sha256:
        found = hashlib.sha256(content).hexdigest()
        return "" if found == sha256 else f"has the SHA-256 {found}"
    read = parse_rows(content)
    found = [row.fields[0] for row in read.rows if len(row.fields) > 1 and row.fields[0].strip()]
    ids, strange = set(found), len(read.rows) - len(found) + len(read.bad)
    if len(ids) < LEAST_ROWS:
        return f"has {len(ids):,} rows of item_id,text instead of {LEAST_ROWS:,} at least"
    if strange > MOST_STRANGE * len(ids):
        return f"has {strange:,} rows that are not item_id,text"
    return ""


def fetch(url: str, silence: float = SILENCE, most: int = MOST) -> bytes:
    """The whole file; raises DownloadError if it cannot be had, or is cut short."""
    import requests

    where = urlsplit(url)
    if where.scheme != "https" and not (where.scheme == "http" and where.hostname in LOOPBACK):
        raise DownloadError(
            f"{url[:200]} is not an https address. Give one that begins https://. {BY_HAND}"
        )
    content = bytearray()
    # Nobody is sent on: it might be to where anybody can listen.
    how = {"timeout": silence, "stream": True, "allow_redirects": False}
    how |= {"verify": environment("SSL_CERT_FILE") or True}
    how |= {"headers": {"Accept-Encoding": "identity", "User-Agent": "sunlight"}}
    try:
        with requests.get(url, **how) as answer:
            if answer.status_code != OK:
                said = f"{answer.status_code} ({answer.reason})"
                raise _wrong(url, f"is refused: the server answers {said}")
            if "Content-Length" not in answer.headers:
                raise _wrong(url, "comes without its length: nobody can tell whether all arrived")
            for piece in answer.iter_content(PIECE):
                content += piece
                if len(content) > most:
                    raise _wrong(url, f"has more than the {most:,} bytes that it may have")
    except requests.RequestException as error:
        first: BaseException = error  # which says most
        while first.__context__ is not None:
            first = first.__context__
        reason = getattr(first, "strerror", None) or first
        todo = f"Try again when there is a network. {BY_HAND}"
        raise DownloadError(f"{url} cannot be fetched: {reason}. {todo}") from error
    return bytes(content)


def _wrong(url: str, what: str) -> DownloadError:
    return DownloadError(f"{url} {what}. It was not taken; try again later. {BY_HAND}")
