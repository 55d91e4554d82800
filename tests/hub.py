"""A server on this machine that plays the model hub, as far as a download needs it."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves folders by names; `asked` are the paths that were asked for.

    A file whose name is in `cut_short` ends in its middle.
    """

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}
        self.asked: list[str] = []
        self.cut_short: set[str] = set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

            def do_HEAD(self) -> None:
                hub.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def files_asked(self) -> list[str]:
        """The names of the files whose content was asked for, sorted."""
        return sorted({Path(path).name for path in self.asked if "/resolve/" in path})

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        self.asked.append(path)
        for name, folder in self.folders.items():
            if path.startswith(f"/api/models/{name}/tree/"):
                return self.send_json(request, _listed(folder))
            if path in (f"/api/models/{name}", f"/api/models/{name}/revision/main"):
                files = [entry for entry in _listed(folder) if entry["type"] == "file"]
                siblings = [{"rfilename": each["path"], "size": each["size"]} for each in files]
                return self.send_json(request, {"id": name, "sha": COMMIT, "siblings": siblings})
            if path.startswith(f"/{name}/resolve/"):
                file = folder / path.removeprefix(f"/{name}/resolve/").split("/", 1)[1]
                return self.send_file(request, file)
        request.send_response(404)
        request.send_header("X-Error-Code", "RepoNotFound")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return None

    def send_json(self, request: BaseHTTPRequestHandler, answer: object) -> None:
        content = json.dumps(answer).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(content)

    def send_file(self, request: BaseHTTPRequestHandler, file: Path) -> None:
        content = file.read_bytes()
        span = request.headers.get("Range", "").removeprefix("bytes=").split("-")[0]
        start = int(span or 0)
        request.send_response(206 if span else 200)
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        request.send_header("Accept-Ranges", "bytes")
        request.send_header("Content-Length", str(len(content) - start))
        if span:
            size = len(content)
            request.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        request.end_headers()
        if request.command == "GET":
            cut = file.name in self.cut_short
            middle = start + (len(content) - start) // 2
            request.wfile.write(content[start : middle if cut else len(content)])
            request.close_connection = True


def _listed(folder: Path) -> list[dict[str, object]]:
    found = []
    for path in sorted(folder.rglob("*")):
        entry = {"type": "directory" if path.is_dir() else "file", "oid": "0" * 40}
        entry |= {"path": path.relative_to(folder).as_posix()}
        found.append(entry if path.is_dir() else {**entry, "size": path.stat().st_size})
    return found
