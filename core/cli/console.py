"""What every command shares: its workspace, its refusals, its answer for a person or a program."""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import SunlightError

Data = Annotated[
    Path, typer.Option("--data", envvar="SUNLIGHT_DATA", help="The workspace's folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what a person can mend into its message on standard error and exit code 1."""
    try:
        yield
    except SunlightError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def report(words: str, done: int = 0, total: int = 0, /) -> None:
    """Progress, on standard error."""
    print(f"{words} …", file=sys.stderr)


def tell(answer: Mapping[str, Any], lines: list[str], as_json: bool) -> None:
    """The answer for a program or for a person, on standard output."""
    print(json.dumps(_finite(answer), ensure_ascii=False) if as_json else "\n".join(lines))


def _finite(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """The value with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
