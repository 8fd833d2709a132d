"""How full a battery is, how much it still holds and what its resistance has become, each with how sure that is.

Needs    physics.Cell, make_blocks (tables of the cell); control.kernel.estimate (when called).
Gives    Estimator, Estimate, Reading, Sensors, StoredEnergy.
Used by  operate; control.live through the error in MWh that an estimate has.

On the flat part of an LFP curve 2 mV are 5 % of charge: there it counts current, and says how far that may have run
away since the last anchor, a place where the voltage alone tells the charge to 1 %. A gauge that is silent, stuck or
does not agree with the other is not used: the error grows with what may have flowed, and a reserve that keeps it as a
margin fails closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.physics import Cell

# that a reserve keeps: three for a normal error, one more since a cell's curve is no straight line
SURE_STDS = 4.0
DAY_LENGTH_S = 86400.0
MONTH_LENGTH_S = 30.0 * DAY_LENGTH_S

# by the codes of control.kernel.estimate
TRUST = (
    "the gauges agree with the cell", "no voltage is read: counts current alone", "no current is read",
    "the voltage repeats itself while the cell moves: counts current alone",
    "the current repeats itself while the cell moves", "current and voltage do not agree",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sensors:
    """How well current and voltage are measured, as standard deviations: assumptions, to be set from data sheets.

    Attributes:
        current_noise_frac: Of one reading, share of the rated current.
        current_offset_frac: That lasts, share of the rated current (a Hall sensor: 0.1 to 0.5 %).
        voltage_noise_v: Of one reading, of one cell.
        voltage_offset_v: That lasts, of one cell, error of the declared OCV curve in it.
        hysteresis_share_frac: Of half the gap between the branches, how far the place between them may be wrong.
        lasts_days: How long an offset holds on.
        curve_v: Error of the declared curves, of one cell, that changes with the state of charge.
        curve_h: How long such an error holds on: so often a reading tells something new.
        capacity_walk_frac: How far the capacity may change in 30 days.
        resistance_walk_frac: So the resistance.
    """

    current_noise_frac: float = 0.002
    current_offset_frac: float = 0.001
    voltage_noise_v: float = 0.001
    voltage_offset_v: float = 0.002
    hysteresis_share_frac: float = 0.3
    lasts_days: float = 10.0
    curve_v: float = 0.002
    curve_h: float = 1.0
    capacity_walk_frac: float = 0.005
    resistance_walk_frac: float = 0.02

    def __post_init__(self) -> None:
        """All of them above 0: a filter that is sure of a gauge cannot find it wrong."""
        faults = [
            Fault(key, f"is {getattr(self, key):g}, must be above 0 and finite. Take it from the data sheet.")
            for key in self.__slots__
            if not 0.0 < getattr(self, key) < np.inf
        ]
        if faults:
            raise InputError("sensors", faults)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured over a step, of one cell: string current by strings, pack voltage by cells in series.

    Attributes:
        step_s: Length of the step [s].
        voltage_v: At its end; NaN where it is not known.
        temp_degc: At its end; NaN where it is not known: the last one stays.
        current_a: Constant over the step, > 0 discharges; NaN where neither current nor power is known.
        power_w: Instead of the current, at the terminals.
    """

    step_s: float
    voltage_v: float
    temp_degc: float
    current_a: float = float("nan")
    power_w: float = float("nan")

    @property
    def amps(self) -> float:
        """The current, from power where that was measured [A]."""
        return (
            self.power_w / self.voltage_v
            if np.isnan(self.current_a) and self.voltage_v > 0
            else self.current_a
        )


@dataclass(frozen=True, slots=True)
class StoredEnergy:
    """An estimate in MWh, as control reads it: channels stored_mwh, usable_mwh, stored_error_mwh of a battery."""

    stored_mwh: float
    usable_mwh: float
    error_mwh: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """State of a battery and how sure it is; standard deviations are named std.

    Attributes:
        soc_frac, soc_std_frac: State of charge.
        capacity_frac, capacity_std_frac: Capacity / that of the declared cell.
        resistance_frac, resistance_std_frac: Resistance / that of the declared cell.
        since_anchor_days: Since the voltage alone told the charge to 1 %.
        slope_v: Volts per unit of state of charge here: what the voltage can tell at all.
        by_voltage_frac: Standard deviation of the charge that the voltage alone could tell now, at most 1.
        trusted: Whether all gauges were used.
        words: What is wrong with the gauges, if anything.
    """

    soc_frac: float
    soc_std_frac: float
    capacity_frac: float
    capacity_std_frac: float
    resistance_frac: float
    resistance_std_frac: float
    since_anchor_days: float
    slope_v: float
    by_voltage_frac: float
    trusted: bool
    words: str

    def stored(
        self, nameplate_mwh: float, soc_low: float = 0.0, soc_high: float = 1.0, stds_frac: float = SURE_STDS
    ) -> StoredEnergy:
        """Stored and usable energy of a battery of such cells, and how far what is stored may be too high [MWh].

        Args:
            nameplate_mwh: Of the new battery.
            soc_low, soc_high: Its window.
            stds_frac: Standard deviations in the error.

        Example:
            >>> one = Estimate(0.6, 0.02, 0.9, 0.01, 1.1, 0.05, 3.0, 0.05, 0.4, True, "")
            >>> round(one.stored(100.0, 0.1, 0.9).error_mwh, 3)
            9.2
        """
        above = max(self.soc_frac - soc_low, 0.0)
        error = self.capacity_frac * self.soc_std_frac + above * self.capacity_std_frac
        return StoredEnergy(
            above * self.capacity_frac * nameplate_mwh,
            (soc_high - soc_low) * self.capacity_frac * nameplate_mwh,
            min(stds_frac * error, 1.0) * nameplate_mwh,
        )


class Estimator:
    """Filters of any number of batteries of one cell, from one reading to the next.

    Args:
        cell: What they are made of.
        count: Batteries.
        sensors: How well is measured.
        soc: State of charge at the start, one number or one each; absent: half, and nothing is known.
        soc_std_frac: Its standard deviation.

    Example:
        >>> from wattstack.physics import cell_of
        >>> filters = Estimator(cell_of("library:lfp-grid-2026"))                # doctest: +SKIP
        >>> filters.update(Reading(1.0, voltage_v=3.29, temp_degc=25.0, current_a=0.0)).soc_frac  # doctest: +SKIP
    """

    def __init__(
        self,
        cell: Cell,
        count: int = 1,
        sensors: Sensors | None = None,
        soc: float | np.ndarray | None = None,
        soc_std_frac: float = 0.3,
    ):
        from wattstack.control.kernel import estimate as at
        from wattstack.physics import BlockSpec, make_blocks

        if count < 1 or not 0.0 < soc_std_frac <= 1.0:
            raise InputError(
                "estimator",
                [f"count is {count} and soc_std_frac {soc_std_frac:g}, must be 1 or more and in 0 .. 1."],
            )
        sensors = sensors or Sensors()
        mwh = cell.energy_wh * 1e-6
        self._blocks = make_blocks([BlockSpec(cell.name, cell, None, mwh, mwh, mwh)]).blocks
        self._sensor = _sensor(cell, sensors)
        self.rows = np.zeros((count, at.NESTIMATE))  # the filters, as control.kernel.estimate lays them out
        self.rows[:, at.E_SOC] = 0.5 if soc is None else soc
        self.rows[:, [at.E_CAPACITY, at.E_RESISTANCE]] = 1.0
        self.rows[:, at.E_TEMP] = 25.0
        self.rows[:, at.E_P] = soc_std_frac**2
        hysteresis = self._sensor[at.S_HYSTERESIS_SHARE] * float(cell.hysteresis_v.max())
        self.rows[:, at.E_P + 18] = self._sensor[at.S_VOLT_OFFSET] ** 2 + hysteresis**2
        self.rows[:, at.E_P + 24] = self._sensor[at.S_AMP_OFFSET] ** 2
        # of a battery not measured yet: assumption
        self.rows[:, at.E_M], self.rows[:, at.E_M + 2] = 0.05**2, 0.3**2
        self.rows[:, [at.E_LAST_A, at.E_LAST_V]] = np.nan

    def update(self, reading: Reading) -> Estimate:
        """Take in what was measured of the only battery; a reading that is missing or absurd is told, not raised."""
        self.update_all(np.array([[reading.amps], [reading.voltage_v], [reading.temp_degc]]), reading.step_s)
        return self.estimate()

    def update_all(self, measured: np.ndarray, step_s: float) -> None:
        """Take in one step of every battery: (3, count) of current [A], voltage [V], temperature [degC], or NaN.

        Raises:
            InputError: The shape is another, or step_s is not above 0.
        """
        from wattstack.control.kernel.estimate import estimate_all

        if measured.shape != (3, len(self.rows)) or not 0.0 < step_s < np.inf:
            raise InputError(
                "estimator",
                [
                    f"measured has the shape {measured.shape}, step_s is {step_s:g}, must be (3, {len(self.rows)}) and "
                    "above 0. Give a row each of current, voltage and temperature."
                ],
            )
        estimate_all(self._blocks, self.rows, _plausible(measured), self._sensor, float(step_s))

    def follow(self, measured: np.ndarray, step_s: float) -> np.ndarray:
        """A recorded series at once: measured (steps, 3, count), as in update_all.

        Returns:
            State of charge, its standard deviation and the code of trust, (steps, 3, count).
        """
        from wattstack.control.kernel.estimate import estimate_series

        record = np.zeros(measured.shape)
        estimate_series(
            self._blocks, self.rows, _plausible(measured.swapaxes(0, 1)).swapaxes(0, 1).copy(), self._sensor,
            float(step_s), record,
        )  # fmt: skip
        return record

    def estimate(self, battery: int = 0) -> Estimate:
        """What is known of one battery now."""
        from wattstack.control.kernel import estimate as at

        row = self.rows[battery]
        trust = int(row[at.E_TRUST])
        return Estimate(
            float(row[at.E_SOC]), float(at.soc_std(row)), float(row[at.E_CAPACITY]), _root(row[at.E_M]),
            float(row[at.E_RESISTANCE]), _root(row[at.E_M + 2]), float(row[at.E_SINCE_ANCHOR_S]) / DAY_LENGTH_S,
            float(row[at.E_SLOPE_V]), float(row[at.E_BY_VOLTAGE]), trust == at.TRUSTED, TRUST[trust],
        )  # fmt: skip


def _root(variance: float) -> float:
    return float(np.sqrt(max(variance, 0.0)))


def _plausible(measured: np.ndarray) -> np.ndarray:
    """Infinite values and temperatures no cell has are not known."""
    kept = np.where(np.isfinite(measured), measured, np.nan)
    kept[2] = np.where((kept[2] > -60.0) & (kept[2] < 120.0), kept[2], np.nan)
    return kept


def _sensor(cell: Cell, sensors: Sensors) -> np.ndarray:
    """The sensors as the compiled filter reads them."""
    from wattstack.control.kernel import estimate as at

    rated = max(cell.charge_c_rate, cell.discharge_c_rate) * cell.capacity_ah
    out = np.zeros(at.NSENSOR)
    out[at.S_AMP_NOISE], out[at.S_AMP_OFFSET] = (
        sensors.current_noise_frac * rated,
        sensors.current_offset_frac * rated,
    )
    out[at.S_VOLT_NOISE], out[at.S_VOLT_OFFSET] = sensors.voltage_noise_v, sensors.voltage_offset_v
    out[at.S_HYSTERESIS_SHARE] = sensors.hysteresis_share_frac
    out[at.S_LASTS_S] = sensors.lasts_days * DAY_LENGTH_S
    out[at.S_CURVE_V], out[at.S_CURVE_S] = sensors.curve_v, sensors.curve_h * 3600.0
    out[at.S_RATED_A] = rated
    out[at.S_CAPACITY_WALK] = sensors.capacity_walk_frac / np.sqrt(MONTH_LENGTH_S)
    out[at.S_RESISTANCE_WALK] = sensors.resistance_walk_frac / np.sqrt(MONTH_LENGTH_S)
    return out
