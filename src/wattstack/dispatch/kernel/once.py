"""Once round the axis and back: schedule, prices, and the cut they make, in one compiled call.

Needs    kernel.merge, kernel.prices.
Gives    run_once.
Used by  dispatch.run.
"""

from numba import njit

from wattstack.dispatch.kernel.merge import OK, forward
from wattstack.dispatch.kernel.prices import backward, close_blocks, stored_prices


@njit(cache=True, nogil=True)
def run_once(first, energy, end, cyclic, state, fixed, heap, out):
    """Least cost from `energy` MWh before step `first`, and its cut.

    Args:
        first, energy, end, heap: See merge.forward. cyclic: Whether the energy after the last step is that before
            the first.
        state: (supply, caps, store) at these sizes, see merge.forward.
        fixed: What no size moves: (demand, limits, there, cap_of, block, split, ends, begins, closing, eff, keep,
            slack, step_h), see prices.backward and prices.close_blocks; `ends` and `begins` are the blocks' steps.
        out: (steps, rough, const, grad, last, begin, slope) to fill: xmin, taken, lent, pi, mu and nu, shape
            (6, steps); three rows to work in; the cut by block, what stored energy is worth at the blocks' ends and
            begins, and the slope of the whole.

    Returns:
        status, step, amount, value as merge.forward, and the value of the cut.
    """
    supply, caps, store = state
    demand, limits, there, cap_of, block, split, ends, begins, closing, eff, keep, slack, step_h = fixed
    steps, rough, const, grad, last, begin, slope = out
    pi, cut_lo, cut_hi, following = steps[3], rough[0], rough[1], rough[2]
    schedule = (steps[0], steps[1], steps[2], cut_lo, cut_hi)
    status, step, amount, value = forward(
        first, energy, end, supply, caps, store, eff, keep, slack, heap, schedule
    )
    if status != OK:
        return status, step, amount, value, 0.0
    pi[:] = 0.0
    stored_prices(first, max(end[2], 0.0), cyclic, keep, cut_lo, cut_hi, pi)
    for t in range(len(pi) - 1):
        following[t] = keep * pi[t + 1]
    following[-1] = 0.0  # unused: block ends are left to the caller
    backward(
        pi, following, supply, caps, cap_of, step_h, store, demand, limits, eff, block, split,
        (steps[4], steps[5], const, grad),
    )  # fmt: skip
    for b in range(len(ends)):
        last[b], begin[b] = pi[ends[b]], keep * pi[begins[b]]
    return (
        status,
        step,
        amount,
        value,
        close_blocks(last, begin, const, grad, there, supply[7], closing, slope),
    )
