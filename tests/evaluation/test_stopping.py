from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.runs import WATCHED, load_run, read_report, train
from core.evaluation.stopping import estimate, stability
from core.models.predict import score_texts
from core.workspace.layout import open_workspace
from core.workspace.snapshot import read_snapshot
from tests.conftest import MakeWorkspace, headlines


def predictions(changed: list[int]) -> list[dict[str, str]]:
    """A model on 400 items, a quarter positive, and models that each turn so many others round."""
    draw, found = np.random.default_rng(0), [np.arange(400) % 4 == 0]
    for number in changed:
        items = draw.choice(400, number, replace=False)
        found.append(found[-1] ^ np.isin(np.arange(400), items))
    return [told(column) for column in found]


def told(column: np.ndarray) -> dict[str, str]:
    return {f"i{at}": "01"[is_positive] for at, is_positive in enumerate(column.tolist())}


def test_predictions_that_rest_say_stop():
    sign = stability(predictions([90, 40, 0, 1, 0]))
    assert sign.says_stop
    assert sign.value == pytest.approx((1 + 0.9933 + 1) / 3, abs=0.001)
    assert sign.sentence.startswith("The last 4 model versions agree by 0.99")


def test_predictions_that_move_say_go_on():
    sign = stability(predictions([0, 0, 0, 9, 0, 0]))
    assert not sign.says_stop
    assert 0.97 < sign.value < 0.99
    assert sign.sentence.endswith("0.99 counts as stable.")


def test_too_few_runs_and_models_that_learned_nothing_give_no_sign():
    nothing = [told(np.zeros(50, bool))] * 6
    for found in (stability([]), stability(predictions([0, 0])), stability(nothing)):
        assert (found.value, found.says_stop) == (None, False)


def test_the_verdict_is_about_the_model():
    assert stability([]).advice == "Too early to say."
    assert stability(predictions([90, 40, 0, 1, 0])).advice.startswith("Yes, for the model")
    assert stability(predictions([0, 0, 0, 9, 0, 0])).advice.startswith("Not yet")


def test_items_that_only_one_run_was_asked_about_do_not_count():
    grown = [said | {f"new{run}": "1"} for run, said in enumerate(predictions([0, 0, 9, 0]))]
    assert stability(grown) == stability(predictions([0, 0, 9, 0]))
    apart = [{f"{run}": "1"} for run in range(6)]
    assert stability(apart).value is None


def test_an_estimate_tells_of_positives_and_of_the_model(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    reports = [read_report(snapshot, run) for run in snapshot.logs.runs]
    found = estimate(snapshot, reports)
    assert found.prevalence.found
    assert found.stable.value is None  # three runs only
    # A fourth that says the same, and one of before runs kept what they say.
    more = estimate(snapshot, [None, *reports, replace(reports[-1], watched=()), reports[-1]])
    assert more.stable.value > 0.5


def test_every_run_is_asked_about_the_same_items(demo: Path):
    snapshot = read_snapshot(open_workspace(demo))
    first, *others = (dict(read_report(snapshot, run).watched) for run in snapshot.logs.runs)
    assert len(first) == WATCHED
    assert all(each.keys() == first.keys() for each in others)
    run = snapshot.logs.runs[-1]
    ids, answers = zip(*read_report(snapshot, run).watched, strict=True)
    texts = [snapshot.pool_words.pool.texts_of(ids)[item] for item in ids]
    model = load_run(snapshot, run)
    expected = model.columns.most_probable.answers(score_texts(model, texts))
    assert list(answers) == expected


def test_neither_copies_nor_blank_texts_are_watched(make_workspace: MakeWorkspace):
    """A copy would count one prediction twice; of a blank text a model can say nothing."""
    rows = [row[:2] for row in headlines(60)]
    copies = [(f"copy{at}", text) for at, (_, text) in enumerate(rows[20:])]
    blank = [("none", ""), ("space", " \u200b\t")]
    labels = {("training", label): [row for row in headlines(60)[:20] if row[2] == label]
              for label in "01"}  # fmt: skip
    snapshot = read_snapshot(make_workspace([*blank, *rows, *copies], labels))
    watched = [item for item, _ in train(snapshot, name="linear").report.watched]
    assert sorted(watched) == sorted(item for item, _ in rows)


def test_without_runs_there_is_only_the_sample(make_workspace: MakeWorkspace):
    rows = headlines(60)
    labels = {("evaluation", "0"): rows[:4], ("evaluation", "1"): [rows[5]]}
    found = estimate(read_snapshot(make_workspace([row[:2] for row in rows], labels)), [])
    assert found.prevalence.share.value == pytest.approx(0.2)
    assert found.stable.value is None
    assert found.prevalence
