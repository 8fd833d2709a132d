"""A mix written into a campus: what stands stays, delays stay, and loads are counted at their rating."""

from __future__ import annotations

import pytest

from wattstack.campus import SizeRange
from wattstack.prove.smoothing.mix import Layer, Loop, Mix, most_load_mw, smoothed_campus, with_loop

LOOP = Loop(15.0, 30.0, 900.0)
DUTY = {"power_mw": 8.0, "energy_mwh": 1.0, "throughput_mwh_per_h": 0.5}


def mix(**more) -> Mix:
    return Mix(
        **{"layer": Layer(), "storage": "main", "power_mw": 8.0, "energy_mwh": 16.0, "loop": LOOP, **more}
    )


def test_delays_of_a_loop_that_stands_stay_and_its_ramp_gives_way(campus):
    slow = campus(control={"smoothing": {"ramp_mw_per_min": 99.0, "measure_s": 0.2, "command_s": 0.3}})
    given = with_loop(slow, LOOP).control.smoothing
    assert (given.ramp_mw_per_min, given.measure_s, given.command_s) == (15.0, 0.2, 0.3)
    assert with_loop(slow, Loop(None, 40.0, 800.0)).control.smoothing.ramp_mw_per_min is None
    assert with_loop(campus(), Loop(None, 40.0, 800.0)).control.smoothing.corner_s == 40.0
    assert with_loop(slow, None).control.smoothing is None


def test_a_battery_that_stands_keeps_its_sizes_and_a_planned_one_is_never_shorter_than_its_cells(campus):
    stands = campus(battery={"main": {"power_mw": 40, "energy_mwh": 120}})
    planned, sized = smoothed_campus(stands, mix(), DUTY, least_h=1.9)
    assert planned.battery["main"].duration_h is None
    assert (sized.battery["main"].power_mw, sized.battery["main"].energy_mwh) == (40, 120)
    planned, sized = smoothed_campus(campus(), mix(), DUTY, least_h=1.9)
    assert planned.battery["main"].duration_h.min == pytest.approx(1.9)
    assert isinstance(planned.battery["main"].power_mw, SizeRange)
    assert sized.battery["main"].energy_mwh == pytest.approx(16.0)
    free, _ = smoothed_campus(campus(), mix(), DUTY)
    assert free.battery["main"].duration_h is None


def test_plain_loads_count_at_their_number_and_series_not_at_all(campus):
    halls = most_load_mw(campus(load={"offices": None}))
    with_number = campus(load={"offices": {"draw_mw": 3}})
    series = {"offices_mw": {"source": "csv", "file": "offices.csv", "column": "draw_mw", "unit": "MW"}}
    with_series = campus(load={"offices": {"draw_mw": "series:offices_mw"}}, series=series)
    assert halls == pytest.approx(20 * 1.03)
    assert most_load_mw(with_number) == pytest.approx(halls + 3.0)
    assert most_load_mw(with_series) == pytest.approx(halls)
