import random
import socket
import time
from collections.abc import Iterator

import pytest

from core.errors import DownloadError
from core.exchange.book_dataset import fetch
from tests.publisher import Publisher

CONTENT = random.Random(1).randbytes(100_000)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher({"a.csv": CONTENT})
    yield publisher
    publisher.stop()


def test_a_file_is_fetched_whole(publisher: Publisher):
    assert fetch(f"{publisher.address}/a.csv") == CONTENT


def test_a_cut_connection_is_told(publisher: Publisher):
    publisher.cut_after, publisher.cuts = 30_000, 1
    with pytest.raises(DownloadError, match=r"cannot be fetched: IncompleteRead.*Try again"):
        fetch(f"{publisher.address}/a.csv")
    assert fetch(f"{publisher.address}/a.csv") == CONTENT


@pytest.mark.parametrize("status", [404, 503])
def test_a_refusal_is_told(publisher: Publisher, status: int):
    publisher.status = status
    with pytest.raises(DownloadError, match=f"answers {status}"):
        fetch(f"{publisher.address}/a.csv")


def test_less_than_the_server_has_promised_is_not_taken_for_all(publisher: Publisher):
    publisher.wrong_length = 5
    with pytest.raises(DownloadError, match="cannot be fetched: IncompleteRead"):
        fetch(f"{publisher.address}/a.csv")


def test_a_file_without_a_length_is_not_taken(publisher: Publisher):
    publisher.says_length = False
    with pytest.raises(DownloadError, match="without its length"):
        fetch(f"{publisher.address}/a.csv")


def test_a_file_that_is_too_large_is_refused(publisher: Publisher):
    with pytest.raises(DownloadError, match="more than the 1,000"):
        fetch(f"{publisher.address}/a.csv", most=1_000)


def test_a_server_that_falls_silent_is_not_waited_for(publisher: Publisher):
    publisher.pause = 3
    began = time.monotonic()
    with pytest.raises(DownloadError, match=r"timed out.*Try again"):
        fetch(f"{publisher.address}/a.csv", silence=0.2)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.csv",
        "file:///etc/passwd",
        "http://127.0.0.1.example.org/a.csv",
        "http://127.0.0.1@example.org/a.csv",
        "a.csv",
    ],
)
def test_only_https_is_spoken(url: str):
    with pytest.raises(DownloadError, match="not an https address"):
        fetch(url)


@pytest.mark.parametrize("url", ["http://example.org/a.csv", "ftp://127.0.0.1/a.csv"])
def test_nobody_is_sent_to_where_anybody_can_listen(url: str, publisher: Publisher):
    publisher.moved_to = url
    with pytest.raises(DownloadError, match="answers 302"):
        fetch(f"{publisher.address}/a.csv")


def test_without_a_network_it_says_so():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(DownloadError, match=r"cannot be fetched.*when there is a network"):
        fetch(f"http://127.0.0.1:{port}/a.csv")
