"""Power that is charged for: metered peaks, ratchets, contracted power, as the bill and the plan read them.

Needs    campus.Tariff (its `demand` and `contract` clauses), cost.calendar.
Gives    demand_groups, DemandGroups, PeakColumn, CapGroup, PeakRow; Charge, ChargePeriod, read_charges,
         meter_steps, metered_peaks, look_back, CONTRACT_PATH.
Used by  cost.tariff (the bill), plan.master (the same clauses as columns, caps and rows of an LP).

One reading of the clauses serves both, so that the bill of a plan and the plan's own cost agree to the cent.

Definitions. A peak is the highest mean import over a billing interval that starts in the window. A charge by
the month bills the peak of each month in which its window opens; a charge by the year bills the highest
peak of twelve months, counted from the start of the axis, and is booked a twelfth a month. A month that the
axis covers in part is charged in part. A ratchet bills max(peak of the month, share x highest peak of the n
months before): of metered peaks, never of billed ones. `wrap` takes the axis for a year that repeats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.cost.calendar import Calendar, month_of
from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.campus import Contract, Demand, Tariff

CONTRACT_PATH = "grid.tariff.contract.{}.power_mw"
History = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class PeakColumn:
    """One column of the plan that is paid per MW.

    Attributes:
        name: "peak.monthly.2022-04", "peak.annual", "billed.monthly.2022-04" (with a ratchet), or
            "grid.tariff.contract.main.power_mw".
        price: Cost of one MW over the axis: over a whole year the yearly price. 0 for a peak whose
            ratchet is billed in its stead.
        kind: "peak", "billed" or "contract".
    """

    name: str
    price: float
    kind: str


@dataclass(frozen=True, slots=True)
class CapGroup:
    """Steps of one month under the same clauses: import stays under a cap, the cap under each column."""

    index: int
    month: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeakRow:
    """A row of the plan: sum of coefs[name] x column >= lower."""

    coefs: Mapping[str, float]
    lower: float = 0.0


@dataclass(frozen=True)
class DemandGroups:
    """Everything a plan needs of the power clauses.

    Attributes:
        cap_index: Cap group of each step, -1 = none, shape (steps,).
        cap_steps: Number of steps a meter averages over (1 = the step itself).
        groups: The cap groups; groups[i].index == i.
        columns: What is paid per MW, each name once.
        rows: Ratchets, and classes of contracted power that must not fall below another.
        notes: Sentences that a report must show.
    """

    cap_index: np.ndarray
    cap_steps: int
    groups: tuple[CapGroup, ...]
    columns: tuple[PeakColumn, ...]
    rows: tuple[PeakRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChargePeriod:
    """One billed quantity of a charge: a month of a monthly charge, a year of a yearly one.

    Attributes:
        label: "2022-04" or, for a year, its first month.
        months: Month indices over which its highest interval is sought.
        price_by_month: Cost per MW booked to each month of the axis, shape (months,).
        suffix: End of the column name: ".2022-04", or "" where one year is all there is.
    """

    label: str
    months: tuple[int, ...]
    price_by_month: np.ndarray
    suffix: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A demand or contract clause, read on a calendar.

    Attributes:
        name: As the tariff names it.
        clause: campus.Demand or campus.Contract.
        mask: Whether the window is open, shape (steps,); an interval of the meter goes by its start.
        periods: What is billed when.
        steps: Steps in one interval of the meter.
    """

    name: str
    clause: Demand | Contract
    mask: np.ndarray
    periods: tuple[ChargePeriod, ...]
    steps: int

    @property
    def months(self) -> tuple[int, ...]:
        """Months of the axis that the charge bills, never falling."""
        return tuple(sorted(m for p in self.periods for m in p.months))

    def price_by_month(self, calendar: Calendar) -> np.ndarray:
        """Cost booked to each month of one MW billed in every period, shape (months,)."""
        return sum((p.price_by_month for p in self.periods), np.zeros(calendar.months))


def read_charges(
    clauses: Mapping[str, Demand] | Mapping[str, Contract], calendar: Calendar, steps: int
) -> dict[str, Charge]:
    """Read every clause on the calendar; an interval of `steps` steps belongs to where it starts."""
    out = {}
    for name, clause in clauses.items():
        clock = calendar.clock
        mask = clause.mask(clock.local_month, clock.local_weekday, clock.local_hour)
        mask = np.repeat(mask[::steps], steps)
        out[name] = Charge(name, clause, mask, _periods(clause, calendar, mask, steps), steps)
    return out


def _periods(
    clause: Demand | Contract, calendar: Calendar, mask: np.ndarray, steps: int
) -> tuple[ChargePeriod, ...]:
    frac = calendar.month_frac
    names = calendar.month_names
    if clause.price_per_mw_month is not None:
        month = np.repeat(calendar.month[::steps], steps)
        periods = []
        for m in np.unique(month[mask]).tolist():
            price = np.zeros(calendar.months)
            price[m] = clause.price_per_mw_month * frac[m]
            periods.append(ChargePeriod(names[m], (m,), price, f".{names[m]}"))
        return tuple(periods)
    years = calendar.years
    before = np.concatenate([[0.0], np.cumsum(frac)[:-1]])
    year = np.minimum((before / 12.0 + 1e-9).astype(int), years - 1)
    periods = []
    for y in range(years):
        months = tuple(np.flatnonzero(year == y).tolist())
        price = np.where(year == y, clause.price_per_mw_year * frac / 12.0, 0.0)
        label = names[months[0]]
        periods.append(ChargePeriod(label, months, price, f".{label}" if years > 1 else ""))
    return tuple(periods)


def meter_steps(tariff: Tariff, calendar: Calendar) -> tuple[int, tuple[str, ...]]:
    """Number of steps in one billing interval, and what a reader must know where a step is longer.

    Raises:
        InputError: the interval is not a whole number of steps, the axis does not start and end on an
            interval, or two demand charges are metered over different intervals.
    """
    step_s = calendar.axis.step_s
    found: dict[str, int] = {}
    notes, faults = [], []
    for name, clause in tariff.demand.items():
        interval_s = step_s if clause.interval_s is None else clause.interval_s
        where = f"grid.tariff.demand.{name}.interval"
        if interval_s < step_s:
            notes.append(
                f"Demand charge {name!r} is billed on means of {interval_s // 60} min; the axis has steps of "
                f"{step_s // 60} min, whose means stand in. The metered peak can be higher."
            )
        elif interval_s % step_s:
            what = f"is {interval_s // 60} min, must be a whole number of steps of {step_s // 60} min."
            faults.append(Fault(where, f"{what} Change time.step."))
        found[name] = max(1, interval_s // step_s)
    steps = max(found.values(), default=1)
    if len(set(found.values())) > 1:
        text = ", ".join(f"{n} {k * step_s // 60} min" for n, k in found.items())
        what = f"has meters of different intervals ({text}), must have one. Give all the same interval."
        faults.append(Fault("grid.tariff.demand", what))
    if steps > 1:
        minute = round(float(calendar.clock.local_hour[0]) * 60.0)
        if (minute * 60) % (steps * step_s) or len(calendar.month) % steps:
            minutes = steps * step_s // 60
            what = f"does not start and end on a billing interval of {minutes} min, must. Move start or end."
            faults.append(Fault("time", what))
    if faults:
        raise InputError("tariff", faults)
    return steps, tuple(notes)


def metered_peaks(charge: Charge, calendar: Calendar, import_mw: np.ndarray) -> dict[int, tuple[float, int]]:
    """Highest metered interval of each month in the window: month -> (MW, first step of the interval).

    The first of equal intervals is named. Months without an open window are left out.
    """
    steps = charge.steps
    metered_mw = np.asarray(import_mw, dtype=float).reshape(-1, steps).mean(axis=1)
    metered_mw = np.where(charge.mask[::steps], metered_mw, -np.inf)
    edges = np.searchsorted(calendar.month[::steps], np.arange(calendar.months + 1))
    peaks = {}
    for m in range(calendar.months):
        first, end = int(edges[m]), int(edges[m + 1])
        if charge.mask[::steps][first:end].any():
            best = first + int(np.argmax(metered_mw[first:end]))
            peaks[m] = (float(metered_mw[best]), best * steps)
    return peaks


def look_back(
    charge: Charge, calendar: Calendar, month: int, history: Mapping[str, float]
) -> tuple[tuple[int, ...], dict[str, float]]:
    """What the ratchet of a charge remembers in a month: months of the axis, peaks before it by label [MW].

    The months before the first come from the history where one is given, else, with `wrap`, from the end of
    the axis, taken as whole years that repeat.
    """
    ratchet = charge.clause.ratchet
    number = calendar.month_number
    back = number[month] - number
    if ratchet.wrap and not history:
        back = back % (12 * calendar.years)
    months = [m for m in charge.months if 0 < back[m] <= ratchet.months]
    past = {}
    for label, peak_mw in history.items():
        then = month_of(label)
        if then < number[0] and 0 < number[month] - then <= ratchet.months:
            past[label] = float(peak_mw)
    return tuple(sorted(months, key=lambda m: -back[m])), past


def demand_groups(tariff: Tariff, calendar: Calendar, history: History | None = None) -> DemandGroups:
    """Turn the power clauses of a tariff into caps, columns and rows of a linear programme.

    For given imports the cheapest columns that satisfy every cap and row cost what `make_bill` writes in its
    demand, ratchet and contract lines.

    Args:
        tariff: campus.Tariff.
        calendar: Local calendar of the axis.
        history: Metered peaks before the axis, by demand charge and month: {"monthly": {"2022-03": 98.0}}.

    Returns:
        cap_index (steps,), groups, columns and rows; see DemandGroups.

    Raises:
        InputError: intervals do not fit the axis, or clauses contradict each other.
    """
    history = history or {}
    steps, notes = meter_steps(tariff, calendar)
    demand = read_charges(tariff.demand, calendar, steps)
    contract = read_charges(tariff.contract, calendar, steps)
    cap_index, groups = _cap_groups(calendar, steps, demand, contract)
    columns, rows = [], []
    for name, charge in demand.items():
        for period in charge.periods:
            more_columns, more_rows = _demand_columns(charge, calendar, period, history.get(name, {}))
            columns += more_columns
            rows += more_rows
    for name, charge in contract.items():
        path = CONTRACT_PATH.format(name)
        columns.append(PeakColumn(path, float(charge.price_by_month(calendar).sum()), "contract"))
        if charge.clause.at_least is not None:
            rows.append(PeakRow({path: 1.0, CONTRACT_PATH.format(charge.clause.at_least): -1.0}))
    return DemandGroups(cap_index, steps, groups, tuple(columns), tuple(rows), notes)


def _demand_columns(
    charge: Charge, calendar: Calendar, period: ChargePeriod, history: Mapping[str, float]
) -> tuple[list[PeakColumn], list[PeakRow]]:
    peak = f"peak.{charge.name}{period.suffix}"
    price = float(period.price_by_month.sum())
    ratchet = charge.clause.ratchet
    if ratchet is None:
        return [PeakColumn(peak, price, "peak")], []
    billed = f"billed.{charge.name}{period.suffix}"
    months, past = look_back(charge, calendar, period.months[0], history)
    rows = [PeakRow({billed: 1.0, peak: -1.0})]
    for m in months:
        earlier = f"peak.{charge.name}.{calendar.month_names[m]}"
        rows.append(PeakRow({billed: 1.0, earlier: -ratchet.share_frac}))
    if past:
        rows.append(PeakRow({billed: 1.0}, ratchet.share_frac * max(past.values())))
    return [PeakColumn(peak, 0.0, "peak"), PeakColumn(billed, price, "billed")], rows


def _cap_groups(calendar, steps, demand, contract) -> tuple[np.ndarray, tuple[CapGroup, ...]]:
    """Group steps by month and set of open windows; few sets are met, so each is named once."""
    clauses = [*demand.values(), *contract.values()]
    key = np.repeat(calendar.month[::steps], steps).astype(np.int64) << len(clauses)
    for bit, charge in enumerate(clauses):
        key |= charge.mask.astype(np.int64) << bit
    found, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    cap_of = np.full(len(found), -1)
    groups: list[CapGroup] = []
    for k in np.argsort(first).tolist():
        month = int(found[k]) >> len(clauses)
        columns = _columns_of(month, int(found[k]), demand, contract)
        if columns:
            cap_of[k] = len(groups)
            groups.append(CapGroup(len(groups), month, columns))
    return cap_of[inverse], tuple(groups)


def _columns_of(month: int, key: int, demand: dict, contract: dict) -> tuple[str, ...]:
    columns = []
    for bit, charge in enumerate(demand.values()):
        if key >> bit & 1:
            period = next(p for p in charge.periods if month in p.months)
            columns.append(f"peak.{charge.name}{period.suffix}")
    for bit, name in enumerate(contract, start=len(demand)):
        if key >> bit & 1:
            columns.append(CONTRACT_PATH.format(name))
    return tuple(columns)
