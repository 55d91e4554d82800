"""Fetching one file over HTTPS into a part of it, and going on where the last time ended."""

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from core.errors import DownloadError
from core.system.progress import Pace, Progress, silent

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Where plain HTTP may be spoken: nobody listens in between."""

PIECE = 2**16
"""Bytes."""


@dataclass(frozen=True)
class Limits:
    """What a file may take: seconds of silence, seconds in all, bytes, and connections.

    After a connection that was cut another one is only made if the last has brought something.
    """

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

    `size` in bytes, if it is known; else the server has to say it. Raises DownloadError, and then
    what has arrived stays; or OSError if it cannot be written.
    """
    _refuse_url(url)
    deadline = time.monotonic() + limits.seconds
    for connection in range(1, limits.connections + 1):
        had = _size_of(part)
        try:
            _go_on(url, part, size, limits, deadline, progress)
        except _CutError as error:
            is_late = time.monotonic() > deadline or connection == limits.connections
            if is_late or _size_of(part) <= had:
                raise DownloadError(
                    f"{url}: {error}. What has arrived is kept; try again when there is a network, "
                    "and it goes on from there."
                ) from error
        else:
            _tag_file(part).unlink(missing_ok=True)
            return


def _go_on(
    url: str, part: Path, size: int | None, limits: Limits, deadline: float, progress: Progress
) -> None:
    """One connection: the rest of the file, or all of it if the server has another one by now."""
    had = _size_of(part)
    if size is not None and had == size:
        return
    answer = _ask(url, had, _read_tag(part), limits) if had else None
    if answer is None or not _continues(answer, had):
        had, answer = 0, answer if answer and answer.status == HTTPStatus.OK else _anew(url, limits)
        part.write_bytes(b"")
        _keep_tag(part, answer)
    with answer:
        total = _total(url, answer, had, size, limits)
        pace = Pace(progress, f"fetching {urlsplit(url).path.rpartition('/')[2]}", total, "bytes")
        pace.add(had)
        with part.open("ab") as file:
            for piece in _pieces(answer, deadline):
                had += len(piece)
                if had > total:
                    raise _wrong(url, f"is longer than the {total:,} bytes that it was to have")
                file.write(piece)
                pace.add(len(piece))
    if had < total:
        raise _CutError(f"the connection was cut after {had:,} of {total:,} bytes")


def _ask(url: str, had: int, tag: str, limits: Limits) -> http.client.HTTPResponse | None:
    """The server's answer; None if it has no such rest. Raises DownloadError or _CutError."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "sunlight"}
    if had:
        if not tag:
            return None
        headers |= {"Range": f"bytes={had}-", "If-Range": tag}
    try:
        return _opener(url).open(
            urllib.request.Request(url, headers=headers), timeout=limits.silence
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and had:
            return None
        raise DownloadError(
            f"{url}: the server answers {error.code} ({error.reason}). Try again later."
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise _wrong(url, f"comes from a server that cannot prove who it is: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _CutError(f"{urlsplit(url).hostname} cannot be reached: {reason}") from error


def _anew(url: str, limits: Limits) -> http.client.HTTPResponse:
    answer = _ask(url, 0, "", limits)
    if answer is None or answer.status != HTTPStatus.OK:
        raise _wrong(url, f"comes with the status {answer.status if answer else 416}")
    return answer


def _continues(answer: http.client.HTTPResponse, had: int) -> bool:
    """Whether the answer is the rest of the file from byte `had` on."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return False
    if answer.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
        return True
    answer.close()
    return False


def _total(
    url: str, answer: http.client.HTTPResponse, had: int, size: int | None, limits: Limits
) -> int:
    """How long the whole file is; raises DownloadError if nobody knows, or it is not as it was."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _wrong(url, "comes compressed, which nobody has asked for")
    said = answer.headers.get("Content-Length", "")
    if not said.isascii() or not said.isdigit():
        if size is None:
            raise _wrong(url, "comes without its length, so that nobody can tell whether it is all")
        return size
    total = had + int(said)
    if size is not None and total != size:
        raise _wrong(url, f"has {total:,} bytes instead of {size:,}")
    if total > limits.bytes:
        raise _wrong(url, f"has {total:,} bytes, more than the {limits.bytes:,} that it may have")
    return total


def _pieces(answer: http.client.HTTPResponse, deadline: float) -> Iterator[bytes]:
    """What arrives, as it arrives; raises _CutError."""
    try:
        while piece := answer.read1(PIECE):
            yield piece
            if time.monotonic() > deadline:
                raise _CutError("the server is too slow")
    except TimeoutError as error:
        raise _CutError("the server has fallen silent") from error
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"the connection was cut: {error}") from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another address, but never to one that anybody can listen to."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https" and not _is_loopback(req.full_url):
            raise _wrong(req.full_url, f"has moved to {newurl[:200]}, which is not https")
        _refuse_url(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_Redirects()]
    if _is_loopback(url):
        handlers.append(urllib.request.ProxyHandler({}))  # a proxy has a loopback of its own
    return urllib.request.build_opener(*handlers)


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def _refuse_url(url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (scheme == "http" and _is_loopback(url)):
        raise DownloadError(f"{url[:200]} is not an https address. Give one that begins https://.")


def _wrong(url: str, what: str) -> DownloadError:
    return DownloadError(f"{url} {what}. It was not taken; try again later.")


def _size_of(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _tag_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.tag")


def _read_tag(part: Path) -> str:
    """By what the server knows the file whose beginning has arrived; empty if nobody knows it."""
    file = _tag_file(part)
    return file.read_text(encoding="latin-1") if file.exists() else ""


def _keep_tag(part: Path, answer: http.client.HTTPResponse) -> None:
    """Only a strong tag says that two files are the same byte for byte."""
    tag = answer.headers.get("ETag", "")
    _tag_file(part).write_text(tag if tag.startswith('"') else "", encoding="latin-1")
