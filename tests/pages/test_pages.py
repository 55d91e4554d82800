"""Every page, alone and from the entry, in every state of a workspace, without a browser."""

import json
import math
import os
import re
import shutil
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.runs import load_run
from core.models.explain import explain
from core.query.tables import Filters
from core.sampling.next_batch import propose
from core.workspace.assignment import flags
from core.workspace.events import Inbox
from core.workspace.layout import SAMPLE, open_workspace
from core.workspace.logs import Event, now
from core.workspace.snapshot import read_snapshot
from core.workspace.task import SPLIT_NAMES
from pages.ui.cache.snapshot import open_snapshot, tables
from tests.browser import said
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.encoders import modules_encoder
from tests.pool.test_search import holds

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("home", "annotate", "sunlight", "review", "strategies", "metrics", "quality", "data")
TIMEOUT = 300


def broken(make_workspace: MakeWorkspace) -> Path:
    workspace = make_workspace([item[:2] for item in headlines(60)])
    write_csv(workspace.path / "training_data" / "related.csv", [("1", "x", "maybe"), ("", "y")])
    (workspace.path / "unlabeled_data" / "bad.csv").write_bytes(b'1,\xff\n2\n3,"open\n')
    (workspace.path / "annotations.csv").write_text("no,such,header\n")
    return workspace.path


def open_page(name: str, workspace: Path, monkeypatch, annotator: str = "ann") -> AppTest:
    monkeypatch.setenv("SUNLIGHT_DATA", str(workspace))
    page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=TIMEOUT)
    if annotator:
        page.query_params["annotator"] = annotator
    return page.run()


def open_tab(page: AppTest, tab: str, key: str = "review_tab") -> AppTest:
    """The page with this tab open, of Review where no other key is given."""
    page.session_state[key] = tab
    return page.run()


def card(page: AppTest) -> dict:
    """What the page hands to the annotation card."""
    return json.loads(page.get("bidi_component")[0].proto.json)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_alone(name: str, workspace_path: Path, monkeypatch):
    page = open_page(name, workspace_path, monkeypatch)
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_from_the_entry(name: str, demo: Path, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_DATA", str(demo))
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=TIMEOUT).run()
    app.switch_page(f"{name}.py").run()
    assert not app.exception
    assert not app.error


BREAK = {
    "task.toml: `seed` is 'x'": lambda path: (path / "task.toml").write_text("seed = 'x'"),
    "annotations.csv line 1": lambda path: (path / "annotations.csv").write_text("a,b\n"),
    "z.csv: Is a directory": lambda path: (path / "unlabeled_data" / "z.csv").mkdir(),
    "related.csv: Not a directory": lambda path: (path / "training_data").write_text(""),
}
"""What is told, and how to come to it."""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(name, says, marks=() if at % len(BREAK) == nth else pytest.mark.thorough)
        for at, name in enumerate(PAGES)
        for nth, says in enumerate(BREAK)
    ],
)
def test_what_cannot_be_read_is_told_on_every_page(
    name: str, says: str, make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    BREAK[says](workspace.path)
    page = open_page(name, workspace.path, monkeypatch)
    assert not page.exception
    assert says in said(page.error[0].value)


@pytest.mark.parametrize("name", PAGES)
def test_a_missing_workspace_is_told_on_every_page(name: str, tmp_path: Path, monkeypatch):
    page = open_page(name, tmp_path / "none", monkeypatch)
    assert not page.exception
    assert "There is no workspace folder" in said(page.error[0].value)


@pytest.mark.parametrize("name", [page for page in PAGES if page != "annotate"])
def test_rows_that_do_not_count_are_mentioned(
    name: str, make_workspace: MakeWorkspace, monkeypatch
):
    path = broken(make_workspace)
    (path / "annotations.csv").unlink()
    page = open_page(name, path, monkeypatch)
    assert not page.exception
    assert "5 rows that cannot be read" in page.warning[0].value


def test_home_says_what_to_do_next(workspace_path: Path, monkeypatch):
    page = open_page("home", workspace_path, monkeypatch)
    snapshot = read_snapshot(open_workspace(workspace_path))
    titles = [title.value for title in page.header]
    if len(snapshot.pool_words.pool):
        expected = {
            "evaluation": "Label the test set",
            "training": "Label first training data",
            "active learning": "Label the next batch",
        }
        assert titles[0] == expected[snapshot.stage]
    else:
        assert titles == ["Start with your own data"]
        assert page.button(key="start_own").label == "Choose a file"


def test_home_of_a_fresh_install_offers_own_data_first(tmp_path: Path, monkeypatch):
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "sample"))
    page = open_page("home", folder, monkeypatch)
    assert [button.label for button in page.button] == [
        "Choose a file", "Try it with sample headlines", "Open the demo",
    ]  # fmt: skip
    propose(read_snapshot(open_workspace(folder)), "ann")
    page = open_page("home", folder, monkeypatch)
    labels = [button.label for button in page.button]
    assert labels == ["Label the test set", "Start another task with a file"]


def test_home_counts_what_is_labeled_and_what_of_it_today(demo: Path, monkeypatch):
    page = open_page("home", demo, monkeypatch)
    snapshot = read_snapshot(open_workspace(demo))
    told = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    labeled, items = len(snapshot.labels.ids()), len(snapshot.pool_words.pool)
    assert told["Labeled"] == (f"{labeled:,}", f"of {items:,} items")
    events = [x for x in snapshot.logs.events if x.action == "label"]
    today = {x.item_id for x in events if x.labeled_at[:10] == now()[:10]}
    assert told["Today"] == (f"{len(today):,}", "labels")
    assert told["Test set"][1] == "target reached"


def test_annotate_proposes_a_batch_and_hands_it_to_the_card(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    page = open_page("annotate", workspace.path, monkeypatch)
    batch = read_snapshot(workspace).open_batches["batch-0001"]
    assert len(batch) == 10
    assert [item["item_id"] for item in card(page)["items"]] == [p.item_id for p in batch]
    assert card(page)["annotator"] == "ann"


def test_the_name_is_asked_once_and_before_anything_is_proposed(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    page = open_page("annotate", workspace.path, monkeypatch, annotator="")
    assert [each.key for each in page.get("bidi_component")] == ["focus_annotator_asked"]
    assert not workspace.batches.path.exists()
    page.text_input(key="annotator_asked").input("  Ann ")
    page.button[0].click().run()
    assert card(page)["annotator"] == "Ann"
    assert {p.annotator for p in read_snapshot(workspace).logs.proposals} == {"Ann"}


def test_where_people_log_in_the_login_gives_the_name(make_workspace: MakeWorkspace, monkeypatch):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    monkeypatch.setattr("streamlit.user", {"is_logged_in": False})
    page = open_page("annotate", workspace.path, monkeypatch, annotator="somebody else")
    assert "Log in to label" in page.info[0].value
    assert not page.get("bidi_component")
    monkeypatch.setattr("streamlit.user", {"is_logged_in": True, "email": "ann@example.org"})
    page = open_page("annotate", workspace.path, monkeypatch, annotator="somebody else")
    assert card(page)["annotator"] == "ann@example.org"


def test_the_models_opinion_comes_with_what_it_chose(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    page = open_page("annotate", demo, monkeypatch)
    snapshot = read_snapshot(snapshot.workspace)
    (batch,) = snapshot.open_batches.values()
    proposals = {proposal.item_id: proposal for proposal in batch}
    model = load_run(snapshot, snapshot.logs.runs[-1])
    for item in card(page)["items"]:
        opinion, proposal = item["opinion"], proposals[item["item_id"]]
        assert opinion["predicted"] == proposal.predicted
        assert opinion["confidence"] == proposal.confidence
        (explanation,) = explain(model, [item["text"]], [proposal.predicted])
        words, pushes = zip(*opinion["pieces"], strict=True)
        assert list(words) == [word for word, _ in explanation.pieces]
        assert pushes == pytest.approx([push for _, push in explanation.pieces], abs=1e-5)
        log_odds = math.log(proposal.confidence / (1 - proposal.confidence))
        assert explanation.score == pytest.approx(log_odds, abs=1e-3)


def ask_for_encoder(workspace: Path, name: str) -> None:
    """Names an encoder in the workspace's task."""
    text = (workspace / "task.toml").read_text(encoding="utf-8")
    assert "[model]" not in text
    (workspace / "task.toml").write_text(f'{text}\n[model]\nencoder = "{name}"\n', "utf-8")


def test_what_an_encoder_says_of_the_whole_text_stands_beside_the_reason(demo: Path, monkeypatch):
    modules_encoder(demo / "encoder")
    ask_for_encoder(demo, "encoder")
    page = open_page("annotate", demo, monkeypatch)
    snapshot = read_snapshot(open_workspace(demo))
    model = load_run(snapshot, snapshot.logs.runs[-1])
    for item in card(page)["items"]:
        (explanation,) = explain(model, [item["text"]], [item["opinion"]["predicted"]])
        said = f" The whole text (encoder): {explanation.whole:+.2f} log-odds."
        assert item["opinion"]["why"].endswith(said if explanation.whole else ".")
        assert (said in item["opinion"]["why"]) == bool(explanation.whole)


def test_an_encoder_that_cannot_be_had_is_named_on_the_page(demo: Path, monkeypatch):
    ask_for_encoder(demo, "./nowhere")
    page = open_page("annotate", demo, monkeypatch)
    assert "There is no folder `./nowhere` for the encoder" in said(page.error[0].value)


@pytest.mark.parametrize("split", ["evaluation", "validation"])
def test_held_out_data_is_labeled_without_the_models_opinion(split: str, demo: Path, monkeypatch):
    # A model exists, and then more held-out data is asked for.
    text = (demo / "task.toml").read_text(encoding="utf-8")
    asked = re.sub(rf"(?m)^{split} = \d+", f"{split} = 200", text)
    assert asked != text
    (demo / "task.toml").write_text(asked, encoding="utf-8")
    page = open_page("annotate", demo, monkeypatch)
    assert card(page)["split"] == split
    assert [item["opinion"] for item in card(page)["items"]] == [None] * 50
    told = [*page.caption, *page.markdown, *page.success, *page.info]
    assert not [each.value for each in told if "AUC" in each.value or "run-" in each.value]


def test_an_earlier_batch_opens_with_its_labels(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    labeled = [
        item for item in snapshot.labels.splits["evaluation"] if item.batch_id == "batch-0001"
    ]
    page = AppTest.from_file(str(ROOT / "pages" / "annotate.py"), default_timeout=TIMEOUT)
    monkeypatch.setenv("SUNLIGHT_DATA", str(demo))
    page.query_params["annotator"] = "ann"
    page.session_state["reopened"] = ("batch-0001", labeled[3].item_id)
    page.run()
    assert (card(page)["batch_id"], card(page)["item_id"]) == ("batch-0001", labeled[3].item_id)
    assert card(page)["reopened"]
    shown = {item["item_id"]: item["label"] for item in card(page)["items"]}
    assert shown == {item.item_id: item.label for item in labeled}
    assert not any(item["opinion"] for item in card(page)["items"])


def test_review_lists_what_is_flagged_and_takes_a_flag_back(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    chosen = snapshot.logs.proposals[0]
    flag = Event(
        "f-1", chosen.batch_id, chosen.item_id, "flag", "", "bob", "2026", 1.0, False, "?!"
    )
    Inbox(snapshot.workspace).receive([flag])
    page = open_tab(open_page("review", demo, monkeypatch), "Flagged")
    assert any("flagged by bob: ?!" in html.proto.body for html in page.get("html"))
    page.button(key=f"done {chosen.item_id}").click().run()
    assert not page.exception
    assert not any("flagged by bob" in html.proto.body for html in page.get("html"))
    assert not flags(read_snapshot(snapshot.workspace).logs.events)


def test_review_opens_an_earlier_batch(demo: Path, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_DATA", str(demo))
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=TIMEOUT)
    app.query_params["annotator"] = "ann"
    open_tab(app.run().switch_page("review.py").run(), "Labeled earlier")
    app.selectbox(key="review_earlier").select("batch-0002").run()
    app.button(key="reopen").click().run()
    assert not app.exception
    assert app.session_state["reopened"] == ("batch-0002", "")


def filter_key(page: AppTest, name: str) -> str:
    """The key that the widget of a filter on Explore has now."""
    return f"sunlight_{name}_{page.session_state['sunlight_setting']}"


def test_sunlight_draws_anew_at_every_press(demo_folder: Path, monkeypatch):
    page = open_page("sunlight", demo_folder, monkeypatch)
    seeds = {page.query_params["seed"]}
    for _ in range(3):
        page.button(key="random").click().run()
        seeds.add(page.query_params["seed"])
    assert len(seeds) == 4


def test_sunlights_address_repeats_a_draw(demo_folder: Path, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_DATA", str(demo_folder))
    shown = []
    for _ in range(2):
        page = AppTest.from_file(str(ROOT / "pages" / "sunlight.py"), default_timeout=TIMEOUT)
        page.query_params["seed"] = "42"
        page.run()
        shown.append([html.proto.body for html in page.get("html")])
    assert shown[0] == shown[1]
    assert shown[0]


def test_sunlight_filters_by_split_and_label(demo_folder: Path, monkeypatch):
    page = open_page("sunlight", demo_folder, monkeypatch)
    page.multiselect(key=filter_key(page, "splits")).select("training")
    page.multiselect(key=filter_key(page, "labels")).select("1").run()
    snapshot = read_snapshot(open_workspace(demo_folder))
    positives = sum(item.label == "1" for item in snapshot.labels.splits["training"])
    assert f"from {positives:,} items" in page.caption[1].value


def texts_shown(page: AppTest) -> list[str]:
    """The items' texts on the page, as they stand in it."""
    body = "".join(html.proto.body for html in page.get("html"))
    return [re.sub("<.*?>", "", found) for found in re.findall(r"sl-text.*?>(.*?)</p>", body)]


def texts_that_hold(workspace: Path, query: str) -> list[str]:
    return [
        text
        for text in read_snapshot(open_workspace(workspace)).pool_words.pool.texts.to_pylist()
        if holds(text, query)
    ]


@pytest.mark.parametrize("query", ["police", "Police man", '"in the"', "'no such word'"])
def test_sunlight_draws_from_the_items_that_hold_the_words(
    query: str, demo_folder: Path, monkeypatch
):
    page = open_page("sunlight", demo_folder, monkeypatch)
    page.text_input(key=filter_key(page, "words")).input(query).run()
    assert not page.exception
    expected = texts_that_hold(demo_folder, query)
    assert f"from {len(expected):,} items." in page.caption[1].value
    shown = texts_shown(page)
    assert len(shown) == min(10, len(expected))
    assert {unescape(text) for text in shown} <= {" ".join(text.split()) for text in expected}


def test_sunlight_tells_how_the_items_with_the_words_are_labeled(demo_folder: Path, monkeypatch):
    page = open_page("sunlight", demo_folder, monkeypatch)
    page.text_input(key=filter_key(page, "words")).input("police").run()
    splits = read_snapshot(open_workspace(demo_folder)).labels.splits
    found = {
        split: [x for x in items if holds(x.text, "police")] for split, items in splits.items()
    }
    labels = Counter(item.label for items in found.values() for item in items)
    said = page.caption[1].value
    for split in ("training", "evaluation"):
        assert f"{len(found[split])} {SPLIT_NAMES[split]}" in said
    assert f"Labels: {labels['0']} Not disaster-related" in said
    page.text_input(key=filter_key(page, "words")).input("zzz").run()
    assert "Labels:" not in page.caption[1].value


def test_the_list_stands_in_the_order_of_the_pool(demo_folder: Path, monkeypatch):
    page = open_page("sunlight", demo_folder, monkeypatch)
    page.text_input(key=filter_key(page, "words")).input("to")
    page.segmented_control(key="sunlight_kind").set_value("List").run()
    expected = texts_that_hold(demo_folder, "to")
    assert len(expected) > 100
    assert page.caption[1].value.startswith(f"{len(expected):,} items.")
    assert page.dataframe[0].value["0"].tolist() == expected[:100]
    assert not texts_shown(page)
    page.button(key="random").click().run()
    assert len(texts_shown(page)) == 10
    assert page.segmented_control(key="sunlight_kind").value == "Random"


def test_words_that_are_none_ask_nothing(demo_folder: Path, monkeypatch):
    page = open_page("sunlight", demo_folder, monkeypatch)
    everything = page.caption[1].value
    page.text_input(key=filter_key(page, "words")).input(' "!" ').run()
    assert not page.exception
    assert page.caption[1].value.startswith(everything)


def test_a_pool_that_grows_or_changes_is_seen_at_the_next_interaction(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    file = workspace.path / "unlabeled_data" / "pool.csv"
    page = open_page("sunlight", workspace.path, monkeypatch)
    page.text_input(key=filter_key(page, "words")).input("zebra").run()
    assert "Nothing matches" in page.info[0].value
    with file.open("a", encoding="utf-8") as pool:
        pool.write("new1,a zebra crossing\nnew2,two zebras\n")
    page.run()
    assert texts_shown(page) == ["a zebra crossing"]
    write_csv(file, [("only", "Zebra!"), ("i0000", "zebra-like")])
    page.run()
    assert sorted(texts_shown(page)) == ["Zebra!", "zebra-like"]
    assert "from 2 items" in page.caption[1].value


def test_tables_are_of_the_state_that_the_page_has_read(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    before = open_snapshot(workspace.path)
    with (workspace.path / "unlabeled_data" / "pool.csv").open("a", encoding="utf-8") as pool:
        pool.write("new1,a zebra crossing\n")
    # The file changes while a page runs: what it asks now is still of what it has read.
    assert len(tables(before).rows(Filters())) == 60
    after = open_snapshot(workspace.path)
    assert len(tables(after).rows(Filters())) == 61
    assert len(tables(before).rows(Filters(words="zebra"))) == 0
    assert len(tables(after).rows(Filters(words="zebra"))) == 1


def test_review_shows_outliers_beside_low_confidence(demo_folder: Path, monkeypatch):
    page = open_page("review", demo_folder, monkeypatch)
    titles = [title.value for title in page.header]
    assert titles == ["Outlier: rarest words first (5)", "Low confidence: least sure first (40)"]
    page.selectbox(key="review_batch").select("All batches").run()
    assert page.header[0].value.endswith("(10)")


def test_metrics_lists_every_run(demo_folder: Path, monkeypatch):
    page = open_page("metrics", demo_folder, monkeypatch)
    assert page.dataframe[-1].value["Version"].tolist() == ["Model 3", "Model 2", "Model 1"]


def test_a_missing_params_file_is_told_and_the_rest_is_shown(demo: Path, monkeypatch):
    for name in PAGES:
        shutil.rmtree(demo / "models", ignore_errors=True)
        assert not open_page(name, demo, monkeypatch).exception, name
    shutil.rmtree(demo / "models", ignore_errors=True)
    page = open_page("metrics", demo, monkeypatch)
    assert "missing or damaged" in page.warning[0].value


def test_data_names_every_finding(make_workspace: MakeWorkspace, monkeypatch):
    path = broken(make_workspace)
    (path / "annotations.csv").unlink()
    page = open_tab(open_page("data", path, monkeypatch), "Check", "data_tab")
    page.button(key="examine").click().run()
    assert not page.exception
    assert "5 errors" in page.markdown[0].value
    found = [expander.label for expander in page.expander]
    kinds = {label.rpartition(":")[0]: int(label.rpartition(" ")[2]) for label in found}
    assert kinds["Row that cannot be read, error"] == 3
    assert kinds["Row with an unknown label, error"] == kinds["Row without an id, error"] == 1


def test_a_read_only_workspace_can_be_looked_at_but_not_labeled(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    # For root every file is writable: what the disk answers is changed, not what we make of it.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert not open_page("sunlight", workspace.path, monkeypatch).error
    page = open_page("annotate", workspace.path, monkeypatch)
    assert "read-only" in said(page.error[0].value)


def test_a_pool_without_anything_left_says_so(make_workspace: MakeWorkspace, monkeypatch):
    items = headlines(5)
    labels = {("evaluation", "0"): [(i, t, "0") for i, t, _ in items]}
    workspace = make_workspace([item[:2] for item in items], labels)
    page = open_page("annotate", workspace.path, monkeypatch)
    assert not page.exception
    assert "Nothing is left to label" in said(page.success[0].value)


def test_a_disk_without_room_is_told(make_workspace: MakeWorkspace, monkeypatch):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    (workspace.path / "batches.csv").mkdir()
    page = open_page("annotate", workspace.path, monkeypatch)
    assert not page.exception
    assert "batches.csv: Is a directory" in said(page.error[0].value)


def test_one_click_makes_and_opens_the_demo(
    make_workspace: MakeWorkspace, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr("pages.ui.session.DEMO", tmp_path / "made" / "demo")
    page = open_page("home", make_workspace().path, monkeypatch)
    page.button(key="demo").click().run(timeout=120)
    assert not page.exception
    assert page.header[0].value == "Label the next batch"
    assert "This is a demo" in page.markdown[0].value
    page.button(key="leave_demo").click().run()
    assert page.button(key="start_own").label == "Choose a file"
    snapshot = read_snapshot(open_workspace(tmp_path / "made" / "demo"))
    assert len(snapshot.logs.runs) == 9


def test_the_app_itself_imports_and_names_its_script():
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT).run()
    assert not app.exception
