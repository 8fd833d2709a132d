"""The time axis: start, step and count in UTC, and what the local calendar says of each step.

Gives    TimeAxis.
Used by  every room that touches numbers along time.

Inside wattstack time is UTC. A step is [start, start + step); its stamp is its start. The local clock
(months, weekdays, hours, 23- and 25-hour days) is asked for by time zone and never stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS_S = (3600, 1800, 900, 600, 300, 60)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Evenly spaced steps in UTC.

    Args:
        start: First stamp, UTC, as numpy datetime64[s].
        step_s: Length of a step [s].
        count: Number of steps.

    Example:
        >>> TimeAxis(np.datetime64("2022-01-01T00:00:00"), 3600, 24).end
        np.datetime64('2022-01-02T00:00:00')
    """

    start: np.datetime64
    step_s: int
    count: int

    @property
    def step_h(self) -> float:
        """Length of a step [h]."""
        return self.step_s / 3600.0

    @property
    def end(self) -> np.datetime64:
        """End of the last step, UTC."""
        return self.start + np.timedelta64(self.step_s * self.count, "s")

    @property
    def stamps(self) -> np.ndarray:
        """Start of every step, UTC, datetime64[s], shape (count,)."""
        return self.start + np.arange(self.count) * np.timedelta64(self.step_s, "s")
