"""The historian's process beside a guard's socket: everything said is kept, whoever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.operate.alarms import ask_alarms
from wattstack.operate.historian import Store
from wattstack.operate.historian.__main__ import main
from wattstack.operate.historian.process import Historian, hold
from wattstack.operate.link import Answer, Event, Frame, Names, Server, State

NAMES = ("grid.connection.power_mw", "battery.main.soc", "battery.main.power_mw")
BEGIN_S = 1_900_000_800.0
CAMPUS = {
    "wattstack": 1, "name": "many", "currency": "EUR",
    "place": {"latitude_deg": 48.0, "longitude_deg": 2.0, "time_zone": "Europe/Paris"},
    "time": {"start": "2022-01-01T00:00Z", "end": "2022-01-02T00:00Z", "step": "1h"},
    "load": {"plain": {"draw_mw": 1}}, "operate": {"history": {"period_s": 0.05}},
}  # fmt: skip


@pytest.fixture
def campus_file(tmp_path) -> Path:
    path = tmp_path / "campus.yaml"
    YAML().dump(CAMPUS, path)
    return path


def started(campus_file: Path, folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "wattstack.operate.historian", str(campus_file), str(folder)],
        stderr=subprocess.PIPE,
        text=True,
    )


def values(k: int) -> np.ndarray:
    return np.array([k, np.nan, -k], dtype=np.float32)


async def until(met, wait_s: float = 20.0) -> bool:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if met():
            return True
        await asyncio.sleep(0.02)
    return False


def kept(folder: Path) -> list[float]:
    if not (folder / "history.sqlite").exists():
        return []
    store = Store(folder / "history.sqlite", read_only=True)
    try:
        return store.query(NAMES[0], 0, 2e9)[1].tolist()
    except InputError:
        return []
    finally:
        store.close()


class Guard:
    """The guard's socket, and one frame after the other."""

    def __init__(self, folder: Path) -> None:
        self.server = Server(
            folder / "guard.sock", lambda request, _: Answer(id=request.id, taken=True, why="")
        )
        self.server.names = Names(names=NAMES)
        self.k = 0

    async def say(self, *alarms: str) -> None:
        moment_s = BEGIN_S + self.k
        self.server.send(State(utc_s=moment_s, mode="run", writes=True, alarms=alarms))
        if self.k % 5 == 0:
            data = {"setpoint_mw": float(self.k)}
            self.server.send(
                Event(utc_s=moment_s, level="command", channel=NAMES[2], text="peak cap", data=data)
            )
        frame = Frame(moment_s, values(self.k), np.zeros(3, dtype=np.uint8))
        self.server.send_values(frame, time.monotonic() + 1e6 + self.k)
        self.k += 1
        await asyncio.sleep(0.01)


def test_frames_events_and_alarms_of_the_guard_are_kept_over_a_kill_of_either(campus_file, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()

    async def whole() -> dict:
        guard = Guard(folder)
        await guard.server.open()
        process = started(campus_file, folder)
        try:
            assert await until(lambda: guard.server.callers)
            await asyncio.sleep(0.3)
            for _ in range(30):
                await guard.say("battery.main: does not answer")
            assert await until(lambda: kept(folder)[-1:] == [29.0])
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert await until(lambda: not guard.server.callers)
            process = started(campus_file, folder)
            assert await until(lambda: guard.server.callers)
            await asyncio.sleep(0.3)
            for _ in range(20):
                await guard.say()
            assert await until(lambda: kept(folder)[-1:] == [49.0])
            await guard.server.shut()
            guard = Guard(folder)
            guard.k = 50
            await guard.server.open()
            assert await until(lambda: guard.server.callers)
            await asyncio.sleep(0.3)
            for _ in range(10):
                await guard.say()
            assert await until(lambda: kept(folder)[-1:] == [59.0])
            shown = await ask_alarms(folder, "list")
            process.send_signal(signal.SIGTERM)
            assert await until(lambda: process.poll() is not None)
            assert process.returncode == 0
            await guard.server.shut()
            return shown
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    shown = asyncio.run(whole())
    assert {(a["channel"], a["text"], a["state"]) for a in shown["alarms"]} == {
        ("battery.main", "does not answer", "returned")
    }
    assert kept(folder) == [float(k) for k in range(60)]
    store = Store(folder / "history.sqlite", read_only=True)
    moments, soc = store.query(NAMES[1], 0, 2e9)
    assert len(moments) == 60 and np.isnan(soc).all()
    commands = store.events(0, 2e9, level="command")
    assert [event.data["setpoint_mw"] for event in commands] == [float(k) for k in range(0, 60, 5)]
    assert [event.data["did"] for event in store.events(0, 2e9, channel="battery.main", level="alarm")] == [
        "raised"
    ]


def test_a_guard_that_says_nothing_is_an_alarm(campus_file, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()

    async def whole() -> list[dict]:
        process = started(campus_file, folder)
        try:
            assert await until((folder / "alarms.sock").exists)
            for _ in range(100):
                shown = (await ask_alarms(folder, "list"))["alarms"]
                if shown:
                    return shown
                await asyncio.sleep(0.1)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            process.stderr.close()

    assert [(a["channel"], a["source"]) for a in asyncio.run(whole())] == [("guard", "historian")]


def test_a_second_historian_of_a_folder_and_a_wrong_file_are_refused(campus_file, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    lock = hold(folder)
    process = started(campus_file, folder)
    assert "has a historian at work already" in process.communicate(timeout=30)[1]
    assert process.returncode == 2
    os.close(lock)
    process = started(tmp_path / "other.yaml", folder)
    assert "other.yaml" in process.communicate(timeout=30)[1] and process.returncode == 2


def test_in_one_process_frames_events_and_conditions_go_where_they_belong(tmp_path):
    folder = tmp_path / "site"
    secret = tmp_path / "postgres.secret"
    secret.write_text("host=127.0.0.1 port=1 user=nobody password=very-secret connect_timeout=2\n")
    secret.chmod(0o600)
    history = {"period_s": 0.05, "postgres": str(secret)}
    campus = Campus.model_validate(CAMPUS | {"operate": {"history": history}})

    async def whole() -> tuple[dict, Historian]:
        historian = Historian(campus, folder)
        guard = Guard(folder)
        await guard.server.open()
        work = asyncio.create_task(historian.run())
        try:
            assert await until(lambda: any(c.every_s for c in guard.server.callers))
            for _ in range(10):
                await guard.say("battery.main: does not answer")
            event = Event(utc_s=BEGIN_S, level="alarm", channel="gas", text="no start")
            guard.server.send(event)
            guard.server.send_values(
                Frame(BEGIN_S, np.zeros(7), np.zeros(7, np.uint8)), time.monotonic() + 1e9
            )
            assert await until(lambda: historian.recorder.written == 10)
            assert await until(lambda: historian.sink.conditions)
            for caller in list(guard.server.callers):  # let go, as one who reads too slowly is
                caller.transport.abort()
            assert await until(lambda: not guard.server.callers)
            assert await until(lambda: any(c.every_s for c in guard.server.callers))
            await guard.say()
            assert await until(lambda: historian.recorder.written == 11)
            await asyncio.sleep(1.2)
            shown = historian.alarms.do({"do": "list"})
        finally:
            work.cancel()
            await asyncio.wait([work])
            await guard.server.shut()
        return shown, historian

    shown, _ = asyncio.run(whole())
    states = {a["channel"]: a["state"] for a in shown["alarms"]}
    assert states == {
        "battery.main": "returned", "gas": "returned", "historian.postgres": "unacknowledged",
    }  # fmt: skip
    assert "very-secret" not in str(shown)
    assert kept(folder) == [float(k) for k in range(11)]
    assert hold(folder)


def test_a_secret_that_others_can_read_is_refused_at_the_start(tmp_path):
    secret = tmp_path / "postgres.secret"
    secret.write_text("host=127.0.0.1\n")
    secret.chmod(0o644)
    campus = Campus.model_validate(CAMPUS | {"operate": {"history": {"postgres": str(secret)}}})
    with pytest.raises(InputError, match="chmod 600"):
        Historian(campus, tmp_path / "site")


def test_faults_of_the_campus_file_end_the_process_with_two(tmp_path, capsys):
    assert main([str(tmp_path / "gone.yaml")]) == 2
    assert "gone.yaml" in capsys.readouterr().err
