"""Fade: what is left after years, by an unchanging duty or a series; blocks that are not new."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.physics import Steady, aged, ageing_of, draw_factors, fade
from wattstack.physics.ageing import stack_ageing
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.ageing import age_steadily, new_age
from wattstack.physics.kernel.layout import CAPACITY, NSTATE, RESISTANCE

TRIANGLE = np.concatenate([np.linspace(0.9, 0.1, 49)[1:], np.linspace(0.1, 0.9, 49)[1:]])  # 15 min, C / 15


def test_a_series_and_the_unchanging_duty_it_is_agree():
    for name in ("smith-lmo-lto", "lto", "zinc", "blast-nmc-75ah"):
        laws = ageing_of(name, counts="soc")
        series = fade(laws, TRIANGLE, 2, step_s=900.0, strip_days=10)
        steady = fade(laws, Steady(25.0, 0.5, 0.8, 0.8 / 12, 0.8), 2, strip_days=10)
        assert series.capacity_frac[-1] == pytest.approx(steady.capacity_frac[-1], abs=4e-3)
        assert series.full_cycles[-1] == pytest.approx(steady.full_cycles[-1], rel=2e-3)


def test_an_unchanging_duty_is_the_law_itself():
    table = fade(ageing_of("naumann-lfp"), Steady(35.0, 0.5, 0.5, 0.5, 1.0), 5)
    warm = np.exp(-17126 / 8.3144598 * (1 / 308.15 - 1 / 298.15))
    seconds, cycles = table.year * 365 * 86400.0, table.year * 365.0
    rest = 1.2571e-5 * warm * 0.60225 * seconds**0.5
    moved = (0.0630 * 0.5 + 0.0971) / 100 * (4.0253 * (-0.1) ** 3 + 1.0923) * cycles**0.5
    assert table.capacity_frac == pytest.approx(1.0 - rest - moved, rel=1e-12)


def test_half_the_step_changes_the_loss_of_a_year_by_less_than_half_a_thousandth():
    laws = ageing_of("naumann-lfp")
    fine = np.concatenate([np.linspace(0.9, 0.1, 97)[1:], np.linspace(0.1, 0.9, 97)[1:]])
    temp = 25.0 + 5.0 * np.sin(np.linspace(0, 2 * np.pi, 193)[1:])
    coarse = fade(laws, fine[1::2], 1, temp_degc=temp[1::2], step_s=900.0)
    halved = fade(laws, fine, 1, temp_degc=temp, step_s=450.0)
    assert 1 - coarse.capacity_frac[-1] == pytest.approx(1 - halved.capacity_frac[-1], rel=5e-4)


def test_several_makes_go_through_one_duty_together():
    laws = ageing_of("blast-lfp-250ah")
    makes = [laws.times(factors) for factors in draw_factors(laws, 5, seed=3)]
    table = fade(makes, Steady(), 3)
    assert table.capacity_frac.shape == (4, 5)
    assert np.ptp(table.capacity_frac[-1]) > 0.005
    assert table.capacity_frac[:, 2].tolist() == fade(makes[2], Steady(), 3).capacity_frac.tolist()
    assert len(table.frame()) == 20 and len(fade(laws, Steady(), 3).frame()) == 4


def test_a_strip_keeps_what_is_lost_reversibly_small():
    laws = ageing_of("zinc")
    never, often = (fade(laws, Steady(), 1, strip_days=days) for days in (None, 5))
    assert never.capacity_frac[-1] == 0.0
    assert often.reversible_frac[-1] == pytest.approx(5 * (0.004 + 0.001))
    assert often.capacity_frac[-1] > 0.9


def test_capacity_ends_at_nothing():
    assert fade(ageing_of("vrla"), Steady(cycles_per_day=5), 30).capacity_frac[-1] == 0.0


def test_a_block_that_is_not_new_goes_on_where_an_old_one_stands():
    laws, duty = ageing_of("smith-nmc"), Steady(25.0, 0.5, 0.8, 0.5, 1.0)
    column = aged(laws, 4.0, 4 * 365.0, duty)
    assert column[CAPACITY] == pytest.approx(fade(laws, duty, 4).capacity_frac[-1], rel=1e-12)
    ageing = stack_ageing([laws, laws])
    age, state = new_age(ageing, 2), np.zeros((NSTATE, 2))
    age[:, 1] = column
    kernel = duty.as_kernel()
    age_steadily(ageing, age, state, 0, (5 * 365 * 86400.0, 5 * 365.0), kernel)
    age_steadily(ageing, age, state, 1, (365 * 86400.0, 365.0), kernel)
    assert age[[CAPACITY, RESISTANCE, row.FULL_CYCLES], 0] == pytest.approx(
        age[[CAPACITY, RESISTANCE, row.FULL_CYCLES], 1]
    )


def test_zinc_that_is_not_new_has_just_been_stripped():
    assert aged(ageing_of("zinc"), 0.0, 500.0)[CAPACITY] == pytest.approx(1.0 - 0.2 * 500 / 5000)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"dod": 1.2}, "dod"), ({"soc": 0.1}, "leave 0 .. 1"), ({"c_rate": -1}, "c_rate"),
        ({"temp_degc": 298.15 + 20}, "degC"), ({"dod": 0.0}, "while there are cycles"),
    ],
)  # fmt: skip
def test_a_duty_that_cannot_be_is_told_in_words(wrong, words):
    with pytest.raises(InputError) as caught:
        Steady(**wrong)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"years": 0}, "years"), ({"strip_days": 0}, "strip_days"), ({"step_s": 0}, "step_s"),
        ({"duty": np.array([0.5, np.nan])}, "0 .. 1"), ({"duty": np.array([[0.5]])}, "one series"),
        ({"temp_degc": np.array([1.0])}, "temp_degc"),
    ],
)  # fmt: skip
def test_what_fade_is_asked_must_be_possible(wrong, words):
    given = {"laws": ageing_of("vrla"), "duty": TRIANGLE, "years": 1} | wrong
    with pytest.raises(InputError) as caught:
        fade(**given)
    assert words in str(caught.value)


def test_a_block_is_not_younger_than_new():
    for given in ((-1.0, 0.0), (1.0, -5.0), (np.nan, 0.0)):
        with pytest.raises(InputError, match=">= 0"):
            aged(ageing_of("vrla"), *given)
    with pytest.raises(InputError, match="depth"):
        aged(ageing_of("vrla"), 1.0, 10.0, Steady(dod=0.0, cycles_per_day=0.0))
