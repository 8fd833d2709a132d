"""How money at different times is weighed, and what unserved load and carbon cost.

Needs    campus.fields, campus.currency.
Gives    Finance, Carbon.
Used by  campus, case, cost, plan.

Real terms: the discount rate is real and one year of series stands for every year of the horizon.
"""

from __future__ import annotations

from pydantic import Field

from wattstack.campus.currency import Currency
from wattstack.campus.fields import Declared, Level, NotNegative, Positive, quantity


class Finance(Declared):
    """Discounting, horizon, price of unserved load, rates of exchange for library prices.

    Example:
        >>> Finance().horizon_years
        20
    """

    discount_rate_frac: float = quantity("1/year", "Real discount rate", 0.07, ge=0, lt=1)
    horizon_years: int = quantity("years", "Years looked at", 20, ge=1, le=100)
    lost_load_per_mwh: Positive | None = quantity(
        "currency/MWh", "Cost of unserved load; absent = it is not allowed", None
    )
    exchange: dict[Currency, Positive] = Field(
        {}, description="Units of the campus currency per unit of another, for prices from the library."
    )


class Carbon(Declared):
    """Carbon of the grid and its price; fuel brings its own."""

    intensity_kg_per_mwh: Level = quantity("kg/MWh", "CO2 of a MWh of import: a number, or series:NAME", 0.0)
    price_per_t: NotNegative = quantity("currency/t", "Price of a tonne of CO2", 0.0)
