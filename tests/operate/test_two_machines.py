"""Two controllers on two machines, with a page each: what was asked of the first one holds when it dies."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager

from benchmarks.guard_tools import free_port
from tests.operate.guard.conftest import until
from tests.operate.guard.test_fence import READY_S, two_hosts, working
from wattstack.operate.face import make_app, serve
from wattstack.operate.guard import decide_again
from wattstack.operate.link import Request, open_client
from wattstack.operate.north import Site
from wattstack.operate.north.standby import StandbyWay

LEASE_S = 6.0  # both machines are in this process: where it stands still for less, nobody takes over
SECRET = "fedcba9876543210" * 2


def with_page(host, port: int, pages: list[str]):
    """The same machine with a page, which knows where both are."""
    campus, folder, wire = host
    file = folder / "standby.secret"
    file.touch(mode=0o600)
    file.write_text(SECRET)
    operate = campus.operate
    standby = operate.standby.model_copy(update={"pages": pages, "secret": str(file)})
    face = operate.face.model_copy(update={"port": port})
    operate = operate.model_copy(update={"standby": standby, "face": face})
    return campus.model_copy(update={"operate": operate}), folder, wire


@asynccontextmanager
async def paged(host):
    """The page of a machine, and what it asks of the other one."""
    campus, folder, _ = host
    server = serve(make_app(campus, folder), campus, lambda line: None)
    site = Site(campus, folder)
    serving = asyncio.create_task(server.serve())
    asking = [asyncio.create_task(site.listen()), asyncio.create_task(StandbyWay(campus).run(site))]
    try:
        yield site
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        server.should_exit = True
        await serving


async def ask(folder, **more) -> str:
    """A person's request, as the page hands it on."""
    client = await open_client(folder / "guard.sock", "face")
    request = Request(
        id=more.pop("id", "one"), source="user", user="operator-1", until_s=time.time() + 3600.0, **more
    )
    await client.send(request)
    while getattr(said := await client.next(), "id", "") != request.id:
        pass
    await client.close()
    return said.why if said.taken else f"refused: {said.why}"


def named(guard) -> set[str]:
    return {
        f"{one.what} {one.high}" for one in guard.mind.book.in_force(time.monotonic()) if one.source == "user"
    }


def test_what_was_asked_of_the_first_holds_when_it_dies_and_what_was_let_back_there_is_let_back(tmp_path):
    async def work():
        async with two_hosts(tmp_path, LEASE_S) as (_site, first, second):
            ports = [free_port(), free_port()]
            pages = [f"http://127.0.0.1:{port}" for port in ports]
            a, b = (with_page(host, port, pages) for host, port in zip((first, second), ports, strict=True))
            async with working(a) as (one,), paged(a):
                await until(lambda: one.may_write, READY_S)
                async with working(b) as (other,), paged(b):
                    await until(lambda: other.decision is not None and other.decision.whole, READY_S)
                    one.mind.lockouts.lock("grid.connection", "its breaker opened")
                    assert "in force" in await ask(
                        a[1],
                        what="import_limit_mw",
                        high=15.0,
                        second_user="engineer-2",
                        reason="the utility rang",
                    )
                    await until(lambda: named(other) == {"import_limit_mw 15.0"}, 20.0)
                    await until(
                        lambda: other.mind.lockouts.why == {"grid.connection": "its breaker opened"}, 10.0
                    )
                    assert "may come back" in await ask(
                        a[1], id="two", what="clear_lockout", path="grid.connection"
                    )
                    await until(lambda: not other.mind.lockouts.why, 10.0)
                    assert not other.may_write
                    a[2].cut = True
                    await until(lambda: other.may_write, 3.0 * LEASE_S)
                    assert named(other) == {"import_limit_mw 15.0"}
                    await until(lambda: abs(other.decision.asset_mw["battery.main"] - 5.0) < 0.5, 10.0)
                    a[2].cut = False
                    assert "is over" in await ask(
                        b[1],
                        id="three",
                        what="import_limit_mw",
                        high=30.0,
                        second_user="engineer-2",
                        ends=True,
                    )
                    await until(lambda: not named(one), 20.0)  # now it is the first one that follows
        made = decide_again(b[1] / "images")
        assert made.cycles > 50 and made.first is None
        kept = json.loads(json.loads((b[1] / "state.json").read_text())["state"])
        assert kept["requests"] == []

    asyncio.run(work())
