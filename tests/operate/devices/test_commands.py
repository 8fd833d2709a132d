"""Setpoints over real sockets: taken, renewed, read back, seen in the power; and all the ways in which they are not."""

from __future__ import annotations

import pytest

from tests.operate.devices.conftest import campus_with
from wattstack.errors import InputError, StateError
from wattstack.operate.devices import Devices, Quality, follows

PATH = "battery.main"
SUN = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "temp_air_degc", "wind_speed_m_s")
STORAGE = {"template": "library:sunspec-storage", "period_s": 0.05}
PLAIN = {"template": "library:bess-generic", "period_s": 0.05}


def state_is(bench, *states):
    return lambda image: bench.devices.commands[PATH].state in states


@pytest.mark.parametrize("device", [STORAGE, PLAIN, {**STORAGE, "template": "library:sunspec-hybrid"}])
def test_a_setpoint_is_taken_and_seen_in_the_power(at_site, device):
    async def work(bench):
        for power in (3.0, -4.0, 0.0):
            await bench.until(
                lambda image, p=power: (
                    abs(image.value(f"{PATH}.power_mw") - p) < 0.01 and state_is(bench, "followed")(image)
                ),
                {PATH: power},
            )
        assert "alarm" not in bench.texts()

    at_site({PATH: device}, work)


@pytest.mark.parametrize("device", [STORAGE, PLAIN])
def test_without_a_word_the_device_falls_back_by_itself(at_site, device):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 3.0})
        assert bench.image.value(f"{PATH}.revert_s") == 1.0
        took_s = await bench.until(state_is(bench, "reverted"))
        assert 0.7 < took_s < 1.6
        assert bench.image.value(f"{PATH}.power_mw") == 0.0
        await bench.until(state_is(bench, "followed"), {PATH: 3.0})

    at_site({PATH: device | {"revert_s": 1}}, work)


def test_a_setpoint_that_stands_is_renewed_three_times_within_its_reversion(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 3.0})
        seen = []
        for _ in range(50):
            await bench.cycle({PATH: 3.0})
            seen.append(bench.devices.commands[PATH].sent_s)
        assert 4 <= len(set(seen)) <= 8
        assert not bench.site.devices[PATH].fell_back

    at_site({PATH: STORAGE | {"revert_s": 1}}, work)


def test_a_setpoint_goes_out_whole_the_heartbeat_after_it_and_without_that_the_device_falls_back(at_site):
    async def work(bench):
        device, writes = bench.site.devices[PATH], []
        take = device._take
        device._take = lambda at, registers: (writes.append((at, len(registers))), take(at, registers))
        await bench.until(state_is(bench, "followed"), {PATH: 3.0})
        first = bench.image.value(f"{PATH}.controller_heartbeat")
        await bench.until(lambda image: image.value(f"{PATH}.controller_heartbeat") > first, {PATH: 3.0})
        assert set(writes) == {(2000, 3), (2010, 4), (2020, 1)}  # mode and power; reversion; heartbeat
        assert writes.index((2010, 4)) < writes.index((2000, 3)) < writes.index((2020, 1))
        assert not device.fell_back
        bench.devices.commander(PATH)._heartbeat = lambda now_s: None
        await bench.until(lambda image: device.fell_back, {PATH: 3.0})
        assert writes[-1][0] != 2020 and bench.devices.commands[PATH].sent_s > 0.0

    at_site({PATH: PLAIN | {"revert_s": 1}}, work)


def test_a_device_that_limits_its_rate_is_followed_as_far_as_it_goes(at_site, monkeypatch):
    from wattstack.operate.devices import commands

    monkeypatch.setattr(commands, "FOLLOW_S", 0.4)

    async def work(bench):
        device, power = bench.site.devices[PATH], [0.0]
        decide = device.decide

        def slowly():
            asked_mw = decide()
            if asked_mw is not None:
                power[0] += min(max(asked_mw - power[0], -0.05), 0.05)
            return None if asked_mw is None else power[0]

        device.decide = slowly
        await bench.until(state_is(bench, "not followed"), {PATH: 8.0})
        assert "alarm" in bench.texts()
        await bench.until(state_is(bench, "followed"), {PATH: 8.0}, 20.0)

    at_site({PATH: STORAGE}, work)


@pytest.mark.parametrize(
    ("kind", "value", "state", "told"),
    [
        ("reject", None, "refused", "exception 4"),
        ("ignore_write", None, "ignored", "confirmed it and did not take it"),
        ("clamp", 0.2, "changed", "made another of it"),
        ("local", None, "local", "switch stands on local"),
    ],
)
def test_a_setpoint_that_is_not_taken_is_told_and_taken_when_the_fault_is_over(
    at_site, kind, value, state, told
):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 1.0})
        bench.site.put(PATH, kind, value)
        await bench.until(state_is(bench, state), {PATH: 5.0})
        assert told in bench.texts()
        bench.site.lift(PATH, kind)
        await bench.until(state_is(bench, "followed"), {PATH: 5.0})
        assert bench.texts().count("alarm") <= 2  # a write may be refused before the switch is read

    at_site({PATH: STORAGE | {"revert_s": 1}}, work)


def test_a_setpoint_that_the_power_does_not_follow_is_told(at_site, monkeypatch):
    from wattstack.operate.devices import commands

    monkeypatch.setattr(commands, "FOLLOW_S", 0.4)

    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 1.0})
        bench.site.put(PATH, "frozen")
        bench.site.put(PATH, "sign")
        bench.site.lift(PATH, "frozen")
        await bench.until(state_is(bench, "not followed"), {PATH: 5.0})
        assert "is measured where 5 MW was asked" in bench.texts()

    at_site({PATH: STORAGE}, work)


def test_an_open_contactor_is_no_fault_of_the_setpoint(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 1.0})
        bench.site.put(PATH, "contactor")
        await bench.until(lambda image: image.value(f"{PATH}.contactor") == 0.0, {PATH: 5.0})
        await bench.cycle({PATH: 5.0}, 3)
        image = bench.image
        assert image.value(f"{PATH}.power_mw") == 0.0 and image.value(f"{PATH}.can_discharge_mw") == 0.0
        assert bench.devices.commands[PATH].state == "followed"

    at_site({PATH: STORAGE}, work)


@pytest.mark.parametrize(
    ("policy", "state"), [("yield", "yielded"), ("alarm", "foreign"), ("take-back", "foreign")]
)
def test_a_foreign_hand_on_the_setpoint_is_seen_and_dealt_with_by_policy(at_site, monkeypatch, policy, state):
    from wattstack.operate.devices import commands

    monkeypatch.setattr(commands, "CALM_S", 2.0)

    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        bench.site.devices[PATH].someone_writes(-1.0)
        await bench.until(state_is(bench, state), {PATH: 2.0})
        k = bench.image.place[f"{PATH}.setpoint_mw"]
        assert bench.image.quality[k] == Quality.FOREIGN and bench.image.values[k] == -1.0
        assert "-1 MW stands where 2 MW was written: someone else writes" in bench.texts()
        if policy == "yield":
            await bench.cycle({PATH: 2.0}, 10)
            assert bench.image.value(f"{PATH}.setpoint_mw") == -1.0
            bench.devices.commander(PATH).release()
        held = lambda image: abs(image.value(f"{PATH}.power_mw") - 2.0) < 0.01  # noqa: E731
        assert await bench.until(held, {PATH: 2.0}) < (0.5 if policy != "alarm" else 2.5)
        # the alarm stands while it may come again
        assert bench.devices.commands[PATH].state == state or policy == "yield"
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        assert bench.texts().count("alarm") == 1

    at_site({PATH: STORAGE | {"on_foreign_write": policy}}, work)


def test_a_foreign_hand_is_seen_though_the_setpoint_moves_with_every_cycle(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        bench.site.put(PATH, "foreign", -1.0)
        for k in range(100):
            await bench.cycle({PATH: 2.0 + 0.01 * (k % 7)})
        assert bench.devices.commands[PATH].state == "foreign"
        assert bench.texts().count("alarm") == 1 and "someone else writes" in bench.texts()

    at_site({PATH: STORAGE}, work)


def test_a_foreign_hand_that_switches_the_setpoint_off_is_seen(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        bench.site.devices[PATH].show("setpoint_on", 0.0)
        await bench.until(state_is(bench, "foreign"), {PATH: 2.0})
        assert "setpoint_on is 0 where 1 was written" in bench.texts()

    at_site({PATH: STORAGE}, work)


def test_small_changes_and_fast_ones_are_not_written(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        sent_s = bench.devices.commands[PATH].sent_s
        await bench.cycle({PATH: 2.04}, 4)
        assert bench.devices.commands[PATH].sent_s == sent_s
        await bench.until(lambda image: abs(image.value(f"{PATH}.setpoint_mw") - 3.0) < 1e-6, {PATH: 3.0})
        assert bench.devices.commands[PATH].sent_s - sent_s >= 0.5
        assert bench.devices.commands[PATH].asked_mw == 3.0

    at_site({PATH: STORAGE | {"write_step_mw": 0.05, "write_interval_s": 0.5, "revert_s": 4}}, work)


def test_after_a_restart_the_device_is_set_up_anew(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        bench.site.put(PATH, "reboot")
        await bench.until(lambda image: not bench.devices.live[PATH].up, {PATH: 2.0})
        assert bench.devices.commands[PATH].state in ("unreachable", "sent", "followed")
        bench.site.lift(PATH, "reboot")
        await bench.until(state_is(bench, "followed"), {PATH: 2.0})
        assert bench.image.value(f"{PATH}.revert_s") == 2.0 and bench.image.value(f"{PATH}.revert_on") == 1.0

    at_site({PATH: PLAIN | {"revert_s": 2}}, work)


def test_engines_start_by_their_setpoint_and_stop_without_a_word(at_site):
    async def work(bench):
        path = "generator.gas"
        output = lambda image: image.value(f"{path}.output_mw")  # noqa: E731
        await bench.until(lambda image: output(image) > 1.9, {path: 2.0})
        assert bench.image.value(f"{path}.running") == 1.0
        await bench.until(lambda image: output(image) == 0.0)

    gas = {"power_mw": 4, "fuel_price_per_mwh": 5000, "emission_kg_per_mwh": 444, "start_s": 0.2,
           "ramp_frac_per_s": 5, "start_failure_frac": 0}  # fmt: skip
    device = {"template": "library:genset-controller", "period_s": 0.05, "revert_s": 1}
    at_site({"generator.gas": device}, work, {"generator": {"gas": gas}})


def test_a_solar_limit_holds_and_is_gone_without_a_word(at_site, tmp_path):
    sunny = tmp_path / "sun.csv"
    lines = [f"2022-0{3 + d // 32}-{31 if d == 31 else d - 31:02d}T{h:02d}:00Z,300,400,150,20,2"
             for d in range(31, 35) for h in range(24)]  # fmt: skip
    sunny.write_text("\n".join([",".join(["time", *SUN]), *lines]) + "\n")

    async def work(bench):
        path = "solar.roof"
        bench.site.site.time_s = 12 * 3600.0  # noon
        await bench.until(lambda image: image.value(f"{path}.output_mw") > 1.0)
        await bench.until(lambda image: abs(image.value(f"{path}.output_mw") - 0.5) < 1e-3, {path: 0.5})
        await bench.until(lambda image: image.value(f"{path}.output_mw") > 1.0)
        # the sun gives less
        await bench.until(lambda _: bench.devices.commands[path].state == "followed", {path: 9.0})

    sections = {
        "solar": {"roof": {"power_mw": 10, "tilt_deg": 20, "azimuth_deg": 180}},
        "series": {"weather": {"source": "csv", "file": str(sunny), "columns": {w: w for w in SUN}}},
    }
    device = {"template": "library:sunspec-inverter", "period_s": 0.05, "revert_s": 1}
    at_site({"solar.roof": device}, work, sections)


def test_what_is_no_number_or_has_no_setpoint_is_refused(at_site):
    async def work(bench):
        with pytest.raises(StateError, match="must be a number"):
            bench.devices.command(PATH, float("nan"))
        with pytest.raises(StateError, match="of a device with a setpoint"):
            bench.devices.command("grid.connection", 1.0)
        assert not bench.devices.command(PATH, 1e6)  # not connected yet: nothing goes out
        await bench.until(lambda image: bench.devices.live[PATH].read_whole)
        bench.devices.command(PATH, 1e9)
        assert bench.devices.commands[PATH].state == "refused"
        assert "must fit into int32" in bench.texts()

    at_site({PATH: STORAGE, "grid.connection": {"template": "library:meter-generic"}}, work)


def test_following_means_as_far_as_the_device_can():
    assert follows(5.0, 4.6, 10.0) and not follows(5.0, 4.0, 10.0)
    assert follows(-8.0, -2.0, 10.0, (2.0, 9.0)) and not follows(-8.0, 2.0, 10.0, (2.0, 9.0))


def test_no_setpoint_goes_out_before_the_reversion_was_taken(at_site):
    async def work(bench):
        device = bench.site.devices[PATH]
        revert_at = device._points["revert_on"][2]
        device._writable[revert_at] = False
        await bench.until(state_is(bench, "refused"), {PATH: 3.0})
        await bench.cycle({PATH: 3.0}, 10)
        assert device.shown("setpoint_mw") == 0.0 and device.shown("setpoint_on") == 0.0
        device._writable[revert_at] = True
        await bench.until(state_is(bench, "followed"), {PATH: 3.0})
        assert device.shown("revert_s") == 4.0

    at_site({PATH: PLAIN}, work)


def test_a_reversion_time_that_the_device_made_longer_is_told(at_site):
    async def work(bench):
        await bench.until(state_is(bench, "followed"), {PATH: 3.0})
        bench.site.devices[PATH].show("revert_s", 3600.0)
        await bench.until(state_is(bench, "foreign"), {PATH: 3.0})
        assert "revert_s is 3600 where 4 was written" in bench.texts()

    at_site({PATH: PLAIN}, work)


def test_a_reversion_shorter_than_the_device_counts_is_told_before_anything_runs():
    with pytest.raises(InputError, match="must be at least 1: it counts whole ones"):
        Devices(campus_with({PATH: STORAGE | {"revert_s": 0.5}}))
