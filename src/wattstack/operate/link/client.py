"""The other end of the socket: hello, subscribe, ask, and read what the guard says.

Needs    operate.link.frames, messages.
Gives    Client, open_client.
Used by  operate.planner, historian, face, north, commission.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from wattstack.errors import StateError
from wattstack.operate.link.frames import JSON, Cutter, Frame, pack
from wattstack.operate.link.messages import (
    Answer,
    Event,
    Hello,
    Message,
    Names,
    Request,
    Role,
    Subscribe,
    read_message,
    write_message,
)

READ_BYTES = 262_144
SILENT_S, SILENT_PERIODS = 5.0, 3.0  # a guard that says nothing for longer is hung, or is none
MOST_KEPT = 10_000  # messages that came while an answer was waited for


class Client:
    """A connection to the guard.

    Attributes:
        names: Channels of the frames, once they were told.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._cutter, self._waiting = Cutter(), []
        self.names: tuple[str, ...] = ()
        self._silent_s = SILENT_S

    async def send(self, message: Message) -> None:
        """Say something."""
        self._writer.write(pack(JSON, write_message(message)))
        await self._writer.drain()

    async def subscribe(self, every_s: float) -> None:
        """From now on states, events, and a frame every so many seconds."""
        await self.send(Subscribe(every_s=every_s))

    async def next(self) -> Message | Frame:
        """What the guard says next, to who has subscribed or asked.

        Raises:
            StateError: The connection ended, or the guard says nothing: for 5 s, or three of its periods where that
                is longer. Another guard may listen on the socket by then.
        """
        if self._waiting:
            return self._waiting.pop(0)
        while True:
            try:
                async with asyncio.timeout(self._silent_s):
                    data = await self._reader.read(READ_BYTES)
            except TimeoutError:
                raise StateError(
                    f"the guard has said nothing for {self._silent_s:.4g} s. Open the connection again."
                ) from None
            if not data:
                raise StateError("the guard closed the connection. Open it again.")
            for kind, body in self._cutter.feed(data):
                said = read_message(body) if kind == JSON else Frame.unpacked(body)
                if isinstance(said, Names):
                    self.names = said.names
                    self._silent_s = max(SILENT_S, SILENT_PERIODS * said.period_s)
                self._waiting.append(said)
            if self._waiting:
                return self._waiting.pop(0)

    async def ask(self, request: Request) -> Answer:
        """Ask, and wait for the answer; what else comes meanwhile is kept for `next`.

        Raises:
            StateError: The connection ended, or the guard says nothing.
        """
        await self.send(request)
        kept = []
        while True:
            said = await self.next()
            if isinstance(said, Answer) and said.id in (request.id, "none"):
                self._waiting[:0] = kept[-MOST_KEPT:]
                return said
            kept.append(said)

    async def tell(self, event: Event) -> None:
        """An event for history and alarms."""
        await self.send(event)

    async def close(self) -> None:
        """End it."""
        self._writer.close()


async def open_client(path: Path, role: Role) -> Client:
    """Connect to the guard.

    Args:
        path: Of its socket.
        role: Who we are.

    Raises:
        OSError: Nobody listens there.
    """
    reader, writer = await asyncio.open_unix_connection(str(path), limit=READ_BYTES)
    client = Client(reader, writer)
    await client.send(Hello(role=role))
    return client
