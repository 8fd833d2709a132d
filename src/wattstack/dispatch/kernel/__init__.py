"""The compiled dispatch kernel: merge and trim forwards, prices and rents backwards. Unchecked: enter by dispatch.run.

One storage on one bus. F(e) = least cost to arrive at stored energy e is convex and piecewise linear. A step
merges the segments of its own cost into F by slope and trims F to [floor, ceiling]. What is trimmed on the
left is taken for good, and tells the schedule; the slopes at the two cuts tell the shadow prices. The merging
is an infimal convolution of convex piecewise-linear functions (Rockafellar, Convex Analysis, 1970, theorem
16.4); the recursion is dynamic programming in the stored energy.
"""

from wattstack.dispatch.kernel.blocks import join_blocks, join_tasks
from wattstack.dispatch.kernel.bus import price_lines, price_store, run_idle, run_moving
from wattstack.dispatch.kernel.merge import FULL, NO_CEILING, NO_SUPPLY, OK, new_heap
from wattstack.dispatch.kernel.once import run_once
from wattstack.dispatch.kernel.order import limits_at, sort_lines
from wattstack.dispatch.kernel.prices import close_blocks
from wattstack.dispatch.kernel.schedule import walk

__all__ = [
    "FULL", "NO_CEILING", "NO_SUPPLY", "OK", "close_blocks", "join_blocks", "join_tasks", "limits_at", "new_heap",
    "price_lines", "price_store", "run_idle", "run_moving", "run_once", "sort_lines", "walk",
]  # fmt: skip
