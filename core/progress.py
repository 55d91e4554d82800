"""Telling a person what goes on while it goes on."""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Is told what begins now, or how far it is, in a few words."""


def silent(step: str) -> None:
    """No progress display."""


def about(seconds: float) -> str:
    """So much time as one says it: `a moment`, `about 40 s`, `about 3 min`, `about 2.5 h`."""
    if seconds < 2:
        return "a moment"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
