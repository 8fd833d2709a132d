"""The planner over a real socket: it asks, its requests expire, it outlives a guard that goes away."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time

import numpy as np
import pytest

from wattstack.operate.link import STILL, Answer, Event, Frame, Names, Request, Server, State
from wattstack.operate.planner import process
from wattstack.operate.planner.process import run_planner

NAMES = ("battery.main.stored_mwh", "battery.main.power_mw")


class GuardSide:
    """The guard's end of the socket: says how the site is, keeps what it is asked."""

    def __init__(self, folder, refuse=""):
        self.asked, self.told, self.refuse = [], [], refuse
        self.server = Server(folder / "guard.sock", self._request)
        self.server.names = Names(names=NAMES)

    def _request(self, request, role):
        self.asked.append((request, role))
        return Answer(id=request.id, taken=not self.refuse, why=self.refuse)

    async def live(self, seconds, clock_s, stored_mwh=8.0):
        """Say what is, twenty times a second; the site's clock runs a minute in each."""
        until, step = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            values, now_s = {"load_mw": 10.0, "grid.on": 1.0}, clock_s + 60.0 * step
            frame = Frame(now_s, np.array([stored_mwh, 0.0], np.float32), np.zeros(2, np.uint8))
            self.server.send_values(frame, time.monotonic())
            self.server.send(State(utc_s=now_s, mode="run", writes=True, values=values))
            step += 1
            await asyncio.sleep(0.05)


@pytest.fixture
def site(tmp_path, campus_text):
    (tmp_path / "campus.yaml").write_text(campus_text, encoding="utf-8")
    return tmp_path


def run(site, guard, work):
    async def both():
        planning = asyncio.create_task(run_planner(site / "campus.yaml", site))
        try:
            await work(guard)
            assert not planning.done(), planning.exception()
        finally:
            planning.cancel()
            await asyncio.gather(planning, return_exceptions=True)
            await guard.server.shut()

    asyncio.run(both())


async def until_asked(guard, clock_s, count=1, **more):
    for _ in range(30):
        await guard.live(1.0, clock_s, **more)
        if len(guard.asked) >= count:
            return


def test_what_it_asks_expires_and_is_within_the_battery(site, start_s):
    guard = GuardSide(site)

    async def work(guard):
        await guard.server.open()
        await until_asked(guard, start_s, 3)

    run(site, guard, work)
    asked = {request.what: request for request, role in guard.asked if role == "planner"}
    assert set(asked) == {"battery_mw", "generator_mw", "peak_mw"}
    assert all(0.0 < request.until_s - start_s <= 1000 * 60.0 for request, _ in guard.asked)
    assert abs(asked["battery_mw"].value) <= 4.0
    assert asked["peak_mw"].high < 14.0
    shown = json.loads((site / "plan.json").read_text(encoding="utf-8"))
    assert (shown["source"], len(shown["power_mw"])) == ("plan", 192)


def test_guard_that_comes_late_and_comes_again_is_planned_for(site, start_s):
    guard = GuardSide(site)

    async def work(guard):
        await asyncio.sleep(0.5)
        await guard.server.open()
        await until_asked(guard, start_s)
        await guard.server.shut()
        guard.asked.clear()
        await asyncio.sleep(0.3)
        await guard.server.open()
        await until_asked(guard, start_s)

    run(site, guard, work)
    assert guard.asked


def test_plan_that_is_late_is_replaced_and_said(site, start_s, monkeypatch):
    monkeypatch.setattr(process, "LATE_S", 0.0)
    think = process.Planning._think
    monkeypatch.setattr(
        process.Planning, "_think", lambda self, *given: (time.sleep(0.3), think(self, *given))[1]
    )
    guard = GuardSide(site)
    guard.server.send = keep(guard.server.send, guard.told)

    async def work(guard):
        await guard.server.open()
        await guard.live(4.0, start_s)

    run(site, guard, work)
    told = [one for one in guard.told if isinstance(one, Event) and STILL not in one.data]
    assert (told[0].level, "until then the rules alone" in told[0].text) == ("info", True)
    assert any(one.level == "alarm" and "takes longer than 0 s" in one.text for one in told)


def test_planning_that_fails_is_said_and_tried_again(site, start_s, monkeypatch):
    fails = [True]
    think = process.Planning._think

    def once(self, *given):
        if fails:
            fails.pop()
            raise ZeroDivisionError("of ours")
        return think(self, *given)

    monkeypatch.setattr(process.Planning, "_think", once)
    guard = GuardSide(site)
    guard.server.send = keep(guard.server.send, guard.told)

    async def work(guard):
        await guard.server.open()
        await until_asked(guard, start_s)

    run(site, guard, work)
    assert any(isinstance(one, Event) and "ZeroDivisionError: of ours" in one.text for one in guard.told)
    assert guard.asked


def test_charge_that_is_not_known_leaves_the_rules_alone(site, start_s):
    guard = GuardSide(site)
    guard.server.send = keep(guard.server.send, guard.told)

    async def work(guard):
        await guard.server.open()
        for _ in range(20):
            await guard.live(1.0, start_s, stored_mwh=np.nan)
            if any(isinstance(one, Event) and "stored energy is not known" in one.text for one in guard.told):
                return

    run(site, guard, work)
    assert [one for one in guard.told if isinstance(one, Event) and "the rules alone" in one.text]
    assert guard.asked == []


def test_refusal_is_told_once_and_when_it_is_over(site, start_s):
    guard = GuardSide(site, refuse="not today")
    guard.server.send = keep(guard.server.send, guard.told)

    async def work(guard):
        await guard.server.open()
        await until_asked(guard, start_s, 9)
        await guard.live(0.5, start_s)

        guard.refuse = ""
        await until_asked(guard, start_s, len(guard.asked) + 9)

    run(site, guard, work)
    asks = [one for one in guard.told if isinstance(one, Event) and one.channel == "planner.asks"]
    assert [(one.level, "not today" in one.text) for one in asks] == [("alarm", True), ("info", False)]
    assert asks[1].text == "the guard takes what is planned"


def keep(send, into):
    def kept(message):
        into.append(message)
        send(message)

    return kept


def test_history_that_cannot_be_read_costs_nothing(tmp_path, campus, start_s):
    from wattstack.operate.planner import SitePlanner

    (tmp_path / "history.sqlite").write_bytes(b"not a database at all" * 100)
    assert process.recalled(SitePlanner(campus, start_s), tmp_path, start_s) == 0


def test_history_of_the_last_days_is_recalled(tmp_path, campus, start_s):
    from wattstack.operate.historian import Store
    from wattstack.operate.planner import SitePlanner

    later = start_s + 5 * 86_400.0
    store = Store(tmp_path / "history.sqlite")
    for minute in range(0, 1440, 15):
        now = later - 86_400.0 + minute * 60.0
        store.append(now, ("load_mw",), np.array([7.5], np.float32))
    store.close()
    planner = SitePlanner(campus, later)
    assert process.recalled(planner, tmp_path, later) == 96
    assert planner.known.forecast(later).load_mw[10] == pytest.approx(7.5)


def test_request_model_takes_what_is_asked():
    made = Request(id="a:1", source="planner", what="peak_mw", high=9.0, until_s=1e9)
    assert made.bounds[1] == 9.0


def test_planner_as_a_program_ends_when_told_and_refuses_a_bad_file(site, capsys):
    from wattstack.operate.planner.__main__ import main

    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert main([str(site / "campus.yaml")]) == 0
    assert main([str(site / "none.yaml"), str(site)]) == 2
    assert "does not exist" in capsys.readouterr().err
