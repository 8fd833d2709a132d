"""One power shared over the batteries: in proportion to what each can, within what is asked of single ones.

Needs    control.guarded, Bounds; operate.guard.limits, measure.
Gives    shared.
Used by  operate.guard.mind, others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wattstack.control import Bounds, guarded
from wattstack.operate.guard.limits import Band
from wattstack.operate.guard.measure import Store


def shared(power_mw: float, stores: Mapping[str, Store], bands: Iterable[Band] = ()) -> dict[str, float]:
    """Setpoint of each battery device [MW], inside what it can; the sum is power_mw as far as it can be.

    Args:
        power_mw: Of all together, positive into the bus.
        stores: What each device can.
        bands: Asked of single assets; kept as far as the sum allows.

    Example:
        >>> shared(6.0, {"battery.a": Store(0, 1, 0.5, 5, 8), "battery.b": Store(0, 1, 0.5, 5, 4)})
        {'battery.a': 4.0, 'battery.b': 2.0}
    """
    bounds = {p: Bounds(s.can_charge_mw, s.can_discharge_mw) for p, s in stores.items()}
    ends = {p: (-b.charge_mw, b.discharge_mw) for p, b in bounds.items()}
    made: dict[str, float] = {}
    for asset, low, high in _by_asset(bands):
        mine = [p for p in stores if p.split("#")[0] == asset and p not in made]
        wanted = min(max(0.0, low), high)
        made |= _split(wanted, {p: ends[p] for p in mine})
    rest = {p: end for p, end in ends.items() if p not in made}
    made |= _split(power_mw - sum(made.values()), rest)
    off = power_mw - sum(made.values())
    if made and abs(off) > 1e-9:  # what single ones were asked does not add up: the sum counts more
        room = {p: (ends[p][0] - made[p], ends[p][1] - made[p]) for p in made}
        more = _split(off, room)
        made = {p: made[p] + more[p] for p in made}
    return dict(guarded({p: made[p] for p in stores}, bounds).power_mw)


def _by_asset(bands: Iterable[Band]) -> list[tuple[str, float, float]]:
    """Bands on the same asset met, the first one first."""
    found: dict[str, tuple[float, float]] = {}
    for band in bands:
        low, high = found.get(band.path, (float("-inf"), float("inf")))
        new_low = min(max(low, band.low_mw), high)
        found[band.path] = new_low, max(min(high, band.high_mw), new_low)
    return [(path, *ends) for path, ends in found.items()]


def _split(power_mw: float, ends: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """In proportion to the room on the side that is asked."""
    side = 1 if power_mw > 0.0 else 0
    whole = sum(abs(end[side]) for end in ends.values())
    part = min(abs(power_mw) / whole, 1.0) if whole > 0.0 else 0.0
    return {p: part * end[side] for p, end in ends.items()}
