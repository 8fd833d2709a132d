"""Never two that write, across machines: a number and a beat in a register of one device that all of them read.

Needs    campus; operate.devices: Devices, Image.
Gives    Fence.
Used by  operate.guard.loop.

Who may write keeps its number there and moves the beat, a few times within the lease. Its right is proved by what is
read back: it ends `lease_s`, less a margin, after the last beat that was seen to stand there was sent. Another one
begins where the beat has stood still for `lease_s`: it writes the next number, and may write setpoints once that number
still stands there two periods later. Who reads a number that is not its own, and not an older one, stops at once. The
lower half of a number is drawn at the start of the process, so that two that begin at once do not write the same one.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from math import inf, isnan
from typing import TYPE_CHECKING

from wattstack.errors import Fault, InputError, StateError
from wattstack.operate.devices import Devices, Image

if TYPE_CHECKING:
    from wattstack.campus import Campus

MARGIN = 0.2  # share of the lease before its end in which its holder writes no more
RENEW = 4.0  # beats within a lease
SETTLE_PERIODS = 2.0  # from a claim that was confirmed to the reading that counts
READINGS = 5.0  # at least, within a lease
HALF = 1 << 16


class Fence:
    """The right to write, by a register.

    Args:
        campus: operate.standby.fence names the device.
        devices: Its connection is among them.
        tell: Hears (level, text) where the right comes or goes.

    Attributes:
        number: That we write, or claim; 0: none.
        sure: Whether it was read back, and the right not lost since.

    Raises:
        InputError: The device is not there, has no such register, or is read too seldom.
    """

    def __init__(self, campus: Campus, devices: Devices, tell: Callable[[str, str], None]) -> None:
        self.path, self.lease_s = campus.operate.standby.fence, campus.operate.standby.lease_s
        self._tell, self._settle_s = tell, SETTLE_PERIODS * campus.operate.period_s
        roles = _roles(campus, devices, self.path, self.lease_s)
        self._device, self._roles = devices.live[self.path], roles
        self._number, self._beat_name = (f"{self.path}.{roles[role]}" for role in ("number", "beat"))
        self._low = int.from_bytes(os.urandom(2), "big")
        self.number, self.sure = 0, False
        self._beat, self._beats = 0, deque(maxlen=16)  # that were sent: (beat, when)
        self._proved_s = self._asked_s = self._since_s = self._sent_s = -inf
        self._taken_s = inf  # when the claim was confirmed
        self._seen, self._highest = (-1, -1), 0
        self._flying = False

    def holds(self) -> bool:
        """Whether we may write at this moment."""
        return self.sure and time.monotonic() < self._proved_s + (1.0 - MARGIN) * self.lease_s

    def look(self, image: Image, may_claim: bool) -> bool:
        """Look at what stands there now and renew, claim or stop; to be called every cycle. Returns whether we hold it.

        Args:
            image: Of now.
            may_claim: Whether we are to take it where nobody has it.
        """
        number, beat = image.value(self._number), image.value(self._beat_name)
        asked_s = float(image.asked_s[image.place[self._number]])
        if not isnan(number + beat) and asked_s > self._asked_s:
            self._asked_s = asked_s
            self._read(int(number), int(beat), asked_s)
        if self.sure and not self.holds():
            self._lose(f"its own beat was not seen in {self.path} for too long")
        if not may_claim:
            self.number, self.sure = 0, False
        elif not self.number:
            self._claim(asked_s)
        elif time.monotonic() - self._sent_s >= self.lease_s / RENEW:
            self._send()
        return self.sure

    def _read(self, number: int, beat: int, asked_s: float) -> None:
        if (number, beat) != self._seen:
            self._seen, self._since_s = (number, beat), asked_s
        self._highest = max(self._highest, number // HALF)
        if not self.number or asked_s <= self._taken_s:
            return
        if number == self.number:
            sent = [sent_s for was, sent_s in self._beats if was == beat]
            self._proved_s = max(self._proved_s, *sent) if sent else self._proved_s
            if not self.sure and sent and asked_s >= self._taken_s + self._settle_s:
                self.sure = True
                self._tell("info", f"may write: its number {self.number // HALF} stands in {self.path}")
        elif (
            number // HALF < self.number // HALF
        ):  # the device forgot it, or a late hand of before: not its turn
            self._sent_s = -inf
        else:
            self._lose(f"number {number // HALF} of another controller stands in {self.path}")

    def _claim(self, asked_s: float) -> None:
        """Take it where it was given up, or where it stood still for a lease."""
        number, beat = self._seen
        free = number > 0 and beat == 0
        still = self._since_s > -inf and asked_s == self._asked_s and asked_s - self._since_s >= self.lease_s
        if self._since_s == -inf or not (free or still):
            return
        self.number = (self._highest + 1) * HALF + self._low
        self._taken_s, self._proved_s = inf, -inf
        self._beats.clear()
        self._send()

    def _send(self) -> None:
        if self._flying or not self._device.up:
            return
        self._beat = self._beat % (HALF - 1) + 1
        self._sent_s = time.monotonic()
        self._beats.append((self._beat, self._sent_s))
        self._put(self._beat, self._sent)

    def _sent(self, error: str | None) -> None:
        self._flying = False
        if error is None:
            self._taken_s = min(self._taken_s, time.monotonic())
        elif self._taken_s == inf:  # a claim that was not confirmed is none
            self.number = 0

    def _put(self, beat: int, done: Callable[[str | None], None]) -> None:
        values = {self._roles["number"]: float(self.number), self._roles["beat"]: float(beat)}
        self._flying = True
        try:
            self._device.write(values, lambda payload, error: done(error))
        except StateError as error:
            done(str(error))

    def _lose(self, why: str) -> None:
        if self.sure:
            self._tell("alarm", f"writes no more: {why}")
        self.number, self.sure, self._taken_s = 0, False, inf
        self._since_s = self._asked_s

    async def give_up(self) -> None:
        """Let another one have it at once."""
        if not self.holds():
            return
        self.sure = False
        done = asyncio.get_running_loop().create_future()
        self._put(0, lambda error: done.done() or done.set_result(error))
        await asyncio.wait([done], timeout=self._device.declared.timeout_s)
        self.number = 0


def _roles(campus: Campus, devices: Devices, path: str, lease_s: float) -> dict[str, str]:
    """The channels of number and beat."""
    where = "operate.standby.fence"
    if path not in devices.live:
        known = ", ".join(devices.live) or "none"
        raise InputError(campus.source, [Fault(where, f"is {path}, must be a device. Devices: {known}.")])
    declared, layout = devices.live[path].declared, devices.live[path].layout
    fence = dict(layout.template.fence)
    if not fence:
        said = f"is {path}, whose template {declared.template} has no fence. Take one that has."
        raise InputError(campus.source, [Fault(where, said)])
    every_s = max(declared.period_s, campus.operate.period_s)
    if every_s * READINGS > lease_s:
        said = f"is {lease_s:g}, must be at least {READINGS:g} periods of {path}: {READINGS * every_s:g}."
        raise InputError(campus.source, [Fault("operate.standby.lease_s", said)])
    return fence
