"""DSX Flex over a real broker with TLS: what a target does, what is published, what happens when X."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager

from tests.operate.north.conftest import (
    SET,
    STATUS,
    Socket,
    broker,
    bus_at,
    campus_of,
    free_port,
    mosquitto,
    target,
    until,
)  # fmt: skip
from wattstack.operate.north import Site
from wattstack.operate.north.dsx import DsxWay
from wattstack.operate.north.dsx.keys import Keys, read_signer

pytestmark = mosquitto


def signed(message: dict, folder) -> dict:
    """The data of a message of ours, proved by our public key."""
    from jwt import PyJWK

    public = read_signer(folder / "sign.key").public()
    return json.loads(Keys({public["kid"]: PyJWK(public)}).verify(message["data"]).payload)


@asynccontextmanager
async def running(folder, port, **more):
    """A way with a guard's socket."""
    campus = campus_of(folder, port, **more)
    guard, site, way = Socket(folder), Site(campus, folder), DsxWay(campus)
    await guard.open()
    tasks = [asyncio.create_task(site.listen()), asyncio.create_task(way.run(site))]
    try:
        yield guard, way
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await guard.shut()


def with_broker(folder, work, **more) -> None:
    """Run work(guard, way, bus) with a broker."""

    async def whole() -> None:
        port = free_port()
        with broker(folder, port):
            async with running(folder, port, **more) as (guard, way), bus_at(folder, port) as bus:
                await until(lambda: way.broker.up and way._site.heard)
                await work(guard, way, bus)

    asyncio.run(asyncio.wait_for(whole(), 40))


def limit(guard) -> float | None:
    one = guard.in_force.get(("utility", "import_limit_mw", "dsx.main"))
    return None if one is None else one.high


def test_a_target_becomes_a_bounded_request_that_ends_with_it_and_is_confirmed_by_a_power_state(
    folder, partner
):
    async def work(guard, way, bus):
        said = partner.message(target(12.0, 600.0))
        await bus.say(SET, said)
        await until(lambda: limit(guard) == 12.0)
        one = guard.in_force["utility", "import_limit_mw", "dsx.main"]
        assert abs(one.until_s - time.time() - 600.0) < 5.0
        await until(lambda: any("target_set" in str(signed(m, folder)) for m in bus.of(STATUS)))
        state = next(m for m in bus.of(STATUS) if "target_set" in str(signed(m, folder)))
        assert state["correlationid"] == json.loads(said)["correlationid"]
        assert state["traceparent"].split("-")[1] == "ab" * 16
        assert (state["source"], state["type"]) == (
            "//grid/v1/dsx-flex-agent/test",
            "grid.powerstate.status.v1",
        )
        feed = signed(state, folder)["feeds"]["main"]
        assert feed["targets"][0]["active"] is True
        assert feed["targets"][0]["load_constraint"] == {"value": 12.0, "unit": "megawatt"}
        assert feed["compliant"] is False and feed["in_flight"] is True
        guard.values["grid.import_mw"] = 11.0
        await until(lambda: "end_ramp_down" in str([signed(m, folder) for m in bus.of(STATUS)]))
        last = signed(bus.of(STATUS)[-1], folder)["feeds"]["main"]
        assert last["compliant"] is True and last["calculated_load"]["value"] == 11.0

    with_broker(folder, work)
