"""Download of the book's dataset as a workspace, from where its author publishes it.

Of the label files size and SHA-256 are known. The pool was not to be had when this was written: its
length, its form and a least number of its rows are checked.
"""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import DownloadError, LogError
from core.pool.folder import POOL_FOLDER
from core.system.csv_rows import read_row_blocks
from core.system.durable import keep
from core.system.locks import locked_folder
from core.system.process import environment
from core.system.progress import Pace, Progress, silent
from core.workspace.layout import Workspace, open_workspace, refuse_contents

if TYPE_CHECKING:
    from requests import Response, Session

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


@dataclass(frozen=True)
class Source:
    """One file of the data; size and hash are None where they are not known."""

    name: str
    size: int | None = None
    sha256: str | None = None


SOURCES = (
    Source("evaluation_data/related.csv", 5_713,
           "75c14d0db620c94f62f839f5e2d3c805ca91dcab4f5c1d0a514a5270faba9c3c"),
    Source("evaluation_data/not_related.csv", 61_505,
           "f73dc6b69548a83e46b0a0f4c80f9c2575a69eb0eeb3e7c708fa6b10ef97f1cf"),
    Source("training_data/related.csv", 315,
           "bc8cf9c7be0668581faf22cfd23c401496f7a057ddc23ffd2b4aabd3ca768a87"),
    Source("training_data/not_related.csv", 4_893,
           "272a3ba38105935a60f5ce366e0ea4aba104d3eb1f92a2596582bbf58c4ebb39"),
    Source(f"{POOL_FOLDER}/unlabeled_data.csv"),
)  # fmt: skip


def fetch_book(
    into: Path,
    base: str = BASE,
    sources: tuple[Source, ...] = SOURCES,
    progress: Progress = silent,
) -> Workspace:
    """The book's data in a folder that holds nothing yet: whole and checked, or not there.

    `base` is where the files are, for a mirror. Raises DownloadError or WorkspaceError.
    """
    refuse_contents(into)
    parts = into.parent / f".{into.name}.download"
    try:
        parts.mkdir(parents=True, exist_ok=True)
        with locked_folder(parts, parts.name):  # of two that download one waits,
            refuse_contents(into)  # and finds what the other has made
            for source in sources:
                _bring(source, base, parts, progress)
            keep(parts, into)
    except DownloadError as error:
        raise DownloadError(f"{error} {BY_HAND}") from error
    except (OSError, LogError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DownloadError(
            f"The book's data cannot be written to {into}: {reason}. Free some space or choose "
            f"another folder, and try again. {BY_HAND}"
        ) from error
    return open_workspace(into)


def _bring(source: Source, base: str, parts: Path, progress: Progress) -> None:
    """The file stands among the parts, checked and on disk."""
    file = parts / source.name
    if file.exists() and not _fault(source, file):
        return
    file.parent.mkdir(exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    progress(f"fetching {source.name}")
    fetch(f"{base}/{source.name}", part, source.size, progress=progress)
    if fault := _fault(source, part):
        part.unlink()
        raise DownloadError(
            f"{base}/{source.name} {fault}: it is not what its author has published. It was not "
            "taken; try again later."
        )
    keep(part, file)


def _fault(source: Source, file: Path) -> str:
    """What is wrong with the file's content; empty if nothing is."""
    if source.sha256:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        return "" if found == source.sha256 else f"has the SHA-256 {found}"
    ids: set[str] = set()
    strange = 0
    for rows, bad in read_row_blocks(file):
        found = [row.fields[0] for row in rows if len(row.fields) > 1 and row.fields[0].strip()]
        ids.update(found)
        strange += len(rows) - len(found) + len(bad)
    if len(ids) < LEAST_ROWS:
        return f"has {len(ids):,} rows of item_id,text instead of {LEAST_ROWS:,} at least"
    if strange > MOST_STRANGE * len(ids):
        return f"has {strange:,} rows that are not item_id,text"
    return ""


def fetch(
    url: str,
    into: Path,
    size: int | None = None,
    silence: float = SILENCE,
    most: int = MOST,
    progress: Progress = silent,
) -> None:
    """The whole file stands at `into`; `size` in bytes, if it is known.

    Raises DownloadError, or OSError from the disk; what has arrived until then is no file to keep.
    """
    import requests

    _refuse_url(url)
    had = 0
    try:
        # Nobody is sent on: it might be to where anybody can listen.
        how = {"timeout": silence, "stream": True, "allow_redirects": False}
        with _session(url) as session, session.get(url, **how) as answer:
            total = _total(url, answer, size, most)
            pace = Pace(progress, f"fetching {into.stem}", total, "bytes")
            with into.open("wb") as file:
                for piece in answer.iter_content(PIECE):
                    had += len(piece)
                    if had > total:
                        raise _wrong(url, f"is longer than the {total:,} bytes that it was to have")
                    file.write(piece)
                    pace.add(len(piece))
    except requests.RequestException as error:
        raise _unreachable(url, error) from error
    if had < total:
        raise _wrong(url, f"was cut after {had:,} of {total:,} bytes")


def _session(url: str) -> Session:
    import requests

    session = requests.Session()
    session.trust_env = urlsplit(url).hostname not in LOOPBACK  # a proxy has a loopback of its own
    session.verify = environment("SSL_CERT_FILE") or True
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "sunlight"})
    return session


def _refuse_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise DownloadError(f"{url[:200]} is not an https address. Give one that begins https://.")


def _unreachable(url: str, error: BaseException) -> DownloadError:
    """Why there is no answer, or no more of it, by what happened first."""
    while error.__context__ is not None:
        error = error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return _wrong(url, f"comes from a server that cannot prove who it is: {error}")
    reason = getattr(error, "strerror", None) or error
    return DownloadError(f"{url} cannot be fetched: {reason}. Try again when there is a network.")


def _total(url: str, answer: Response, size: int | None, most: int) -> int:
    """How long the file is; raises DownloadError if nobody knows, or it is not as it was."""
    if answer.status_code != OK:
        said = f"{answer.status_code} ({answer.reason})"
        raise _wrong(url, f"is refused: the server answers {said}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _wrong(url, "comes compressed, which was not asked for")
    total = int(answer.headers.get("Content-Length", size or 0))
    if not total and "Content-Length" not in answer.headers:
        raise _wrong(url, "comes without its length: nobody can tell whether all of it arrived")
    if size is not None and total != size:
        raise _wrong(url, f"has {total:,} bytes instead of {size:,}")
    if total > most:
        raise _wrong(url, f"has {total:,} bytes, more than the {most:,} that it may have")
    return total


def _wrong(url: str, what: str) -> DownloadError:
    return DownloadError(f"{url} {what}. It was not taken; try again later.")
