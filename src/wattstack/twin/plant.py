"""The twin behind the seam: a plant that is read and written like a site, one step at a time.

Needs    control.seam, twin.year.Twin, twin.kernel.year.
Gives    TwinPlant.
Used by  operate (a site that is not there yet), tests: the live controller against the compiled year.
"""

from __future__ import annotations

import numpy as np

from wattstack.control import Measured, Setpoints
from wattstack.control.kernel import rows
from wattstack.physics.kernel.generator import new_units
from wattstack.physics.kernel.layout import CAN_CHARGE, CAN_DISCHARGE
from wattstack.physics.kernel.stored import stored_mwh, usable_mwh
from wattstack.twin.account import new_book
from wattstack.twin.kernel import layout as out
from wattstack.twin.kernel.year import after_step, before_step
from wattstack.twin.year import Setting, Twin

ROW_OF = {
    "load_mw": rows.LOAD_MW,
    "solar_mw": rows.SOLAR_MW,
    "generator_mw": rows.GENERATOR_MW,
    "grid.import_mw": rows.LAST_IMPORT_MW,
    "grid.on": rows.GRID_ON,
    "grid.import_limit_mw": rows.IMPORT_LIMIT_MW,
    "grid.export_limit_mw": rows.EXPORT_LIMIT_MW,
    "grid.buy_price_per_mwh": rows.BUY_PRICE_PER_MWH,
    "grid.sell_price_per_mwh": rows.SELL_PRICE_PER_MWH,
    "control.fixed_mw": rows.FIXED_MW,
    "control.reserve_mwh": rows.RESERVE_MWH,
    "control.charge_below_per_mwh": rows.CHARGE_BELOW_PER_MWH,
    "control.discharge_above_per_mwh": rows.DISCHARGE_ABOVE_PER_MWH,
}


class TwinPlant:
    """A campus that moves one step with every `write`.

    Args:
        twin: The campus prepared.
        setting: What of reality is in it.

    Attributes:
        step: Index of the step that is read next.
        book: What happened so far, as in a compiled year.
    """

    def __init__(self, twin: Twin, setting: Setting | None = None):
        setting = setting or Setting()
        self.twin, self.fleet = twin, twin.fleet(setting)
        self.fleet.begin_year(0)
        self.units, unit_owner = twin.units(setting)
        self.drive, self.rules = twin.drive(setting, 0), twin.rules(setting, twin.seed)
        blocks = self.fleet.blocks
        self.carry = out.new_carry(
            blocks.state, blocks.age, new_units(len(unit_owner)), twin.targets(), 0, self.fleet.strip
        )
        self.book = new_book(twin.case.axis.count, self.fleet.owner, tuple(unit_owner))
        self.step, self._generated = 0, 0.0
        self._is_read = False

    @property
    def _both(self) -> tuple:
        return self.fleet.blocks.blocks, self.fleet.blocks.ageing

    def _free(self, path: str) -> list[int]:
        """Blocks of a battery that the controller may use: those that strip are not among them."""
        return [b for b, owner in enumerate(self.fleet.owner) if owner == path and self.carry.free[b] > 0.5]

    def read(self) -> Measured:
        """The image at the start of the step."""
        axis, carry = self.twin.case.axis, self.carry
        if not self._is_read:
            self._generated = before_step(
                self.step, float(axis.step_s), self.drive, self.rules, -1, self._both, self.units, carry,
                self.book.records.units,
            )  # fmt: skip
            self._is_read = True
        values = {channel: float(carry.row[place]) for channel, place in ROW_OF.items()}
        margin_mwh = self.rules.error_frac * carry.row[rows.ENERGY_MWH]
        values["control.uncounted_mwh"] = float(carry.row[rows.STORED_ERROR_MWH] - margin_mwh)
        values["control.month"] = float(self.drive.outside[out.D_MONTH, self.step])
        for path in dict.fromkeys(self.fleet.owner):
            mine = self._free(path)
            rating = self._both[0].rating
            values[f"{path}.stored_mwh"] = sum(stored_mwh(rating, carry.state, carry.age, b) for b in mine)
            values[f"{path}.usable_mwh"] = sum(usable_mwh(rating, carry.age, b) for b in mine)
            values[f"{path}.can_charge_mw"] = float(carry.limits[CAN_CHARGE, mine].sum())
            values[f"{path}.can_discharge_mw"] = float(carry.limits[CAN_DISCHARGE, mine].sum())
        begin_s = int(axis.start.astype("datetime64[s]").astype(np.int64))
        return Measured(begin_s + self.step * float(axis.step_s), values)

    def write(self, setpoints: Setpoints) -> None:
        """Ask this of the batteries, shared over their blocks, and let the step pass."""
        self.read()
        carry = self.carry
        for path in dict.fromkeys(self.fleet.owner):
            power = setpoints.power_mw.get(path, 0.0)
            mine = self._free(path)
            can = carry.limits[CAN_DISCHARGE if power > 0.0 else CAN_CHARGE, mine]
            whole = can.sum()
            carry.setpoint[mine] = power * can / whole if whole > 0.0 else 0.0
        after_step(
            self.step, float(self.twin.case.axis.step_s), self._generated, self.drive, self.rules, self._both, carry,
            self.book.records,
        )  # fmt: skip
        self.step, self._is_read = self.step + 1, False
