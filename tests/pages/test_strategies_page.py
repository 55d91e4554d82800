"""What the Strategies page says in every state of a workspace."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.intervals import Interval
from core.evaluation.prevalence import prevalence_of
from core.evaluation.runs import read_report
from core.evaluation.stopping import estimate
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from pages.ui.components.scores import interval_text
from pages.ui.components.verdict import QUESTION, left_told
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.pages.conftest import one_label
from tests.pages.test_learning_pages import estimated
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
    told = [caption.value for caption in page.caption]
    assert any(x.startswith("Based on ") and "of them Disaster-related. Ran" in x for x in told)


def test_one_label_alone_is_told_as_far_as_it_goes(make_workspace: MakeWorkspace, monkeypatch):
    page = open_page("strategies", one_label(make_workspace), monkeypatch)
    assert not page.exception
    assert page.dataframe[0].value["Disaster-related"][0].startswith("0% (0% to ")
    assert page.dataframe[0].value["Differs from prediction"][0] == "no predictions"


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


def test_twenty_iterations_are_shown(many_iterations: Path, monkeypatch):
    page = open_page("strategies", many_iterations, monkeypatch)
    assert not page.exception
    snapshot = read_snapshot(open_workspace(many_iterations))
    labels = page.dataframe[0].value["Labels"]
    assert labels.sum() == len(snapshot.labels.splits["training"])


def test_home_tells_the_verdict_and_leads_to_its_reasons(many_iterations: Path, monkeypatch):
    monkeypatch.setenv("SUNLIGHT_DATA", str(many_iterations))
    home = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=TIMEOUT).run()
    snapshot = read_snapshot(open_workspace(many_iterations))
    found = estimate(snapshot, [read_report(snapshot, run) for run in snapshot.logs.runs])
    told = found.stable.advice
    assert told.startswith(("Yes, for the model: ", "Not yet: "))
    assert f"**{QUESTION}** {told}" in [said.value for said in home.markdown]
    page = home.button("verdict_why").click().run()
    assert not page.exception
    assert page.title[0].value == "Strategies"
    assert f"**{told}** {found.stable.sentence}" in [said.value for said in page.markdown]


def test_with_few_models_home_has_no_verdict(demo_folder: Path, monkeypatch):
    page = open_page("home", demo_folder, monkeypatch)
    assert not any(QUESTION in said.value for said in page.markdown)


def test_an_estimate_of_few_random_items_is_told_by_its_ends(demo: Path):
    found = prevalence_of(read_snapshot(open_workspace(demo)), "1")
    assert left_told(found, "wet").startswith("About ")
    few = replace(found, n_random=30, n_positive=3)
    told = left_told(few, "wet")
    assert told.startswith("Not sure yet: between ")
    assert f"{found.share.value:.1%}" not in told
    none = replace(found, n_positive=0)
    assert left_told(none, "wet").startswith("Not sure yet: between ")


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
    assert not page.error
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
