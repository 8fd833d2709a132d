"""What campaigns of outages answer with.

Needs    prove.estimate.
Gives    Outages.
Used by  prove.outage, prove.store, cli, report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wattstack.prove.estimate import Estimate
from wattstack.prove.odds import Tilt

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.case import Case


@dataclass(frozen=True)
class Outages:
    """Thousands of outages of the grid, each with what failed in it.

    Attributes:
        case: The campus bound to the axis of the reference run.
        count, duration_h, seed, critical_frac, antithetic, tilt: As asked; critical_frac = share of the load that is
            carried without the grid (duties.backup.load_frac, 1 where no backup is declared).
        served: Chance that an outage ends, and the rest of the campaign passes, without loss of critical load.
        served_low, served_high: Its 95 % interval.
        unserved_mwh: Critical load not served in a campaign, mean.
        outages_per_year: As declared, or the published mean.
        campaigns: A row a campaign: start_utc, weight, outage_h, outages, stored_mwh (when the grid went), loss_h
            (from then until critical load was first lost, NaN where it never was), unserved_mwh, unserved_h,
            dropped_mwh (load that is not critical), generated_mwh, starts, unit_failures, block_failures, cause, part,
            shortage.
        survival: Chance that no critical load was lost up to `until_h`, with error and interval.
        causes: What had failed first, and what was missing, where load was lost: share of the losses, and unserved
            MWh by outage.
        lengths: By length of the outage: how many, their share, and the chance to be served.
        worst: The campaigns that lost most, minute by minute: campaign (its row), minute, load_mw (to be carried),
            import_mw, solar_mw, generator_mw, battery_mw, put_off_mw, unserved_mw, stored_mwh.
        figures: Numbers by name: quantiles of the unserved MWh, expected losses and MWh a year, effective campaigns.
        notes: Sentences a reader must see.
        seconds: Time by stage.
    """

    case: Case
    count: int
    duration_h: float
    seed: int
    critical_frac: float
    antithetic: bool
    tilt: Tilt | None
    served: Estimate
    served_low: float
    served_high: float
    unserved_mwh: Estimate
    outages_per_year: float
    campaigns: pd.DataFrame
    survival: pd.DataFrame
    causes: pd.DataFrame
    lengths: pd.DataFrame
    worst: pd.DataFrame
    figures: dict[str, float]
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
