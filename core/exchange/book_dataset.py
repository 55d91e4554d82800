"""Download of the book's dataset as a workspace, from where its author publishes it.

Of the label files size and SHA-256 are known. The pool was not to be had when this was written: its
length, its form and a least number of its rows are checked.
"""

from __future__ import annotations

import hashlib
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

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

OK, PARTIAL = 200, 206


@dataclass(frozen=True)
class Limits:
    """What a file may take: seconds of silence, seconds in all, bytes, and connections."""

    silence: float = 30
    seconds: float = 900
    bytes: int = 64 * 2**20
    connections: int = 10


LIMITS = Limits()


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
    limits: Limits = LIMITS,
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
                _bring(source, base, parts, limits, progress)
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


def _bring(source: Source, base: str, parts: Path, limits: Limits, progress: Progress) -> None:
    """The file stands among the parts, checked and on disk."""
    file = parts / source.name
    if file.exists() and not _fault(source, file):
        return
    file.parent.mkdir(exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    progress(f"fetching {source.name}")
    fetch(f"{base}/{source.name}", part, source.size, limits, progress)
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


class _CutError(Exception):
    """The connection ended before the file did, or there was none."""


def fetch(
    url: str,
    part: Path,
    size: int | None = None,
    limits: Limits = LIMITS,
    progress: Progress = silent,
) -> None:
    """All of the file stands in `part`, which may hold its beginning already.

    `size` in bytes, if it is known. Raises DownloadError, or OSError; what has arrived stays.
    """
    _refuse_url(url)
    deadline = time.monotonic() + limits.seconds
    had, connections = _size_of(part), 0
    while had != size:
        connections += 1
        try:
            _go_on(url, part, size, limits, deadline, progress)
            break
        except _CutError as error:
            before, had = had, _size_of(part)
            is_late = time.monotonic() > deadline or connections == limits.connections
            if is_late or had <= before:
                raise DownloadError(
                    f"{url}: {error}. What has arrived is kept; try again when there is a network, "
                    "and it goes on from there."
                ) from error
    part.with_name(f"{part.name}.tag").unlink(missing_ok=True)


def _go_on(
    url: str, part: Path, size: int | None, limits: Limits, deadline: float, progress: Progress
) -> None:
    """One connection: the rest of the file, or all of it if the server has another one by now."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    with _session(url) as session:
        answer, had = _rest_or_all(session, url, part, limits.silence)
        total = _total(url, answer, had, size, limits.bytes)
        pace = Pace(progress, f"fetching {urlsplit(url).path.rpartition('/')[2]}", total, "bytes")
        pace.add(had)
        try:
            with part.open("ab") as file:
                while piece := answer.raw.read1(PIECE, decode_content=False):
                    had += len(piece)
                    if had > total:
                        raise _wrong(url, f"is longer than the {total:,} bytes that it was to have")
                    file.write(piece)
                    pace.add(len(piece))
                    if time.monotonic() > deadline:
                        raise _CutError("the server is too slow")
        except ReadTimeoutError as error:
            raise _CutError("the server stopped answering") from error
        except HTTPError:
            pass  # what is missing is told below
    if had < total:
        raise _CutError(f"the connection was cut after {had:,} of {total:,} bytes")


def _session(url: str) -> Session:
    import requests

    session = requests.Session()
    session.trust_env = urlsplit(url).hostname not in LOOPBACK  # a proxy has a loopback of its own
    session.verify = environment("SSL_CERT_FILE") or True
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "sunlight"})
    session.hooks["response"].append(_refuse_redirect)
    return session


def _refuse_redirect(answer: Response, **_: object) -> None:
    """Raises DownloadError if a server sends us to where anybody can listen."""
    if answer.is_redirect:
        is_here = urlsplit(answer.url).hostname in LOOPBACK
        _refuse_url(urljoin(answer.url, answer.headers["Location"]), may_be_plain=is_here)


def _refuse_url(url: str, *, may_be_plain: bool = True) -> None:
    parts = urlsplit(url)
    is_plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not (is_plain and may_be_plain):
        raise DownloadError(f"{url[:200]} is not an https address. Give one that begins https://.")


def _rest_or_all(session: Session, url: str, part: Path, silence: float) -> tuple[Response, int]:
    """(the server's answer, the byte of the file that it begins with: 0 or where the part ends)."""
    # By this the server knows the file whose beginning has arrived.
    had, tag_file = _size_of(part), part.with_name(f"{part.name}.tag")
    tag = tag_file.read_text(encoding="latin-1") if tag_file.exists() else ""
    rest = {"Range": f"bytes={had}-", "If-Range": tag}
    for headers in [rest, {}] if had and tag else [{}]:
        try:
            answer = session.get(url, headers=headers, timeout=silence, stream=True)
        except OSError as error:  # all that requests raises
            raise _unreachable(url, error) from error
        said = answer.headers.get("Content-Range", "")
        if headers and answer.status_code == PARTIAL and said.startswith(f"bytes {had}-"):
            return answer, had
        if answer.status_code == OK:
            break
    else:
        raise _wrong(url, f"is refused: the server answers {answer.status_code} ({answer.reason})")
    part.write_bytes(b"")
    # Only a strong tag says that two files are the same byte for byte.
    tag = answer.headers.get("ETag", "")
    tag_file.write_text(tag if tag.startswith('"') else "", encoding="latin-1")
    return answer, 0


def _unreachable(url: str, error: BaseException) -> DownloadError | _CutError:
    """Why there is no answer, by what happened first."""
    while error.__context__ is not None:
        error = error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return _wrong(url, f"comes from a server that cannot prove who it is: {error}")
    reason = getattr(error, "strerror", None) or error
    return _CutError(f"{urlsplit(url).hostname} cannot be reached: {reason}")


def _total(url: str, answer: Response, had: int, size: int | None, most: int) -> int:
    """How long the whole file is; raises DownloadError if nobody knows, or it is not as it was."""
    rest = answer.raw.length_remaining
    total = size if rest is None else had + rest
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _wrong(url, "comes compressed, which was not asked for")
    if total is None:
        raise _wrong(url, "comes without its length: nobody can tell whether all of it arrived")
    if size is not None and total != size:
        raise _wrong(url, f"has {total:,} bytes instead of {size:,}")
    if total > most:
        raise _wrong(url, f"has {total:,} bytes, more than the {most:,} that it may have")
    return total


def _wrong(url: str, what: str) -> DownloadError:
    return DownloadError(f"{url} {what}. It was not taken; try again later.")


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
