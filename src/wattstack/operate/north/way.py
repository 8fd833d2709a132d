"""What stands between the site and the world above it: the site as a way sees it, and the ways there are.

Needs    operate.link.
Gives    Site, Way, WAYS, ways_of.
Used by  operate.north: process, and each way.

A way speaks one language (DSX Flex, OpenADR, a hook of the workload). It is built from the campus, its `run(site)` goes
on until it is cancelled, and it may end at any time with an error: it is told, and run again. It sees the site only
through `Site`, and nothing it does reaches a device: what it asks for is bounded and expires, and the guard decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from importlib import import_module
from itertools import count
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from wattstack.operate.link import Answer, Client, Event, Frame, Line, Request, Standing, State

if TYPE_CHECKING:
    from wattstack.campus import Campus

MOST_UNTOLD = 100
WAYS = {  # key of campus.operate.north: module and class, imported only where the key is given
    "dsx": ("dsx", "DsxWay"),
    "openadr": ("openadr", "OpenAdrWay"),
    "workload": ("workload", "WorkloadWay"),
}


class Site:
    """The guard as a way sees it; the connection is made again whenever it breaks.

    Args:
        campus: As read.
        folder: Of the site at work: guard.sock, and what a way keeps over a restart.
    """

    def __init__(self, campus: Campus, folder: Path) -> None:
        self.campus, self.folder = campus, folder
        self._line = Line(folder / "guard.sock", "north", self._hear, self._make_up)
        self._placed: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self._told = asyncio.Condition()
        self._version = 0
        self._untold: deque[Event] = deque(maxlen=MOST_UNTOLD)
        self._standing = Standing("north")
        self._name, self._ids = f"north-{uuid4().hex[:8]}", count(1)

    @property
    def state(self) -> State | None:
        """The guard's newest state; None where none came yet. Look at `heard` before acting on it."""
        return self._line.state

    @property
    def heard(self) -> bool:
        """Whether the guard is there: its last state is at most 2 s old."""
        return self._line.heard

    @property
    def utc_s(self) -> float:
        """The site's clock, seconds since 1970 UTC: the guard's, which dates records, and goes on where it is away;
        ours until it was heard."""
        if self._line.state is None:
            return time.time()
        return self._line.state.utc_s + (0.0 if self.heard else self._line.age_s)

    def values(self, channel: str) -> float | None:
        """The newest value of a channel (`battery.main.power_mw`, `grid.connection.power_mw`, `load_mw`) in the units
        of its name; None where there is none, it is not good, or the guard is not heard."""
        value, quality = self.reading(channel)
        return value if quality == 0 else None

    def reading(self, channel: str) -> tuple[float | None, int]:
        """The newest value of a channel and its quality (devices.Quality: 0 good); (None, -1) where there is none."""
        place, frame = self._places.get(channel), self._line.frame
        if place is None or frame is None or not self.heard:
            return None, -1
        value = float(frame.values[place])
        return (value, int(frame.quality[place])) if isfinite(value) else (None, -1)

    def new_id(self) -> str:
        """A number for a request that nobody asked under before."""
        return f"{self._name}:{next(self._ids)}"

    async def ask(self, request: Request) -> Answer:
        """Send a request and wait for its answer; where the guard is not there it is not taken, and `why` says so."""
        if self._line.client is None:
            return Answer(id=request.id, taken=False, why="the guard is not reached; nothing was sent")
        if request.id in self._line.asked:
            return Answer(id=request.id, taken=False, why="it is being asked already")
        try:
            return await self._line.ask(request)
        except (OSError, TimeoutError):
            return Answer(id=request.id, taken=False, why="the guard did not answer")

    async def tell(self, event: Event) -> None:
        """An event for history and alarms; where the guard is not there it waits, the oldest go where many do."""
        client = self._line.client
        self._standing.note(event)
        if client is None:
            self._untold.append(event)
            return
        try:
            await client.tell(event)
        except OSError:
            self._untold.append(event)

    async def say(self, level: str, channel: str, text: str, **data: str | float | bool | None) -> None:
        """The same in few words, dated now: level alarm, command or info.

        An alarm stands until something else is said on the same channel, so each condition has one of its own
        ("north.dsx.broker"). `once=True`: it happened, and is over.
        """
        told = {key: value[:500] if isinstance(value, str) else value for key, value in data.items()}
        await self.tell(
            Event(utc_s=self.utc_s, level=level, channel=channel[:100], text=text[:500], data=told)
        )

    async def states(self) -> AsyncIterator[State]:
        """The guard's states from now on. Who is slow misses some and gets the newest; none come while it is away."""
        seen = self._version
        while True:
            async with self._told:
                await self._told.wait_for(lambda: self._version > seen)  # noqa: B023 - called while it waits
                seen, state = self._version, self._line.state
            if state is not None:
                yield state

    async def listen(self) -> None:
        """Hold the connection until cancelled (operate.north.process does it)."""
        await self._line.hold()

    async def _make_up(self, client: Client) -> None:
        """Tell what waited for the guard."""
        while self._untold:
            await client.tell(self._untold[0])
            self._untold.popleft()

    async def _hear(self, said: object) -> None:
        if isinstance(said, State):
            if (still := self._standing.due(said.utc_s)) is not None:
                await self._line.client.tell(still)
            async with self._told:
                self._version += 1
                self._told.notify_all()
        elif isinstance(said, Frame) and self._placed is not self._line.names:
            self._placed = self._line.names
            self._places = {name: k for k, name in enumerate(self._placed)}


class Way(Protocol):
    """A language in which others speak to the site. Built as `Class(campus)`.

    Raises (when built):
        InputError: What it needs (keys, certificates) has faults; all of them at once.
    """

    async def run(self, site: Site) -> None:
        """Speak it until cancelled. An error that it raises is told as an alarm, and it is run again within 5 s."""


def ways_of(campus: Campus) -> dict[str, Way]:
    """The ways that campus.operate.north declares, by its key, and the one to the controller of another machine.

    Raises:
        InputError: As each.
    """
    ways = {}
    for key, (module, name) in WAYS.items():
        if getattr(campus.operate.north, key, None) is not None:
            ways[key] = getattr(import_module(f"wattstack.operate.north.{module}"), name)(campus)
    if campus.operate.standby is not None and campus.operate.standby.pages:
        ways["standby"] = import_module("wattstack.operate.north.standby").StandbyWay(campus)
    return ways
