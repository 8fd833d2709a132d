"""The fast loop of a site: the compiled rule on an image, for all batteries of a campus together.

Needs    campus.Campus, control.kernel.smooth, control.guard, control.seam.
Gives    SmoothingLoop, smooth_params.
Used by  twin.transient (the numbers of the loop), operate (the loop itself).

What is not read in time is not guessed: without the load the loop lets the batteries go to rest, at the ramp, and
says so.
"""

from __future__ import annotations

from math import isfinite, nan

import numpy as np

from wattstack.campus import Campus
from wattstack.control.guard import Bounds, guarded
from wattstack.control.kernel import smooth as fast
from wattstack.control.seam import Measured, Setpoints
from wattstack.errors import Fault, InputError

PERIODS = 3.0  # a value older than so many periods is not used
HOLDS = "holds the power drawn at its reference"
ENDS = "is at the end of what it can do: the power drawn moves faster than asked"


def smooth_params(fast_loop) -> np.ndarray:
    """Numbers of the compiled rule, float64[NPARAM], from campus.Control.smoothing.

    Example:
        >>> from wattstack.campus import Control
        >>> smooth_params(Control(smoothing={"ramp_mw_per_min": 15, "corner_s": 30}).smoothing).tolist()
        [0.25, 30.0, 900.0]
    """
    ramp = np.inf if fast_loop.ramp_mw_per_min is None else fast_loop.ramp_mw_per_min / 60.0
    return np.array([ramp, fast_loop.corner_s, fast_loop.recentre_s])


class SmoothingLoop:
    """The controller of the fast loop, from image to setpoints.

    Args:
        campus: Sizes stand; control.smoothing is declared.

    The channels read: load_mw, solar_mw, generator_mw, grid.import_limit_mw, grid.connection.voltage_pu and
    grid.connection.frequency_hz (where they are not read, no fault is seen), control.base_mw (what rules and plan
    ask), control.reserve_mwh, and of each battery stored_mwh, usable_mwh, can_charge_mw, can_discharge_mw under
    battery.NAME.

    Raises:
        InputError: The campus declares no fast loop.
    """

    def __init__(self, campus: Campus):
        if campus.control.smoothing is None:
            what = "is missing, must be given for the fast loop. Write smoothing: {ramp_mw_per_min: 20}."
            raise InputError(campus.source, [Fault("control.smoothing", what)])
        self.campus, self.loop = campus, campus.control.smoothing
        self.params = smooth_params(self.loop)
        self.paths = [f"battery.{name}" for name in campus.battery]
        self.row = np.zeros(fast.NROW)
        self.reference_mw, self.setpoint_mw, self.disturbed_until_s = nan, 0.0, -np.inf

    def decide(self, measured: Measured) -> Setpoints:
        """Setpoints of the coming period, each with its reason; never raises for a bad reading."""
        bounds = {path: self._bounds(measured, path) for path in self.paths}
        if not self._fresh(measured, "load_mw"):
            why = "goes to rest at the ramp: the load is not read"
            most = self.params[fast.P_RAMP_MW_PER_S] * self.loop.period_s
            self.setpoint_mw -= min(max(self.setpoint_mw, -most), most)
            self.reference_mw = nan
        else:
            self._fill(measured, bounds)
            self.row[fast.DISTURBED] = self._disturbed(measured)
            self.reference_mw, self.setpoint_mw, held = fast.smooth(self.params, self.row, self.reference_mw)
            why = HOLDS if held else ENDS
        passed = guarded(self._shared(bounds), bounds)
        reason = {path: passed.cut.get(path, why) for path in self.paths}
        return Setpoints(passed.power_mw, reason, PERIODS * self.loop.period_s)

    def _disturbed(self, measured: Measured) -> float:
        """Whether the grid is in a fault, or was a moment ago."""
        grid = self.campus.grid
        nominal = None if grid is None else grid.connection.frequency_hz
        volt_pu = self._value(measured, "grid.connection.voltage_pu", 1.0)
        freq_hz = self._value(measured, "grid.connection.frequency_hz", nominal or 50.0)
        if fast.disturbed(volt_pu, freq_hz, float(nominal or freq_hz)):
            self.disturbed_until_s = measured.time_s + self.loop.fault_hold_s
        return float(measured.time_s <= self.disturbed_until_s)

    def _shared(self, bounds: dict[str, Bounds]) -> dict[str, float]:
        """The setpoint split in proportion to what each battery can take or give."""
        rooms = {p: b.discharge_mw if self.setpoint_mw > 0.0 else b.charge_mw for p, b in bounds.items()}
        whole = sum(rooms.values())
        return {p: self.setpoint_mw * room / whole if whole > 0.0 else 0.0 for p, room in rooms.items()}

    def _bounds(self, measured: Measured, path: str) -> Bounds:
        """What is not known is not there."""
        charge, discharge = (
            max(self._value(measured, f"{path}.{key}", 0.0), 0.0)
            for key in ("can_charge_mw", "can_discharge_mw")
        )
        return Bounds(charge, discharge)

    def _fill(self, measured: Measured, bounds: dict[str, Bounds]) -> None:
        row, units = self.row, self.campus.battery
        value = lambda channel, otherwise=0.0: self._value(measured, channel, otherwise)  # noqa: E731
        usable = {p: value(f"{p}.usable_mwh", float(units[p.split(".")[1]].energy_mwh)) for p in self.paths}
        target = self.loop.soc_target_frac
        stored = {p: value(f"{p}.stored_mwh", target * usable[p]) for p in self.paths}
        row[fast.STEP_S] = self.loop.period_s
        row[fast.LOAD_MW] = value("load_mw") - value("solar_mw") - value("generator_mw")
        row[fast.BASE_MW] = value("control.base_mw")
        row[fast.STORED_MWH], row[fast.ENERGY_MWH] = sum(stored.values()), sum(usable.values())
        row[fast.RESERVE_MWH] = value("control.reserve_mwh")
        row[fast.TARGET_MWH] = fast.target(row[fast.ENERGY_MWH], row[fast.RESERVE_MWH], target)
        row[fast.CHARGE_EFF] = max((unit.charge_eff for unit in units.values()), default=1.0)
        row[fast.DISCHARGE_EFF] = min((unit.discharge_eff for unit in units.values()), default=1.0)
        row[fast.CAN_CHARGE_MW] = sum(bound.charge_mw for bound in bounds.values())
        row[fast.CAN_DISCHARGE_MW] = sum(bound.discharge_mw for bound in bounds.values())
        row[fast.IMPORT_LIMIT_MW] = value("grid.import_limit_mw", np.inf)

    def _fresh(self, measured: Measured, channel: str) -> bool:
        return measured.known(channel, PERIODS * self.loop.period_s) and isfinite(measured.values[channel])

    def _value(self, measured: Measured, channel: str, otherwise: float) -> float:
        """What was read where it is fresh and finite."""
        value = measured.values.get(channel)
        if value is None or not isfinite(value):
            return otherwise
        if measured.age_s and measured.age_s.get(channel, 0.0) > PERIODS * self.loop.period_s:
            return otherwise
        return float(value)
