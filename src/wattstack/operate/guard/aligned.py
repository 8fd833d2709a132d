"""Readings of several gauges at one moment: the balance of a site is struck with powers of the same time.

Gives    Aligned.
Used by  operate.guard.measure.

An answer that was under way for most of a period is of then. A meter of before beside batteries of now, or the other
way round, shows a load that has what they just did in it, and a loop that answers such a load drives itself up. So the
last readings of each gauge are kept with the moment they were asked for, and the balance takes those of one moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import nan

KEPT = 4  # readings of each gauge
LATE_PERIODS = 1.5  # one reading late: whoever is later, or is read more seldom, is not waited for


class Aligned:
    """The last readings of each device's power.

    Args:
        period_s: From one decision to the next, on the clock of the images.
    """

    def __init__(self, period_s: float) -> None:
        self._late_s = LATE_PERIODS * period_s
        self._kept: dict[str, deque[tuple[float, float]]] = {}

    def note(self, path: str, asked_s: float, power_mw: float) -> None:
        """Keep a reading; one that stands since it was noted is not kept twice."""
        kept = self._kept.setdefault(path, deque(maxlen=KEPT))
        if kept and kept[-1][0] >= asked_s:
            kept[-1] = asked_s, power_mw
        else:
            kept.append((asked_s, power_mw))

    def forget(self, path: str) -> None:
        """It is not read, or not believed: what it showed before is no reading of now."""
        self._kept.pop(path, None)

    def moment_s(self, meter: str, others: Iterable[str]) -> float:
        """The newest moment of which the meter and all others that are read as often have a reading."""
        newest_s = self._kept[meter][-1][0]
        theirs = (self._kept[path][-1][0] for path in others if path in self._kept)
        return min((one for one in theirs if newest_s - self._late_s <= one <= newest_s), default=newest_s)

    def at(self, path: str, moment_s: float) -> float:
        """The reading nearest to a moment [MW]; NaN where none is kept."""
        kept = self._kept.get(path, ())
        return min(kept, key=lambda one: abs(one[0] - moment_s))[1] if kept else nan
