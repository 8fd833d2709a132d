"""The loop of milliseconds in short walks: manager, watch, cells; small enough to run uncompiled."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.bay import FORMING, bay, moment, run, settled, words
from wattstack.twin.kernel import ems as em
from wattstack.twin.kernel import transient as at
from wattstack.twin.kernel.transient import run_steps
from wattstack.twin.transient.build import build
from wattstack.twin.transient.words import stopped

pytestmark = pytest.mark.tiny
ENGINE = {"fuel": "lng", "power_mw": 120, "units": 2, "start_s": 0.5, "fuel_price_per_mwh": 10, "capital_per_mw": 0,
          "emission_kg_per_mwh": 400}  # fmt: skip


def walk(campus=None, events=(), seconds=4.0, step_s=0.02, **more):
    return run(campus, events, seconds, step_s, **{"groups": 4, **more})


def balanced(done) -> bool:
    wave = done.wave
    given = wave["power_mw"] + sum(
        wave[name]
        for name in wave.arrays
        if name.startswith(("battery.", "generator.")) and name.endswith("power_mw")
    )
    return bool(np.abs(given - wave["load_mw"]).max() < 1e-6)


def test_sags_that_are_counted_lock_a_supply_and_racks_do_not_notice():
    done = walk(
        bay(ups={"main": {"return_s": 0.2, "walk_in_s": 0.1}}), ["sags,count=4,over_s=3,length_s=0.1@0.5"]
    )
    assert "ups.main stays on its battery until a person resets it: sag number 3 in 60 s" in words(done)
    assert "racks lose" not in words(done)
    assert balanced(done)


def test_a_supply_that_holds_for_a_time_says_for_how_long_and_one_that_empties_says_so():
    ups = {"main": {"return_s": 0.2, "walk_in_s": 0.1, "hold_s": 300, "energy_mwh": 0.01}}
    done = walk(bay(ups=ups), ["sags,count=4,over_s=1.5,length_s=0.1@0.5"], 6.0)
    assert "for 300 s: sag number 3" in words(done)
    assert "its battery is empty" in words(done)
    assert "racks lose their power" in words(done)


def test_racks_without_a_supply_go_dark_on_an_island_that_nobody_forms():
    done = walk(events=["island@0.5", "return@1"], seconds=6.0)
    assert "nothing on it forms one" in words(done)
    assert "all racks have power again" in words(done)
    assert balanced(done)


def test_generators_share_an_island_and_leave_when_the_grid_is_back():
    done = walk(bay(**FORMING, generator={"gas": ENGINE}), ["island@0.4", "return@3"], 14.0, 0.005)
    assert moment(done, "generator.gas is on the bus") < 2.5
    assert settled(done, "generator.gas.1.power_mw", 2.8)[:100].mean() > 5.0
    assert balanced(done)
    assert any("carries the campus without the grid" in text for _, text in done.decisions)


def test_a_generator_is_told_to_start_beside_the_grid_and_may_be_lost():
    events = ["start:generator.gas@0.5", "loss:generator.gas@3"]
    done = walk(bay(generator={"gas": ENGINE}), events, 4.0, 0.005)
    assert "generator.gas is told to start" in words(done)
    assert "generator.gas is lost" in words(done)
    assert settled(done, "generator.gas.2.power_mw", 2.8)[:20].mean() > 1.0
    assert settled(done, "generator.gas.2.power_mw", 3.1).max() == 0.0


@pytest.mark.parametrize(
    ("sag", "words_"),
    [
        ("sag,depth_frac=0.6,length_s=9@0.5", "below 0.5 pu for 3 s"),
        ("sag,depth_frac=0.3,length_s=19@0.5", "below 0.8 pu for 10 s"),
        ("sag,depth_frac=-0.4,length_s=9@0.5", "above 1.25 pu for 1 s"),
        ("frequency,change_hz=-6,rate_hz_per_s=20@0.5", "off by more than 6% for 2 s"),
    ],
)
def test_a_relay_opens_the_breaker_and_says_why(sag, words_):
    done = walk(bay(ups={"main": {}}), [sag], 12.0)
    assert words_ in words(done)
    assert settled(done, "power_mw", 11.8).max() == 0.0


def test_a_job_that_fails_by_chance_is_told_and_one_that_is_crashed_is_told_once():
    job = {"failures_per_gpu_h": 0.02}  # a stop every 4.5 s
    done = walk(bay(load={"halls": {"jobs": {"big": job}}}), seconds=20.0)
    assert "halls.jobs.big: a GPU fails" in words(done)
    asked = walk(events=["crash:halls.big@1"], seconds=2.0)
    assert "a GPU fails" not in words(asked)
    assert "falls to idle at once" in words(asked)


def test_many_jobs_are_told_together():
    done = walk(bay(load={"halls": {"jobs": {"small": {"count": 6}}}}), ["stop:halls@1"], 2.0, groups=8)
    assert "and 3 more: is stopped in order" in words(done)


def test_a_setpoint_of_the_manager_arrives_late_by_its_delays():
    loop = {"period_s": 0.1, "measure_s": 0.1, "command_s": 0.2, "local": False, "ramp_mw_per_min": 20}
    still = {"low_frac": 0.95, "node_noise_frac": 0}
    jobs = {"big": still, "small": {**still, "count": 3}}
    campus = bay(control={"smoothing": loop}, load={"halls": {"jobs": jobs}})
    done = walk(campus, ["crash:halls.big@1"], 2.0, 0.01)
    charges = done.wave["battery.main.power_mw"] < -5.0
    assert 1.29 < np.flatnonzero(charges)[0] * 0.01 < 1.45


def test_rules_alone_keep_the_import_below_the_connection():
    campus = bay(control={"smoothing": None}, grid={"connection": {"firm_mw": 80}})
    done = walk(campus, seconds=5.0)
    assert settled(done, "power_mw", 2.0).mean() < 83.0
    assert "reference_mw" not in done.wave.arrays
    assert any("keeps import and export inside" in text for _, text in done.decisions)


def test_backup_and_swings_are_held_back_from_the_rules():
    duties = {"backup": {"duration_h": 0.5, "load_frac": 0.5}, "smoothing": {"power_mw": 20, "energy_mwh": 5}}
    built = build(bay(duties=duties), 0, 4, 0.01, (1, True))
    assert built.parts.ems[em.RESERVE_MWH] > 20.0
    assert built.parts.ems[em.SWING_MWH] == 5.0


def test_export_and_loads_beside_the_halls_are_in_the_site():
    campus = bay(
        load={"pumps": {"draw_mw": 3}},
        grid={"tariff": {"energy": {"price_per_mwh": 50}, "export": {"price_per_mwh": 20, "limit_mw": 30}}},
    )
    built = build(campus, 0, 4, 0.01, (1, False))
    assert built.parts.site[at.PLAIN_MW] == 5.0
    assert not any(name.endswith("gpu_mw") for name in built.channels)


def test_a_voltage_that_is_no_number_stops_the_run():
    built = build(bay(), 0, 4, 0.01, (1, True))
    drive = np.array([[np.nan], [60.0], [0.0], [200.0]]) * np.ones((1, 5))
    record = np.zeros((len(built.channels), 5))
    assert run_steps(0, 5, 0.01, drive, built.parts, built.moving, record) < 5
    assert "no number any more" in stopped(built, 0.01)


def test_a_loop_that_never_settles_stops_the_run_uncompiled_too():
    inverter = {"droop_frac": 1e-5, "deadband_hz": 0, "pll_s": 0.001}
    campus = bay(
        battery={"main": {"power_mw": 200, "inverter": inverter}},
        grid={"connection": {"short_circuit_mva": 400}},
    )
    done = walk(campus, ["phase-jump@0.1"], 1.0, 0.001)
    assert "battery.main" in done.diverged
    assert "swings without end" in done.happened[-1][1]


def test_an_island_of_its_own_without_a_grid_runs_at_50_hz():
    campus = bay(**FORMING, grid=None)
    done = walk(campus, seconds=2.0, step_s=0.005)
    assert done.wave["power_mw"].max() == 0.0
    assert done.wave["frequency_hz"].mean() == pytest.approx(50.0, abs=1.0)
    assert balanced(done)
