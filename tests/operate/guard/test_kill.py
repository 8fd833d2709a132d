"""kill -9: devices fall back by their own timers, a restart has no bump, a standby takes over, two never write."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.operate.guard.conftest import DEVICES, campus_of, until
from wattstack.operate.guard import Lease
from wattstack.operate.simulated import simulate_devices

READY_S = 25.0  # a process starts, on a machine that is busy


def power(site) -> float:
    return site.site.stores["battery.main"].injection_mw


def speakers(site) -> int:
    """Guards that are connected to the battery."""
    return len(site._port_of("battery.main")._open)


async def first_of_two(campus, site, folder, processes):
    """A guard that holds the battery at work, and a second one that is there and waits."""
    first = processes(campus, folder)
    await until(lambda: abs(power(site) - 4.0) < 0.3, READY_S)
    processes(campus, folder)
    await until(lambda: speakers(site) == 2, READY_S)
    return first


def test_devices_of_a_killed_guard_reach_their_safe_state_within_five_seconds(tmp_path, processes):
    async def work():
        quick = {**DEVICES, "battery.main": {**DEVICES["battery.main"], "revert_s": 4}}
        campus = campus_of(quick)
        async with simulate_devices(campus) as site:
            guard = processes(campus, tmp_path)
            await until(lambda: abs(power(site) - 4.0) < 0.3, READY_S)
            guard.kill()
            took = await until(lambda: site.devices["battery.main"].fell_back and power(site) == 0.0, 6.0)
            assert took <= 5.0

    asyncio.run(work())


def test_a_restart_within_the_reversion_time_has_no_bump(tmp_path, processes):
    async def work():
        slow = {**DEVICES, "battery.main": {**DEVICES["battery.main"], "revert_s": 20}}
        campus = campus_of(slow)
        async with simulate_devices(campus) as site:
            first = processes(campus, tmp_path)
            await until(lambda: abs(power(site) - 4.0) < 0.3, READY_S)
            first.kill()
            killed = time.monotonic()
            processes(campus, tmp_path)
            seen = []
            while site.devices["battery.main"]._written_s < killed + 0.5 and time.monotonic() - killed < 15.0:
                seen.append(power(site))
                await asyncio.sleep(0.02)
            for _ in range(100):
                seen.append(power(site))
                await asyncio.sleep(0.02)
            assert not site.devices["battery.main"].fell_back
            assert site.devices["battery.main"]._written_s > killed + 0.5
            assert min(seen) > 3.3 and max(seen) < 4.7

    asyncio.run(work())


def test_a_standby_takes_over_within_two_seconds_and_goes_on_where_the_other_was(tmp_path, processes):
    async def work():
        campus = campus_of()
        async with simulate_devices(campus) as site:
            first = await first_of_two(campus, site, tmp_path, processes)
            number = json.loads((tmp_path / "lease").read_text())["number"]
            device = site.devices["battery.main"]
            first.kill()
            killed = time.monotonic()
            await until(lambda: device._written_s > killed, 4.0)
            assert device._written_s - killed <= 2.0
            assert json.loads((tmp_path / "lease").read_text())["number"] == number + 1
            assert power(site) == pytest.approx(4.0, abs=0.5)

    asyncio.run(work())


def test_a_holder_that_was_stopped_for_a_while_does_not_write_again(tmp_path, processes):
    async def work():
        campus = campus_of()
        async with simulate_devices(campus) as site:
            first = await first_of_two(campus, site, tmp_path, processes)
            os.kill(first.process.pid, signal.SIGSTOP)
            await asyncio.sleep(2.0)
            held = json.loads((tmp_path / "lease").read_text())
            os.kill(first.process.pid, signal.SIGCONT)
            await asyncio.sleep(1.0)
            now = json.loads((tmp_path / "lease").read_text())
            assert (now["holder"], now["number"]) == (held["holder"], held["number"])
            assert not now["holder"].startswith(str(first.process.pid))
            assert power(site) == pytest.approx(4.0, abs=0.5)

    asyncio.run(work())


def test_a_lease_has_one_holder_and_a_number_that_grows(tmp_path):
    one, two = Lease(tmp_path / "lease", 2.0), Lease(tmp_path / "lease", 2.0)
    assert one.keep() and one.holds()
    assert not two.keep() and not two.holds()
    time.sleep(1.65)
    assert not one.holds()  # it stops before the end
    assert not two.keep()  # the other begins after it
    time.sleep(0.5)
    assert two.keep() and two.number == one.number + 1
    assert not one.keep() and not one.holds()
    two.give_up()
    assert one.keep() and one.number == two.number + 1


def test_a_lease_of_another_boot_or_one_that_cannot_be_read_is_over(tmp_path):
    path = tmp_path / "lease"
    path.write_text(json.dumps({"holder": "x", "number": 7, "until_s": 1e12, "boot": "another"}))
    lease = Lease(path, 0.3)
    assert lease.keep() and lease.number == 8
    path.write_text("{")
    again = Lease(path, 0.3)
    assert again.keep()


@pytest.mark.skipif(not hasattr(os, "SCHED_RR"), reason="this system knows no order of real time")
def test_a_guard_goes_before_all_others_where_the_system_lets_it():
    words = (
        "import os; from wattstack.operate.guard.__main__ import go_first; "
        "print(go_first(), os.sched_getscheduler(0) == os.SCHED_RR)"
    )
    said = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
    assert said.split() in (["True", "True"], ["False", "False"])
