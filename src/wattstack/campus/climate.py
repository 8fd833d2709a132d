"""What keeps the cells at their temperature, and what that draws.

Needs    campus.fields.
Gives    Climate.
Used by  campus.battery, physics.battery (the heat of a container).

Powers are per MWh of nameplate, so that a range of sizes needs no second number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from wattstack.campus.fields import Declared, NotNegative, Number, Positive, quantity
from wattstack.errors import Fault


class Climate(Declared):
    """Cooling and heating of a battery's containers; `none` blows outdoor air through, fans always on.

    Source:
        Assumptions: 60 kW of chiller and 20 kW of heater on a container of 5 MWh, 2 kW of controls; COP of a chiller
        with outdoor air at 35 degC.

    Example:
        >>> Climate(kind="none").setpoint_degc
        25.0
    """

    kind: Literal["liquid", "air", "none"] = Field(
        "liquid",
        description="What takes the heat away: cooled liquid, cooled air, or none, outdoor air blown through.",
    )
    setpoint_degc: float = quantity("degC", "Temperature it holds", 25.0, ge=-20, le=60)
    band_k: Positive = quantity("K", "It starts this far off the setpoint and stops there", 3.0)
    cop: Positive = quantity("", "Heat taken away per electricity, outdoor air at 35 degC", 3.0)
    cooling_kw_per_mwh: NotNegative = quantity("kW/MWh", "Heat it can take away per nameplate MWh", 12.0)
    heating_kw_per_mwh: NotNegative = quantity(
        "kW/MWh", "Heat it can give per nameplate MWh, by resistance", 4.0
    )
    fan_kw_per_mwh: NotNegative = quantity("kW/MWh", "Pumps or fans while it works, per nameplate MWh", 0.5)
    idle_kw_per_mwh: NotNegative = quantity("kW/MWh", "Controls, always on, per nameplate MWh", 0.4)
    temp_min_degc: Number | None = quantity(
        "degC", "Cells below it do nothing; absent = as the cell allows", None
    )
    temp_max_degc: Number | None = quantity(
        "degC", "Cells above it do nothing; absent = as the cell allows", None
    )

    def faults(self) -> Iterable[Fault]:
        """A window of temperature that is empty, or that the setpoint lies outside of."""
        low, high = self.temp_min_degc, self.temp_max_degc
        if low is not None and high is not None and low >= high:
            yield Fault(
                "temp_min_degc",
                f"is {low:g}, must be below temp_max_degc {high:g}: no temperature is allowed. Lower it, or raise "
                "temp_max_degc.",
            )
            return
        if self.kind == "none":
            return
        if low is not None and self.setpoint_degc - self.band_k < low:
            yield Fault(
                "setpoint_degc",
                f"is {self.setpoint_degc:g}, and {self.band_k:g} K below it cells are under temp_min_degc {low:g}. "
                "Raise the setpoint, or narrow band_k.",
            )
        if high is not None and self.setpoint_degc + self.band_k > high:
            yield Fault(
                "setpoint_degc",
                f"is {self.setpoint_degc:g}, and {self.band_k:g} K above it cells are over temp_max_degc {high:g}. "
                "Lower the setpoint, or narrow band_k.",
            )
