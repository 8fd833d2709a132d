"""What one visit of the kernel leaves: a cut, and the error of a limit that no running meets.

Gives    Cut, OutOfReachError.
Used by  dispatch.run, plan.cuts, plan.master.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattstack.dispatch import kernel
from wattstack.errors import InfeasibleError

PROVEN = 1e-10  # V - D below this share of the cost counts as closed: rounding over a year of steps


class Cut(NamedTuple):
    """One visit of a Runner. B blocks, n size columns, in the order of problem.sizes.

    Attributes:
        value: Least cost at these sizes. dual: the lower bound from the prices below.
        const, grad: Per block, cost >= const + grad . sizes + last x e_end - first x e_begin; shapes (B,), (B, n).
        last: Value of stored energy at the end of each block; first: at its begin (self-discharge in it).
        slope: Change of cost per unit of each size, stored energy at block ends included; shape (n,).
        price, cap_price, stored_price: mu, nu, pi by step.
        start_mwh, first_step, made: What walk needs to write the schedule out.
    """

    value: float
    dual: float
    const: np.ndarray
    grad: np.ndarray
    last: np.ndarray
    first: np.ndarray
    slope: np.ndarray
    price: np.ndarray
    cap_price: np.ndarray
    stored_price: np.ndarray
    start_mwh: float
    first_step: int
    made: tuple[np.ndarray, np.ndarray, np.ndarray]

    @property
    def proven(self) -> bool:
        """Whether the prices prove the cost optimal, up to rounding."""
        return self.value - self.dual <= PROVEN * (1.0 + abs(self.value))


class OutOfReachError(InfeasibleError):
    """A limit of the storage that no running meets: which, in what step and by how much."""

    def __init__(self, status: int, step: int, amount_mwh: float):
        self.status, self.step = status, step
        super().__init__(
            f"step {step}: supply ends {amount_mwh:.6g} MWh below the load. Give an unserved line."
            if status == kernel.NO_SUPPLY
            else f"step {step}: stored energy cannot fall fast enough, it ends {amount_mwh:.6g} MWh above its "
            "ceiling. Raise the ceiling or the discharge limit."
        )
