"""Download of one file over HTTPS, which goes on where the last time ended."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from core.errors import DownloadError
from core.system.process import environment
from core.system.progress import Pace, Progress, silent

if TYPE_CHECKING:
    from requests import Response, Session

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Where plain HTTP may be spoken: nobody listens in between."""

PIECE = 2**16
"""Bytes."""

OK, PARTIAL = 200, 206


@dataclass(frozen=True)
class Limits:
    """What a file may take: seconds of silence, seconds in all, bytes, and connections."""

    silence: float = 30
    seconds: float = 900
    bytes: int = 64 * 2**20
    connections: int = 10


LIMITS = Limits()


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

    `size` in bytes, if it is known. Raises DownloadError, or OSError if it cannot be written; what
    has arrived stays.
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
