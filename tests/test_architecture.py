"""The house of the code, read from its imports: packages import one way, from the ground up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    ("errors",),
    ("system",),
    ("pool",),
    ("workspace",),
    ("features",),
    ("models",),
    ("evaluation",),
    ("sampling", "query", "doctor"),
    ("analysis", "exchange"),
    ("cli", "__main__"),
)
"""From the ground up: a package imports those of the lines before its own."""

SYSTEM_ONLY = {"os", "shutil", "tempfile"}
"""What is imported in `core/system` alone."""

SHARED = {
    "components",
    "card",
    "server",
    "cache",
    "importing",
    "session",
    "page_head",
    "escape_markdown",
}
"""What all pages may use of `pages/ui`; every other folder there is one page's own."""


def imports(path: Path) -> Iterator[str]:
    """Dotted names of all that a file imports: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(path: Path) -> str:
    return path.relative_to(ROOT / "core").parts[0].removesuffix(".py")


CORE = sorted((ROOT / "core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))


def test_every_package_of_the_core_has_its_layer():
    named = {name for layer in LAYERS for name in layer}
    assert {package(path) for path in CORE} - {"__init__"} == named


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_packages_import_one_way(number: int):
    below = {name for layer in LAYERS[:number] for name in layer}
    for path in CORE:
        own = package(path)
        if own in LAYERS[number]:
            parts = (name.split(".") for name in imports(path))
            used = {each[1] for each in parts if each[0] == "core" and len(each) > 1}
            assert used - {own} <= below | ({"cli"} if own == "__main__" else set()), path


def test_only_the_system_package_imports_what_writes_files():
    for path in {*CORE, *PAGES} - {*(ROOT / "core" / "system").iterdir()}:
        assert not {name.split(".")[0] for name in imports(path)} & SYSTEM_ONLY, path


def test_the_core_never_imports_streamlit_or_pages():
    for path in CORE:
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"streamlit", "altair", "pages"}, path


def test_strategies_know_neither_files_nor_models():
    for name in ("strategies", "catalog"):
        tops = {each.split(".")[0] for each in imports(ROOT / f"core/sampling/{name}.py")}
        assert not tops & {"pathlib", "torch", "duckdb", "os"}, name


def test_a_page_uses_what_is_shared_and_what_is_its_own():
    for path in PAGES:
        own = path.relative_to(ROOT / "pages").parts[-2:-1] or (path.stem,)
        for name in imports(path):
            if name.startswith("pages."):
                room = name.split(".")
                assert room[2] in SHARED | {path.stem, *own}, f"{path}: {name}"


def test_shared_parts_of_the_pages_use_no_page():
    for room in SHARED:
        folder = ROOT / "pages" / "ui" / room
        for path in [*folder.rglob("*.py")] or [folder.with_suffix(".py")]:
            used = {name.split(".")[2] for name in imports(path) if name.startswith("pages.ui.")}
            assert used <= SHARED, path


def test_pages_hold_no_sql_no_torch_and_write_no_files():
    for path in (ROOT / "pages").glob("*.py"):
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"torch", "duckdb", "csv", "os"}, path.name
        text = path.read_text(encoding="utf-8")
        assert "SELECT" not in text, path.name
        assert ".write_text(" not in text, path.name


def test_only_one_room_caches():
    for path in PAGES:
        if "cache" not in path.as_posix().removeprefix(ROOT.as_posix()):
            assert "cache_data" not in path.read_text(encoding="utf-8"), path.name
            assert "cache_resource" not in path.read_text(encoding="utf-8"), path.name
