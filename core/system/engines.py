"""Engines: where the parts of a pool are worked on. Nothing else knows how many machines there are.

`Threads` of this process, or `Ray` (optional): a local cluster for the time of one command, or one
at an address. Its machines need the same Python and packages, and the project in the same folder;
this machine has to be one of them.
"""

import os
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, TypeVar

import numpy as np

from core.errors import EngineError
from core.system.parallel import single_threads

Part = TypeVar("Part")
Result = TypeVar("Result")

ENGINES = ("threads", "ray")  # the first is the default
RETRIES = 3  # of a part whose worker has died, before that counts as a fault
LOCAL_WORKERS = 2  # to try it; each takes as much memory as this process
OBJECT_STORE = 2**29  # bytes that a local cluster may share between its workers: parts and results
LONGEST = 30  # characters of a folder's path in which Ray can still make its sockets
KNOCK_SECONDS = 5  # Ray itself would try for a minute before it says that nobody is there

PATIENCE = {"RAY_gcs_server_port_wait_time_s": "1", "RAY_py_gcs_connect_timeout_s": "10"}
"""One attempt of ten seconds: where something else than Ray answers, it would try for minutes."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""No report over the network about the use of Ray, no advice on standard error."""

LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""A local cluster listens on 127.0.0.1 alone; asked for it by its option, on all addresses."""

ROOT = Path(__file__).resolve().parents[2]


def _ignore(result: object) -> None:
    """Nobody wants to know of each result as soon as it is there."""


class Threads:
    """The threads of this process, as many as there are cores."""

    def map(
        self,
        function: Callable[[Part], Result],
        parts: Sequence[Part],
        done: Callable[[Result], object] = _ignore,
    ) -> list[Result]:
        results = []
        with single_threads(os.cpu_count() or 1) as pool:
            for result in pool.map(function, parts):
                done(result)
                results.append(result)
        return results


THREADS = Threads()


class Here:
    """The calling thread: for what is a part of somebody else's work."""

    def map(self, function: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
        return [*map(function, parts)]


HERE = Here()


@dataclass(frozen=True)
class Ray:
    """Tasks on the Ray cluster that this process is connected to; see `open_engine`.

    `ray` is the package. The function goes to the cluster once, then part after part; one more than
    there are CPUs is under way, so that no machine has to hold all of them.
    """

    ray: Any

    def map(
        self,
        function: Callable[[Part], Result],
        parts: Sequence[Part],
        done: Callable[[Result], object] = _ignore,
    ) -> list[Result]:
        ray = self.ray
        results: list[Any] = [None] * len(parts)
        under_way: dict[Any, int] = {}
        try:
            task, shared = ray.remote(max_retries=RETRIES)(_work), ray.put(function)
            most = int(ray.cluster_resources().get("CPU", 1)) + 1
            for at, part in enumerate(parts):
                if len(under_way) == most:
                    done(self._collect(under_way, results))
                under_way[task.remote(shared, ray.put(part))] = at
            while under_way:
                done(self._collect(under_way, results))
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from None
        except ray.exceptions.RayError as error:
            raise EngineError(
                f"The Ray cluster failed: {str(error).splitlines()[0]} Look into its logs, or "
                "leave --engine out."
            ) from error
        return results

    def _collect(self, under_way: dict[Any, int], results: list[Any]) -> Any:  # noqa: ANN401
        (ready,), _ = self.ray.wait(list(under_way), num_returns=1)
        result = results[under_way.pop(ready)] = self.ray.get(ready)
        return result


Engine = Threads | Ray | Here  # something that works on parts, several at a time


def _work(function: Callable[[Part], Result], part: Part) -> Result:
    if "torch" in sys.modules:  # imported with the function, where that needs it
        sys.modules["torch"].set_num_threads(1)
    # What comes from the object store is read-only; nothing of it is written to.
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    return function(part)


@contextmanager
def open_engine(name: str = ENGINES[0], address: str | None = None) -> Iterator[Engine]:
    """The engine `threads`, or `ray` at an address or locally; raises EngineError without one."""
    if name == "threads":
        yield THREADS
        return
    for key, value in (QUIET | (PATIENCE if address else LOOPBACK)).items():
        os.environ.setdefault(key, value)
    ray = _import_ray()
    if address:
        _knock(address)
    place = None if len(gettempdir()) <= LONGEST else "/tmp"
    with TemporaryDirectory(prefix="sl-", dir=place, ignore_cleanup_errors=True) as folder:
        try:
            _connect(ray, address, folder)
            yield Ray(ray)
        finally:
            ray.shutdown()


def _import_ray() -> Any:  # noqa: ANN401 (an optional package)
    try:
        import ray
        import ray.exceptions
        import ray.util
    except ImportError as error:
        raise EngineError(
            "The package ray is not installed. Run pip install -r requirements-cluster.txt, or "
            "leave --engine out."
        ) from error
    return ray


def _connect(ray: Any, address: str | None, folder: str) -> None:  # noqa: ANN401
    """Connects this process with the cluster at the address, or with a new local one."""
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    options = {
        "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(paths)}},
        "log_to_driver": False,
        "logging_level": "error",
    }
    if not address:
        address = "local"
        options |= {
            "num_cpus": LOCAL_WORKERS,
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE,
            "_temp_dir": folder,
        }
    try:
        ray.init(address, **options)
    except (ConnectionError, RuntimeError, ValueError, OSError, ImportError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise EngineError(
            f"Ray cannot be used at {address}: {reason}. Fix that, or leave --engine out."
        ) from error
    # Arrays that are mapped into memory go as plain ones, without a copy on this side.
    ray.util.register_serializer(np.memmap, serializer=np.asarray, deserializer=np.asarray)


def _knock(address: str) -> None:
    """Raises EngineError if the address is none, or nobody listens there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if not host or not port.isdigit():
        raise EngineError(
            f"--address {address}: this is not the address of a Ray cluster. Write it as "
            "HOST:PORT, as `ray start --head` tells it."
        )
    try:
        socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"--address {address}: nothing answers there. Start the cluster with `ray start "
            "--head`, or leave --address out for a local one."
        ) from error
