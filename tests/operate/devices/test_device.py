"""A device that is down or lacks what is asked: in words, and without breaking the connection."""

from __future__ import annotations

import asyncio

import pytest

from tests.operate.devices.conftest import campus_with
from wattstack.errors import StateError
from wattstack.operate.devices import Devices, read_request

PATH = "battery.main"
STORAGE = {"template": "library:sunspec-storage", "period_s": 0.05}


def test_a_device_that_is_down_answers_in_words_and_holds_nothing():
    async def work():
        live = Devices(campus_with({PATH: {"template": "library:bess-generic"}})).live[PATH]
        got: list = []
        live.write({"setpoint_mw": 1.0}, lambda payload, error: got.append(error))
        live.read_again("setpoint_mw", got.append)
        assert got == ["down: not connected yet"]
        assert (await live.request(read_request(1, 3, 0, 1)))[1] == "down: not connected yet"
        assert not live.holds("setpoint_mw", 1.0) and live.holds("setpoint_mw", 0.0)

    asyncio.run(work())


def test_models_and_scale_factors_that_are_not_known_yet_refuse_a_write():
    async def work():
        live = Devices(campus_with({PATH: STORAGE})).live[PATH]
        with pytest.raises(StateError, match="lacks SunSpec model 704"):
            live.write({"setpoint_mw": 1.0}, lambda payload, error: None)
        live.models[704] = 40_300, 67
        with pytest.raises(StateError, match="was not read yet"):
            live.write({"setpoint_mw": 1.0}, lambda payload, error: None)

    asyncio.run(work())


def test_a_heartbeat_that_the_device_has_no_model_for_is_told_once_and_setpoints_go_on(at_site):
    async def work(bench):
        state = lambda image: bench.devices.commands[PATH].state == "followed"  # noqa: E731
        await bench.until(state, {PATH: 1.0})
        del bench.devices.live[PATH].models[715]
        bench.devices.commander(PATH)._beat_s = -1.0
        for _ in range(4):
            await bench.cycle({PATH: 2.0})
        await bench.until(state, {PATH: 3.0})
        assert bench.texts().count("heartbeat cannot be written") == 1

    at_site({PATH: STORAGE}, work)


def test_a_serial_line_that_breaks_takes_all_its_units_down():
    from tests.operate.devices.test_transports import GRID, METER, Wire, read_until, simulated

    async def work():
        from pymodbus.server import ModbusSerialServer

        wire = Wire()
        wire.join()
        server = ModbusSerialServer(
            [simulated(1, 10_000), simulated(2, 20_000)], port=wire.ends[1], baudrate=115_200
        )
        await server.serve_forever(background=True)
        one = GRID | {"transport": "rtu", "serial": wire.ends[0], "baud": 115_200, "timeout_s": 0.3}
        told: list = []
        devices = Devices(
            campus_with({METER: one, f"{METER}#2": one | {"unit": 2}}), tell=lambda *words: told.append(words)
        )
        await devices.start()
        await read_until(devices, lambda image: all(live.up for live in devices.live.values()))
        assert all(live.up for live in devices.live.values())
        devices.live[METER].carrier._line.connection_lost(OSError("cable out"))
        assert not any(live.up for live in devices.live.values())
        await asyncio.sleep(0.05)
        assert {words[0] for words in told} == {METER, f"{METER}#2"}
        assert all("cable out" in words[2] for words in told)
        await devices.stop()
        await server.shutdown()
        wire.cut()

    asyncio.run(asyncio.wait_for(work(), 20))
