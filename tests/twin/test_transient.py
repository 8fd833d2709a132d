"""A campus through seconds of milliseconds: what its parts do to each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.twin.bay import FORMING, bay, moment, run, settled, words
from wattstack.errors import InputError
from wattstack.twin.transient import simulate_transient


def test_grid_and_battery_carry_the_load_at_every_step():
    wave = run(events=["stop:halls.big@2", "deep-sag@4"]).wave
    lacking = wave["power_mw"] + wave["battery.main.power_mw"] - wave["load_mw"]
    assert np.abs(lacking).max() < 1e-9


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(
        ["stop:all@1", "crash:halls.big@1", "virginia@0", "phase-jump@1", "frequency-ramp@1", "site-trip@1"]
    ),
    st.sampled_from([0.001, 0.002, 0.005]),
    st.integers(0, 5),
    st.booleans(),
)  # fmt: skip
def test_power_balances_whatever_happens(event, step_s, seed, forms):
    campus = bay(ups={"main": {}}, **(FORMING if forms else {}))
    done = run(campus, [event], 3.0, step_s, seed=seed)
    wave, energies = done.wave, done.energies
    lacking = wave["power_mw"] + wave["battery.main.power_mw"] - wave["load_mw"]
    assert np.abs(lacking).max() < 1e-6
    given_mwh = energies["grid_mwh"] + energies["battery.main.out_mwh"] - energies["battery.main.in_mwh"]
    assert given_mwh == pytest.approx(energies["load_mwh"], rel=1e-9, abs=1e-9)


def test_what_the_cells_store_is_what_the_bus_gave_less_the_losses():
    done = run(events=["stop:all@1"], seconds=61.0)
    stored_mwh = np.diff(done.wave["battery.main.soc"][[0, -1]])[0] * 240.0
    taken, given_ = done.energies["battery.main.in_mwh"], done.energies["battery.main.out_mwh"]
    assert taken > 0.5
    assert 0.94 * taken - given_ / 0.94 < stored_mwh < taken - given_


def test_the_servers_do_not_know_the_step_of_the_loop():
    fine, coarse = run(step_s=0.001).wave["it_mw"], run(step_s=0.005).wave["it_mw"]
    assert fine[2::5] == pytest.approx(coarse, rel=1e-9)


def test_half_the_step_gives_nearly_the_same_power():
    whole, half = (run(events=["stop:halls.big@2"], step_s=s).wave["power_mw"] for s in (0.005, 0.0025))
    mean = 0.5 * (half[::2] + half[1::2])
    assert np.sqrt(np.mean((whole - mean) ** 2)) < 0.02 * np.ptp(whole)
    assert np.ptp(whole) == pytest.approx(np.ptp(half), rel=0.05)


def test_the_same_seed_gives_the_same_run_and_another_gives_another():
    first, again, other = run(seed=1), run(seed=1), run(seed=2)
    assert (first.wave["power_mw"] == again.wave["power_mw"]).all()
    assert not (first.wave["power_mw"] == other.wave["power_mw"]).all()


def test_the_number_of_rack_groups_does_not_change_what_is_drawn():
    few, many = run(groups=5).wave["it_mw"], run(groups=60).wave["it_mw"]
    assert few == pytest.approx(many, rel=1e-9)


def test_swings_of_jobs_of_equal_size_add_as_the_root_of_their_number():
    jobs = {"small": {"gpus": 3000, "power_per_gpu_kw": 1.5, "checkpoint": None, "failures_per_gpu_h": 0,
                      "jitter_frac": 0.02}}  # fmt: skip

    def swing(count):
        halls = {"it_mw": 140, "jobs": {"many": {**jobs["small"], "count": count}}}
        campus = bay(load={"halls": None} | {"racks": halls})
        waves = [
            run(campus, seconds=120.0, step_s=0.02, seed=seed, groups=40).wave["it_mw"] for seed in range(6)
        ]
        return np.mean([wave.std() for wave in waves])

    assert swing(16) / swing(1) == pytest.approx(4.0, rel=0.25)


# the fast loop


def test_a_job_that_stops_leaves_at_once_without_the_fast_loop():
    wave = run(bay(control={"smoothing": None}), ["stop:halls.big@3"], 8.0).wave
    rate = wave.rate_hz
    fallen = wave["power_mw"][int(2 * rate) : int(3 * rate)].max() - wave["power_mw"][int(6 * rate) :].mean()
    assert fallen > 45.0
    assert np.abs(wave["battery.main.power_mw"]).max() < 0.5


def test_with_the_fast_loop_the_power_drawn_falls_at_the_ramp_and_the_battery_takes_the_triangle():
    job = {"low_frac": 0.95, "node_noise_frac": 0}  # it does not breathe: dP is one number
    still = {"halls": {"jobs": {"big": job, "small": {**job, "count": 3}}}}
    campus = bay(load=still, control={"smoothing": {"corner_s": 0.5, "recentre_s": 1e6}})
    done = run(campus, ["stop:halls.big@10"], 220.0)
    power = done.wave["power_mw"]
    fallen = power[:1000].mean() - power[-1000:].mean()
    ramp = 20.0 / 60.0
    assert fallen > 45.0
    assert done.energies["battery.main.in_mwh"] == pytest.approx(fallen**2 / (2 * ramp) / 3600.0, rel=0.03)
    each_second = power[: len(power) // 200 * 200].reshape(-1, 200).mean(axis=1)
    assert np.abs(np.diff(each_second)).max() < ramp + 0.3  # what a converter lags behind a load that falls


def test_a_loop_that_commands_over_the_wire_lets_the_edge_through_and_a_local_one_nearly_none():
    def edge(local):
        wave = run(bay(control={"smoothing": {"local": local}}), ["crash:halls.big@3"], 5.0).wave
        return np.ptp(settled(wave_of(wave), "power_mw", 2.5)[:400])

    class wave_of:
        def __init__(self, wave):
            self.wave = wave

    assert edge(True) < 0.7 * edge(False)


def test_a_battery_too_small_is_said_to_be_at_its_end():
    done = run(bay(battery={"main": {"power_mw": 10}}), ["stop:halls.big@2"], 6.0)
    assert any("at their end" in text for _, text in done.decisions)
    assert done.energies["unheld_s"] > 1.0


def test_an_order_of_the_operator_is_kept_within_its_time():
    campus = bay(load={"halls": {"jobs": {"big": {"tier": 3}}}})
    done = run(campus, ["curtail,power_mw=70,within_s=20@5"], 60.0)
    assert settled(done, "power_mw", 30.0).mean() < 71.0
    assert settled(done, "it_mw", 30.0).mean() < 0.85 * done.wave["it_mw"][:800].mean()
    assert "orders 70 MW" in words(done)


# supplies, sags, islands


def test_six_sags_in_82_seconds_keep_a_supply_that_counts_on_its_battery():
    done = run(bay(ups={"main": {}}), ["virginia@2"], 90.0)
    assert "ups.main stays on its battery until a person resets it: sag number 3 in 60 s" in words(done)
    assert settled(done, "ups.main.power_mw", 86.0).max() == 0.0
    assert settled(done, "it_mw", 86.0).mean() > 60.0  # the halls do not notice


def test_a_supply_that_does_not_count_comes_back_after_each_sag():
    done = run(bay(ups={"main": {"sag_count": None}}), ["virginia@2"], 90.0)
    assert words(done).count("ups.main left the grid") == 6
    assert words(done).count("ups.main is back") == 6
    assert settled(done, "ups.main.power_mw", 88.0).mean() > 60.0


def test_racks_without_a_supply_go_dark_in_a_deep_sag_and_come_back():
    done = run(events=["deep-sag@1"])
    assert moment(done, "racks lose their power") == pytest.approx(1.02, abs=0.011)
    assert "all racks have power again" in words(done)


def test_an_island_with_a_forming_battery_holds_and_returns_in_step():
    done = run(bay(**FORMING), ["island@2", "return@8"], 40.0)
    island = slice(int(2.1 / 0.005), int(8.0 / 0.005))
    assert done.wave["voltage_pu"][island].min() > 0.9
    assert np.abs(done.wave["power_mw"][island]).max() == 0.0
    assert "racks lose" not in words(done)
    assert moment(done, "grid is closed") > 8.0


def test_an_island_with_a_following_battery_goes_dark_and_it_is_said_why():
    done = run(events=["island@2"])
    assert settled(done, "voltage_pu", 3.0).max() == 0.0
    assert "nothing on it forms one" in words(done)
    assert "racks lose their power" in words(done)


def test_after_a_trip_of_the_whole_site_the_power_drawn_rises_at_the_ramp():
    done = run(bay(ups={"main": {}}), ["trip@2", "return@6"], 40.0)
    assert settled(done, "power_mw", 2.5)[: int(3 / 0.005)].max() == 0.0
    back = settled(done, "power_mw", 15.0)
    each_second = back[: len(back) // 200 * 200].reshape(-1, 200).mean(axis=1)
    assert np.abs(np.diff(each_second)).max() < 1.2 * 20.0 / 60.0
    assert "batteries are back on the bus" in words(done)


def test_a_generator_comes_onto_an_island_after_its_start():
    engine = {"fuel": "lng", "power_mw": 100, "units": 2, "start_s": 3, "fuel_price_per_mwh": 10, "capital_per_mw": 0,
              "emission_kg_per_mwh": 400}  # fmt: skip
    done = run(bay(**FORMING, generator={"gas": engine}), ["island@1", "return@10"], 30.0)
    assert moment(done, "generator.gas is on the bus") == pytest.approx(4.0, abs=1.1)
    assert settled(done, "generator.gas.1.power_mw", 8.0)[:200].mean() > 10.0
    assert settled(done, "generator.gas.2.power_mw", 29.0).max() == 0.0


def test_a_battery_that_is_lost_gives_nothing_more():
    done = run(events=["loss:battery.main@2"])
    assert settled(done, "battery.main.power_mw", 2.01).max() == 0.0


def test_a_grid_that_stays_away_is_left_by_the_relay():
    done = run(bay(**FORMING, ups={"main": {}}), ["sag,depth_frac=0.7,length_s=20@1"], 6.0)
    assert "the relay at the point of connection opens the breaker" in words(done)


# loops that do not settle, and what is wrong with an input


@pytest.mark.parametrize(
    ("inverter", "mva", "names"),
    [
        ({"droop_frac": 1e-5, "deadband_hz": 0, "pll_s": 0.001}, 400, "droop_frac or pll_s"),
        ({"droop_frac": 1e-3, "deadband_hz": 0, "pll_s": 0.01}, 400, "weak grid"),
        ({"mode": "grid-forming", "damping_pu": 0, "droop_frac": 100, "inertia_s": 0.2}, 1000, "damping_pu"),
    ],
)
def test_an_unstable_loop_is_named_with_its_moment(inverter, mva, names):
    shaky = {"power_mw": 200, "inverter": inverter}
    campus = bay(battery={"main": shaky}, grid={"connection": {"short_circuit_mva": mva}})
    done = run(campus, ["phase-jump@1"], 30.0, 0.001)
    assert done.diverged.startswith("At ")
    assert "battery.main" in done.diverged and names in done.diverged
    assert done.wave.duration_s < 29.0
    assert "the run stops" in done.happened[-1][1]


@pytest.mark.parametrize("changes", [{}, FORMING, {"grid": {"connection": {"short_circuit_mva": 1500}}}])
@pytest.mark.parametrize("event", ["phase-jump@1", "crash:all@2", "virginia@1", "frequency-ramp@1"])
def test_a_sound_campus_does_not_diverge(changes, event):
    assert run(bay(**changes), [event], seconds=20.0).diverged == ""


def test_all_that_a_file_lacks_is_told_at_once():
    campus = bay(
        grid={"connection": {"frequency_hz": None, "short_circuit_mva": None}},
        load={"halls": {"jobs": None}},
        battery={"main": {"power_mw": {"max": 100}}},
    )
    with pytest.raises(InputError) as caught:
        simulate_transient(campus, seconds=-1.0, step_s=1.0)
    text = str(caught.value)
    for part in (
        "frequency_hz",
        "short_circuit_mva",
        "no jobs",
        "battery.main.power_mw",
        "step_s",
        "seconds",
    ):
        assert part in text


def test_events_that_name_what_is_not_there_are_told_with_the_nearest():
    with pytest.raises(InputError) as caught:
        run(events=["crash:halls.bg@1", "loss:battery.mian@2", "start:generator.gas@1"])
    text = str(caught.value)
    assert "Nearest: halls.big" in text
    assert "Nearest: battery.main" in text
    assert len(caught.value.faults) == 3


def test_a_long_run_is_thinned_and_says_so(monkeypatch):
    from wattstack.twin.transient import run as module

    monkeypatch.setattr(module, "RECORD_MB", 0.4)
    done = run(seconds=6.0, step_s=0.001)
    assert done.wave.step_s in (0.002, 0.003, 0.004, 0.005)
    assert any("mean of" in text for text in done.notes)
    monkeypatch.setattr(module, "RECORD_MB", 0.08)
    with pytest.raises(InputError, match="Run it in parts"):
        run(seconds=6.0, step_s=0.001)


def test_an_event_after_the_end_is_noted():
    assert any("not run" in text for text in run(events=["stop:all@100"], seconds=1.0).notes)
