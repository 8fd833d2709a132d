"""A photovoltaic plant as declared: peak power, orientation, inverter, losses, cost.

Needs    campus.fields.
Gives    Solar.
Used by  campus, physics.solar, case, cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, Size, SizeRange, quantity
from wattstack.errors import Fault


class Solar(Declared):
    """One photovoltaic plant; `power_mw` is the DC peak under standard test conditions.

    Example:
        >>> Solar(power_mw=60, tilt_deg=10).inverter_frac
        0.9
    """

    power_mw: Size = quantity("MW DC", "Peak power of the modules: a number stands, a range is planned")
    tilt_deg: float = quantity("deg", "Tilt from the horizontal", 10.0, ge=0, le=90)
    azimuth_deg: float = quantity("deg", "Azimuth, clockwise from north: 180 = south", 180.0, ge=0, le=360)
    inverter_frac: float = quantity("", "Rating of the inverters AC / power_mw", 0.9, gt=0, le=2)
    losses_frac: float = quantity("", "Soiling, mismatch, wiring, availability", 0.12, ge=0, lt=1)
    albedo: Frac = quantity("", "Share of the light that the ground reflects", 0.2)
    kind: Literal["fixed"] = Field("fixed", description="Mounting; fixed is the only one yet.")
    capital_per_mw: NotNegative = quantity("currency/MW", "Investment per MW DC", 0.0)
    fixed_per_mw_year: NotNegative = quantity("currency/MW/year", "Fixed operation and maintenance", 0.0)
    life_years: Positive = quantity("years", "Life, then it is replaced", 25.0)

    def faults(self) -> Iterable[Fault]:
        """A planned size without a price."""
        if isinstance(self.power_mw, SizeRange) and "capital_per_mw" not in self.model_fields_set:
            yield Fault(
                "capital_per_mw",
                "is missing, must be given where the plan chooses power_mw. Write 0 if it is free.",
            )
