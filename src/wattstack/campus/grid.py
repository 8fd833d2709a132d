"""The connection to the utility: firm MW, non-firm MW that may be curtailed, cost, and its tariff.

Needs    campus.contract, campus.reliability.
Gives    Connection, Grid.
Used by  campus, case, cost.
"""

from __future__ import annotations

from pydantic import Field

from wattstack.campus.contract import Tariff
from wattstack.campus.fields import Declared, NotNegative, Positive, Share, Size, quantity
from wattstack.campus.reliability import GridReliability


class Connection(Declared):
    """What the utility lets the campus draw.

    Example:
        >>> Connection(firm_mw=110, nonfirm_mw=40).curtailed
        0.0
    """

    firm_mw: Size = quantity("MW", "Power that is always there: a number stands, a range is planned")
    nonfirm_mw: Size = quantity("MW", "Power on top that may be taken away", 0.0)
    curtailed: Share = quantity("", "Share of nonfirm_mw taken away: a number, or series:NAME", 0.0)
    voltage_kv: Positive | None = quantity("kV", "Voltage at the point of connection, for the report", None)
    capital_per_mw: NotNegative = quantity("currency/MW", "Investment per MW of firm_mw + nonfirm_mw", 0.0)
    fixed_per_mw_year: NotNegative = quantity(
        "currency/MW/year", "Fixed cost per MW of firm_mw + nonfirm_mw", 0.0
    )
    life_years: Positive = quantity("years", "Life, then it is replaced", 40.0)
    reliability: GridReliability | None = Field(
        None, description="How often it fails and for how long; absent = no outage in a year of the twin."
    )

    @property
    def outages(self) -> GridReliability:
        """How often it fails and for how long: as declared, else the published means of GridReliability."""
        return GridReliability() if self.reliability is None else self.reliability


class Grid(Declared):
    """Connection and tariff."""

    connection: Connection = Field(description="What the utility lets the campus draw.")
    tariff: Tariff = Field(
        description="library:NAME, or a tariff written out; {extends: library:NAME, ...} mixes both."
    )
