"""The guard as it is now: states, values and events heard over its socket, requests sent over it, and who looks on.

Needs    operate.link, operate.face.shield (Refused).
Gives    Live, Seen.
Used by  operate.face.

A browser that is slow misses pictures, it is never waited for: each is shown the newest one, made once for all.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from wattstack.operate.face.shield import Refused
from wattstack.operate.link import STATE_LOST_S, Answer, Event, Frame, Line, Request, State

EVERY_S = 1.0  # from one picture to the next where nothing is new
SOONEST_S = 0.25  # pictures follow each other no faster
MOST_EVENTS = 1000  # kept for who looks on


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard last.

    Attributes:
        state: The guard's newest state; None where none came yet.
        frame: The newest values, in the order of `names`.
        names: Their channels.
        age_s: Since the state came [s]; inf where none came.
    """

    state: State | None
    frame: Frame | None
    names: tuple[str, ...]
    age_s: float

    @property
    def heard(self) -> bool:
        """Whether the guard is there."""
        return self.age_s <= STATE_LOST_S


class Live:
    """The connection to the guard, made again whenever it breaks.

    Args:
        socket: Of the guard.

    Attributes:
        events: The newest events, oldest first.
        told: How many events there ever were.
        on_event: Called with each event.
    """

    def __init__(self, socket: Path, on_event: Callable[[Event], None] = lambda event: None) -> None:
        self.on_event = on_event
        self.events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self.told = 0
        self._line = Line(socket, "face", self._hear)
        self._shown: State | None = None
        self._fresh = asyncio.Event()
        self._news = asyncio.Condition()
        self.version = 0
        self._tasks: list[asyncio.Task] = []

    def start(self) -> None:
        """Begin to listen."""
        self._tasks = [asyncio.create_task(self._line.hold()), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        """Listen no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def seen(self) -> Seen:
        """What was heard last."""
        line = self._line
        return Seen(line.state, line.frame, line.names, line.age_s)

    def value(self, channel: str) -> float | None:
        """The newest value of a channel where it is good."""
        frame, names = self._line.frame, self._line.names
        if frame is None or channel not in names:
            return None
        place = names.index(channel)
        value = float(frame.values[place])
        return value if frame.quality[place] == 0 and isfinite(value) else None

    @property
    def utc_s(self) -> float:
        """The site's clock, seconds since 1970 UTC: the guard's, which dates records; ours where it is not heard."""
        return self._line.state.utc_s if self._line.heard else time.time()

    async def changed(self, version: int) -> int:
        """Wait until there is something newer than that version; its version."""
        async with self._news:
            await self._news.wait_for(lambda: self.version > version)
            return self.version

    async def ask(self, request: Request) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            Refused: 503 the guard is not there, 504 it does not answer.
        """
        if self._line.client is None:
            raise Refused(503, "the guard is not reached; nothing was sent.", 1.0)
        try:
            return await self._line.ask(request)
        except (OSError, TimeoutError):
            raise Refused(504, "the guard did not answer; look at the requests in force.") from None

    async def tell(self, event: Event) -> None:
        """Let history and alarms know; where the guard is not there, nobody is told."""
        self._hear_event(event)
        if self._line.client is not None:
            with suppress(OSError):
                await self._line.client.tell(event)

    async def _hear(self, said: object) -> None:
        if isinstance(said, State):
            before, self._shown = self._shown, said
            if before is None or _differs(before, said):
                self._fresh.set()
        elif isinstance(said, Frame):
            self._fresh.set()
        elif isinstance(said, Event):
            self._hear_event(said)

    def _hear_event(self, event: Event) -> None:
        self.events.append(event)
        self.told += 1
        self.on_event(event)
        self._fresh.set()

    async def _beat(self) -> None:
        """A new version for whoever looks on: at once when something changed, and each second so that ages move on."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._fresh.wait()
            self._fresh.clear()
            async with self._news:
                self.version += 1
                self._news.notify_all()
            await asyncio.sleep(SOONEST_S)


def _differs(before: State, now: State) -> bool:
    """Whether a person should see it at once, and not with the next values."""
    return (before.mode, before.writes, before.lockouts, before.alarms, before.slack_mw, len(before.requests)) != (
        now.mode, now.writes, now.lockouts, now.alarms, now.slack_mw, len(now.requests)
    )  # fmt: skip
