"""The socket of the guard: clients say who they are, subscribe, ask; who reads too slowly is let go, never waited for.

Needs    operate.link.frames, messages.
Gives    Server.
Used by  operate.guard.

The socket is a file of mode 600. A client that says what cannot be understood is told once and let go.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wattstack.errors import InputError, WattstackError
from wattstack.operate.link.frames import JSON, VALUES, Cutter, Frame, pack
from wattstack.operate.link.messages import (
    Answer,
    Event,
    Hello,
    Message,
    Names,
    Request,
    Subscribe,
    read_message,
    write_message,
)

MOST_CLIENTS = 16
MOST_WAITING_BYTES = 4_000_000  # of one client, not read yet
MOST_REQUEST_BYTES = 65_536
MOST_KEPT = 500  # events, while no history listens
KEEPER = "historian"  # the role that loses no event
ACCEPT_TURNS = 4  # of the loop, from a call to connection_made


class _Caller(asyncio.Protocol):
    """One client."""

    def __init__(self, server: Server) -> None:
        self.server, self.transport = server, None
        self.role: str | None = None
        self.every_s: float | None = None
        self.next_s = 0.0
        self._cutter = Cutter(MOST_REQUEST_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if not self.server.listens or len(self.server.callers) >= MOST_CLIENTS:
            transport.abort()  # too many, or it was accepted while the server shut
            return
        self.server.callers.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.callers.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, body in self._cutter.feed(data):
                if kind != JSON:
                    raise InputError("client", ["sent values, must send messages."])
                self._heard(read_message(body))
        except WattstackError as error:
            self.send(pack(JSON, write_message(Answer(id="none", taken=False, why=str(error)[:500]))))
            self.transport.close()

    def _heard(self, message: Message) -> None:
        if isinstance(message, Hello):
            self.role = message.role
        elif self.role is None:
            raise InputError("client", ["must say hello first."])
        elif isinstance(message, Subscribe):
            self.every_s, self.next_s = message.every_s, 0.0
            self.send(pack(JSON, write_message(self.server.names)))
            if self.role == KEEPER:
                self.server.make_up(self)
        elif isinstance(message, Request):
            answer = self.server.on_request(message, self.role)
            self.send(pack(JSON, write_message(answer)))
        elif isinstance(message, Event) and self.role in ("planner", "north", "face", "alarms"):
            self.server.send(message)  # what it has to tell goes to all who listen
        else:
            raise InputError("client", [f"sent {message.kind}, which only the guard says."])

    def send(self, data: bytes) -> None:
        """Send, or let go who does not read."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() + len(data) > MOST_WAITING_BYTES:
            self.server.dropped += 1
            self.transport.abort()
            return
        self.transport.write(data)


class Server:
    """The socket.

    Args:
        path: Of the socket.
        on_request: Called with a request and the role of who asked; gives the answer.

    Attributes:
        names: Channels of the frames.
        dropped: Clients let go because they read too slowly.
    """

    def __init__(self, path: Path, on_request: Callable[[Request, str], Answer]) -> None:
        self.path, self.on_request = path, on_request
        self.names = Names(names=())
        self.callers: set[_Caller] = set()
        self.dropped = 0
        self._unkept: deque[bytes] = deque(maxlen=MOST_KEPT)
        self._server: asyncio.AbstractServer | None = None
        self._file = 0  # of our socket, its number in the file system

    @property
    def listens(self) -> bool:
        """Whether it is open."""
        return self._server is not None

    async def open(self) -> None:
        """Listen; a socket that a dead process left is taken away."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(lambda: _Caller(self), str(self.path))
        finally:
            os.umask(mask)
        self._file = os.stat(self.path).st_ino

    async def shut(self) -> None:
        """Let all go."""
        if self._server is not None:
            server, self._server = self._server, None
            self._take_away()
            for _ in range(
                ACCEPT_TURNS
            ):  # who called before that is accepted, and let go by connection_made:
                await asyncio.sleep(0)  # asyncio loses whom it accepts while its server closes
            server.close()
            for caller in list(self.callers):
                caller.transport.close()

    def _take_away(self) -> None:
        """Our file; one that another guard put in its place stays."""
        with suppress(FileNotFoundError):
            if os.stat(self.path).st_ino == self._file:
                self.path.unlink()

    def send(self, message: Message) -> None:
        """A message to all who subscribed; events wait for who keeps them."""
        listeners = [caller for caller in self.callers if caller.every_s is not None]
        kept = isinstance(message, Event) and not any(caller.role == KEEPER for caller in listeners)
        if listeners or kept:
            data = pack(JSON, write_message(message))
            for caller in listeners:
                caller.send(data)
            if kept:
                self._unkept.append(data)

    def make_up(self, caller: _Caller) -> None:
        """What happened while nobody kept it: at the start, and while the history was away."""
        while self._unkept:
            caller.send(self._unkept.popleft())

    def wants_values(self, now_s: float) -> bool:
        """Whether somebody's turn for a frame has come; `now_s` is monotonic."""
        return any(caller.every_s is not None and now_s >= caller.next_s for caller in self.callers)

    def send_values(self, frame: Frame, now_s: float) -> None:
        """A frame to those whose turn it is."""
        data = pack(VALUES, frame.packed())
        for caller in list(self.callers):
            if caller.every_s is not None and now_s >= caller.next_s:
                caller.next_s = max(caller.next_s + caller.every_s, now_s + 0.5 * caller.every_s)
                caller.send(data)
