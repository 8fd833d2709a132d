"""What happens when nobody writes any more: that every device falls back by itself, and that we are known to live.

Needs    operate.devices; campus.
Gives    unguarded, Watchdog.
Used by  operate.guard.loop.

Reversion is set up by the device's own commands, with each setpoint (operate.devices.commands); here it is read back.
The watchdog of the system is fed by a completed cycle and by nothing else (sd_notify(3)).
"""

from __future__ import annotations

import os
import socket

from wattstack.operate.devices import Devices, Image


def unguarded(devices: Devices, image: Image) -> dict[str, str]:
    """Devices that would not fall back in time, and why; only those that took a setpoint are asked."""
    found = {}
    for path, command in devices.commands.items():
        live = devices.live[path]
        reversion = live.layout.template.reversion
        if "seconds" not in reversion:
            found[path] = "does not fall back by itself: its template has no reversion timer"
            continue
        if command.state not in ("held", "followed"):
            continue
        seconds = image.value(f"{path}.{reversion['seconds']}")
        if abs(seconds - live.declared.revert_s) > 0.5:
            found[path] = f"falls back after {seconds:g} s, must after {live.declared.revert_s:g} s"
        if "enable" in reversion and image.value(f"{path}.{reversion['enable']}", 1.0) != 1.0:
            found[path] = "does not fall back by itself: its reversion is switched off"
    return found


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
