"""Takes pictures of the annotation card with 2, 6, 12 and 77 labels, in groups, and with several.

    python -m tests.screenshots.cards --out DIR [--only 77]

Each at 1280 and 390 pixels, light and dark. They are made to be looked at, not kept.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.bank import LABELS, TASK, bank_questions, bank_task, value
from tests.browser import ITEM
from tests.conftest import write_csv
from tests.server import CHROMIUM_FLAGS, Server, find_chromium

GROUPS = ("card", "cash", "transfer", "top up", "account")
SIZES = ((1280, 800), (390, 844))
BEFORE = '["Good morning, how can I help?", "My rent is due today", "What does the app say?"]'


@dataclass(frozen=True)
class Shot:
    """A picture: a task, and the keys that are pressed before it."""

    name: str
    task: str
    keys: Sequence[str] = ()


def labels(names: Sequence[str], more: str = "") -> str:
    """The labels of a task, each described."""
    return "".join(
        f'[[labels]]\nvalue = "{value(name)}"\nname = "{name.capitalize()}"\n'
        f'file = "{value(name).replace("/", "-")}.csv"\n'
        f'description = "All that is about {name}."\nexamples = ["a text on {name}"]\n{more}'
        for name in names
    )


def grouped(names: Sequence[str]) -> list[str]:
    """Names under the groups with which they begin."""
    return [
        f"{group}/{name[len(group):].strip()}"
        for group in GROUPS for name in names if name.startswith(group + " ")
    ]  # fmt: skip


TWO = TASK + labels(["urgent"], "positive = true\n") + labels(["not urgent"])
PLAIN = TASK.replace("frequent_first = true", 'before = "before"\nshow = ["channel"]')
SHOTS = (
    Shot("2", TWO, ["1", "2"]),
    Shot("6", PLAIN + labels(LABELS[::13]), ["1", "2", "3"]),
    Shot("12", PLAIN + labels(LABELS[::6][:12]), ["1", "2", "a"]),
    Shot("12-groups", PLAIN + labels(grouped(LABELS)[::3][:12]), ["1", "2", "3"]),
    Shot("77", bank_task(), ["1", "2", "3"]),
    Shot("77-find", bank_task(), ["1", "2", "t"]),
    Shot("77-definitions", TASK + labels(LABELS), ["1", "2", "d"]),
    Shot("36-groups", TASK + labels(grouped(LABELS)[:36]), ["1", "2", "/"]),
    Shot(
        "several", "several = true\n" + PLAIN + labels(LABELS[::13]), ["1", "3", "Enter", "2", "4"]
    ),
    Shot("several-77", "several = true\n" + bank_task(), ["1", "Enter", "2", "t", "o", "3"]),
    Shot("several-end", "several = true\n" + bank_task(), ["1", "3", *["Enter", "2"] * 21]),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes pictures of the annotation card.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", help="the name of one picture")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True, parents=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        for shot in SHOTS:
            if options.only in (None, shot.name):
                take(browser, shot, options.out)
        browser.close()


def take(browser: Browser, shot: Shot, out: Path) -> None:
    """The card of this task in every size and scheme, each by a visitor of its own."""
    with TemporaryDirectory() as folder:
        workspace = Path(folder) / "bank"
        rows = [(item, text, "mail", BEFORE) for item, text, _ in bank_questions(200)]
        head = ("item_id", "text", "channel", "before")
        write_csv(workspace / "unlabeled_data" / "pool.csv", [head, *rows])
        (workspace / "task.toml").write_text(shot.task, encoding="utf-8")
        server = Server(workspace, Path(folder) / "log")
        try:
            for width, height in SIZES:
                for scheme in ("light", "dark"):
                    path = out / f"card-{shot.name}-{scheme}-{width}.png"
                    context = browser.new_context(
                        viewport={"width": width, "height": height}, color_scheme=scheme
                    )
                    page = context.new_page()
                    page.goto(f"{server.url}/annotate?annotator={scheme}{width}")
                    page.wait_for_selector(f'{ITEM}[data-item-id]:not([data-item-id=""])')
                    for key in shot.keys:
                        page.keyboard.press(key)
                    page.screenshot(path=path)
                    context.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
