"""One function runs a year: the kernel where it is exact, else the linear path.

Needs    dispatch.problem, result, run (kernel), linear.
Gives    dispatch_year, why_not_kernel.
Used by  plan, report, tests.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattstack.dispatch.linear.integer import sells_above_buy
from wattstack.dispatch.problem import Problem
from wattstack.dispatch.result import Dispatch


def why_not_kernel(problem: Problem, sizes: Mapping[str, float] | None = None) -> str | None:
    """What the kernel does not hold of this problem, in words; None where it is exact.

    Args:
        problem: One site over one axis.
        sizes: Every size column; None asks for all sizes at once: every line may then stand.

    Example:
        >>> from wattstack.dispatch import Amount, Commitment, Problem, Supply
        >>> gas = Supply("generator.gas", "generator", 90.0, Amount(10.0))
        >>> why_not_kernel(Problem(1.0, np.ones(2), (gas,), commitments=(Commitment("generator.gas", 0.4),)))
        'generator.gas has a minimum load or a start cost, which needs whole numbers'
    """
    if len(problem.storages) > 1:
        names = " and ".join(s.name for s in problem.storages)
        return f"{names} are several storages on one bus, the kernel holds one"
    if problem.commitments:
        unit = problem.commitments[0].supply
        return f"{unit} has a minimum load or a start cost, which needs whole numbers"
    if problem.cap_steps > 1 and problem.caps:
        return f"the peak is metered over {problem.cap_steps} steps, the kernel meters every step"
    stands = dict.fromkeys(problem.sizes, 1.0) if sizes is None else sizes
    steps = np.flatnonzero(sells_above_buy(problem, lambda amount: amount.at(stands)))
    if len(steps):
        more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
        return f"step {steps[0]}{more}: selling pays more than buying costs, and one meter cannot do both"
    return None


def dispatch_year(problem: Problem, sizes: Mapping[str, float], gap_frac: float = 1e-6) -> Dispatch:
    """The best running of a site at given sizes, with its proof, prices and gradient.

    Args:
        problem: One site over one axis.
        sizes: Every size column of the problem, in MW or MWh.
        gap_frac: Where a search over integers may stop.

    Returns:
        Dispatch; its `solver` says who answered: "kernel", "piqp" or "highs".

    Raises:
        StateError: A size is missing or negative.
        InfeasibleError: No running meets the limits; says the first step and by how much.

    Example:
        >>> from wattstack.dispatch import Amount, Problem, Storage, Supply
        >>> grid = Supply("grid", "import", np.array([10.0, 50.0]), Amount(np.inf))
        >>> unit = Storage("battery", Amount(1.0), Amount(1.0), ceiling=Amount(1.0), start_mwh=0.0)
        >>> dispatch_year(Problem(1.0, np.array([2.0, 2.0]), (grid,), (unit,)), {}).value
        80.0
    """
    problem.require(sizes)
    if why_not_kernel(problem, sizes) is None:
        from wattstack.dispatch.run import kernel_dispatch

        return kernel_dispatch(problem, sizes)
    from wattstack.dispatch.linear.solve import linear_dispatch

    return linear_dispatch(problem, sizes, gap_frac=gap_frac)
