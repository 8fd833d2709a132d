"""Two controllers on two machines: they agree by a register of a device, and never two write setpoints."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.guard.conftest import DEVICES, campus_of, until
from wattstack.errors import InputError
from wattstack.library import find
from wattstack.operate.devices.template import made_template
from wattstack.operate.guard import Guard
from wattstack.operate.simulated import simulate_devices

LEASE_S = 2.0  # a busy machine takes its time; the benchmark failover has one second
FENCED = {**DEVICES, "battery.main": {"template": "library:bess-generic"}}
READY_S = 60.0
SETPOINT, FENCE = 2000, 2030


class Wire:
    """A wire from one controller to one device: it notes writes of registers, and can be cut."""

    def __init__(self, to: int) -> None:
        self.port, self.to, self.cut = free_port(), to, False
        self.writes: list[tuple[float, int]] = []

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._joined, "127.0.0.1", self.port)

    async def _joined(self, reader, writer) -> None:
        back, on = await asyncio.open_connection("127.0.0.1", self.to)
        try:
            await asyncio.gather(self._carry(reader, on, True), self._carry(back, writer, False))
        except (asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            on.close()
            writer.close()

    async def _carry(self, reader, writer, note: bool) -> None:
        while True:
            head = await reader.readexactly(7)
            body = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
            while self.cut:
                await asyncio.sleep(0.01)
            if note and body[0] == 16:
                self.writes.append((time.monotonic(), int.from_bytes(body[1:3], "big")))
            writer.write(head + body)

    def setpoints(self) -> list[float]:
        return [at_s for at_s, address in self.writes if address == SETPOINT]


@asynccontextmanager
async def two_hosts(tmp_path, lease_s: float = LEASE_S):
    """A simulated site, and for each of two machines its folder, its campus and its wire to the battery."""
    campus = campus_of(FENCED, operate={"standby": {"lease_s": lease_s, "fence": "battery.main"}})
    hosts = []
    async with simulate_devices(campus) as site:
        for name in ("a", "b"):
            wire = Wire(campus.devices["battery.main"].port)
            await wire.open()
            moved = campus.devices["battery.main"].model_copy(update={"port": wire.port})
            own = campus.model_copy(update={"devices": {**campus.devices, "battery.main": moved}})
            (tmp_path / name).mkdir()
            hosts.append((own, tmp_path / name, wire))
        yield site, *hosts
        for _, _, wire in hosts:
            wire.server.close()


@asynccontextmanager
async def working(*hosts):
    """Guards of these machines, in this process."""
    guards = [Guard(campus, folder) for campus, folder, _ in hosts]
    tasks = [asyncio.create_task(guard.run()) for guard in guards]
    try:
        yield guards
    finally:
        for guard in guards:
            guard.stop()
        await asyncio.gather(*tasks)


def power(site) -> float:
    return site.site.stores["battery.main"].injection_mw


def number(site) -> int:
    return int(site.devices["battery.main"].shown("fence_number")) >> 16


def turns(first: Wire, second: Wire) -> int:
    """How often the one that writes setpoints changed."""
    whole = sorted([(at_s, 0) for at_s in first.setpoints()] + [(at_s, 1) for at_s in second.setpoints()])
    return sum(one[1] != other[1] for one, other in itertools.pairwise(whole))


def test_a_standby_on_another_machine_takes_over_and_the_one_that_slept_never_writes_again(
    tmp_path, processes
):
    async def work():
        async with two_hosts(tmp_path) as (site, a, b):
            first = processes(*a[:2])
            await until(lambda: abs(power(site) - 4.0) < 0.3, READY_S)
            assert number(site) >= 1
            second = processes(*b[:2])
            await until(lambda: len(site._port_of("battery.main")._open) == 2, READY_S)
            await asyncio.sleep(2.0 * LEASE_S)
            assert not b[2].setpoints()  # it is there, and waits
            held = number(site)
            os.kill(first.process.pid, signal.SIGSTOP)
            stopped = time.monotonic()
            await until(b[2].setpoints, 10.0)
            assert b[2].setpoints()[0] - stopped <= 2.0 * LEASE_S
            assert number(site) > held
            held = number(site)
            os.kill(first.process.pid, signal.SIGCONT)
            await asyncio.sleep(2.0)
            assert power(site) == pytest.approx(4.0, abs=0.5)
            assert number(site) >= held and turns(a[2], b[2]) == 1
            second.kill()
            killed = time.monotonic()
            await until(lambda: a[2].setpoints()[-1] > killed, 10.0)
            assert next(at_s for at_s in a[2].setpoints() if at_s > killed) - killed <= 2.0 * LEASE_S
            assert number(site) > held and turns(a[2], b[2]) == 2

    asyncio.run(work())


def test_a_controller_that_is_cut_off_stops_and_what_it_had_sent_is_thrown_away(tmp_path):
    async def work():
        async with two_hosts(tmp_path) as (site, a, b), working(a) as (one,):
            await until(lambda: abs(power(site) - 4.0) < 0.3, READY_S)
            async with working(b) as (other,):
                await until(lambda: other.image is not None and other.decision.whole, READY_S)
                await asyncio.sleep(1.0)
                a[2].cut = True
                await until(lambda: not one.may_write and one.fence.number == 0, 4.0)
                await until(lambda: other.may_write, 10.0)
                assert "writes no more" in " ".join(e.text for e in one.telling.recent)
                begun = time.monotonic()
                await asyncio.sleep(1.0)
                a[2].cut = False
                await asyncio.sleep(2.0)
                assert not [at_s for at_s in a[2].setpoints() if at_s > begun]
                assert other.may_write and not one.may_write and turns(a[2], b[2]) == 1

    asyncio.run(work())


def test_one_that_ends_tidily_leaves_it_to_the_other_at_once_and_a_device_that_forgets_changes_nothing(
    tmp_path,
):
    async def work():
        async with two_hosts(tmp_path) as (site, a, b), working(b) as (other,):
            async with working(a) as (one,):
                await until(lambda: one.may_write or other.may_write, READY_S)
                holder, waiter = (one, other) if one.may_write else (other, one)
                held = holder.fence.number
                device = site.devices["battery.main"]
                device.show("fence_number", 0.0)
                device.show("fence_beat", 0.0)
                await until(lambda: device.shown("fence_number") == held, 4.0)
                await asyncio.sleep(1.5)
                assert holder.may_write and not waiter.may_write and holder.fence.number == held
                device.show("fence_number", held + 65_536.0)  # a third one
                await until(lambda: not holder.may_write, 1.5)
                assert "of another controller" in " ".join(e.text for e in holder.telling.recent)
                await until(lambda: one.may_write, 12.0) if holder is other else None
            await until(lambda: other.may_write, 10.0)

    asyncio.run(work())


def test_two_that_claim_at_once_are_one_after_a_moment(tmp_path):
    async def work():
        async with two_hosts(tmp_path) as (_site, a, b), working(a, b) as (one, other):
            await until(lambda: one.fence.sure or other.fence.sure, READY_S)
            both = 0
            for _ in range(200):
                both += one.may_write and other.may_write
                await asyncio.sleep(0.01)
            assert both == 0 and one.may_write != other.may_write

    asyncio.run(work())


def test_a_fence_that_cannot_be_is_refused(tmp_path):
    def words(devices, **standby) -> str:
        campus = campus_of(devices, operate={"standby": {"lease_s": 1.0, **standby}})
        with pytest.raises(InputError) as caught:
            Guard(campus, tmp_path)
        return str(caught.value)

    assert "must be a device. Devices: grid.connection, battery.main" in words(FENCED, fence="battery.b")
    assert "library:sunspec-storage has no fence" in words(DEVICES, fence="battery.main")
    assert "must be at least 5 periods of battery.main: 0.5" in words(
        FENCED, fence="battery.main", lease_s=0.4
    )


def test_a_template_with_half_a_fence_is_refused():
    entry = find("devices", "bess-generic")

    def words(fence=None, **points) -> str:
        values = dict(entry.values)
        values["fence"] = values["fence"] if fence is None else fence
        values["points"] = {**values["points"], **points}
        with pytest.raises(InputError) as caught:
            made_template(replace(entry, values=values))
        return str(caught.value)

    number = {"address": 2030, "type": "uint16", "write": True, "atomic_group": "fence"}
    assert "must have number and beat" in words({"number": "fence_number"})
    assert "must be a number of uint32 and a beat of uint16" in words(fence_number=number)
    alone = {"address": 2040, "type": "uint16", "write": True}
    assert "must be one atomic_group" in words(fence_beat=alone)
    assert "Must be one of the points" in words({"number": "fence_numbr", "beat": "fence_beat"})
