"""The events' route: the card posts what people did; it is on disk before the answer."""

import json
import math
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import SunlightError
from core.workspace.logs import Event
from pages.ui.cache.snapshot import inbox
from pages.ui.card.tokens import Claim, read_token
from pages.ui.server.login import is_same_origin, read_body

PATH = "/api/labels"

MAX_BODY = 2**20
MAX_EVENTS = 500
TEXTS = ("event_id", "batch_id", "item_id", "action", "label", "labeled_at", "note")


async def receive(request: Request) -> JSONResponse:
    """Answers which events are on disk; 4xx and 5xx carry a message for the person."""
    if not _is_ours(request):
        return _refuse(403, "Labels are taken from this app's own pages only.")
    body = await read_body(request, MAX_BODY)
    if body is None:
        return _refuse(413, "Too many labels at once. Reload the page.")
    try:
        content = json.loads(body)
        claim = read_token(content["token"])
        if claim is None:
            return _refuse(401, "This page is too old.")
        events = [_event(entry, claim) for entry in content["events"][:MAX_EVENTS]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return _refuse(400, "The labels arrived garbled. Reload the page.")
    return await run_in_threadpool(_write, claim, events)


route = Route(PATH, receive, methods=["POST"])


def _write(claim: Claim, events: list[Event]) -> JSONResponse:
    try:
        receipt = inbox(claim.workspace).receive(events)
    except SunlightError as error:
        return _refuse(503, str(error))
    refused = [{"event_id": event_id, "reason": reason} for event_id, reason in receipt.refused]
    return JSONResponse({"acknowledged": receipt.acknowledged, "refused": refused})


def _event(entry: dict[str, Any], claim: Claim) -> Event:
    """An event as the browser sent it, by the person whom the token names."""
    return Event(
        **{name: _text(entry, name) for name in TEXTS},
        annotator=claim.annotator,
        seconds=_seconds(entry),
        assisted=bool(entry.get("assisted")),
    )


def _seconds(entry: dict[str, Any]) -> float | None:
    value = entry.get("seconds")
    if value is not None and not math.isfinite(value):
        raise ValueError("seconds")
    return None if value is None else float(value)


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise TypeError(name)
    value.encode()  # half a surrogate pair raises ValueError: the file could not hold it
    return value


def _is_ours(request: Request) -> bool:
    """Whether a page of this very host sent it, which a form of another one cannot pretend."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return kind == "application/json" and is_same_origin(request.headers)


def _refuse(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)
