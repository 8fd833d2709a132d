"""The process of the north side: ways run again, the guard away, nobody declared, faults named at the start."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.north.conftest import (
    SET,
    STATUS,
    Socket,
    at_work,
    broker,
    bus_at,
    campus_of,
    mosquitto,
    target,
    until,
)  # fmt: skip
from wattstack.campus import Campus
from wattstack.operate.link import Request, State, write_message
from wattstack.operate.link.frames import JSON, pack
from wattstack.operate.north import Site, run_north
from wattstack.operate.north.__main__ import main
from wattstack.operate.north.process import keep
from wattstack.operate.north.refusals import Refusals, Refused
from wattstack.operate.north.way import ways_of
from wattstack.operate.prepare import prepare_campus
from wattstack.operate.supervise import parts_of


def work(folder, script) -> None:
    """Run script(guard, site) with a guard's socket and a connection to it."""

    async def whole() -> None:
        guard, site = Socket(folder), Site(None, folder)
        async with at_work(guard, site):
            await until(lambda: site.heard)
            await script(guard, site)

    asyncio.run(asyncio.wait_for(whole(), 30))


def ask(site, **more) -> Request:
    return Request(id=site.new_id(), source="utility", what="import_limit_mw", high=5.0, until_s=2e9, **more)


def test_a_site_shows_states_and_values_and_asks_under_a_new_number_each_time(folder):
    async def script(guard, site):
        await until(lambda: site.values("load_mw") == 20.0)
        assert abs(site.utc_s - time.time()) < 5.0
        guard.values["load_mw"] = float("nan")
        await until(lambda: site.values("load_mw") is None)
        assert site.values("unknown") is None and site.reading("unknown") == (None, -1)
        assert (await site.ask(ask(site))).taken and (await site.ask(ask(site))).taken
        assert len({one.id for one in guard.asked}) == 2
        seen = []
        async for state in site.states():
            seen.append(state.utc_s)
            if len(seen) == 3:
                break
        assert seen == sorted(set(seen))

    work(folder, script)


def test_a_guard_that_is_away_is_said_and_what_was_told_meanwhile_waits(folder):
    async def script(guard, site):
        await guard.shut()
        await until(lambda: not site.heard, 5.0)
        assert site.values("load_mw") is None and abs(site.utc_s - time.time()) < 1.0
        answer = await site.ask(ask(site))
        assert not answer.taken and "not reached" in answer.why
        await site.say("alarm", "north.test", "while away")
        await guard.open()
        await until(lambda: "while away" in guard.told("alarm"), 5.0)
        assert (await site.ask(ask(site))).taken

    work(folder, script)


def test_a_way_that_runs_well_again_ends_its_alarm(folder, monkeypatch):
    monkeypatch.setattr("wattstack.operate.north.process.WELL_S", 0.3)

    class Mended:
        starts = 0

        async def run(self, site) -> None:
            self.starts += 1
            if self.starts == 1:
                raise ValueError("it broke")
            await asyncio.sleep(60.0)

    async def script(guard, site):
        task = asyncio.create_task(keep("test", Mended(), site))
        await until(lambda: "runs again" in guard.told("info"), 8.0)
        said = [
            (one.level, one.channel) for one in guard.events if getattr(one, "channel", "") == "north.test"
        ]
        assert said == [("alarm", "north.test"), ("info", "north.test")]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    work(folder, script)


def test_a_way_that_fails_is_told_once_and_run_again_with_growing_waits(folder):
    class Failing:
        starts = 0

        async def run(self, site) -> None:
            self.starts += 1
            if self.starts < 4:
                raise ValueError("it broke")

    async def script(guard, site):
        way = Failing()
        task = asyncio.create_task(keep("test", way, site))
        await until(lambda: way.starts >= 4, 8.0)
        await until(lambda: "ended by itself" in guard.told("alarm"))
        assert guard.told("alarm").count("is run again: ValueError: it broke") == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    work(folder, script)


def test_a_flood_of_refusals_is_told_once_a_minute_and_counted(folder):
    async def script(guard, site):
        refusals = Refusals("north.test")
        for _ in range(1000):
            await refusals.refuse(site, Refused("forged", "it is not his"))
        await refusals.refuse(site, Refused("schema", "no JSON"))
        await until(lambda: "no JSON" in guard.told("info"))
        assert guard.told("alarm").count("it is not his") == 1 and refusals.counts == {
            "forged": 1000,
            "schema": 1,
        }
        refusals._told["forged"] = (-1e9, 1)
        await refusals.refuse(site, Refused("forged", "again"))
        await until(lambda: "again (999 more of the kind since it was told last)" in guard.told("alarm"))

    work(folder, script)


def test_where_nobody_is_declared_there_is_nothing_to_do(campus_file):
    asyncio.run(asyncio.wait_for(run_north(campus_file), 5))
    assert main([str(campus_file)]) == 0


def test_faults_of_keys_and_certificates_are_told_together_before_anything_is_sent(folder, partner, capsys):
    (folder / "sign.key").chmod(0o640)
    (folder / "client.key").chmod(0o644)
    (folder / "ca.pem").write_text("no certificate")
    (folder / "grid.jwks").write_text("{}")
    campus_of(folder, 1, password="none.txt")
    assert main([str(folder / "campus.yaml"), str(folder)]) == 2
    said = capsys.readouterr().err
    for word in ("publishers.grid-1.keys", "signing_key", "ca ", "key ", "chmod 600"):
        assert word in said, said


def test_a_certificate_and_a_key_that_do_not_belong_together_are_refused(folder, partner):
    with pytest.raises(Exception, match="belong together"):
        ways_of(campus_of(folder, 1, key="other.key"))


def test_only_what_is_declared_is_built(folder, partner):
    assert list(ways_of(campus_of(folder, 1))) == ["dsx"]
    raw = campus_of(folder, 1).model_dump(mode="json", exclude_unset=True)
    del raw["operate"]
    assert ways_of(Campus.model_validate(raw)) == {}


def process_of(folder) -> subprocess.Popen:
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    words = [sys.executable, "-m", "wattstack.operate.north", str(folder / "campus.yaml"), str(folder)]
    return subprocess.Popen(words, env=env)


@asynccontextmanager
async def process_beside(folder):
    """A guard's socket, a broker, and a process that has said its first word there: (guard, bus, processes)."""
    port, guard = free_port(), Socket(folder)
    campus_of(folder, port)
    await guard.open()
    with broker(folder, port):
        processes = [process_of(folder)]
        try:
            async with bus_at(folder, port) as bus:
                await until(lambda: bus.of(STATUS), 25.0)
                yield guard, bus, processes
        finally:
            for process in processes:
                process.kill()
                process.wait()
            await guard.shut()


@mosquitto
def test_a_killed_process_leaves_the_target_with_the_guard_and_takes_it_up_again(folder, partner):
    async def whole() -> None:
        async with process_beside(folder) as (guard, bus, processes):
            await bus.say(SET, partner.message(target(12.0, 600.0)))
            await until(lambda: guard.asked)
            processes[0].kill()
            processes[0].wait()
            assert [one.high for one in guard.in_force.values()] == [12.0]
            assert guard.asked[0].until_s - time.time() > 500.0
            processes.append(process_of(folder))
            await until(lambda: len(guard.asked) == 2, 25.0)
            assert [one.high for one in guard.in_force.values()] == [12.0]

    asyncio.run(asyncio.wait_for(whole(), 70))


@mosquitto
def test_the_process_publishes_power_states_and_ends_by_sigterm(folder, partner):
    async def whole() -> None:
        async with process_beside(folder) as (_, _, (process,)):
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 15) == 0

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_a_guard_that_does_not_answer_is_not_waited_for_and_one_that_hangs_up_is_said(folder):
    async def whole() -> None:
        gone: list = []

        async def deaf(reader, writer) -> None:
            """Says that it is there, hears a request, and hangs up at the second."""
            state = State(utc_s=time.time(), mode="run", writes=True)
            writer.write(pack(JSON, write_message(state)))
            gone.append(writer)
            while await reader.read(4096):
                if len(gone) > 1:
                    break
            writer.close()

        server = await asyncio.start_unix_server(deaf, str(folder / "guard.sock"))
        site = Site(None, folder)
        task = asyncio.create_task(site.listen())
        await until(lambda: site.state is not None)
        one = ask(site)
        first = asyncio.create_task(site.ask(one))
        await asyncio.sleep(0.1)
        assert "already" in (await site.ask(one)).why
        assert "did not answer" in (await first).why
        gone.append(None)
        assert "did not answer" in (await site.ask(ask(site))).why
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.close()

    asyncio.run(asyncio.wait_for(whole(), 20))


def test_files_named_for_partners_are_found_from_where_the_site_keeps_its_copy(folder, partner):
    (folder / "dps.jwks").write_text(partner.jwks(), encoding="utf-8")
    devices = {"grid.connection": {"template": "library:meter-generic", "host": "127.0.0.1", "port": 5020}}
    more = {"agent": {"name": "dps", "keys": "dps.jwks"}}
    campus_of(folder, 1, sections={"devices": devices}, **more)
    prepared = prepare_campus(folder / "campus.yaml", False, folder / "data", print)
    dsx = prepared.campus.operate.north.dsx
    assert {dsx.publishers["grid-1"].keys, dsx.agent.keys} == {
        str(folder / "grid.jwks"),
        str(folder / "dps.jwks"),
    }
    assert list(ways_of(prepared.campus)) == ["dsx"]
    assert "north" in [part.name for part in parts_of(prepared, False, None)]
