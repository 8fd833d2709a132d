"""How far each battery may be emptied so that an outage can be carried.

Needs    campus; control.StoredBelief; operate.guard.measure.
Gives    Held, held_back, away_mwh.
Used by  operate.guard.mind.

Energy counts where it is sure, where it can come out within the time of the duty, and in devices that can serve: what
is behind an open contactor, on local or locked out is as good as not there. Each battery keeps its part of the reserve,
so that none is emptied, nor power turned round between two, at the cost of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wattstack.operate.guard.measure import Store

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.control import StoredBelief


@dataclass(slots=True)
class Held:
    """What the reserve leaves.

    Attributes:
        sure_mwh: Energy that is there for an outage.
        free_mw: What each asset may give over the coming period.
    """

    sure_mwh: float = 0.0
    free_mw: dict[str, float] = field(default_factory=dict)


def held_back(
    campus: Campus, beliefs: Mapping[str, StoredBelief], stores: Mapping[str, Store], reserve_mwh: float, step_s: float
) -> Held:  # fmt: skip
    """What the reserve leaves each battery.

    Args:
        campus: Sizes stand.
        beliefs: By asset, what is stored.
        stores: By device, which of them can serve.
        reserve_mwh: To be held back, of all together.
        step_s: So long a decision stands.
    """
    made, useful, sure = Held(), {}, {}
    backup = campus.duties.backup
    for asset, belief in beliefs.items():
        unit = campus.battery[asset.split(".")[1]]
        part = _there(campus, asset, stores)
        sure[asset] = belief.sure_mwh * part
        in_time = (
            float(unit.power_mw) * part * backup.duration_h / unit.discharge_eff if backup else sure[asset]
        )
        useful[asset] = min(sure[asset], in_time)
    made.sure_mwh = sum(sure.values())
    whole = sum(useful.values())
    kept = min(reserve_mwh / whole, 1.0) if whole > 0.0 else 1.0
    above = max(made.sure_mwh - reserve_mwh, 0.0)
    for asset, energy in sure.items():
        eff = campus.battery[asset.split(".")[1]].discharge_eff
        free = min(max(energy - kept * useful[asset], 0.0), above)
        made.free_mw[asset] = free * eff * 3600.0 / step_s
    return made


def away_mwh(campus: Campus, beliefs: Mapping[str, StoredBelief], stores: Mapping[str, Store]) -> float:
    """Energy that is no use now, behind devices that cannot serve."""
    return sum(one.stored_mwh * (1.0 - _there(campus, asset, stores)) for asset, one in beliefs.items())


def _there(campus: Campus, asset: str, stores: Mapping[str, Store]) -> float:
    """Share of an asset whose devices can serve."""
    mine = (path for path, store in stores.items() if path.split("#")[0] == asset and not store.off)
    return min(sum(campus.devices[path].share_frac for path in mine), 1.0)
