"""Registers that stand still although they are answered: a gateway that repeats what it once read, a device that hangs.

Needs    operate.devices.layout, points.
Gives    Alive.
Used by  operate.devices.image.

A template may name a quantity that always moves: a heartbeat of the device, its clock. While that stands still, nothing
the device says is young, whenever it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattstack.operate.devices.device import Tell
from wattstack.operate.devices.layout import Layout
from wattstack.operate.devices.points import GOOD, STALE

STILL_S = 3.0  # heartbeats of devices move once a second: SunSpec model 715


class _Pulse:
    """What always moves, of one device."""

    __slots__ = ("at", "moved_s", "part", "still", "still_s", "value")

    def __init__(self, at: int, part: slice, still_s: float) -> None:
        self.at, self.part, self.still_s = at, part, still_s
        self.value, self.moved_s, self.still = float("nan"), float("-inf"), False


class Alive:
    """Watches what always moves.

    Args:
        layouts: Of all devices, by path.
        parts: Their slices of the image.
        periods_s: From one reading to the next, by path.
        tell: Hears when registers stand still, and when they move again.
    """

    def __init__(
        self,
        layouts: Mapping[str, Layout],
        parts: Mapping[str, slice],
        periods_s: Mapping[str, float],
        tell: Tell,
    ) -> None:
        self._tell = tell
        self._pulses = {
            path: _Pulse(
                parts[path].start + layout.place[layout.template.alive], parts[path],
                max(STILL_S, 3.0 * periods_s[path]),
            )
            for path, layout in layouts.items()
            if layout.template.alive is not None
        }  # fmt: skip

    def judge(self, values: np.ndarray, quality: np.ndarray, now_s: float) -> None:
        """Take away the values of devices whose registers stand still; the arrays are changed.

        Args:
            values: Of the whole image.
            quality: So too.
            now_s: Monotonic.
        """
        for path, pulse in self._pulses.items():
            if quality[pulse.at] != GOOD:
                pulse.value, pulse.still = float("nan"), False  # lost, or not implemented: told elsewhere
                continue
            if values[pulse.at] != pulse.value:
                pulse.value, pulse.moved_s = float(values[pulse.at]), now_s
            still = now_s - pulse.moved_s > pulse.still_s
            if still != pulse.still:
                pulse.still = still
                level, said = (
                    ("alarm", "answers, but its registers stand still") if still else ("info", "moves again")
                )
                self._tell(path, level, said)
            if still:
                values[pulse.part], quality[pulse.part] = np.nan, STALE
