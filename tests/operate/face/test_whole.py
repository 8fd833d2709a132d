"""The control room before a real guard on a simulated site, over their real sockets."""

import asyncio

from benchmarks.guard_tools import free_port
from tests.operate.face.conftest import RAW, House
from wattstack.campus import Campus
from wattstack.operate.guard import Guard
from wattstack.operate.simulated import simulate_devices


def test_two_people_take_over_and_one_moves_a_simulated_battery(tmp_path):
    devices = {path: one | {"port": free_port()} for path, one in RAW["devices"].items()}
    campus = Campus.model_validate(RAW | {"devices": devices, "operate": {"face": {"port": free_port()}}})
    house = House(tmp_path, campus, guarded=False)

    async def whole() -> None:
        async with simulate_devices(campus) as site:
            guard = Guard(campus, tmp_path)
            work = asyncio.create_task(guard.run())
            try:
                await asyncio.to_thread(house.start)
                client = await asyncio.to_thread(house.client, "engineer-1", "engineer")
                second = await asyncio.to_thread(house.client, "engineer-2", "engineer")
                await wait(lambda: house.room.live.value("battery.main.stored_mwh") is not None)
                mode = {"what": "mode", "mode": "manual", "for_s": 60, "reason": "a test"}
                waiting = (await asyncio.to_thread(client.post, "/api/requests", json=mode)).json()["waiting"]
                answer = await asyncio.to_thread(second.post, "/api/requests/agree", json={"id": waiting})
                assert answer.json()["taken"], answer.text
                body = {
                    "what": "battery_mw",
                    "path": "battery.main",
                    "value": -3.0,
                    "for_s": 60,
                    "reason": "a test",
                }
                answer = await asyncio.to_thread(client.post, "/api/requests", json=body)
                assert answer.json()["taken"], answer.text
                await wait(lambda: abs(site.site.stores["battery.main"].injection_mw + 3.0) < 0.05)
                found = (await asyncio.to_thread(client.get, "/api/requests")).json()
                assert {(one["what"], one["user"]) for one in found["in_force"]} == {
                    ("mode", "engineer-1"),
                    ("battery_mw", "engineer-1"),
                }
                why = (await asyncio.to_thread(client.get, "/api/why")).json()
                assert why["commands"][0]["reason"]
                await asyncio.to_thread(house.stop)  # the face goes, control goes on
                cycles = guard.cycles
                await wait(lambda: guard.cycles > cycles + 5)
            finally:
                guard.stop()
                await work

    asyncio.run(whole())


async def wait(seen, within_s: float = 12.0) -> None:
    end = asyncio.get_running_loop().time() + within_s
    while not seen():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.05)
