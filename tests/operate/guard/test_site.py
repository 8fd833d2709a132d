"""The guard on a simulated site, over real sockets: what happens when X."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import time

import pytest

from tests.operate.guard.conftest import DEVICES, campus_of, guarded_site, until
from wattstack.operate.guard import Guard, Lease
from wattstack.operate.link import Frame, Names, Request, State, open_client
from wattstack.operate.simulated import simulate_devices

BACKUP = {"backup": {"duration_h": 1.0, "load_frac": 0.5}}


def power(site) -> float:
    return site.site.stores["battery.main"].injection_mw


def texts(guard, level: str = "alarm") -> str:
    return " | ".join(f"{e.channel}: {e.text}" for e in guard.telling.recent if e.level == level)


def asked(guard) -> float:
    return guard.decision.asset_mw["battery.main"]


def test_the_connection_is_held_within_a_second_of_the_start_and_nothing_goes_out_before_a_full_image(
    at_site,
):
    async def work(site, guard):
        while not guard.started:
            assert site.devices["battery.main"].setpoint_mw is None
            await asyncio.sleep(0.01)
        await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)
        assert guard.decision.reasons["battery.main"] == "keeps import and export inside what the grid allows"
        assert guard.overruns <= 2

    at_site(work)


def test_a_dead_meter_leaves_the_load_as_high_as_it_was_seen_and_comes_back_within_five_seconds(at_site):
    async def work(site, guard):
        await until(lambda: abs(power(site) - 4.0) < 0.3)
        site.put("grid.connection", "silent")
        await until(lambda: "load not read" in guard.decision.reasons["battery.main"], 2.0)
        assert asked(guard) == pytest.approx(4.0, abs=0.5)
        await until(lambda: "grid.connection: is lost" in texts(guard), 4.0)
        site.lift("grid.connection", "silent")
        took = await until(lambda: "load not read" not in guard.decision.reasons["battery.main"], 6.0)
        assert took <= 5.0

    at_site(work)


def test_no_value_older_than_three_periods_is_acted_on(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and "load_mw" in guard.decision.values)
        site.put("grid.connection", "silent")
        began = time.monotonic()
        while "load_mw" in guard.decision.values:
            assert guard.image.age_s("grid.connection.power_mw") <= 0.3 + 1e-9
            assert time.monotonic() - began < 1.0
            await asyncio.sleep(0.005)

    at_site(work)


def test_a_frozen_gateway_is_seen_and_its_values_are_not_used(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and guard.decision.whole)
        site.put("grid.connection", "frozen")
        await until(lambda: "grid.connection: stands still" in texts(guard), 6.0)
        assert "load_mw" not in guard.decision.values
        site.lift("grid.connection", "frozen")
        await until(lambda: "load_mw" in guard.decision.values, 3.0)

    at_site(work)


def test_a_stale_battery_is_asked_for_nothing_and_its_reserve_is_believed_to_shrink(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and guard.decision.values.get("control.sure_mwh", 0.0) > 1.0)
        before = guard.decision.values["control.sure_mwh"]
        site.put("battery.main", "nan")
        await until(lambda: asked(guard) == 0.0 and guard.decision.slack_mw.get("connection", 0.0) > 3.0, 3.0)
        await asyncio.sleep(1.0)
        assert guard.decision.values["control.sure_mwh"] < before

    at_site(work)


def test_a_gauge_that_jumps_up_is_not_believed_and_the_reserve_holds(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and "load_mw" in guard.decision.values)
        sure = guard.decision.values["control.sure_mwh"]
        site.devices["battery.main"].spoiler.put("soc_jump", 0.3)
        await until(lambda: "can be: not believed" in texts(guard), 3.0)
        assert guard.decision.values["control.sure_mwh"] <= sure

    at_site(work, sections={"duties": BACKUP, "control": {"kind": "rules", "rules": ["limit", "reserve"]}})


def test_the_reserve_is_kept_though_a_person_asks_for_power(at_site):
    async def work(site, guard):
        client = await open_client(guard.server.path, "face")
        two = {
            "source": "user",
            "user": "operator-1",
            "second_user": "engineer-2",
            "until_s": time.time() + 60.0,
        }
        await until(lambda: guard.started)
        assert (await client.ask(Request(id="1", what="mode", mode="manual", **two))).taken
        assert (await client.ask(Request(id="2", what="battery_mw", value=10.0, **two))).taken
        await until(lambda: power(site) > 8.0)
        site.site.stores["battery.main"].stored_mwh = 8.3  # 10 MW for an hour / 0.95 = 8.42 MWh are kept
        await until(lambda: power(site) == pytest.approx(0.0, abs=0.05), 3.0)
        assert "backup reserve: reserve" in guard.decision.reasons["battery.main"]
        await client.close()

    tariff = {"energy": {"price_per_mwh": 10000}, "export": {"price_per_mwh": 0, "limit_mw": 5}}
    firm = {"connection": {"firm_mw": 40}, "tariff": tariff}
    backup = {"backup": {"duration_h": 1.0, "load_frac": 0.4}}
    at_site(
        work,
        sections={
            "duties": backup,
            "grid": firm,
            "control": {"kind": "rules", "rules": ["limit", "reserve"]},
        },
    )


def test_a_request_that_nobody_renews_is_forgotten_and_the_rules_go_on(at_site):
    async def work(site, guard):
        await until(lambda: guard.started)
        client = await open_client(guard.server.path, "planner")
        ask = Request(id="1", source="planner", what="battery_mw", value=6.0, until_s=time.time() + 1.5)
        assert (await client.ask(ask)).taken
        await until(lambda: power(site) == pytest.approx(6.0, abs=0.1), 3.0)
        await until(lambda: power(site) == pytest.approx(4.0, abs=0.4), 4.0)
        assert not (await client.ask(ask)).taken
        await client.close()

    at_site(work, sections={"control": {"kind": "mpc", "rules": ["limit", "reserve", "plan"]}})


def test_what_tripped_stays_out_until_a_person_clears_it(at_site):
    async def work(site, guard):
        await until(lambda: abs(power(site) - 4.0) < 0.3)
        client = await open_client(guard.server.path, "face")
        clear = {"source": "user", "user": "operator-1", "what": "clear_lockout", "path": "battery.main"}
        site.put("battery.main", "contactor")
        await until(lambda: "tripped: its contactor opened" in texts(guard))
        refused = await client.ask(Request(id="1", until_s=time.time() + 10.0, **clear))
        assert (refused.taken, "did not come back" in refused.why) == (False, True)
        site.lift("battery.main", "contactor")
        await asyncio.sleep(1.0)
        assert asked(guard) == 0.0
        assert (await client.ask(Request(id="2", until_s=time.time() + 10.0, **clear))).taken
        await until(lambda: abs(power(site) - 4.0) < 0.3)
        await client.close()

    at_site(work)


def test_a_foreign_hand_on_the_setpoint_is_told_and_left_alone_where_that_is_the_policy(at_site):
    # the load drifts with the hour: without a least step the setpoint is renewed before its power can be looked at
    battery = {**DEVICES["battery.main"], "on_foreign_write": "yield", "write_step_mw": 0.2}
    devices = {**DEVICES, "battery.main": battery}

    async def work(site, guard):
        await until(lambda: guard.devices.commands["battery.main"].state == "followed")
        site.put("battery.main", "foreign", -2.0)
        await until(lambda: "someone else writes, it is left to them" in texts(guard))
        await asyncio.sleep(0.5)
        assert site.devices["battery.main"].setpoint_mw == pytest.approx(-2.0)

    at_site(work, devices)


def test_an_outage_is_ridden_through_by_the_battery(at_site):
    async def work(site, guard):
        await until(lambda: abs(power(site) - 4.0) < 0.3)
        site.site.load_mw = 8.0
        site.put("grid.connection", "outage")
        await until(lambda: "carries the campus without the grid" in guard.decision.reasons["battery.main"])
        site.lift("grid.connection", "outage")
        await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)

    at_site(work)


def test_who_subscribes_hears_names_frames_states_and_reasons_and_the_socket_is_its_owners(at_site):
    async def work(site, guard):
        await until(lambda: guard.started)
        assert stat.S_IMODE(guard.server.path.stat().st_mode) == 0o600
        client = await open_client(guard.server.path, "historian")
        await client.subscribe(0.1)
        heard = [await asyncio.wait_for(client.next(), 2.0) for _ in range(30)]
        frames = [one for one in heard if isinstance(one, Frame)]
        state = [one for one in heard if isinstance(one, State)][-1]
        assert any(isinstance(one, Names) for one in heard)
        assert len(frames[-1].values) == len(client.names)
        shown = dict(zip(client.names, frames[-1].values, strict=True))
        assert shown["load_mw"] == pytest.approx(20.0, abs=0.6)
        assert state.writes and state.setpoints_mw["battery.main"] == pytest.approx(4.0, abs=0.5)
        await client.close()

    at_site(work)


def test_who_does_not_read_is_let_go_and_the_loop_does_not_wait(at_site):
    async def work(site, guard):
        await until(lambda: guard.started)
        _, writer = await asyncio.open_unix_connection(str(guard.server.path))
        for body in (b'{"kind":"hello","role":"face"}', b'{"kind":"subscribe","every_s":0.02}'):
            writer.write(b"J" + len(body).to_bytes(4, "big") + body)
        await until(lambda: any(c.every_s for c in guard.server.callers))
        caller = next(iter(guard.server.callers))
        caller.transport.set_write_buffer_limits(high=0)
        overruns = guard.overruns
        big = b"x" * 1_000_000
        for _ in range(6):
            caller.send(big)
        assert guard.server.dropped == 1
        await asyncio.sleep(0.5)
        assert guard.overruns <= overruns + 1
        assert not guard.server.callers
        writer.close()

    at_site(work)


def test_shadow_decides_and_tells_and_never_writes(tmp_path):
    async def work():
        campus = campus_of()
        async with simulate_devices(campus) as site:
            guard = Guard(campus, tmp_path, shadow=True)
            running = asyncio.create_task(guard.run())
            await until(lambda: guard.started and asked(guard) > 3.0)
            await asyncio.sleep(0.5)
            assert site.devices["battery.main"].setpoint_mw is None
            guard.stop()
            await running

    asyncio.run(work())


def test_a_disk_that_cannot_be_written_is_told_and_control_goes_on(at_site):
    async def work(site, guard):
        await until(lambda: guard.started)
        (guard.folder / "state.new").mkdir()  # what is written beside cannot be made
        await until(lambda: "cannot be saved" in texts(guard), 5.0)
        await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)

    at_site(work)


def test_a_restart_goes_on_from_what_was_saved_and_a_broken_file_is_left_aside(tmp_path):
    async def work():
        campus = campus_of()
        async with guarded_site(campus, tmp_path) as (site, guard):
            await until(lambda: abs(power(site) - 4.0) < 0.3)
            site.put("battery.main", "contactor")
            await until(lambda: "battery.main" in guard.mind.lockouts.why)
            await asyncio.sleep(1.3)
        async with guarded_site(campus, tmp_path) as (site, guard):
            await until(lambda: guard.started and asked(guard) == 0.0)
            assert guard.mind.lockouts.why == {"battery.main": "its contactor opened"}
            await asyncio.sleep(1.2)
        state = tmp_path / "state.json"
        raw = json.loads(state.read_text())
        state.write_text(json.dumps({**raw, "state": raw["state"].replace("contactor", "nothing")}))
        async with guarded_site(campus, tmp_path) as (site, guard):
            await until(lambda: guard.started)
            assert "state.json is left aside: its checksum" in texts(guard)
            assert guard.mind.lockouts.why == {"battery.main": "its contactor opened"}  # of state.old

    asyncio.run(work())


def test_a_device_that_never_comes_does_not_keep_the_others_waiting_for_ever(tmp_path, monkeypatch):
    from wattstack.operate.guard import loop

    monkeypatch.setattr(loop, "START_S", 1.0)
    devices = DEVICES | {"generator.gas": {"template": "library:genset-controller"}}
    gas = {"fuel": "lng", "power_mw": 12, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000}

    async def work():
        whole = campus_of(devices, generator={"gas": gas})
        there = whole.model_copy(update={"devices": {p: whole.devices[p] for p in DEVICES}, "generator": {}})
        async with simulate_devices(there) as site:
            guard = loop.Guard(whole, tmp_path)
            running = asyncio.create_task(guard.run())
            await until(lambda: guard.started, 4.0)
            assert "begins without generator.gas: not read yet" in texts(guard)
            await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)
            guard.stop()
            await running

    asyncio.run(work())


def test_what_cannot_be_told_does_not_stop_control(at_site):
    async def work(site, guard):
        await until(lambda: guard.started)
        guard.mind.lockouts.why["battery.main#9"] = "x" * 600  # longer than a message may be
        await until(lambda: guard.untold > 3 and "cannot tell how it is" in texts(guard))
        before = guard.cycles
        await until(lambda: guard.cycles > before + 3 and abs(site.site.meters.import_mw - 16.0) < 0.3)

    at_site(work)


def test_a_campus_that_is_not_there_ends_with_its_words(capsys):
    from wattstack.operate.guard.__main__ import main

    assert main(["nowhere/campus.yaml"]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_a_guard_ends_tidily_on_a_signal_and_gives_up_its_lease(tmp_path):
    from threading import Timer

    from wattstack.campus import write_campus
    from wattstack.operate.guard.__main__ import main

    write_campus(campus_of(), tmp_path / "campus.yaml")
    Timer(3.0, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    assert main([str(tmp_path), str(tmp_path / "data")]) == 0
    assert Lease(tmp_path / "data" / "lease", 1.0).keep()
    assert not (tmp_path / "data" / "guard.sock").exists()
