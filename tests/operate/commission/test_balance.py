"""What closes the balance, who is named by a step, and slopes that a moving load does not spoil."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.operate.commission.answer import slope
from wattstack.operate.commission.balance import (
    Response,
    Term,
    factor_of,
    named,
    residual_mw,
    suspects,
    unproved,
    words_of,
)
from wattstack.operate.commission.nameplate import Bound

WIDE = Bound(-500.0, 500.0, "test")


def terms(**powers: float) -> list[Term]:
    """Meter, battery, solar and two loads; powers as they are read."""
    directions = {"grid": 1.0, "battery": 1.0, "solar": 1.0, "halls": -1.0, "offices": -1.0}
    return [
        Term(name, "power_mw", directions[name], power, WIDE, name in ("grid", "battery"))
        for name, power in powers.items()
    ]


def test_a_balance_that_closes_has_no_suspects():
    assert suspects(terms(grid=15.0, battery=3.0, solar=4.0, halls=20.0, offices=2.0)) == []


@settings(max_examples=60, deadline=None)
@given(
    st.floats(5.0, 100.0),
    st.floats(-4.0, 4.0),
    st.floats(2.0, 10.0),
    st.sampled_from((-1.0, 1e3, 1e-3, 10.0)),
)
def test_a_slip_of_the_meter_is_always_among_the_suspects(halls, battery, solar, factor):
    grid = halls - battery - solar
    read = terms(grid=grid * factor, battery=battery, solar=solar, halls=halls)
    if abs(residual_mw(read)) > 0.05 * sum(abs(t.power_mw) for t in read) and abs(grid) > 1.0:
        assert any(one.path == "grid" and one.factor == factor for one in suspects(read))


def test_what_reads_next_to_nothing_is_not_proved():
    assert unproved(terms(grid=20.0, battery=0.0, halls=20.0)) == ["battery"]


def test_meters_that_were_changed_about_are_found():
    read = terms(grid=20.0, solar=25.0, halls=5.0)  # halls draw 25, the sun gives 5
    assert any({one.path, one.other} == {"solar", "halls"} for one in suspects(read))
    text = next(one.text for one in suspects(read) if one.other)
    assert text == "solar and halls are changed about"


@pytest.mark.parametrize(
    ("own", "seen", "told"),
    [
        (1.0, 1.0, []),
        (1.0, -1.0, ["meter power_mw has the wrong sign"]),
        (-1.0, 1.0, ["battery power_mw has the wrong sign"]),
        (-1.0, -1.0, ["battery setpoint_mw has the wrong sign"]),
        (1e3, 1e3, ["battery setpoint_mw has a scale x1000 too high"]),
        (0.0, 1.0, ["battery power_mw does not move with it"]),
        (1.0, 0.0, ["meter power_mw does not move with it"]),
        (1e3, -1.0, ["battery power_mw has a scale x1000 too high", "meter power_mw has the wrong sign"]),
        (nan, 1.0, []),
        (-1.0, nan, ["battery power_mw has the wrong sign"]),
    ],
)
def test_of_three_witnesses_the_two_that_agree_are_believed(own, seen, told):
    assert [one.text for one in named("battery", own, "meter", seen)] == told


@pytest.mark.parametrize(
    ("ratio", "error", "factor"),
    [
        (0.9, 0.05, 1.0),
        (-1.1, 0.1, -1.0),
        (1000.0, 5.0, 1e3),
        (164.0, 0.1, 160.0),
        (0.0, 0.01, 0.0),
        (0.001, 1e-5, 1e-3),
    ],
)
def test_a_response_tells_its_factor(ratio, error, factor):
    assert factor_of(Response(ratio, error), 1.0) == factor
    assert factor_of(Response(-ratio, error), -1.0) == factor


def test_a_response_that_is_not_sure_tells_nothing():
    assert isnan(factor_of(Response(1.0, 0.5), 1.0))
    assert isnan(factor_of(Response(0.5, 0.12), 1.0))
    assert isnan(factor_of(Response(nan, nan), 1.0))


def test_words_of_both_slips():
    assert words_of(-1000.0) == "the wrong sign and a scale x1000 too high"


def test_a_load_that_moves_does_not_spoil_the_slope():
    rng = np.random.default_rng(1)
    time_s = np.arange(120) * 0.1
    wanted = np.where((time_s // 2).astype(int) % 2, 0.2, 0.0)
    load = 20.0 + np.cumsum(rng.normal(0.0, 0.05, 120))
    alone = slope(load - wanted, wanted, [time_s], 20)
    beside = slope(load - wanted, wanted, [time_s, load], 20)
    assert abs(beside.slope + 1.0) < 0.01 < alone.sigma
