"""What the Strategies page says in every state of a workspace."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.estimate import estimate_file, kept_estimate, prevalence_of
from core.analysis.strategy_comparison import prepare, run
from core.evaluation.intervals import Interval
from core.system.jobs import Job
from core.workspace.layout import open_workspace
from core.workspace.logs import append_records
from core.workspace.snapshot import read_snapshot
from pages.ui.components.scores import interval_text
from pages.ui.components.verdict import QUESTION, left_told, sample_told
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.pages.conftest import one_label
from tests.pages.test_learning_pages import estimated, over
from tests.pages.test_pages import ROOT, TIMEOUT, open_page


def test_the_table_has_each_strategy_with_its_intervals(demo_folder: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo_folder))
    page = open_page("strategies", demo_folder, monkeypatch)
    assert not page.exception
    totals = page.dataframe[0].value.set_index("Strategy")
    labels = Counter(item.strategy for item in snapshot.labels.splits["training"])
    assert totals["Labels"].to_dict() == labels
    assert " to " in totals["Differs from prediction"]["low confidence"]
    assert totals["Seconds per label"]["random"] == "not timed"  # the demo's oracle takes none
    assert any("No times yet" in said.value for said in page.caption)


def test_one_label_alone_is_told_as_far_as_it_goes(make_workspace: MakeWorkspace, monkeypatch):
    page = open_page("strategies", one_label(make_workspace), monkeypatch)
    assert not page.exception
    assert page.dataframe[0].value["Disaster-related"][0].startswith("0% (0% to ")
    assert page.dataframe[0].value["New words"][0] == "first batch"


@pytest.mark.parametrize("with_pool", [True, False])
def test_without_labels_the_page_says_what_will_be_here(
    with_pool: bool, make_workspace: MakeWorkspace, monkeypatch
):
    pool = [row[:2] for row in headlines(30)] if with_pool else []
    page = open_page("strategies", make_workspace(pool).path, monkeypatch)
    assert not page.exception
    asked = "Label the first training data" if with_pool else "No texts yet"
    assert any(asked in said.value for said in page.info)
    assert not page.dataframe


def test_a_figure_without_an_interval_stands_alone():
    nan = float("nan")
    assert interval_text(Interval(2.5, nan, nan), ".1f") == "2.5"
    assert interval_text(None, ".0%") == ""


def test_the_experiment_is_run_once_and_told_ever_after(demo: Path, monkeypatch):
    page = open_page("strategies", demo, monkeypatch)
    page.button("experiment").click().run()
    over(page, "experiment")
    assert not page.exception
    said = verdicts(page)
    assert len(said) == 4
    assert any("4 comparisons" in part.value for part in page.caption)
    again = open_page("strategies", demo, monkeypatch)
    assert verdicts(again) == said
    assert "experiment" not in [button.key for button in again.button]


def test_a_second_session_sees_the_first_one_s_experiment_and_may_stop_it(demo: Path, monkeypatch):
    monkeypatch.setattr("pages.ui.cache.analysis.Job", Job)
    first = open_page("strategies", demo, monkeypatch)
    first.button("experiment").click().run()
    second = open_page("strategies", demo, monkeypatch)
    assert "experiment" not in [button.key for button in second.button]
    second.button("experiment_stop").click().run()
    over(second, "experiment")
    first.run()
    assert next(button.key for button in first.button) == "experiment"
    assert not first.error


def test_an_outcome_of_earlier_labels_is_shown_as_such(demo: Path, monkeypatch):
    snapshot = read_snapshot(open_workspace(demo))
    run(prepare(snapshot))
    item = snapshot.labels.splits["training"][0]
    event = next(e for e in snapshot.logs.events if e.item_id == item.item_id)
    other = "0" if item.label == "1" else "1"
    append_records(snapshot.workspace.annotations, [replace(event, event_id="new", label=other)])
    page = open_page("strategies", demo, monkeypatch)
    assert not page.exception
    assert any("This comparison is from" in said.value for said in page.info)
    assert len(verdicts(page)) == 4
    assert page.button("experiment").label == "Compare again"


def verdicts(page: AppTest) -> list[str]:
    told = ("random by", "clear difference", "finds a positive item yet")
    return [text.value for text in page.text if any(words in text.value for words in told)]


def test_a_strategy_that_brought_too_little_is_named(demo: Path, monkeypatch):
    for file in (demo / "training_data").glob("*.csv"):
        file.unlink()
    lines = (demo / "annotations.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (demo / "annotations.csv").write_text("".join(lines[:-30]), encoding="utf-8")
    page = open_page("strategies", demo, monkeypatch)
    assert not page.exception
    assert any(
        text.value.startswith("Outlier: ") and "more labels needed" in text.value
        for text in page.text
    )


def test_twenty_iterations_are_shown(many_iterations: Path, monkeypatch):
    page = open_page("strategies", many_iterations, monkeypatch)
    assert not page.exception
    snapshot = read_snapshot(open_workspace(many_iterations))
    labels = page.dataframe[0].value["Labels"]
    assert labels.sum() == len(snapshot.labels.splits["training"])


def test_what_is_left_is_worked_out_beside_the_page_and_once(unestimated: Path, monkeypatch):
    monkeypatch.setattr("pages.ui.cache.analysis.Job", Job)
    demo = unestimated
    page = open_page("strategies", demo, monkeypatch)
    # All else stands there at once.
    assert [part.value for part in page.header][-1] == "How many are left?"
    assert page.dataframe
    assert "are still unlabeled (" in estimated(page)
    snapshot = read_snapshot(open_workspace(demo))
    file = estimate_file(snapshot)
    made = file.stat().st_mtime_ns
    assert "are still unlabeled (" in estimated(open_page("strategies", demo, monkeypatch))
    assert file.stat().st_mtime_ns == made


def test_home_tells_the_verdict_and_leads_to_its_reasons(many_iterations: Path, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_DATA", str(many_iterations))
    home = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=TIMEOUT).run()
    found = kept_estimate(read_snapshot(open_workspace(many_iterations)))
    assert found.advice.endswith((" say stop.", " says stop."))
    assert f"**{QUESTION}** {found.advice}" in [said.value for said in home.markdown]
    page = home.button("verdict_why").click().run()
    assert not page.exception
    assert page.title[0].value == "Strategies"
    assert f"**{found.advice}**" in [said.value for said in page.markdown]


def test_with_few_models_home_has_no_verdict(unestimated: Path, monkeypatch):
    page = open_page("home", unestimated, monkeypatch)
    assert not any(QUESTION in said.value for said in page.markdown)
    assert kept_estimate(read_snapshot(open_workspace(unestimated))) is None


def test_an_estimate_of_few_random_items_is_told_by_its_ends(demo: Path):
    found = prevalence_of(read_snapshot(open_workspace(demo)))
    assert left_told(found, "wet").startswith("About ")
    few = replace(found, n_random=30, n_positive=3)
    told = left_told(few, "wet")
    assert told.startswith("Not sure yet: between ")
    assert f"{found.share.value:.1%}" not in told
    none = replace(found, n_positive=0)
    assert left_told(none, "wet").startswith("Not sure yet: between ")
    assert sample_told(few, "wet").startswith("Based on 30 random items, 3 of them wet.")


THREE = """
title = "Three"
[[labels]]
name = "*Flood*"
value = "flood"
key = "1"
file = "flood.csv"
positive = true
[[labels]]
name = "Fire"
value = "fire"
key = "2"
file = "fire.csv"
[[labels]]
name = "Other"
value = "other"
key = "0"
file = "other.csv"
[targets]
evaluation = 60
validation = 0
training = 60
"""


def test_more_than_two_labels_are_one_positive_against_the_rest(
    make_workspace: MakeWorkspace, monkeypatch
):
    rows = headlines(600)
    workspace = make_workspace([row[:2] for row in rows], task=THREE)
    kinds = ["other" if row[2] == "0" else "flood" if at // 6 % 2 else "fire"
             for at, row in enumerate(rows)]  # fmt: skip
    for split, part in (("evaluation", range(100)), ("training", range(100, 400))):
        for kind in ("flood", "fire", "other"):
            found = [(*rows[at][:2], kind, "random" if at // 6 % 3 else "outlier")
                     for at in part if kinds[at] == kind]  # fmt: skip
            write_csv(workspace.path / f"{split}_data" / f"{kind}.csv", found)
    page = open_page("strategies", workspace.path, monkeypatch)
    assert not page.exception
    totals = page.dataframe[0].value.set_index("Strategy")
    assert {"outlier", "random"} == set(totals.index)
    page.button("experiment").click().run()
    over(page, "experiment")
    assert not page.exception
    assert not page.error
    assert len(verdicts(page)) == 4
    assert "of all texts are *Flood* (" in estimated(page)


def test_a_strategy_that_is_not_ours_is_shown_under_its_name(
    make_workspace: MakeWorkspace, monkeypatch
):
    rows, name = headlines(300), "*my own* $way$"
    labels = {
        (split, value): [(*row, name if at // 6 % 2 else "random")
                         for at, row in enumerate(part) if row[2] == value]
        for split, part in (("evaluation", rows[:60]), ("training", rows[60:260]))
        for value in "10"
    }  # fmt: skip
    page = open_page("strategies", make_workspace([r[:2] for r in rows], labels).path, monkeypatch)
    assert not page.exception
    assert name in set(page.dataframe[0].value["Strategy"])
    assert any(f"labels each: random, {name}" in said.value for said in page.text)


def test_one_strategy_alone_waits_for_another(make_workspace: MakeWorkspace, monkeypatch):
    rows = headlines(300)
    labels = {
        (split, value): [(*row, "random") for row in part if row[2] == value]
        for split, part in (("evaluation", rows[:60]), ("training", rows[60:260]))
        for value in "10"
    }
    page = open_page("strategies", make_workspace([r[:2] for r in rows], labels).path, monkeypatch)
    assert not page.exception
    assert any("nothing to compare" in said.value for said in page.info)
