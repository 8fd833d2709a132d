"""A generator as declared: fuel, efficiency, limits, emission, cost.

Needs    campus.fields, campus.contract.Rate.
Gives    Generator.
Used by  campus, physics.generator, case, cost.

Fuel energy is on the lower heating value, as IPCC emission factors are.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from wattstack.campus.contract import Rate
from wattstack.campus.fields import Declared, Frac, Name, NotNegative, Positive, Size, SizeRange, quantity
from wattstack.errors import Fault

FUEL_MWH_PER_MWH = 2.2  # gas engine of 45 % electric efficiency, usual, assumption


class Generator(Declared):
    """One generator or group of equal units. `fuel` fills price and emission where they are not given.

    The plan does not read `units` and what comes after it: the twin does, and what comes after `common_cause_frac` is
    the live system's alone.

    Example:
        >>> Generator(power_mw=40, fuel_price_per_mwh=50, emission_kg_per_mwh=444).om_per_mwh
        0.0
    """

    fuel: Name | None = Field(
        None, description="Name of a fuel of the library (lng, diesel, hydrogen); fills price and emission."
    )
    power_mw: Size = quantity("MW", "Electric power: a number stands, a range is planned")
    fuel_mwh_per_mwh: float = quantity(
        "MWh/MWh", "Fuel (lower heating value) per MWh electric", FUEL_MWH_PER_MWH, ge=1, le=20
    )
    fuel_price_per_mwh: Rate = quantity(
        "currency/MWh", "Price of fuel, per MWh of fuel (lower heating value)"
    )
    om_per_mwh: NotNegative = quantity(
        "currency/MWh", "Variable operation and maintenance per MWh electric", 0.0
    )
    emission_kg_per_mwh: NotNegative = quantity("kg/MWh", "CO2 per MWh electric")
    availability_frac: Frac = quantity("", "Share of power_mw that can be counted on", 1.0)
    minimum_frac: Frac = quantity("", "Least power while running / power_mw", 0.0)
    start_cost_per_mw: NotNegative = quantity("currency/MW", "Cost of one start per MW of power_mw", 0.0)
    capital_per_mw: NotNegative = quantity("currency/MW", "Investment per MW", 0.0)
    fixed_per_mw_year: NotNegative = quantity("currency/MW/year", "Fixed operation and maintenance", 0.0)
    life_years: Positive = quantity("years", "Life, then it is replaced", 20.0)
    units: int = quantity(
        "", "Equal units that power_mw is made of; each starts and fails by itself", 1, ge=1, le=1000
    )
    start_s: NotNegative = quantity("s", "Time from the call to full power", 600.0)
    ramp_frac_per_s: float = quantity(
        "1/s", "Change of power in a second once it runs / power_mw", 0.01, gt=0, le=10
    )
    start_failure_frac: Frac = quantity("", "Share of starts that fail", 0.005)
    mtbf_h: Positive = quantity("h", "Mean running time between two failures", 1500.0)
    repair_h: Positive = quantity("h", "Mean time until it is mended", 24.0)
    common_cause_frac: Frac = quantity("", "Share of its failures that hit all units at once", 0.05)
    start_tries: int = quantity(
        "", "Starts that are tried one after the other before it is left alone", 2, ge=1, le=10
    )
    start_pause_s: NotNegative = quantity("s", "From a start that failed to the next", 10.0)
    least_run_s: NotNegative = quantity("s", "It runs at least so long", 300.0)
    cooldown_s: NotNegative = quantity("s", "It runs without load for so long before it is stopped", 60.0)
    least_rest_s: NotNegative = quantity("s", "It rests at least so long, while the grid is there", 60.0)

    def faults(self) -> Iterable[Fault]:
        """Minimum above what is available; a planned size without a price."""
        if self.minimum_frac > self.availability_frac:
            yield Fault(
                "minimum_frac",
                f"is {self.minimum_frac:g}, must not be above availability_frac {self.availability_frac:g}. "
                "Lower minimum_frac.",
            )
        if isinstance(self.power_mw, SizeRange) and "capital_per_mw" not in self.model_fields_set:
            yield Fault(
                "capital_per_mw",
                "is missing, must be given where the plan chooses power_mw. Write 0 if it is free.",
            )
