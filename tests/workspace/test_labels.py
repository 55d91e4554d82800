from dataclasses import replace

import pytest

from core.errors import LogError
from core.pool.text import text_key
from core.workspace.events import Inbox
from core.workspace.labels import labels_hash, read_label_rows, resolve, save
from core.workspace.layout import Workspace
from core.workspace.logs import Event, Proposal, append_records, read_logs
from core.workspace.snapshot import open_snapshot, read_snapshot
from tests.conftest import MakeWorkspace, write_csv

POOL = [(f"p{n}", f"text number {n}") for n in range(6)]


def propose(workspace: Workspace, *items: str, split: str = "training", batch: str = "b1") -> None:
    append_records(
        workspace.batches,
        [
            Proposal(
                batch, "2026-01-01T00:00:00.000Z", split, "ann", rank, item, "random", 0.5,
                "0", 0.75, "run-0001", 7,
            )
            for rank, item in enumerate(items, start=1)
        ],
    )  # fmt: skip


def log(workspace: Workspace, *steps: tuple[str, str, str], batch: str = "b1") -> None:
    """Appends (item, action, label) events."""
    done = len(read_logs(*workspace.logs).events)
    append_records(
        workspace.annotations,
        [
            Event(f"e{at}", batch, item, action, label, "ann", "2026-01-01", 1.0, False, "")
            for at, (item, action, label) in enumerate(steps, start=done)
        ],
    )


def labels_of(workspace: Workspace, split: str = "training") -> dict[str, str]:
    snapshot = read_snapshot(workspace, write_cache=False)
    return {item.item_id: item.label for item in snapshot.labels.splits[split]}


def test_rows_of_two_to_five_fields_mix_in_one_file(make_workspace: MakeWorkspace):
    rows = [
        ("1", "two"),
        ("2", "three", "1"),
        ("3", "four", "1", "random"),
        ("4", "five", "1", "low confidence", "0.6"),
        ("5", "empty label", "", "", ""),
    ]
    workspace = make_workspace(labels={("training", "1"): rows})
    found = read_label_rows(workspace, [])
    assert [row.label for row in found] == ["1"] * 5
    assert found[3].strategy == "low confidence"
    assert found[3].confidence == 0.6


@pytest.mark.parametrize(
    ("row", "kind", "says"),
    [
        (b"1,text,yes", "unknown label", "label `yes` is not one of `1`, `0`"),
        (b"1,text,0", "misplaced label", "in the file of label `1`"),
        (b" ,text,1", "empty id", "the item_id is empty"),
        (b"1,t,1,random,0.5,extra", "malformed row", "6 fields instead of 2 to 5"),
        (b"1", "malformed row", "1 fields instead"),
        (b"1,t,1,random,high", "malformed row", "`high` is not a number"),
        (b"1,\xff,1", "malformed row", "not valid UTF-8"),
        (b'1,"torn quote,1', "malformed row", "quote that is not closed"),
    ],
)
def test_a_row_that_cannot_count_is_named(make_workspace, row: bytes, kind: str, says: str):
    workspace = make_workspace()
    file = write_csv(workspace.path / "training_data" / "related.csv", [("a", "good", "1")])
    file.write_bytes(file.read_bytes() + row + b"\nz,good too,1\n")
    findings = []
    assert [found.item_id for found in read_label_rows(workspace, findings)] == ["a", "z"]
    assert [(finding.kind.title, finding.line) for finding in findings] == [(kind, 2)]
    assert says in findings[0].message
    assert "training_data/related.csv line 2" in findings[0].message


def test_an_embedded_line_end_belongs_to_the_text(make_workspace: MakeWorkspace):
    workspace = make_workspace(labels={("training", "1"): [("1", "two\nlines", "1")]})
    assert read_label_rows(workspace, [])[0].text == "two\nlines"


def test_a_torn_last_row_does_not_count_and_moves_away_at_opening(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    file = write_csv(workspace.path / "training_data" / "related.csv", [("a", "good", "1")])
    file.write_bytes(file.read_bytes() + b"b,half a te")
    assert labels_of(workspace) == {"a": "1"}
    open_snapshot(workspace.path)
    assert file.read_bytes() == b"a,good,1\n"
    assert [kept.read_bytes() for kept in workspace.torn.iterdir()] == [b"b,half a te"]


def test_a_whole_last_row_without_a_line_end_counts(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    file = workspace.path / "training_data" / "related.csv"
    file.parent.mkdir()
    file.write_bytes(b"a,good,1\nb,good,1")
    open_snapshot(workspace.path)
    assert labels_of(workspace) == {"a": "1", "b": "1"}


def test_one_item_under_two_labels_is_a_conflict(make_workspace: MakeWorkspace):
    workspace = make_workspace(
        labels={("training", "1"): [("a", "x"), ("b", "y")], ("training", "0"): [("a", "x")]}
    )
    labels = resolve(workspace, read_logs(*workspace.logs), lambda ids: {})
    assert [conflict.item_id for conflict in labels.conflicts] == ["a"]
    assert [item.item_id for item in labels.splits["training"]] == ["b"]
    assert labels.ids() == {"a", "b"}


def test_the_last_word_of_the_log_wins_over_the_files(make_workspace: MakeWorkspace):
    workspace = make_workspace(
        POOL, {("training", "1"): [POOL[0], POOL[1]], ("training", "0"): [POOL[1]]}
    )
    propose(workspace, "p0", "p1", "p2")
    log(workspace, ("p0", "label", "0"), ("p1", "label", "1"), ("p2", "label", "1"))
    assert labels_of(workspace) == {"p0": "0", "p1": "1", "p2": "1"}
    log(workspace, ("p0", "undo", ""), ("p2", "undo", ""), ("p2", "label", "0"))
    assert labels_of(workspace) == {"p1": "1", "p2": "0"}


def test_skips_and_flags_change_no_label(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0")
    log(workspace, ("p0", "label", "1"), ("p0", "flag", ""), ("p0", "skip", ""))
    assert labels_of(workspace) == {"p0": "1"}


def test_events_of_unknown_batches_or_labels_are_findings(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0")
    log(workspace, ("p0", "label", "yes"))
    log(workspace, ("p1", "label", "1"), batch="b9")
    labels = read_snapshot(workspace).labels
    assert [finding.kind.title for finding in labels.findings] == ["stray event", "stray event"]
    assert not labels.splits["training"]


def test_saving_twice_appends_once(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0", "p1", "p2")
    log(workspace, ("p0", "label", "1"), ("p1", "label", "0"))
    snapshot = read_snapshot(workspace)
    texts_of = snapshot.pool_words.pool.texts_of
    assert save(workspace, snapshot.logs, ["b1"], texts_of) == 2
    assert save(workspace, snapshot.logs, ["b1"], texts_of) == 0
    related = workspace.path / "training_data" / "related.csv"
    assert related.read_text() == "p0,text number 0,1,random,0.75\n"


def test_a_correction_after_the_save_is_appended(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0")
    log(workspace, ("p0", "label", "1"), ("", "save", ""))
    open_snapshot(workspace.path)
    log(workspace, ("p0", "undo", ""), ("p0", "label", "0"))
    open_snapshot(workspace.path)
    folder = workspace.path / "training_data"
    assert (folder / "related.csv").read_text().startswith("p0,")
    assert (folder / "not_related.csv").read_text().startswith("p0,")
    assert labels_of(workspace) == {"p0": "0"}


def test_opening_completes_a_save_that_was_cut_short(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0", "p1", "p2")
    log(workspace, ("p0", "label", "1"), ("p1", "label", "1"), ("", "save", ""))
    # The server died after the first of two rows.
    write_csv(
        workspace.path / "training_data" / "related.csv", [("p0", "text number 0", "1", "random")]
    )
    open_snapshot(workspace.path)
    rows = read_label_rows(workspace, [])
    assert [row.item_id for row in rows] == ["p0", "p1"]


def test_labels_that_nobody_saved_stay_out_of_the_files(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0", "p1")
    log(workspace, ("p0", "label", "1"))
    open_snapshot(workspace.path)
    assert read_label_rows(workspace, []) == []
    assert labels_of(workspace) == {"p0": "1"}


def test_a_save_event_reaches_the_files_through_the_inbox(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0", split="evaluation")
    events = [
        Event("e1", "b1", "p0", "label", "1", "ann", "2026", 1.0, False, ""),
        Event("e2", "b1", "", "save", "", "ann", "2026", None, False, ""),
    ]
    assert Inbox(workspace).receive(events).acknowledged == ["e1", "e2"]
    assert (workspace.path / "evaluation_data" / "related.csv").read_text().startswith("p0,")


def test_copies_of_held_out_texts_are_not_usable(make_workspace: MakeWorkspace):
    workspace = make_workspace(
        labels={
            ("evaluation", "1"): [("e", "Flood  in STRASSE")],
            ("training", "1"): [("a", "flood in straße"), ("b", "flood elsewhere")],
        }
    )
    labels = read_snapshot(workspace).labels
    assert [item.item_id for item in labels.usable_training] == ["b"]


def test_the_text_key_folds_case_width_and_space():
    assert text_key("  Ｆull\u3000width  STRASSE ") == text_key("full width straße")
    assert text_key("a b") != text_key("ab")


def test_the_hash_knows_items_and_labels_but_not_their_order(make_workspace: MakeWorkspace):
    workspace = make_workspace(labels={("training", "1"): [("a", "x"), ("b", "y")]})
    first, second = read_snapshot(workspace).labels.splits["training"]
    task = workspace.task
    assert labels_hash([first, second], task) == labels_hash([second, first], task)
    assert labels_hash([first], task) != labels_hash([second], task)
    assert labels_hash([first], task) != labels_hash([replace(first, label="0")], task)


def test_without_its_text_a_label_waits_and_is_never_saved_empty(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    propose(workspace, "p0", "p1")
    log(workspace, ("p0", "label", "1"), ("p1", "label", "0"), ("", "save", ""))
    pool = workspace.path / "unlabeled_data" / "pool.csv"
    away = pool.rename(workspace.path / "pool.away")
    snapshot = open_snapshot(workspace.path)
    assert read_label_rows(workspace, []) == []
    assert [finding.kind.title for finding in snapshot.labels.findings] == ["missing item"] * 2
    assert not snapshot.labels.splits["training"]
    away.rename(pool)
    open_snapshot(workspace.path)
    assert labels_of(workspace) == {"p0": "1", "p1": "0"}
    assert {row.text for row in read_label_rows(workspace, [])} == {POOL[0][1], POOL[1][1]}


def test_a_label_folder_that_is_a_file_is_told(make_workspace: MakeWorkspace):
    workspace = make_workspace(POOL)
    (workspace.path / "training_data").write_text("not a folder")
    with pytest.raises(LogError, match=r"training_data/related\.csv: Not a directory"):
        open_snapshot(workspace.path)
