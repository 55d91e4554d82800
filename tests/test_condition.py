"""The condition that a person writes: what it can ask, and that it cannot do anything else."""

import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.condition import CONFIG, FUNCTIONS, places_where
from core.errors import ConditionError
from core.filters import Filters
from core.loop import Loop
from core.tables import Tables

TEXTS = ["Flood hits coast", "council meets", "quake near harbour at noon", "council's plan"]


@pytest.fixture
def items() -> pa.Table:
    return pa.table(
        {
            "place": pa.array(range(4)),
            "item_id": [f"i{at}" for at in range(4)],
            "text": pa.array(TEXTS, pa.large_string()),
            "n_words": [3, 2, 5, 2],
            "label": pa.array(["1", None, "1", "0"]),
            "confidence": pa.array([0.5, 0.9, None, 0.7], pa.float32()),
            "labeled_at": pa.array(["2026-03-01T10:00:00.000Z", None, None, None]),
        }
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n_words > 2", [0, 2]),
        ("text ILIKE '%flood%' OR label = '0'", [0, 3]),
        ("label IS NULL", [1]),
        ("label IN ('1') AND NOT confidence > 0.6", [0]),
        ("confidence BETWEEN 0.6 AND 0.95", [1, 3]),
        ("regexp_matches(text, '^coun.il')", [1, 3]),
        ("CASE WHEN n_words = 2 THEN length(text) > 13 ELSE false END", [3]),
        ("year(labeled_at::TIMESTAMP) = 2026", [0]),
        ("items.item_id = 'i2' -- a comment", [2]),
        ("text LIKE 'council''s%'", [3]),
        ("lower(text)[1] = 'f'", [0]),
        ("text = ';'", []),
        ("n_words > 2) OR (label = '0'", [0, 2, 3]),
        ("TRUE", [0, 1, 2, 3]),
        ("n_words % 2 = 0 AND list_contains(string_split(text, ' '), 'meets')", [1]),
    ],
)
def test_a_condition_leaves_what_it_says(items: pa.Table, condition: str, expected: list[int]):
    assert places_where(items, condition).tolist() == expected


ATTACKS = [
    "EXISTS (SELECT * FROM read_csv('/etc/passwd'))",
    "(SELECT count(*) FROM read_text('/etc/passwd')) > 0",
    "text IN (SELECT content FROM read_blob('/etc/hostname'))",
    "EXISTS (FROM '/etc/passwd')",
    "EXISTS (SELECT * FROM glob('/*'))",
    "EXISTS (SELECT * FROM duckdb_settings())",
    "EXISTS (SELECT * FROM pragma_version())",
    "EXISTS (SELECT * FROM items)",
    "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r) > 0",
    "(SELECT count(*) FROM range(100000000000)) > 1",
    "getenv('HOME') <> ''",
    "current_setting('memory_limit') <> ''",
    "set_config('threads', '9', false) = ''",
    "current_database() = 'memory'",
    "len(range(100000000000)) > 1",
    "len(repeat('x', 100000000000)) > 1",
    "len(generate_series(1, 100000000000)) > 1",
    "len(lpad('x', 2000000000, 'y')) > 1",
    "replace(replace(text, 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa') = ''",
    "len(list_transform([text], x -> x || x)) > 1",
    "true; DROP TABLE items",
    "true); COPY items TO '/tmp/stolen.csv'; SELECT (true",
    "true) UNION SELECT 1 WHERE (true",
    "true) ORDER BY (place",
    "true) LIMIT (1",
    "true) GROUP BY (place",
    "true) QUALIFY (true",
    "true) USING SAMPLE (1",
    "COPY items TO '/tmp/stolen.csv'",
    "ATTACH '/tmp/stolen.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET threads = 9",
    "main.lower(text) = ''",
    "sleep(10) = 1",
    "random() < 0.5",
    "uuid() = ''",
    "nextval('s') > 0",
    "error('x')",
    "query('SELECT 1') = 1",
    "count(*) > 1",
    "row_number() OVER () = 1",
    "COLUMNS(*) = 'x'",
    "$1 = 1",
    "? = 1",
    "true /*",
    "",
    "   ",
    "-- only a comment",
    "(" * 2_000,
    "(" * 500 + "true" + ")" * 500,
    "[" * 900 + "]" * 900,
    "true OR " * 1_000 + "true",
    "\x00",
    "SELECT",
    "n_words >",
    "no_such_column = 1",
    "text",
    "upper(n_words, 3)",
]


@pytest.mark.parametrize("condition", ATTACKS)
def test_anything_else_is_refused_with_a_sentence(items: pa.Table, condition: str):
    with pytest.raises(ConditionError, match=r"^The condition|^A condition|^The function"):
        places_where(items, condition)
    assert not Path("/tmp/stolen.csv").exists()
    assert not Path("/tmp/stolen.db").exists()


def test_a_nest_of_what_is_allowed_fills_no_memory(items: pa.Table):
    nested = "upper(strip_accents(reverse(" * 15 + "text" + ")))" * 15
    assert places_where(items, f"{nested} = ''").tolist() == []
    joined = " || ".join(["text"] * 200)
    assert places_where(items, f"length({joined}) > 3000").tolist() == [0, 2]


def test_a_condition_that_takes_too_long_is_stopped():
    items = pa.table({"place": range(400_000), "text": ["word " * 20] * 400_000})
    slow = " OR ".join(f"regexp_matches(text, 'w.*x{at}$')" for at in range(40))
    began = time.perf_counter()
    with pytest.raises(ConditionError, match=r"took more than 0\.3 seconds"):
        places_where(items, slow, seconds=0.3)
    assert time.perf_counter() - began < 10


def test_no_function_reads_settings_or_files_or_makes_much_of_little():
    for name in (
        "getenv",
        "current_setting",
        "read_text",
        "repeat",
        "range",
        "replace",
        "levenshtein",
    ):
        assert name not in FUNCTIONS
    assert CONFIG["enable_external_access"] == "false"


def test_conditions_of_several_threads_do_not_meet(items: pa.Table):
    found: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        found[number] = places_where(items, f"place = {number % 4}").tolist()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [number % 4] for number in range(16)}


def test_the_sheet_says_of_each_place_what_the_tables_say(active: Loop):
    tables = Tables(active)
    sheet = tables.sheet(None).to_pandas()
    items = tables.items(np.arange(390))
    for name in ("item_id", "text", "split", "n_words"):
        assert sheet[name].tolist() == items[name].tolist()
    for name in ("label", "strategy", "batch_id", "annotator", "labeled_at"):
        told = [None if value is None or value != value else value for value in sheet[name]]
        assert [value or "" for value in told] == items[name].tolist()
    found = places_where(tables.sheet(None), "split = 'training' AND label = '1'")
    left = tables.places(Filters(splits=("training",), labels=("1",)))
    assert found.tolist() == left.listed.tolist()
