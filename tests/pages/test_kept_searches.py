"""Kept searches on Explore, and the start for rare labels on Home and in Settings."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.workspace.layout import Workspace, open_workspace
from core.workspace.searches import COLORS, Search, keep_search, read_searches
from tests.conftest import MakeWorkspace, active_workspace, headlines
from tests.pages.test_pages import filter_key
from tests.server import ROOT

RARE_TASK = "[targets]\nevaluation = 60\ntraining = 40\n"


def open_page(
    name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, **address: str
) -> AppTest:
    monkeypatch.setenv("SUNLIGHT_DATA", str(workspace))
    page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=300)
    for key, value in {"annotator": "ann", **address}.items():
        page.query_params[key] = value
    return sound(page.run())


def sound(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def words_of(page: AppTest) -> str:
    return page.text_input(filter_key(page, "words")).value


def captions(page: AppTest) -> str:
    return "\n".join(each.value for each in page.caption)


def test_a_search_is_kept_asked_again_and_removed(make_workspace: MakeWorkspace, monkeypatch):
    workspace = active_workspace(make_workspace)
    page = open_page("sunlight", workspace.path, monkeypatch, words="/flood|quake/")
    next(x for x in page.text_input if x.label == "Name").set_value("wet *ones*")
    next(x for x in page.checkbox if x.label == "Underline on the card").check()
    next(x for x in page.button if x.label == "Keep this search").click()
    sound(page.run())
    (kept,) = read_searches(workspace)
    assert (kept.name, kept.query, kept.label) == ("wet *ones*", "/flood|quake/", "1")
    assert kept.color == COLORS[0]
    told = captions(page)
    assert "(" in told
    assert "random label" in told
    page.text_input(filter_key(page, "words")).set_value("bank").run()
    page.button("search_0").click()
    assert words_of(sound(page.run())) == "/flood|quake/"
    page.button("search_gone_0").click()
    sound(page.run())
    assert read_searches(workspace) == ()


def test_what_the_model_misses_leads_to_those_items(demo: Path, monkeypatch):
    workspace = open_workspace(demo)
    keep_search(workspace, Search("all", "/./", "1"))
    page = open_page("sunlight", demo, monkeypatch)
    button = page.button("search_missed_0")
    number = int(button.label.split()[0].replace(",", ""))
    button.click()
    sound(page.run())
    assert page.query_params["predicted"] == "0"
    assert page.query_params["split"] == "unlabeled"
    assert f"from {number:,} items" in captions(page)


def test_a_search_that_cannot_be_asked_is_told_on_the_page(demo: Path, monkeypatch):
    page = open_page("sunlight", demo, monkeypatch, words="/(/")
    assert "cannot be read" in page.error[0].value
    (demo / "searches.toml").write_text("[[searches]\n")
    page = open_page("sunlight", demo, monkeypatch)
    assert "searches.toml" in page.error[0].value
    (demo / "searches.toml").write_text('[[searches]]\nname = "a"\nquery = "x"\ncolor = "red"\n')
    page = open_page("sunlight", demo, monkeypatch)
    assert "is not a color" in page.error[0].value


def test_a_search_is_underlined_in_the_color_that_fewest_have(demo: Path, monkeypatch):
    workspace = open_workspace(demo)
    for name, color in ("a", COLORS[1]), ("b", ""), ("c", COLORS[0]), ("d", COLORS[2]):
        keep_search(workspace, Search(name, name, "1", color))
    page = open_page("sunlight", demo, monkeypatch, words="flood")
    next(x for x in page.checkbox if x.label == "Underline on the card").check()
    next(x for x in page.button if x.label == "Keep this search").click()
    sound(page.run())
    assert read_searches(workspace)[-1].color == COLORS[3]


def test_where_nothing_can_be_written_searches_are_shown_alone(demo: Path, monkeypatch):
    keep_search(open_workspace(demo), Search("all", "hits", "1"))
    monkeypatch.setattr(Workspace, "refusal", lambda _: "The workspace is read-only.")
    page = open_page("sunlight", demo, monkeypatch, words="flood")
    assert page.button("search_0").label == "all"
    assert not [x for x in page.button if x.key == "search_gone_0" or x.label == "Keep this search"]


def rare_workspace(make_workspace: MakeWorkspace, n_positive: int) -> Workspace:
    """60 test items, so many positive; 20 of 40 training items, none positive."""
    items = [(item, text, "0") for item, text, _ in headlines(300)]
    rows = {"evaluation": items[:60], "training": items[60:80]}
    labels = {(split, "0"): each for split, each in rows.items()}
    labels["evaluation", "0"] = items[n_positive:60]
    labels["evaluation", "1"] = [(*x[:2], "1") for x in items[:n_positive]]
    return make_workspace([x[:2] for x in items[80:]], labels, RARE_TASK)


@pytest.mark.parametrize(("n_positive", "is_offered"), [(1, True), (2, False)])
def test_home_proposes_the_start_where_the_test_set_says_that_a_label_is_rare(
    make_workspace: MakeWorkspace, monkeypatch, n_positive: int, is_offered: bool
):
    workspace = rare_workspace(make_workspace, n_positive)
    page = open_page("home", workspace.path, monkeypatch)
    told = [x.value for x in page.info if "Keep a search" in x.value]
    assert bool(told) == is_offered
    if is_offered:
        assert page.button("rare_start").label == "Search on Explore"
        keep_search(workspace, Search("floods", "hits", "1"))
        assert (
            open_page("home", workspace.path, monkeypatch).button("rare_start").label == "Open Data"
        )
        (workspace.path / "task.toml").write_text(f"{RARE_TASK}[batch]\nrare_start = 0.5\n")
        page = open_page("home", workspace.path, monkeypatch)
        assert not [x for x in page.info if "Keep a search" in x.value]
