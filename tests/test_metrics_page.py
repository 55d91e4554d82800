"""The views of the Metrics page, without a browser: each on full data, and where data is thin."""

from pathlib import Path

import pytest

from tests.conftest import MakeWorkspace, headlines
from tests.test_pages import TIMEOUT, one_label, open_page

VIEWS = ("Ranking", "Threshold", "Probabilities", "Worst misses", "Slices")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(view: str, demo: Path, monkeypatch):
    page = open_page("metrics", demo, monkeypatch)
    page.session_state["metrics_view"] = view
    page.run(timeout=TIMEOUT)
    assert not page.exception
    assert not page.warning
    assert page.dataframe[0].value.columns[-1] == "beside run-0002"


def test_a_threshold_of_one_calls_nothing_positive(demo: Path, monkeypatch):
    page = open_page("metrics", demo, monkeypatch)
    page.session_state["metrics_view"] = "Threshold"
    page.run(timeout=TIMEOUT)
    page.slider(key="metrics_cut").set_value(1.0).run(timeout=TIMEOUT)
    assert not page.exception
    shown = {each.label: each.value for each in page.metric}
    assert shown == {"F-score": "0.00", "Precision": "–", "Recall": "0.00"}


def test_without_a_run_the_page_says_how_one_comes(make_workspace: MakeWorkspace, monkeypatch):
    for path in (
        make_workspace([item[:2] for item in headlines(60)]).path,
        one_label(make_workspace),
    ):
        page = open_page("metrics", path, monkeypatch)
        assert not page.exception
        assert "The first run is trained when" in page.info[0].value
