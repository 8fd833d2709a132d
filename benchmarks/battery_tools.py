"""Our battery, ready to run a case again and again.

Needs    wattstack.physics, parity.profiles.
Gives    make_battery_tool, RACKS.
Used by  benchmarks.tools.

One block of LFP cells of the library, 1 MW and 2 MWh, with RC pairs, hysteresis, heat, cooling, converter, transformer,
auxiliaries, calendar ageing and rainflow. Seconds are those of the processor: one thread, whatever else it does.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from benchmarks.peers import Answer
from parity.profiles import ambient_degc, busy_year
from wattstack.physics.kernel.batch import advance_all

STEP_S = 60.0
RATED_MW, NAMEPLATE_MWH = 1.0, 2.0
BATTERIES, BATCH_STEPS = 1000, 30 * 1440
RACKS, PLANT_MWH, PLANT_MW = 186 * 12, 1000.0, 500.0  # 186 containers of twelve racks
NOTHING = np.empty(0)


def make_battery_tool(case_name: str) -> Callable[[], Answer]:
    """Ours on "year" (one battery), "batch" (a thousand, thirty days) or "plant" (every rack of 1 GWh, a year)."""
    year = busy_year(STEP_S)
    if case_name == "year":
        return _one(year)
    if case_name == "batch":
        return _many([(RATED_MW, NAMEPLATE_MWH)] * BATTERIES, year[:BATCH_STEPS])
    return _many([(PLANT_MW / RACKS, PLANT_MWH / RACKS)] * RACKS, year)


def _specs(sizes: list[tuple[float, float]]) -> list:
    """Blocks of these MW and MWh, each a little different from the next where there are several."""
    from wattstack.physics import BlockSpec, ageing_of, cell_of

    cell = cell_of("lfp-grid-2026")
    laws = ageing_of(cell)
    spread = (
        np.random.default_rng(3).normal(1.0, 0.01, (len(sizes), 2)) if len(sizes) > 1 else np.ones((1, 2))
    )
    return [
        BlockSpec(
            f"b{i}", cell, laws, mwh, mw, mw, soc_low=0.05, soc_high=0.95, capacity_frac=q, resistance_frac=r
        )
        for i, ((mw, mwh), (q, r)) in enumerate(zip(sizes, spread.tolist(), strict=True))
    ]  # fmt: skip


def _one(share: np.ndarray) -> Callable[[], Answer]:
    from wattstack.physics import simulate_battery

    spec = _specs([(RATED_MW, NAMEPLATE_MWH)])[0]
    setpoint_mw, outside = RATED_MW * share, ambient_degc(share.size, STEP_S, 20.0, 5.0)
    simulate_battery(spec, setpoint_mw, outside, STEP_S)  # warm: compiled, and its pages of memory known

    def run() -> Answer:
        began = time.process_time()
        shown = simulate_battery(spec, setpoint_mw, outside, STEP_S)
        seconds = time.process_time() - began
        return Answer(seconds, float(shown["capacity_frac"][-1]), NOTHING, NOTHING)

    return run


def _many(sizes: list[tuple[float, float]], share: np.ndarray) -> Callable[[], Answer]:
    from wattstack.physics import make_blocks
    from wattstack.physics.kernel import layout as at

    specs = _specs(sizes)
    rated_mw = np.array([mw for mw, _ in sizes])
    outside = ambient_degc(share.size, STEP_S, 20.0, 5.0)
    flows = np.zeros((at.NFLOW, len(specs)))

    def run() -> Answer:
        made = make_blocks(specs)
        _drive(
            (made.blocks, made.ageing, made.state.copy(), made.age.copy()),
            rated_mw,
            share[:2],
            outside,
            flows,
        )
        began = time.process_time()
        _drive((made.blocks, made.ageing, made.state, made.age), rated_mw, share, outside, flows)
        seconds = time.process_time() - began
        return Answer(seconds, float(made.age[at.CAPACITY].mean()), NOTHING, NOTHING)

    return run


@njit
def _drive(moved, rated_mw, share, outside, flows):
    """All blocks through one course of setpoints, each its share of it."""
    blocks, ageing, state, age = moved
    asked = np.empty_like(rated_mw)
    for t in range(share.size):
        for b in range(asked.size):
            asked[b] = share[t] * rated_mw[b]
        advance_all(blocks, ageing, state, age, asked, outside[t], STEP_S, flows)
