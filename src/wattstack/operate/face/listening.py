"""The place that the page listens at: taken before anything is said of it, or refused in words.

Needs    uvicorn; campus.
Gives    listen, Listening.
Used by  operate.face.app.

The server itself would find a port that is taken only after its address and a token were told, and the address would be
that of somebody else's page.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

import uvicorn

from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.campus import Campus

BACKLOG = 128  # connections that wait


class Listening(uvicorn.Server):
    """A server at a place that is taken already.

    Args:
        config: Of the server.
        places: From listen.
    """

    def __init__(self, config: uvicorn.Config, places: list[socket.socket]) -> None:
        super().__init__(config)
        self._places = places

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Run until it is told to stop."""
        await super().serve(sockets or self._places)


def listen(campus: Campus) -> list[socket.socket]:
    """Take the place that the campus declares for its page, on each address that its host stands for.

    Raises:
        InputError: The port is in use or not ours to take; the host is no address of this machine.
    """
    face, places = campus.operate.face, []
    try:
        found = socket.getaddrinfo(face.host, face.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            place = socket.socket(family, kind, protocol)
            places.append(place)
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                place.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            place.bind(address)
            place.listen(BACKLOG)  # two may be bound to one port; only one listens
    except OSError as error:
        for place in places:
            place.close()
        raise InputError(campus.source, [_fault(face.host, face.port, error)]) from None
    return places


def _fault(host: str, port: int, error: OSError) -> Fault:
    if error.errno == errno.EADDRINUSE:
        what = (
            f"is {port}, which is in use on {host}, must be a free one. Choose another port, or stop what "
            f"listens there (ss -ltnp names it); it may be the page of another site."
        )
        return Fault("operate.face.port", what)
    if error.errno == errno.EACCES:
        what = f"is {port}, which this user may not take, must be above 1023. Choose another port."
        return Fault("operate.face.port", what)
    what = f"is {host}, must be an address of this machine ({error.strerror}). Look at them with ip address."
    return Fault("operate.face.host", what)
