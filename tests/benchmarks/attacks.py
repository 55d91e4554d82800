"""How many attacks are tried upon each part, and how many get through.

    python -m tests.benchmarks.attacks

Every test that is marked as an attack is run; each case is one, and one that fails got through.
"""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks.table import machine, print_table

ROOT = Path(__file__).resolve().parent.parent.parent

PARTS = {
    "test_door": "the door: pages, websockets, cookies, forms",
    "test_registry": "names of workspaces",
    "test_strangers": "params, spaces, reports, caches",
    "test_route": "the events' route",
    "test_login": "pages behind OpenID Connect",
    "test_roles": "what only leads may do",
    "test_restore": "backups",
    "test_asking": "second opinions",
}
"""What the attacks of each file are upon."""


class Count:
    """Counts, as pytest goes on, the cases of each file and those that failed."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.through: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = Path(report.nodeid.split("::")[0]).stem
        if report.when == "call":
            self.tried[name] += 1
        self.through[name] += report.failed


def main() -> int:
    count = Count()
    options = ["-q", "-n", "0", "-m", "attack", "-p", "no:cacheprovider", str(ROOT / "tests")]
    ended = pytest.main(options, plugins=[count])
    rows = [
        (PARTS.get(name, name), f"{tried:,}", str(count.through[name]))
        for name, tried in count.tried.most_common()
    ]
    total = f"{count.tried.total():,}", str(count.through.total())
    print(f"\n{machine()}\n")
    print_table(("upon", "attacks", "got through"), [*rows, ("all", *total)])
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
