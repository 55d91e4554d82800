"""The door's own pages: plain HTML, without a script, and nothing in it that a request has said."""

from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from streamlit import config

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


class shut:  # noqa: N801 (an answer, made where it is sent)
    """An answer that lets nobody in, for pages and websockets alike."""

    def __init__(self, message: str, status: int = 403) -> None:
        self._message, self._status = message, status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": self._message[:100]})
            return
        await page(self._message, self._status)(scope, receive, send)


def page(message: str, status: int = 200, form: str = "") -> Response:
    """A page of one message, and a form where one is given."""
    content = PAGE.replace("{message}", escape(message)).replace("{form}", form)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": NO_SCRIPTS}
    return HTMLResponse(content, status, headers)


def base_path() -> str:
    """What stands before every path where the app is not at the root of its host."""
    base = (config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
