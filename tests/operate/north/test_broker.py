"""DSX Flex when the broker goes, comes, is not the right one, and over a restart of ours."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.north.conftest import (
    BREACH,
    SET,
    STATUS,
    broker,
    bus_at,
    campus_of,
    limit,
    moment,
    mosquitto,
    running,
    signed,
    target,
    until,
    with_broker,
)  # fmt: skip
from wattstack.operate.north.dsx import DsxWay
from wattstack.operate.north.dsx.broker import MOST_WAITING, Out, said

pytestmark = mosquitto
password = pytest.mark.skipif(shutil.which("mosquitto_passwd") is None, reason="there is no mosquitto_passwd")


def test_a_broker_that_is_killed_and_comes_back_is_used_again_and_targets_hold_meanwhile(folder, partner):
    async def work():
        port = free_port()
        async with running(folder, port) as (guard, way):
            with broker(folder, port):
                async with bus_at(folder, port) as bus:
                    await until(lambda: way.broker.up)
                    await bus.say(SET, partner.message(target(12.0)))
                    await until(lambda: limit(guard) == 12.0)
            await until(lambda: "the broker is lost" in guard.told("alarm"))
            await until(lambda: way.feeds["main"].breach is not None, 6.0)
            assert limit(guard) == 12.0
            with broker(folder, port):
                async with bus_at(folder, port) as bus:
                    began = time.monotonic()
                    await until(lambda: way.broker.up, 8.0)
                    assert time.monotonic() - began < 6.0
                    # the breach waited, a new state follows
                    await until(lambda: bus.of(BREACH) and bus.of(STATUS))
                    assert signed(bus.of(BREACH)[0], folder)["status"] == "active"

    asyncio.run(asyncio.wait_for(work(), 40))


def test_a_silent_broker_ends_a_target_without_an_end_and_leaves_one_with_an_end(folder, partner):
    async def work():
        port = free_port()
        async with running(folder, port, lost_after_s=10.0, feeds={"main": "import", "halls": "load"}) as (
            guard,
            way,
        ):
            with broker(folder, port):
                async with bus_at(folder, port) as bus:
                    await until(lambda: way.broker.up)
                    await bus.say(SET, partner.message(target(12.0, None, feed_tags=["main"])))
                    await bus.say(SET, partner.message(target(15.0, 600.0, feed_tags=["halls"])))
                    await until(lambda: len(guard.in_force) == 2)
            await until(lambda: limit(guard) is None, 20.0)
            assert "the broker is silent: it is given up" in guard.told("alarm")
            assert guard.in_force["utility", "load_cap_mw", "dsx.halls"].high == 15.0

    asyncio.run(asyncio.wait_for(work(), 40))


def refused_by(folder, cert: str, **more) -> str:
    """What is said of a broker with that certificate."""

    async def work() -> str:
        port = free_port()
        async with running(folder, port, **more) as (guard, way):
            with broker(folder, port, cert):
                await until(lambda: "the broker is lost" in guard.told("alarm"))
                assert not way.broker.up
                await until(lambda: "certificate" in guard.told("alarm"))
                return guard.told("alarm")

    return asyncio.run(asyncio.wait_for(work(), 30))


def test_an_expired_certificate_of_the_broker_is_named(folder, partner):
    assert "the broker's certificate has expired: its owner must renew it" in refused_by(folder, "old")


def test_a_broker_of_another_authority_is_named(folder, partner):
    assert "not signed by one of ca" in refused_by(folder, "other")


def test_our_own_expired_certificate_is_named_before_anything_is_sent(folder, partner):
    said = refused_by(folder, "broker", certificate="old.pem", key="old.key")
    assert "our certificate has expired: have it renewed" in said


def test_a_broker_that_is_not_there_is_told_once(folder, partner):
    async def work() -> None:
        async with running(folder, free_port()) as (guard, _):
            await until(lambda: "the broker is lost" in guard.told("alarm"))
            await asyncio.sleep(2.0)
            assert guard.told("alarm").count("the broker is lost") == 1

    asyncio.run(asyncio.wait_for(work(), 20))


# -- over a restart ------------------------------------------------------------------------------------------------


def test_targets_and_what_was_seen_survive_a_restart_and_a_replay_of_before_is_refused(folder, partner):
    first = partner.message(target(8.0, 600.0))

    async def work() -> None:
        port = free_port()
        with broker(folder, port):
            async with running(folder, port) as (guard, way), bus_at(folder, port) as bus:
                await until(lambda: way.broker.up)
                await bus.say(SET, first)
                await bus.say(SET, partner.message(target(12.0)))
                await until(lambda: limit(guard) == 12.0)
            async with running(folder, port) as (guard, way), bus_at(folder, port) as bus:
                await until(lambda: limit(guard) == 12.0)
                wrapped = {
                    **json.loads(first),
                    "id": "7d3f3c4e-6c7e-4b51-9d57-0a6a5f8c2f11",
                    "time": moment(time.time()),
                }
                await bus.say(SET, json.dumps(wrapped).encode())
                await until(lambda: way.refusals.counts == {"replayed": 1})
                assert limit(guard) == 12.0 and (folder / "north-dsx.json").stat().st_mode & 0o777 == 0o600

    asyncio.run(asyncio.wait_for(work(), 40))


def test_a_damaged_file_is_told_and_messages_of_before_do_not_count(folder, partner):
    early = partner.message(target(8.0), time.time() - 5.0)
    (folder / "north-dsx.json").write_text('{"gate": {"isv/grid-1": 7}}', encoding="utf-8")

    async def work(guard, way, bus):
        await bus.say(SET, early)
        await until(lambda: way.refusals.counts == {"replayed": 1})
        assert guard.asked == []

    with_broker(folder, work)


def test_a_folder_that_cannot_be_written_is_told_once_and_targets_hold(folder, partner):
    async def work(guard, way, bus):
        (folder / "north-dsx.json.part").mkdir()
        for power in (12.0, 11.0):
            await bus.say(SET, partner.message(target(power)))
        await until(lambda: limit(guard) == 11.0)
        assert guard.told("alarm").count("north-dsx.json cannot be written") == 1
        (folder / "north-dsx.json.part").rmdir()
        await bus.say(SET, partner.message(target(10.0)))
        await until(lambda: "north-dsx.json is written again" in guard.told("info"))

    with_broker(folder, work)


# -- who gets in ---------------------------------------------------------------------------------------------------


def in_by_password(folder, password: str, seen) -> None:
    """A broker that wants a password and no certificate; wait until seen(guard, way)."""
    (folder / "users").write_text("site:secret-1\n", encoding="utf-8")
    subprocess.run(["mosquitto_passwd", "-U", str(folder / "users")], check=True)
    (folder / "login.txt").write_text(password, encoding="utf-8")
    (folder / "login.txt").chmod(0o600)

    async def work() -> None:
        port = free_port()
        lines = f"password_file {folder}/users\nallow_anonymous false\nrequire_certificate false\n"
        more = {"certificate": None, "key": None, "password": "login.txt"}
        with broker(folder, port, more=lines):
            async with running(folder, port, **more) as (guard, way):
                await until(lambda: seen(guard, way))

    asyncio.run(asyncio.wait_for(work(), 30))


@password
def test_a_password_from_its_file_is_enough(folder, partner):
    in_by_password(folder, "site:secret-1", lambda guard, way: way.broker.up)


@password
def test_a_wrong_password_is_named_and_what_it_was_is_not(folder, partner):
    told = []

    def seen(guard, way) -> bool:
        told.append(guard.told("alarm"))
        return "the broker does not let us in: look at password" in told[-1]

    in_by_password(folder, "site:secret-2", seen)
    assert "secret" not in told[-1]


def test_breaches_wait_for_the_broker_up_to_a_bound_and_states_do_not(folder, partner):
    way = DsxWay(campus_of(folder, 1, ca=None))
    way.broker.send(Out("state", b"", 1))
    for k in range(MOST_WAITING + 5):
        way.broker.send(Out(f"breach-{k}", b"", 2))
    assert len(way.broker._waiting) == MOST_WAITING and way.broker._waiting[0].topic == "breach-5"


def test_what_tls_says_is_put_in_words_that_say_what_to_do():
    for text, words in [("[SSL] hostname mismatch, certificate is not valid", "another name"), ("odd", "odd"),
                        ("tlsv13 alert certificate required", "wants a certificate"), ("", "OSError")]:  # fmt: skip
        assert words in said(ExceptionGroup("", [OSError(text)] if text else [OSError()]))
