"""The battery business of a plan: the factory by period, what is sold and used by fiscal year, and the target.

Needs    plan.portfolio.result, stores, table.
Gives    factory_table, segments_table, own_use, BatteryTarget, battery_target.
Used by  plan.portfolio.tables, cli, report.

Sales outside and own use are kept apart. Own use counts at its transfer price, which is what the cell cost at the
factory in that period (materials and conversion): an assumption, since nobody pays it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.stores import cell_cost_per_kwh
from wattstack.plan.portfolio.table import Table
from wattstack.portfolio import Portfolio

FACTORY_COLUMNS = (
    "period", "fiscal_year", "lines_ordered", "lines", "nameplate_gwh", "made_gwh", "cumulative_gwh", "own_gwh",
    "sold_gwh", "stock_gwh", "conversion_per_kwh", "cell_cost_per_kwh",
)  # fmt: skip
SEGMENT_COLUMNS = ("fiscal_year", "segment", "use", "gwh", "price_per_kwh", "revenue_m", "revenue_jpy_bn")
REACHED_FRAC = 1e-6  # a forced target is met to this share


def factory_table(plan: PortfolioPlan) -> Table:
    """A row a period; no rows without a factory.

    Columns:
        lines_ordered, lines: Ordered in the period; started by then, the committed ones included.
        nameplate_gwh: What the lines would make at full yield. made, cumulative (with what was made before the
        start), own (into own campuses), sold, stock at the end [GWh].
        conversion_per_kwh, cell_cost_per_kwh: On the learning path given [currency/kWh].
    """
    factory, calendar = plan.portfolio.factory, plan.portfolio.calendar
    if factory is None:
        return Table(FACTORY_COLUMNS, ())
    key, zero = (factory.name,), np.zeros(calendar.count)

    def of(kind: str) -> np.ndarray:
        return plan.amounts.get(kind, {}).get(key, zero)

    lines = np.cumsum(of("line_start"))
    if factory.committed_start is not None:
        lines = lines + factory.committed_lines * (plan.portfolio.committed_since() >= 0)
    conversion = of("conversion_per_kwh")
    arrays = {
        "lines_ordered": of("line_order"),
        "lines": lines,
        "nameplate_gwh": lines * factory.line_gwh_per_year * calendar.period_years,
        "made_gwh": of("made_gwh"),
        "cumulative_gwh": factory.cumulative_start_gwh + np.cumsum(of("made_gwh")),
        "own_gwh": of("own_gwh"),
        "sold_gwh": plan.total("sold_gwh"),
        "stock_gwh": of("stock_gwh"),
        "conversion_per_kwh": conversion,
        "cell_cost_per_kwh": cell_cost_per_kwh(factory, conversion),
    }
    years = calendar.fiscal_year
    records = [
        {"period": calendar.label(q), "fiscal_year": int(years[q])}
        | {name: float(values[q]) for name, values in arrays.items()}
        for q in range(calendar.count)
    ]
    return Table.of(records, FACTORY_COLUMNS)


def own_use(plan: PortfolioPlan) -> tuple[np.ndarray, np.ndarray]:
    """Own cells into own campuses by period: GWh, and their worth at the transfer price [M]."""
    count, factory = plan.portfolio.calendar.count, plan.portfolio.factory
    own = (
        plan.amounts.get("own_gwh", {}).get((factory.name,), np.zeros(count)) if factory else np.zeros(count)
    )
    if not np.any(own):
        return own, np.zeros(count)
    return own, own * cell_cost_per_kwh(factory, plan.amounts["conversion_per_kwh"][(factory.name,)])


def segments_table(plan: PortfolioPlan) -> Table:
    """A row a fiscal year and segment in which anything is sold or used; "own use" is a segment of its own.

    Columns:
        fiscal_year: By the year it starts in; the first and last may be cut by the horizon.
        segment, use: use is "domestic", "abroad" or "own use". gwh: Over all price steps.
        price_per_kwh: Mean price ex works, for own use the transfer price [currency/kWh].
        revenue_m, revenue_jpy_bn: [M of the currency], [bn JPY], the latter where the file names a rate.
    """
    years = plan.portfolio.calendar.fiscal_year
    flows: dict[tuple[str, str], list[np.ndarray]] = {}
    for segment in plan.portfolio.segments:
        sold = plan.amounts.get("sold_gwh", {}).get((segment.segment, segment.tranche), np.zeros(len(years)))
        use = "domestic" if segment.domestic else "abroad"
        found = flows.setdefault((segment.segment, use), [np.zeros(len(years)), np.zeros(len(years))])
        found[0] += sold
        found[1] += sold * segment.price_at(years)
    flows["own use", "own use"] = list(own_use(plan))
    records = []
    for year in np.unique(years):
        for (segment, use), (gwh, revenue) in flows.items():
            amount, money = float(gwh[years == year].sum()), float(revenue[years == year].sum())
            if amount > 0.0:
                records.append({
                    "fiscal_year": int(year), "segment": segment, "use": use, "gwh": amount,
                    "price_per_kwh": money / amount, "revenue_m": money,
                    "revenue_jpy_bn": plan.portfolio.jpy_bn(money),
                })  # fmt: skip
    return Table.of(records, SEGMENT_COLUMNS)


@dataclass(frozen=True)
class BatteryTarget:
    """The battery business against its target in one fiscal year. Money in millions [M].

    Attributes:
        fiscal_year, target_m: What is aimed at: domestic sales outside.
        outside_m, outside_gwh: Domestic sales outside in that year, in the plan.
        own_m, own_gwh: Own use in that year at the transfer price; it does not count.
        abroad_m: Sales abroad in that year; they do not count.
        sold_out_m: All domestic price steps of that year sold out: nothing can be more.
        most_m: The most that the plan with domestic sales maximised reaches; None where it was not asked for.
        forced_cost_m: NPV given up where the target is forced; None where it cannot be, or was not asked for.
        forced_lines: Factory lines ordered more than in the plan then.
        forced_own_gwh: Own use in that year then.
    """

    fiscal_year: int
    target_m: float
    outside_m: float
    outside_gwh: float
    own_m: float
    own_gwh: float
    abroad_m: float
    sold_out_m: float
    most_m: float | None = None
    forced_cost_m: float | None = None
    forced_lines: float | None = None
    forced_own_gwh: float | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the plan reaches the target by itself."""
        return self.outside_m >= self.target_m * (1.0 - REACHED_FRAC)

    @property
    def at_most_m(self) -> float:
        """The least known upper limit of domestic sales in that year [M]."""
        return self.sold_out_m if self.most_m is None else min(self.most_m, self.sold_out_m)

    @property
    def is_reachable(self) -> bool:
        """Whether any plan is known to reach it, or none is known not to."""
        return self.is_reached or self.forced_cost_m is not None or self.at_most_m >= self.target_m


def battery_target(
    plan: PortfolioPlan, forced: PortfolioPlan | None = None, most: PortfolioPlan | None = None
) -> BatteryTarget | None:
    """The battery business of a plan against `money.battery_target_m` in its fiscal year.

    Args:
        plan: The plan.
        forced: The same portfolio re-solved with the target forced; None where no plan meets it.
        most: Re-solved with domestic sales of that year maximised.

    Returns:
        None where the portfolio has no target or no factory.
    """
    money, factory = plan.portfolio.money, plan.portfolio.factory
    if money.battery_target_m is None or factory is None:
        return None
    at = plan.portfolio.calendar.fiscal_year == money.battery_target_year
    outside, gwh, abroad = _sales(plan, at)
    own, worth = own_use(plan)
    more = {}
    if forced is not None:
        lines = forced.total("line_order").sum() - plan.total("line_order").sum()
        more = {
            "forced_cost_m": plan.npv_m - forced.npv_m,
            "forced_lines": float(lines),
            "forced_own_gwh": float(own_use(forced)[0][at].sum()),
        }
    return BatteryTarget(
        fiscal_year=money.battery_target_year,
        target_m=money.battery_target_m,
        outside_m=outside,
        outside_gwh=gwh,
        own_m=float(worth[at].sum()),
        own_gwh=float(own[at].sum()),
        abroad_m=abroad,
        sold_out_m=_sold_out(plan.portfolio, at),
        most_m=None if most is None else _sales(most, at)[0],
        **more,
    )


def _sales(plan: PortfolioPlan, at: np.ndarray) -> tuple[float, float, float]:
    """Domestic sales [M], [GWh] and sales abroad [M] in the periods marked."""
    years, out = plan.portfolio.calendar.fiscal_year, [0.0, 0.0, 0.0]
    for segment in plan.portfolio.segments:
        sold = plan.amounts.get("sold_gwh", {}).get((segment.segment, segment.tranche))
        if sold is None:
            continue
        money = float((sold * segment.price_at(years))[at].sum())
        if segment.domestic:
            out[0] += money
            out[1] += float(sold[at].sum())
        else:
            out[2] += money
    return out[0], out[1], out[2]


def _sold_out(portfolio: Portfolio, at: np.ndarray) -> float:
    """All domestic price steps sold out in the year of the periods marked [M]."""
    calendar = portfolio.calendar
    if not np.any(at):
        return 0.0
    year = calendar.fiscal_year[at][0]
    share = min(int(at.sum()) * calendar.period_years, 1.0)  # a year cut by the horizon is sold in part
    steps = (s for s in portfolio.segments if s.domestic)
    return float(sum(s.access_gwh.get(int(year), 0.0) * share * s.price_at(year) for s in steps))
