"""A connection of the page's server: it ends where the other side takes too long, and one address has only so many.

Needs    uvicorn.
Gives    Wire, MOST_OF_ONE, IDLE_S.
Used by  operate.face.app.

The server itself waits for ever for the head of a request and for who does not read an answer. A few hundred such
connections, kept open by one machine without any password, would shut everybody else out.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from wattstack.operate.face.limits import origin_of

IDLE_S = 15  # for a whole head, from the connection or the answer before on: assumption
ANSWER_S = 60.0  # from the head to the end of the answer, and for what is left of it to be taken
MOST_OF_ONE = 100  # connections of one address, a third of all: assumption


class Wire(H11Protocol):
    """One connection."""

    _timer: asyncio.TimerHandle | None = None
    _for: object = None  # whose time runs: the request's, or that of the next head

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin; one too many of its address is cut at once."""
        super().connection_made(transport)
        ours = origin_of(self.client[0]) if self.client else ""
        same = sum(1 for one in self.connections if one.client and origin_of(one.client[0]) == ours)
        if same > MOST_OF_ONE:
            transport.abort()
            return
        self._wait(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the time for a head does not begin anew with each."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """An answer was given to the system to be sent."""
        super().on_response_complete()
        self._look()

    def handle_websocket_upgrade(self, event: object) -> None:
        """From here on it is looked after by onlooker."""
        self._stop()
        super().handle_websocket_upgrade(event)

    def _look(self) -> None:
        busy = self.cycle is not None and not self.cycle.response_complete
        if self.transport.get_protocol() is self:
            self._wait(self.cycle if busy else self)

    def _wait(self, for_: object) -> None:
        if for_ is self._for:
            return
        self._stop()
        self._for = for_
        self._timer = self.loop.call_later(IDLE_S if for_ is self else ANSWER_S, self._late)

    def _late(self) -> None:
        if (
            self._for is self and self.transport.get_write_buffer_size()
        ):  # an answer that is still being taken
            self._timer = self.loop.call_later(ANSWER_S, self.transport.abort)
        else:
            self.transport.abort()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._for = None
