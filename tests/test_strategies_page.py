"""What the Strategies page says in every state of a workspace."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.experiment import prepare, run
from core.logs import append_records
from core.loop import read_loop
from core.simulation import make_demo
from core.skew import ALL, WordShare, WordSkew, groups, length_spread, ratio_of, spread
from core.workspace import open_workspace
from pages.ui.strategies.harvest import told
from pages.ui.strategies.skew import spread_sentence, word_sentence, word_table
from tests.conftest import MakeWorkspace, headlines
from tests.test_learning_pages import over
from tests.test_pages import one_label, open_page


def test_the_table_has_each_strategy_with_its_intervals(demo: Path, monkeypatch):
    loop = read_loop(open_workspace(demo))
    page = open_page("strategies", demo, monkeypatch)
    assert not page.exception
    totals = page.dataframe[0].value.set_index("strategy")
    assert totals["labels"].to_dict() == {
        name: len(rows)
        for name, rows in groups(loop.labels.splits["training"]).items()
        if name != ALL
    }
    assert " to " in totals["differs from prediction"]["low confidence"]
    assert totals["median seconds"]["random"] == ""  # the demo's oracle takes none
    assert any("no times yet" in said.value for said in page.caption)


def test_what_is_chosen_is_what_is_compared(demo: Path, monkeypatch):
    page = open_page("strategies", demo, monkeypatch)
    page.segmented_control("skew_group").set_value("outlier").run()
    assert any("compared, outlier has" in said.value for said in page.text)
    page.segmented_control("skew_feature").set_value("published").run()
    assert not page.exception
    assert any("in published" in said.value or "than the pool" in said.value for said in page.text)


def test_one_label_alone_is_told_as_far_as_it_goes(make_workspace: MakeWorkspace, monkeypatch):
    page = open_page("strategies", one_label(make_workspace), monkeypatch)
    assert not page.exception
    assert page.dataframe[0].value["Disaster-related"][0].startswith("0% (0% to ")
    assert any("one iteration so far" in said.value for said in page.caption)


@pytest.mark.parametrize("with_pool", [True, False])
def test_without_labels_the_page_says_what_will_be_here(
    with_pool: bool, make_workspace: MakeWorkspace, monkeypatch
):
    pool = [row[:2] for row in headlines(30)] if with_pool else []
    page = open_page("strategies", make_workspace(pool).path, monkeypatch)
    assert not page.exception
    asked = "begins with the first training labels" if with_pool else "the pool is empty"
    assert any(asked in said.value for said in page.info)
    assert not page.dataframe


def test_a_sentence_names_the_largest_differences(demo: Path):
    found = length_spread(read_loop(open_workspace(demo)))
    assert " than the pool: " in spread_sentence(found)
    same = spread("kind", {"a": 6, "b": 6}, ["a", "b"] * 6, {"random": range(12)})
    assert spread_sentence(same).startswith(
        "Nothing stands out: no strategy's items differ in kind"
    )


def test_words_are_told_with_the_numbers_behind_them():
    flood = WordShare("flood", 31, 60, 4.2, ratio_of(31, 4.2))
    found = WordSkew((flood,), (), 2_000)
    assert word_sentence("outlier", found) == (
        "Of 2,000 words compared, outlier has 1 more frequent than in the pool, above all “flood” "
        "(31, expected 4.2)."
    )
    assert "has none more or less often" in word_sentence("random", WordSkew((), (), 2_000))
    assert word_table([flood])["times"][0] == "7.4 (5.0 to 10.5)"


def test_a_figure_without_an_interval_stands_alone():
    nan = float("nan")
    assert told(type(ratio_of(1, 1))(2.5, nan, nan), ".1f") == "2.5"
    assert told(None, ".0%") == ""


def test_the_experiment_is_run_once_and_told_ever_after(demo: Path, monkeypatch):
    page = open_page("strategies", demo, monkeypatch)
    page.button("experiment").click().run()
    over(page, "experiment")
    assert not page.exception
    said = verdicts(page)
    assert len(said) == 2
    assert all("one of 4 comparisons" in text for text in said)
    again = open_page("strategies", demo, monkeypatch)
    assert verdicts(again) == said
    assert "experiment" not in [button.key for button in again.button]


def test_a_second_session_sees_the_first_one_s_experiment_and_may_stop_it(demo: Path, monkeypatch):
    first = open_page("strategies", demo, monkeypatch)
    first.button("experiment").click().run()
    second = open_page("strategies", demo, monkeypatch)
    assert "experiment" not in [button.key for button in second.button]
    second.button("experiment_stop").click().run()
    over(second, "experiment")
    first.run()
    assert [button.key for button in first.button][0] == "experiment"
    assert not first.error


def test_an_outcome_of_earlier_labels_is_shown_as_such(demo: Path, monkeypatch):
    loop = read_loop(open_workspace(demo))
    run(prepare(loop))
    item = loop.labels.splits["training"][0]
    event = next(e for e in loop.logs.events if e.item_id == item.item_id)
    other = "0" if item.label == "1" else "1"
    append_records(loop.workspace.annotations, [replace(event, event_id="new", label=other)])
    page = open_page("strategies", demo, monkeypatch)
    assert not page.exception
    assert any("have changed since" in said.value for said in page.info)
    assert len(verdicts(page)) == 2
    assert page.button("experiment").label == "Compare anew"


def verdicts(page: AppTest) -> list[str]:
    return [text.value for text in page.text if "random by" in text.value or "apart" in text.value]


def test_a_strategy_that_brought_too_little_is_named(demo: Path, monkeypatch):
    for file in (demo / "training_data").glob("*.csv"):
        file.unlink()
    lines = (demo / "annotations.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (demo / "annotations.csv").write_text("".join(lines[:-30]), encoding="utf-8")
    page = open_page("strategies", demo, monkeypatch)
    assert not page.exception
    assert any("outlier labels, 60 are needed" in text.value for text in page.text)


def test_twenty_iterations_are_shown(many_iterations: Path, monkeypatch):
    page = open_page("strategies", many_iterations, monkeypatch)
    assert not page.exception
    cells = page.dataframe[1].value
    assert cells["iteration"].nunique() > 20
    assert set(cells["thin"]) == {"", "thin"}


@pytest.fixture
def many_iterations(tmp_path: Path) -> Path:
    make_demo(tmp_path / "many", batches=20)
    return tmp_path / "many"
