from pathlib import Path

import pytest

from core.sampling.next_batch import batch_to_label, preview, propose
from core.sampling.picks import by_strategy, picks_in, picks_of, strategies_of
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.logs import read_logs
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def test_picks_are_what_the_models_chose_with_the_labels_of_today(snapshot: Snapshot):
    picks = picks_of(snapshot)
    chosen = [p for p in snapshot.logs.proposals if p.run_id]
    assert [pick.proposal for pick in picks] == chosen
    labels = {item.item_id: item.label for item in snapshot.labels.splits["training"]}
    assert all(pick.label == labels.get(pick.proposal.item_id, "") for pick in picks)
    assert strategies_of(picks) == ["random", "low confidence", "outlier"]
    scores = [pick.proposal.score for pick in by_strategy(picks, "low confidence")]
    assert scores == sorted(scores)


def test_the_preview_is_the_batch_that_is_proposed_and_writes_nothing(snapshot: Snapshot):
    steps: list[str] = []
    seen = picks_in(preview(snapshot, progress=in_words(steps.append)))
    assert steps
    assert read_logs(*snapshot.workspace.logs).proposals == snapshot.logs.proposals
    proposed = propose(snapshot, "ann").proposals
    assert [(p.proposal.item_id, p.proposal.strategy, p.proposal.confidence) for p in seen] == [
        (p.item_id, p.strategy, p.confidence) for p in proposed
    ]


def test_what_is_drawn_at_random_is_no_choice_of_a_model(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    snapshot = read_snapshot(workspace)
    assert picks_in(preview(snapshot)) == picks_of(snapshot) == []


def test_an_item_that_was_handed_over_is_one_pick_of_the_batch_it_is_in_now(active: Snapshot):
    propose(active, "")
    second = batch_to_label(read_snapshot(active.workspace), "bob")
    found = by_strategy(picks_of(read_snapshot(active.workspace)), "low confidence")
    assert [pick.proposal.batch_id for pick in found] == [second] * 8
