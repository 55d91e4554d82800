"""The door: who may reach the app at all, decided before anything of Streamlit is asked.

Bound to this machine and without a login, the app is open to this machine's own addresses; else it
is shut until people have to log in: by the password asked for here, or by OpenID Connect.
"""

import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from core.errors import PasswordError
from core.system.password import check_hash
from pages.ui.server.login import LOGIN, LOGOUT, Login, base_path, is_loopback, is_same_origin, page
from pages.ui.session import secrets

HEALTH = "/_stcore/health"
"""What a proxy asks to know whether the server lives: answers `ok` to anybody."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'; base-uri 'self'; object-src 'none'",
}

NO_LOGIN = (
    "This server listens on an address that other machines can reach, and nobody has to log in. "
    "Until that is fixed it shows nothing. Either start it with --server.address 127.0.0.1; or "
    "set a password: run `python -m core password` and put what it prints into "
    ".streamlit/secrets.toml; or set up OpenID Connect there, under [auth]. Then start it again. "
    "Passwords and labels need TLS on their way: the README says, under “Other machines”, how to "
    "put it before the server."
)
FOREIGN_HOST = (
    "This address is not one of this machine's own. Open the app as http://localhost with its "
    "port; or set a password (`python -m core password`) to reach it by another name."
)


@dataclass(frozen=True)
class Rules:
    """How the server can be reached; `password` is a hash, and `fault` why nobody can be let in."""

    has_openid: bool = False
    password: str = ""
    fault: str = ""


def read_rules() -> Rules:
    address, own = config.get_option("server.address"), secrets("sunlight")
    password, has_openid = own.get("password", ""), bool(secrets("auth"))
    try:
        if password:
            check_hash(str(password))
    except PasswordError as error:
        return Rules(fault=str(error))
    is_open = not (is_loopback(address or "") or has_openid or password)
    return Rules(has_openid, str(password), NO_LOGIN if is_open else "")


class Door:
    """ASGI middleware before all of Streamlit: pages, files, uploads, websockets, the events."""

    def __init__(self, app: ASGIApp, rules: Rules | None = None) -> None:
        self._app = app
        self._rules = rules or read_rules()
        self._login = Login(self._rules.password)
        if self._rules.fault:
            print(self._rules.fault, file=sys.stderr)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if refusal := self._refusal(connection):
            await page(refusal, 403)(scope, receive, send)
        elif self._rules.password:
            await self._let_in(connection, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, connection: HTTPConnection) -> str:
        """Why nothing is answered, whoever asks; empty if something may be."""
        headers = connection.headers
        if self._rules.fault:
            return self._rules.fault
        if not (self._rules.has_openid or self._rules.password):
            # Whatever the settings say, this is where the socket listens.
            if not is_loopback((connection.scope.get("server") or ("localhost",))[0]):
                return NO_LOGIN
            if not is_loopback(_host(headers)):
                return FOREIGN_HOST
        is_socket = connection.scope["type"] == "websocket"
        if is_socket and not is_same_origin(headers):
            return "This connection comes from another site. Open the app's own page."
        return ""

    async def _let_in(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        """The app for who has given the password, the login for who has not."""
        scope, path = connection.scope, connection.scope["path"].removeprefix(base_path())
        is_page = scope["type"] == "http"
        wants_page = is_page and scope["method"] in ("GET", "HEAD")
        if is_page and path == LOGIN:
            await self._login.answer(scope, receive, _with_headers(send))
        elif is_page and path == LOGOUT:
            await self._login.leave(connection)(scope, receive, _with_headers(send))
        elif path == HEALTH or self._login.knows(connection):
            await self._app(scope, receive, _with_headers(send))
        elif wants_page and "text/html" in connection.headers.get("accept", ""):
            await self._login.ask(connection)(scope, receive, send)
        else:
            shut = page("Log in first: open the app's first page.", 401)
            await shut(scope, receive, send)


def _host(headers: Headers) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    """Sends what is sent, with the headers that every answer has."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
