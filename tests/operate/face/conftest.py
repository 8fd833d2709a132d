"""A control room that really listens, and behind it a guard that speaks over its real socket; both in a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from benchmarks.guard_tools import free_port
from wattstack.campus import Campus
from wattstack.operate.face import make_app, serve
from wattstack.operate.link import Answer, Frame, Names, Request, Server, State

PASSWORD = "correct horse battery"
RAW = {
    "wattstack": 1, "name": "test", "currency": "JPY",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "30min"},
    "load": {"halls": {"it_mw": 20}, "offices": {"draw_mw": 2}},
    "grid": {"connection": {"firm_mw": 30, "voltage_kv": 154}, "tariff": {"energy": {"price_per_mwh": 10000}}},
    "battery": {"main": {"power_mw": 10, "energy_mwh": 20, "charge_eff": 0.95, "discharge_eff": 0.95}},
    "generator": {
        "gas": {"fuel": "lng", "power_mw": 8, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 5000, "minimum_frac": 0.5}
    },
    "ups": {"main": {}},
    "duties": {"backup": {"duration_h": 0.25, "load_frac": 0.4}},
    "devices": {
        "grid.connection": {"template": "library:meter-generic", "host": "127.0.0.1", "port": 5020},
        "battery.main": {"template": "library:bess-generic", "host": "127.0.0.1", "port": 5021},
        "generator.gas": {"template": "library:genset-controller", "host": "127.0.0.1", "port": 5022},
    },
}  # fmt: skip
VALUES = {
    "grid.connection.power_mw": 18.0, "grid.connection.voltage_pu": 1.0, "grid.connection.frequency_hz": 60.0,
    "battery.main.power_mw": 3.0, "battery.main.soc": 0.6, "battery.main.stored_mwh": 12.0,
    "battery.main.can_discharge_mw": 10.0, "battery.main.can_charge_mw": 10.0, "generator.gas.output_mw": 0.0,
    "generator.gas.running": 0.0,
}  # fmt: skip


def campus_of(**face) -> Campus:
    return Campus.model_validate(RAW | {"operate": {"face": {"port": free_port(), **face}}})


class SmallGuard:
    """Speaks as the guard does: states and frames ten times a second, an answer to each request."""

    def __init__(self, folder: Path) -> None:
        self.server = Server(folder / "guard.sock", self._asked)
        self.server.names = Names(names=tuple(VALUES))
        self.asked: list[Request] = []
        self.refuses, self.mute = "", False
        self.state = {
            "mode": "run", "writes": True, "setpoints_mw": {"battery.main": 3.0},
            "reasons": {"battery.main": "keeps the metering interval at its target"},
            "values": {"control.reserve_mwh": 5.0, "load_mw": 21.0, "control.cycle_ms": 4.0, "control.overruns": 0.0},
        }  # fmt: skip
        self.values, self.quality = dict(VALUES), dict.fromkeys(VALUES, 0)
        self._task: asyncio.Task | None = None

    def _asked(self, request: Request, role: str) -> Answer:
        self.asked.append(request)
        if self.mute:
            return Answer(id="another", taken=True, why="")
        return Answer(id=request.id, taken=not self.refuses, why=self.refuses or "in force")

    async def start(self) -> None:
        await self.server.open()
        self._task = asyncio.create_task(self._speak())

    async def stop(self) -> None:
        self._task.cancel()
        await self.server.shut()

    async def _speak(self) -> None:
        while True:
            self.server.send(State(utc_s=time.time(), **self.state))
            now = asyncio.get_running_loop().time()
            frame = Frame(
                time.time(),
                np.array(list(self.values.values()), "f4"),
                np.array(list(self.quality.values()), "u1"),
            )
            self.server.send_values(frame, now)
            await asyncio.sleep(0.1)


class House:
    """The control room at work.

    Attributes:
        base: Its address. guard: Behind it. room: Inside of it. folder: Its files. said: What it printed.
    """

    def __init__(self, folder: Path, campus: Campus, guarded: bool) -> None:
        self.folder, self.campus, self.said = folder, campus, []
        self.guard = SmallGuard(folder) if guarded else None
        self.app = make_app(campus, folder)
        self.room = self.app.room
        self._server = serve(self.app, campus, self.said.append)
        kind = "https" if campus.operate.face.certificate else "http"
        self.base = f"{kind}://127.0.0.1:{campus.operate.face.port}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        if self.guard:
            await self.guard.start()
        await self._server.serve()
        if self.guard:
            await self.guard.stop()

    def start(self) -> None:
        self._thread.start()
        until(lambda: self._server.started)
        if self.guard:
            until(lambda: self.room.live.seen.heard and self.room.live.seen.frame is not None)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def do(self, work) -> None:
        """Run something in the loop of the guard."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def client(self, name: str = "", role: str = "admin") -> httpx.Client:
        """A client; signed in where a name is given."""
        made = httpx.Client(base_url=self.base, verify=False, timeout=20.0, headers={"origin": self.base})
        if name:
            if name not in {one["name"] for one in self.room.users.listed()}:
                self.room.users.add(name, PASSWORD, role)
            answer = made.post("/api/sign-in", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            made.headers["x-csrf-token"] = answer.json()["who"]["csrf"]
        return made


def until(seen, within_s: float = 10.0) -> None:
    end = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < end, f"not within {within_s} s"
        time.sleep(0.02)


@contextmanager
def opened(folder: Path, guarded: bool = True, campus: Campus | None = None):
    house = House(folder, campus or campus_of(), guarded)
    house.start()
    try:
        yield house
    finally:
        house.stop()


@pytest.fixture
def house(tmp_path):
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One for tests that change nothing."""
    with opened(tmp_path_factory.mktemp("face")) as made:
        yield made
