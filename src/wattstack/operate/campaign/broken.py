"""Guards that are broken on purpose: a judge that finds nothing wrong with them judges nothing.

Needs    operate.guard.
Gives    BROKEN.
Used by  operate.campaign.run, tests.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import TYPE_CHECKING

from wattstack.operate.guard import Mind

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.guard.limits import Limits
    from wattstack.operate.guard.measure import Seen


class _NoReserve(Mind):
    """Holds nothing back."""

    def _reserve(self, seen: Seen, limits: Limits) -> float:
        return 0.0


class _FailOpen(Mind):
    """Holds nothing back while the charge is not read: so does the best open system, after five minutes."""

    def _reserve(self, seen: Seen, limits: Limits) -> float:
        lost = any(isnan(store.stored_mwh) for store in seen.stores.values())
        return 0.0 if lost else super()._reserve(seen, limits)


class _Trusting(Mind):
    """Believes every gauge of charge."""

    def __init__(self, campus: Campus, mode: str = "run", speed: float = 1.0) -> None:
        super().__init__(campus, mode, speed)
        self.reader._energy = lambda path, get, whole_mwh, time_s, seen: get(path, "stored_mwh")


BROKEN: dict[str, Callable[..., Mind]] = {
    "no reserve": _NoReserve,
    "fail open": _FailOpen,
    "trusting": _Trusting,
}
