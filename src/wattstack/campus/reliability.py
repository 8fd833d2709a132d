"""How often things fail and how long that lasts: the grid, and the blocks of a battery.

Needs    campus.fields.
Gives    OutageHours, GridReliability, BlockReliability.
Used by  campus.grid, campus.battery, twin, prove. Generators say it of themselves (campus.generator).

Published figures are means over thousands of sites; one site may be far from them. Give your own where they are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log

from pydantic import Field

from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, quantity
from wattstack.errors import Fault

_Z95 = 1.6448536269514722  # standard normal quantile at 95 %


class OutageHours(Declared):
    """How long an outage lasts: log-normal, by its median and the length that 5 % exceed.

    Source:
        RTE 2021 without exceptional events: 244 s a year over 0.33 interruptions a site, a mean of 0.205 h (CRE
        deliberation 2022-157). These two numbers have that mean; their spread is an assumption.

    Example:
        >>> round(OutageHours().mean_h, 2)
        0.21
    """

    median: Positive = quantity("h", "Half of all outages are shorter", 0.05)
    p95: Positive = quantity("h", "5 % of all outages are longer", 0.8)

    @property
    def mu(self) -> float:
        """Mean of the logarithm of the hours."""
        return log(self.median)

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm of the hours."""
        return log(self.p95 / self.median) / _Z95

    @property
    def mean_h(self) -> float:
        """Mean length [h]."""
        return exp(self.mu + 0.5 * self.sigma**2)

    def faults(self) -> Iterable[Fault]:
        """95 % shorter than the median."""
        if self.p95 < self.median:
            yield Fault(
                "p95", f"is {self.p95:g} h, must not be below the median {self.median:g} h. Raise p95."
            )


class GridReliability(Declared):
    """Outages at the point of connection.

    Source:
        0.33 interruptions a site and year: RTE 2021, sites on the transmission grid, short and long, without
        exceptional events (CRE deliberation 2022-157). For comparison, customers in Japan 2015: 0.13 a year, about
        20 min (FEPC). Common cause: assumption.

    Example:
        >>> GridReliability(outages_per_year=2).outage_h.median
        0.05
    """

    outages_per_year: NotNegative = quantity("1/year", "Outages of the whole connection", 0.33)
    outage_h: OutageHours = Field(
        default_factory=OutageHours, description="Length of an outage, {median, p95} [h]."
    )
    common_cause_frac: Frac = quantity(
        "",
        "Share of outages whose cause (storm, flood, earthquake) keeps the generators from starting too",
        0.01,
    )


class BlockReliability(Declared):
    """Failures of a battery's blocks: what one converter carries fails as a whole.

    Source:
        Assumptions: one failure of a block in two years and two days until it is mended, 99.7 % available; makers
        guarantee 97-99 % of a plant, planned work included.

    Example:
        >>> round(BlockReliability().availability_frac, 4)
        0.9973
    """

    failures_per_year: NotNegative = quantity("1/year", "Failures of one block", 0.5)
    repair_h: Positive = quantity("h", "Mean time until it is mended", 48.0)
    blocks: int = quantity("", "Blocks that fail one by one", 10, ge=1, le=10_000)
    common_cause_frac: Frac = quantity("", "Share of failures that take all blocks at once", 0.02)

    @property
    def availability_frac(self) -> float:
        """Share of time a block is there, failures and repairs in their long mean."""
        return 1.0 / (1.0 + self.failures_per_year * self.repair_h / 8760.0)
