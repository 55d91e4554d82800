"""A server on this machine that publishes files, and can do all that a bad day brings."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Publisher:
    """Serves `files` by their names; `asked` are the names of what was asked for.

    `cut_after` bytes of each answer the connection ends, as often as `cuts` says. `status` answers
    everything; `moved_to` sends everybody there. `pause` is in seconds, before the answer.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []
        self.cut_after: int | None = None
        self.cuts = 0
        self.status = 200
        self.moved_to = ""
        self.says_length = True
        self.wrong_length = 0
        self.pause = 0.0
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.removeprefix("/")
        self.asked.append(name)
        content = self.files.get(name)
        if self.moved_to:
            return self.say(request, 302, {"Location": self.moved_to})
        if self.status != 200 or content is None:
            return self.say(request, self.status if self.status != 200 else 404, {})
        length = {"Content-Length": str(len(content) + self.wrong_length)}
        self.say(request, 200, length if self.says_length else {})
        return self.send(request, content)

    def say(self, request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()

    def send(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        if self.cut_after is not None and self.cuts:
            self.cuts -= 1
            content = content[: self.cut_after]
        try:
            time.sleep(self.pause)
            request.wfile.write(content)
            request.wfile.flush()
        except OSError:
            pass  # whoever asked has had enough
