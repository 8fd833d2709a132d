"""That we are known to live: the watchdog of the system; and whether devices are known to fall back without us.

Gives    Watchdog, unproved.
Used by  operate.guard.loop.

It is fed by a completed cycle and by nothing else (sd_notify(3)). That devices fall back by themselves is set up and
read back with each setpoint, by operate.devices.commands.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattstack.campus import Campus

SAFE_S = 5.0  # a dead controller leaves devices safe within that


class Watchdog:
    """Tells the system that we are ready, and after each completed cycle that we live.

    Silent where NOTIFY_SOCKET does not stand in the environment.
    """

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket is not None:
            self._socket.setblocking(False)

    def say(self, word: str) -> None:
        """READY=1, WATCHDOG=1, STOPPING=1."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(word.encode(), self._address)
        except OSError:
            return  # nobody listens: the system will notice by itself


def unproved(campus: Campus, paths: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """What commissioning left open of the way back of devices: device, level and text of each.

    Args:
        campus: As it runs.
        paths: Devices that take setpoints.
    """
    for path in paths:
        took_s = campus.devices[path].reversion_measured_s
        if took_s is None:
            said = "was never seen to fall back by itself: run `wattstack commission --write --record`"
            yield path, "info", said
        elif took_s > SAFE_S:
            said = f"took {took_s:g} s to fall back at commissioning, must take at most {SAFE_S:g} s: lower revert_s"
            yield path, "alarm", said
