from collections import Counter
from pathlib import Path

import pytest

from core.sampling.next_batch import batch_to_label, preview, propose
from core.sampling.picks import by_strategy, picks_in, picks_of, strategies_of, word_history
from core.system.progress import in_words
from core.workspace.layout import open_workspace
from core.workspace.logs import read_logs
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.conftest import MakeWorkspace, headlines


@pytest.fixture
def snapshot(demo: Path) -> Snapshot:
    return read_snapshot(open_workspace(demo))


def test_words_are_counted_as_the_training_data_was_before_the_batch(snapshot: Snapshot):
    training = snapshot.labels.usable_training
    history = word_history(training, snapshot.logs.proposals)
    batches = sorted({p.batch_id for p in snapshot.logs.proposals})
    for pick in picks_of(snapshot):
        batch = pick.proposal.batch_id
        before = Counter(
            word
            for item in training
            if item.batch_id == "" or batches.index(item.batch_id) < batches.index(batch)
            for word in item.text.split()
        )
        words = pick.text.split()
        assert history.known(pick.text, batch) == {word for word in words if before[word]}
        expected = (1 + sum(before[word] for word in words)) / len(words)
        assert history.familiarity(pick.text, batch) == pytest.approx(expected)


def test_a_coming_batch_knows_all_of_the_training_data(snapshot: Snapshot):
    training = snapshot.labels.usable_training
    history = word_history(training, snapshot.logs.proposals)
    text = training[-1].text
    assert history.known(text + " zzz", "batch-9999") == set(text.split())
    assert history.familiarity("", "batch-9999") is None


def test_the_first_outlier_of_a_batch_is_as_familiar_as_its_score_says(snapshot: Snapshot):
    history = word_history(snapshot.labels.usable_training, snapshot.logs.proposals)
    for batch in {pick.proposal.batch_id for pick in picks_of(snapshot)}:
        picks = [pick for pick in picks_of(snapshot) if pick.proposal.batch_id == batch]
        first = by_strategy(picks, "outlier")[0]
        assert history.familiarity(first.text, batch) == pytest.approx(first.proposal.score)


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
