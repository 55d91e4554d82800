"""Whatever stands in a file or comes in by the network: it is read or refused, and nothing else.

`python -m tests.benchmarks.fuzz` tries thousands of inputs.
"""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing import TARGETS, Target, inputs, refused


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@settings(suppress_health_check=[*HealthCheck])
@given(draw=st.randoms(use_true_random=False))
def test_whatever_is_given_to_a_reader_is_read_or_refused(target: Target, draw: random.Random):
    refused(target, inputs(target, draw))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_seeds_are_read(target: Target):
    assert not any(refused(target, seed) for seed in target.seeds()[:1])
