"""Cycles counted as they happen are those of ASTM E1049, whatever the noise, the rests and the length of the series."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.physics.ageing import AgeingLaws, stack_ageing
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.ageing import age_all, close_age, new_age
from wattstack.physics.kernel.layout import C_RATE, NFLOW, NSTATE, SOC, TEMP_CELL
from wattstack.physics.laws.law import Path, Shape, Stress

POWERS = (0.0, 1.0, 2.5)


def counting_law(gate_soc: float = 1e-4, rate_power: float = 0.0) -> AgeingLaws:
    """Counts: full equivalent cycles x depth^power, for three powers, on three paths that nothing else drives."""
    paths = tuple(Path(f"{power}", row.TO_RESISTANCE) for power in POWERS)
    cycles = tuple(
        Stress(row.C_ARRHENIUS, (1.0, 0.0, 0.0, power, rate_power), i) for i, power in enumerate(POWERS)
    )
    return AgeingLaws(
        None, {}, Shape(paths, cycles=cycles), np.ones(len(POWERS)), nominal=False, gate_soc=gate_soc
    )


def walk(laws: AgeingLaws, soc, step_s: float = 60.0, temp_degc: float = 25.0):
    """Age one block along the states of charge: (ageing, age, state)."""
    ageing = stack_ageing([laws])
    age, state, flows = new_age(ageing, 1), np.zeros((NSTATE, 1)), np.zeros((NFLOW, 1))
    state[SOC], state[TEMP_CELL] = soc[0], temp_degc
    age_all(ageing, age, state, flows, 0.0)
    for value in soc[1:]:
        flows[C_RATE] = (state[SOC, 0] - value) * 3600.0 / step_s
        state[SOC] = value
        age_all(ageing, age, state, flows, step_s)
    return ageing, age, state


def counted(laws: AgeingLaws, soc, step_s: float = 60.0) -> np.ndarray:
    age, _ = close_age(*walk(laws, soc, step_s))
    return age[row.LOSS : row.LOSS + len(POWERS), 0]


def astm(soc) -> list[tuple[float, float]]:
    """(range, count) by the words of ASTM E1049-85, 5.4.4: three points and the starting point."""
    points = [soc[0]]
    for value in soc[1:]:
        if len(points) > 1 and (value - points[-1]) * (points[-1] - points[-2]) >= 0:
            points[-1] = value
        elif value != points[-1]:
            points.append(value)
    counts, read = [], []
    for point in points:
        read.append(point)
        while len(read) >= 3:
            x, y = abs(read[-1] - read[-2]), abs(read[-2] - read[-3])
            if x < y:
                break
            if len(read) == 3:
                counts.append((y, 0.5))
                del read[0]
            else:
                counts.append((y, 1.0))
                del read[-3:-1]
    counts += [(abs(b - a), 0.5) for a, b in pairwise(read)]
    return counts


def moments(counts) -> np.ndarray:
    return np.array([sum(n * depth * depth**power for depth, n in counts) for power in POWERS])


@settings(max_examples=120, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=40))
def test_the_count_is_that_of_the_standard(levels):
    soc = np.array(levels) / 50.0
    assert counted(counting_law(), soc) == pytest.approx(moments(astm(soc)), abs=1e-12)


@pytest.mark.tiny
def test_the_example_of_the_standard_counts_as_printed_there():
    # ASTM E1049-85, figure 6: -2 1 -3 5 -1 3 -4 4 -2 counts ranges 3, 4, 6, 9 by half, 4 whole, 8 twice by half
    levels = (np.array([-2, 1, -3, 5, -1, 3, -4, 4, -2]) + 4.0) / 10.0
    expected = moments([(0.3, 0.5), (0.4, 0.5), (0.4, 1.0), (0.6, 0.5), (0.8, 0.5), (0.8, 0.5), (0.9, 0.5)])
    assert counted(counting_law(), levels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.tiny
def test_noise_inside_the_gate_is_no_cycle():
    rng = np.random.default_rng(1)
    slope = np.concatenate([np.linspace(0.9, 0.1, 500), np.full(500, 0.1), np.linspace(0.1, 0.9, 500)])
    noisy = np.clip(slope + rng.uniform(-0.0004, 0.0004, slope.size), 0, 1)
    quiet = counted(counting_law(gate_soc=0.001), slope)
    assert counted(counting_law(gate_soc=0.001), noisy) == pytest.approx(quiet, rel=2e-3)
    assert counted(counting_law(gate_soc=1e-6), noisy)[0] > 1.05 * quiet[0]


@pytest.mark.tiny
def test_what_does_not_fit_on_the_stack_is_counted_by_half():
    # ever smaller: nothing ever closes
    turns = 0.5 + 0.49 * np.linspace(1.0, 0.02, 100) * (-1.0) ** np.arange(100)
    assert counted(counting_law(), turns) == pytest.approx(moments(astm(turns)), abs=1e-12)


@pytest.mark.tiny
def test_rests_do_not_slow_a_cycle_down():
    down, up = np.linspace(0.9, 0.1, 33), np.linspace(0.1, 0.9, 17)
    busy = np.concatenate([down, up[1:]] * 4)
    rested = np.concatenate([down, np.full(40, 0.1), up[1:], np.full(25, 0.9)] * 4)
    law = counting_law(gate_soc=0.001, rate_power=1.0)
    assert counted(law, rested) == pytest.approx(counted(law, busy), rel=1e-9)


@pytest.mark.tiny
def test_the_rate_of_a_cycle_is_its_swing_over_its_time_in_motion():
    cycle = np.concatenate([np.linspace(0.9, 0.1, 121), np.linspace(0.1, 0.9, 121)[1:]])  # 0.8 in 2 h: 0.4 C
    law, plain = counting_law(gate_soc=0.001, rate_power=1.0), counting_law(gate_soc=0.001)
    cycles = np.concatenate([cycle, *[cycle[1:]] * 9])
    assert counted(law, cycles) / counted(plain, cycles) == pytest.approx([0.4] * 3, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=60))
def test_throughput_is_never_lost(levels):
    soc = np.array(levels)
    law = counting_law(gate_soc=1e-9)
    throughput = 0.5 * np.abs(np.diff(soc)).sum()
    assert counted(law, soc)[0] == pytest.approx(throughput, rel=1e-9, abs=1e-6)


def test_closing_the_count_leaves_the_running_block_as_it_is():
    rng = np.random.default_rng(2)
    ageing, age, state = walk(counting_law(), rng.uniform(0, 1, 50))
    before = age.copy(), state.copy()
    once = close_age(ageing, age, state)[0]
    assert np.array_equal(age, before[0], equal_nan=True) and np.array_equal(state, before[1])
    assert np.array_equal(close_age(ageing, age, state)[0], once, equal_nan=True)
