"""That we are known to live: the watchdog of the system.

Gives    Watchdog.
Used by  operate.guard.loop.

It is fed by a completed cycle and by nothing else (sd_notify(3)). That devices fall back by themselves is set up and
read back with each setpoint, by operate.devices.commands.
"""

from __future__ import annotations

import os
import socket


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
