"""Opinions on the way out: a table of each person's words."""

import csv
import io
import json
from pathlib import Path

import pytest

from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import export_files
from core.exchange.provenance import provenance
from core.exchange.tables.opening import open_table
from core.workspace.logs import Proposal, append_records, now
from core.workspace.relabel import Decision, adjudicate, as_they_stand, decide
from core.workspace.snapshot import Snapshot
from core.workspace.task import REPEAT, SECOND_OPINION
from tests.conftest import MakeWorkspace, headlines
from tests.teams import Team

AGREED, DECIDED, CORRECTED, ALONE, DISPUTED, REPEATED = (f"i000{at}" for at in range(6))
LEA = "=lea"  # a spreadsheet would run it


@pytest.fixture
def team(make_workspace: MakeWorkspace) -> Team:
    """Ann labeled all six, Bob five of them again; two of the three disputes are settled."""
    items = headlines(60)
    workspace = make_workspace([item[:2] for item in items])
    team = Team(workspace.path, {item_id: label for item_id, _, label in items})
    ask(team, "b1", "ann", "random", AGREED, DECIDED, CORRECTED, ALONE, DISPUTED, REPEATED)
    ask(team, "b2", "bob", SECOND_OPINION, AGREED, DECIDED, CORRECTED, DISPUTED)
    ask(team, "b3", "ann", REPEAT, REPEATED)
    for item_id in (AGREED, DECIDED, CORRECTED, ALONE, DISPUTED, REPEATED):
        team.say("ann", "b1", item_id, "0", note="odd" if item_id == ALONE else "")
    for item_id in (DECIDED, CORRECTED, DISPUTED):
        team.say("bob", "b2", item_id, "1", assisted=item_id == DISPUTED)
    team.say("bob", "b2", AGREED, "0")
    team.say("ann", "b3", REPEATED, "1")
    adjudicate(team.workspace, team.inbox, DECIDED, "1", LEA, "slip")
    (item,) = as_they_stand(team.snapshot, [CORRECTED])
    decide(team.workspace, team.inbox, [Decision(item, "1")], "max")
    return team


def ask(team: Team, batch_id: str, person: str, strategy: str, *item_ids: str) -> None:
    append_records(
        team.workspace.batches,
        [
            Proposal(batch_id, now(), "training", person, rank, item_id, strategy)
            for rank, item_id in enumerate(item_ids, start=1)
        ],
    )


def files(snapshot: Snapshot, form: str) -> dict[str, bytes]:
    return dict(export_files(snapshot, form))


def without_opinions(snapshot: Snapshot, form: str) -> dict[str, bytes]:
    """The files of this format of a workspace in which nobody was asked again."""
    table = provenance(snapshot, retired=bool(LAYOUTS[form].file))
    return dict(LAYOUTS[form].files(table, snapshot.workspace.task, {}))


def table_of(snapshot: Snapshot) -> list[dict[str, str]]:
    text = files(snapshot, "opinions")["opinions.csv"].decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_word_of_every_person_is_a_row(team: Team):
    rows = table_of(team.snapshot)
    assert [*rows[0]] == [
        "item_id", "text", "annotator", "role", "label", "counts", "split", "labeled_at",
        "seconds", "assisted", "note", "batch_id",
    ]  # fmt: skip
    said = [tuple(row[x] for x in ("item_id", "annotator", "role", "label", "counts"))
            for row in rows]  # fmt: skip
    assert said == [
        (AGREED, "ann", "first", "0", "1"),
        (AGREED, "bob", "second opinion", "0", "0"),
        (DECIDED, "ann", "first", "0", "0"),
        (DECIDED, "bob", "second opinion", "1", "0"),
        (DECIDED, f"'{LEA}", "decision", "1", "1"),
        (CORRECTED, "ann", "first", "0", "0"),
        (CORRECTED, "bob", "second opinion", "1", "0"),
        (CORRECTED, "max", "correction", "1", "1"),
        (ALONE, "ann", "first", "0", "1"),
        (DISPUTED, "ann", "first", "0", "1"),
        (DISPUTED, "bob", "second opinion", "1", "0"),
        (REPEATED, "ann", "first", "0", "1"),
        (REPEATED, "ann", "repeat", "1", "0"),
    ]
    labeled = team.snapshot.labels.by_id
    counting = [row for row in rows if row["counts"] == "1"]
    assert {row["item_id"]: row["label"] for row in counting} == {
        item_id: item.label for item_id, item in labeled.items()
    }
    assert all(row["text"] == labeled[row["item_id"]].text for row in rows)
    notes = {(row["item_id"], row["role"]): row["note"] for row in rows if row["note"]}
    assert notes == {
        (DECIDED, "decision"): "slip",
        (CORRECTED, "correction"): "second look",
        (ALONE, "first"): "odd",
    }
    assisted = [(row["item_id"], row["annotator"]) for row in rows if row["assisted"] == "1"]
    assert assisted == [(DISPUTED, "bob")]
    batches = {"first": "b1", "second opinion": "b2", "repeat": "b3"}
    for row in rows:
        is_asked = row["role"] in batches
        assert row["seconds"] == ("1" if is_asked else "")
        assert row["split"] == "training"
        assert row["labeled_at"]
        if is_asked:
            assert row["batch_id"] == batches[row["role"]]


def test_only_the_splits_that_were_asked_for_have_rows(team: Team):
    ask(team, "b4", "ann", "random", "i0030")
    append_records(
        team.workspace.batches,
        [Proposal("b5", now(), "evaluation", "ann", 1, "i0032", "random")],
    )
    team.say("ann", "b5", "i0032", "0")
    content = dict(export_files(team.snapshot, "opinions", ["evaluation"]))["opinions.csv"]
    assert [row["item_id"] for row in csv.DictReader(io.StringIO(content.decode()))] == ["i0032"]


def test_labels_that_nobody_logged_have_no_opinion(active: Snapshot):
    assert table_of(active) == []


@pytest.mark.parametrize("truths", [[False, False], [True, True], [None, None]])
def test_where_no_annotation_is_marked_those_that_differ_decide_nothing(
    tmp_path: Path, truths: list[bool | None]
):
    annotations = [
        {"result": [{"from_name": "l", "to_name": "text", "value": {"choices": [label]}}],
         "ground_truth": truth}
        for label, truth in zip("01", truths, strict=True)
    ]  # fmt: skip
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([{"data": {"text": "Flood"}, "annotations": annotations}] * 3))
    table = open_table(path)
    assert table.decided == 0
    assert len(table.head(9)) == 6


@pytest.mark.parametrize("form", LAYOUTS)
def test_where_nobody_was_asked_again_all_is_as_it_was(make_workspace: MakeWorkspace, form: str):
    items = headlines(30)
    workspace = make_workspace([item[:2] for item in items])
    team = Team(workspace.path, {item_id: label for item_id, _, label in items})
    team.label_batch("ann")
    found = files(team.snapshot, form)
    plain = without_opinions(team.snapshot, form)
    if form == "opinions":
        assert len(table_of(team.snapshot)) == len(team.snapshot.labels.items)
        return
    assert {name: found[name] for name in plain if name != "README.md"} == {
        name: content for name, content in plain.items() if name != "README.md"
    }
    assert "## Agreement" not in found["README.md"].decode()
