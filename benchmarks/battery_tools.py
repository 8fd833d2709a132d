"""Our battery, ready to run a case again and again.

Needs    wattstack.physics, parity.profiles.
Gives    make_battery_tool, RACKS.
Used by  benchmarks.tools.

One block of LFP cells of the library, 1 MW and 2 MWh, with RC pairs, hysteresis, heat, cooling, converter, transformer,
auxiliaries, calendar ageing and rainflow. One battery: seconds of the processor, one thread, whatever else it does.
Many: seconds of the clock, on the cores that the process may use.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.peers import Answer
from parity.profiles import ambient_degc, busy_year

STEP_S = 60.0
RATED_MW, NAMEPLATE_MWH = 1.0, 2.0
BATTERIES, BATCH_STEPS = 1000, 30 * 1440
EACH = 12  # racks of a container
RACKS, PLANT_MWH, PLANT_MW = 186 * EACH, 1000.0, 500.0
NOTHING = np.empty(0)


def make_battery_tool(case_name: str) -> Callable[[], Answer]:
    """Ours on "year" (one battery), "batch" (a thousand, thirty days) or "plant" (every rack of 1 GWh, a year)."""
    year = busy_year(STEP_S)
    if case_name == "year":
        return _one(year)
    if case_name == "batch":
        return _batch(year[:BATCH_STEPS])
    return _plant(year)


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


def _batch(share: np.ndarray) -> Callable[[], Answer]:
    """Every battery through setpoints of its own, here all the same."""
    from wattstack.physics import make_blocks, simulate_batteries

    specs = _specs([(RATED_MW, NAMEPLATE_MWH)] * BATTERIES)
    asked = np.repeat(RATED_MW * share[:, None], BATTERIES, axis=1)
    outside = ambient_degc(share.size, STEP_S, 20.0, 5.0)

    def move(steps: int) -> Answer:
        made = make_blocks(specs)
        began = time.perf_counter()
        run = simulate_batteries(made, asked[:steps], outside[:steps], STEP_S)
        return Answer(time.perf_counter() - began, float(run["capacity_frac"][-1]), NOTHING, NOTHING)

    move(2)  # warm: compiled
    return lambda: move(share.size)


def _plant(share: np.ndarray) -> Callable[[], Answer]:
    """Every rack of a plant; racks of a container share its voltage."""
    from wattstack.physics import make_blocks, simulate_racks
    from wattstack.physics.racks import RackPlant

    specs = _specs([(PLANT_MW / RACKS, PLANT_MWH / RACKS)] * RACKS)
    outside = ambient_degc(share.size, STEP_S, 20.0, 5.0)

    def move(steps: int) -> Answer:
        made = RackPlant(make_blocks(specs), np.arange(0, RACKS + 1, EACH))
        began = time.perf_counter()
        run = simulate_racks(made, PLANT_MW * share[:steps], outside[:steps], STEP_S)
        return Answer(time.perf_counter() - began, float(run["capacity_frac"][-1]), NOTHING, NOTHING)

    move(2)
    return lambda: move(share.size)
