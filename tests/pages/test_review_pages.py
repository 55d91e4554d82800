"""Review as a person meets it: why items were chosen, and which labels may be wrong."""

import json
import re
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from pathlib import Path
from threading import Event as Signal

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import LoopError
from core.evaluation.label_issues import find_label_issues
from core.evaluation.report import report_path
from core.evaluation.runs import read_report
from core.sampling.next_batch import preview, propose
from core.system.progress import Progress, in_words, silent
from core.workspace.assignment import flags
from core.workspace.events import Inbox
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, Proposal, Run, new_event, read_logs, shown_id
from core.workspace.opinions import settled
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import Label
from core.workspace.task_file import read_task_text, save_task, task_text, task_toml
from pages.ui.cache.keep import Slot
from pages.ui.components.items import percent
from pages.ui.review.picks import batches_of
from tests.browser import said
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.pages.test_pages import open_page, open_tab
from tests.sampling.test_next_batch import THREE_LABELS


def told(page: AppTest) -> str:
    """All items on the page, as HTML."""
    return "".join(html.proto.body for html in page.get("html"))


def read(folder: Path) -> Snapshot:
    return read_snapshot(open_workspace(folder))


def run_of(folder: Path) -> Run:
    """The newest run."""
    return read(folder).logs.runs[-1]


def test_each_pick_tells_why_what_came_of_it_and_what_the_model_of_today_says(
    demo_folder: Path, monkeypatch
):
    page = open_page("review", demo_folder, monkeypatch)
    html, run = unescape(told(page)), shown_id(run_of(demo_folder).run_id)
    html = re.sub("</?bdi>", "", html)
    assert re.search(r"words seen \d+\.\d\d× in training", html)
    assert re.search(r"· predicted [^·<]*, \d\d% \((right|wrong)\) ·", html)
    assert html.count("· now ") == html.count(">labeled ") == 45
    assert any(f"Now: the prediction of {run}, for its" in each.value for each in page.caption)
    unseen = read_report(read(demo_folder), run_of(demo_folder)).out_of_fold
    batch = page.selectbox(key="review_batch").value
    picks = [p for p in read(demo_folder).logs.batch(batch) if p.strategy == "low confidence"]
    sure = [
        confidence
        for item, (_, confidence) in unseen.answers.items()
        if item in {pick.item_id for pick in picks}
    ]
    assert len(sure) == 40
    shown = re.findall(r"· now (?:[^·<]*, )?(>?\d+%)", html)
    assert set(shown) >= {percent(each) for each in sure}


def test_other_strategies_can_stand_side_by_side(demo_folder: Path, monkeypatch):
    page = open_page("review", demo_folder, monkeypatch)
    page.selectbox(key="review_side_0").select("random").run()
    assert [title.value for title in page.header] == [
        "Random: first choice first (5)",
        "Low confidence: least sure first (40)",
    ]


def test_the_coming_batch_is_shown_when_asked_for_and_nothing_is_written(demo: Path, monkeypatch):
    before = read_logs(*open_workspace(demo).logs)
    page = open_page("review", demo, monkeypatch)
    page.selectbox(key="review_batch").select("Next batch").run()
    assert not page.header
    page.button(key="show_coming").click().run()
    assert not page.exception
    assert read_logs(*open_workspace(demo).logs) == before
    outliers = [p for p in preview(read(demo)).proposals if p.strategy == "outlier"]
    assert page.header[0].value == f"Outlier: rarest words first ({len(outliers)})"
    assert told(page).count("predicted ") == 45
    assert "labeled " not in told(page)
    again = open_page("review", demo, monkeypatch)
    again.selectbox(key="review_batch").select("Next batch").run()
    assert len(again.header) == 2  # worked out once for everybody


def test_without_the_runs_file_the_picks_stand_without_todays_opinion(demo: Path, monkeypatch):
    shutil.rmtree(demo / "models")
    page = open_page("review", demo, monkeypatch)
    assert not page.exception
    assert "<bdi>now " not in told(page)
    assert "predicted " in told(page)
    assert len(page.header) == 2


DUPLICATES = "Duplicates with different labels"
PLACES = [
    ("Why these items", ""),
    ("Flagged", ""),
    ("Disagreements", ""),
    ("Labeled earlier", ""),
    ("Second look", "Model disagrees"),
    ("Second look", "Conflicting labels"),
    ("Second look", DUPLICATES),
]


def look_everywhere(folder: Path, monkeypatch) -> list[AppTest]:
    """The page at each tab and list; none of them may fail."""
    pages = []
    for tab, name in PLACES:
        page = open_page("review", folder, monkeypatch)
        if name:
            page.session_state["second_look"] = name
        pages.append(open_tab(page, tab))
        assert not pages[-1].exception, (tab, name)
        assert not pages[-1].error, (tab, name)
    return pages


def test_every_part_says_something_in_every_state(
    workspace_path: Path,
    monkeypatch,
):
    for page in look_everywhere(workspace_path, monkeypatch):
        assert page.info or page.success or page.header or page.button


def test_twenty_iterations_can_be_gone_through(many_iterations: Path, monkeypatch):
    first, *_ = look_everywhere(many_iterations, monkeypatch)
    assert first.selectbox(key="review_batch").options == [
        "Next batch",
        *(f"Batch {number}" for number in range(20, 0, -1)),
        "All batches",
    ]
    first.selectbox(key="review_batch").select("All batches").run()
    counts = Counter(proposal.strategy for proposal in read(many_iterations).logs.proposals)
    assert [int(title.value.split("(")[1].strip(")")) for title in first.header] == [
        counts["outlier"],
        counts["low confidence"],
    ]
    first.selectbox(key="review_batch").select("batch-0001").run()
    assert not first.exception


def test_without_any_file_of_a_model_every_part_stands(demo: Path, monkeypatch):
    shutil.rmtree(demo / "models")
    *_, contradicted_ones, _, _ = look_everywhere(demo, monkeypatch)
    assert "The next model will have them" in contradicted_ones.info[0].value


def test_what_is_worked_out_once_is_waited_for_by_all_who_ask():
    begun, go = Signal(), Signal()
    made = []

    def make(progress: Progress) -> str:
        begun.set()
        progress("half")
        go.wait(300)
        made.append("once")
        return "found"

    slot, told = Slot(make), []
    with ThreadPoolExecutor(4) as sessions:
        asked = [sessions.submit(slot.fill, in_words(told.append)) for _ in range(4)]
        begun.wait(300)
        assert slot.found is None
        go.set()
        assert [each.result(300) for each in asked] == ["found"] * 4
    assert made == ["once"]
    assert told == ["half"]


def test_a_slot_that_could_not_be_filled_is_filled_by_the_next_who_asks():
    answers = iter([LoopError("A pool file changed."), "found"])

    def make(progress: Progress) -> str:
        answer = next(answers)
        if isinstance(answer, LoopError):
            raise answer
        return answer

    slot = Slot(make)
    with pytest.raises(LoopError):
        slot.fill(silent)
    assert slot.fill(silent) == "found"


def test_before_a_model_chooses_review_says_what_will_be_here(
    make_workspace: MakeWorkspace, monkeypatch
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    propose(read_snapshot(workspace), "ann")
    page = open_page("review", workspace.path, monkeypatch)
    assert "Here you will see which items" in page.info[0].value


def test_an_item_opens_in_the_batch_where_its_label_stands_or_is_awaited(
    make_workspace: MakeWorkspace,
):
    pool = headlines(60)
    rows = {("training", "1"): [(*pool[0][:2], "1")]}
    workspace = make_workspace([item[:2] for item in pool], rows)
    batch = propose(read_snapshot(workspace), "ann")
    waiting, labeled = (batch.proposals[at].item_id for at in (0, 1))
    event = Event("e-1", batch.batch_id, labeled, "label", "1", "ann", "2026", 1.0, False, "")
    Inbox(workspace).receive([event])
    batches = batches_of(read_snapshot(workspace))
    assert batches[waiting] == batches[labeled] == batch.batch_id
    assert pool[0][0] not in batches


def open_list(page: AppTest, name: str) -> AppTest:
    """One of the lists of Second look."""
    page.session_state["second_look"] = name
    return open_tab(page, "Second look")


def a_label(snapshot: Snapshot, item_id: str) -> str:
    return next(
        item.label for item in snapshot.labels.splits["training"] if item.item_id == item_id
    )


def test_contradicted_labels_are_decided_and_stay_decided(demo: Path, monkeypatch):
    snapshot = read(demo)
    doubts = find_label_issues(
        snapshot.labels.usable_training, read_report(snapshot, snapshot.logs.runs[-1]).out_of_fold
    )
    first, second = (doubt.item for doubt in doubts[:2])
    page = open_list(open_page("review", demo, monkeypatch), "Model disagrees")
    shown = [button.key for button in page.button if button.key.startswith("decide ")]
    assert shown[0].split()[1] == first.item_id
    named = {label.value: label.name for label in snapshot.workspace.task.labels}
    # Names of several labels have commas between them: none stands between what is told of them.
    assert f"labeled {named[first.label]} · predicted {named[doubts[0].predicted]}, " in told(page)
    page.button(key=f"decide {first.item_id} {doubts[0].predicted}").click().run()
    page.button(key=f"decide {second.item_id} {second.label}").click().run()
    assert not page.exception
    assert not page.error
    assert not any(first.item_id in (b.key or "") for b in page.button)
    snapshot = read(demo)
    assert a_label(snapshot, first.item_id) == doubts[0].predicted
    assert a_label(snapshot, second.item_id) == second.label
    assert settled(snapshot.labels.words) == {first.item_id, second.item_id}
    assert snapshot.logs.events[-2].assisted


def test_a_decision_can_be_taken_back(demo: Path, monkeypatch):
    snapshot = read(demo)
    doubt = find_label_issues(
        snapshot.labels.usable_training, read_report(snapshot, snapshot.logs.runs[-1]).out_of_fold
    )[0]
    page = open_list(open_page("review", demo, monkeypatch), "Model disagrees")
    page.button(key=f"decide {doubt.item.item_id} {doubt.predicted}").click().run()
    page.button(key="take_back").click().run()
    assert a_label(read(demo), doubt.item.item_id) == doubt.item.label
    assert "take_back" not in [button.key for button in page.button]


def test_what_cannot_be_taken_back_now_can_be_later(make_workspace: MakeWorkspace, monkeypatch):
    workspace = make_workspace([item[:2] for item in headlines(30)], task=THREE_LABELS)
    one, two, three = workspace.task.labels
    for label in (one, two):
        write_csv(workspace.path / "training_data" / label.file, [("x", "two minds", label.value)])
    page = open_list(open_page("review", workspace.path, monkeypatch), "Conflicting labels")
    page.button(key=f"decide x {two.value}").click().run()

    def labeled_by_bob(label: Label) -> None:
        batch_id = read_snapshot(workspace).logs.events[-1].batch_id
        event = new_event(batch_id, "bob", "label", "x", label=label.value)
        assert not Inbox(workspace).receive([event]).refused

    labeled_by_bob(three)
    page.button(key="take_back").click().run()
    assert "another label just now" in said(page.error[0].value)
    assert a_label(read_snapshot(workspace), "x") == three.value
    labeled_by_bob(two)
    page.button(key="take_back").click().run()
    assert not page.error
    assert a_label(read_snapshot(workspace), "x") == one.value
    assert "take_back" not in [button.key for button in page.button]


def test_a_run_from_before_says_that_the_next_one_will_bring_it(demo: Path, monkeypatch):
    path = report_path(demo / read(demo).logs.runs[-1].params_file)
    content = json.loads(path.read_text())
    del content["out_of_fold"]
    path.write_text(json.dumps(content))
    page = open_list(open_page("review", demo, monkeypatch), "Model disagrees")
    assert "The next model will have them" in page.info[0].value


@pytest.mark.parametrize("name", ["Model disagrees", "Conflicting labels", DUPLICATES])
def test_every_list_opens_in_every_state(
    name: str,
    workspace_path: Path,
    monkeypatch,
):
    page = open_list(open_page("review", workspace_path, monkeypatch), name)
    assert not page.exception
    assert not page.error


def test_conflicts_and_copies_are_decided_for_all_their_items(
    make_workspace: MakeWorkspace, monkeypatch
):
    pool = headlines(30)
    rows = {
        ("training", "1"): [("a", "flood hits village", "1"), ("x", "two minds", "1")],
        ("training", "0"): [("b", "Flood hits  village", "0"), ("x", "two minds", "0")],
    }
    workspace = make_workspace([item[:2] for item in pool], rows)
    page = open_list(open_page("review", workspace.path, monkeypatch), "Conflicting labels")
    assert told(page).count("two minds") == 2
    page.button(key="decide x 1").click().run()
    assert not page.exception
    snapshot = read_snapshot(workspace)
    assert not snapshot.labels.conflicts
    assert a_label(snapshot, "x") == "1"
    page = open_list(
        open_page("review", workspace.path, monkeypatch), "Duplicates with different labels"
    )
    page.button(key="decide a b 0").click().run()
    assert page.success
    snapshot = read_snapshot(workspace)
    assert a_label(snapshot, "a") == a_label(snapshot, "b") == "0"


def test_no_list_shows_what_the_model_thinks_of_evaluation_items(demo_folder: Path, monkeypatch):
    snapshot = read(demo_folder)
    held_out = {item.text for item in snapshot.labels.splits["evaluation"]}
    pages = look_everywhere(demo_folder, monkeypatch)
    for page, (_, name) in zip(pages, PLACES, strict=True):
        for text, facts in re.findall(
            r'<p class="sl-text".*?>(.*?)</p>.*?sl-facts">(.*?)</(?:p|dl)>', told(page)
        ):
            if unescape(text) in held_out:
                assert not re.search("confidence|predicted|now |%", facts), name


def test_a_flagged_item_is_labeled_and_its_flag_is_gone(demo: Path, monkeypatch):
    chosen = read(demo).logs.proposals[0]
    flag = Event(
        "f-1", chosen.batch_id, chosen.item_id, "flag", "", "bob", "2026", 1.0, False, "?!"
    )
    Inbox(open_workspace(demo)).receive([flag])
    page = open_tab(open_page("review", demo, monkeypatch), "Flagged")
    page.button(key=f"decide {chosen.item_id} 1").click().run()
    assert not page.exception
    snapshot = read(demo)
    assert not flags(snapshot.logs.events)
    assert {
        item.label
        for item in snapshot.labels.splits[chosen.split]
        if item.item_id == chosen.item_id
    } == {"1"}


def test_each_row_of_an_earlier_batch_opens(demo_folder: Path, monkeypatch):
    page = open_tab(open_page("review", demo_folder, monkeypatch), "Labeled earlier")
    batch = page.selectbox(key="review_earlier").value
    labeled = [item for item in read(demo_folder).labels.items if item.batch_id == batch]
    keys = [button.key or "" for button in page.button]
    opening = {key.removeprefix("earlier ") for key in keys if key.startswith("earlier ")}
    assert opening == {item.item_id for item in labeled} > set()


def flag(folder: Path, item: Proposal) -> None:
    one = "f-1", item.batch_id, item.item_id, "flag", "", "bob", "2026", 1.0, False, "?!"
    Inbox(open_workspace(folder)).receive([Event(*one)])


def edited(folder: Path, **words: object) -> None:
    """The task of this folder with other words, saved as Settings does."""
    task = open_workspace(folder).task
    save_task(folder, task_toml(replace(task, **words)), read_task_text(folder))


def label_of(snapshot: Snapshot, item_id: str) -> str:
    return snapshot.labels.by_id[item_id].label


def captions(page: AppTest) -> str:
    return said(" ".join(each.value for each in page.caption))


@pytest.mark.parametrize("several", [False, True])
def test_many_or_several_labels_are_chosen_in_a_field(demo: Path, monkeypatch, several: bool):
    more = [Label(f"m{at}", f"More {at}", f"m{at}.csv", "") for at in range(15)]
    labels = tuple(replace(x, default=False) for x in read(demo).workspace.task.labels)
    edited(demo, labels=(*labels, *more), several=several)
    snapshot = read(demo)
    chosen = next(p for p in snapshot.logs.proposals if label_of(snapshot, p.item_id) == "1")
    flag(demo, chosen)
    page = open_tab(open_page("review", demo, monkeypatch), "Flagged")
    key = f"answer {chosen.item_id}_1"
    if several:
        assert page.multiselect(key=key).value == ["1"]
        page.multiselect(key=key).set_value(["m3", "1"]).run()
    else:
        assert page.selectbox(key=key).value == "1"
        page.selectbox(key=key).set_value("m3").run()
    page.button(key=f"{key}_save").click().run()
    assert not page.exception
    assert not page.error
    assert label_of(read(demo), chosen.item_id) == ("1|m3" if several else "m3")


WORDS = ("keep", "note", "undo", "flag", "unflag", "<b>x</b> **y** :red[z]")
"""Values that name buttons, too, and one that would be markup."""


@pytest.fixture
def words(make_workspace: MakeWorkspace) -> Path:
    """Labels of these values, and two copies under different ones."""
    labels = [Label(word, positive=word == "keep") for word in WORDS]
    text = task_text("t", "", labels, {"evaluation": 0, "validation": 0, "training": 9})
    path = make_workspace([item[:2] for item in headlines(9)], task=text).path
    for label in open_workspace(path).task.labels[4:]:
        row = label.file, "**the same** <b>text</b>", label.value
        write_csv(path / "training_data" / label.file, [row])
    return path


def test_a_value_may_be_the_name_of_a_button(words: Path, monkeypatch):
    page = open_list(open_page("review", words, monkeypatch), "Duplicates with different labels")
    assert not page.exception
    (keep,) = [x for x in page.button if (x.key or "").endswith(" keep")]
    page = keep.click().run()
    assert not page.exception
    assert {item.label for item in read(words).labels.items} == {"keep"}
    (saved,) = [each.value for each in page.caption if each.value.startswith("Saved")]
    assert r"\*\*the same\*\* \<b\>text" in saved
    page = open_page("sunlight", words, monkeypatch)
    (item,) = re.findall('data-item-id="(.*?)"', told(page))[:1]
    page.session_state[f"more_{item}"] = True
    page.run()
    assert not page.exception
    page.button(key=f"byhand_note_{item}").click().run()
    assert not page.exception
    assert read(words).labels.by_id[item].label == "note"
