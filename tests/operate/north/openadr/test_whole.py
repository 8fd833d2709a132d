"""An event from its VTN to the battery, a cap from the guard to the program: real guard, devices over Modbus."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

from benchmarks.guard_tools import free_port
from tests.operate.north.conftest import until
from tests.operate.north.openadr.conftest import RAW, MemoryVtn
from tests.operate.north.openadr.test_way import limit
from tests.operate.north.test_workload import program, told
from wattstack.campus import Campus
from wattstack.operate.guard import Guard
from wattstack.operate.link import Request
from wattstack.operate.north import Site
from wattstack.operate.north.openadr import OpenAdrWay
from wattstack.operate.north.workload import WorkloadWay
from wattstack.operate.simulated import simulate_devices

BATTERY = {"power_mw": 10, "energy_mwh": 20, "charge_eff": 0.95, "discharge_eff": 0.95, "start": {"soc": 0.8}}


@asynccontextmanager
async def whole_site(folder, vtn):
    """A simulated site of 20 MW behind 16 MW, a guard on it, both ways before it."""
    devices = {
        "grid.connection": {"template": "library:meter-generic", "host": "127.0.0.1", "port": free_port()},
        "battery.main": {"template": "library:sunspec-storage", "host": "127.0.0.1", "port": free_port()},
    }
    north = {
        "openadr": {"vtn": "https://127.0.0.1:9", "resources": {"store-1": "battery.main"}, "poll_s": 2.0},
        "workload": {"program": str(program(folder)), "every_s": 0.5},
    }
    raw = {name: part for name, part in RAW.items() if name != "generator"}
    control = {"kind": "rules", "rules": ["limit", "reserve"]}
    campus = Campus.model_validate(
        {
            **raw,
            "devices": devices,
            "battery": {"main": BATTERY},
            "control": control,
            "operate": {"north": north},
        }
    )
    async with simulate_devices(campus) as plant:
        guard, site = Guard(campus, folder), Site(campus, folder)
        ways = [OpenAdrWay(campus, vtn).run(site), WorkloadWay(campus).run(site)]
        tasks = [asyncio.create_task(one) for one in (guard.run(), site.listen(), *ways)]
        try:
            await until(lambda: guard.started and site.heard, 20.0)
            await until(lambda: abs(plant.site.meters.import_mw - 16.0) < 0.3, 10.0)
            yield plant.site.meters, guard, site
        finally:
            guard.stop()
            for task in tasks[1:]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def test_an_announced_limit_moves_the_battery_and_taking_it_back_lets_it_go(folder):
    vtn = MemoryVtn()

    async def work() -> None:
        async with whole_site(folder, vtn) as (meters, guard, _):
            vtn.list = [limit(13_000.0)]
            await until(lambda: abs(meters.import_mw - 13.0) < 0.3, 10.0)
            assert guard.mind.book.in_force(guard.image.time_s)[0].user == "openadr"
            vtn.list = []
            await until(lambda: abs(meters.import_mw - 16.0) < 0.3, 15.0)

    asyncio.run(asyncio.wait_for(work(), 90))


def test_a_setpoint_for_the_store_is_followed_within_the_connection(folder):
    vtn = MemoryVtn()

    async def work() -> None:
        async with whole_site(folder, vtn) as (meters, _, _):
            store = {"targets": ["store-1"], "payloadDescriptors": None}
            for kw, import_mw in ((-7_000, 13.0), (9_000, 16.0)):  # it may not charge above the connection
                one = {"id": 0, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [kw]}]}
                vtn.list = [{**limit(name=f"event{kw}"), **store, "intervals": [one]}]
                await until(lambda mw=import_mw: abs(meters.import_mw - mw) < 0.3, 15.0)

    asyncio.run(asyncio.wait_for(work(), 90))


def test_a_cap_that_the_guard_took_reaches_the_program_with_what_the_battery_still_carries(folder):
    async def work() -> None:
        async with whole_site(folder, MemoryVtn()) as (_, _, site):
            asked = Request(id=site.new_id(), source="utility", what="load_cap_mw", high=15.0,
                            until_s=time.time() + 600.0, reason="heat wave", user="operator-1")  # fmt: skip
            assert (await site.ask(asked)).taken
            await until(lambda: told(folder), 10.0)
            one = told(folder)[0]
            assert one["cap_mw"] == 15.0 and one["reason"] == "operator-1: heat wave"
            assert abs(one["load_mw"] - 20.0) < 0.5 and 60.0 < one["battery_min"] < 240.0

    asyncio.run(asyncio.wait_for(work(), 90))
