"""One power shared over the batteries: in proportion to what each can, within what is asked of single ones.

Needs    control.guarded, Bounds; operate.guard.limits, measure.
Gives    shared, missed_mw.
Used by  operate.guard.mind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from wattstack.control import Bounds, guarded
from wattstack.operate.guard.limits import Band
from wattstack.operate.guard.measure import Store


def shared(power_mw: float, stores: Mapping[str, Store], bands: Iterable[Band] = ()) -> dict[str, float]:
    """Setpoint of each battery device [MW], inside what it can; the sum is power_mw as far as it can be.

    Args:
        power_mw: Of all together, positive into the bus.
        stores: What each device can.
        bands: Asked of single assets, the first one first; kept as far as the sum allows.

    Example:
        >>> both = {"battery.a": Store(0, 1, 0.5, 5, 8), "battery.b": Store(0, 1, 0.5, 5, 4)}
        >>> shared(6.0, both)
        {'battery.a': 4.0, 'battery.b': 2.0}
        >>> shared(6.0, both, [Band("battery.b", 0.0, 1.0, "cells are warm")])
        {'battery.a': 5.0, 'battery.b': 1.0}
    """
    bounds = {p: Bounds(s.can_charge_mw, s.can_discharge_mw) for p, s in stores.items()}
    ends = {p: (-b.charge_mw, b.discharge_mw) for p, b in bounds.items()}
    asked = _by_asset(bands)
    paths = {
        asset: [p for p in stores if p.split("#")[0] == asset] for asset in (p.split("#")[0] for p in stores)
    }
    parts = {}
    for asset, mine in paths.items():
        least, most = (sum(ends[p][side] for p in mine) for side in (0, 1))
        low, high = (min(max(end, least), most) for end in asked.get(asset, (least, most)))
        parts[asset] = least, most, low, high
    made: dict[str, float] = {}
    for asset, power in _level(power_mw, parts).items():
        made |= _split(power, {p: ends[p] for p in paths[asset]})
    off = power_mw - sum(made.values())
    if made and abs(off) > 1e-9:  # what single ones were asked does not add up: the sum counts more
        room = {p: (ends[p][0] - made[p], ends[p][1] - made[p]) for p in made}
        more = _split(off, room)
        made = {p: made[p] + more[p] for p in made}
    return dict(guarded({p: made[p] for p in stores}, bounds).power_mw)


def missed_mw(asset_mw: Mapping[str, float], bands: Iterable[Band]) -> float:
    """How far the power of an asset lies outside of what was asked of it [MW], of the worst; 0 where all were kept.

    Example:
        >>> missed_mw({"battery.a": 4.0}, [Band("battery.a", 0.0, 1.0, "cells are warm")])
        3.0
    """
    named = [(asset_mw[band.path], band) for band in bands if band.path in asset_mw]
    worst = max((max(band.low_mw - power, power - band.high_mw) for power, band in named), default=0.0)
    return worst if worst > 1e-6 else 0.0


def _by_asset(bands: Iterable[Band]) -> dict[str, tuple[float, float]]:
    """Bands on the same asset met, the first one first."""
    found: dict[str, tuple[float, float]] = {}
    for band in bands:
        low, high = found.get(band.path, (float("-inf"), float("inf")))
        new_low = min(max(low, band.low_mw), high)
        found[band.path] = new_low, max(min(high, band.high_mw), new_low)
    return found


def _level(power_mw: float, parts: Mapping[str, tuple[float, float, float, float]]) -> dict[str, float]:
    """The same share of what each can, except where its band ends: as near to the sum as the bands allow.

    Args:
        power_mw: Of all together.
        parts: By asset, the most it can take (negative) and give, and the ends of its band between them.
    """

    def at(share: float) -> dict[str, float]:
        return {
            asset: min(max(share * most if share > 0.0 else -share * least, low), high)
            for asset, (least, most, low, high) in parts.items()
        }

    edges = {-1.0, 0.0, 1.0}
    for least, most, *band in parts.values():
        edges |= {end / most for end in band if end > 0.0} | {-end / least for end in band if end < 0.0}
    for before, after in pairwise(sorted(edges)):
        first, last = sum(at(before).values()), sum(at(after).values())
        if power_mw <= last and last > first:
            return at(before + max(power_mw - first, 0.0) / (last - first) * (after - before))
    return at(1.0)


def _split(power_mw: float, ends: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """In proportion to the room on the side that is asked."""
    side = 1 if power_mw > 0.0 else 0
    whole = sum(abs(end[side]) for end in ends.values())
    part = min(abs(power_mw) / whole, 1.0) if whole > 0.0 else 0.0
    return {p: part * end[side] for p, end in ends.items()}
