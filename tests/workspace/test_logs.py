from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LogError
from core.system.findings import Kind
from core.workspace.events import EventLog
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import (
    Event,
    append_records,
    encode,
    header_of,
    read_log,
    read_logs,
    shown_id,
)
from core.workspace.snapshot import read_snapshot
from tests.worlds import new_proposal

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def event(event_id: str, **changes) -> Event:
    values = {
        "event_id": event_id, "batch_id": "batch-0001", "item_id": "i1", "action": "label",
        "label": "1", "annotator": "ann", "labeled_at": "2026-01-01T00:00:00.000Z",
        "seconds": 1.5, "assisted": False, "note": "",
    }  # fmt: skip
    return Event(**(values | changes))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path)


@given(TEXT, TEXT, st.floats(allow_nan=False) | st.none(), st.booleans())
def test_any_event_survives_the_way_in_and_out(tmp_path_factory, note, item_id, seconds, assisted):
    workspace = open_workspace(tmp_path_factory.mktemp("workspace"))
    written = event("e1", note=note, item_id=item_id, seconds=seconds, assisted=assisted)
    append_records(workspace.annotations, [written])
    assert read_log(workspace.annotations, Event, []) == [written]


def test_rows_that_cannot_be_read_are_findings(workspace: Workspace):
    good = ",".join(encode(event("e1")))
    bad = [
        "too,few,fields",
        good.replace("label", "paint"),
        good.replace("1.5", "soon"),
        good.replace(",0,", ",maybe,"),
    ]
    text = "\n".join([",".join(header_of(Event)), good, *bad]) + "\n"
    workspace.annotations.path.write_text(text)
    logs = read_logs(*workspace.logs)
    assert logs.events == [event("e1")]
    assert [finding.line for finding in logs.findings] == [3, 4, 5, 6]
    assert "annotations.csv line 3: the row has 3 fields" in logs.findings[0].message


def test_a_batch_of_no_known_split_is_a_finding(workspace: Workspace):
    """Its labels would belong to no data; what else stands in the file is read."""
    good = new_proposal("batch-0001", "ann", "training", "i1", "random")
    odd = new_proposal("batch-0002", "ann", "\0raining", "i2", "random")
    append_records(workspace.batches, [good, odd])
    append_records(workspace.annotations, [event("e1"), event("e2", batch_id="batch-0002")])
    snapshot = read_snapshot(workspace)
    assert snapshot.logs.proposals == [good]
    assert "line 3: the row has the split `\0raining`, which is not one of" in (
        snapshot.logs.findings[0].message
    )
    assert Kind.STRAY_EVENT in [finding.kind for finding in snapshot.labels.findings]


def test_a_wrong_header_is_refused(workspace: Workspace):
    workspace.annotations.path.write_text("id,what\n1,2\n")
    with pytest.raises(LogError, match=r"annotations\.csv line 1"):
        read_logs(*workspace.logs)


def test_an_event_that_stands_twice_counts_once(workspace: Workspace):
    append_records(workspace.annotations, [event("e1"), event("e1", label="0")])
    logs = read_logs(*workspace.logs)
    assert [found.label for found in logs.events] == ["1"]
    assert [finding.kind.title for finding in logs.findings] == ["repeated event"]


def test_the_event_log_writes_each_id_once(workspace: Workspace):
    log = EventLog(workspace)
    log.append([event("e1"), event("e2"), event("e1")])
    log.append([event("e2"), event("e3")])
    EventLog(workspace).append([event("e1"), event("e4")])
    log.append([event("e4"), event("e5")])
    found = [found.event_id for found in read_log(workspace.annotations, Event, [])]
    assert found == ["e1", "e2", "e3", "e4", "e5"]


def test_the_event_log_notices_a_file_that_was_replaced(workspace: Workspace):
    log = EventLog(workspace)
    log.append([event("e1")])
    workspace.annotations.path.unlink()
    log.append([event("e1")])
    assert len(read_log(workspace.annotations, Event, [])) == 1


def test_a_torn_event_may_be_sent_again(workspace: Workspace):
    log = EventLog(workspace)
    log.append([event("e1")])
    with workspace.annotations.path.open("ab") as file:
        file.write(b"e2,batch-0001,i2,lab")
    assert [found.event_id for found in read_log(workspace.annotations, Event, [])] == ["e1"]
    log.append([event("e2")])
    assert [found.event_id for found in read_log(workspace.annotations, Event, [])] == ["e1", "e2"]


def test_a_number_that_no_table_holds_is_a_malformed_row_told_in_a_few_words(tmp_path: Path):
    workspace = open_workspace(tmp_path)
    proposal = new_proposal("batch-0001", "ann", "training", "1", "random")
    append_records(workspace.batches, [proposal])
    for rank in ("9" * 30, "9" * 10_000):
        row = [
            rank if value == "1" and at == 4 else value for at, value in enumerate(encode(proposal))
        ]
        workspace.batches.append([row])
    logs = read_logs(*workspace.logs)
    assert logs.proposals == [proposal]
    assert [finding.line for finding in logs.findings] == [3, 4]
    assert all(len(finding.message) < 300 for finding in logs.findings)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("run-0009", "Model 9"),
        ("batch-0014", "Batch 14"),
        ("batch-12345", "Batch 12345"),
        ("overlap-0002", "Second opinions 2"),
        ("targeted-0001", "Second opinions 1"),
        ("adjudication-0003", "Decisions 3"),
        ("import-ab12-1", "import-ab12-1"),
        ("run-9²", "run-9²"),
        ("run-", "run-"),
        ("", ""),
    ],
)
def test_ids_of_runs_and_batches_have_names(name: str, shown: str):
    assert shown_id(name) == shown
