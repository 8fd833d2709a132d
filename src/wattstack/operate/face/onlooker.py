"""Who looks on: a WebSocket that is shown the newest picture, every value as it is measured, and each event.

Needs    starlette, uvicorn; operate.face: room, gate, picture, live.
Gives    look_on, Line.
Used by  operate.face.routes_site, app.

It goes one way: what a client says ends it, commands go by POST. Nothing is kept for one client: pictures and frames
are the newest at the moment when they are sent, events are read from the one list that all share. Who does not take
what is sent for five seconds, or is so far behind that events were missed, is let go.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from wattstack.operate.face.room import Room
from wattstack.operate.face.shield import Refused, json_bytes

MOST_ONLOOKERS, MOST_EACH = 60, 8  # open at once; of one person or program
LONGEST_S = 3600.0  # then it is opened again, and looked at as if it were new
SLOWEST_S = 5.0  # a client that takes nothing for so long is let go
LINGERS_S = 15.0  # after the close, until what was not taken is thrown away
LONGEST_PREFIX = 100
ENDED, TOO_SLOW, SPOKE, AGAIN = 4401, 1013, 1008, 1001  # codes of the close: 4401 the session ended


class Line(WebSocketsSansIOProtocol):
    """A connection that can be cut at once: one whose peer does not read would else stay open for ever."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep how it is cut where the route finds it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "cut": transport.abort}


class _Shown:
    """What one client was sent last."""

    def __init__(self, room: Room, socket: WebSocket, prefix: str | None) -> None:
        self.room, self.socket, self.prefix = room, socket, prefix
        self.events = room.live.told
        self.names: tuple[str, ...] | None = None
        self.frame: object = None

    async def send(self) -> bool:
        """Send what is new; False where events were missed."""
        live, picture = self.room.live, self.room.picture
        frame = live.seen.frame
        if frame is not None and frame is not self.frame:
            names, body = picture.frame(self.prefix)
            if names != self.names:
                self.names = names
                await self._say({"kind": "names", "names": names})
            self.frame = frame
            await self.socket.send_bytes(body)
        fresh = live.told - self.events
        if fresh > len(live.events):
            return False
        self.events = live.told
        for event in list(live.events)[-fresh:] if fresh else ():
            await self._say(event.model_dump(mode="json"))
        await self.socket.send_text(picture.bytes().decode())
        return True

    async def _say(self, what: dict[str, Any]) -> None:
        await self.socket.send_text(json_bytes(what).decode())


async def look_on(socket: WebSocket) -> None:
    """`GET /api/live` as a WebSocket, until the client goes, speaks, is slow, or its session ends.

    Raises:
        Refused: Before it is opened: 400, 401, 403, 429.
    """
    room: Room = socket.app.state.room
    who = room.gate.onlooker(socket)
    prefix = socket.query_params.get("prefix")
    if prefix is not None and len(prefix) > LONGEST_PREFIX:
        raise Refused(400, f"prefix has {len(prefix)} characters, must have at most {LONGEST_PREFIX}.")
    if sum(room.onlookers.values()) >= MOST_ONLOOKERS or room.onlookers.get(who.name, 0) >= MOST_EACH:
        raise Refused(429, "too many pages are open; close one.", 10.0)
    room.onlookers[who.name] = room.onlookers.get(who.name, 0) + 1
    try:
        await socket.accept()
        code, why = await _end(_Shown(room, socket, prefix))
        async with asyncio.timeout(0.0 if code == TOO_SLOW else SLOWEST_S):
            await socket.close(code, why)
    except TimeoutError:
        socket.state.cut()
    except (WebSocketDisconnect, OSError):
        pass  # it went away by itself
    finally:
        room.onlookers[who.name] -= 1
        asyncio.get_running_loop().call_later(LINGERS_S, socket.state.cut)


async def _end(shown: _Shown) -> tuple[int, str]:
    """Show until there is a reason to end: its code and its words."""
    tasks = [asyncio.create_task(_show(shown)), asyncio.create_task(_hear(shown.socket))]
    try:
        done, _ = await asyncio.wait(tasks, timeout=LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else (AGAIN, "an hour is over, connect again")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _show(shown: _Shown) -> tuple[int, str]:
    room, version = shown.room, -1
    while True:
        version = await room.live.changed(version)
        if room.gate.who(shown.socket) is None:  # before anything is sent: who signed out sees no more
            return ENDED, "the session ended"
        try:
            async with asyncio.timeout(SLOWEST_S):
                if not await shown.send():
                    return TOO_SLOW, "too slow: events were missed"
        except TimeoutError:
            return TOO_SLOW, "too slow"


async def _hear(socket: WebSocket) -> tuple[int, str]:
    await socket.receive()  # the first word, or the end
    if socket.client_state is WebSocketState.DISCONNECTED:
        raise WebSocketDisconnect(AGAIN)
    return SPOKE, "nothing is heard here: commands go by POST"
