"""kill -9 of what stands beside a guard at work, and of the guard while its campus file is broken: real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import urllib.error
import urllib.request
from contextlib import asynccontextmanager

import pytest

from tests.operate.test_supervise import until
from wattstack.operate import Supervisor, prepare_campus
from wattstack.operate.keeper import Keeper
from wattstack.operate.link import Event, State, open_client
from wattstack.operate.supervise import parts_of

READY_S = 60.0  # processes start, on a machine that is busy
SPEED = 60.0


class Site:
    """A simulated site that is kept running, and what its guard says.

    Attributes:
        states, events: As they were heard. said: By the supervisor.
    """

    def __init__(self, campus_file):
        text = campus_file.read_text(encoding="utf-8").replace("draw_mw: 10", "draw_mw: 16")
        campus_file.write_text(text, encoding="utf-8")  # 14 MW of grid: the battery has to give 2 MW
        self.said, self.states, self.events = [], [], []
        self.made = prepare_campus(campus_file, simulated=True)
        self.keeper = Keeper(self.made, self.said.append)

    @asynccontextmanager
    async def running(self, *names):
        parts = [part for part in parts_of(self.made, False, SPEED) if part.name in names]
        self.supervisor = Supervisor(parts, self.made.folder, self.said.append, self.keeper.mend)
        tasks = [
            asyncio.create_task(work) for work in (self.supervisor.run(), self.keeper.watch(), self._hear())
        ]
        try:
            await until(self.controls, READY_S)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def controls(self) -> bool:
        """Whether the battery gives what the grid does not, as the guard last said."""
        return (
            bool(self.states)
            and self.states[-1].writes
            and self.states[-1].setpoints_mw["battery.main"] > 1.5
        )

    def planned(self) -> bool:
        """Whether a request of the planner is in force."""
        return any(one["source"] == "planner" for one in self.states[-1].requests)

    def page_answers(self) -> bool:
        """Whether somebody serves the page; who is not known is told so."""
        try:
            with urllib.request.urlopen(self.made.page, timeout=5.0):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def kill(self, name: str) -> int:
        """kill -9; returns whom."""
        process = self.supervisor.processes[name]
        os.kill(process.pid, signal.SIGKILL)
        return process.pid

    async def _hear(self):
        while True:
            try:
                client = await open_client(self.made.folder / "guard.sock", "face")
                await client.subscribe(1.0)
                while True:
                    said = await client.next()
                    if isinstance(said, State):
                        self.states.append(said)
                    elif isinstance(said, Event):
                        self.events.append(said)
            except Exception:
                await asyncio.sleep(0.1)


def test_a_standby_on_the_same_machine_takes_over_from_a_guard_that_is_killed_and_back(campus_file):
    with campus_file.open("a", encoding="utf-8") as file:
        file.write("operate: {standby: {lease_s: 1}}\n")
    site = Site(campus_file)

    async def work():
        async with site.running("devices", "guard", "standby"):
            await until(lambda: "standby" in site.supervisor.processes, READY_S)
            for name in ("guard", "standby", "guard"):
                other = {"guard": "standby", "standby": "guard"}[name]
                waits = site.supervisor.processes[other].pid
                await asyncio.sleep(10.0)  # it reads all by then, and waits
                site.kill(name)
                site.states.clear()
                await until(site.controls, READY_S)
                assert site.supervisor.processes[other].pid == waits
                await until(lambda n=name: n in site.supervisor.processes, READY_S)
        assert site.supervisor.starts == {"devices": 1, "guard": 3, "standby": 2}

    asyncio.run(work())


def test_control_goes_on_while_planner_and_page_are_killed_and_they_are_started_again(campus_file):
    site = Site(campus_file)

    async def work():
        async with site.running("devices", "guard", "planner", "face"):
            await until(site.planned, READY_S)
            await until_answered(site)
            guard = site.supervisor.processes["guard"].pid
            heard = await killed_and_started_again(site, "planner")
            await until(lambda: plans_again(site, heard), READY_S)
            await killed_and_started_again(site, "face")
            await until_answered(site)
            assert all(
                state.writes and state.setpoints_mw["battery.main"] > 1.5 for state in site.states[heard:]
            )
            assert site.supervisor.processes["guard"].pid == guard
            assert site.supervisor.starts == {"devices": 1, "guard": 1, "planner": 2, "face": 2}

    asyncio.run(work())
    for name in ("planner", "face"):
        assert any(line.startswith(f"{name} ended by signal 9") for line in site.said)


async def killed_and_started_again(site: Site, name: str) -> int:
    """kill -9 of a process beside the guard; returns how many states were heard before."""
    killed, heard, now = site.kill(name), len(site.states), site.supervisor.processes
    await until(lambda: name in now and now[name].pid != killed, READY_S)
    await until(lambda: len(site.states) > heard + 5, READY_S)
    return heard


def plans_again(site: Site, heard: int) -> bool:
    """Whether a request is in force that was not when the planner was killed."""
    before = {one["id"] for one in site.states[heard - 1].requests}
    return any(one["source"] == "planner" and one["id"] not in before for one in site.states[-1].requests)


async def until_answered(site: Site) -> None:
    for _ in range(int(READY_S / 0.2)):
        if await asyncio.to_thread(site.page_answers):
            return
        await asyncio.sleep(0.2)
    pytest.fail("the page does not answer")


@pytest.mark.parametrize(
    "broken", [b"", b"half", b"name: other\n"], ids=["empty", "half written", "another one"]
)
def test_a_guard_that_is_killed_while_its_campus_file_is_broken_comes_back_with_what_ran(campus_file, broken):
    site = Site(campus_file)
    copy = site.made.file
    whole = copy.read_bytes()

    async def work():
        async with site.running("devices", "guard"):
            copy.write_bytes(whole[: len(whole) // 2] if broken == b"half" else broken)
            site.kill("guard")
            site.states.clear()
            await until(site.controls, READY_S)
            await until(lambda: any(event.channel == "campus.copy" for event in site.events), READY_S)

    asyncio.run(work())
    assert copy.read_bytes() == whole and copy.stat().st_mode & 0o777 == 0o600
    assert not [line for line in site.said if "with code 2" in line]
    assert len([line for line in site.said if "is written again as it runs" in line]) == 1
    told = next(event for event in site.events if event.channel == "campus.copy")
    assert told.level == "alarm" and "was not as it was prepared" in told.text
