"""Logging in by the shared password: a form, a cookie that only the server can make, slow guesses.

The cookie's key is made of the password's hash: a new password logs everybody out, a new start of
the server nobody. Who can read the hash can make cookies.
"""

import asyncio
import hashlib
import ipaddress
import time
from collections import OrderedDict
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from itsdangerous import BadSignature, TimestampSigner
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from streamlit import config

from core.system.password import is_password

LOGIN, LOGOUT = "/login", "/logout"
COOKIE = "sunlight_login"

LIFETIME = 7 * 24 * 3600  # seconds that a login lasts
TRIES, WINDOW = 8, 300  # wrong passwords that one address may give in so many seconds

ADDRESSES = 10_000
"""That are remembered; who has as many in a row forgets the first ones, a guess each."""

AT_ONCE = 2  # passwords that are worked on at a time: 32 MB each
MAX_BODY = 8_192  # bytes of a form
PAGE = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")

NO_SCRIPTS = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)

FORM = """<form method="post">
  <input type="text" name="username" value="sunlight" autocomplete="username" hidden>
  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password"
         maxlength="1000" required autofocus>
  <button>Log in</button>
</form>"""


def page(message: str, status: int = 200, form: str = "") -> Response:
    """A page of a message and perhaps a form: no script, and nothing that a request has said."""
    content = PAGE.replace("{message}", escape(message)).replace("{form}", form)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": NO_SCRIPTS}
    return HTMLResponse(content, status, headers)


def base_path() -> str:
    """What stands before every path where the app is not at the root of its host."""
    base = (config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def is_same_origin(headers: Headers) -> bool:
    """Whether the origin is this host; browsers name it with sockets, posts and forms."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


async def read_body(request: Request, most: int) -> bytes | None:
    """The body, or None if it has more bytes than that."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


def is_loopback(host: str) -> bool:
    """Whether this name or address is the machine's own, reached from nowhere else."""
    host = host.strip("[]")
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Tries:
    """When each address gave wrong passwords, of late."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try again."""
        recent = [at for at in self._wrong.get(address, ()) if now - at < WINDOW]
        return recent[-TRIES] + WINDOW - now if len(recent) >= TRIES else 0.0

    def forget(self, address: str) -> None:
        """The right password makes up for the wrong ones."""
        self._wrong.pop(address, None)

    def note(self, address: str, now: float) -> None:
        """One more wrong password."""
        recent = [at for at in self._wrong.pop(address, ()) if now - at < WINDOW]
        self._wrong[address] = [*recent, now][-TRIES:]
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)


class Login:
    """The form, and who has filled it in."""

    def __init__(self, stored: str) -> None:
        self._stored = stored
        self._signer = TimestampSigner(stored, "sunlight login", digest_method=hashlib.sha256)
        self._tries = Tries()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def knows(self, connection: HTTPConnection) -> bool:
        """Whether this browser has a cookie of ours that is still good."""
        try:
            self._signer.unsign(connection.cookies.get(COOKIE, ""), LIFETIME)
        except BadSignature:
            return False
        return True

    def ask(self, connection: HTTPConnection) -> Response:
        """A redirect to the login form, which leads back to the requested page."""
        url = connection.url
        wanted = url.path + (f"?{url.query}" if url.query else "")
        place = f"{base_path()}{LOGIN}?next={quote(wanted)}"
        return RedirectResponse(place, 303, {"Cache-Control": "no-store"})

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The form, or what comes of one that was sent."""
        request = Request(scope, receive)
        if request.method == "POST":
            response = await self._try(request)
        elif self.knows(request):
            response = RedirectResponse(_next(request), 303)
        else:
            response = page("Log in to label.", form=FORM)
        await response(scope, receive, send)

    def leave(self, connection: HTTPConnection) -> Response:
        """Forgets the cookie; not at the wish of another site."""
        if not _is_of_this_site(connection):
            return page("Log out on the app's own page.", 403)
        response = RedirectResponse(f"{base_path()}{LOGIN}", 303)
        response.delete_cookie(COOKIE, path=base_path() or "/")
        return response

    async def _try(self, request: Request) -> Response:
        if not _is_of_this_site(request):
            return page("This form comes from another site.", 403, FORM)
        address, now = _address(request), time.monotonic()
        if wait := self._tries.wait(address, now):
            told = f"Too many wrong passwords. Try again in {wait / 60:.0f} minutes."
            return page(told, 429, FORM)
        # Counted before it is looked at: guesses that are sent at once are counted as well.
        self._tries.note(address, now)
        password = await _password(request)
        async with self._turns:
            is_right = await run_in_threadpool(is_password, password, self._stored)
        if not is_right:
            return page("That is not the password.", 401, FORM)
        self._tries.forget(address)
        response = RedirectResponse(_next(request), 303, {"Cache-Control": "no-store"})
        response.set_cookie(
            COOKIE,
            self._signer.sign("in").decode(),
            max_age=LIFETIME,
            path=base_path() or "/",
            secure=request.url.scheme == "https",  # to us, or to a proxy on this machine
            httponly=True,
            samesite="lax",
        )
        return response


async def _password(request: Request) -> str:
    """What the form says; empty for a form that is none."""
    body = await read_body(request, MAX_BODY) or b""
    try:
        return parse_qs(body.decode(), max_num_fields=10).get("password", [""])[0]
    except ValueError:
        return ""


def _next(request: Request) -> str:
    """The requested page if it is on this host, else the first page."""
    wanted = request.query_params.get("next", "")
    # Browsers take a backslash for a slash, and pass over line ends.
    is_here = wanted.startswith("/") and wanted.isprintable() and "\\" not in wanted
    return wanted if is_here and not wanted.startswith("//") else f"{base_path()}/"


def _is_of_this_site(connection: HTTPConnection) -> bool:
    """Whether a page of this host sent it: browsers name the origin of every form."""
    site = connection.headers.get("sec-fetch-site", "same-origin")
    return site in ("same-origin", "none") and is_same_origin(connection.headers)


def _address(connection: HTTPConnection) -> str:
    """Who knocks, as uvicorn tells it, which hears a proxy on this machine; of IPv6 the network."""
    try:
        address = ipaddress.ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return ""
    if address.version == 6 and not address.is_loopback:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
