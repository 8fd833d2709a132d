"""Who the page has to do with at its worst: people, a crowd without keys, and clients that are slow on purpose.

Needs    nothing of wattstack. `python -m benchmarks.face_crowd KIND PORT SECONDS`, keys on the standard input.
Gives    KINDS, Line.
Used by  benchmarks.face_load.

Prints "ready", and after its time, as JSON, how often each thing was done and what was answered. Each client has an
address of its own within 127/8 where the system has those (Linux), so that a limit by address does not stop them all.
It takes only what nobody else wants of the processor (SCHED_IDLE, nice 19).
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections import Counter

CHANNELS = (
    "grid.connection.power_mw", "battery.main.power_mw", "battery.main.stored_mwh", "battery.main.soc",
    "solar.roof.power_mw", "load.halls.power_mw", "load_mw", "grid.import_mw", "control.battery_mw",
    "control.reserve_mwh", "control.interval_mwh", "control.cycle_ms",
)  # fmt: skip
UPGRADE = (
    "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13",
    "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==",
)  # fmt: skip
GIGABYTE = 2**30
WAIT_S = 10.0  # for an answer
FAULTS = (
    OSError,
    ValueError,
    IndexError,
    TimeoutError,
    asyncio.IncompleteReadError,
    asyncio.LimitOverrunError,
)


class Line:
    """A connection of one client, opened again where it ends.

    Args:
        port: Of the page.
        place: Number of the client, its address.
        key: Sent with each request; "" none.
    """

    def __init__(self, port: int, place: int, key: str = "") -> None:
        self.port, self.key, self._place = port, key, place
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect."""
        own = socket.socket()
        own.setblocking(False)
        if sys.platform == "linux":
            own.bind((f"127.0.{1 + self._place // 250}.{1 + self._place % 250}", 0))
        await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", self.port))
        self.reader, self.writer = await asyncio.open_connection(sock=own)

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """The head of a request."""
        own = [f"authorization: Bearer {self.key}"] if self.key else []
        return "\r\n".join(
            [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", *own, *lines, "", ""]
        ).encode()

    async def ask(self, method: str, path: str, body: dict | None = None, *lines: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        sent = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            lines += ("content-type: application/json", f"content-length: {len(sent)}")
        async with asyncio.timeout(WAIT_S):
            if self.writer is None:
                await self.open()
            self.writer.write(self.head(method, path, *lines) + sent)
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].split(b"\r", 1)[0]
            found = await self.reader.readexactly(int(length or 0))
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), found


class Crowd:
    """Clients and what they met."""

    def __init__(self, port: int, keys: list[str]) -> None:
        self.port, self.keys, self.met = port, keys, Counter()
        self._places = iter(range(10**6))

    def line(self, keyed: bool = False) -> Line:
        """Another client."""
        place = next(self._places)
        return Line(self.port, place, self.keys[place % len(self.keys)] if keyed else "")

    async def again(self, what: str, line: Line, once) -> None:
        """Do something again and again; whatever goes wrong is counted."""
        while True:
            try:
                self.met[f"{what} {await once(line)}"] += 1
            except FAULTS as error:
                self.met[f"{what} {'closed' if isinstance(error, OSError | EOFError) else 'no answer'}"] += 1
                line.close()
                await asyncio.sleep(0.05)

    # -- people ----------------------------------------------------------------------------------------------------

    async def stream(self, line: Line) -> int:
        """Look on as a page does, over a WebSocket; pings are answered."""
        await line.open()
        line.writer.write(line.head("GET", "/api/live", *UPGRADE))
        status = int((await line.reader.readuntil(b"\r\n\r\n"))[9:12])
        while status == 101:
            first, size = await line.reader.readexactly(2)
            if size >= 126:
                size = int.from_bytes(await line.reader.readexactly(2 if size == 126 else 8), "big")
            said = await line.reader.readexactly(size)
            if first & 15 == 9:
                # its pong, masked with nothing
                line.writer.write(bytes((0x8A, 0x80 | size)) + bytes(4) + said)
            self.met["pictures"] += first & 15 in (1, 2)
        line.close()
        return status

    async def state(self, line: Line) -> int:
        """Everything that is known."""
        return (await line.ask("GET", "/api/state"))[0]

    async def history(self, line: Line) -> int:
        """Twelve curves of as many hours as there are."""
        asked = "&".join(f"channel={one}" for one in CHANNELS)
        state = json.loads((await line.ask("GET", "/api/state?prefix=none"))[1])
        return (
            await line.ask("GET", f"/api/history?{asked}&points=2000&start_s={state['utc_s'] - 86_400:.0f}")
        )[0]

    async def command(self, line: Line) -> int:
        """A request to the guard, as wide as can be."""
        body = {"what": "load_cap_mw", "high": 1e4, "for_s": 60, "reason": "a load test"}
        await line.ask("POST", "/api/requests/preview", body)
        return (await line.ask("POST", "/api/requests", body))[0]

    # -- without a key ---------------------------------------------------------------------------------------------

    async def flood(self, line: Line) -> int:
        """Pages and data, as fast as they are answered."""
        for path in ("/", "/main.js", "/api/state", "/api/openapi.json"):
            status, _ = await line.ask("GET", path)
        return status

    async def ranges(self, line: Line) -> int:
        """Two thousand pieces of a file."""
        return (
            await line.ask("GET", "/main.js", None, "range: bytes=" + ",".join(f"{k}-" for k in range(2000)))
        )[0]

    async def guess(self, line: Line) -> int:
        """A wrong password."""
        return (
            await line.ask("POST", "/api/sign-in", {"name": "operator-1", "password": "a wrong one, again"})
        )[0]

    # -- slow on purpose -------------------------------------------------------------------------------------------

    async def drip(self, line: Line) -> str:
        """A head that never ends, a line a second."""
        await line.open()
        line.writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n")
        while not line.reader.at_eof():
            await asyncio.sleep(1.0)
            line.writer.write(b"x-more: 1\r\n")
            await line.writer.drain()
        raise ConnectionError("ended")

    async def gigabyte(self, line: Line) -> str:
        """A body of 1 GB that is said to come, or comes in pieces."""
        await line.open()
        chunked = self.met["gigabyte"] % 2
        self.met["gigabyte"] += 1
        size = "transfer-encoding: chunked" if chunked else f"content-length: {GIGABYTE}"
        line.writer.write(line.head("POST", "/api/sign-in", "content-type: application/json", size))
        block = bytes(65_536)
        for _ in range(GIGABYTE // len(block)):
            line.writer.write(b"10000\r\n" + block + b"\r\n" if chunked else block)
            self.met["gigabyte kB"] += 64
            await line.writer.drain()
            await asyncio.sleep(0)
        raise ConnectionError("all of it was taken")

    async def deaf(self, line: Line) -> str:
        """Asks to look on over a WebSocket, or for a page two hundred times at once, and never reads."""
        await line.open()
        line.writer.transport.pause_reading()
        number = self.met["deaf"] = self.met["deaf"] + 1
        looks_on = line.head("GET", "/api/live", *UPGRADE)
        line.writer.write(looks_on if number % 2 else 200 * line.head("GET", "/main.js"))
        await asyncio.sleep(20.0)
        line.close()
        return "left"


# kind -> (what is done, how many at once, with a key)
KINDS = {
    "people": (("stream", 16, True), ("state", 4, True), ("history", 4, True), ("command", 2, True)),
    "crowd": (("flood", 30, False), ("ranges", 4, False), ("guess", 10, False)),
    "slow": (("drip", 150, False), ("gigabyte", 4, False), ("deaf", 20, True)),
}


async def run(kind: str, port: int, for_s: float, keys: list[str]) -> Counter:
    """Do what a kind does for so long; how often what was met."""
    crowd = Crowd(port, keys)
    tasks = [
        asyncio.create_task(crowd.again(what, crowd.line(keyed), getattr(crowd, what)))
        for what, many, keyed in KINDS[kind]
        for _ in range(many)
    ]
    print("ready", flush=True)
    await asyncio.sleep(for_s)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return crowd.met


def stand_aside() -> None:
    """Take only what nobody else wants of the processor."""
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    stand_aside()
    print(
        json.dumps(
            asyncio.run(run(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.stdin.read().split()))
        )
    )
