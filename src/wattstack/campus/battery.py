"""A battery as declared: ratings, the usable window of energy, losses, wear, cost.

Needs    campus.fields, and what it is made of: campus.converter, inverter, climate, racks, upkeep, layout,
         reliability.
Gives    Battery, Hours.
Used by  campus, case, physics.battery, cost.

`energy_mwh` is usable energy; the nameplate is energy_mwh / usable_frac and is what capital is paid for. What comes
after `life_years` is for the twin: the plan does not read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints

from wattstack.campus.climate import Climate
from wattstack.campus.converter import Converter, Transformer
from wattstack.campus.fields import (
    ROUNDING,
    Declared,
    Efficiency,
    Frac,
    Name,
    NotNegative,
    Positive,
    Size,
    SizeRange,
    largest,
    quantity,
    smallest,
)
from wattstack.campus.inverter import Inverter
from wattstack.campus.layout import Layout
from wattstack.campus.racks import Cells, Racks, Start
from wattstack.campus.reliability import BlockReliability
from wattstack.campus.upkeep import Augmentation, Strip
from wattstack.errors import Fault


class Hours(Declared):
    """Allowed ratio of energy to power [h]."""

    min: NotNegative = quantity("h", "Least energy_mwh / power_mw", 0.0)
    max: Positive = quantity("h", "Greatest energy_mwh / power_mw")

    def faults(self) -> Iterable[Fault]:
        """Min above max."""
        if self.min > self.max:
            yield Fault(
                "min", f"is {self.min:g}, must not be above max {self.max:g}. Lower min or raise max."
            )


RuleName = Annotated[str, StringConstraints(pattern=r"^library:.+$")]


class Battery(Declared):
    """One battery on the campus bus. `chemistry` fills every key that is not given, money included.

    Example:
        >>> unit = Battery(power_mw=10, energy_mwh=20, usable_frac=0.8, charge_eff=0.95, discharge_eff=0.95)
        >>> unit.nameplate_per_usable
        1.25
    """

    chemistry: str | None = Field(
        None,
        pattern=r"^library:.+$",
        description="library:NAME of a chemistry; its numbers hold where this battery gives none.",
    )
    power_mw: Size = quantity("MW", "Discharge power at the bus: a number stands, a range is planned")
    energy_mwh: Size = quantity("MWh", "Usable energy: a number stands, a range is planned")
    usable_frac: Efficiency = quantity("", "Usable energy / nameplate energy", 1.0)
    charge_eff: Efficiency = quantity("", "MWh stored per MWh drawn from the bus; the chemistry brings it")
    discharge_eff: Efficiency = quantity(
        "", "MWh given to the bus per MWh taken from the store; the chemistry brings it"
    )
    self_discharge_frac_per_h: float = quantity(
        "1/h", "Share of the stored energy lost an hour", 0.0, ge=0, lt=1
    )
    charge_power_frac: float = quantity("", "Charge power / discharge power", 1.0, gt=0, le=10)
    wear_per_mwh: NotNegative = quantity("currency/MWh", "Cost of wear per MWh discharged at the bus", 0.0)
    duration_h: Hours | None = Field(None, description="Allowed energy_mwh / power_mw [h]; absent = any.")
    capital_per_mw: NotNegative = quantity("currency/MW", "Investment per MW of power_mw", 0.0)
    capital_per_mwh: NotNegative = quantity("currency/MWh", "Investment per NAMEPLATE MWh", 0.0)
    fixed_per_mw_year: NotNegative = quantity("currency/MW/year", "Fixed operation and maintenance", 0.0)
    life_years: Positive = quantity("years", "Life, then it is replaced", 15.0)
    soc_low: Frac | None = quantity(
        "", "Lower end of the usable window, share of nameplate; absent = as much below it as above", None
    )
    start: Start = Field(default_factory=Start, description="State at the first moment.")
    cells: Cells | None = Field(
        None, description="Cells from a file of their maker; absent = the chemistry's."
    )
    converter: Converter = Field(default_factory=Converter, description="Losses of the converter.")
    inverter: Inverter = Field(
        default_factory=Inverter, description="How it answers voltage and frequency within milliseconds."
    )
    transformer: Transformer = Field(default_factory=Transformer, description="Losses of the transformer.")
    climate: Climate = Field(
        default_factory=Climate, description="What keeps the cells at their temperature."
    )
    racks: Racks = Field(default_factory=Racks, description="Containers, racks, and how far they differ.")
    augmentation: dict[Name, Augmentation] = Field({}, description="Energy added in later years, by name.")
    replace_below_frac: float | None = quantity(
        "", "Cells are renewed below this share of their first capacity; absent = never", 0.7, gt=0, lt=1
    )
    strip: Strip | None = Field(None, description="When zinc is stripped; absent = as the chemistry asks.")
    layout: Layout | None = Field(None, description="How it stands on its site; absent = not declared.")
    safety: tuple[RuleName, ...] = Field(
        (), strict=False, description="library:NAME of the safety rules its layout is checked against."
    )
    reliability: BlockReliability = Field(
        default_factory=BlockReliability, description="Failures of its blocks."
    )

    @property
    def nameplate_per_usable(self) -> float:
        """Nameplate MWh per usable MWh."""
        return 1.0 / self.usable_frac

    @property
    def soc_window(self) -> tuple[float, float]:
        """State of charge of the cells at the ends of the usable window, shares of nameplate."""
        low = (1.0 - self.usable_frac) / 2.0 if self.soc_low is None else self.soc_low
        return low, min(low + self.usable_frac, 1.0)

    def faults(self) -> Iterable[Fault]:
        """A duration that no allowed pair of sizes has; a planned size without a price; a start outside the window."""
        yield from self._window_faults()
        if self.duration_h is not None:
            yield from self._duration_faults(self.duration_h)
        planned = isinstance(self.power_mw, SizeRange) or isinstance(self.energy_mwh, SizeRange)
        if planned and not {"capital_per_mw", "capital_per_mwh"} & self.model_fields_set:
            yield Fault(
                "capital_per_mwh",
                "is missing, must be given where the plan chooses a size. Write capital_per_mwh and "
                "capital_per_mw (0 if it is free), or name a chemistry.",
            )

    def _duration_faults(self, hours: Hours) -> Iterable[Fault]:
        power, energy = self.power_mw, self.energy_mwh
        if hours.min * smallest(power) > largest(energy) * (1 + ROUNDING):
            yield Fault(
                "duration_h.min",
                f"is {hours.min:g} h: {smallest(power):g} MW would need {hours.min * smallest(power):g} MWh, "
                f"energy_mwh ends at {largest(energy):g}. Lower duration_h.min or raise energy_mwh.",
            )
        if hours.max * largest(power) * (1 + ROUNDING) < smallest(energy):
            yield Fault(
                "duration_h.max",
                f"is {hours.max:g} h: {largest(power):g} MW may hold {hours.max * largest(power):g} MWh, "
                f"energy_mwh begins at {smallest(energy):g}. Raise duration_h.max or power_mw.",
            )

    def _window_faults(self) -> Iterable[Fault]:
        if self.soc_low is not None and self.soc_low + self.usable_frac > 1.0 + ROUNDING:
            yield Fault(
                "soc_low",
                f"is {self.soc_low:g}, and usable_frac {self.usable_frac:g} above it ends at "
                f"{self.soc_low + self.usable_frac:g}, must end at 1 or below. Write {1.0 - self.usable_frac:g} or "
                "less, or lower usable_frac.",
            )
            return
        low, high = self.soc_window
        if not low - ROUNDING <= self.start.soc <= high + ROUNDING:
            yield Fault(
                "start.soc",
                f"is {self.start.soc:g}, must lie in the usable window {low:g} .. {high:g}. Write "
                f"{(low + high) / 2.0:g} for half full.",
            )
