import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.prove.estimate import Estimate, estimate, quantiles, weights_of, wilson


def test_wilson_interval_is_that_of_the_paper_for_plain_draws():
    p, n, z = 0.1, 50, 1.959963984540054
    low, high = wilson(Estimate(p, np.sqrt(p * (1 - p) / n)), n)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    assert (low + high) / 2 == pytest.approx(middle)
    assert low == pytest.approx(0.0434753, abs=1e-6)


def test_a_surer_estimate_has_a_narrower_interval():
    wide, narrow = wilson(Estimate(0.01, 0.004), 1000), wilson(Estimate(0.01, 0.001), 1000)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.floats(0, 0.5), st.integers(1, 100_000))
def test_interval_holds_its_estimate_and_stays_a_chance(chance, error, count):
    low, high = wilson(Estimate(chance, error), count)
    assert 0.0 <= low <= chance + 1e-12
    assert chance - 1e-12 <= high <= 1.0


def test_error_of_unpaired_draws_is_that_of_the_mean():
    values = np.random.default_rng(1).normal(size=400)
    one = estimate(values, np.arange(400), np.zeros(400))
    assert one.sigma == pytest.approx(values.std(ddof=1) / 20.0)
    assert one.value == pytest.approx(values.mean())


def test_pairs_that_cancel_each_other_leave_no_error():
    values = np.random.default_rng(1).normal(size=100)
    both = np.stack([values, -values], axis=1).ravel()
    assert estimate(both, np.arange(200) // 2, np.zeros(200)).sigma == pytest.approx(0.0, abs=1e-12)


def test_a_pair_without_its_mirror_counts_too():
    one = estimate(np.array([1.0, 1.0, 1.0]), np.array([0, 0, 1]), np.zeros(3))
    assert (one.value, one.sigma) == (1.0, 0.0)


def test_difference_between_strata_is_no_error():
    stratum = np.array([0.0, 0.0, 1.0, 1.0])
    assert estimate(np.array([1.0, 1.0, 3.0, 3.0]), np.arange(4), stratum).sigma == 0.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-500, 500), min_size=2, max_size=20))
def test_no_weight_is_above_the_inverse_of_the_share_drawn_as_declared(log_ratio):
    tilted = (np.arange(len(log_ratio)) % 2).astype(float)
    with np.errstate(over="ignore"):
        weights = weights_of(tilted, np.array(log_ratio))
    assert (weights <= 1.0 / (1.0 - tilted.mean()) + 1e-12).all()
    assert (weights >= 0.0).all()


def test_weights_of_a_normal_number_bring_its_tail_back():
    rng = np.random.default_rng(3)
    tilted = (np.arange(20_000) % 2).astype(float)
    z = rng.normal(size=20_000) + 2.0 * tilted
    weights = weights_of(tilted, 0.5 * 4.0 - 2.0 * z)
    assert weights.mean() == pytest.approx(1.0, abs=0.02)
    assert (weights * (z > 3.0)).mean() == pytest.approx(1.349898e-3, rel=0.1)


def test_quantiles_count_weight_not_rows():
    values, weights = np.array([0.0, 10.0, 20.0]), np.array([8.0, 1.0, 1.0])
    assert quantiles(values, weights, (0.5, 0.9, 1.0)) == [0.0, 10.0, 20.0]
