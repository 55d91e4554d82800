"""Kept searches: their file, its damage, and labels that change."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.doctor import examine
from core.errors import SearchError, SunlightError
from core.workspace.backup import back_up, restore
from core.workspace.layout import Workspace, open_workspace
from core.workspace.searches import (
    Search,
    forget_search,
    keep_search,
    read_searches,
    underlined,
)
from core.workspace.snapshot import read_snapshot
from tests.conftest import SMALL_TASK, MakeWorkspace, headlines
from tests.label_worlds import label_tables

FLOODS = Search("floods", "/flood(s|ed)?/", "1")


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace([item[:2] for item in headlines(30)])


def written(workspace: Workspace, text: str | bytes) -> Workspace:
    content = text if isinstance(text, bytes) else text.encode()
    (workspace.path / "searches.toml").write_bytes(content)
    return workspace


def test_a_workspace_without_the_file_has_no_searches(workspace: Workspace):
    assert read_searches(workspace) == ()
    assert examine(workspace.path) == [
        x for x in examine(workspace.path) if "searches" not in x.file
    ]
    assert not (workspace.path / "searches.toml").exists()


def test_what_is_kept_stands_there_until_it_is_forgotten(workspace: Workspace):
    other = Search("both", '"river bank" flood')
    keep_search(workspace, FLOODS)
    keep_search(workspace, other)
    assert read_searches(workspace) == (FLOODS, other)
    keep_search(workspace, Search("floods", "flood", "1"))
    assert [each.query for each in read_searches(workspace)] == ["flood", other.query]
    forget_search(workspace, "floods")
    forget_search(workspace, "nobody")
    assert read_searches(workspace) == (other,)


def test_what_is_found_has_the_color_of_the_first_search(workspace: Workspace):
    texts = ["a flash flood, floods", "🌊 <b>bank</b>", ""]
    searches = [Search("a", "/flood/", "", "#e69f00"), Search("b", "/h flood|bank/", "", "#56b4e9")]
    found = underlined(searches, texts)
    assert ["".join(piece for piece, _ in pieces) for pieces in found] == texts
    assert [[each for each in pieces if each[1]] for pieces in found] == [
        [("h ", "#56b4e9"), ("flood", "#e69f00"), ("flood", "#e69f00")], [("bank", "#56b4e9")], [],
    ]  # fmt: skip
    assert underlined([], ["a b"]) == [(("a b", ""),)]


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ('"river flood"', "Flood: the River, flood near a river", ["River, flood"]),
        ('"river flood" near', "flood near a river flood", ["near", "river flood"]),
        ("发票", "发票有错误，出发，车票", ["发票"]),
        ("flood-hit", "flood hit by a hit", ["flood hit"]),
    ],
)
def test_a_phrase_has_the_color_where_it_stands_alone(query: str, text: str, found: list[str]):
    (pieces,) = underlined([Search("a", query, "", "#e69f00")], [text])
    assert [piece for piece, color in pieces if color] == found


def test_a_label_that_there_is_none_of_is_told_with_its_search(workspace: Workspace):
    written(workspace, '[[searches]]\nname = "wet"\nquery = "flood"\nlabel = "Typo"\n')
    (found,) = [each for each in examine(workspace.path) if each.file == "searches.toml"]
    assert found.message.startswith("`wet`: no label has the value `Typo`")


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "#e69f00; x"])
def test_a_color_that_is_none_is_told(workspace: Workspace, color: str):
    with pytest.raises(SearchError, match="is not a color"):
        keep_search(workspace, Search("a", "flood", "", color))
    keep_search(workspace, Search("a", "flood", "", "#E69F00"))
    assert read_searches(workspace)[0].color == "#E69F00"


NAMES = st.text(min_size=1, max_size=20).filter(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, NAMES), max_size=3))
def test_any_search_that_can_be_kept_is_read_as_it_was(workspace: Workspace, typed: list):
    written(workspace, "")
    kept = {}
    for name, query in typed:
        try:
            keep_search(workspace, Search(name, query))
        except SearchError:
            continue
        kept[name] = Search(name, query)
    assert list(read_searches(workspace)) == list(kept.values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[searches]\n", r"searches.toml: .*line 1"),
        ('\n[[searches]]\nname = "a"\nquery = 3\n', r"searches.toml line 2: `query` is not text"),
        ('[[searches]]\nname = "a"\nsize = 3\n', r"line 1: a search has `size`, which is not"),
        ('[[searches]]\nname="a"\nquery="a"\n\n[[searches]]\nname="a"\n', r"line 5: `a` is there"),
        ('[[searches]] # mine\nname="a"\nx=1\n[[ searches ]]\nname="b"\n', r"line 1: a search"),
        ('[[searches]]\nname="a"\n[[ searches ]] # b\nname="b"\nx=1\n', r"line 3: a search has"),
        ("searches = 3\n", "no tables"),
        ("more = 3\n", "the top level has `more`"),
        (b"\xff\xfe", "decode"),
    ],
)
def test_damage_is_told_with_its_line_and_the_mend(workspace: Workspace, text: str, told: str):
    written(workspace, text)
    with pytest.raises(SearchError, match=told) as refused:
        read_searches(workspace)
    assert str(refused.value).endswith("Correct it, and reload.")
    (found,) = [each for each in examine(workspace.path) if each.file == "searches.toml"]
    assert re.search(told, found.message)
    with pytest.raises(SearchError):
        keep_search(workspace, FLOODS)
    assert (workspace.path / "searches.toml").read_bytes() == (
        text if isinstance(text, bytes) else text.encode()
    )


def test_a_query_that_cannot_be_asked_is_not_kept_and_named_by_the_doctor(workspace: Workspace):
    for query in ("/(/", "  ", "...", f"/{'a' * 300}/"):
        with pytest.raises(SearchError):
            keep_search(workspace, Search("a", query))
    with pytest.raises(SearchError):
        keep_search(workspace, Search(" ", "flood"))
    written(workspace, '[[searches]]\nname = "odd"\nquery = "/(/"\n')
    (found,) = [each for each in examine(workspace.path) if each.file == "searches.toml"]
    assert found.message.startswith("`odd`: The regular expression cannot be read")
    written(workspace, '[[searches]]\nname = "odd"\nquery = "!!!"\n')
    (found,) = [each for each in examine(workspace.path) if each.file == "searches.toml"]
    assert found.message.startswith("`odd`: A search needs a name, and at least one word")


def test_a_label_that_was_renamed_or_retired_means_what_it_means_today(workspace: Workspace):
    for name, label in (("a", "old"), ("b", "gone"), ("c", "0"), ("d", "nowhere")):
        text = (workspace.path / "searches.toml").read_text() if name != "a" else ""
        written(workspace, f'{text}[[searches]]\nname = "{name}"\nquery = "x"\nlabel = "{label}"\n')
    labels = {"new": 'positive = true\nwas = ["old"]', "0": "", "gone": "retired = true"}
    (workspace.path / "task.toml").write_text(label_tables(labels) + SMALL_TASK.split("7\n", 1)[1])
    changed = open_workspace(workspace.path)
    assert [each.label for each in read_searches(changed)] == ["new", "", "0", ""]
    forget_search(changed, "c")
    stored = (workspace.path / "searches.toml").read_text()
    assert 'label = "gone"' in stored  # which may be offered again


def test_two_who_keep_at_once_lose_nothing(workspace: Workspace):
    with ThreadPoolExecutor(4) as threads:
        names = [f"s{at}" for at in range(12)]
        list(threads.map(lambda name: keep_search(workspace, Search(name, "flood")), names))
    assert {each.name for each in read_searches(workspace)} == set(names)


def test_a_backup_holds_them_and_a_snapshot_is_another_one_with_them(
    workspace: Workspace, tmp_path
):
    before = read_snapshot(workspace).stamps
    keep_search(workspace, FLOODS)
    assert read_snapshot(workspace).stamps != before
    restored = restore(back_up(workspace), tmp_path / "again")
    assert read_searches(restored) == (FLOODS,)


def test_a_read_only_workspace_says_so(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.workspace.searches.write_whole", full)
    with pytest.raises(SunlightError, match=r"searches.toml cannot be written.*No space"):
        keep_search(workspace, FLOODS)
