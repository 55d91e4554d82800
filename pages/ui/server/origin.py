"""Whether a page of this very host sent a request."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_same_origin(headers: Headers) -> bool:
    """Whether the origin is this host; browsers name it with sockets, posts and forms."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False
