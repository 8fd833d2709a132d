"""The simulated utility tells over the guard's socket what may be drawn, again and again."""

from __future__ import annotations

import asyncio
import time

import pytest

from wattstack.operate.link import Answer, Server, State
from wattstack.operate.simulated.utility import tell_limits


def test_limit_of_the_hour_is_told_and_told_again(tmp_path):
    text = """
wattstack: 1
name: small
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: JPY
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-08T00:00+09:00, step: 1h}
load: {hall: {draw_mw: 10}}
grid:
  connection: {firm_mw: 14, nonfirm_mw: 6, curtailed: 0.5}
  tariff: {energy: {price_per_mwh: 10000}}
finance: {discount_rate_frac: 0.07, horizon_years: 20}
"""
    (tmp_path / "campus.yaml").write_text(text, encoding="utf-8")
    asked = []

    def take(request, role):
        asked.append((request, role))
        return Answer(id=request.id, taken=True, why="")

    async def work():
        server = Server(tmp_path / "guard.sock", take)
        task = asyncio.create_task(tell_limits(tmp_path / "campus.yaml", tmp_path))
        await asyncio.sleep(0.2)  # it waits for a guard that is not there yet
        await server.open()
        now_s, end = 1648738800.0, time.monotonic() + 30.0
        while len(asked) < 2 and time.monotonic() < end:
            server.send(State(utc_s=now_s, mode="run", writes=True))
            now_s += 60.0
            await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.shut()

    asyncio.run(work())
    (first, role), (second, _) = asked[:2]
    assert (first.what, first.source, role) == ("import_limit_mw", "utility", "north")
    assert first.high == pytest.approx(17.0)
    assert first.id != second.id
    assert second.until_s - first.until_s >= 600.0
