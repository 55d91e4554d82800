"""Goes once through everything with the packages that are installed, and says what they are.

    python .ci/smoke.py

No test runner is needed: it is for environments of the oldest and the newest versions that the
requirements allow. Ends with an error at the first thing that does not work.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parent.parent
FORMATS = ("csv", "excel", "jsonl", "parquet", "label-studio", "huggingface")
PACKAGES = ("streamlit", "torch", "duckdb", "altair", "numpy", "pandas", "pyarrow", "typer")
PACKAGES += ("wordllama", "tokenizers", "safetensors")


def main() -> None:
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    # A page goes on preparing what the next visitor will ask for, also while the folder goes.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        commands(Path(folder))
        pages(Path(folder) / "demo")
    print("all commands and pages work")


def commands(folder: Path) -> None:
    """The way of data through the command line, into `folder/demo` and out again."""
    demo = folder / "demo"
    run("demo", demo)
    given = "--data", demo
    trained = run("train", *given)
    assert trained["fscore"] is not None, trained
    assert run("next", "--dry-run", *given)["items"]
    assert run("status", *given)["last_run"]["run_id"] == trained["run_id"]
    for form in FORMATS:
        run("export", "--format", form, "--out", folder / f"out-{form}", *given)
    table = (folder / "out-excel").rename(folder / "labels.xlsx")
    brought = run("import", table, "--data", folder / "again")
    assert brought["labels"] == sum(map(sum_of, run("status", *given)["splits"].values()))
    assert run("check", *given)["findings"] == []
    run("backup", *given)
    run("export", "--format", "model", "--out", folder / "model", *given)
    run("predict", "--pool", "--out", folder / "predicted.parquet", *given)


def sum_of(counts: dict[str, int]) -> int:
    return sum(counts.values())


def run(*arguments: object) -> dict:
    """What the command answers; an error if it ends with one."""
    command = [sys.executable, "-m", "core", *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def pages(workspace: Path) -> None:
    """Opens every page, as a script alone."""
    os.environ["SUNLIGHT_DATA"] = str(workspace)
    sys.path.insert(0, str(ROOT))
    for path in sorted((ROOT / "pages").glob("*.py")):
        if path.stem == "main":
            continue
        page = AppTest.from_file(str(path), default_timeout=300)
        page.query_params["annotator"] = "ann"
        page.run()
        if page.exception or page.error:
            raise SystemExit(f"{path.name}: {page.exception or page.error}")


if __name__ == "__main__":
    main()
