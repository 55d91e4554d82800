"""*Start with your own data* in a real browser: from a file to the first label."""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from core.workspace.layout import SAMPLE, Workspace, open_workspace
from core.workspace.snapshot import read_snapshot
from tests.browser import ITEM, all_saved, logged, settled, shown
from tests.conftest import SMALL_TASK, Show, headlines
from tests.tables import delimited, write_sheet

pytestmark = pytest.mark.browser

COLUMNS = ("Ticket", "Subject", "Body", "Channel", "Category")


def tickets(number: int) -> list[list[str]]:
    """Rows of `COLUMNS`; every third of them has a category."""
    kinds = ("Repair", "Billing", "", "", "", "")
    return [
        [f"T{at}", text, f"Dear team, {text}, please help.", "Mail", kinds[at % 6]]
        for at, (_, text, _) in enumerate(headlines(number))
    ]


@pytest.fixture
def sample(place: Path) -> Workspace:
    """The sample as it is shipped."""
    return open_workspace(Path(shutil.copytree(SAMPLE, place)))


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def drop(page: Page, file: Path) -> Locator:
    """The dialog, once it has read the file."""
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(file)
    expect(dialog.get_by_role("button", name="Next")).to_be_enabled()
    settled(page)
    return dialog


def choose(dialog: Locator, label: str, names: Sequence[str]) -> None:
    field = dialog.get_by_label(label, exact=True)
    for name in names:
        field.fill(name)
        dialog.page.get_by_role("option", name=name).wait_for()
        field.press("Enter")
        field.press("Tab")  # which closes the list
        expect(dialog.get_by_role("button", name=f"Remove {name}")).to_be_visible()
        settled(dialog.page)


def made(place: Path, page: Page, name: str) -> Workspace:
    """The workspace that the page is on now, named after the file."""
    expect(page.get_by_test_id("stMenuButtonButton")).to_contain_text(name)
    return open_workspace(place.with_name(name))


def test_a_spreadsheet_of_several_text_columns_is_labeled_with_a_few_clicks(
    page: Page, sample: Workspace, show: Show, tmp_path: Path
):
    file = tmp_path / f"{sample.name}t.xlsx"
    write_sheet(file, [COLUMNS[:4], *(row[:4] for row in tickets(40))])
    page.goto(show(sample).at())
    page.get_by_role("button", name="Choose a file").click()
    dialog = drop(page, file)
    choose(dialog, "Text", ["Subject"])
    choose(dialog, "Also show with each text", ["Channel"])
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_label("Label 1", exact=True)).to_be_focused()
    page.keyboard.type("Urgent")
    dialog.get_by_label("What label 1 means").fill("Somebody waits.")
    dialog.get_by_label("Label 2", exact=True).fill("Can wait")
    dialog.get_by_label("Your name").fill("ann")
    page.keyboard.press("Enter")
    item = shown(page)
    subject, _, body = page.locator(ITEM).inner_text().partition("\n\n")
    assert body == f"Dear team, {subject}, please help."
    page.keyboard.press("1")
    all_saved(page)
    workspace = made(sample.path, page, file.stem)
    assert logged(workspace, "ann") == [(item, "Urgent")]
    task = workspace.task
    assert task.labels[0].description == "Somebody waits."
    assert (task.positive.name, task.show) == ("Urgent", ("Channel",))
    assert (task.targets["evaluation"], task.targets["training"]) == (8, 20)
    assert item in {row[0] for row in tickets(40)}


def test_labels_of_a_column_come_along(page: Page, sample: Workspace, show: Show, tmp_path: Path):
    file = tmp_path / f"{sample.name}c.csv"
    file.write_text(delimited([COLUMNS, *tickets(60)], ";"))
    page.goto(show(sample).at("", "annotator=ann"))
    page.get_by_role("button", name="Choose a file").click()
    dialog = drop(page, file)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("Billing (10)")).to_be_visible()
    dialog.get_by_role("button", name="Back").click()
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("Import the 20 labels of 60 rows")).to_be_visible()
    dialog.get_by_text("Import the 20 labels of 60 rows").click()
    settled(page)
    dialog.get_by_role("button", name="Start labeling").click()
    item = shown(page)
    page.keyboard.press("1")
    all_saved(page)
    workspace = made(sample.path, page, file.stem)
    assert logged(workspace, "ann") == [(item, "Billing")]
    assert len(read_snapshot(workspace).labels.splits["training"]) == 20


def test_an_empty_workspace_is_filled_from_any_page(
    page: Page, place: Path, show: Show, tmp_path: Path
):
    place.mkdir()
    (place / "task.toml").write_text(SMALL_TASK, encoding="utf-8")
    file = tmp_path / "texts.txt"
    file.write_text("Otsikko\n" + "\n".join(text for _, text, _ in headlines(30)))
    page.goto(show(open_workspace(place)).at("metrics", "annotator=ann"))
    page.get_by_role("button", name="Import a spreadsheet").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(file)
    expect(dialog.get_by_text("Is the first line, “Otsikko”, a heading?")).to_be_visible()
    expect(dialog.get_by_role("button", name="Next")).to_be_disabled()
    dialog.get_by_text("Yes, it is a heading").click()
    expect(dialog.get_by_role("button", name="Next")).to_be_enabled()
    settled(page)
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_text("Keep the labels of this workspace").click()
    settled(page)
    dialog.get_by_role("button", name="Start labeling").click()
    shown(page)
    snapshot = read_snapshot(open_workspace(place))
    assert len(snapshot.pool_words.pool) == 30
    assert (place / "task.toml").read_text(encoding="utf-8") == SMALL_TASK


def test_many_labels_of_a_column_are_defined_in_a_table(
    page: Page, sample: Workspace, show: Show, tmp_path: Path
):
    file = tmp_path / f"{sample.name}m.csv"
    texts = [text for _, text, _ in headlines(231)]
    rows = [[text, f"topic {at % 7}/label {at % 77}", "mail"] for at, text in enumerate(texts)]
    file.write_text(delimited([("text", "label", "channel"), *rows], ","))
    page.goto(show(sample).at("", "annotator=ann"))
    page.get_by_role("button", name="Choose a file").click()
    dialog = drop(page, file)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("77 labels. Type what they mean")).to_be_visible()
    table = dialog.get_by_test_id("stDataFrame").last
    expect(table).to_be_visible()
    assert table.bounding_box()["height"] < 400
    positive = dialog.get_by_role("combobox", name="The label you are looking for")
    expect(positive).to_have_value("None: all labels count alike")
    dialog.get_by_text("Use only their names").click()
    settled(page)
    dialog.get_by_role("button", name="Start labeling").click()
    shown(page)
    task = made(sample.path, page, file.stem).task
    assert len(task.labels) == 77
    assert task.positive is None
    assert len({label.group for label in task.labels}) == 7


def test_many_labels_are_typed_one_a_line(
    page: Page, sample: Workspace, show: Show, tmp_path: Path
):
    file = tmp_path / f"{sample.name}l.txt"
    file.write_text("\n".join(text for _, text, _ in headlines(40)))
    page.goto(show(sample).at("", "annotator=ann"))
    page.get_by_role("button", name="Choose a file").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(file)
    dialog.get_by_text("No, it is a text like the others").click()
    expect(dialog.get_by_role("button", name="Next")).to_be_enabled()
    settled(page)
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_label("Label 1", exact=True).fill("water")
    dialog.get_by_label("What label 1 means").fill("It is short.")
    dialog.get_by_label("What label 1 means").press("Tab")
    settled(page)
    dialog.get_by_role("button", name="Type many, one a line").click()
    lines = dialog.get_by_role("textbox", name="Labels, one a line")
    expect(lines).to_have_value("water: It is short.\n")
    names = [f"needs/{at}" for at in range(20)]
    lines.fill("\n".join(["water: It is short.", *names]))
    lines.press("Tab")
    settled(page)
    dialog.get_by_text("A text can have several labels").click()
    settled(page)
    dialog.get_by_role("button", name="Start labeling").click()
    shown(page)
    task = made(sample.path, page, file.stem).task
    assert task.values == ("water", *names)
    assert task.labels[0].description == "It is short."
    assert (task.several, task.positive) == (True, None)


def test_lists_of_a_column_become_several_labels(
    page: Page, sample: Workspace, show: Show, tmp_path: Path
):
    file = tmp_path / f"{sample.name}s.jsonl"
    lists = (["water", "roads"], ["roads"], [], None, None, None)
    rows = [
        {"text": text, "labels": lists[at % 6]} for at, (_, text, _) in enumerate(headlines(60))
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    page.goto(show(sample).at("", "annotator=ann"))
    page.get_by_role("button", name="Choose a file").click()
    dialog = drop(page, file)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("roads (20)")).to_be_visible()
    expect(dialog.get_by_text("water (10)")).to_be_visible()
    expect(dialog.get_by_role("checkbox", name="A text can have several labels")).to_be_checked()
    dialog.get_by_text("Import the 30 labels of 60 rows").click()
    settled(page)
    dialog.get_by_role("button", name="Start labeling").click()
    shown(page)
    workspace = made(sample.path, page, file.stem)
    given = [item.label for item in read_snapshot(workspace).labels.items]
    assert Counter(given) == {"roads|water": 10, "roads": 10, "-": 10}
