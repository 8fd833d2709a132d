"""A campus bound to one axis: what every verb starts from.

Needs    campus.Campus, series.TimeAxis, cost.Calendar.
Gives    Case, InputRecord.
Used by  dispatch.supply, plan, report (and the twin, operate).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Campus
from wattstack.series import TimeAxis

if TYPE_CHECKING:
    from wattstack.cost import Calendar


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input that was read, as the report and plan.json name it.

    Attributes:
        name: Series name in the campus file ("price_per_mwh").
        file: File name as written in the campus file (never an absolute path), or "number".
        sha256: Checksum of the file's bytes, "" for a number.
        rows: Rows used.
        step_s: Step of the source [s].
        synthetic: True for generated data.
        note: What was done to it ("repeated from 60 to 30 min", "typical year placed by calendar").
        source: Who publishes it, as the campus file or the importer says, "" if unknown.
    """

    name: str
    file: str
    sha256: str
    rows: int
    step_s: int
    synthetic: bool = False
    note: str = ""
    source: str = ""


@dataclass(frozen=True)
class Case:
    """One campus, one axis, one scenario. Arrays have shape (steps,), power in MW, prices per MWh.

    Attributes:
        campus: As declared (with this scenario's time and series).
        name: Scenario name, "base" when there is one.
        weight_frac: Weight of the scenario; the weights of all cases of a plan sum to 1.
        axis: The time steps.
        month: Index 0 .. months-1 of the local calendar month of each step, never falling.
        month_names: Label of each month, "2022-04".
        local_weekday, local_hour, local_month: Local clock of each step's start: Monday = 0 (a declared
            holiday reads 6), hour as a fraction 0 .. 24, month 1 .. 12.
        load_mw: Total electric demand at the bus, cooling and losses included.
        it_mw, cooling_mw: Parts of it.
        shed_mw: Flexible compute by load name: greatest power that may be shed.
        energy_lines_per_mwh: Parts of the import price by bill line ("energy", adders), carbon not included.
        buy_price_per_mwh: Sum of the energy lines.
        sell_price_per_mwh: What an exported MWh earns.
        carbon_kg_per_mwh: Grid intensity.
        nonfirm_frac: Share of the non-firm power that may be used, 0 .. 1.
        solar_frac: By solar name, output per MW installed, 0 .. 1.
        generator_cost_per_mwh: By generator name, fuel + O&M, carbon not included.
        reserve_mwh: Floor under stored energy from the backup duty, for the smallest battery that holds it.
        reserve_mw: Power the battery must be able to carry.
        inputs: Every input read.
        notes: Sentences the report must show (typical year on a real one, real terms, foresight, ...).
        loss_mw: Part of load_mw lost in the supply chain of the halls.
        temp_air_degc: Outdoor air, empty where no weather is read.
    """

    campus: Campus
    name: str
    weight_frac: float
    axis: TimeAxis
    month: np.ndarray
    month_names: tuple[str, ...]
    local_weekday: np.ndarray
    local_hour: np.ndarray
    local_month: np.ndarray
    load_mw: np.ndarray
    it_mw: np.ndarray
    cooling_mw: np.ndarray
    shed_mw: dict[str, np.ndarray]
    energy_lines_per_mwh: dict[str, np.ndarray]
    buy_price_per_mwh: np.ndarray
    sell_price_per_mwh: np.ndarray
    carbon_kg_per_mwh: np.ndarray
    nonfirm_frac: np.ndarray
    solar_frac: dict[str, np.ndarray]
    generator_cost_per_mwh: dict[str, np.ndarray]
    reserve_mwh: np.ndarray
    reserve_mw: float
    inputs: tuple[InputRecord, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    loss_mw: np.ndarray = field(default_factory=lambda: np.zeros(0))
    temp_air_degc: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def load_mwh(self) -> float:
        """Electric demand over the axis [MWh]."""
        return float(self.load_mw.sum() * self.axis.step_h)

    @property
    def pue(self) -> float:
        """Power usage effectiveness over the axis: IT, supply losses and cooling over IT (ISO/IEC 30134-2).

        Plain loads are not part of the halls; a campus without halls has none (NaN).
        """
        it = float(self.it_mw.sum())
        return float(it + self.loss_mw.sum() + self.cooling_mw.sum()) / it if it > 0.0 else float("nan")

    @property
    def calendar(self) -> Calendar:
        """The local calendar of the axis, as bills read it."""
        from wattstack.cost import Calendar

        return Calendar(self.axis, self.campus.place.time_zone, self)

    @property
    def years(self) -> float:
        """Length of the axis in years of twelve local months: what is spent over it / this is a year's.

        Example: April to March is 1, a leap year too; one whole July is 1/12.
        """
        return float(self.calendar.month_frac.sum()) / 12.0
