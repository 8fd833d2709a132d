"""What a cell gives back of what it took, by rate: the direct-current round trip without converter and auxiliaries.

Needs    physics.battery, physics.blocks (and through them the compiled kernel), physics.cell.
Gives    dc_round_trip.
Used by  report.chemistry, docs, tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import InputError
from wattstack.physics.cell import Cell

if TYPE_CHECKING:
    from wattstack.physics.battery import BatteryStep
    from wattstack.physics.blocks import BlockSet

STEPS = 200  # of a charge at the rate asked
WINDOW = (0.05, 0.95)  # clear of the ends, where power is cut back
_NAMEPLATE_MWH = 1.0


def dc_round_trip(
    cell: Cell,
    c_rates: Sequence[float],
    temp_degc: float = 25.0,
    soc_low: float = WINDOW[0],
    soc_high: float = WINDOW[1],
) -> np.ndarray:
    """Energy out over energy in of full cycles at constant power, at the terminals.

    Two cycles from soc_low to soc_high and back; the second is counted, so that polarisation and hysteresis start as
    they end. Where the voltage limit ends a discharge early, the charge it left is given back by no one: it lowers
    neither side, since the next charge starts there.

    Args:
        cell: The cell.
        c_rates: Power over nameplate energy [1/h], each > 0, both ways alike.
        temp_degc: Temperature of cells and air, held.
        soc_low: Where a discharge ends. soc_high: Where a charge ends.

    Returns:
        Round trip 0 .. 1, (n,); NaN where the cell cannot run at the rate: it asks more current than the cell may
        take or give, or its voltage ends the cycle before half of the window is used.

    Raises:
        InputError: A rate is not above 0 or the window is empty.

    Example:
        >>> from wattstack.physics import cell_of
        >>> bool(0.95 < dc_round_trip(cell_of("lfp-grid-2026"), [0.5])[0] < 0.96)
        True
    """
    faults = [f"c_rates has {rate:g}, must be > 0." for rate in c_rates if not 0 < rate < np.inf]
    if not 0 <= soc_low < soc_high <= 1:
        faults.append(f"the window {soc_low:g} .. {soc_high:g} is empty or outside 0 .. 1.")
    if faults:
        raise InputError("dc_round_trip", faults)
    return np.array([_one(cell, float(rate), temp_degc, (soc_low, soc_high)) for rate in c_rates])


def _one(cell: Cell, c_rate: float, temp_degc: float, window: tuple[float, float]) -> float:
    from wattstack.physics.blocks import BlockSpec, make_blocks
    from wattstack.physics.converter import NO_CONVERTER, NO_TRANSFORMER
    from wattstack.physics.kernel import layout as at
    from wattstack.physics.thermal import Container

    power_mw = c_rate * _NAMEPLATE_MWH
    held = Container(cell_air_w_per_k=1e7, setpoint_degc=temp_degc, band_k=0.1, cooling_w=1e9, heating_w=1e9)
    blocks = make_blocks(
        [
            BlockSpec(
                name=cell.name, cell=cell, laws=None, nameplate_mwh=_NAMEPLATE_MWH, discharge_mw=power_mw,
                charge_mw=power_mw, converter=NO_CONVERTER, transformer=NO_TRANSFORMER, climate=held,
                start_soc=window[0], start_temp_degc=temp_degc,
            )
        ]
    )  # fmt: skip
    step, energy, used = None, [], []
    for way in (-1.0, 1.0, -1.0, 1.0):
        started = window[0] if step is None else float(step.state[at.SOC, 0])
        step, total, ended = _half(blocks, step, way * power_mw, temp_degc, (started, window[way < 0]))
        energy.append(total)
        used.append(abs(ended - started))
    return energy[3] / energy[2] if min(used[2:]) > 0.5 * (window[1] - window[0]) else float("nan")


def _half(
    blocks: BlockSet, step: BatteryStep | None, power_mw: float, temp_degc: float, way: tuple[float, float]
) -> tuple[BatteryStep, float, float]:
    """Half a cycle from one SoC to another; the last step is shortened to end there.

    Returns:
        The last step, energy at the terminals [MWh], SoC at the end; earlier where power falls short of the ask.
    """
    from wattstack.physics.battery import battery_step
    from wattstack.physics.kernel import layout as at

    soc, target = way
    step_s = usual_s = 3600.0 * _NAMEPLATE_MWH / abs(power_mw) / STEPS
    total = 0.0
    for _ in range(3 * STEPS):
        step = battery_step(blocks, power_mw, temp_degc, step_s, step)
        total += abs(step.injection_mw) * step_s / 3600.0
        before, soc = soc, float(step.state[at.SOC, 0])
        moved, left = abs(soc - before) / step_s * usual_s, (soc - target) * np.sign(power_mw)
        if left < 1e-4 / STEPS or abs(step.injection_mw) < 0.9 * abs(power_mw):
            break
        step_s = usual_s * min(1.0, max(left / moved, 1e-3)) if moved > 0 else usual_s
    return step, total, soc
