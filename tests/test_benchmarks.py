"""Benchmarks that nobody runs for months still begin, and ask the core what it can answer."""

import importlib
from pathlib import Path

import pytest

from tests.benchmarks import pages
from tests.benchmarks.generated import write_labels, write_pool

PROGRAMS = Path(__file__).parent / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("[a-z]*.py")))
def test_a_benchmark_finds_all_that_it_imports(name: str):
    assert importlib.import_module(f"tests.benchmarks.{name}").__doc__


def test_the_pages_questions_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "TURNS", 3)
    write_pool(tmp_path / "unlabeled_data" / "pool.csv", 2_000)
    write_labels(tmp_path)
    rows = pages.table_rows(tmp_path, yardstick=1.0)
    assert {"random draw", "a phrase"} <= {name for name, *_ in rows}
    assert all(figure.endswith(("ms", "s")) for _, figure, *_ in rows)
