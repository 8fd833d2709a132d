"""The image over real sockets: ages, qualities, devices that die, come back, answer late or wrongly."""

from __future__ import annotations

import asyncio
import math
import struct

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.devices.conftest import campus_with
from wattstack.operate.devices import Devices, Quality

PATH, METER = "battery.main", "grid.connection"
STORAGE = {"template": "library:sunspec-storage", "period_s": 0.05}
GRID = {"template": "library:meter-generic", "period_s": 0.05}
BOTH = {PATH: STORAGE, METER: GRID}


def quality(image, channel):
    return Quality(image.quality[image.place[channel]])


def good(channel):
    return lambda image: image.known(channel, 0.3)


def test_load_generation_and_grid_are_in_balance_in_the_image(at_site):
    async def work(bench):
        await bench.until(lambda image: good(f"{PATH}.power_mw")(image) and good(f"{METER}.power_mw")(image))
        image = bench.image
        assert image.value("load.halls.draw_mw") > 5.0
        assert image.value(f"{METER}.power_mw") == pytest.approx(image.value("load.halls.draw_mw"), rel=0.01)
        assert image.value(f"{PATH}.soc") == pytest.approx(0.5) and image.value(
            f"{PATH}.stored_mwh"
        ) == pytest.approx(10)
        assert image.value(f"{METER}.frequency_hz") == pytest.approx(50.0, abs=0.1)
        assert quality(image, f"{PATH}.reactive_mvar") == Quality.GOOD

    at_site(BOTH | {"load.halls": {"template": "library:load-meter", "period_s": 0.05}}, work)


@pytest.mark.parametrize("kind", ["silent", "short", "wrong_unit", "reboot", "late"])
def test_a_device_that_is_lost_grows_stale_alone_and_is_used_again_within_five_seconds(at_site, kind):
    async def work(bench):
        await bench.until(lambda image: good(f"{PATH}.power_mw")(image) and good(f"{METER}.power_mw")(image))
        bench.site.put(PATH, kind)
        await bench.until(lambda image: quality(image, f"{PATH}.power_mw") == Quality.STALE)
        assert (
            math.isnan(bench.image.value(f"{PATH}.power_mw")) and bench.image.age_s(f"{PATH}.power_mw") > 0.3
        )
        for _ in range(30):
            image = await bench.cycle()
            assert good(f"{METER}.power_mw")(image) and not good(f"{PATH}.power_mw")(image)
        assert bench.texts().startswith("alarm is lost: ")
        assert bench.texts().count("is lost") == 1 and "answers again" not in bench.texts()
        bench.site.lift(PATH, kind)
        assert await bench.until(good(f"{PATH}.power_mw")) < 5.0
        assert "info answers again" in bench.texts()

    at_site(BOTH, work)


def test_a_dead_device_does_not_hold_up_the_others(at_site):
    async def work(bench):
        await bench.until(lambda image: good(f"{PATH}.power_mw")(image) and good(f"{METER}.power_mw")(image))
        bench.site.put(PATH, "silent")
        longest = 0.0
        for _ in range(25):
            await bench.cycle()
            longest = max(longest, bench.devices.cycle_s)
        assert longest < 0.15

    at_site(BOTH, work)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 8, 10, 11])
def test_an_exception_is_an_answer_the_device_stays_and_it_is_told_once(at_site, code):
    async def work(bench):
        await bench.until(good(f"{PATH}.power_mw"))
        bench.site.put(PATH, "exception", float(code))
        await bench.until(lambda image: quality(image, f"{PATH}.power_mw") == Quality.STALE)
        assert bench.devices.live[PATH].up
        assert bench.texts().startswith(f"alarm refuses a request: exception {code}: ")
        assert bench.texts().count("alarm") == 1
        bench.site.lift(PATH, "exception")
        await bench.until(good(f"{PATH}.power_mw"))

    at_site({PATH: STORAGE}, work)


def test_what_a_device_does_not_have_and_what_cannot_be_is_no_value(at_site):
    async def work(bench):
        await bench.until(good(f"{PATH}.power_mw"))
        bench.site.put(PATH, "nan")
        await bench.until(lambda image: quality(image, f"{PATH}.power_mw") == Quality.NOT_IMPLEMENTED)
        assert math.isnan(bench.image.value(f"{PATH}.power_mw"))
        bench.site.lift(PATH, "nan")
        await bench.until(good(f"{PATH}.power_mw"))
        device = bench.site.devices[PATH]
        bench.site.put(PATH, "frozen")
        device._exponents = {}
        device.show("soc", 0.0)
        device._put("holding", device._points["713.Pct_SF"][2], (12,))
        await bench.until(lambda image: quality(image, f"{PATH}.soc") == Quality.BAD)

    at_site({PATH: STORAGE}, work)


def test_a_scale_factor_that_changes_at_run_time_changes_the_value_with_it(at_site):
    async def work(bench):
        await bench.until(good(f"{PATH}.nameplate_mwh"))
        device = bench.site.devices[PATH]
        bench.site.put(PATH, "frozen")
        before = bench.image.value(f"{PATH}.stored_mwh")
        at = device._points["713.WH_SF"][2]
        device._put("holding", at, ((device._exponents["713.WH_SF"] - 1) & 0xFFFF,))
        await bench.until(lambda image: image.value(f"{PATH}.stored_mwh") == pytest.approx(before / 10.0))

    at_site({PATH: STORAGE}, work)


def test_a_slow_device_keeps_its_own_time_and_is_fresh_by_its_own_period(at_site):
    async def work(bench):
        await bench.until(good(f"{METER}.power_mw"))
        asked = set()
        for _ in range(30):
            image = await bench.cycle()
            asked.add(float(image.asked_s[image.place[f"{METER}.power_mw"]]))
            assert quality(image, f"{METER}.power_mw") == Quality.GOOD
        assert 2 <= len(asked) <= 5

    at_site({METER: GRID | {"period_s": 0.4, "timeout_s": 0.3}}, work)


def test_a_device_with_a_gap_and_slow_answers_is_read(at_site):
    async def work(bench):
        bench.site.put(PATH, "slow", 0.03)
        await bench.until(good(f"{PATH}.power_mw"))
        await bench.cycle(times=20)
        assert bench.devices.live[PATH].up and "alarm" not in bench.texts()

    at_site({PATH: STORAGE | {"gap_s": 0.02, "period_s": 0.5}}, work)


def test_models_that_a_device_lacks_are_told(at_site):
    campus = campus_with({PATH: STORAGE, METER: GRID})
    devices = campus.devices
    asked = {
        METER: GRID | {"port": devices[METER].port},
        PATH: STORAGE | {"port": devices[METER].port, "unit": 1},
    }

    async def work(bench):
        other = Devices(campus_with({PATH: asked[PATH]}), tell=lambda *one: told.append(one))
        await other.start()
        await asyncio.sleep(0.5)
        await other.stop()

    told: list = []
    at_site({METER: asked[METER]}, work)
    assert "lacks SunSpec models 1, 701, 702, 704, 713, 715, 802, has none" in told[0][2]


def test_nobody_at_the_address_is_told_once_and_never_a_value():
    async def work():
        told: list = []
        devices = Devices(campus_with({PATH: STORAGE}), tell=lambda *one: told.append(one))
        await devices.start()
        for _ in range(10):
            image = await devices.read(0.06)
            await asyncio.sleep(0.1)
        await devices.stop()
        assert len(told) == 1 and "is lost" in told[0][2]
        assert (image.quality == Quality.STALE).all() and image.age_s(f"{PATH}.soc") == math.inf
        assert image.value("no.such_mw", 7.0) == 7.0 and image.age_s("no.such_mw") == math.inf
        assert not image.known("no.such_mw", 1e9)

    asyncio.run(work())


def test_two_devices_of_one_asset_share_it(at_site):
    async def work(bench):
        second = f"{PATH}#2"
        asked = {PATH: 2.0, second: 1.0}
        await bench.until(
            lambda image: (
                abs(image.value(f"{PATH}.power_mw") + image.value(f"{second}.power_mw") - 3.0) < 0.01
            ),
            asked,
        )
        assert bench.image.value(f"{PATH}.rating_mw") == pytest.approx(5.0)

    half = STORAGE | {"share_frac": 0.5}
    at_site({PATH: half, f"{PATH}#2": half}, work)


def test_the_same_values_under_a_faster_loop():
    uvloop = pytest.importorskip("uvloop")
    from tests.operate.devices.conftest import running

    async def work():
        async with running(campus_with(BOTH)) as bench:
            await bench.until(
                lambda image: good(f"{PATH}.power_mw")(image) and good(f"{METER}.power_mw")(image)
            )
            bench.site.put(PATH, "reboot")
            await bench.until(lambda image: not bench.devices.live[PATH].up)
            bench.site.lift(PATH, "reboot")
            await bench.until(good(f"{PATH}.power_mw"))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(work(), 20))


def test_a_server_of_others_is_read_like_our_own():
    async def work():
        from pymodbus.server import ModbusTcpServer
        from pymodbus.simulator import DataType, SimData, SimDevice

        port = free_port()
        registers = [
            *struct.unpack(
                ">26H", struct.pack(">iiHHIIHI", 123456, -10, 10001, 50010, 77, 5, 1, 9) + b"\0" * 26
            )
        ]
        table = SimData(0, values=registers, datatype=DataType.REGISTERS)
        server = ModbusTcpServer(SimDevice(1, simdata=[table]), address=("127.0.0.1", port))
        await server.serve_forever(background=True)
        devices = Devices(campus_with({METER: GRID | {"port": port}}))
        await devices.start()
        for _ in range(40):
            image = await devices.read(0.2)
            await asyncio.sleep(0.05)
            if image.known(f"{METER}.power_mw", 0.3):
                break
        await devices.stop()
        await server.shutdown()
        assert image.value(f"{METER}.power_mw") == pytest.approx(12.3456)
        assert image.value(f"{METER}.reactive_mvar") == pytest.approx(-0.001)
        assert image.value(f"{METER}.voltage_pu") == pytest.approx(1.0001)
        assert image.value(f"{METER}.frequency_hz") == pytest.approx(50.01)
        assert image.value(f"{METER}.energy_mwh") == pytest.approx(0.077)

    asyncio.run(asyncio.wait_for(work(), 20))
