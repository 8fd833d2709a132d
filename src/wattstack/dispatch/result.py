"""What dispatch answers: cost, certificate, schedule, shadow prices and gradient.

Gives    Dispatch.
Used by  dispatch.kernel, dispatch.linear, plan, report.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Dispatch:
    """The best running found, and the proof of how good it is. Arrays have shape (steps,).

    Attributes:
        value: Cost of running [currency].
        bound: Lower bound on that cost from the shadow prices; value - bound is the certificate.
        solver: "kernel", "piqp" or "highs": which one answered.
        take_mw: Power taken from each supply line, by name. For "export" it is what is *not* exported
            of the limit; the power sold is export_mw.
        export_mw: Power sold, >= 0.
        charge_mw, discharge_mw: By storage name, at the bus, >= 0.
        stored_mwh: By storage name, energy at the end of each step.
        price_per_mwh: Price of energy on the campus bus (mu).
        cap_price_per_mwh: Price of the metered peak in each step (nu), >= 0.
        stored_price_per_mwh: By storage name, value of one more MWh stored at the end of the step (pi).
        gradient: Change of cost per unit of each size column.
        burnt_mwh: Energy lost by charging and discharging at once.
        burnt_worth: At most what forbidding that would cost [currency].
        proven: False where a property of the problem (the edge of the feasible) leaves bound < value.
    """

    value: float
    bound: float
    solver: str
    take_mw: dict[str, np.ndarray]
    export_mw: np.ndarray
    charge_mw: dict[str, np.ndarray]
    discharge_mw: dict[str, np.ndarray]
    stored_mwh: dict[str, np.ndarray]
    price_per_mwh: np.ndarray
    cap_price_per_mwh: np.ndarray
    stored_price_per_mwh: dict[str, np.ndarray]
    gradient: dict[str, float] = field(default_factory=dict)
    burnt_mwh: float = 0.0
    burnt_worth: float = 0.0
    proven: bool = True
