"""A child of this process that is killed between any two calls of the operating system."""

import ctypes
import os
import signal

LIBC = ctypes.CDLL(None, use_errno=True)
TRACE_ME, TO_NEXT_CALL = 0, 24


def trace_me() -> None:
    """Called by the child: it stops until its parent lets it go on."""
    if LIBC.ptrace(TRACE_ME, 0, None, None):
        os._exit(77)
    os.kill(os.getpid(), signal.SIGSTOP)


def kill_at(child: int, stop: int) -> int | None:
    """Lets the child run to its `stop`-th stop, at the begin or end of a call, and kills it there.

    How many stops it made; None where tracing is not permitted.
    """
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        return None
    stops = 0
    while os.WIFSTOPPED(status):
        if stops == stop or LIBC.ptrace(TO_NEXT_CALL, child, None, None):
            os.kill(child, signal.SIGKILL)
        stops += 1
        _, status = os.waitpid(child, 0)
    return stops
