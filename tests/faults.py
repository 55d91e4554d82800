"""A disk that fails, a process that dies, a power that is cut, at any call of the file layer.

The shim stands between `core` and the operating system: it counts the calls that touch the
workspace, and at a chosen one it breaks. Real fsyncs are left out: what is synced is remembered.
"""

import errno
import fcntl
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

CALLS = ("open", "write", "fsync", "ftruncate", "rename", "link", "mkdir", "unlink", "close")

KINDS = (
    "killed before",
    "killed after",
    "short write, killed",
    "short write, full",
    "full once",
    "full for good",
    "broken once",
    "broken for good",
    "no sync",
    "no lock",
    "power cut before",
    "power cut after",
)
"""What can happen at a call. Full: ENOSPC; broken: EIO; no sync: EIO of fsync; no lock: ENOLCK."""

ERRORS = {
    "full once": errno.ENOSPC,
    "full for good": errno.ENOSPC,
    "broken once": errno.EIO,
    "broken for good": errno.EIO,
    "no sync": errno.EIO,
    "no lock": errno.ENOLCK,
}
WRITING = ("open", "write", "fsync", "ftruncate", "rename", "link", "mkdir")
BREAKABLE = {
    "no sync": ("fsync",),
    "no lock": ("flock",),
    "short write, killed": ("write",),
    "short write, full": ("write",),
}


EVERY_CALL = (*CALLS, "flock")


def breakable(kind: str) -> tuple[str, ...]:
    """The calls at which this can happen."""
    if kind in ERRORS or kind.startswith("short write"):
        return BREAKABLE.get(kind, WRITING)
    return EVERY_CALL


@dataclass
class Shim:
    """The calls of one process, and what of its files is on disk for good.

    It breaks at call number `at`; where `call` names one, at that number of those of this name.
    """

    root: Path
    kind: str
    at: int
    draw: Random
    call: str = ""
    calls: int = 0
    struck: bool = False
    real: dict[str, Callable[..., Any]] = field(default_factory=dict)
    paths: dict[int, Path] = field(default_factory=dict)
    synced: dict[Path, int] = field(default_factory=dict)
    new_names: dict[Path, Path | None] = field(default_factory=dict)
    cut: dict[Path, bytes] = field(default_factory=dict)

    def install(self) -> None:
        """From now on every call of this process goes through the shim."""
        for name in CALLS:
            self.real[name] = getattr(os, name)
            setattr(os, name, getattr(self, f"_{name}"))
        self.real["flock"] = fcntl.flock
        fcntl.flock = self._flock

    def _ours(self, path: Path) -> bool:
        return self.root in (path, *path.parents) and ".cache" not in path.parts

    def _step(
        self, call: str, action: Callable[[], Any], half: Callable[[], int] | None = None
    ) -> Any:
        """Does the action, or what is to happen in its place."""
        if self.call and call != self.call:
            return action()
        self.calls += 1
        if self.calls < self.at or (self.struck and not self.kind.endswith("for good")):
            return action()
        if call not in breakable(self.kind):
            return action()  # the fault waits for the next call that can fail so
        self.struck = True
        if self.kind == "power cut before":
            self._cut_power()
        if self.kind == "killed before":
            self._die()
        if self.kind.startswith("short write"):
            return self._write_half(half)
        if self.kind in ERRORS:
            raise OSError(ERRORS[self.kind], os.strerror(ERRORS[self.kind]))
        action()
        return self._cut_power() if self.kind == "power cut after" else self._die()

    def _write_half(self, half: Callable[[], int] | None) -> int:
        written = half()
        if self.kind == "short write, killed":
            self._die()
        self.kind, self.struck = "full once", False
        return written

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _cut_power(self) -> None:
        """Of what was never synced, chance decides what is there after the power is back."""
        for path, size in self.synced.items():
            if path.is_file():
                now = path.stat().st_size
                kept = self.draw.randint(min(size, now), now)
                with path.open("r+b") as file:
                    file.truncate(kept)
                    if path in self.cut and self.draw.random() < 0.5:
                        file.seek(min(size, now))
                        file.write(self.cut[path])
        for path, earlier in reversed(self.new_names.items()):
            if self.draw.random() < 0.5:
                with suppress(OSError):
                    if earlier:
                        path.rename(earlier)
                    elif path.is_dir():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
        self._die()

    def _open(self, path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        place = Path(os.fspath(path)) if isinstance(path, str | os.PathLike) else None
        if place is None or not self._ours(place):
            return self.real["open"](path, flags, mode, **options)

        def action() -> int:
            is_new = not place.exists()
            handle = self.real["open"](path, flags, mode, **options)
            self.paths[handle] = place
            if not place.is_dir():
                self.synced.setdefault(place, place.stat().st_size)
            if is_new:
                self.new_names[place] = None
            return handle

        return self._step("open", action)

    def _write(self, handle: int, data: Any) -> int:
        if handle not in self.paths:
            return self.real["write"](handle, data)

        def write(size: int) -> int:
            return self.real["write"](handle, data[:size])

        size = len(data)
        half = self.draw.randrange(size)
        return self._step("write", lambda: write(size), lambda: write(half or size))

    def _fsync(self, handle: int) -> None:
        if handle not in self.paths:
            return self.real["fsync"](handle)

        def action() -> None:
            place = self.paths[handle]
            if place.is_dir():
                for path in [path for path in self.new_names if path.parent == place]:
                    del self.new_names[path]
            else:
                self.synced[place] = os.fstat(handle).st_size
                self.cut.pop(place, None)

        return self._step("fsync", action)

    def _ftruncate(self, handle: int, size: int) -> None:
        if handle not in self.paths:
            return self.real["ftruncate"](handle, size)

        def action() -> None:
            place = self.paths[handle]
            if self.synced.get(place, 0) > size:
                self.cut[place] = place.read_bytes()[size : self.synced[place]]
                self.synced[place] = size
            self.real["ftruncate"](handle, size)

        return self._step("ftruncate", action)

    def _rename(self, source: Any, target: Any, **options: Any) -> None:
        old, new = Path(source), Path(target)
        if not self._ours(new):
            return self.real["rename"](source, target, **options)

        def action() -> None:
            self.real["rename"](source, target, **options)
            self.new_names[new] = old
            self.new_names.pop(old, None)
            self.synced[new] = self.synced.pop(old, 0)

        return self._step("rename", action)

    def _link(self, source: Any, target: Any, **options: Any) -> None:
        old, new = Path(source), Path(target)
        if not self._ours(new):
            return self.real["link"](source, target, **options)

        def action() -> None:
            self.real["link"](source, target, **options)
            self.new_names[new] = None
            self.synced[new] = self.synced[old]

        return self._step("link", action)

    def _mkdir(self, path: Any, mode: int = 0o777, **options: Any) -> None:
        place = Path(path)
        if not self._ours(place):
            return self.real["mkdir"](path, mode, **options)

        def action() -> None:
            self.real["mkdir"](path, mode, **options)
            self.new_names[place] = None

        return self._step("mkdir", action)

    def _unlink(self, path: Any, **options: Any) -> None:
        if not self._ours(Path(os.fspath(path))):
            return self.real["unlink"](path, **options)
        return self._step("unlink", lambda: self.real["unlink"](path, **options))

    def _close(self, handle: int) -> None:
        if self.paths.pop(handle, None) is None:
            return self.real["close"](handle)
        return self._step("close", lambda: self.real["close"](handle))

    def _flock(self, handle: int, operation: int) -> None:
        if handle not in self.paths:
            return self.real["flock"](handle, operation)
        return self._step("flock", lambda: self.real["flock"](handle, operation))
