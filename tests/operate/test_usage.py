"""Memory of the processes is looked at, and told before the system ends what goes beyond its limit."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from wattstack.operate import Part, Supervisor, usage
from wattstack.operate.supervise import watch_memory
from wattstack.operate.usage import LIMITS_MB, MemoryWatch, limit_mb, rss_mb

PACKAGING = Path(__file__).parents[2] / "packaging"


def test_what_this_process_holds_is_known_and_what_is_not_there_holds_nothing():
    assert 10.0 < rss_mb(os.getpid()) < 20_000.0
    assert rss_mb(2**22 + 1) == 0.0


def test_one_line_is_told_near_the_limit_and_one_when_it_is_away_from_it(monkeypatch):
    used = {1: 100.0, 2: 100.0}
    monkeypatch.setattr(usage, "rss_mb", used.get)
    watch, pids = MemoryWatch(), {"guard": 1, "face": 2}
    assert watch.look(pids) == []
    used[2] = 420.0
    assert watch.look(pids) == [("alarm", "face", "face holds 420 MB of memory, its limit is 512 MB")]
    used[2] = 400.0
    assert watch.look(pids) == []
    used[2] = 200.0
    assert watch.look(pids) == [("info", "face", "face holds 200 MB of memory again")]


@pytest.mark.parametrize("name", LIMITS_MB)
def test_limits_are_those_of_the_units(name):
    text = (PACKAGING / f"wattstack-{name}.service").read_text()
    size, unit = re.search(r"MemoryMax=(\d+)([MG])", text).groups()
    assert limit_mb(name) == float(size) * (1024.0 if unit == "G" else 1.0)


def test_a_process_that_grows_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(usage, "USUAL_MB", 60.0)
    monkeypatch.setattr("wattstack.operate.supervise.LOOK_S", 0.05)
    said: list[str] = []
    words = "import time; kept = bytearray(80 * 2**20); time.sleep(60)"

    async def work():
        supervisor = Supervisor([Part("grown", ("-c", words))], tmp_path, said.append)
        tasks = [
            asyncio.create_task(supervisor.run()),
            asyncio.create_task(watch_memory(supervisor, tmp_path, said.append)),
        ]
        async with asyncio.timeout(20.0):
            while not said:
                await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(work())
    assert said[0].startswith("grown holds ") and said[0].endswith("its limit is 60 MB")
