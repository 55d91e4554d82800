import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core.evaluation.intervals import Interval
from core.evaluation.stopping import (
    WINDOW,
    Sign,
    advice,
    agreement,
    gain,
    positives_left,
    stability,
)
from tests.worlds import binary

COLUMNS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1)


@given(COLUMNS)
def test_agreement_is_scikit_learns_kappa(pairs):
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    found = agreement(first, second)
    if len(set(first.tolist()) | set(second.tolist())) == 1:
        assert found is None
    else:
        assert found == pytest.approx(cohen_kappa_score(first, second))


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


def models(skills: list[float], number: int = 1200):
    """(models, actual): a tenth of the items is positive; each model is its skill above noise."""
    draw = np.random.default_rng(1)
    actual, noise = np.arange(number) % 10 == 0, draw.normal(size=number)
    return [binary(noise + skill * actual) for skill in skills], actual


def test_a_model_that_clearly_grew_says_go_on():
    sign = gain(*models([0.5, 1.0, 1.5, 2.0]))
    assert not sign.says_stop
    assert sign.value > 0.2
    assert "Compared with 3 model versions ago: 0." in sign.sentence
    assert "higher" in sign.sentence


def test_a_growth_within_the_noise_says_stop_and_how_much_it_could_have_missed():
    sign = gain(*models([0.5, 2.0, 2.0, 2.0, 2.0]))
    assert (sign.says_stop, sign.value) == (True, 0)
    assert "no clear difference (" in sign.sentence
    few = gain(*models([1.0, 1.5, 1.5, 1.1], number=60))
    assert few.says_stop
    assert "With 6 positive test items, a gain below 0." in few.sentence


def test_a_gain_needs_runs_and_positive_items():
    some, actual = models([1.0] * (WINDOW + 1))
    assert gain(some[1:], actual).value is None
    assert gain(some, np.zeros_like(actual)).value is None


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
    assert advice([unknown] * 3) == "Too early to say."
    assert advice([go, unknown, go]) == "Not yet: none of 3 signs says stop."
    assert advice([stop, unknown, go]) == "Not yet: 1 of 3 signs says stop."
    assert advice([go, stop, stop]) == "Not yet: 2 of 3 signs say stop."
    assert advice([stop, stop, stop]) == "Yes: all 3 signs say stop."
