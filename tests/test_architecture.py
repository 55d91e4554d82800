"""The house of the code, read from its imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the ground up. A room may use every room of the lines before its own; of its own line,
# only those that stand before it.
FLOORS = (
    ("errors", "findings", "bags", "cache", "disk"),
    ("stamps", "csvfile", "growing", "files", "progress", "errands", "password", "download"),
    ("parallel", "arrays", "columns", "engines", "guard"),
    ("spelling", "fingerprints", "pool_files", "pool_builder", "pool", "occurrences", "word_index"),
    ("task", "task_file"),
    ("workspace", "backup_file", "backups", "book_data"),
    ("logs", "restoring"),
    ("labels", "features"),
    ("counts", "sources", "lexicon", "tally", "meanings", "space", "space_file", "attribution"),
    ("encoder_kinds", "hub", "encoder", "encoder_cache", "encoded"),
    (
        "search",
        "loop",
        "places",
        "pool_columns",
        "filters",
        "condition",
        "sift",
        "tables",
        "takeout",
        "provenance",
        "layouts",
        "encodings",
        "foreign_kinds",
        "foreign",
        "incoming",
        "from_table",
        "from_export",
        "lacking",
        "intake",
    ),
    ("pool_tally", "pool_space"),
    ("calibration", "networks", "model"),
    ("minimize", "logistic", "descent", "stacked"),
    ("strategies", "diversity", "catalog"),
    (
        "training",
        "scoring",
        "evaluation",
        "explanations",
        "statistics",
        "learning",
        "report",
        "doubts",
        "near_copies",
    ),
    ("vectors", "prevalence", "runs", "answers", "slices", "stages", "assignment"),
    (
        "predictions",
        "pool_scoring",
        "opinions",
        "today",
        "mixing",
        "selection",
        "stopping",
        "iteration",
        "outlook",
        "choice",
        "landscape",
        "inbox",
        "byhand",
        "history",
        "neighbours",
        "correction",
    ),
    ("model_files", "data_card", "export"),
    ("leftovers", "pool_findings", "label_findings", "batch_findings", "kinds"),
    ("doctor", "mending"),
    ("background", "simulation", "shelf", "curves", "comparison", "replay"),
    ("harvest", "skew", "contrast", "experiment"),
    ("console", "import_command", "file_commands", "keeping_commands", "__main__"),
)
ROOMS = [room for floor in FLOORS for room in floor]


def imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports: `from a.b import c` gives `a.b` and `a.b.c`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{a.name}" for a in node.names}
    return names


def rooms_used(path: Path) -> set[str]:
    parts = (name.split(".") for name in imports(path))
    return {part[1] for part in parts if part[0] == "core" and len(part) > 1}


def test_every_room_of_the_core_has_its_place():
    files = {path.stem for path in (ROOT / "core").glob("*.py")} - {"__init__"}
    assert files == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_in_the_core_point_one_way(room: str):
    used = rooms_used(ROOT / "core" / f"{room}.py") & set(ROOMS)
    assert used <= set(ROOMS[: ROOMS.index(room)])


def test_the_core_never_imports_streamlit_or_pages():
    for path in (ROOT / "core").glob("*.py"):
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"streamlit", "altair", "pages"}, path.name


def test_strategies_know_neither_files_nor_models():
    used = {"strategies": {"bags"}, "diversity": {"bags", "strategies"}}
    for room, rooms in (used | {"catalog": {"diversity", "strategies"}}).items():
        path = ROOT / "core" / f"{room}.py"
        assert rooms_used(path) & set(ROOMS) == rooms
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"pathlib", "torch", "duckdb", "os"}


def test_pages_import_no_pages():
    for path in (ROOT / "pages").glob("*.py"):
        others = {name for name in imports(path) if name.startswith("pages.")}
        assert all(name.startswith("pages.ui") for name in others), path.name


def test_pages_hold_no_sql_no_torch_and_write_no_files():
    for path in (ROOT / "pages").glob("*.py"):
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"torch", "duckdb", "csv", "os"}, path.name
        text = path.read_text(encoding="utf-8")
        assert "SELECT" not in text, path.name
        assert ".write_text(" not in text, path.name


def test_only_one_file_caches():
    for path in (ROOT / "pages").rglob("*.py"):
        if path.name != "cache.py":
            assert "cache_data" not in path.read_text(encoding="utf-8"), path.name
            assert "cache_resource" not in path.read_text(encoding="utf-8"), path.name
