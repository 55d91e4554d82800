from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from core.errors import LoopError, PoolError
from core.evaluation.runs import current_run, load_run
from core.models.label_columns import confidences
from core.models.pool_predictions import pool_probabilities
from core.pool.text import text_key
from core.sampling import next_batch, strategies
from core.sampling.next_batch import BatchRequest, batch_to_label, preview, propose
from core.workspace.events import Inbox
from core.workspace.logs import Event
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import FEW_LABELS
from tests.conftest import MakeWorkspace, active_workspace, headlines, write_csv


def answer(
    snapshot: Snapshot, batch_id: str, label: str = "0", most: int | None = None
) -> Snapshot:
    """Labels the batch's waiting items; the loop afterwards."""
    waiting = snapshot.open_batches[batch_id][:most]
    Inbox(snapshot.workspace).receive(
        [
            Event(f"{batch_id}-{p.item_id}", batch_id, p.item_id, "label", label, "ann",
                  "2026-01-01T00:00:00.000Z", 1.0, False, "")
            for p in waiting
        ]
    )  # fmt: skip
    return read_snapshot(snapshot.workspace)


def strategies_of(proposals) -> Counter:
    return Counter(proposal.strategy for proposal in proposals)


def test_the_loop_asks_for_evaluation_then_training_then_lets_the_model_choose(
    make_workspace: MakeWorkspace,
):
    items = headlines(200)
    workspace = make_workspace([item[:2] for item in items])
    truth = {item_id: label for item_id, _, label in items}
    snapshot, stages = read_snapshot(workspace), []
    for _ in range(6):
        batch = propose(snapshot, "ann")
        stages.append((snapshot.stage, batch.split, sorted(strategies_of(batch.proposals))))
        events = [
            Event(f"{batch.batch_id}-{p.rank}", batch.batch_id, p.item_id, "label",
                  truth[p.item_id], "ann", "2026", 1.0, False, "")
            for p in batch.proposals
        ]  # fmt: skip
        Inbox(workspace).receive(events)
        snapshot = read_snapshot(workspace)
    assert (
        stages[:4]
        == [("evaluation", "evaluation", ["random"])] * 2
        + [("training", "training", ["random"])] * 2
    )
    every = ["low confidence", "outlier", "random"]
    assert stages[4:] == [("active learning", "training", every)] * 2
    # A run before each of the two active batches, none before.
    assert [run.n_training for run in snapshot.logs.runs] == [20, 30]


def test_a_batch_is_divided_as_the_task_says(active: Snapshot):
    batch = preview(active)  # size 10, mix 10/80/10
    assert strategies_of(batch.proposals) == {"random": 1, "low confidence": 8, "outlier": 1}
    assert [proposal.rank for proposal in batch.proposals] == list(range(1, 11))


def test_batches_are_small_while_there_are_few_labels(active: Snapshot):
    task = replace(active.workspace.task, first_batch_size=20)
    early = replace(active, workspace=replace(active.workspace, task=task))
    assert len(early.labels.usable_training) < FEW_LABELS
    assert sum(next_batch._counts(early, BatchRequest()).values()) == early.batch_size == 20
    labels = dict(early.labels.splits)
    labels["training"] = labels["training"] * FEW_LABELS
    late = replace(early, labels=replace(early.labels, splits=labels))
    assert late.batch_size == task.batch_size
    assert active.batch_size == task.batch_size


def test_a_mix_counts_items_unless_a_size_is_asked_for(active: Snapshot):
    mix = {"random": 3, "outlier": 1}
    by_mix = preview(active, wishes=BatchRequest(mix=mix))
    assert strategies_of(by_mix.proposals) == {"random": 3, "outlier": 1}
    by_size = preview(active, wishes=BatchRequest(mix=mix, size=20))
    assert strategies_of(by_size.proposals) == {"random": 15, "outlier": 5}


def test_every_item_carries_the_strategy_that_chose_it(active: Snapshot):
    """Recomputed from arrays: random among all candidates, then the rest among what is left."""
    wishes = BatchRequest(mix={"random": 10, "low confidence": 20, "outlier": 10}, seed=3)
    batch = propose(active, "ann", wishes)
    snapshot = read_snapshot(active.workspace)
    model = load_run(snapshot, current_run(snapshot))
    confidence = confidences(pool_probabilities(snapshot, model))
    candidates = active.candidates.copy()
    ids = active.pool_words.pool.ids.to_pylist()
    drawn = strategies.random(candidates, 10, np.random.default_rng(3)).indices
    candidates[drawn] = False
    unsure = strategies.low_confidence(confidence, candidates, 20).indices
    chosen = {
        strategy: {p.item_id for p in batch.proposals if p.strategy == strategy}
        for strategy in ("random", "low confidence", "outlier")
    }
    assert chosen["random"] == {ids[at] for at in drawn}
    assert chosen["low confidence"] == {ids[at] for at in unsure}
    assert len(chosen["outlier"]) == 10


def test_the_random_items_stay_random_even_where_the_model_is_least_sure(active: Snapshot):
    """The chapter's program renames those as low confidence: its random baseline is not one."""
    everything = int(active.candidates.sum())
    mix = {"random": everything // 2, "low confidence": everything // 2}
    batch = preview(active, wishes=BatchRequest(mix=mix))
    assert strategies_of(batch.proposals)["random"] == everything // 2


def test_scores_predictions_run_and_seed_stand_with_each_item(active: Snapshot):
    batch = propose(active, "ann", BatchRequest(seed=11))
    snapshot = read_snapshot(active.workspace)
    assert [run.run_id for run in snapshot.logs.runs] == [batch.run_id]
    assert snapshot.logs.batch(batch.batch_id) == list(batch.proposals)
    for proposal in batch.proposals:
        assert (proposal.seed, proposal.run_id, proposal.annotator) == (11, "run-0001", "ann")
        assert proposal.predicted in ("1", "0")
        assert 0.5 <= proposal.confidence <= 1
        if proposal.strategy == "low confidence":
            assert proposal.score == pytest.approx(proposal.confidence)


def test_no_item_is_proposed_twice_or_when_labeled(active: Snapshot):
    snapshot, seen = active, active.labels.ids()
    for _ in range(5):
        ids = [p.item_id for p in propose(snapshot, "ann", BatchRequest(size=20)).proposals]
        assert len(set(ids)) == 20
        assert not seen & set(ids)
        seen |= set(ids)
        snapshot = read_snapshot(snapshot.workspace)


def test_copies_of_labeled_or_held_out_texts_are_never_proposed(active: Snapshot):
    texts = [item.text for split in active.labels.splits.values() for item in split]
    copies = [(f"copy{at}", f"  {text.upper()} ") for at, text in enumerate(texts)]
    write_csv(active.workspace.path / "unlabeled_data" / "copies.csv", copies)
    snapshot = read_snapshot(active.workspace)
    batch = preview(snapshot, wishes=BatchRequest(size=len(snapshot.pool_words.pool)))
    assert len(batch.texts) == 300
    taken = {text_key(text) for text in texts}
    assert not taken & {text_key(text) for text in batch.texts}


def test_of_several_copies_one_is_proposed(make_workspace: MakeWorkspace):
    pool = [("a", "same text"), ("b", "Same  text"), ("c", "other"), ("d", "")]
    batch = preview(read_snapshot(make_workspace(pool)))
    assert sorted(proposal.item_id for proposal in batch.proposals) == ["a", "c"]


def test_the_same_files_and_seed_give_the_same_batch(active: Snapshot):
    first, second, other = (preview(active, wishes=BatchRequest(seed=seed)) for seed in (1, 1, 2))
    assert [p.item_id for p in first.proposals] == [p.item_id for p in second.proposals]
    assert [p.item_id for p in first.proposals] != [p.item_id for p in other.proposals]


def test_a_preview_is_what_would_be_written_and_writes_nothing(make_workspace: MakeWorkspace):
    workspace = active_workspace(make_workspace)
    snapshot = read_snapshot(workspace, write_cache=False)
    before = sorted(workspace.path.rglob("*"))
    seen = preview(snapshot, "ann")
    assert sorted(workspace.path.rglob("*")) == before
    written = propose(snapshot, "ann")
    assert [(p.item_id, p.strategy) for p in seen.proposals] == [
        (p.item_id, p.strategy) for p in written.proposals
    ]


def test_a_small_pool_gives_what_there_is_and_then_says_so(make_workspace: MakeWorkspace):
    workspace = make_workspace([("a", "one"), ("b", "two")])
    assert len(propose(read_snapshot(workspace), "ann").proposals) == 2
    with pytest.raises(LoopError, match="Nothing is left to label"):
        propose(read_snapshot(workspace), "bob")


def test_an_empty_pool_is_refused(make_workspace: MakeWorkspace):
    with pytest.raises(PoolError, match="pool is empty"):
        propose(read_snapshot(make_workspace()), "ann")


def test_training_goes_on_at_random_until_two_labels_are_there(make_workspace: MakeWorkspace):
    items = headlines(120)
    labels = {("evaluation", "0"): items[80:100], ("training", "0"): items[100:]}
    labels = {key: [(i, t, "0") for i, t, _ in rows] for key, rows in labels.items()}
    snapshot = read_snapshot(make_workspace([item[:2] for item in items[:80]], labels))
    assert snapshot.stage == "training"
    assert set(strategies_of(preview(snapshot).proposals)) == {"random"}


def test_open_batches_count_as_filled(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(200)])
    splits = [propose(read_snapshot(workspace), name).split for name in "abcd"]
    assert splits == ["evaluation", "evaluation", "training", "training"]
    assert read_snapshot(workspace).stage == "evaluation"


def test_two_tabs_of_one_person_share_a_batch(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([item[:2] for item in headlines(200)]))
    # Both read the files before either had proposed.
    assert batch_to_label(snapshot, "ann") == batch_to_label(snapshot, "ann") == "batch-0001"
    assert batch_to_label(snapshot, "bob") == "batch-0002"


def test_a_batch_takes_one_reading_of_the_files_beside_the_given_one(
    active: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    read, read_again = [], next_batch.read_again
    monkeypatch.setattr(
        next_batch, "read_again", lambda *given: read.append(given) or read_again(*given)
    )
    batch_id = batch_to_label(active, "ann")
    assert len(read) == 1
    assert batch_to_label(read_snapshot(active.workspace), "ann") == batch_id
    assert len(read) == 2
    propose(active, "bob")
    assert len(read) == 3


def test_who_comes_too_late_for_what_was_free_gets_a_new_batch(active: Snapshot):
    free = propose(active, "")
    snapshot = read_snapshot(active.workspace)
    taken, fresh = batch_to_label(snapshot, "bob"), batch_to_label(snapshot, "ann")
    logs = read_snapshot(active.workspace).logs
    items = [{p.item_id for p in logs.batch(batch_id)} for batch_id in (taken, fresh)]
    assert items[0] == {p.item_id for p in free.proposals}
    assert len(items[1] - items[0]) == len(items[1]) == 10


def test_a_person_may_choose_the_mix_of_their_next_batch(active: Snapshot):
    wishes = BatchRequest(mix={"margin": 3, "novel words": 2})
    batch_id = batch_to_label(active, "ann", wishes)
    snapshot = read_snapshot(active.workspace)
    assert strategies_of(snapshot.logs.batch(batch_id)) == {"margin": 3, "novel words": 2}
    # What is open is gone on with, whatever is wished.
    assert batch_to_label(snapshot, "ann", BatchRequest(size=4)) == batch_id


def test_a_damaged_params_file_is_trained_anew(active: Snapshot):
    propose(active, "ann")
    (file,) = active.workspace.models.glob("*.params")
    file.write_bytes(b"damaged")
    batch = propose(read_snapshot(active.workspace), "bob")
    assert batch.run_id == "run-0002"


def test_items_that_left_the_pool_keep_no_batch_open(make_workspace: MakeWorkspace):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    propose(read_snapshot(workspace), "ann")
    write_csv(workspace.path / "unlabeled_data" / "pool.csv", [("n", "new text")])
    snapshot = read_snapshot(workspace)
    assert not snapshot.open_batches
    assert [p.item_id for p in propose(snapshot, "ann").proposals] == ["n"]


def test_a_pool_that_changes_while_it_is_scored_is_noticed(active: Snapshot):
    write_csv(active.workspace.path / "unlabeled_data" / "pool.csv", [("n", "new text")])
    for work in (propose, batch_to_label):
        with pytest.raises(LoopError, match="changed while"):
            work(active, "ann")


THREE_LABELS = """
[targets]
evaluation = 10
training = 10
[batch]
size = 10
""" + "".join(
    f'[[labels]]\nvalue = "{value}"\nname = "{value}"\nfile = "{value}.csv"\npositive = {flag}\n'
    for value, flag in (("fire", "true"), ("flood", "false"), ("neither", "false"))
)


def test_a_task_of_three_labels_goes_through_the_same_loop(make_workspace: MakeWorkspace):
    items = [(item_id, text) for item_id, text, _ in headlines(120)]
    values = ("fire", "flood", "neither")
    workspace = make_workspace(items, task=THREE_LABELS)
    truth = {item_id: values[at % 3] for at, (item_id, _) in enumerate(items)}
    for turn in range(4):
        batch = propose(read_snapshot(workspace), "ann")
        Inbox(workspace).receive(
            [
                Event(f"{turn}-{p.rank}", batch.batch_id, p.item_id, "label", truth[p.item_id],
                      "ann", "2026", 1.0, False, "")
                for p in batch.proposals
            ]
            + [Event(f"{turn}-s", batch.batch_id, "", "save", "", "ann", "2026", None, False, "")]
        )  # fmt: skip
    snapshot = read_snapshot(workspace)
    assert snapshot.labels.counts(workspace.task)["training"].keys() == set(values)
    assert {p.predicted for p in batch.proposals} <= set(values)
    assert all(1 / 3 <= p.confidence <= 1 for p in batch.proposals)
    model = load_run(snapshot, snapshot.logs.runs[-1])
    assert pool_probabilities(snapshot, model).shape == (120, 3)
    assert (workspace.path / "training_data" / "flood.csv").exists()


def test_items_that_wait_for_an_evaluation_label_are_held_out_already(
    make_workspace: MakeWorkspace,
):
    workspace = make_workspace([item[:2] for item in headlines(60)])
    batch = propose(read_snapshot(workspace), "ann")
    snapshot = read_snapshot(workspace)
    ids = snapshot.pool_words.pool.ids.to_pylist()
    held_out = {ids[at] for at in np.flatnonzero(snapshot.held_out)}
    assert batch.split == "evaluation"
    assert held_out == {proposal.item_id for proposal in batch.proposals}


@pytest.mark.parametrize("seed", [None, 5])
def test_what_others_get_while_the_pool_is_scored_is_left_to_them(
    active: Snapshot, seed: int | None
):
    """Bob asks after Ann's reading of the files and before her choice; she chooses as if later."""
    seen = []

    def bob_asks(step: str, *_: int) -> None:
        if step.startswith("scoring") and not seen:
            seen.append(propose(read_snapshot(active.workspace), "bob", BatchRequest(size=60)))
            seen.append(
                preview(read_snapshot(active.workspace), "ann", BatchRequest(size=60, seed=seed))
            )

    batch = propose(active, "ann", BatchRequest(size=60, seed=seed), progress=bob_asks)
    of_bob, later = seen
    assert [(p.item_id, p.strategy, p.score) for p in batch.proposals] == [
        (p.item_id, p.strategy, p.score) for p in later.proposals
    ]
    items = {p.item_id for p in (*batch.proposals, *of_bob.proposals)}
    assert len(items) == 120


def one_sided(make_workspace: MakeWorkspace) -> Snapshot:
    """Every target is met, and no training item has the positive label."""
    items = [item[:2] for item in headlines(200)]
    held, training = items[:20], [[*item, "0"] for item in items[20:60]]
    labels = {("evaluation", "1"): held[:3], ("evaluation", "0"): held[3:]}
    return read_snapshot(make_workspace(items, labels | {("training", "0"): training}))


def test_without_a_positive_label_a_word_says_so_and_a_mix_is_kept_or_refused(
    make_workspace: MakeWorkspace,
):
    snapshot = one_sided(make_workspace)
    assert snapshot.why_no_model.startswith("No training item is labeled `Disaster-related` yet")
    assert strategies_of(preview(snapshot).proposals) == {"random": 10}
    batch = preview(snapshot, wishes=BatchRequest(mix={"random": 2, "outlier": 3}))
    assert strategies_of(batch.proposals) == {"random": 2, "outlier": 3}
    with pytest.raises(LoopError, match=r"`low confidence` needs a model\. No training item"):
        preview(snapshot, wishes=BatchRequest(mix={"low confidence": 3}))


def test_a_mix_is_refused_while_evaluation_data_is_missing(make_workspace: MakeWorkspace):
    snapshot = read_snapshot(make_workspace([item[:2] for item in headlines(60)]))
    assert snapshot.why_no_model == ""
    with pytest.raises(LoopError, match="drawn at random"):
        preview(snapshot, wishes=BatchRequest(mix={"outlier": 3}))
    assert len(preview(snapshot, wishes=BatchRequest(mix={"random": 3})).proposals) == 3
    assert len(preview(snapshot, wishes=BatchRequest(mix={"random": 33})).proposals) == 20
