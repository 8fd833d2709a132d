"""The connection to the utility: firm MW, non-firm MW that may be curtailed, cost, and its tariff.

Needs    campus.contract, campus.reliability.
Gives    Connection, Grid, Mode.
Used by  campus, case, cost.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wattstack.campus.contract import Tariff
from wattstack.campus.fields import Declared, Name, NotNegative, Positive, Share, Size, quantity
from wattstack.campus.reliability import GridReliability

CodeName = Annotated[str, StringConstraints(pattern=r"^library:.+$")]


class Mode(Declared):
    """A way in which the grid itself likes to swing, as its operator tells it: inter-area, local, torsion of a shaft.

    Example:
        >>> Mode(frequency_hz=0.3, damping_frac=0.05).amplification
        10.0
    """

    frequency_hz: Positive = quantity("Hz", "Frequency of the mode", lt=200)  # torsion of shafts ends there
    damping_frac: float = quantity("", "Damping ratio", gt=0, lt=1)
    limit_mw: Positive | None = quantity(
        "MW", "Greatest forced response, peak to peak; absent = it is told, not judged", None
    )

    @property
    def amplification(self) -> float:
        """Response at resonance / response at rest, 1 / (2 damping_frac)."""
        return 1.0 / (2.0 * self.damping_frac)


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
    frequency_hz: Literal[50, 60] | None = Field(
        None, description="Nominal frequency, 50 or 60 [Hz]; needed where milliseconds are simulated."
    )
    short_circuit_mva: Positive | None = quantity(
        "MVA", "Short-circuit power at the point of connection; needed where milliseconds are simulated", None
    )
    x_over_r: Positive = quantity(
        "", "Reactance / resistance of the grid behind the point of connection", 10.0
    )
    modes: dict[Name, Mode] = Field(
        {}, description="Modes of the grid near the campus, by name, as its operator gives them."
    )
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
    codes: tuple[CodeName, ...] = Field(
        (), strict=False, description="library:NAME of the grid codes the load is proved against."
    )
