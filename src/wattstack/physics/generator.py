"""What a MWh of a generator costs: its fuel and its wear.

Needs    campus.Generator.
Gives    running_cost_per_mwh.
Used by  case. Carbon is priced where carbon is priced (dispatch, cost), not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattstack.campus import Generator


def running_cost_per_mwh(generator: Generator, fuel_price_per_mwh: Any) -> Any:
    """Marginal cost of electricity, the same at every load.

    Args:
        generator: As declared on the campus.
        fuel_price_per_mwh: Price of fuel, per MWh of fuel on the lower heating value, number or array.

    Returns:
        Cost per MWh electric, in the shape of the price, carbon not included.

    Source:
        Energy balance. One heat rate for all loads is an assumption; part load of gas engines costs a few
        percent more.

    Example:
        >>> from wattstack.campus import Generator
        >>> unit = Generator(
        ...     power_mw=40, fuel_mwh_per_mwh=2.0, fuel_price_per_mwh=50, om_per_mwh=5, emission_kg_per_mwh=0
        ... )
        >>> running_cost_per_mwh(unit, 50.0)
        105.0
    """
    return generator.fuel_mwh_per_mwh * fuel_price_per_mwh + generator.om_per_mwh
