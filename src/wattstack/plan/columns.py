"""From campus and cases to the sizing model: every size a column, every clause a row, every scenario a problem.

Needs    campus, case, cost (size_costs, demand_groups), dispatch.Problem.
Gives    sizing_model, SiteModel, penalty_per_mwh, UNSERVED.
Used by  plan.site, plan.relief.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.campus import Campus, SizeRange
from wattstack.case import Case, held_by
from wattstack.cost import DemandGroups, demand_groups, size_costs
from wattstack.dispatch import Amount, Commitment, Problem, SizeColumn, SizeRow, Storage, Supply
from wattstack.plan.account import smoothing_wear_per_h, tariff_of
from wattstack.plan.model import SizingModel

UNSERVED = "unserved"
FIRM, NONFIRM = "grid.connection.firm_mw", "grid.connection.nonfirm_mw"


@dataclass(frozen=True)
class SiteModel:
    """The sizing model of a campus and what is needed to read its answer.

    Attributes:
        model: Columns, rows, problems.
        groups: The power clauses of each case.
        penalty: Price of unserved load in the problems [currency/MWh].
        strict: Unserved load is not allowed; the penalty is then only a way to find it.
        standing_cost: Charges of a year that no size changes; the model leaves them out.
    """

    model: SizingModel
    groups: tuple[DemandGroups, ...]
    penalty: float
    strict: bool
    standing_cost: float


def penalty_per_mwh(campus: Campus, cases: list[Case]) -> float:
    """Price of unserved load: the campus' own, else one above anything that building or buying could cost.

    Where unserved load is not allowed, a MW built for a single hour must still be cheaper than that hour
    unserved; so the price is twice the sum of all yearly unit costs plus ten times the dearest energy.
    """
    own = campus.finance.lost_load_per_mwh
    if own is not None:
        return float(own)
    step_h = min(case.axis.step_h for case in cases)
    build = sum(abs(cost) for cost in size_costs(campus).values())
    charge = 0.0
    for case in cases:
        groups = demand_groups(tariff_of(campus), case.calendar)
        charge = max(charge, sum(column.price for column in groups.columns) / case.years)
    energy = max(float(np.abs(case.buy_price_per_mwh).max()) for case in cases)
    fuel = max(
        (float(np.max(c)) for case in cases for c in case.generator_cost_per_mwh.values()), default=0.0
    )
    return 10.0 * (energy + fuel) + 2.0 * (build + charge) * max(c.years for c in cases) / step_h


def sizing_model(campus: Campus, cases: list[Case]) -> SiteModel:
    """Build the sizing model of a campus.

    Args:
        campus: What stands and what may be built.
        cases: One a scenario; weights sum to 1.
    """
    penalty = penalty_per_mwh(campus, cases)
    groups = tuple(demand_groups(tariff_of(campus), case.calendar) for case in cases)
    columns = _size_columns(campus, cases)
    rows = _duration_rows(campus)
    problems = []
    many = len(cases) > 1
    connection = sum(columns[path].upper for path in (FIRM, NONFIRM) if path in columns)
    most = max(2.0 * max(float(case.load_mw.max()) for case in cases), connection)
    for case, group in zip(cases, groups, strict=True):
        prefix = f"{case.name}:" if many else ""
        share = case.weight_frac / case.years
        caps = _power_clauses(group, (prefix, share, most), columns, rows)
        problems.append(_problem(campus, case, group, caps, penalty))
    for problem in problems:
        for name in problem.sizes:  # a cap group of its own: free, below the clauses it stands under
            columns.setdefault(name, SizeColumn(name, 0.0, 0.0, most))
    model = SizingModel(
        tuple(columns.values()), tuple(rows), tuple(problems), tuple(c.weight_frac / c.years for c in cases)
    )
    strict = campus.finance.lost_load_per_mwh is None
    return SiteModel(model, groups, penalty, strict, _standing(campus, cases))


def _standing(campus: Campus, cases: list[Case]) -> float:
    """Standing charges of the tariff by the year, and the wear of the swings that the batteries take."""
    months = sum(case.weight_frac / case.years * float(case.calendar.month_frac.sum()) for case in cases)
    hours = sum(case.weight_frac / case.years * case.axis.step_h * case.axis.count for case in cases)
    return tariff_of(campus).fixed_per_month * months + sum(smoothing_wear_per_h(campus).values()) * hours


def _size_columns(campus: Campus, cases: list[Case]) -> dict[str, SizeColumn]:
    costs = size_costs(campus)
    columns = {}
    for path, size in campus.size_paths.items():
        cost = costs.get(path, 0.0)
        if isinstance(size, SizeRange):
            columns[path] = SizeColumn(path, cost, size.min, size.max, size.block)
        else:
            columns[path] = SizeColumn(path, cost, size, size)
    for name in campus.battery:
        held = [held_by(campus, name, case.load_mw) for case in cases]
        power, energy = max(part.least_mw for part in held), max(part.least_mwh for part in held)
        for path, least in ((f"battery.{name}.power_mw", power), (f"battery.{name}.energy_mwh", energy)):
            column = columns[path]
            columns[path] = SizeColumn(
                path, column.cost, min(max(column.lower, least), column.upper), column.upper, column.block
            )
    return columns


def _duration_rows(campus: Campus) -> list[SizeRow]:
    rows = []
    for name, unit in campus.battery.items():
        if unit.duration_h is not None:
            power, energy = f"battery.{name}.power_mw", f"battery.{name}.energy_mwh"
            rows.append(
                SizeRow(f"battery.{name}.duration_h.min", {energy: 1.0, power: -unit.duration_h.min}, 0.0)
            )
            rows.append(
                SizeRow(
                    f"battery.{name}.duration_h.max", {energy: 1.0, power: -unit.duration_h.max}, upper=0.0
                )
            )
    return rows


def _power_clauses(
    group: DemandGroups, scale: tuple[str, float, float], columns: dict[str, SizeColumn], rows: list[SizeRow]
) -> tuple[str, ...]:
    """Add the peaks of one scenario as columns and rows; return the cap column of each cap group.

    `scale` = (prefix of the scenario's names, its weight by the year, greatest peak there can be).
    """
    prefix, share, most = scale
    contracts = {c.name for c in group.columns if c.kind == "contract"}

    def own(name: str) -> str:
        return name if name in contracts else prefix + name

    for column in group.columns:
        if column.kind == "contract":
            old = columns[column.name]
            columns[column.name] = SizeColumn(
                old.name, old.cost + share * column.price, old.lower, old.upper, old.block
            )
        else:
            columns[own(column.name)] = SizeColumn(own(column.name), share * column.price, 0.0, most)
    for row in group.rows:
        rows.append(SizeRow("ratchet", {own(name): coef for name, coef in row.coefs.items()}, row.lower))
    caps = []
    for cap in group.groups:
        name = own(cap.columns[0]) if len(cap.columns) == 1 else f"{prefix}cap.{cap.index}"
        caps.append(name)
        if len(cap.columns) > 1:
            rows += [
                SizeRow(f"{name} under {over}", {name: 1.0, own(over): -1.0}, upper=0.0)
                for over in cap.columns
            ]
        if not any(over in contracts for over in cap.columns) or len(cap.columns) > 1:
            rows.append(
                SizeRow(f"{name} under the connection", {name: 1.0, FIRM: -1.0, NONFIRM: -1.0}, upper=0.0)
            )
    return tuple(caps)


def _problem(
    campus: Campus, case: Case, group: DemandGroups, caps: tuple[str, ...], penalty: float
) -> Problem:
    """The running of one case."""
    carbon = campus.carbon.price_per_t / 1000.0
    buy = case.buy_price_per_mwh + carbon * case.carbon_kg_per_mwh
    supplies = []
    if campus.grid is not None:
        supplies.append(Supply("grid.connection.firm", "import", buy, Amount(0.0, 1.0, FIRM)))
        supplies.append(
            Supply("grid.connection.nonfirm", "import", buy, Amount(0.0, case.nonfirm_frac, NONFIRM))
        )
    export = tariff_of(campus).export
    if export is not None:
        supplies.append(Supply("grid.export", "export", case.sell_price_per_mwh, Amount(export.limit_mw)))
    for name, output in case.solar_frac.items():
        supplies.append(Supply(f"solar.{name}", "solar", 0.0, Amount(0.0, output, f"solar.{name}.power_mw")))
    commitments = []
    for name, unit in campus.generator.items():
        cost = case.generator_cost_per_mwh[name] + carbon * unit.emission_kg_per_mwh
        power = Amount(0.0, unit.availability_frac, f"generator.{name}.power_mw")
        supplies.append(Supply(f"generator.{name}", "generator", cost, power))
        if unit.minimum_frac > 0.0 or unit.start_cost_per_mw > 0.0:
            commitments.append(Commitment(f"generator.{name}", unit.minimum_frac, unit.start_cost_per_mw))
    for name, most in case.shed_mw.items():
        value = campus.load[name].shed_value_per_mwh
        supplies.append(Supply(f"load.{name}.shed", "shed", value, Amount(most)))
    supplies.append(Supply(UNSERVED, "unserved", penalty, Amount(np.inf)))
    storages = tuple(_storage(campus, name, case) for name in campus.battery)
    dearest = max(float(np.max(s.cost_per_mwh)) for s in supplies)
    worst = max(
        (s.wear_charge_per_mwh / s.charge_eff + dearest / s.charge_eff for s in storages), default=dearest
    )
    return Problem(
        step_h=case.axis.step_h,
        load_mw=case.load_mw,
        supplies=tuple(supplies),
        storages=storages,
        caps=caps,
        cap_index=group.cap_index if caps else None,
        cap_steps=group.cap_steps,
        block=case.month,
        commitments=tuple(commitments),
        floor_slack_per_mwh=4.0 * worst,
    )


def _storage(campus: Campus, name: str, case: Case) -> Storage:
    unit = campus.battery[name]
    power, energy = f"battery.{name}.power_mw", f"battery.{name}.energy_mwh"
    held = held_by(campus, name, case.load_mw)
    floor = Amount(held.floor_mwh, held.error_frac, energy) if held.least_mwh > 0.0 else Amount()
    return Storage(
        name=f"battery.{name}",
        charge=Amount(-held.smoothing_mw, unit.charge_power_frac, power),
        discharge=Amount(-held.smoothing_mw, 1.0, power),
        ceiling=Amount(-held.smoothing_mwh, 1.0, energy),
        floor=floor,
        charge_eff=unit.charge_eff,
        discharge_eff=unit.discharge_eff,
        kept_frac_per_h=1.0 - unit.self_discharge_frac_per_h,
        wear_discharge_per_mwh=unit.wear_per_mwh,
    )
