"""Benchmark `control_loop`: what is counted apart, and a second of it."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import control_loop
from benchmarks.bars import BARS
from benchmarks.control_loop import Cycles, judged, run_image
from benchmarks.many_devices import served, stalls_of
from benchmarks.stall import Sentinel, stalled


def test_a_cycle_held_up_by_the_machine_is_counted_apart_and_one_of_our_own_is_not():
    seen = Cycles(
        began_s=[0.0, 1.0, 2.0, 3.0],
        image_s=[0.01, 0.2, 0.2, 0.2],
        cpu_s=[0.005, 0.01, 0.19, 0.01],
        wall_s=4.0,
        busy_s=0.2,
    )
    made = judged(seen, [(1.05, 1.1), (2.05, 2.1)], [])
    assert made["bars"]["control_loop.overruns"] == 2  # one that computed through, one that nobody held up
    assert made["bars"]["control_loop.core_frac"] == pytest.approx(0.05)
    assert made["bars"]["control_loop.image_p99_ms"] == pytest.approx(200.0)
    assert "1 were held up by the machine (1 beyond a period)" in made["rows"][0]["note"]
    assert set(made["bars"]) <= set(BARS)
    made = judged(seen, [(0.0, 3.1)], [(0.0, 3.1)])
    assert made["bars"]["control_loop.image_p99_ms"] is None and made["bars"]["control_loop.overruns"] is None


def test_stalls_are_those_that_fall_into_a_time():
    assert stalled(1.0, 2.0, [(0.0, 0.9), (1.9, 3.0)]) and not stalled(1.0, 2.0, [(0.0, 0.9), (2.1, 3.0)])
    with Sentinel() as sentinel:
        sum(range(1000))
    assert all(end > begin for begin, end in sentinel.stalls)


def test_all_values_of_many_devices_come_each_period(monkeypatch):
    monkeypatch.setattr(control_loop, "COUNT", 20)
    with served(20, 100) as (port, process):
        seen = asyncio.run(run_image(port, 1.0))
        assert process.poll() is None
        assert all(end > begin for begin, end in stalls_of(process))
    assert len(seen.image_s) == 10 and seen.missing == 0
    assert 0.0 < seen.busy_s < seen.wall_s
