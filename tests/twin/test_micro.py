"""Cycles of seconds: counted in a window of milliseconds, worn off over a year of minutes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.physics.kernel import layout as block
from wattstack.twin import Setting, Twin
from wattstack.twin.fleet import make_fleet
from wattstack.twin.transient.micro import MicroCycles, micro_cycles, rainflow, smoothes, wear

STILL = {"checkpoint": None, "failures_per_gpu_h": 0}
FAST = {
    "load": {"halls": {"jobs": {"big": {"gpus": 18000, "power_per_gpu_kw": 1.83, **STILL}}}},
    "grid": {"connection": {"frequency_hz": 60, "short_circuit_mva": 3000}},
    "time": {"end": "2022-07-04T00:00+09:00"},
}
LOOP = {"kind": "rules", "smoothing": {"ramp_mw_per_min": 20}}


def cycles(depth, per_h, rate=0.1) -> MicroCycles:
    depth, per_h = np.array(depth, float), np.array(per_h, float)
    return MicroCycles(1.0, 1.0, float((depth * per_h).sum()), depth, per_h, rate, 0.0)


def test_cycles_are_counted_as_a_person_would():
    depths, counts = rainflow(np.array([0, 0.5, 0.2, 0.3, 0.0]))
    assert sorted(zip(np.round(depths, 9), counts, strict=True)) == [(0.1, 1.0), (0.5, 0.5), (0.5, 0.5)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=60))
def test_no_way_is_lost_in_counting(soc):
    depths, counts = rainflow(np.array(soc))
    assert 2.0 * (depths * counts).sum() == pytest.approx(np.abs(np.diff(soc)).sum(), abs=1e-6)


def test_a_course_that_stands_still_has_no_cycles():
    assert len(rainflow(np.full(10, 0.4))[0]) == 0


def test_a_battery_without_a_fast_loop_has_no_cycles_of_seconds(small):
    assert not smoothes(small())
    assert not smoothes(small(**FAST))
    assert smoothes(small(**FAST, control=LOOP))
    assert not smoothes(small(control=LOOP))  # its milliseconds cannot be run


def test_the_window_counts_the_iterations_of_the_job(small):
    found = micro_cycles(small(**FAST, control=LOOP), seconds=60.0)["main"]
    assert found.per_h.sum() == pytest.approx(1200.0, rel=0.1)  # a period of 3 s
    swing_mw = 18.0 * 1.83 * 0.5  # more than the battery's 10 MW: it takes what it can
    assert found.out_mwh_per_h + found.in_mwh_per_h < swing_mw
    assert found.full_cycles_per_h == pytest.approx((found.depth * found.per_h).sum())


def test_a_job_that_may_fail_gives_two_deep_cycles_for_each_failure(small):
    job = {"gpus": 18000, "power_per_gpu_kw": 1.83, "checkpoint": None, "failures_per_gpu_h": 1e-4}
    campus = small(**{**FAST, "load": {"halls": {"jobs": {"big": job}}}}, control=LOOP)
    found = micro_cycles(campus, seconds=30.0)["main"]
    step_mw = 18.0 * 1.83 * (0.45 + 0.5 * 0.85 - 0.29)
    energy = step_mw**2 / (2 * 20.0) / 60.0
    assert list(found.per_h[-2:]) == pytest.approx([1.8, 1.8])
    unit = campus.battery["main"]
    deep = energy * unit.charge_eff / (30.0 * unit.nameplate_per_usable)
    assert list(found.depth[-2:]) == pytest.approx([deep, deep])


def test_a_job_that_is_back_before_the_ramp_is_over_moves_less(small):
    def found(restart_s):
        job = {"gpus": 18000, "power_per_gpu_kw": 1.83, "checkpoint": None, "failures_per_gpu_h": 1e-4,
               "restart_s": restart_s}  # fmt: skip
        campus = small(**{**FAST, "load": {"halls": {"jobs": {"big": job}}}}, control=LOOP)
        return micro_cycles(campus, seconds=20.0)["main"], campus.battery["main"]

    soon, unit = found(30.0)  # its ramp of 20 MW/min would take 58 s
    late, _ = found(480.0)
    step_mw = 18.0 * 1.83 * (0.45 + 0.5 * 0.85 - 0.29)
    given = 20.0 * 0.5**2 / 2.0 / 60.0
    nameplate = 30.0 * unit.nameplate_per_usable
    pulses = [
        (step_mw * 0.5 / 60.0 - given) * unit.charge_eff / nameplate,
        given * unit.charge_eff / nameplate,
    ]
    assert list(soon.depth[-2:]) == pytest.approx(pulses)
    assert late.out_mwh_per_h - soon.out_mwh_per_h == pytest.approx(
        1.8 * (2.0 * step_mw**2 / 40.0 / 60.0 - step_mw * 0.5 / 60.0), rel=1e-6
    )


def test_wear_is_that_of_the_throughput_whatever_the_depth_of_shallow_cycles(small):
    def left(depth, per_h):
        fleet = make_fleet(small())
        fleet.begin_year(0)
        for _ in range(50):
            wear(fleet, {"main": cycles([depth], [per_h])}, 100.0)
        from wattstack.physics.kernel.ageing import close_age

        age, _ = close_age(fleet.blocks.ageing, fleet.blocks.age, fleet.blocks.state)
        from wattstack.physics.kernel import ageing_rows as row

        return age[row.FULL_CYCLES, 0], age[row.LOSS : row.LOSS + row.NPATH, 0].sum()

    shallow, fine, half = left(1e-5, 2000.0), left(1e-4, 200.0), left(1e-4, 100.0)
    assert shallow == pytest.approx(fine)
    assert fine[0] == pytest.approx(100.0, rel=0.01)  # of what is left of the capacity
    assert half[0] == pytest.approx(50.0, rel=0.01)
    assert fine[1] > half[1] > 0.0


def test_a_block_that_is_dead_or_of_another_battery_does_not_wear(small):
    fleet = make_fleet(small())
    before = fleet.blocks.age.copy()
    wear(fleet, {"other": cycles([0.1], [1.0])}, 10.0)
    fleet.blocks.blocks.rating[block.MODE] = block.DEAD
    wear(fleet, {"main": cycles([0.1], [1.0])}, 10.0)
    assert np.array_equal(before, fleet.blocks.age, equal_nan=True)


def test_a_year_with_a_fast_loop_ages_more_and_says_how_much_it_moved(small):
    slow = Twin(small(**FAST, control={"kind": "rules"}), step="30min").run(Setting())
    fast = Twin(small(**FAST, control=LOOP), step="30min").run(Setting())
    ages = [run.years[0].batteries["capacity_frac"].iloc[0] for run in (slow, fast)]
    assert ages[1] < ages[0]
    assert any("fast loop moves" in text for text in fast.notes)
    assert not any("fast loop moves" in text for text in slow.notes)
    assert fast.traces["auxiliary_mw"].mean() > slow.traces["auxiliary_mw"].mean() + 0.1
    balance = fast.years[0].balance
    assert balance.sum(axis=1).abs().max() < 1e-6 * balance.abs().to_numpy().max()
    no_age = Twin(small(**FAST, control=LOOP), step="30min").run(Setting(ageing=False))
    assert not any("fast loop moves" in text for text in no_age.notes)
