"""The Data page's tab Predict: from Home to predictions of the pool and of an uploaded file."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.exchange import tagging
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from pages.ui.cache import analysis
from pages.ui.data import predict
from tests.browser import eventually
from tests.conftest import MakeWorkspace
from tests.exchange.test_importer import POOL
from tests.pages.test_pages import open_page, open_tab

PATIENCE = 600


def open_predict(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return open_tab(open_page("data", workspace, monkeypatch), "Predict", "data_tab")


def ended(page: AppTest, workspace: Path) -> AppTest:
    """The page when the job that it has begun is over."""
    ((job, _),) = analysis.taggings(workspace)
    eventually(lambda: not job.is_running, PATIENCE)
    assert job.told.error == ""
    page.run()
    assert not page.exception
    return page


def test_home_offers_it_once_there_is_a_model(
    demo: Path, make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    empty = make_workspace(POOL).path
    assert "tag" not in [x.key for x in open_page("home", empty, monkeypatch).button]
    page = open_page("home", demo, monkeypatch)
    assert page.button(key="tag").label == "Tag everything"
    page.button(key="tag").click()


def test_without_a_model_it_says_what_to_do(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch
):
    page = open_predict(make_workspace(POOL).path, monkeypatch)
    assert "No model yet" in page.info[0].value
    assert not [x for x in page.button if x.key == "predict_go"]


def test_the_pool_is_predicted_beside_the_page_and_stays(
    demo: Path, monkeypatch: pytest.MonkeyPatch
):
    page = open_predict(demo, monkeypatch)
    assert not page.exception
    page.button(key="predict_go").click().run()
    assert not page.exception
    ended(page, demo)
    (tagged,) = tagging.kept(demo)
    # Another session, as after a reload, sees the same.
    for each in (page, open_predict(demo, monkeypatch)):
        (table,) = [x.value for x in each.dataframe if "by the model" in x.value]
        by_model = {label.predicted for label in tagged.labels}
        assert {*table["by the model"]} == by_model
        assert table["right"].str.match(r"about [\d,]+ of [\d,]+ are right \(.+ to .+\)").all()
        assert table["by people"].sum() == len(read_snapshot(open_workspace(demo)).labels.items)
        names = {x.key for x in each.get("download_button")}
        assert {"predict_csv", "predict_jsonl", "predict_parquet", "predict_xlsx"} <= names
    before = [x.value for x in page.get("html")]
    page.button(key="predict_again").click().run()
    assert [x.value for x in page.get("html")] != before


def test_a_file_is_predicted_and_its_markup_is_harmless(
    demo: Path, monkeypatch: pytest.MonkeyPatch
):
    page = open_predict(demo, monkeypatch)
    page.segmented_control(key="predict_what").set_value(predict.FILE).run()
    rows = "nr,message\n" + "".join(f"{at},<script>x</script> a flood {at}\n" for at in range(9))
    page.file_uploader[0].set_value(("n.csv", rows.encode(), "text/csv")).run()
    assert not page.exception
    assert [x.label for x in page.multiselect] == ["Text"]
    page.button(key="predict_go").click().run()
    ended(page, demo)
    (tagged,) = tagging.kept(demo)
    assert (tagged.source, tagged.n_items) == ("n.csv", 9)
    shown = " ".join(str(x.value) for x in page.get("html"))
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;x&lt;/script&gt; a flood") == 9
    assert any("mean confidence" in x.value for x in page.text)


def test_a_file_that_is_refused_says_so(demo: Path, monkeypatch: pytest.MonkeyPatch):
    page = open_predict(demo, monkeypatch)
    page.segmented_control(key="predict_what").set_value(predict.FILE).run()
    rows = "nr,message\n" + "1,a flood\n" * 400 + "2,a,flood\n"
    page.file_uploader[0].set_value(("bad.csv", rows.encode(), "text/csv")).run()
    page.button(key="predict_go").click().run()
    ((job, _),) = analysis.taggings(demo)
    eventually(lambda: not job.is_running, PATIENCE)
    page.run()
    assert not page.exception
    assert "line 402 has 3 cells" in page.error[0].value
    page.file_uploader[0].set_value(("good.csv", b"nr,message\n1,a flood\n", "text/csv")).run()
    assert not page.error  # which another file met
    assert tagging.kept(demo) == []


def test_formats_that_cannot_hold_all_rows_are_not_offered():
    one = tagging.Tagged("a", "", "run-0001", "", 10**7, ("text",), "label", "confidence", "by", ())
    assert [*predict.formats(one)] == ["CSV", "JSON lines", "Parquet"]
    assert "Excel" in predict.formats(replace(one, n_items=2, longest=32_767))
    assert "Excel" not in predict.formats(replace(one, n_items=2, longest=32_768))
