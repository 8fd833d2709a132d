"""A connection to the guard that is made again whenever it breaks, with what was heard last and answers by number.

Needs    operate.link.client, messages, frames.
Gives    Line, STATE_LOST_S.
Used by  operate.face, north.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from wattstack.errors import WattstackError
from wattstack.operate.link.client import Client, open_client
from wattstack.operate.link.frames import Frame
from wattstack.operate.link.messages import Answer, Message, Request, Role, State

EVERY_S = 1.0  # from one frame of values to the next
AGAIN_S = 0.5  # from one attempt to reach the guard to the next
ANSWER_S = 3.0  # the guard answers within a period; longer is a fault
STATE_LOST_S = 2.0  # a guard that says nothing for so long is not there


async def _nothing(_: object) -> None:
    pass


class Line:
    """The line to the guard of a process that also asks.

    Args:
        path: Of the guard's socket.
        role: Who we are.
        hear: Awaited with each state, event and frame, once it stands in the attributes.
        begin: Awaited with the client of each new connection before anything is heard on it.

    Attributes:
        client: The connection of now; None where the guard is not reached.
        state: The newest; None where none came yet.
        frame, names: The newest values and their channels.
        asked: Requests that wait for their answer, by number.
    """

    def __init__(
        self,
        path: Path,
        role: Role,
        hear: Callable[[Message | Frame], Awaitable[None]],
        begin: Callable[[Client], Awaitable[None]] = _nothing,
    ) -> None:
        self.path, self.role = path, role
        self._hear, self._begin = hear, begin
        self.client: Client | None = None
        self.state: State | None = None
        self.frame: Frame | None = None
        self.names: tuple[str, ...] = ()
        self.asked: dict[str, asyncio.Future[Answer]] = {}
        self._heard_s = -float("inf")

    @property
    def age_s(self) -> float:
        """Since the newest state came [s]; inf where none came."""
        return time.monotonic() - self._heard_s

    @property
    def heard(self) -> bool:
        """Whether the guard is there: its last state is at most 2 s old."""
        return self.age_s <= STATE_LOST_S

    async def ask(self, request: Request) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            OSError: The guard is not reached, or went away meanwhile.
            TimeoutError: It does not answer within 3 s.
        """
        if self.client is None:
            raise ConnectionError("the guard is not reached")
        answer = self.asked[request.id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_S):
                await self.client.send(request)
                return await answer
        finally:
            self.asked.pop(request.id, None)

    async def hold(self) -> None:
        """Hold the connection until cancelled."""
        while True:
            try:
                self.client = client = await open_client(self.path, self.role)
                await client.subscribe(EVERY_S)
                await self._begin(client)
                while True:
                    await self._take(await client.next(), client)
            except (OSError, WattstackError):
                pass  # it is gone, or says what cannot be: begin anew
            finally:
                if self.client is not None:
                    await self.client.close()
                self.client = None
                for answer in self.asked.values():
                    if not answer.done():
                        answer.set_exception(ConnectionError("the guard went away"))
            await asyncio.sleep(AGAIN_S)

    async def _take(self, said: Message | Frame, client: Client) -> None:
        if isinstance(said, Answer):
            answer = self.asked.get(said.id)
            if answer is not None and not answer.done():
                answer.set_result(said)
            return
        if isinstance(said, State):
            self.state, self._heard_s = said, time.monotonic()
        elif isinstance(said, Frame):
            if len(said.values) != len(client.names):
                return  # of channels that are not told yet
            self.frame, self.names = said, client.names
        await self._hear(said)
