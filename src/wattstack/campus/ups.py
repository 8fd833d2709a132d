"""Uninterruptible supplies between feeder and racks: how they convert, when they leave the grid, how they come back.

Needs    campus.fields.
Gives    Ups.
Used by  campus.campus, physics.ups.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from wattstack.campus.fields import Declared, Efficiency, Frac, Name, NotNegative, Positive, quantity
from wattstack.errors import Fault


class Ups(Declared):
    """Units that feed halls. A hall that no ups serves hangs on the feeder by its power supplies alone.

    `double-conversion`: rectifier and inverter always work; the battery takes over where the rectifier cannot.
    `eco`: the bypass feeds until voltage or frequency leave the window, then the battery does.

    Source:
        Losses: IEC 62040-3, 94-96 % double conversion, 98-99 % eco. Window, transfer, walk-in: what makers' manuals
        give, assumption. Counting sags: in Virginia, 2024-07-10, six faults in 82 s made units stay on battery and
        1,500 MW left, NERC incident review (2025-01). Set sag_count to null where the logic is not allowed (ERCOT
        NOGRR 282).

    Example:
        >>> Ups(kind="eco").sag_count
        3
    """

    serves: tuple[Name, ...] = Field((), strict=False, description="Halls it feeds; absent = all.")
    kind: Literal["double-conversion", "eco"] = Field(
        "double-conversion", description="How it feeds in normal times."
    )
    power_mw: Positive | None = quantity("MW", "Rating; absent = 1.1 x the halls it feeds", None)
    energy_mwh: Positive | None = quantity(
        "MWh", "Energy of its own battery; absent = 5 min of its rating", None
    )
    efficiency_frac: Efficiency | None = quantity("", "Out / in at full load; absent = 0.96, eco 0.99", None)
    power_factor: float = quantity("", "Power factor at its input", 0.99, gt=0, le=1)
    current_limit_pu: float = quantity("pu", "Greatest input current / rated", 1.15, gt=0, le=3)
    low_pu: Frac = quantity("pu", "Below this voltage it leaves the grid", 0.85)
    high_pu: float = quantity("pu", "Above this voltage it leaves the grid", 1.10, ge=1, le=2)
    frequency_window_hz: Positive = quantity("Hz", "Further from nominal it leaves the grid", 3.0)
    detect_s: NotNegative = quantity("s", "From the sag to the decision", 0.005)
    transfer_s: NotNegative = quantity(
        "s", "Without input from the decision until the battery feeds (eco)", 0.004
    )
    return_s: NotNegative = quantity(
        "s", "Voltage and frequency must be well for so long before it comes back", 0.5
    )
    walk_in_s: NotNegative = quantity("s", "From no load on the grid to all of it", 1.0)
    long_outage_s: Positive = quantity(
        "s", "An outage longer than this is no sag: it comes back by long_walk_in_s", 10.0
    )
    long_walk_in_s: NotNegative | None = quantity(
        "s", "From no load on the grid to all of it after a long outage; absent = walk_in_s", None
    )
    sag_count: int | None = quantity(
        "", "Sags within sag_window_s after which it stays on battery; null = it never counts", 3, ge=1
    )
    sag_window_s: Positive = quantity("s", "Time over which sags are counted", 60.0)
    hold_s: Positive | None = quantity(
        "s", "It stays on battery for so long after that; null = until a person resets it", None
    )
    recharge_frac: Frac = quantity("", "Power that recharges its battery / rating", 0.1)

    @property
    def eff(self) -> float:
        """Out / in at full load."""
        return self.efficiency_frac or (0.99 if self.kind == "eco" else 0.96)

    def faults(self) -> Iterable[Fault]:
        """A transfer that no power supply bridges is told by the twin; here only what cannot be."""
        if self.hold_s is not None and self.sag_count is None:
            yield Fault(
                "hold_s", f"is {self.hold_s:g}, but sag_count is null: nothing is counted. Take hold_s out."
            )
