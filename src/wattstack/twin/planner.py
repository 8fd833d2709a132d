"""The receding-horizon plan as the year's loop runs it.

Needs    campus.Control, dispatch.kernel.horizon, control.forecast, control.mpc, twin.kernel.planned.
Gives    Loop, Planner, make_planner, plan_steps.
Used by  twin.passing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.campus import Control
from wattstack.control import horizon_battery, make_believed, peak_price_per_mw_month
from wattstack.dispatch.kernel.horizon import new_horizon_scratch
from wattstack.physics.kernel.generator import POWER_MW
from wattstack.twin.kernel import layout as at
from wattstack.twin.kernel.planned import Horizon, run_planned
from wattstack.units import STEP_S

if TYPE_CHECKING:
    from wattstack.twin.year import Setting, Twin


class Loop(NamedTuple):
    """What the compiled loops take, with a planner or without."""

    step_s: float
    drive: at.Drive
    rules: at.Rules
    fleet: tuple
    units: np.ndarray
    carry: at.Carry
    records: at.Records


@dataclass(frozen=True)
class Planner:
    """Everything the compiled loop needs to plan the next hours again and again."""

    horizon: Horizon
    believed: tuple
    scratch: tuple

    def run(self, start: int, end: int, loop: Loop) -> None:
        """Run steps start .. end - 1."""
        run_planned(
            start, end, loop.step_s, loop.drive, loop.rules, self.horizon, self.believed, loop.fleet, loop.units,
            loop.carry, loop.records, self.scratch,
        )  # fmt: skip


def plan_steps(control: Control) -> int:
    """Steps of the plan of the next hours, 0 where there is none."""
    return round(control.horizon_h * 3600 / STEP_S[control.plan_step]) if control.kind == "mpc" else 0


def make_planner(twin: Twin, setting: Setting) -> Planner | None:
    """The planner of a campus under `control: {kind: mpc}`, else None.

    Args:
        twin: The campus bound to the axis of the run.
        setting: Whether forecasts are the truth.
    """
    control, case = twin.campus.control, twin.case
    n = plan_steps(control)
    if not n:
        return None
    units, _ = twin.units(setting)
    per_step = STEP_S[control.plan_step] // case.axis.step_s
    lines = 3 + units.shape[1]
    battery = horizon_battery(twin.campus)
    horizon = Horizon(
        per_step=per_step,
        every=STEP_S[control.replan] // case.axis.step_s,
        charge_mw=battery.charge_mw,
        discharge_mw=battery.discharge_mw,
        charge_eff=battery.charge_eff,
        discharge_eff=battery.discharge_eff,
        keep=battery.kept_frac_per_h ** (STEP_S[control.plan_step] / 3600.0),
        wear_per_mwh=battery.wear_per_mwh,
        room_mwh=battery.room_mwh,
        peak_price=peak_price_per_mw_month(twin.campus),
        end_value=_end_values(twin),
        unit_mw=units[POWER_MW],
        cost=np.zeros((lines, n)), power=np.zeros((lines, n)), load=np.zeros(n), cap=np.zeros(n), floor=np.zeros(n),
    )  # fmt: skip
    kinds = ["import", "export", "solar", *["generator"] * units.shape[1]]
    return Planner(horizon, _believed(twin, setting), new_horizon_scratch(n, kinds))


def _believed(twin: Twin, setting: Setting) -> tuple:
    """How load, sun, prices, and what is announced are forecast."""
    control, case = twin.campus.control, twin.case
    zone = twin.campus.place.time_zone
    given = type(control.forecast)(load="given", solar="given")
    truth = make_believed(control.model_copy(update={"forecast": given}), case.axis, zone)
    solar_mw = sum(unit.power_mw for unit in twin.campus.solar.values())
    asked = truth if setting.foresight else make_believed(control, case.axis, zone, {"solar": solar_mw})
    return asked["load"], asked["solar"], asked["price"], truth["price"]


def _end_values(twin: Twin) -> np.ndarray:
    """Worth of a MWh left at the end of the hours planned, by month: the mean price of a stored MWh in the plan."""
    reference = twin.reference
    prices = list(reference.dispatch.stored_price_per_mwh.values())
    months = len(twin.case.month_names)
    if not prices:
        return np.zeros(months)
    calendar = reference.case.calendar
    steps = np.bincount(calendar.month, minlength=months)
    return np.mean([calendar.sum_by_month(price) / steps for price in prices], axis=0)
