"""The Data page's tab Import: a table is recognized, looked at, imported, and taken back."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from core.__main__ import app
from core.exchange.exporter import export
from core.exchange.imports import read_records
from core.sampling.next_batch import propose
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import new_event
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import MAX_LABELS
from pages.ui.importing.labels import SEVERAL
from tests.conftest import MakeWorkspace
from tests.exchange.test_importer import (
    COLUMNS,
    POOL,
    ROWS,
    empty_workspace,
    files_of,
    labels_of,
)
from tests.pages.test_pages import open_page, open_tab
from tests.tables import delimited, write_sheet

LEAVE_OUT = "Leave out rows that cannot be read"
MEANING = "What do they mean?"


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace(POOL)


def open_import(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return open_tab(open_page("data", workspace.path, monkeypatch), "Import", "data_tab")


def add(page: AppTest, name: str, content: str | bytes) -> AppTest:
    """The page with this file in place of one that was uploaded before."""
    content = content if isinstance(content, bytes) else content.encode()
    page.file_uploader[0].set_value((name, content, "text/csv")).run()
    assert not page.exception
    return page


def upload(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes
) -> AppTest:
    return add(open_import(workspace, monkeypatch), name, content)


def box(page: AppTest, label: str):
    """The one control of this label."""
    kinds = (page.selectbox, page.multiselect, page.radio, page.checkbox, page.text_input)
    (found,) = [each for kind in kinds for each in kind if each.label == label]
    return found


def say(page: AppTest, label: str, value: object) -> AppTest:
    control = box(page, label)
    if label in ("Encoding", "Separator") and value not in control.options:
        control.options.append(value)  # typed
    control.set_value(value).run()
    assert not page.exception
    return page


def go(page: AppTest) -> AppTest:
    """The page when the import is over."""
    page.button(key="import_go").click().run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [each for each in page.button if each.label == label]
    button.click().run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    """Everything that stands there as it was typed."""
    return "\n".join(each.value for each in page.text)


def columns_shown(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value.columns)


def test_an_upload_is_shown_mapped_and_imported(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "../theirs.csv", delimited([COLUMNS, *ROWS], ";"))
    assert columns_shown(page) == list(COLUMNS)
    named = ("Text", "Id", "Label", "Labeled by", "Labeled at", "Confidence")
    assert [box(page, name).value for name in named] == [["text"], "id", "label", *["(none)"] * 3]
    assert "3 new items in unlabeled_data/theirs.csv, 3 new labels" in told(go(page))
    assert {item[0] for item in labels_of(workspace)} == {"n1", "p1", "n5"}
    assert not list(workspace.path.parent.glob("theirs*"))
    labels = [button.label for button in page.button]
    assert labels == ["Start labeling", "Browse the texts", "Take it back"]


def test_what_was_recognized_is_told_as_the_command_tells_it(
    workspace: Workspace, monkeypatch, tmp_path: Path
):
    table = tmp_path / "t.tsv"
    table.write_text("id\ttext\tlabel\na\tFlood, and more\t1\n")
    page = upload(workspace, monkeypatch, table.name, table.read_bytes())
    command = ["import", str(table), "--data", str(workspace.path)]
    said = CliRunner().invoke(app, command).stdout.splitlines()[0]
    assert page.text[0].value == said.replace("`", "")
    assert "separated by tabs" in page.text[0].value


FIRST = b"id,text,label\n1,\xdcberflutung im Tal,1\n2,B\xfcrgermeisterin \xf6ffnet Caf\xe9,0\n"
OTHERS = {
    "utf8.csv": "id,text,label\n1,Überflutung im Tal,1\n2,Café öffnet,0\n".encode(),
    "plain.csv": b"id,text,label\n10,The river rose above the bridge,1\n11,A new bus line,0\n",
    "semicolon.csv": "id;text;label\n1;Überflutung im Tal;1\n2;Café öffnet;0\n".encode(),
    "other.tsv": b"headline\tnr\nFlood, again, and again\t7\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_file_is_recognized_anew(workspace: Workspace, monkeypatch, name: str):
    content = OTHERS[name]
    alone = upload(workspace, monkeypatch, name, content)
    page = upload(workspace, monkeypatch, "first.csv", FIRST)
    for label, value in (("Encoding", "cp1252"), ("Separator", "|"), ("Quotes", "'")):
        say(page, label, value)
    say(page, "First row", "--no-header")
    assert columns_shown(page) == ["column 1"]
    add(page, name, content)
    assert told(page) == told(alone)
    assert page.dataframe[0].value.equals(alone.dataframe[0].value)
    for label in ("Encoding", "Separator", "Quotes", "First row"):
        assert box(page, label).value == ""
    assert box(page, "Text").value == box(alone, "Text").value


def test_words_of_one_file_are_not_taken_for_another(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "a.csv", "id,text,label\na,one,yes\nb,two,no\n")
    say(page, MEANING, "match")
    say(page, "yes (1)", "1")
    add(page, "b.csv", "id,text,label\na,one,yes\nb,two,no\nc,three,maybe\n")
    assert box(page, MEANING).value == "make"
    say(page, MEANING, "match")
    assert box(page, "yes (1)").value == ""


def zipped(**files: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return buffer.getvalue()


SAID_OTHERWISE = {
    "Encoding": ("t.csv", "id,text\n1,Żółw\n".encode("cp1250"), "cp1252", "in cp1252"),
    "Separator": ("t.csv", b"id,text;more\n1,one;two\n", ";", "separated by semicolons"),
    "Quotes": ("t.csv", b"id,text\n1,\"one\"\n", "none", "quotes are part of the text"),
    "First row": ("t.csv", b"id,text\n1,one\n", "--no-header", "no row names the columns"),
    "File": ("t.zip", zipped(a="id,text\n1,one\n", b="id,text\n2,two\n"), "b.csv", "b.csv of 2"),
    "Read it as an export of Prodigy": (
        "t.jsonl", b'{"text": "one", "label": "a", "answer": "accept", "_input_hash": 1}\n',
        False, "Read as JSON",
    ),
}  # fmt: skip


@pytest.mark.parametrize("label", SAID_OTHERWISE)
def test_what_was_recognized_can_be_said_otherwise(workspace: Workspace, monkeypatch, label: str):
    name, content, value, says = SAID_OTHERWISE[label]
    page = upload(workspace, monkeypatch, name, content)
    assert says not in page.text[0].value
    assert says in say(page, label, value).text[0].value


def test_a_sheet_can_be_chosen(workspace: Workspace, monkeypatch, tmp_path: Path):
    path = tmp_path / "book.xlsx"
    write_sheet(path, [["id", "text"], ["1", "one"]], "Only")
    page = upload(workspace, monkeypatch, path.name, path.read_bytes())
    assert box(page, "Sheet").options == ["As recognized", "Only"]


def test_a_character_that_is_not_offered_can_be_typed(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", "id^text\n1^one\n2^two\n")
    assert columns_shown(say(page, "Separator", "^")) == ["id", "text"]


def test_what_is_no_table_as_it_is_can_be_one_otherwise(workspace: Workspace, monkeypatch):
    content = "id,text\n1,one\n".encode("utf-16-le")
    page = upload(workspace, monkeypatch, "t.csv", "")
    assert "t.csv has no rows" in told(page)
    assert not [button for button in page.button if button.label == "Import"]
    say(add(page, "u.csv", content), "Encoding", "utf-16-le")
    assert columns_shown(page) == ["id", "text"]


DOUBTFUL = "Berlin,Hamburg\nMunich,Bremen\nCologne,Kiel\nBonn,Jena\n"


@pytest.mark.parametrize(("answer", "rows"), [("--header", 3), ("--no-header", 4)])
def test_a_doubt_is_asked_and_waited_for(workspace: Workspace, monkeypatch, answer: str, rows: int):
    page = upload(workspace, monkeypatch, "towns.csv", DOUBTFUL)
    question = box(page, "How is its first row to be read?")
    assert question.value is None
    assert question.options == ["It names the columns", "It is a row like the others"]
    assert all("Berlin" in caption for caption in question.proto.captions)
    assert page.button(key="import_go").disabled
    assert "Answer the question above." in told(page)
    say(page, question.label, answer)
    assert not page.button(key="import_go").disabled
    assert f"{rows} new items" in told(go(page))


def test_an_encoding_in_doubt_is_asked_with_a_line_of_each_reading(
    workspace: Workspace, monkeypatch
):
    page = upload(workspace, monkeypatch, "t.csv", b"id,text\n1,B\xe3\n2,plain\n")
    question = box(page, "How is its encoding to be read?")
    read = {"ă": "cp1250", "ã": "cp1252"}
    assert page.button(key="import_go").disabled
    for letter, encoding in read.items():
        (option,) = [
            option
            for option, caption in zip(question.options, question.proto.captions, strict=True)
            if f"B{letter}" in caption and option == encoding
        ]
        say(page, question.label, f"--encoding {option}")
        assert page.dataframe[0].value["text"][0] == f"B{letter}"
        assert not page.button(key="import_go").disabled


def test_an_answer_counts_for_its_file_alone(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "towns.csv", DOUBTFUL)
    say(page, "How is its first row to be read?", "--header")
    add(page, "again.csv", DOUBTFUL)
    assert page.button(key="import_go").disabled


@pytest.mark.parametrize(("option", "month"), [("--day-first", "02"), ("--month-first", "01")])
def test_dates_that_can_be_read_in_two_ways_are_asked_about(
    workspace: Workspace, monkeypatch, option: str, month: str
):
    rows = "id,text,label,labeled_at\na,one,1,03/03/2026\nb,two,0,01/02/2026\n"
    page = upload(workspace, monkeypatch, "t.csv", rows)
    say(page, "Labeled at", "labeled_at")
    (question,) = [each for each in page.radio if "order of day and month" in each.label]
    assert question.options == ["The day first", "The month first"]
    assert page.button(key="import_go").disabled
    say(page, question.label, option)
    go(page)
    (given,) = [x for x in read_snapshot(workspace).labels.items if x.item_id == "b"]
    assert given.labeled_at[5:7] == month


def test_a_table_without_a_plain_text_waits_for_its_column(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", "id,number\n1,10\n2,20\n")
    assert box(page, "Text").value == []
    assert page.button(key="import_go").disabled
    say(page, "Text", ["number"])
    assert not page.button(key="import_go").disabled


def test_words_for_labels_can_be_said(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", "id,text,label\na,one,yes\nb,two,no\n")
    say(page, MEANING, "match")
    say(page, "yes (1)", "1")
    assert "1 of 2 rows with a label stay unlabeled" in page.warning[0].value
    say(page, "no (1)", "0")
    assert not page.warning
    go(page)
    assert {(item[0], item[2]) for item in labels_of(workspace)} == {("a", "1"), ("b", "0")}


def test_labels_that_stay_out_are_counted_before_and_after(workspace: Workspace, monkeypatch):
    rows = "id,text,label\na,one,yes\nb,two,maybe\nc,three,maybe\n"
    page = upload(workspace, monkeypatch, "t.csv", rows)
    say(page, MEANING, "match")
    say(page, "yes (1)", "1")
    assert "2 of 3 rows with a label stay unlabeled" in page.warning[0].value
    assert "2 rows stay unlabeled: `maybe` (2) are not labels of this task" in told(go(page))
    pool = read_snapshot(workspace).pool_words.pool
    assert pool.table["label"].to_pylist()[-3:] == ["yes", "maybe", "maybe"]


MANY = "text,topic\n" + "".join(
    f"Question {at} about it,topic_{at % 77:02}\n" for at in range(77 * 3)
)


def test_all_words_are_there_with_their_counts_to_be_searched_and_paged(
    workspace: Workspace, monkeypatch
):
    page = upload(workspace, monkeypatch, "t.csv", MANY)
    say(page, "Label", "topic")
    assert any("77 labels on 231 rows of topic" in each.value for each in page.markdown)
    assert box(page, MEANING).value == "make"
    assert box(page, "The label you are looking for").value == ""  # of 77 none has to be
    say(page, MEANING, "match")
    shown = [each.label for each in page.selectbox if each.label.endswith("(3)")]
    assert len(shown) == 20
    say(page, r"topic\_00 (3)", "1")
    (pages,) = page.pagination
    pages.set_value(4).run()
    assert len([x for x in page.selectbox if x.label.endswith("(3)")]) == 17
    say(page, r"topic\_76 (3)", "0")
    say(page, "Find a value", "_76")
    (found,) = [each for each in page.selectbox if each.label.endswith("(3)")]
    assert (found.label, found.value) == (r"topic\_76 (3)", "0")
    say(page, "Find a value", "")
    assert box(page, r"topic\_00 (3)").value == "1"
    assert "225 of 231 rows" in page.warning[0].value
    assert "6 new labels" in told(go(page))


def test_all_words_stand_in_a_table_where_nothing_is_matched(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", MANY)
    say(say(page, "Label", "topic"), MEANING, "leave")
    words = page.dataframe[1].value
    assert len(words) == 77
    assert set(words["Rows"]) == {3}
    assert "231 of 231 rows with a label stay unlabeled" in page.warning[0].value
    assert "231 new items" in told(go(page))
    assert read_snapshot(workspace).pool_words.pool.columns == ["topic"]


def test_columns_of_labels_that_stay_out_stay_in_the_pool(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", delimited([COLUMNS, *ROWS], ","))
    say(say(page, "Labeled by", "annotator"), MEANING, "leave")
    go(page)
    own = read_snapshot(workspace).pool_words.pool.columns
    assert own == ["label", "annotator", "labeled_at", "topic"]


TOPICS = "text,topic\nA goal at last,Sports\nA vote today,Politics\nA late goal,Sports\n"


def test_the_words_can_be_made_the_labels(workspace: Workspace, monkeypatch):
    former = (workspace.path / "task.toml").read_text()
    page = upload(workspace, monkeypatch, "t.csv", TOPICS)
    say(page, "Label", "topic")
    assert box(page, MEANING).value == "make"
    assert box(page, "The label you are looking for").value == "Politics"
    assert (workspace.path / "task.toml").read_text() == former
    say(page, "The label you are looking for", "Sports")
    assert "3 new labels" in told(go(page))
    changed = open_workspace(workspace.path)
    assert [label.value for label in changed.task.labels] == ["Sports", "Politics"]
    assert changed.task.positive.value == "Sports"
    assert len(labels_of(changed)) == 3
    assert (workspace.set_aside / "task.toml").read_text() == former
    add(page, "more.csv", TOPICS.replace("A ", "One "))
    say(page, "Label", "topic")
    assert box(page, MEANING).value == "as they are"


def test_more_labels_than_a_task_can_have_are_told(workspace: Workspace, monkeypatch):
    rows = [f"Question {at} about it,topic_{at % (MAX_LABELS + 1)}" for at in range(500)]
    page = upload(workspace, monkeypatch, "t.csv", "\n".join(["text,topic", *rows]))
    say(page, "Label", "topic")
    assert any(f"a task has 2 to {MAX_LABELS}" in each.value for each in page.caption)
    assert box(page, MEANING).value == "match"


def test_several_labels_for_a_text_are_made_the_labels(workspace: Workspace, monkeypatch):
    rows = ["A flood,water;roads", "A bus line,roads", "A storm,power;water", "A concert,-"]
    page = upload(workspace, monkeypatch, "t.csv", "\n".join(["text,needs", *rows]))
    say(page, "Label", "needs")
    assert not box(page, SEVERAL).value
    say(page, SEVERAL, True)
    assert any("3 labels on 4 rows of needs" in each.value for each in page.markdown)
    go(page)
    task = open_workspace(workspace.path).task
    assert (task.values, task.several, task.positive) == (("water", "roads", "power"), True, None)


@pytest.mark.parametrize(
    ("cells", "several"),
    [
        ("water|roads roads water|roads|power power", True),
        ("water|roads roads|power power|water fire", False),  # four parts of four values
        ("food|rice drink|tea", False),
        ("water roads", False),
    ],
)
def test_labels_joined_by_a_bar_are_several_where_parts_come_again(
    workspace: Workspace, monkeypatch, cells: str, several: bool
):
    rows = [f"Text {at} about it,{cell}" for at, cell in enumerate(cells.split())]
    page = upload(workspace, monkeypatch, "t.csv", "\n".join(["text,needs", *rows]))
    say(page, "Label", "needs")
    assert box(page, SEVERAL).value is several


def test_labels_that_were_used_stay_and_it_is_said(workspace: Workspace, monkeypatch):
    page = upload(workspace, monkeypatch, "t.csv", delimited([COLUMNS, *ROWS], ","))
    add(go(page), "topics.csv", TOPICS)
    say(page, "Label", "topic")
    assert any("The labels of this task stay: 3 items" in each.value for each in page.caption)
    assert "make" not in [*box(page, MEANING).options]
    assert box(page, MEANING).value == "match"


def test_words_that_this_task_cannot_have_are_told(workspace: Workspace, monkeypatch):
    with (workspace.path / "task.toml").open("a") as task:
        task.write('[keys]\nflag = "3"\n')
    page = upload(workspace, monkeypatch, "t.csv", "text,topic\nA one,a\nA two,b\nA three,c\n")
    say(page, "Label", "topic")
    assert "These cannot be labels." in told(page)
    assert page.button(key="import_go").disabled


def test_a_refused_upload_shows_line_and_reason_and_changes_nothing(
    workspace: Workspace, monkeypatch
):
    before = files_of(workspace)
    page = upload(workspace, monkeypatch, "t.csv", "id,text,label\na,one,1\nb,,0\n")
    go(page)
    assert "Nothing was imported." in page.error[0].value
    assert f"line 3 has no text. Nothing was imported; fix them, or tick “{LEAVE_OUT}”" in (
        told(page)
    )
    assert files_of(workspace) == before
    assert box(page, "Text").value == ["text"]
    assert "1 new items" in told(go(say(page, LEAVE_OUT, True)))


def test_a_wrong_reading_is_refused_with_the_control_that_mends_it(
    workspace: Workspace, monkeypatch
):
    rows = "".join(f'{at}\t"text number {at}\n' for at in range(20))
    page = upload(workspace, monkeypatch, "t.tsv", f"id\ttext\n{rows}")
    say(say(page, "Quotes", '"'), LEAVE_OUT, True)
    assert "With “Quotes: none” they can." in told(go(page))
    assert "20 new items" in told(go(say(page, "Quotes", "none")))


def test_an_export_of_ours_needs_no_columns(active: Snapshot, monkeypatch, tmp_path: Path):
    export(active, tmp_path / "out.csv", "csv")
    empty = empty_workspace(tmp_path, active)
    page = upload(empty, monkeypatch, "out.csv", (tmp_path / "out.csv").read_bytes())
    assert "90 new labels" in told(go(page))
    assert labels_of(empty) == labels_of(active.workspace)


def test_what_came_in_is_taken_back_whole(workspace: Workspace, monkeypatch):
    was = labels_of(workspace)
    page = go(upload(workspace, monkeypatch, "t.csv", delimited([COLUMNS, *ROWS], ",")))
    assert "3 texts leave the pool" in told(page)
    press(page, "Take it back")
    assert "3 items left the pool" in page.success[0].value
    assert labels_of(workspace) == was
    assert read_records(workspace) == []
    assert "3 new labels" in told(go(page))


def test_an_import_that_somebody_has_labeled_stays_and_it_is_said(
    workspace: Workspace, monkeypatch
):
    page = go(upload(workspace, monkeypatch, "t.csv", delimited([COLUMNS, *ROWS], ",")))
    batch = propose(read_snapshot(workspace), "bob")
    label = new_event(batch.batch_id, "bob", "label", "n4", label="1")
    Inbox(workspace).receive([label])
    press(page, "Take it back")
    assert "were labeled since, by bob" in page.error[0].value
    assert len(read_records(workspace)) == 1


def test_earlier_imports_are_listed_and_each_can_be_taken_back(workspace: Workspace, monkeypatch):
    page = open_import(workspace, monkeypatch)
    assert not [each for each in page.selectbox if each.label == "Import"]
    for name in ("first", "second"):
        go(add(page, f"{name}.csv", f"id,text\n{name},a text of the {name}\n"))
    page = open_import(workspace, monkeypatch)
    choice = box(page, "Import")
    assert [option.split(" · ")[0] for option in choice.options] == ["second.csv", "first.csv"]
    choice.select_index(1).run()
    press(page, "Take it back")
    assert [record.source for record in read_records(workspace)] == ["second.csv"]


def test_texts_of_several_columns_come_in_whole_without_labels(workspace: Workspace, monkeypatch):
    table = "id,text,more\nm1,Flood in the valley,The river rose\n"
    page = upload(workspace, monkeypatch, "t.csv", table)
    go(say(page, "Text", ["text", "more"]))
    assert read_snapshot(workspace).pool_words.pool.texts_of(["m1"]) == {
        "m1": "Flood in the valley\n\nThe river rose"
    }
