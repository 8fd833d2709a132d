"""How much of what is stored may be counted on, when the gauge is old or gone: never more than is surely there.

Needs    campus.reserve_mwh (the one definition of backup).
Gives    StoredBelief, believe.
Used by  control.live, operate.

The error of the gauge is a margin in MWh from its first reading on. While no reading comes, the energy believed
falls by the greatest power that may have flowed out: the reserve fails closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan


@dataclass(frozen=True, slots=True)
class StoredBelief:
    """What is believed of the store.

    Attributes:
        stored_mwh: Energy believed to be there.
        error_mwh: How far it may be too high.
        read_s: Moment it is of: of the last good reading, or of the last image without one, seconds since 1970 UTC.
    """

    stored_mwh: float
    error_mwh: float
    read_s: float

    @property
    def sure_mwh(self) -> float:
        """Energy that is there at the worst credible error."""
        return max(self.stored_mwh - self.error_mwh, 0.0)


def believe(
    old: StoredBelief | None, now_s: float, reading_mwh: float | None, usable_mwh: float, most_out_mw: float,
    error_mwh: float,
) -> StoredBelief:  # fmt: skip
    """Take a reading, or live on the last one.

    Args:
        old: What was believed; None at the start.
        now_s: Moment of the image [s].
        reading_mwh: The gauge, None (or NaN) where it is silent or too old.
        usable_mwh: Usable energy of the battery.
        most_out_mw: Most that can leave the store, losses in [MW].
        error_mwh: How far the reading may be too high: of an estimator, else duties.backup.soc_error_frac x usable_mwh.

    Returns:
        Reading and margin; without a reading the old energy and a margin that grows by most_out_mw, and never shrinks,
        though the clock were set back. Without any reading ever: nothing is stored.

    Example:
        >>> first = believe(None, 0.0, 80.0, 100.0, 50.0, 2.0)
        >>> round(believe(first, 1800.0, None, 100.0, 50.0, 2.0).sure_mwh, 6)
        53.0
    """
    if reading_mwh is not None and not isnan(reading_mwh):
        return StoredBelief(min(max(reading_mwh, 0.0), usable_mwh), error_mwh, now_s)
    if old is None:
        return StoredBelief(0.0, error_mwh, now_s)
    silent_h = max(now_s - old.read_s, 0.0) / 3600.0
    return replace(old, error_mwh=max(old.error_mwh, error_mwh) + silent_h * most_out_mw, read_s=now_s)
