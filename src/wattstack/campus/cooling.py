"""How the heat of the halls is carried away: fans, pumps, and a chiller where the air outside is too warm.

Needs    campus.fields.
Gives    Cooling.
Used by  campus, physics.cooling (the law), case.

Defaults are engineering assumptions, to be replaced by site data: fans and pumps 3 % of IT for liquid (8 %
for air), cubic in flow with 40 % as the least, approach 8-10 K, rated chiller COP 5-9, lag 1-15 min.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from wattstack.campus.fields import Declared, Frac, NotNegative, quantity

BY_KIND = {
    "liquid": {"supply_degc": 32.0, "fan_pump_frac": 0.03},
    "air": {"supply_degc": 24.0, "fan_pump_frac": 0.08},
}


class Cooling(Declared):
    """Cooling of all halls. Liquid to the chip allows warmer water than air does.

    Example:
        >>> Cooling(kind="air").supply_degc
        24.0
    """

    kind: Literal["liquid", "air"] = Field("liquid", description="What carries the heat out of the racks.")
    supply_degc: float = quantity(
        "degC", "Supply temperature to the racks (liquid 32, air 24)", 32.0, ge=5, le=60
    )
    approach_k: float = quantity(
        "K", "Supply above wet bulb that towers reach without a chiller", 9.0, ge=0, le=30
    )
    fan_pump_frac: float = quantity(
        "", "Fans and pumps at full flow, per MW of IT at rating (liquid 0.03, air 0.08)", 0.03, ge=0, le=0.5
    )
    minimum_flow_frac: Frac = quantity("", "Least flow / full flow", 0.4)
    chiller_cop: float = quantity("", "Heat moved per electricity of the chiller", 6.0, gt=1, le=20)
    lag_s: NotNegative = quantity(
        "s", "Time constant with which its power follows the heat, in the transient twin only", 180.0
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_kind(cls, value: Any) -> Any:
        if isinstance(value, dict):
            kind = value.get("kind", "liquid")
            return {**BY_KIND.get(kind, {}), **value} if isinstance(kind, str) else value
        return value
