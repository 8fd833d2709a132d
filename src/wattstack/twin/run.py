"""What a simulated year answers with.

Gives    Run, YearOfRun, LimitCount.
Used by  twin.year, twin.against, twin.store, report, cli.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.case import Case
    from wattstack.cost import Bill
    from wattstack.plan import ScenarioResult
    from wattstack.series import Traces
    from wattstack.twin.makes import CellCourse


@dataclass(frozen=True, slots=True)
class LimitCount:
    """A limit that was hit: counted and told, never raised.

    Attributes:
        path: What was at its limit ("battery.main", "grid.import", "duties.backup").
        limit: Which limit, in words.
        count: Times it was hit, a stretch of steps counted once.
        first_utc: Start of the first stretch, ISO 8601.
        duration_h: Duration of all stretches.
        largest: Greatest amount, in `unit`.
        unit: "MW", "MWh" or "".
    """

    path: str
    limit: str
    count: int
    first_utc: str
    duration_h: float
    largest: float
    unit: str


@dataclass(frozen=True)
class YearOfRun:
    """One simulated pass over the axis.

    Attributes:
        year: 0, 1, ...
        bill: Every line of running by month, as in a plan (cost.Bill).
        balance: MWh by month and "year", sources > 0, uses < 0; each row sums to zero.
        emission_t: CO2 by month and source.
        peaks_mw: Highest metered interval by month label.
        figures: Numbers of the year by name, with their unit in the name.
        batteries: DataFrame, a row a battery block: capacity_frac, resistance_frac, throughput_mwh, full_cycles,
            round_trip_eff, auxiliary_mwh, loss_mwh, temp_max_degc.
        events: What was done or happened: (path, what).
    """

    year: int
    bill: Bill
    balance: pd.DataFrame
    emission_t: pd.DataFrame
    peaks_mw: dict[str, float]
    figures: dict[str, float]
    batteries: pd.DataFrame
    events: tuple[tuple[str, str], ...] = ()

    @property
    def running_cost(self) -> float:
        """Sum of the bill."""
        return self.bill.total


@dataclass(frozen=True)
class Run:
    """A campus simulated step by step with its controller.

    Attributes:
        name, currency: Of the campus.
        case: The campus bound to the axis of the run.
        controller: What ran it, in words.
        traces: The first year, every step: the plan's channels and those only a run has.
        years: One a pass over the axis.
        limits: Limits that were hit, over all years.
        against: Where the plan's saving went: a row a cause with cost_per_year and saving_per_year, sums to the
            difference; empty where it was not asked for.
        seed: Of all that was drawn by chance.
        notes: Sentences a reader must see.
        seconds: Time by stage.
        reference: The same campus run with perfect foresight, at its own step; its bill stands beside the run's.
        scenario: Name of the scenario that was run, None: the campus' own time and series.
        targets_mw: Interval mean that was to be held, by month label; months without one are not in it.
        courses: Charge and temperature of the cells of each battery through the first year (twin.makes).
    """

    name: str
    currency: str
    case: Case
    controller: str
    traces: Traces
    years: tuple[YearOfRun, ...]
    limits: tuple[LimitCount, ...]
    against: pd.DataFrame
    seed: int = 0
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    reference: ScenarioResult | None = None
    scenario: str | None = None
    targets_mw: dict[str, float] = field(default_factory=dict)
    courses: tuple[CellCourse, ...] = ()

    @property
    def running_cost_per_year(self) -> float:
        """Running cost of the first year, over the years the axis covers."""
        return self.years[0].running_cost / self.case.years
