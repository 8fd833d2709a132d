"""The declared rules as numbers for the compiled chain, and their answers in words.

Needs    campus.Control, control.kernel.
Gives    rule_arrays, reason_text, REASONS.
Used by  twin, operate; what each rule asks for is written down once, in control.kernel.rules.
"""

from __future__ import annotations

import numpy as np

from wattstack.campus import Control
from wattstack.control.kernel import rows

KIND_OF = {
    "limit": rows.LIMIT,
    "reserve": rows.RESERVE,
    "ramp": rows.RAMP,
    "peak": rows.PEAK,
    "plan": rows.PLAN,
    "time_of_use": rows.TIME_OF_USE,
    "self_consumption": rows.SELF_CONSUMPTION,
    "refill": rows.REFILL,
}

REASONS = {
    rows.LIMIT: "keeps import and export inside what the grid allows",
    rows.RESERVE: "brings the reserve back, or keeps the room for swings",
    rows.RAMP: "slows the change of the import",
    rows.PEAK: "keeps the metering interval at its target",
    rows.PLAN: "follows the plan of the next hours",
    rows.TIME_OF_USE: "charges cheap and discharges dear hours of the day",
    rows.SELF_CONSUMPTION: "takes what the campus has over, gives what it lacks",
    rows.REFILL: "refills to be ready",
    rows.IDLE: "nothing asks for it",
    rows.POWER: "is at the end of what it can do",
    rows.ISLAND: "carries the campus without the grid",
}


def rule_arrays(control: Control) -> tuple[np.ndarray, np.ndarray]:
    """Kinds (rules,) in order of priority and parameters (rules, 2) of the compiled chain.

    Args:
        control: As declared; `limit` stands first even where it is not named, for what the grid allows is no
        choice.

    Example:
        >>> kinds, params = rule_arrays(Control(kind="rules", rules=("peak", "self_consumption")))
        >>> kinds.tolist()
        [0, 3, 6]
    """
    names = control.priority if "limit" in control.priority else ("limit", *control.priority)
    params = np.zeros((len(names), 2))
    for place, name in enumerate(names):
        if name == "reserve":
            params[place, rows.P_FIRST] = control.reserve_power_frac
        elif name == "ramp":
            params[place, rows.P_FIRST] = control.ramp_mw_per_min or np.inf
        elif name == "refill":
            params[place] = control.refill_frac, control.refill_power_frac
    return np.array([KIND_OF[name] for name in names], np.int64), params


def reason_text(code: int) -> str:
    """Why the battery does what it does, for logs and pages.

    Example:
        >>> reason_text(3)
        'keeps the metering interval at its target'
    """
    return REASONS[int(code)]
