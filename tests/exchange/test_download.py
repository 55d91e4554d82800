import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import DownloadError
from core.exchange.book_dataset import fetch
from core.system.progress import in_words
from tests.publisher import Publisher

CONTENT = random.Random(1).randbytes(100_000)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher({"a.csv": CONTENT})
    yield publisher
    publisher.stop()


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "a.csv.part"


def test_a_file_is_fetched_whole(publisher: Publisher, part: Path):
    told: list[str] = []
    fetch(f"{publisher.address}/a.csv", part, progress=in_words(told.append))
    assert part.read_bytes() == CONTENT
    assert [entry.name for entry in part.parent.iterdir()] == [part.name]


def test_a_cut_connection_is_told(publisher: Publisher, part: Path):
    publisher.cut_after, publisher.cuts = 30_000, 1
    with pytest.raises(DownloadError, match=r"cannot be fetched: IncompleteRead.*Try again"):
        fetch(f"{publisher.address}/a.csv", part)
    fetch(f"{publisher.address}/a.csv", part)
    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 503])
def test_a_refusal_is_told(publisher: Publisher, part: Path, status: int):
    publisher.status = status
    with pytest.raises(DownloadError, match=f"answers {status}"):
        fetch(f"{publisher.address}/a.csv", part)
    assert not part.exists()


def test_another_size_than_the_known_one_is_refused(publisher: Publisher, part: Path):
    with pytest.raises(DownloadError, match="100,000 bytes instead of 99,999"):
        fetch(f"{publisher.address}/a.csv", part, 99_999)
    assert not part.exists()


def test_less_than_the_server_has_promised_is_not_taken_for_all(publisher: Publisher, part: Path):
    publisher.wrong_length = 5
    with pytest.raises(DownloadError, match="cannot be fetched: IncompleteRead"):
        fetch(f"{publisher.address}/a.csv", part)


def test_a_file_without_a_length_is_only_taken_if_its_size_is_known(
    publisher: Publisher, part: Path
):
    publisher.says_length = False
    with pytest.raises(DownloadError, match="without its length"):
        fetch(f"{publisher.address}/a.csv", part)
    fetch(f"{publisher.address}/a.csv", part, len(CONTENT))
    assert part.read_bytes() == CONTENT
    part.unlink()
    with pytest.raises(DownloadError, match="longer than the 99,000 bytes"):
        fetch(f"{publisher.address}/a.csv", part, 99_000)


def test_a_file_that_is_too_large_is_refused_before_it_comes(publisher: Publisher, part: Path):
    with pytest.raises(DownloadError, match="more than the 1,000"):
        fetch(f"{publisher.address}/a.csv", part, most=1_000)
    assert not part.exists()


def test_a_server_that_falls_silent_is_not_waited_for(publisher: Publisher, part: Path):
    publisher.pause = 3
    began = time.monotonic()
    with pytest.raises(DownloadError, match=r"timed out.*Try again"):
        fetch(f"{publisher.address}/a.csv", part, silence=0.2)
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
def test_only_https_is_spoken(url: str, part: Path):
    with pytest.raises(DownloadError, match="not an https address"):
        fetch(url, part)


@pytest.mark.parametrize("url", ["http://example.org/a.csv", "ftp://127.0.0.1/a.csv"])
def test_nobody_is_sent_to_where_anybody_can_listen(url: str, part: Path, publisher: Publisher):
    publisher.moved_to = url
    with pytest.raises(DownloadError, match="answers 302"):
        fetch(f"{publisher.address}/a.csv", part)
    assert not part.exists()


def test_without_a_network_it_says_so(part: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(DownloadError, match=r"cannot be fetched.*when there is a network"):
        fetch(f"http://127.0.0.1:{port}/a.csv", part)
