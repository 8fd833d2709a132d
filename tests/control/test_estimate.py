"""The filters against the twin's own cell: how far off, how sure, and what they do when a gauge lies.

The truth is made by the twin's step; its terminal voltage is put together here from the declared tables.
"""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest

from wattstack.control import Estimate, Estimator, Reading, Sensors
from wattstack.control.kernel import estimate as at
from wattstack.errors import InputError
from wattstack.physics import BlockSpec, Cell, cell_of, make_blocks
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.batch import advance_all

STEP_S = 60.0
DAY = 1440
LFP = "library:lfp-grid-2026"


def asks(mwh: float, steps: int, c_rate: float) -> np.ndarray:
    """Half-hours of charge by night and discharge by day, now and then a rest or the other way round."""
    rng = np.random.default_rng(5)
    out = np.zeros(steps)
    for t in range(0, steps, 30):
        out_by_day = 9 < (t * STEP_S / 3600) % 24 < 21
        sign = (1 if out_by_day else -1) * (1 if rng.random() < 0.9 else -0.5)
        out[t : t + 30] = 0.0 if rng.random() < 0.3 else mwh * c_rate * rng.uniform(0.2, 1.0) * sign
    return out


def ohms(cell: Cell, table: np.ndarray, soc: np.ndarray, temp_degc: np.ndarray) -> np.ndarray:
    """R0 at each step, from the declared table."""
    by_temp = np.array([np.interp(soc, cell.resistance_soc, row) for row in table])
    low = np.clip(np.searchsorted(cell.resistance_temp_degc, temp_degc) - 1, 0, len(table) - 2)
    axis = cell.resistance_temp_degc
    x = np.clip((temp_degc - axis[low]) / (axis[low + 1] - axis[low]), 0.0, 1.0)
    steps = np.arange(len(soc))
    return by_temp[low, steps] * (1 - x) + by_temp[low + 1, steps] * x


@cache
def truth(name: str, days: float, window: tuple[float, float], ages=(1.0, 1.0), c_rate=0.4):
    """State of charge, current [A], voltage [V], temperature [degC] of one cell; ages: capacity, resistance."""
    cell = cell_of(name)
    mwh = cell.energy_wh * 1e-6
    made = make_blocks([
        BlockSpec("cell", cell, None, mwh, mwh, mwh, soc_low=window[0], soc_high=window[1], start_soc=0.5,
                  capacity_frac=ages[0], resistance_frac=ages[1])
    ])  # fmt: skip
    steps = int(days * DAY)
    states, amps, flows = np.zeros((steps, block.NSTATE)), np.zeros(steps), np.zeros((block.NFLOW, 1))
    for t, ask in enumerate(asks(mwh, steps, c_rate)):
        advance_all(made.blocks, made.ageing, made.state, made.age, np.array([ask]), 20.0, STEP_S, flows)
        states[t], amps[t] = made.state[:, 0], flows[block.C_RATE, 0] * cell.capacity_ah
    soc, temp = states[:, block.SOC], states[:, block.TEMP_CELL]
    out = ohms(cell, cell.discharge_ohm, soc, temp)
    ohm = ages[1] * np.where(amps < 0.0, ohms(cell, cell.charge_ohm, soc, temp), out)
    rest_v = np.interp(soc, cell.soc_points, cell.ocv_v) + states[:, block.HYSTERESIS]
    return soc, amps, rest_v - states[:, block.V_FAST] - states[:, block.V_SLOW] - ohm * amps, temp


def rated_a(cell: Cell) -> float:
    return max(cell.charge_c_rate, cell.discharge_c_rate) * cell.capacity_ah


def readings(name: str, run, count: int = 1, amp_off=0.0, volt_off=0.0) -> np.ndarray:
    """What gauges of the usual noise read, with offsets (share of the rated current; volts), (steps, 3, count)."""
    rng = np.random.default_rng(11)
    _, amps, volts, temp = run
    rated, steps = rated_a(cell_of(name)), len(amps)
    out = np.empty((steps, 3, count))
    out[:, 0] = amps[:, None] + np.asarray(amp_off) * rated + rng.normal(0, 0.002 * rated, (steps, count))
    out[:, 1] = volts[:, None] + np.asarray(volt_off) + rng.normal(0, 0.001, (steps, count))
    out[:, 2] = temp[:, None]
    return out


def drawn(count: int) -> dict:
    """Offsets as the sensors declare them, by chance."""
    rng = np.random.default_rng(3)
    return {"amp_off": rng.normal(0, 0.001, count), "volt_off": rng.normal(0, 0.002, count)}


def test_the_truth_obeys_power_over_current():
    """At equal current over short steps the mean voltage of the twin is its power by its current."""
    cell = cell_of(LFP)
    mwh = cell.energy_wh * 1e-6
    made = make_blocks([BlockSpec("cell", cell, None, mwh, mwh, mwh)])
    flows = np.zeros((block.NFLOW, 1))
    for _ in range(5):
        asked = np.array([0.3 * mwh])
        advance_all(made.blocks, made.ageing, made.state, made.age, asked, 20.0, 1.0, flows)
    state, amps = made.state[:, 0], flows[block.C_RATE, 0] * cell.capacity_ah
    ohm = ohms(cell, cell.discharge_ohm, state[[block.SOC]], state[[block.TEMP_CELL]])[0]
    ocv = np.interp(state[block.SOC], cell.soc_points, cell.ocv_v)
    volts = at.end_voltage(ocv, state[block.HYSTERESIS], state[block.V_FAST], state[block.V_SLOW], ohm, amps)
    out_mw = flows[[block.INJECTION, block.LOSS_CONVERTER, block.LOSS_TRANSFORMER], 0].sum()
    assert volts == pytest.approx(out_mw * 1e6 / made.blocks.rating[block.CELLS, 0] / amps, abs=2e-3)


@pytest.mark.parametrize("name", [LFP, "library:nmc-2026", "library:zinc-halogen-classic"])
def test_where_the_ends_are_reached_the_charge_is_known_to_a_percent(name):
    run = truth(name, 8, (0.03, 0.97))
    record = Estimator(cell_of(name)).follow(readings(name, run), STEP_S)
    late = slice(4 * DAY, None)
    assert np.abs(record[late, 0, 0] - run[0][late]).max() < 0.02
    assert record[late, 1, 0].max() < 0.02


@pytest.mark.parametrize(
    ("window", "days", "bounds"), [((0.05, 0.95), 6, (0.02, 2.0)), ((0.4, 0.68), 10, (0.1, 3.0))]
)
def test_what_it_says_of_its_error_is_true_on_average(window, days, bounds):
    """Normalised error squared (NEES): 1 is right, below is careful; 40 batteries, offsets and starts by chance."""
    count, rng = 40, np.random.default_rng(1)
    run = truth(LFP, days, window, (0.92, 1.3), 0.2 if window[0] == 0.4 else 0.4)
    filters = Estimator(
        cell_of(LFP), count, soc=np.clip(0.5 + rng.normal(0, 0.1, count), 0, 1), soc_std_frac=0.1
    )
    record = filters.follow(readings(LFP, run, count, **drawn(count)), STEP_S)
    error = record[:, 0] - run[0][:, None]
    nees = ((error / record[:, 1]) ** 2)[DAY:].mean()
    assert bounds[0] < nees < bounds[1]
    assert np.mean(np.abs(error)[DAY:] < 3.0 * record[DAY:, 1]) > 0.97


def test_on_the_flat_part_it_says_that_it_does_not_know():
    run = truth(LFP, 10, (0.4, 0.68), (0.92, 1.3), 0.2)
    filters = Estimator(cell_of(LFP))
    filters.follow(readings(LFP, run), STEP_S)
    flat = filters.estimate()
    assert flat.by_voltage_frac > 0.03
    assert flat.soc_std_frac > 0.005
    whole = truth(LFP, 8, (0.03, 0.97))
    anchored = Estimator(cell_of(LFP))
    anchored.follow(readings(LFP, whole), STEP_S)
    assert anchored.estimate().since_anchor_days < 1.5
    assert anchored.estimate().soc_std_frac < flat.soc_std_frac


def test_days_without_an_anchor_are_counted():
    filters = Estimator(cell_of(LFP), soc=0.55, soc_std_frac=0.05)
    rest = np.tile([[0.0], [3.3025], [25.0]], (2 * DAY, 1, 1))
    filters.follow(rest, STEP_S)
    told = filters.estimate()
    assert told.since_anchor_days == pytest.approx(2.0)
    assert told.slope_v < 0.1  # 0.4 mV a percent and a little more


def test_capacity_and_resistance_are_found():
    run = truth(LFP, 8, (0.03, 0.97), (0.88, 1.4))
    filters = Estimator(cell_of(LFP), 5)
    filters.follow(readings(LFP, run, 5, **drawn(5)), STEP_S)
    for battery in range(5):
        told = filters.estimate(battery)
        assert told.capacity_frac == pytest.approx(0.88, abs=0.01)
        assert told.resistance_frac == pytest.approx(1.4, abs=0.05)
        assert abs(told.capacity_frac - 0.88) < 4 * told.capacity_std_frac
        assert told.capacity_std_frac < 0.02


@pytest.mark.parametrize("offset", [{"amp_off": 0.003}, {"amp_off": -0.003}, {"volt_off": 0.005}])
def test_an_offset_three_times_as_large_as_declared_costs_two_percent(offset):
    run = truth(LFP, 8, (0.03, 0.97))
    record = Estimator(cell_of(LFP)).follow(readings(LFP, run, **offset), STEP_S)
    assert np.abs(record[4 * DAY :, 0, 0] - run[0][4 * DAY :]).max() < 0.02


def test_a_current_gauge_that_drifts_is_followed():
    run = truth(LFP, 8, (0.03, 0.97))
    measured = readings(LFP, run)
    measured[:, 0, 0] += np.linspace(0.0, 0.01, len(measured)) * rated_a(cell_of(LFP))
    record = Estimator(cell_of(LFP)).follow(measured, STEP_S)
    assert np.abs(record[4 * DAY :, 0, 0] - run[0][4 * DAY :]).max() < 0.03


FAULT = 5 * DAY  # when a gauge fails


def with_fault(row: int | None, value: float | None) -> tuple[np.ndarray, np.ndarray, Estimate]:
    """State of charge, record and last estimate where a gauge reads one value from FAULT on (None: its last)."""
    run = truth(LFP, 8, (0.03, 0.97))
    measured = readings(LFP, run)
    rows = slice(None) if row is None else row
    measured[FAULT:, rows] = measured[FAULT - 1, rows] if value is None else value
    filters = Estimator(cell_of(LFP))
    return run[0], filters.follow(measured, STEP_S), filters.estimate()


@pytest.mark.parametrize("value", [None, 0.0, float("nan"), float("inf")])
def test_a_current_gauge_that_fails_makes_the_error_grow_until_nothing_is_known(value):
    soc, record, last = with_fault(0, value)
    assert not last.trusted
    assert "current" in last.words
    assert last.soc_std_frac > 0.5
    error = np.abs(record[FAULT:, 0, 0] - soc[FAULT:])
    assert (
        error <= 5.0 * record[FAULT:, 1, 0] + 0.03
    ).all()  # a gauge that is stuck near the truth is found later


@pytest.mark.parametrize("value", [None, 0.0, float("nan"), float("inf")])
def test_a_voltage_gauge_that_fails_leaves_counting_and_a_growing_error(value):
    soc, record, last = with_fault(1, value)
    assert not last.trusted
    assert "voltage" in last.words
    assert last.soc_std_frac > 1.5 * record[FAULT - 1, 1, 0]
    assert np.abs(record[FAULT:, 0, 0] - soc[FAULT:]).max() < 0.02


def test_with_all_gauges_gone_a_reserve_fails_closed():
    _, record, last = with_fault(None, float("nan"))
    stored = last.stored(100.0, 0.05, 0.95)
    assert stored.error_mwh >= stored.stored_mwh
    hour = record[FAULT + 60, 1, 0]  # half a C-rate for an hour
    assert hour == pytest.approx(0.5, abs=0.05)


def test_gauges_that_come_back_are_believed_again():
    run = truth(LFP, 8, (0.03, 0.97))
    measured = readings(LFP, run)
    measured[FAULT : FAULT + 120, 0] = np.nan
    filters = Estimator(cell_of(LFP))
    record = filters.follow(measured, STEP_S)
    assert filters.estimate().trusted
    assert np.abs(record[-DAY:, 0, 0] - run[0][-DAY:]).max() < 0.02


def test_a_gauge_of_the_wrong_sign_does_not_agree():
    run = truth(LFP, 8, (0.03, 0.97))
    measured = readings(LFP, run)
    measured[FAULT:, 0] *= -1.0
    record = Estimator(cell_of(LFP)).follow(measured, STEP_S)
    assert (record[FAULT : FAULT + DAY, 2, 0] == at.DISAGREE).any()


def test_covariance_stays_one():
    run = truth(LFP, 8, (0.03, 0.97), (0.88, 1.4))
    filters = Estimator(cell_of(LFP), 3)
    filters.follow(readings(LFP, run, 3, **drawn(3)), STEP_S)
    upper = filters.rows[:, at.E_P : at.E_P + 25].reshape(3, 5, 5)
    for one in upper:
        whole = np.triu(one) + np.triu(one, 1).T
        scale = np.sqrt(np.diag(whole))
        assert (scale > 0.0).all()
        assert np.linalg.eigvalsh(whole / np.outer(scale, scale)).min() > -1e-9


def test_one_battery_and_many_tell_the_same():
    run = truth(LFP, 8, (0.03, 0.97))
    measured = readings(LFP, run, 200, **drawn(200))[:300]
    many = Estimator(cell_of(LFP), 200)
    many.follow(measured, STEP_S)
    one = Estimator(cell_of(LFP))
    for step in measured[:, :, 150]:
        told = one.update(Reading(STEP_S, voltage_v=step[1], temp_degc=step[2], current_a=step[0]))
    assert told.soc_frac == pytest.approx(many.estimate(150).soc_frac, abs=1e-12)
    assert told.soc_std_frac == pytest.approx(many.estimate(150).soc_std_frac, rel=1e-9)


class Ticks:
    """A script of readings, ten seconds each; the voltage is what the filter expects, and what a test adds to it."""

    def __init__(self, soc: float = 0.5, soc_std_frac: float = 0.02):
        self.filters, self.rng = (
            Estimator(cell_of(LFP), soc=soc, soc_std_frac=soc_std_frac),
            np.random.default_rng(2),
        )
        self.volts = float(np.interp(soc, cell_of(LFP).soc_points, cell_of(LFP).ocv_v))

    def tick(self, amps: float, volts: float | None = None, times: int = 1) -> Estimate:
        for _ in range(times):
            jitter = self.rng.normal(0.0, 1e-5)
            read = self.volts + jitter if volts is None else volts
            told = self.filters.update(Reading(10.0, voltage_v=read, temp_degc=25.0, current_a=amps))
        return told


@pytest.mark.tiny
@pytest.mark.parametrize(("amps", "volts", "words"), [
    (float("nan"), None, "no current"), (1.0, float("nan"), "no voltage"), (float("inf"), None, "no current"),
])  # fmt: skip
def test_a_reading_that_is_none_is_told_and_the_error_grows(amps, volts, words):
    ticks = Ticks()
    before = ticks.tick(0.0, times=3)
    after = ticks.tick(amps, volts, 30)
    assert words in after.words
    assert not after.trusted
    assert after.soc_std_frac > before.soc_std_frac
    assert ticks.tick(0.0).trusted  # and over with the next good one


@pytest.mark.tiny
def test_a_voltage_that_stands_still_while_the_current_changes_is_stuck_until_it_moves():
    ticks = Ticks()
    ticks.tick(0.0, 3.3, 5)
    assert "voltage repeats itself" in ticks.tick(50.0, 3.3, 4).words
    assert "voltage repeats itself" in ticks.tick(0.0, 3.3, 4).words  # back where it stuck, and stuck still
    assert ticks.tick(0.0).trusted


@pytest.mark.tiny
def test_a_current_that_stands_still_while_the_voltage_jumps_is_stuck_until_it_moves():
    ticks = Ticks()
    ticks.tick(0.0, times=6)
    ticks.volts -= 0.08  # somebody draws
    ticks.tick(0.0, times=2)
    told = ticks.tick(0.0)
    assert "current repeats itself" in told.words
    ticks.volts += 0.08
    assert not ticks.tick(0.0).trusted
    assert ticks.tick(0.01).trusted


@pytest.mark.tiny
def test_gauges_that_do_not_agree_for_a_minute_are_not_believed():
    ticks = Ticks()
    ticks.tick(0.0, times=3)
    ticks.volts += 0.1
    said = [ticks.tick(0.01 * k).words for k in range(1, 13)]
    assert said[0] == "the gauges agree with the cell"
    assert said[-1] == "current and voltage do not agree"


@pytest.mark.tiny
def test_the_upper_end_is_an_anchor_and_the_middle_is_none():
    top = Ticks(0.995, 0.02)
    assert top.tick(-1.0, times=400).since_anchor_days == 0.0
    assert Ticks(0.55, 0.02).tick(1.0, times=50).since_anchor_days > 0.0


@pytest.mark.tiny
def test_a_series_is_its_readings_one_by_one():
    series = np.array([[[amps], [3.3 - 1e-4 * amps], [25.0]] for amps in (10.0, 20.0, -5.0, 0.0)])
    at_once, singly = Estimator(cell_of(LFP)), Estimator(cell_of(LFP))
    record = at_once.follow(series, 10.0)
    for step, kept in zip(series[:, :, 0], record[:, :, 0], strict=True):
        told = singly.update(Reading(10.0, voltage_v=step[1], temp_degc=step[2], current_a=step[0]))
        assert (told.soc_frac, told.soc_std_frac) == pytest.approx((kept[0], kept[1]))


@pytest.mark.tiny
def test_power_will_do_for_current():
    assert Reading(1.0, voltage_v=3.2, temp_degc=25.0, power_w=320.0).amps == pytest.approx(100.0)
    assert np.isnan(Reading(1.0, voltage_v=float("nan"), temp_degc=25.0, power_w=320.0).amps)
    assert Reading(1.0, voltage_v=3.2, temp_degc=25.0, current_a=7.0).amps == 7.0


@pytest.mark.tiny
def test_a_temperature_that_no_cell_has_is_not_taken():
    filters = Estimator(cell_of(LFP))
    filters.update(Reading(1.0, voltage_v=3.3, temp_degc=3276.7, current_a=0.0))
    assert filters.rows[0, at.E_TEMP] == 25.0
    filters.update(Reading(1.0, voltage_v=3.3, temp_degc=31.0, current_a=0.0))
    assert filters.rows[0, at.E_TEMP] == 31.0


@pytest.mark.tiny
def test_an_estimate_in_energy():
    told = Estimate(0.6, 0.02, 0.9, 0.01, 1.1, 0.05, 3.0, 0.05, 0.4, True, "")
    stored = told.stored(100.0, 0.1, 0.9, stds_frac=2.0)
    assert stored.stored_mwh == pytest.approx(45.0)
    assert stored.usable_mwh == pytest.approx(72.0)
    assert stored.error_mwh == pytest.approx(2.0 * (1.8 + 0.5))


@pytest.mark.tiny
def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(InputError, match=r"voltage_noise_v.*must be above 0"):
        Sensors(voltage_noise_v=0.0)
    with pytest.raises(InputError, match="count is 0"):
        Estimator(cell_of(LFP), 0)
    with pytest.raises(InputError, match="must be \\(3, 1\\)"):
        Estimator(cell_of(LFP)).update_all(np.zeros((3, 2)), 1.0)
    with pytest.raises(InputError, match="step_s is 0"):
        Estimator(cell_of(LFP)).update_all(np.zeros((3, 1)), 0.0)


def test_a_step_of_one_battery_costs_microseconds():
    measured = np.tile([[10.0], [3.3], [25.0]], (20_000, 1, 1))
    filters = Estimator(cell_of(LFP))
    filters.follow(measured[:10], 1.0)
    took = []
    for _ in range(3):
        began = time.process_time()
        filters.follow(measured, 1.0)
        took.append((time.process_time() - began) / len(measured))
    assert min(took) < 2e-6
