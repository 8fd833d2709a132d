"""How often: wrong passwords are waited for longer and longer, and nobody asks so fast that others wait.

Gives    Tries, Rate, origin_of.
Used by  operate.face: gate, shield, wire.

Times are monotonic. What is kept is bounded: the oldest is forgotten first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network

FREE_TRIES = 5  # wrong passwords before the first wait: assumption
LONGEST_WAIT_S = 300.0
MOST_KEPT = 10_000


def origin_of(address: str) -> str:
    """Whom an address counts for: itself, or of IPv6 the first 64 bits, for each machine has all that follow.

    Example:
        >>> origin_of("192.0.2.7"), origin_of("2001:db8:0:1:2::3"), origin_of("2001:db8:0:1::9")
        ('192.0.2.7', '2001:db8:0:1::', '2001:db8:0:1::')
    """
    if ":" not in address:
        return address
    try:
        six = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(six.ipv4_mapped or IPv6Network((six, 64), strict=False).network_address)


class Tries:
    """Wrong tries by key; from the sixth on each one doubles the wait, from 1 s to five minutes.

    Example:
        >>> tries = Tries(clock=lambda: 0.0)
        >>> for _ in range(7): tries.wrong("a")
        >>> tries.wait_s("a"), tries.wait_s("b")
        (2.0, 0.0)
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, longest_s: float = LONGEST_WAIT_S
    ) -> None:
        self._clock, self._longest_s = clock, longest_s
        # by key: how many, when the next may be
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """So long until the next try counts."""
        return max(self._kept.get(key, (0, 0.0))[1] - self._clock(), 0.0)

    def wrong(self, key: str) -> None:
        """One more wrong try."""
        count = self._kept.pop(key, (0, 0.0))[0] + 1
        wait_s = 0.0 if count <= FREE_TRIES else min(2.0 ** min(count - FREE_TRIES - 1, 20), self._longest_s)
        self._kept[key] = (count, self._clock() + wait_s)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def right(self, key: str) -> None:
        """It was right: nothing is held against it."""
        self._kept.pop(key, None)


class Rate:
    """So many a second by key, and a burst of more.

    Example:
        >>> rate = Rate(per_s=1.0, burst=2.0, clock=lambda: 0.0)
        >>> rate.take("a"), rate.take("a"), rate.take("a")
        (True, True, False)
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        # by key: what is left, when that was
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Whether one more may come now."""
        now = self._clock()
        left, then = self._kept.pop(key, (self._burst, now))
        left = min(left + (now - then) * self._per_s, self._burst)
        self._kept[key] = (left - 1.0 if left >= 1.0 else left, now)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return left >= 1.0
