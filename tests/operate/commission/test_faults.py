"""A rehearsal of faults: each is seen, and the device is used again soon after; what nobody could see is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.operate.commission.conftest import DEVICES, QUICK, campus_of
from wattstack.operate.commission.bench import Bench, Options
from wattstack.operate.commission.checks import Book
from wattstack.operate.commission.faults import RECIPES, Recipe, rehearse
from wattstack.operate.commission.run import commission
from wattstack.operate.devices import Devices
from wattstack.operate.simulated import KINDS, simulate_devices


async def one_fault(recipe, path, before, devices):
    campus = campus_of(devices)
    async with simulate_devices(campus) as site:
        bench = Bench(campus, Devices(campus), Book(), Options())
        await bench.devices.start()
        try:
            for _ in range(8):
                await bench.cycle()
            for one in before:
                site.put(*one)
            await rehearse(bench, site, [path], lambda line: None, (recipe,))
        finally:
            await bench.devices.stop()
        return [(c.what, c.verdict, c.text) for c in bench.book.checks]


def rehearsed(recipes, path="battery.main", before=(), devices=None):
    """Each fault at a site of its own, all at once."""

    async def work():
        told = await asyncio.gather(*(one_fault(recipe, path, before, devices) for recipe in recipes))
        return {what: (verdict, text) for checks in told for what, verdict, text in checks}

    return asyncio.run(asyncio.wait_for(work(), 30))


def test_every_fault_of_the_rehearsal_is_one_of_the_simulated_site():
    assert {one.kind for one in RECIPES} <= set(KINDS)


def test_faults_of_values_and_of_commands_are_seen_and_over():
    kinds = ("silent", "nan", "soc_jump", "contactor", "reject", "ignore_write", "clamp", "foreign", "local")
    told = rehearsed(tuple(one for one in RECIPES if one.kind in kinds))
    assert set(told) == set(kinds)
    assert all(verdict == "passed" and "seen after" in text for verdict, text in told.values()), told


def test_faults_of_the_connection_are_seen_by_balance_and_clock():
    kinds = ("sign", "outage", "frozen")
    told = rehearsed(tuple(one for one in RECIPES if one.kind in kinds), "grid.connection")
    assert all(verdict == "passed" for verdict, _ in told.values()) and set(told) == set(kinds), told


def test_what_cannot_be_seen_and_what_cannot_be_done_is_told(monkeypatch):
    monkeypatch.setattr("wattstack.operate.commission.faults.SEEN_S", 0.5)
    told = rehearsed((Recipe("slow", "lost", value=0.0), Recipe("reject", "command", holds=True)),
                     before=[("battery.main", "contactor")])  # fmt: skip
    assert told["slow"][0] == "failed" and "was not seen" in told["slow"][1]
    assert told["reject"][0] == "not done" and "contactor" in told["reject"][1]


def test_a_template_without_a_mark_cannot_show_one():
    plain = DEVICES | {"battery.main": {"template": "library:bess-generic"}}
    assert rehearsed((Recipe("nan", "marked"),), devices=plain)["nan"][0] == "not done"


def test_the_walk_ends_with_the_faults_and_leaves_out_what_is_dead(monkeypatch):
    monkeypatch.setattr("wattstack.operate.commission.run.CONNECT_S", 0.6)
    monkeypatch.setattr("wattstack.operate.commission.faults.RECIPES", RECIPES[:1])

    async def work():
        campus = campus_of(DEVICES | {"load.halls": {"template": "library:load-meter"}})
        async with simulate_devices(campus) as site:
            site.put("load.halls", "silent")
            options = replace(QUICK, write=False, faults=True, only=("load.halls",))
            return await commission(campus, options, site)

    found = asyncio.run(asyncio.wait_for(work(), 20))
    assert not any(c["kind"] == "fault" for c in found["checks"])
