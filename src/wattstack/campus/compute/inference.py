"""Serving models: GPUs whose power follows requests, by the day and in bursts.

Needs    campus.fields, campus.compute.jobs.
Gives    Inference.
Used by  campus.load, physics.serving.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from wattstack.campus.compute.jobs import ServerName
from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, quantity
from wattstack.errors import Fault


class Inference(Declared):
    """A fleet that serves: power / full = base_frac + slope_frac x utilisation, a step and a slope.

    Source:
        base 0.12 and slope 0.68: NLR plant of 283 nodes, 0.257/0.392/0.528/0.663 MW of 1 MW at 20/40/60/80 %.
        Day: peak / mean 1.25-1.57, trough 0.60-0.80, ServeGen (Alibaba), 14 days. Bursts: coefficient of variation
        of arrivals 1.6-5.9, the same. How long a burst holds on: assumption.

    Example:
        >>> Inference(gpus=8000, power_per_gpu_kw=1.3).utilisation_frac
        0.5
    """

    gpus: int = quantity("", "GPUs that serve", gt=0)
    server: ServerName | None = Field(None, description="library:NAME of its servers; absent = the hall's.")
    power_per_gpu_kw: Positive = quantity(
        "kW", "Power of a full node at its input / its GPUs; the server brings it"
    )
    base_frac: Frac = quantity("", "Power with no request / full", 0.12)
    slope_frac: Frac = quantity("", "Power that full use adds / full", 0.68)
    utilisation_frac: Frac = quantity("", "Mean utilisation over a day", 0.5)
    peak_frac: float = quantity("", "Highest hour of the day / mean", 1.4, ge=1, le=4)
    trough_frac: Frac = quantity("", "Lowest hour of the day / mean", 0.7)
    peak_hour: NotNegative = quantity("h", "Hour of the local clock with most requests", 15.0, lt=24)
    requests_per_s: Positive = quantity("1/s", "Mean rate of requests of the fleet", 1000.0)
    burst_cv: Positive = quantity(
        "", "Coefficient of variation of the time between requests; 1 = chance alone", 2.0
    )
    request_s: Positive = quantity("s", "Time a request keeps its GPU", 8.0)

    @property
    def full_mw(self) -> float:
        """Power of all its nodes at full load [MW]."""
        return self.gpus * self.power_per_gpu_kw / 1000.0

    def faults(self) -> Iterable[Fault]:
        """More than full power at full use; a day whose peak is above full use."""
        if self.base_frac + self.slope_frac > 1.0 + 1e-9:
            yield Fault(
                "slope_frac",
                f"is {self.slope_frac:g}, with base_frac {self.base_frac:g} more than full power. Lower one of "
                "them.",
            )
        if self.utilisation_frac * self.peak_frac > 1.0:
            yield Fault(
                "peak_frac",
                f"is {self.peak_frac:g}, with utilisation_frac {self.utilisation_frac:g} the peak is above 1. "
                "Lower one of them.",
            )
