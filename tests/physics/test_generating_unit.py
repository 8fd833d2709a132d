"""A generating unit starts, runs, fails and comes back."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.physics.kernel.chance import normal, uniform
from wattstack.physics.kernel.generator import (
    FAILED,
    FAILURES,
    MODE,
    RUNNING,
    STARTS,
    new_units,
    unit_step,
)

pytestmark = pytest.mark.tiny


def unit(**values: float) -> np.ndarray:
    usual = {
        "power_mw": 10.0, "minimum_frac": 0.0, "start_s": 0.0, "start_failure_frac": 0.0, "mtbf_s": np.inf,
        "repair_s": 3600.0, "ramp_mw_per_s": np.inf,
    }  # fmt: skip
    return np.array([[value] for value in (usual | values).values()])


def run(units: np.ndarray, want: list[float], step_s: float = 60.0, seed: int = 1):
    state = new_units(1)
    return [unit_step(0, units, state, w, step_s, seed) for w in want], state


def test_a_unit_that_starts_at_once_gives_what_is_asked():
    assert run(unit(), [4.0, 12.0, 0.0])[0] == [4.0, 10.0, 0.0]


def test_a_start_takes_its_time_and_the_step_it_ends_in_gives_a_part():
    assert run(unit(start_s=90.0), [10.0, 10.0, 10.0])[0] == [0.0, 5.0, 10.0]


def test_a_start_that_ends_with_the_step_gives_nothing_in_it():
    assert run(unit(start_s=60.0), [10.0, 10.0])[0] == [0.0, 10.0]


def test_power_follows_the_ask_at_the_ramp():
    power, _ = run(unit(ramp_mw_per_s=0.1), [10.0, 10.0, 10.0])
    assert power == pytest.approx([3.0, (6 + 10) / 2 * 40 / 60 + 10 * 20 / 60, 10.0])


def test_a_running_unit_gives_its_minimum_at_least():
    assert run(unit(minimum_frac=0.4), [1.0])[0] == [4.0]


def test_a_start_that_fails_is_known_when_it_should_have_ended_and_is_repaired():
    power, state = run(unit(start_failure_frac=1.0, start_s=60.0, repair_s=120.0), [10.0, 10.0, 10.0])
    assert power == [0.0, 0.0, 0.0]
    assert state[FAILURES, 0] == 1.0
    assert state[STARTS, 0] == 2.0


def test_a_unit_fails_about_once_in_its_mean_time():
    _, state = run(unit(mtbf_s=3600.0, repair_s=60.0), [10.0] * 60_000)
    assert state[FAILURES, 0] == pytest.approx(1000 * 60 / 61, rel=0.1)
    assert state[MODE, 0] in (RUNNING, FAILED)


def test_draws_are_the_same_for_the_same_seed_place_and_count_and_fill_the_unit_interval():
    draws = np.array([uniform(7, 3, k) for k in range(20_000)])
    assert draws[17] == uniform(7, 3, 17)
    assert 0.0 <= draws.min() < draws.max() < 1.0
    assert draws.mean() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(draws[:-1], draws[1:])[0, 1] == pytest.approx(0.0, abs=0.03)
    others = np.array([uniform(7, 4, k) for k in range(20_000)])
    assert np.corrcoef(draws, others)[0, 1] == pytest.approx(0.0, abs=0.03)


def test_normal_draws_have_mean_0_and_deviation_1():
    draws = np.array([normal(1, 2, k) for k in range(20_000)])
    assert draws.mean() == pytest.approx(0.0, abs=0.03)
    assert draws.std() == pytest.approx(1.0, abs=0.03)
