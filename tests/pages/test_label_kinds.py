"""Every page with many labels of equal rank, and with several labels for a text."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.evaluation.report import score_names
from core.sampling.next_batch import BatchRequest, batch_to_label
from core.workspace.labels import save
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import append_records, new_event
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import Task
from tests.conftest import built_once, write_csv
from tests.pages.test_pages import open_page, open_tab

WORDS = {
    "water": ["pump", "well", "thirst", "tap"],
    "food": ["rice", "bread", "hunger", "flour"],
    "shelter": ["tent", "roof", "camp", "blanket"],
    "bug": ["crash", "freeze", "error", "glitch"],
    "wish": ["please", "could", "would", "wanted"],
}
FILLERS = "the team wrote again today about our place near river road market and school".split()


@dataclass(frozen=True)
class Kind:
    """A task with its items: text and answer by id."""

    toml: str
    items: Mapping[str, tuple[str, str]]


def task_toml(names: Mapping[str, str], several: bool) -> str:
    tables = [
        f'[[labels]]\nvalue = "{value}"\nname = "{name}"\nfile = "{value}.csv"\n'
        for value, name in names.items()
    ]
    head = f"title = 'Kinds'\nseveral = {str(several).lower()}\n"
    return (
        head
        + "\n".join(tables)
        + "\n[targets]\nevaluation = 120\ntraining = 80\n[batch]\nsize = 40\n"
    )


def text_of(words: list[str], draw: random.Random) -> str:
    told = [*draw.sample(FILLERS, 5), *words]
    draw.shuffle(told)
    return f"{' '.join(told)} {draw.randrange(10_000)}"


def many() -> Kind:
    """Sixteen labels of equal rank in four groups."""
    draw, items = random.Random(1), {}
    values = [f"{group}{at}" for group in ("water", "food", "shelter", "bug") for at in range(4)]
    for number in range(420):
        value = values[draw.randrange(16)]
        words = [WORDS[value[:-1]][int(value[-1])]]
        items[f"i{number:03}"] = (text_of(words, draw), value)
    names = {value: f"{value[:-1]}/kind {value[-1]}" for value in values}
    return Kind(task_toml(names, several=False), items)


def several() -> Kind:
    """Five labels, of which a text has any number; one has no item."""
    draw, items = random.Random(2), {}
    for number in range(420):
        has = [value for value in [*WORDS][:4] if draw.random() < 0.3]
        words = [draw.choice(WORDS[value]) for value in has]
        items[f"i{number:03}"] = (text_of(words, draw), "|".join(has) or "-")
    return Kind(task_toml({value: value.title() for value in WORDS}, several=True), items)


KINDS = {"many": many, "several": several}


def build(kind: Kind, folder: Path) -> None:
    """The workspace, labeled through to two active-learning batches, with the models' runs."""
    rows = [(item, text) for item, (text, _) in kind.items.items()]
    write_csv(folder / "unlabeled_data" / "pool.csv", rows)
    (folder / "task.toml").write_text(kind.toml, encoding="utf-8")
    workspace = open_workspace(folder)
    for _ in range(100):
        if len(label_a_batch(workspace, kind).logs.runs) == 3:
            return
    raise AssertionError("no third model")


def label_a_batch(workspace: Workspace, kind: Kind) -> Snapshot:
    """Labels all items of the next batch as they are; the snapshot before it was labeled."""
    batch = batch_to_label(read_snapshot(workspace), "ann", BatchRequest())
    snapshot = read_snapshot(workspace)
    append_records(
        workspace.annotations,
        [
            new_event(batch, "ann", "label", p.item_id, label=kind.items[p.item_id][1])
            for p in snapshot.logs.batch(batch)
        ],
    )
    with workspace.locked():
        labeled = read_snapshot(workspace)
        save(workspace, labeled.logs, [batch], labeled.pool_words.pool.texts_of)
    return snapshot


@pytest.fixture(scope="module", params=KINDS)
def folder(request, tmp_path_factory) -> Path:
    return built_once(
        tmp_path_factory, f"kind_{request.param}", lambda f: build(KINDS[request.param](), f)
    )


def task_of(folder: Path) -> Task:
    return open_workspace(folder).task


def test_every_page_opens(folder: Path, monkeypatch):
    for name in (
        "home",
        "annotate",
        "sunlight",
        "review",
        "metrics",
        "strategies",
        "quality",
        "data",
    ):
        page = open_page(name, folder, monkeypatch)
        assert not page.exception, name
        assert not page.error, name


def test_home_names_the_headline(folder: Path, monkeypatch):
    page = open_page("home", folder, monkeypatch)
    assert [metric.label for metric in page.metric][-2:] == ["Macro F", "Macro AUC"]


def test_metrics_of_all_labels_are_means(folder: Path, monkeypatch):
    page = open_page("metrics", folder, monkeypatch)
    names = page.dataframe[0].value["Score"].tolist()
    task = task_of(folder)
    assert names[:2] == ["macro F", "exact match" if task.several else "accuracy"]
    assert ("micro F" in names) == task.several
    assert set(score_names(task).values()) <= set(names)
    for view in ("Labels", "Worst errors"):
        opened = open_tab(page, view, "metrics_view")
        assert not opened.exception, view
        assert not opened.error, view
    labels = open_tab(page, "Labels", "metrics_view").dataframe[1].value
    assert labels["Label"].tolist() == [label.name for label in task.labels]


@pytest.mark.parametrize("view", ["Ranking", "Threshold", "Probabilities", "Worst errors"])
def test_metrics_of_one_label_has_every_view(view: str, folder: Path, monkeypatch):
    page = open_page("metrics", folder, monkeypatch)
    page.selectbox(key="metrics_label").select_index(1).run()
    page = open_tab(page, view, "metrics_view")
    assert not page.exception
    assert not page.error


def test_what_a_model_does_not_know_is_said(tmp_path: Path, monkeypatch):
    build(several(), tmp_path / "w")
    page = open_page("metrics", tmp_path / "w", monkeypatch)
    told = [caption.value for caption in page.caption if "does not know" in caption.value]
    assert told == ["The model does not know these labels yet: Wish. Label more of them."]


def test_review_opens_every_list(folder: Path, monkeypatch):
    page = open_page("review", folder, monkeypatch)
    assert page.tabs
    for tab in page.tabs:
        opened = open_tab(page, tab.label)
        assert not opened.exception, tab.label
        assert not opened.error, tab.label


def test_an_item_is_labeled_from_a_list(folder: Path, tmp_path: Path, monkeypatch):
    kind = several() if task_of(folder).several else many()
    build(kind, tmp_path / "w")
    snapshot = read_snapshot(open_workspace(tmp_path / "w"))
    item = next(
        x for x in kind.items if x not in snapshot.labels.by_id and x not in snapshot.waiting
    )
    page = open_page("sunlight", tmp_path / "w", monkeypatch)
    page.text_input(key=next(x.key for x in page.text_input if "words" in x.key)).set_value(
        f'"{kind.items[item][0]}"'
    ).run()
    assert not page.exception
    if task_of(folder).several:
        page.multiselect(key=f"byhand_{item}_").set_value(["food", "water"]).run()
        page.button(key=f"byhand_{item}__save").click().run()
        given = "water|food"
    else:
        page.selectbox(key=f"byhand_{item}_").set_value("bug1").run()
        page.button(key=f"byhand_{item}__save").click().run()
        given = "bug1"
    assert not page.exception
    after = read_snapshot(open_workspace(tmp_path / "w")).labels.by_id[item]
    assert (after.label, after.strategy) == (given, "sunlight")


def test_labels_that_are_mixed_up_are_listed(tmp_path: Path, monkeypatch):
    """A quarter of the texts about water alone is labeled food."""
    kind, answers = several(), {}
    for number, (item, (text, answer)) in enumerate(kind.items.items()):
        answers[item] = text, "food" if answer == "water" and number % 4 == 0 else answer
    build(Kind(kind.toml, answers), tmp_path / "w")
    page = open_page("metrics", tmp_path / "w", monkeypatch)
    tables = [part.value for part in open_tab(page, "Labels", "metrics_view").dataframe]
    (pairs,) = (table for table in tables if "Predicted instead" in table)
    assert pairs.iloc[0].tolist()[:2] == ["Food", "Water"]
