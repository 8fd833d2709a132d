"""A line to the guard outlives its guard: one that ends, one that hangs, one that another took the socket from."""

from __future__ import annotations

import asyncio
import time

import pytest

from wattstack.errors import StateError
from wattstack.operate.link import Answer, Line, Names, Request, Server, State, open_client
from wattstack.operate.link import client as module

REQUEST = Request(id="1", source="user", what="battery_mw", value=1.0, until_s=1e9, user="operator-1")


def server_at(path, taken: bool = True) -> Server:
    return Server(path, lambda request, role: Answer(id=request.id, taken=taken, why=""))


async def until(seen, within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def held(path, work) -> None:
    """Work with a line, and end it."""
    heard = []

    async def hear(said) -> None:
        heard.append(said)

    line = Line(path, "north", hear)
    task = asyncio.create_task(line.hold())
    try:
        await work(line, heard)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_guard_that_hangs_is_left_for_the_one_that_took_its_socket(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SILENT_S", 0.3)
    path = tmp_path / "guard.sock"

    async def work(line, heard):
        hung = server_at(path)
        await hung.open()
        await until(lambda: line.client is not None)
        taken = server_at(path)
        await taken.open()  # the first one still holds its connections, and says nothing
        await until(lambda: taken.callers)
        taken.send(State(utc_s=7.0, mode="run", writes=True))
        await until(lambda: line.state is not None)
        assert line.heard and line.state.utc_s == 7.0 and heard
        assert (await line.ask(REQUEST)).taken
        await hung.shut()
        assert path.exists()  # it is the other's by now
        await taken.shut()
        assert not path.exists()

    asyncio.run(held(path, work))


def test_a_guard_of_long_periods_may_be_silent_for_three_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SILENT_S", 0.1)

    async def work():
        server = server_at(tmp_path / "guard.sock")
        server.names = Names(names=(), period_s=0.4)
        await server.open()
        client = await open_client(server.path, "planner")
        await client.subscribe(1.0)
        assert isinstance(await client.next(), Names)
        began_s = time.monotonic()
        with pytest.raises(StateError, match=r"has said nothing for 1\.2 s"):
            await client.next()
        assert time.monotonic() - began_s >= 1.1
        await client.close()
        await server.shut()

    asyncio.run(work())


def test_who_calls_while_the_guard_shuts_is_not_left_on_a_line_that_nobody_holds(tmp_path):
    async def work():
        for _ in range(50):
            server = server_at(tmp_path / "guard.sock")
            await server.open()
            reader, writer = await asyncio.open_unix_connection(str(server.path))
            await server.shut()
            try:
                async with asyncio.timeout(20.0):
                    assert await reader.read() == b""
            except ConnectionResetError:
                pass  # ended as well
            writer.close()

    asyncio.run(work())


def test_what_was_asked_of_a_guard_that_went_away_is_not_waited_for(tmp_path):
    path = tmp_path / "guard.sock"

    async def work(line, heard):
        server = Server(path, lambda request, role: Answer(id="another", taken=True, why=""))
        await server.open()
        with pytest.raises(ConnectionError, match="is not reached"):
            await line.ask(REQUEST)
        await until(lambda: line.client is not None)
        asking = asyncio.create_task(line.ask(REQUEST))
        await until(lambda: line.asked)
        await server.shut()
        with pytest.raises(ConnectionError, match="went away"):
            await asking
        assert not line.asked

    asyncio.run(held(path, work))
