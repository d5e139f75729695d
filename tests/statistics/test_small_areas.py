"""Estimates of small areas: intervals hold, and shrinking brings them nearer to the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.small_areas import DirectEstimate, shrink

ESTIMATES = st.lists(
    st.builds(DirectEstimate, st.floats(0, 1), st.floats(1e-8, 1e-2)), min_size=4, max_size=17
)


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.05])
def test_intervals_hold_and_errors_shrink(spread: float) -> None:
    """17 regions in 100 worlds, alike or not; tests/bench/small_areas.py has 200 of each kind."""
    chance = np.random.default_rng(20)
    inside, shrunk_error, direct_error = [], 0.0, 0.0
    for _ in range(100):
        truth = 0.2 + spread * chance.normal(size=17)
        variances = chance.uniform(0.005, 0.03, 17) ** 2
        direct = truth + np.sqrt(variances) * chance.normal(size=17)
        estimates = shrink([*map(DirectEstimate, direct, variances)])
        inside += [e.low <= value <= e.high for e, value in zip(estimates, truth, strict=True)]
        values = np.array([estimate.value for estimate in estimates])
        shrunk_error += float(((values - truth) ** 2).sum())
        direct_error += float(((direct - truth) ** 2).sum())
    assert np.mean(inside) >= 0.95
    assert shrunk_error < direct_error


@given(ESTIMATES)
def test_an_estimate_lies_between_its_own_and_the_others(direct: list[DirectEstimate]) -> None:
    values = [estimate.value for estimate in direct]
    for estimate in shrink(direct):
        assert min(values) - 1e-9 <= estimate.value <= max(values) + 1e-9
        assert 0 <= estimate.weight <= 1
        assert estimate.low <= estimate.value <= estimate.high


def test_of_few_areas_each_stays_as_it_is() -> None:
    direct = [DirectEstimate(0.1, 0.0001), DirectEstimate(0.5, 0.0004)]
    first, second = shrink(direct)
    assert (first.value, first.weight, second.value) == (0.1, 1, 0.5)
    assert second.high - second.low == pytest.approx(2 * 2.33 * 0.02)
    assert shrink([]) == []
