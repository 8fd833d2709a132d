"""A target from its broker to the battery: real mosquitto, real way, real guard, simulated devices over Modbus."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.north.conftest import (
    BREACH,
    SET,
    STATUS,
    Partner,
    broker,
    bus_at,
    campus_of,
    mosquitto,
    shown,
    signed,
    target,
    until,
)  # fmt: skip
from wattstack.operate.guard import Guard
from wattstack.operate.link import Event, open_client
from wattstack.operate.north import run_north
from wattstack.operate.simulated import simulate_devices

pytestmark = mosquitto
BATTERY = {"power_mw": 10, "energy_mwh": 20, "charge_eff": 0.95, "discharge_eff": 0.95, "start": {"soc": 0.8}}


@asynccontextmanager
async def whole_site(folder, **sections):
    """A simulated site, a guard on it, the north side before it, a broker above."""
    devices = {
        "grid.connection": {"template": "library:meter-generic", "host": "127.0.0.1", "port": free_port()},
        "battery.main": {"template": "library:sunspec-storage", "host": "127.0.0.1", "port": free_port()},
    }
    port = free_port()
    raw = {"devices": devices, "battery": {"main": BATTERY}, **sections}
    campus = campus_of(folder, port, sections=raw)
    with broker(folder, port):
        async with simulate_devices(campus) as site, bus_at(folder, port) as bus:
            guard = Guard(campus, folder)
            tasks = [
                asyncio.create_task(guard.run()),
                asyncio.create_task(run_north(folder / "campus.yaml", folder)),
            ]
            try:
                await until(lambda: guard.started and bus.of(STATUS), 20.0)
                yield site, guard, bus
            finally:
                guard.stop()
                tasks[1].cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def test_a_signed_target_moves_the_battery_within_seconds_and_its_end_lets_it_go(folder, partner):
    async def work() -> None:
        async with whole_site(folder) as (site, guard, bus):
            await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)
            began = time.monotonic()
            await bus.say(SET, partner.message(target(13.0, 15.0)))
            await until(lambda: abs(site.site.meters.import_mw - 13.0) < 0.3, 6.0)
            took_s = time.monotonic() - began
            held = [r for r in guard.mind.book.in_force(guard.image.time_s) if r.user == "dsx.main"]
            assert [(r.source, r.high) for r in held] == [("utility", 13.0)]
            await until(lambda: any("end_ramp_down" in str(signed(m, folder)) for m in bus.of(STATUS)), 6.0)
            state = shown(bus, folder)
            assert state["compliant"] is True and state["targets"][0]["active"] is True
            await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3, 25.0)
            assert took_s < 6.0

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_forged_target_moves_nothing_and_is_an_event_for_all_who_listen(folder, partner):
    async def work() -> None:
        async with whole_site(folder) as (site, guard, bus):
            await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)
            listener = await open_client(guard.server.path, "historian")
            await listener.subscribe(1.0)
            await bus.say(SET, Partner().message(target(5.0)))
            async with asyncio.timeout(8.0):
                while True:
                    said = await listener.next()
                    if isinstance(said, Event) and "refused, forged" in said.text:
                        break
            assert (said.level, said.channel) == ("alarm", "north.dsx.refused")
            assert not guard.mind.book.in_force(guard.image.time_s)
            assert site.site.meters.import_mw == pytest.approx(16.0, abs=0.3)
            await listener.close()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_target_gives_way_to_the_reserve_and_is_told_as_a_breach(folder, partner):
    sections = {
        "battery": {"main": {**BATTERY, "start": {"soc": 0.5}}},
        "duties": {"backup": {"duration_h": 1.0, "load_frac": 0.5}},
        "control": {"kind": "rules", "rules": ["limit", "reserve"]},
    }

    async def work() -> None:
        async with whole_site(folder, **sections) as (site, guard, bus):
            await until(lambda: abs(site.site.meters.import_mw - 16.0) < 0.3)
            await bus.say(SET, partner.message(target(12.0, 600.0)))
            await until(lambda: bus.of(BREACH), 20.0)
            assert signed(bus.of(BREACH)[0], folder)["severity"] == "critical"
            assert "instruction" in " ".join(guard.decision.slack_mw)
            assert site.site.meters.import_mw == pytest.approx(16.0, abs=0.3)

    asyncio.run(asyncio.wait_for(work(), 60))
