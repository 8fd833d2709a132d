"""The storage as the kernel sees it: limits per step in MWh, linear in the sizes.

Needs    dispatch.problem, kernel.
Gives    StorageLimits, storage_limits, NO_STORAGE.
Used by  dispatch.run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattstack.dispatch import kernel
from wattstack.dispatch.problem import Amount, Problem, Storage

NO_STORAGE = Storage("none", charge=Amount(), discharge=Amount(), ceiling=Amount(), start_mwh=0.0)


@dataclass(frozen=True, slots=True)
class StorageLimits:
    """Charge, discharge, floor and ceiling in MWh: `fixed + rate x size`, shapes (4, steps) and (4,).

    Attributes:
        fixed, rate: Step amounts. size_of: Index of the size column of each, -1 for none.
        signed: Whether some limit may come out below 0, which counts as 0.
    """

    fixed: np.ndarray
    rate: np.ndarray
    size_of: np.ndarray
    signed: bool

    def some(self, steps: np.ndarray) -> StorageLimits:
        """The limits of some steps."""
        return replace(self, fixed=self.fixed[:, steps].copy(), rate=self.rate[:, steps].copy())

    def at(self, sizes: np.ndarray) -> np.ndarray:
        """The four limits at these sizes, shape (4, steps)."""
        limits = np.empty_like(self.fixed)
        kernel.limits_at(self.fixed, self.rate, self.size_of, sizes, limits)
        return np.maximum(limits, 0.0, out=limits) if self.signed else limits


def storage_limits(problem: Problem, number: int = 0) -> StorageLimits:
    """Limits of one of the problem's storages (where there is none: all zero)."""
    store = problem.storages[number] if problem.storages else NO_STORAGE
    index = {name: i for i, name in enumerate(problem.sizes)}
    amounts = (store.charge, store.discharge, store.floor, store.ceiling)
    scale = (problem.step_h, problem.step_h, 1.0, 1.0)
    fixed = np.empty((4, problem.count))
    rate = np.empty((4, problem.count))
    for row, (amount, factor) in enumerate(zip(amounts, scale, strict=True)):
        fixed[row] = np.multiply(amount.fixed, factor)
        rate[row] = np.multiply(amount.rate, factor)
    size_of = np.array([-1 if a.size is None else index[a.size] for a in amounts], np.int64)
    return StorageLimits(fixed, rate, size_of, bool((fixed < 0.0).any() or (rate < 0.0).any()))
