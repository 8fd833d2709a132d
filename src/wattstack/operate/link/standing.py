"""Which alarms of a process stand: said again now and then, for whoever was away when one was over.

Needs    operate.link.messages.
Gives    Standing.
Used by  every process that speaks through the guard: operate.planner, north, supervise.

The guard names in each state what it finds wrong itself. What another process finds is an event; its alarm stands until
that process says something else on the same channel, so each condition has a channel of its own ("north.dsx.broker").
An event can be missed, by a historian that is started again or by a process that was killed before it said the end. So
each process names, at its start and every half a minute, the channels of all its alarms that stand: others are over.
"""

from __future__ import annotations

import time
from math import inf

from wattstack.operate.link.messages import Event

STILL = "still"  # in data: the channels, one after the other
STILL_S = 30.0  # from one naming to the next
_LONGEST = 500  # letters of a text in data


class Standing:
    """The alarms of one process that stand.

    Args:
        channel: How its channels begin: "planner", "north".

    Attributes:
        channels: Where an alarm stands.

    Example:
        >>> standing = Standing("north")
        >>> standing.note(Event(utc_s=1.0, level="alarm", channel="north.dsx.broker", text="is lost"))
        >>> standing.due(2.0).data
        {'still': 'north.dsx.broker'}
    """

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.channels: set[str] = set()
        self._next_s = -inf

    def note(self, event: Event) -> None:
        """An event of this process."""
        if event.level == "alarm" and not event.data.get("once"):
            self.channels.add(event.channel)
        else:
            self.channels.discard(event.channel)

    def due(self, utc_s: float) -> Event | None:
        """What to tell now; None: it was told lately, or there are more than one event can name."""
        now_s, named = time.monotonic(), " ".join(sorted(self.channels))
        if now_s < self._next_s or len(named) > _LONGEST:
            return None
        self._next_s = now_s + STILL_S
        return Event(utc_s=utc_s, level="info", channel=self.channel, text="what stands", data={STILL: named})
