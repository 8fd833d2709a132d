"""Compiled loops of the plan. Unchecked: enter by plan.simplex and plan.portfolio.known."""

from wattstack.plan.kernel.cuts import highest, write_rows
from wattstack.plan.kernel.simplex import (
    DRIFTED,
    EITHER,
    FREE,
    INFEASIBLE,
    LOWER,
    OPTIMAL,
    STUCK,
    UPPER,
    descend,
)  # fmt: skip

__all__ = [
    "DRIFTED", "EITHER", "FREE", "INFEASIBLE", "LOWER", "OPTIMAL", "STUCK", "UPPER", "descend", "highest", "write_rows",
]  # fmt: skip
