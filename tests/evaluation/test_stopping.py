import numpy as np
import pytest

from core.evaluation.intervals import Interval
from core.evaluation.stopping import Sign, advice, positives_left, stability


def predictions(changed: list[int]) -> list[np.ndarray]:
    """A model on 400 items, a quarter positive, and models that each turn so many others round."""
    draw, found = np.random.default_rng(0), [np.arange(400) % 4 == 0]
    for number in changed:
        items = draw.choice(400, number, replace=False)
        found.append(found[-1] ^ np.isin(np.arange(400), items))
    return [column.astype(np.int64) for column in found]


def test_predictions_that_rest_say_stop():
    sign = stability(predictions([90, 40, 0, 1, 0]))
    assert sign.says_stop
    assert sign.value == pytest.approx((1 + 0.9933 + 1) / 3, abs=0.001)
    assert sign.sentence.startswith("Predictions hardly change: the last 4 model versions")


def test_predictions_that_move_say_go_on():
    sign = stability(predictions([0, 0, 0, 9, 0, 0]))
    assert not sign.says_stop
    assert 0.97 < sign.value < 0.99
    assert "still change" in sign.sentence


def test_too_few_runs_and_models_that_learned_nothing_give_no_sign():
    nothing = [np.zeros(50, np.int64)] * 6
    for found in (stability([]), stability(predictions([0, 0])), stability(nothing)):
        assert (found.value, found.says_stop) == (None, False)


def test_positives_left_say_stop_when_nearly_all_are_surely_found():
    sure, unsure = Interval(2.0, 0.0, 9.0), Interval(2.0, 0.0, 40.0)
    assert positives_left(200, sure).says_stop
    assert not positives_left(200, unsure).says_stop
    assert positives_left(200, unsure).sentence == (
        "About 2 positives (0 to 40) are still unlabeled. You found 200: 99% of all, at least 83%."
    )
    assert positives_left(0, Interval(0.0, 0.0, 30.0)).value is None


def test_the_verdict_counts_the_signs_that_say_stop():
    go, stop = Sign("a", 1.0, False, ""), Sign("b", 1.0, True, "")
    unknown = Sign("c", None, False, "")
    assert advice([unknown] * 2) == advice([unknown]) == "Too early to say."
    assert advice([go, unknown]) == "Not yet: none of 2 signs says stop."
    assert advice([stop, unknown]) == advice([go, stop]) == "Not yet: 1 of 2 signs says stop."
    assert advice([stop, stop]) == "Yes: both signs say stop."
    assert advice([go]) == "Not yet: the one sign says go on."
    assert advice([stop]) == "Yes: the one sign says stop."
