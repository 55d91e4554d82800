"""The events' route of the real server: who may send what, and what it answers."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from core.sampling.next_batch import propose
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import read_logs
from core.workspace.snapshot import read_snapshot
from pages.ui.card.tokens import Claim, make_token, read_token
from tests.conftest import SMALL_TASK, headlines, write_csv
from tests.server import Server


@pytest.fixture(scope="module")
def workspace(app_folder: Path) -> Workspace:
    folder = app_folder / "route"
    write_csv(folder / "unlabeled_data" / "pool.csv", [item[:2] for item in headlines(60)])
    (folder / "task.toml").write_text(SMALL_TASK)
    workspace = open_workspace(folder)
    propose(read_snapshot(workspace), "ann")
    return workspace


@pytest.fixture
def server(app: Server) -> Server:
    return app


def post(server: Server, content: object, **headers: str) -> tuple[int, dict]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    request = urllib.request.Request(
        f"{server.url}/api/labels",
        data=body,
        headers={"Content-Type": "application/json"} | headers,
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def event(workspace: Workspace, event_id: str = "e1", **changes) -> dict:
    item = read_logs(*workspace.logs).proposals[0]
    values = {
        "event_id": event_id, "batch_id": item.batch_id, "item_id": item.item_id,
        "action": "label", "label": "1", "labeled_at": "2026-01-01T00:00:00.000Z",
        "seconds": 1.5, "assisted": False, "note": "",
    }  # fmt: skip
    return values | changes


def token(workspace: Workspace, annotator: str = "ann") -> str:
    return make_token(Claim(workspace.path, annotator))


def test_an_acknowledged_event_is_in_the_log(server: Server, workspace: Workspace):
    sent = {"token": token(workspace), "events": [event(workspace, annotator="somebody else")]}
    assert post(server, sent) == (200, {"acknowledged": ["e1"], "refused": []})
    (found,) = [e for e in read_logs(*workspace.logs).events if e.event_id == "e1"]
    # The person is the one of the token, whatever the event says.
    assert (found.annotator, found.label, found.seconds) == ("ann", "1", 1.5)


def test_a_refused_event_comes_back_with_its_reason(server: Server, workspace: Workspace):
    sent = {"token": token(workspace), "events": [event(workspace, "e2", label="maybe")]}
    status, answer = post(server, sent)
    assert (status, answer["acknowledged"]) == (200, [])
    assert "`maybe` is not one of the task's" in answer["refused"][0]["reason"]


@pytest.mark.attack
@pytest.mark.parametrize("bad", ["", "nonsense", "e30=.00"])
def test_without_a_valid_token_nothing_is_taken(server: Server, workspace: Workspace, bad: str):
    sent = {"token": bad, "events": [event(workspace, "e3")]}
    status, answer = post(server, sent)
    assert (status, set(answer)) == (401, {"error"})
    assert "e3" not in {e.event_id for e in read_logs(*workspace.logs).events}


@pytest.mark.attack
def test_a_token_cannot_be_changed(workspace: Workspace):
    good = token(workspace)
    assert read_token(good) == Claim(workspace.path, "ann")
    other = token(workspace, "bob")
    forged = other.partition(".")[0] + "." + good.partition(".")[2]
    assert read_token(forged) is None


def test_a_token_runs_out(workspace: Workspace, monkeypatch):
    good = token(workspace)
    import time

    later = time.time() + 8 * 24 * 3600
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert read_token(good) is None


def test_the_key_is_its_owners_alone(workspace: Workspace):
    token(workspace)
    key = workspace.cache / "token.key"
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.attack
def test_a_token_of_an_unknown_folder_makes_nothing(workspace: Workspace, tmp_path: Path):
    made = token(workspace).replace("x", "x")
    assert read_token(made)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.attack
def test_pages_of_other_hosts_are_refused(server: Server, workspace: Workspace):
    sent = {"token": token(workspace), "events": [event(workspace, "e4")]}
    assert post(server, sent, Origin="http://evil.example")[0] == 403
    assert post(server, sent, **{"Content-Type": "text/plain"})[0] == 403
    assert post(server, sent, Origin=server.url)[0] == 200


@pytest.mark.attack
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"token": 5, "events": []}', b"[" * 100_000]
)
def test_garbage_is_answered_plainly(server: Server, body: bytes):
    status, answer = post(server, body)
    assert status in (400, 401)
    assert set(answer) == {"error"}


def test_events_of_the_wrong_shape_are_refused_whole(server: Server, workspace: Workspace):
    odd = float("inf")
    for wrong in ({"label": 5}, {"seconds": "long"}, {"seconds": odd}, {"note": "\ud800"}):
        sent = {"token": token(workspace), "events": [event(workspace, "e5", **wrong)]}
        assert post(server, sent)[0] == 400
    assert "e5" not in {e.event_id for e in read_logs(*workspace.logs).events}


@pytest.mark.attack
def test_a_flood_is_refused(server: Server):
    assert post(server, b"x" * 2**21)[0] == 413


def test_seconds_that_no_number_can_hold_are_garbled(server: Server, workspace: Workspace):
    sent = {"token": token(workspace), "events": [event(workspace, "huge", seconds=10**400)]}
    assert post(server, sent)[0] == 400
