import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import DownloadError, SunlightError, WorkspaceError
from core.exchange import book_dataset
from core.exchange.book_dataset import BASE, COMMIT, LEAST_ROWS, SOURCES, fetch_book
from core.workspace.snapshot import read_snapshot
from core.workspace.task_toml import default_task
from tests.conftest import headlines
from tests.publisher import Publisher

LABELED = headlines(40)
FILES = {
    "evaluation_data/related.csv": [(*item[:2], "1") for item in LABELED[:10]],
    "evaluation_data/not_related.csv": [(*item[:2], "0") for item in LABELED[10:20]],
    "training_data/related.csv": [(*item[:2], "1", "random", "0") for item in LABELED[20:30]],
    "training_data/not_related.csv": [(*item[:2], "0", "random", "0") for item in LABELED[30:]],
    "unlabeled_data/unlabeled_data.csv": [(f"u{n}", f"headline {n}") for n in range(LEAST_ROWS)],
}
CONTENTS = {
    name: "".join(",".join(row) + "\r\n" for row in rows).encode() for name, rows in FILES.items()
}
POOL = "unlabeled_data/unlabeled_data.csv"


OURS = {
    name: "" if name == POOL else hashlib.sha256(content).hexdigest()
    for name, content in CONTENTS.items()
}


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher(dict(CONTENTS))
    yield publisher
    publisher.stop()


def test_the_sources_are_those_of_one_commit():
    assert BASE.endswith(COMMIT)
    assert list(SOURCES) == list(FILES)
    assert {name: len(sha256) for name, sha256 in SOURCES.items()} == {
        name: 0 if name == POOL else 64 for name in FILES
    }


def test_the_books_data_becomes_a_workspace(publisher: Publisher, tmp_path: Path):
    workspace = fetch_book(tmp_path / "book", publisher.address, OURS)
    snapshot = read_snapshot(workspace)
    assert workspace.task == default_task()
    assert len(snapshot.pool_words.pool) == LEAST_ROWS
    assert {split: len(items) for split, items in snapshot.labels.splits.items()} == {
        "evaluation": 20,
        "validation": 0,
        "training": 20,
    }
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} - {
        p.relative_to(tmp_path).as_posix() for p in workspace.cache.rglob("*")
    } == {f"book/{name}" for name in CONTENTS}


def test_nothing_appears_before_all_is_there(publisher: Publisher, tmp_path: Path):
    content = publisher.files.pop(POOL)
    with pytest.raises(DownloadError, match=r"answers 404 .*git clone https://"):
        fetch_book(tmp_path / "book", publisher.address, OURS)
    publisher.files[POOL] = content
    publisher.cut_after, publisher.cuts = 100, 1
    with pytest.raises(DownloadError, match="cannot be fetched"):
        fetch_book(tmp_path / "book", publisher.address, OURS)
    assert not [*tmp_path.iterdir()]
    workspace = fetch_book(tmp_path / "book", publisher.address, OURS)
    assert (workspace.path / POOL).read_bytes() == CONTENTS[POOL]
    assert [entry.name for entry in tmp_path.iterdir()] == ["book"]


def test_a_file_that_is_not_the_published_one_is_refused(publisher: Publisher, tmp_path: Path):
    name = "training_data/related.csv"
    publisher.files[name] = CONTENTS[name].replace(b"flood", b"blood", 1)
    if publisher.files[name] == CONTENTS[name]:
        publisher.files[name] = b"x" * len(CONTENTS[name])
    with pytest.raises(DownloadError, match="not what its author has published"):
        fetch_book(tmp_path / "book", publisher.address, OURS)
    assert not (tmp_path / "book").exists()
    publisher.files[name] = CONTENTS[name]
    assert fetch_book(tmp_path / "book", publisher.address, OURS)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>Sorry, not today</html>\n" * 20_000, "has 1 rows"),
        (b"\n".join(CONTENTS[POOL].splitlines()[1:]), "has 9,999 rows"),
        (CONTENTS[POOL] + b"nothing\n" * 11, "has 11 rows that are not"),
        (b"", "has 0 rows"),
    ],
)
def test_a_pool_that_is_none_is_refused(
    content: bytes, says: str, publisher: Publisher, tmp_path: Path
):
    publisher.files[POOL] = content
    with pytest.raises(DownloadError, match=says):
        fetch_book(tmp_path / "book", publisher.address, OURS)
    assert not (tmp_path / "book").exists()


def test_a_few_strange_rows_are_left_to_the_doctor(publisher: Publisher, tmp_path: Path):
    publisher.files[POOL] = CONTENTS[POOL] + b"nothing\n" * 10
    assert fetch_book(tmp_path / "book", publisher.address, OURS)


def test_a_folder_that_holds_something_is_refused_before_anything_is_asked(
    publisher: Publisher, tmp_path: Path
):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "mine").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        fetch_book(tmp_path / "book", publisher.address, OURS)
    assert not publisher.asked


def test_of_two_that_download_at_once_one_is_told(publisher: Publisher, tmp_path: Path):
    def go(_: int) -> str:
        try:
            return str(fetch_book(tmp_path / "book", publisher.address, OURS).path)
        except SunlightError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(go, range(2))]
    assert sum("not empty" in answer for answer in answers) == 1
    assert sum(answer == str(tmp_path / "book") for answer in answers) == 1


def test_a_disk_that_takes_nothing_is_told(publisher: Publisher, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"cannot be written.*git clone"):
        fetch_book(tmp_path / "file" / "book", publisher.address, OURS)
    assert book_dataset.REPOSITORY.startswith("https://")
