"""The cells of the batteries behind their converters: a step a second, with the mean power since the last.

Needs    twin.fleet, physics.kernel (batch, stored), twin.kernel.transient.
Gives    Cells.
Used by  twin.transient.build, run, acts.

Converters move within milliseconds, voltage and heat of cells within seconds to minutes: two rates, one energy. What
the cells could not give of the mean is owed, and asked again.
"""

from __future__ import annotations

import numpy as np

from wattstack.campus import Campus
from wattstack.physics.kernel import inverter as inv
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.batch import advance_all, limits_all
from wattstack.physics.kernel.stored import stored_mwh, usable_mwh
from wattstack.twin.fleet import make_fleet
from wattstack.twin.kernel import ems as em
from wattstack.twin.kernel import transient as at

CELL_S = 1.0  # step of the cells
AIR_DEGC = 20.0  # outdoors: no weather is read within seconds, assumption


class Cells:
    """Blocks of the batteries of a campus, and whose they are.

    Args:
        campus: Sizes stand.
        inverters: Battery of each converter.
        step_s: Step of the loop.

    Attributes:
        steps: Steps of the loop in one of the cells.
        fleet: Blocks as twin.fleet makes them.
    """

    def __init__(self, campus: Campus, inverters: tuple[str, ...], step_s: float):
        self.steps = max(1, round(CELL_S / step_s))
        self.step_s = self.steps * step_s
        self.fleet = make_fleet(campus)
        self.fleet.begin_year(0)
        names = [owner.removeprefix("battery.") for owner in self.fleet.owner]
        self.unit = [inverters.index(name) if name in inverters else -1 for name in names]
        count = self.fleet.blocks.state.shape[1]
        self.limits, self.setpoint = np.zeros((2, count)), np.zeros(count)
        self.flows = np.zeros((block.NFLOW, count))
        self.campus, self.inverters, self.since = campus, inverters, 0

    def begin(self, moving: at.Moving) -> None:
        """Tell the loop what the batteries are and can, before its first step."""
        for i, name in enumerate(self.inverters):
            unit = self.campus.battery[name]
            moving.units[[at.CHARGE_EFF, at.DISCHARGE_EFF], i] = unit.charge_eff, unit.discharge_eff
        self._tell(moving)

    def follow(self, moving: at.Moving, steps: int) -> None:
        """Count steps of the loop; when they are those of a step of the cells, make it."""
        self.since += steps
        if self.since >= self.steps:
            self._advance(moving, self.step_s * self.since / self.steps)
            self.since = 0

    def left(self) -> int:
        """Steps of the loop until the next step of the cells."""
        return self.steps - self.since

    def _advance(self, moving: at.Moving, lapse_s: float) -> None:
        """One step; blocks of one battery share by what each can do."""
        units, blocks = moving.units, self.fleet.blocks
        for b, i in enumerate(self.unit):
            if i >= 0:
                mean_mw = (units[at.MOVED_MJ, i] + units[at.OWED_MJ, i]) / lapse_s
                row, rooms = (
                    (block.CAN_DISCHARGE, units[at.DISCHARGE_MW, i])
                    if mean_mw > 0.0
                    else (block.CAN_CHARGE, units[at.CHARGE_MW, i])
                )
                self.setpoint[b] = mean_mw * self.limits[row, b] / rooms if rooms > 0.0 else 0.0
        advance_all(
            blocks.blocks,
            blocks.ageing,
            blocks.state,
            blocks.age,
            self.setpoint,
            AIR_DEGC,
            lapse_s,
            self.flows,
        )
        units[at.OWED_MJ] += units[at.MOVED_MJ]
        units[at.MOVED_MJ] = 0.0
        for b, i in enumerate(self.unit):
            if i >= 0:
                units[at.OWED_MJ, i] -= self.flows[block.INJECTION, b] * lapse_s
        self._tell(moving)
        mine = [b for b, i in enumerate(self.unit) if i >= 0]
        moving.now[at.AUXILIARY_MW] = self.flows[block.AUXILIARY, mine].sum()

    def _tell(self, moving: at.Moving) -> None:
        """What each battery holds and can, for the converters and the manager."""
        units, blocks = moving.units, self.fleet.blocks
        rating, state, age = blocks.blocks.rating, blocks.state, blocks.age
        limits_all(blocks.blocks, state, age, AIR_DEGC, self.step_s, self.limits)
        units[[at.STORED_MWH, at.USABLE_MWH, at.CHARGE_MW, at.DISCHARGE_MW]] = 0.0
        for b, i in enumerate(self.unit):
            if i >= 0:
                units[at.STORED_MWH, i] += stored_mwh(rating, state, age, b)
                units[at.USABLE_MWH, i] += usable_mwh(rating, age, b)
                units[at.CHARGE_MW, i] += self.limits[block.CAN_CHARGE, b]
                units[at.DISCHARGE_MW, i] += self.limits[block.CAN_DISCHARGE, b]
        tell_store(moving)


def tell_store(moving: at.Moving) -> None:
    """All batteries together, as the manager is told: those that are off are not there."""
    on = moving.network.inverters[inv.OFF] < 0.5
    for row, unit_row in (
        (em.S_STORED_MWH, at.STORED_MWH), (em.S_ENERGY_MWH, at.USABLE_MWH), (em.S_CHARGE_MW, at.CHARGE_MW),
        (em.S_DISCHARGE_MW, at.DISCHARGE_MW),
    ):  # fmt: skip
        moving.store[row] = moving.units[unit_row, on].sum()
