from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.simulation import (
    ORACLE,
    LabeledPool,
    Plan,
    Step,
    background_space,
    by_mix,
    label_batch,
    make_demo,
    read_labeled,
    read_oracle,
    steps,
    write_labeled,
)
from core.doctor import examine
from core.errors import WorkspaceError
from core.features.cached import pool_space
from core.sampling.next_batch import Batch, BatchRequest, propose
from core.workspace.events import Inbox
from core.workspace.layout import SAMPLE, open_workspace
from core.workspace.snapshot import read_snapshot
from core.workspace.task import STRATEGIES
from core.workspace.task_toml import default_task, parse_task
from tests.conftest import MakeWorkspace, headlines, write_csv

CHAPTER = {"random": 1, "low confidence": 8, "outlier": 1}


def test_the_demo_went_through_the_whole_loop(demo_folder: Path):
    snapshot = read_snapshot(open_workspace(demo_folder))
    assert snapshot.stage == "active learning"
    assert {split: len(items) for split, items in snapshot.labels.splits.items()} == {
        "evaluation": 150,
        "validation": 0,
        "training": 200,
    }
    assert [run.n_training for run in snapshot.logs.runs] == [100, 150, 200]
    assert not snapshot.open_batches


def test_the_demos_labels_are_the_true_ones(demo_folder: Path):
    oracle = read_oracle(SAMPLE / ORACLE)
    snapshot = read_snapshot(open_workspace(demo_folder))
    items = [item for split in snapshot.labels.splits.values() for item in split]
    assert all(item.label == oracle[item.item_id] for item in items)


def test_the_demos_labels_stand_in_the_label_files(demo_folder: Path):
    workspace = open_workspace(demo_folder)
    rows = sum(
        len(file.path.read_text(encoding="utf-8").splitlines())
        for _, _, file in workspace.label_files()
        if file.path.exists()
    )
    assert rows == 350


def test_the_demo_is_sound(demo_folder: Path):
    assert examine(demo_folder) == []


def test_a_folder_that_holds_something_is_refused(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        make_demo(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_demo_that_was_cut_short_leaves_its_folder_free(tmp_path: Path):
    def stop(step: str, *_: int) -> None:
        if step.startswith("training"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(tmp_path / "demo", batches=1, progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert make_demo(tmp_path / "demo", batches=0).stage == "active learning"


def known(folder: Path, rows: list[tuple], seed: int = 7) -> LabeledPool:
    """A table of these (item_id, text, label) rows."""
    folder.mkdir()
    labeled = write_csv(folder / "labeled.csv", [("item_id", "text", "label"), *rows])
    write_labeled(labeled, folder, default_task())
    return read_labeled(folder, replace(default_task(), seed=seed))


def picked(step: Step) -> list[str]:
    ids = step.snapshot.pool_words.pool.ids
    return [ids[place].as_py() for _, place, _ in step.picks]


def through_files(workspace, oracle: Mapping[str, str], sizes: list[BatchRequest]) -> list[Batch]:
    """What the app proposes, each batch labeled through the inbox before the next."""
    inbox, batches = Inbox(workspace), []
    for wishes in sizes:
        batches.append(propose(read_snapshot(workspace), "oracle", wishes))
        label_batch(inbox, batches[-1], oracle)
    return batches


UNFIT = {"stratified column", "mean confidence", "matches"}
EVERY = {name: 2 for name in STRATEGIES if name not in UNFIT}


@pytest.mark.parametrize("mix", [CHAPTER, EVERY], ids=["the chapter's mix", "every strategy"])
def test_a_simulated_loop_is_the_apps_loop(mix, make_workspace: MakeWorkspace, tmp_path: Path):
    """Same data, same seed: the same items by the same strategies, and the same runs."""
    rows, size = headlines(300), sum(mix.values())
    targets = "[targets]\nevaluation = 60\ntraining = 30\n[batch]\nsize = 10\n"
    workspace = make_workspace([row[:2] for row in rows], task="seed = 7\n" + targets)
    oracle = {item_id: label for item_id, _, label in rows}
    wishes = [BatchRequest(size=60), BatchRequest(size=30), *[BatchRequest(size=size, mix=mix)] * 3]
    held_out, first, *batches = through_files(workspace, oracle, wishes)
    assert (held_out.split, first.split, batches[0].run_id) == (
        "evaluation",
        "training",
        "run-0001",
    )

    simulated = list(
        steps(
            known(tmp_path / "table", rows), by_mix(mix, size), "linear", 7, Plan(30, size, 3, 0.2)
        )
    )
    begin = simulated[0].snapshot.labels.splits
    ids = {split: [item.item_id for item in begin[split]] for split in begin}
    assert ids["evaluation"] == [proposal.item_id for proposal in held_out.proposals]
    assert ids["training"] == [proposal.item_id for proposal in first.proposals]
    for step, batch in zip(simulated, batches, strict=False):
        assert picked(step) == [proposal.item_id for proposal in batch.proposals]
        assert [strategy for strategy, _, _ in step.picks] == [
            proposal.strategy for proposal in batch.proposals
        ]
    app_training = read_snapshot(workspace).labels.splits["training"]
    for ours, theirs in zip(
        simulated[-1].snapshot.labels.splits["training"], app_training, strict=True
    ):
        same = ("item_id", "text", "label", "strategy", "confidence")
        assert [getattr(ours, x) for x in same] == [getattr(theirs, x) for x in same]
    runs = read_snapshot(workspace).logs.runs
    for step, run in zip(simulated, runs, strict=False):
        assert (step.trained.run.fscore, step.trained.run.auc) == (run.fscore, run.auc)
        assert step.trained.run.training_hash == run.training_hash
    assert (len(simulated), len(batches), len(runs)) == (4, 3, 3)
    assert simulated[-1].picks == []


def test_a_simulated_loop_keeps_evaluation_items_out(tmp_path: Path):
    rows = headlines(120)
    copies = [(f"copy{at}", text.upper(), label) for at, (_, text, label) in enumerate(rows)]
    table = known(tmp_path / "table", rows + copies)
    *_, last = steps(table, by_mix(CHAPTER, 20), "book", 1, Plan(20, 20, 99, 0.3))
    splits = last.snapshot.labels.splits
    texts = [{item.text.lower() for item in splits[x]} for x in ("evaluation", "training")]
    assert [len(part) for part in texts] == [36, 84]
    assert not texts[0] & texts[1]
    assert len(splits["training"]) == 84


def test_while_there_is_one_label_the_next_batch_is_random(tmp_path: Path):
    rows = [(str(at), f"text {at}", "1" if at == 0 else "0") for at in range(60)]
    found = list(
        steps(known(tmp_path / "table", rows), by_mix(CHAPTER, 10), "book", 3, Plan(5, 10, 2, 0.0))
    )
    assert found[0].trained is None
    assert {strategy for strategy, _, _ in found[0].picks} == {"random"}


def test_seeds_differ_and_repeat(tmp_path: Path):
    table = known(tmp_path / "table", headlines(200))
    first, again, other = (
        [picked(step) for step in steps(table, by_mix(CHAPTER, 10), "book", seed, Plan(30, 10, 2))]
        for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("id", "text", "label")], "line 1: the header is not"),
        ([("item_id", "text", "label"), ("a", "b", "maybe")], "line 2: label `maybe` is not one"),
        ([("item_id", "text", "label"), ("a", "b")], "line 2: the row has 2 fields, the header 3"),
        (
            [("item_id", "text", "label"), *[("a", "b", "1")] * 2],
            "line 3: the item_id `a` is there twice",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(rows, says: str, tmp_path: Path):
    labeled = write_csv(tmp_path / "labeled.csv", rows)
    with pytest.raises(WorkspaceError, match=says):
        write_labeled(labeled, tmp_path, default_task())
    with pytest.raises(WorkspaceError, match="There is no file"):
        write_labeled(tmp_path / "none.csv", tmp_path, default_task())


def test_further_columns_stay_with_the_pool(tmp_path: Path):
    rows = [("item_id", "text", "label", "source"), ("a", "b, c", "1", "x"), ("d", "e", "0", "y")]
    write_labeled(write_csv(tmp_path / "labeled.csv", rows), tmp_path, default_task())
    table = read_labeled(tmp_path, default_task())
    assert table.snapshot.pool_words.pool.table.to_pylist() == [
        {"item_id": "a", "text": "b, c", "source": "x"},
        {"item_id": "d", "text": "e", "source": "y"},
    ]
    assert table.oracle == {"a": "1", "d": "0"}


def test_answers_of_several_labels_are_read_as_people_write_them(tmp_path: Path):
    given = {"b|a": "a|b", '["b", "was"]': "a|b", "[]": "-", "-": "-", "a|old": "a", "b": "b"}
    rows = [(f"i{at}", f"text {at}", label) for at, label in enumerate(given)]
    head = ("item_id", "text", "label")
    task = parse_task(
        "several = true\n"
        + "".join(
            f"[[labels]]\nvalue = '{value}'\nfile = '{value}.csv'\n{more}\n"
            for value, more in (("a", "was = ['was']"), ("b", ""), ("old", "retired = true"))
        ),
        "task.toml",
    )
    write_labeled(write_csv(tmp_path / "labeled.csv", [head, *rows]), tmp_path, task)
    assert [*read_oracle(tmp_path / "oracle.csv").values()] == [*given.values()]
    for wrong in ("", "c", "a|c", "old", "[1", "['a']"):
        labeled = write_csv(tmp_path / "wrong.csv", [head, *rows, ("x", "y", wrong)])
        with pytest.raises(WorkspaceError, match=r"line 8: label .* is not one of `a`, `b`"):
            write_labeled(labeled, tmp_path / "none", task)


def test_an_oracle_with_a_row_without_a_label_is_refused(tmp_path: Path):
    path = tmp_path / "oracle.csv"
    path.write_text("item_id,text,label\n1,a,1\n2,b\n")
    with pytest.raises(WorkspaceError, match=r"oracle\.csv line 3: the row has no label"):
        read_oracle(path)


def test_what_stands_in_the_table_teaches_nothing(make_workspace: MakeWorkspace):
    """The same as of a pool that never had these items, nor other spellings of their texts."""
    rows = [row[:2] for row in headlines(200)]
    table = [text for _, text in rows[:60]]
    pool = [*rows, *((f"copy {at}", f"  {text.upper()}") for at, (at, text) in enumerate(rows[:9]))]
    found = background_space(read_snapshot(make_workspace(pool)), table)
    rest = [row for row in rows if row[1] not in table]
    assert found.key == pool_space(read_snapshot(make_workspace(rest))).key
    assert found.key != pool_space(read_snapshot(make_workspace(rows))).key


def test_what_is_held_out_in_the_workspace_teaches_nothing(make_workspace: MakeWorkspace):
    rows = headlines(120)
    held_out = {("evaluation", "1"): [row for row in rows[:40] if row[2] == "1"],
                ("evaluation", "0"): [row for row in rows[:40] if row[2] == "0"]}  # fmt: skip
    workspace = make_workspace([row[:2] for row in rows], held_out)
    found = background_space(read_snapshot(workspace), [])
    assert (
        found.key == background_space(read_snapshot(workspace), [row[1] for row in rows[:40]]).key
    )
