"""The electrical chain of all rack groups of a campus: constants of the compiled step, and a state at rest.

Needs    campus.Campus; physics.chain.supply, ups; physics.kernel.chain (when called).
Gives    make_chain, ChainSet.
Used by  twin, physics.chain.ups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from wattstack.physics.chain.supply import supply_column
from wattstack.physics.chain.ups import USUAL_H, bare_column, ups_column

if TYPE_CHECKING:
    from wattstack.campus import Campus, Ups
    from wattstack.physics.kernel.chain import Chain

OVERSIZE = 1.1  # rating of a unit / the halls it feeds, where none is declared


@dataclass(frozen=True, eq=False)
class ChainSet:
    """Chains of rack groups, ready for physics.kernel.chain.advance_chain.

    Attributes:
        names: Uninterruptible supply of each group; "" where there is none.
        const: Rows of physics.kernel.supply and ups, (NCHAIN_CONST, groups).
    """

    names: tuple[str, ...]
    const: np.ndarray

    @cached_property
    def chain(self) -> Chain:
        """Constants of the compiled step."""
        from wattstack.physics.kernel.chain import Chain
        from wattstack.physics.kernel.supply import NRATE

        return Chain(np.ascontiguousarray(self.const), np.zeros((NRATE, self.const.shape[1])), np.zeros(1))

    def new_state(self, gpu_mw: np.ndarray) -> np.ndarray:
        """State at rest: on the grid, filters at `gpu_mw` (groups,), racks half full, batteries full.

        Returns:
            float64 (rows, groups); rows of physics.kernel.supply, then ups, then the moments of the last sags.
        """
        from wattstack.physics.kernel import ups as at
        from wattstack.physics.kernel.supply import start_supply

        count = int(self.const[at.SAG_COUNT].max(initial=0))
        state = np.zeros((at.FIRST_SAG + count, self.const.shape[1]))
        state[at.FIRST_SAG :] = -np.inf
        state[at.WALK] = 2.0
        state[at.BATTERY_MJ] = self.const[at.BATTERY_FULL_MJ]
        for g, power in enumerate(np.asarray(gpu_mw, float)):
            start_supply(self.const, state, g, power)
        return state

    def run(
        self, gpu_mw: np.ndarray, voltage_pu: np.ndarray, frequency_hz: np.ndarray, step_s: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the chain by itself against given voltage and frequency: for tests and single questions.

        Args:
            gpu_mw: What the servers draw, (groups, steps).
            voltage_pu: At the feeder, (steps,).
            frequency_hz: At the feeder, (steps,).
            step_s: Length of a step [s].

        Returns:
            State after each step, (rows, groups, steps); power drawn from the feeder [MW], (groups, steps).
        """
        from wattstack.physics.kernel.chain import run_chain

        state = self.new_state(gpu_mw[:, 0])
        rows = np.empty((*state.shape, gpu_mw.shape[1]))
        drawn = np.empty(gpu_mw.shape)
        run_chain(
            self.chain, state, np.ascontiguousarray(gpu_mw.T), voltage_pu, frequency_hz, step_s, rows, drawn
        )
        return rows, drawn


def make_chain(
    campus: Campus, hall: Sequence[str], full_mw: np.ndarray, gpus: np.ndarray, nominal_hz: float
) -> ChainSet:
    """Chains of the rack groups of a campus.

    A unit is shared among the groups it feeds in proportion to their full power: the groups act as equal units. A group
    without one loses `ups_loss_frac` of its hall; behind one the unit's own efficiency holds instead.

    Args:
        campus: As declared: its load (halls) and ups.
        hall: Hall of each group.
        full_mw: Full power of each group (groups,).
        gpus: GPUs of each group (groups,).
        nominal_hz: Nominal frequency.

    Returns:
        ChainSet.
    """
    full = np.asarray(full_mw, float)
    served = _served(campus)
    names = tuple(served.get(name, "") for name in hall)
    columns = []
    for g, (name, unit) in enumerate(zip(hall, names, strict=True)):
        declared = campus.load[name]
        column = supply_column(declared, float(full[g]), float(gpus[g]))
        if unit:
            share = full[g] / sum(power for power, other in zip(full, names, strict=True) if other == unit)
            rating, energy = _sizes(campus, campus.ups[unit], unit, served)
            below = ups_column(campus.ups[unit], share * rating, share * energy, nominal_hz)
        else:
            below = bare_column(declared.ups_loss_frac, nominal_hz)
        columns.append(np.concatenate([column, below]))
    return ChainSet(names, np.stack(columns, axis=1))


def _served(campus: Campus) -> dict[str, str]:
    """Hall -> the unit that feeds it; the campus file lets one unit serve a hall."""
    halls = [name for name, load in campus.load.items() if hasattr(load, "it_mw")]
    return {hall: unit for unit, ups in campus.ups.items() for hall in ups.serves or halls}


def _sizes(campus: Campus, ups: Ups, unit: str, served: dict[str, str]) -> tuple[float, float]:
    """Rating [MW] and energy [MWh] of a unit."""
    halls_mw = sum(campus.load[hall].it_mw for hall, other in served.items() if other == unit)
    rating = ups.power_mw or OVERSIZE * halls_mw
    return rating, rating * USUAL_H if ups.energy_mwh is None else ups.energy_mwh
