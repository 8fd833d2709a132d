"""A newer version takes over from an older one, and back, with the plant alive; a machine that is short of time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time

import pytest

from tests.operate.guard.conftest import DEVICES, RAW, campus_of, until
from wattstack.operate.guard import Guard
from wattstack.operate.guard import memory as saved
from wattstack.operate.simulated import simulate_devices

REVERT_S = 4.0


def power(site) -> float:
    return site.site.stores["battery.main"].injection_mw


def texts(guard) -> str:
    return " | ".join(e.text for e in guard.telling.recent if e.level == "alarm")


def rewritten(folder, **changed) -> None:
    """The state as another version would have left it; None takes a key out."""
    path = folder / "state.json"
    state = json.loads(json.loads(path.read_text())["state"])
    state = {k: v for k, v in {**state, **changed}.items() if v is not None}
    text = json.dumps(state, sort_keys=True)
    path.write_text(json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "state": text}))


async def run_once(campus, folder, work) -> Guard:
    guard = Guard(campus, folder)
    running = asyncio.create_task(guard.run())
    await work(guard)
    guard.stop()
    await running
    return guard


def test_stop_and_start_of_another_version_within_the_reversion_time_has_no_bump(tmp_path):
    async def work():
        campus = campus_of()
        async with simulate_devices(campus) as site:
            device = site.devices["battery.main"]

            async def settled(guard):
                await until(lambda: guard.started and abs(power(site) - 4.0) < 0.3)
                await asyncio.sleep(1.2)

            first = await run_once(campus, tmp_path, settled)
            # an older one left it
            rewritten(tmp_path, version=1, reader=None, strips=None, highest_load_mw=33.0)
            stopped, seen = time.monotonic(), []

            async def bumpless(guard):
                while device._written_s < stopped:
                    seen.append(power(site))
                    await asyncio.sleep(0.01)
                seen.append(device._written_s - stopped)
                assert guard.mind.highest_mw > 30.0  # what was saved is gone on from
                for _ in range(100):
                    assert abs(power(site) - 4.0) < 0.7
                    await asyncio.sleep(0.01)

            second = await run_once(campus, tmp_path, bumpless)
            *powers, gap_s = seen
            assert gap_s < REVERT_S and not device.fell_back
            assert max(abs(one - 4.0) for one in powers) < 0.7
            assert second.lease.number == first.lease.number + 1
            assert "left aside" not in texts(second)

    asyncio.run(work())


def test_a_state_of_a_version_that_cannot_be_read_is_kept_aside_and_the_one_before_is_taken(tmp_path):
    async def work():
        campus = campus_of()
        async with simulate_devices(campus) as site:

            async def tripped(guard):
                await until(lambda: guard.started)
                site.put("battery.main", "contactor")
                await until(lambda: guard.mind.lockouts.why)
                await asyncio.sleep(2.3)  # twice saved: the one before knows it too

            await run_once(campus, tmp_path, tripped)
            newer = saved.VERSION + 1
            rewritten(tmp_path, version=newer, reader=newer, lockouts=[])

            async def rolled_back(guard):
                await until(lambda: guard.started)
                assert f"left aside, as state.aside: it is of version {newer}" in texts(guard)
                assert guard.mind.lockouts.why == {"battery.main": "its contactor opened"}

            await run_once(campus, tmp_path, rolled_back)
            kept = json.loads(json.loads((tmp_path / "state.aside").read_text())["state"])
            assert kept["version"] == newer

    asyncio.run(work())


def test_a_newer_state_that_says_it_can_be_read_is_read():
    assert saved.unreadable({"version": saved.VERSION + 3, "reader": saved.VERSION, "news": 1}) == ""
    assert saved.unreadable({"version": 1}) == ""
    assert "needs x" in saved.unreadable({"version": "x"})


def test_cycles_that_take_too_long_are_counted_and_told_and_control_goes_on(at_site):
    async def work(site, guard):
        await until(lambda: guard.started and abs(power(site) - 4.0) < 0.3)
        decide, before = guard.mind.decide, guard.overruns

        def slowly(image):
            time.sleep(0.15)
            return decide(image)

        guard.mind.decide = slowly
        await until(lambda: "short of processor" in texts(guard), 6.0)
        assert guard.overruns >= before + 3
        # in history, and on the page
        await until(lambda: guard.telling.own["control.overruns"] >= before + 3)
        assert power(site) == pytest.approx(4.0, abs=0.5)
        guard.mind.decide = decide
        await until(lambda: "cycle" not in guard.slow, 15.0)

    at_site(work, DEVICES, {"grid": RAW["grid"]})
