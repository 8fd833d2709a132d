"""Ageing: the same for any step and any order, never upwards, never below nothing; bad input is told in words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.physics import ageing_of, draw_factors, outside
from wattstack.physics.ageing import stack_ageing
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel.ageing import age_all, age_series, age_steadily, close_age, new_age, strip
from wattstack.physics.kernel.layout import (
    C_RATE,
    CAPACITY,
    NFLOW,
    NSTATE,
    RESISTANCE,
    REVERSIBLE,
    SINCE_STRIP,
    SOC,
    TEMP_CELL,
)  # fmt: skip
from wattstack.physics.laws import LAWS

RATED = {"law": "rated", "life_years": 20, "life_cycles": 6000, "left_frac": 0.8}
EVERY = [RATED if name == "rated" else {"law": name} for name in LAWS]


def blocks(laws, soc=0.5, temp_degc=25.0):
    ageing = stack_ageing([ageing_of(one) for one in laws])
    state = np.zeros((NSTATE, len(laws)))
    state[SOC], state[TEMP_CELL] = soc, temp_degc
    age, flows = new_age(ageing, len(laws)), np.zeros((NFLOW, len(laws)))
    age_all(ageing, age, state, flows, 0.0)
    return ageing, age, state, flows


def along(laws, soc, step_s, temp_degc=25.0):
    ageing, age, state, flows = blocks(laws, soc[0], temp_degc)
    age_series(ageing, age, state, flows, np.vstack([soc[1:], np.full(soc.size - 1, temp_degc)]), step_s)
    return close_age(ageing, age, state)


def days(count, step_s, low=0.1, high=0.9):
    """Four hours down, two at rest, six up, the rest at rest: every corner on a quarter of an hour."""
    hours = np.arange(0, 24 * count + step_s / 7200, step_s / 3600)
    return np.interp(hours % 24, [0, 6, 10, 12, 18, 24], [high, high, low, low, high, high])


@pytest.mark.tiny
@pytest.mark.parametrize("law", EVERY, ids=lambda one: one["law"])
def test_the_length_of_a_step_does_not_change_a_rest(law):
    lost = []
    for step_s in (60.0, 700.0, 3600.0, 7200.0):
        ageing, age, state, flows = blocks([law], 0.7, 30.0)
        for _ in range(round(50400 / step_s)):
            age_all(ageing, age, state, flows, step_s)
        lost.append(close_age(ageing, age, state)[0][[CAPACITY, RESISTANCE], 0])
    assert np.allclose(lost, lost[0], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("law", EVERY, ids=lambda one: one["law"])
def test_the_length_of_a_step_hardly_changes_a_duty(law):
    fine, coarse = (along([law], days(20, step_s), step_s)[0] for step_s in (60.0, 900.0))
    for field, new in (
        (CAPACITY, new_age(stack_ageing([ageing_of(law)]), 1)[CAPACITY, 0]),
        (RESISTANCE, 1.0),
    ):
        assert abs(coarse[field, 0] - fine[field, 0]) <= 5e-4 * abs(new - fine[field, 0]) + 1e-12


@pytest.mark.tiny
@pytest.mark.parametrize("law", EVERY, ids=lambda one: one["law"])
def test_the_order_of_the_years_does_not_matter(law):
    if law["law"] in ("blast-lfp-sony", "smith-nmc"):
        pytest.skip("its curve moves with temperature: what comes first counts")
    duties = [
        (283.15, 0.3, 0.4, 0.2, 0.2, 0.2),
        (298.15, 0.5, 0.8, 0.5, 0.5, 0.5),
        (308.15, 0.6, 0.6, 1.0, 1.0, 1.0),
    ]
    left = []
    for order in (duties, duties[::-1]):
        ageing, age, state, _ = blocks([law])
        for duty in order:
            age_steadily(ageing, age, state, 0, (1e7, 30.0), duty)
        left.append((age[CAPACITY, 0], age[RESISTANCE, 0]))
    assert left[0] == pytest.approx(left[1], rel=1e-12)


@pytest.mark.tiny
@pytest.mark.parametrize("law", EVERY, ids=lambda one: one["law"])
def test_a_span_at_once_is_the_same_as_its_parts(law):
    duty = (300.15, 0.55, 0.7, 0.4, 0.4, 0.4)
    ageing, once, state, _ = blocks([law])
    age_steadily(ageing, once, state, 0, (3e7, 300.0), duty)
    _, parts, other, _ = blocks([law])
    for _ in range(40):
        age_steadily(ageing, parts, other, 0, (3e7 / 40, 300.0 / 40), duty)
    assert parts[CAPACITY, 0] == pytest.approx(once[CAPACITY, 0], rel=1e-9)
    assert parts[RESISTANCE, 0] == pytest.approx(once[RESISTANCE, 0], rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(EVERY),
    st.lists(st.floats(0, 1), min_size=2, max_size=60),
    st.floats(-20, 60),
    st.sampled_from([60.0, 450.0, 3600.0, 86400.0]),
)
def test_nothing_grows_back_and_nothing_falls_below_nothing(law, soc, temp_degc, step_s):
    ageing, age, state, flows = blocks([law], soc[0], temp_degc)
    capacity, resistance = age[CAPACITY, 0], age[RESISTANCE, 0]
    for value in soc[1:]:
        flows[C_RATE] = (state[SOC, 0] - value) * 3600 / step_s
        state[SOC] = value
        age_all(ageing, age, state, flows, step_s)
        assert 0.0 <= age[CAPACITY, 0] <= capacity + 1e-12
        assert age[RESISTANCE, 0] >= resistance - 1e-12
        capacity, resistance = age[CAPACITY, 0], age[RESISTANCE, 0]
    assert np.isfinite(age[CAPACITY, 0]) and np.isfinite(age[RESISTANCE, 0])
    closed = close_age(ageing, age, state)[0]
    assert 0.0 <= closed[CAPACITY, 0] <= capacity + 1e-12


def test_noise_on_the_power_ages_a_cell_more_not_less():
    rng = np.random.default_rng(5)
    plain = days(60, 900.0)
    noise = np.cumsum(rng.normal(0, 1, plain.size))
    noise -= np.linspace(noise[0], noise[-1], plain.size)
    lost = [
        1
        - along(
            [{"law": "naumann-lfp", "k_loss": 0, "a_cycle": 0}],
            np.clip(plain + size * noise / noise.std(), 0, 1),
            900.0,
        )[0][CAPACITY, 0]
        for size in (0.0, 0.01, 0.05)
    ]
    assert lost[0] < lost[1] < lost[2]


def test_many_blocks_age_as_each_would_alone():
    soc = days(3, 900.0)
    together, _ = along(EVERY, soc, 900.0)
    for b, law in enumerate(EVERY):
        alone, _ = along([law], soc, 900.0)
        assert together[:2, b].tolist() == alone[:2, 0].tolist()


@pytest.mark.tiny
def test_a_rest_of_a_year_loses_what_the_paper_says():
    ageing, age, state, flows = blocks(["naumann-lfp"])
    for _ in range(365):
        age_all(ageing, age, state, flows, 86400.0)
    assert age[CAPACITY, 0] == pytest.approx(1.0 - 1.2571e-5 * 0.60225 * (365 * 86400) ** 0.5, rel=1e-12)
    assert age[RESISTANCE, 0] == pytest.approx(1.0 + 3.4194e-10 * 1.5604 * 365 * 86400, rel=1e-12)


@pytest.mark.tiny
def test_heat_ages_a_cycle_at_the_temperature_of_its_own_hours():
    law = {"law": "smith-nmc", "b1": 0, "b3": 0, "b0": 9}
    cold, warm = (along([law], days(4, 900.0), 900.0, temp)[0][CAPACITY, 0] for temp in (5.0, 25.0))
    ageing, age, state, flows = blocks([law], 0.9, 5.0)
    soc = days(4, 900.0)[1:]
    temps = np.where(np.arange(soc.size) % 96 < 72, 5.0, 65.0)  # hot only while it rests at the top
    age_series(ageing, age, state, flows, np.vstack([soc, temps]), 900.0)
    mixed = close_age(ageing, age, state)[0][CAPACITY, 0]
    assert cold < mixed < warm


@pytest.mark.tiny
def test_a_strip_brings_back_what_was_lost_reversibly_and_nothing_else():
    ageing, age, state, flows = blocks(["zinc"], 1.0)
    soc = np.concatenate([np.linspace(1, 0, 25), np.linspace(0, 1, 25)[1:]] * 6)
    age_series(ageing, age, state, flows, np.vstack([soc, np.full(soc.size, 25.0)]), 1800.0)
    assert state[REVERSIBLE, 0] > 0.02 and state[SINCE_STRIP, 0] == pytest.approx(soc.size / 2)
    lasting, full = age[CAPACITY, 0] + state[REVERSIBLE, 0], age[row.FULL_CYCLES, 0]
    strip(ageing, age, state, 0)
    assert age[CAPACITY, 0] == pytest.approx(lasting, rel=1e-12) and lasting < 1.0
    assert state[REVERSIBLE, 0] == 0.0 and state[SINCE_STRIP, 0] == 0.0 and age[row.STRIPPED_AT, 0] == full


@pytest.mark.tiny
def test_lead_falls_faster_beyond_its_knee():
    ageing, age, state, _ = blocks(["vrla"])
    left = []
    for _ in range(7):
        age_steadily(ageing, age, state, 0, (365 * 86400.0, 0.0), (298.15, 1.0, 0.0, 0.0, 0.0, 0.0))
        left.append(age[CAPACITY, 0])
    assert left[4] == pytest.approx(0.8) and left[5] == pytest.approx(0.64) and left[6] == pytest.approx(0.48)


@pytest.mark.tiny
def test_lead_lives_half_as_long_8_3_kelvin_warmer():
    lost = []
    for temp_k in (298.15, 298.15 + 8.3):
        ageing, age, state, _ = blocks(["vrla"])
        age_steadily(ageing, age, state, 0, (1e7, 0.0), (temp_k, 1.0, 0.0, 0.0, 0.0, 0.0))
        lost.append(1.0 - age[CAPACITY, 0])
    assert lost[1] == pytest.approx(2 * lost[0])


@pytest.mark.tiny
def test_a_capacitor_has_lost_a_fifth_and_doubled_its_resistance_at_the_end_of_its_life():
    ageing, age, state, _ = blocks(["edlc"])
    age_steadily(ageing, age, state, 0, (10 * 365 * 86400.0, 0.0), (298.15, 1.0, 0.0, 0.0, 0.0, 0.0))
    assert age[:2, 0] == pytest.approx([0.8, 2.0])


@pytest.mark.tiny
def test_a_block_that_was_never_stepped_closes_as_it_is():
    ageing = stack_ageing([ageing_of("vrla")])
    age, state = new_age(ageing, 1), np.zeros((NSTATE, 1))
    assert np.array_equal(close_age(ageing, age, state)[0], age, equal_nan=True)


@pytest.mark.tiny
def test_a_block_without_a_law_stays_new():
    ageing, age, state, flows = blocks([None, []])
    for _ in range(100):
        age_all(ageing, age, state, flows, 3600.0)
    assert age[CAPACITY].tolist() == [1.0, 1.0] and age[RESISTANCE].tolist() == [1.0, 1.0]


@pytest.mark.tiny
def test_capacity_of_smith_comes_and_goes_with_temperature_where_it_is_asked_to():
    soc = np.full(50, 0.5)
    plain, warm = ({"law": "smith-nmc", "temp_effect": on} for on in (0, 1))
    assert (
        along([warm], soc, 3600.0, 10.0)[0][CAPACITY, 0]
        < along([plain], soc, 3600.0, 10.0)[0][CAPACITY, 0] - 0.05
    )


def test_factors_are_the_same_for_the_same_seed_and_centre_on_one():
    laws = ageing_of("naumann-lfp")
    draws = draw_factors(laws, 4000, seed=7)
    assert np.array_equal(draws, draw_factors(laws, 4000, seed=7))
    assert draws.shape == (4000, 4)
    assert np.median(draws, axis=0) == pytest.approx([1.0] * 4, rel=0.05)
    assert np.log(draws).std() == pytest.approx(0.4, rel=0.05)
    assert np.log(draw_factors(laws, 4000, 7, sigma=0.1)).std() == pytest.approx(0.1, rel=0.05)


def test_a_factor_speeds_up_each_stress_by_itself():
    slow, fast = ageing_of(RATED), ageing_of(RATED, factors=[2.0, 1.0])
    ageing = stack_ageing([slow, fast, slow.times(2.0)], ageing_frac=[1.0, 1.0, 0.5])
    age, state = new_age(ageing, 3), np.zeros((NSTATE, 3))
    for b in range(3):
        age_steadily(ageing, age, state, b, (1e8, 0.0), (298.15, 0.5, 0.0, 0.0, 0.0, 0.0))
    lost = 1.0 - age[CAPACITY]
    assert lost == pytest.approx([lost[0], 2 * lost[0], lost[0]])
    assert ageing.law.shape[0] == 1


def test_a_number_may_come_with_its_passport():
    stated = {"value": 4, "unit": "year", "source": "data sheet", "confidence": "high"}
    assert ageing_of({"law": "vrla", "life_years": stated}).numbers["life_years"] == 4.0


class HasLaws:
    laws = ({"law": "lto"}, {"law": "smith-lmo-lto"})


def test_the_first_law_of_a_cell_counts():
    assert ageing_of(HasLaws()).law.name == "lto"
    assert ageing_of(HasLaws().laws).law.name == "lto"
    assert ageing_of("vrla").law.name == "vrla"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("naumann-lpf", "Nearest: 'naumann-lfp'"),
        ("xyz", "Known: naumann-lfp"),
        ({"e_loss": 1}, "is missing: say which"),
        ({"law": "naumann-lfp", "e_los": 1}, "Nearest: 'e_loss'"),
        ({"law": "naumann-lfp", "e_loss": None}, "cannot do without it"),
        ({"law": "naumann-lfp", "e_loss": float("nan")}, "must be a finite number"),
        ({"law": "naumann-lfp", "e_loss": "warm"}, "must be a finite number"),
        ({"law": "rated"}, "life_cycles"),
        ({"law": "rated", "life_years": 0, "life_cycles": 1, "left_frac": 0.8}, "must be above 0"),
        ({"law": "vrla", "halve_k": 0}, "must be above 0"),
        ({"law": "vrla", "halve_k": {"value": 15, "unit": "degF"}}, "must be in 'K'"),
    ],
)
def test_a_law_that_cannot_be_is_told_in_words(given, words):
    with pytest.raises(InputError) as caught:
        ageing_of(given)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"factors": [1.0, 2.0]}, "one for each stress"),
        ({"factors": -1.0}, "finite and >= 0"),
        ({"counts": "days"}, "nominal or soc"),
        ({"gate_soc": 0}, "0.001 is usual"),
    ],
)
def test_what_is_asked_of_a_law_must_fit_it(more, words):
    with pytest.raises(InputError) as caught:
        ageing_of("naumann-lfp", **more)
    assert words in str(caught.value)


def test_draws_need_a_spread_that_is_a_number():
    with pytest.raises(InputError, match="sigma"):
        draw_factors(ageing_of("vrla"), 3, 1, sigma=-1)


def test_leaving_the_range_of_a_law_is_said_with_the_range():
    words = outside(ageing_of("naumann-lfp"), temp_degc=(-5.0, 71.0), soc=(0.1, 0.9), c_rate=(0.3, 2.0))
    assert len(words) == 2
    assert "0 .. 60 degC; here -5 .. 71: 5 below, 11 above" in words[0] and "0.2 .. 1C" in words[1]
    assert outside(ageing_of(None), temp_degc=(-100, 100)) == []
    with pytest.raises(InputError, match="temp_degc"):
        outside(ageing_of("vrla"), temp=(0, 1))
