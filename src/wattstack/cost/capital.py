"""What assets cost: investment, replacement, residual value and fixed O&M, as a table and as a cost per year.

Needs    campus.Campus (sizes, capital, life, fixed cost), cost.worth.
Gives    Asset, assets_of, size_costs, capital_table, Schedule, replacement_schedule.
Used by  plan.master (size_costs: the price of each size column), cost.finance, report.

A size that the campus file gives as a number stands: its investment is past, only its fixed O&M is paid. A
size given as a range is bought, whatever the plan chooses ({min: 50, max: 50} buys 50). It is replaced at the
same real price at the end of each life within the horizon; what is left of the last life at the end of the
horizon is credited straight line. Replacement and credit are booked at the end of the year they fall in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from wattstack.cost.worth import present_worth_factor

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus


COLUMNS = (
    "size", "unit", "nameplate", "stands", "capital", "annuity", "fixed_per_year", "cost_per_year",
    "life_years",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """One size column and what a unit of it costs.

    Attributes:
        path: "battery.main.energy_mwh".
        unit: "MW" or "MWh".
        declared: The number that stands, or None where the plan chooses.
        capital_per_unit: Investment per unit of size.
        fixed_per_unit_year: Fixed O&M per unit of size and year.
        life_years: Life, then it is replaced.
        nameplate_per_unit: Nameplate per unit of size, 1 where they are the same.
    """

    path: str
    unit: str
    declared: float | None
    capital_per_unit: float
    fixed_per_unit_year: float
    life_years: float
    nameplate_per_unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When an asset is bought again, and the share of its price that is left at the end of the horizon."""

    replacement_years: tuple[int, ...]
    residual_frac: float

    def present_worth(self, discount_rate_frac: float, horizon_years: int) -> float:
        """Present value of one unit of money invested in year 0, replacements and residual value included."""
        keep = 1.0 / (1.0 + discount_rate_frac)
        again = sum(keep**year for year in self.replacement_years)
        return 1.0 + again - self.residual_frac * keep**horizon_years


def replacement_schedule(life_years: float, horizon_years: int) -> Schedule:
    """Replacements within a horizon.

    A life that ends within a year is replaced at the end of that year; nothing is bought at the last.

    Example:
        >>> replacement_schedule(8.0, 20)
        Schedule(replacement_years=(8, 16), residual_frac=0.5)
        >>> replacement_schedule(20.0, 20)
        Schedule(replacement_years=(), residual_frac=0.0)
    """
    lives = max(1, ceil(horizon_years / life_years - 1e-9))
    years = tuple(ceil(k * life_years - 1e-9) for k in range(1, lives))
    return Schedule(years, max(0.0, lives - horizon_years / life_years))


def assets_of(campus: Campus) -> tuple[Asset, ...]:
    """Every size column of a campus that has an investment or a fixed cost, in the order of the file.

    Contracted power is no asset: its price is in the bill.
    """
    out: list[Asset] = []
    for name, b in campus.battery.items():
        nameplate = b.nameplate_per_usable
        per_mwh = b.capital_per_mwh * nameplate
        out.append(_asset(f"battery.{name}.power_mw", b.power_mw, b.capital_per_mw, b))
        energy = _number(b.energy_mwh)
        path = f"battery.{name}.energy_mwh"
        out.append(Asset(path, "MWh", energy, per_mwh, 0.0, b.life_years, nameplate))
    for kind in ("solar", "generator"):
        for name, unit in getattr(campus, kind).items():
            out.append(_asset(f"{kind}.{name}.power_mw", unit.power_mw, unit.capital_per_mw, unit))
    if campus.grid is not None:
        connection = campus.grid.connection
        for key in ("firm_mw", "nonfirm_mw"):
            size = getattr(connection, key)
            out.append(_asset(f"grid.connection.{key}", size, connection.capital_per_mw, connection))
    return tuple(out)


def _asset(path: str, size, capital_per_mw: float, owner) -> Asset:
    return Asset(path, "MW", _number(size), capital_per_mw, owner.fixed_per_mw_year, owner.life_years)


def _number(size) -> float | None:
    return float(size) if isinstance(size, int | float) else None


def size_costs(campus: Campus) -> dict[str, float]:
    """Yearly cost of one unit of each size: annuity (none for what stands) + fixed O&M, by path.

    Linear in the size, and the same as `capital_table`.
    """
    return {a.path: _annuity_per_unit(a, campus.finance) + a.fixed_per_unit_year for a in assets_of(campus)}


def _annuity_per_unit(asset: Asset, finance) -> float:
    if asset.declared is not None:
        return 0.0
    rate, years = finance.discount_rate_frac, finance.horizon_years
    worth = replacement_schedule(asset.life_years, years).present_worth(rate, years)
    return asset.capital_per_unit * worth / present_worth_factor(rate, years)


def capital_table(campus: Campus, sizes: Mapping[str, float]) -> pd.DataFrame:
    """What stands and what is built, and what it costs.

    Args:
        campus: As declared, before `sized`: in a sized campus everything stands.
        sizes: Planned sizes by path; a declared number needs none.

    Returns:
        DataFrame, index = path: size, unit, nameplate (NaN where it is the size), stands, capital (0 for
        what stands), annuity, fixed_per_year, cost_per_year (the two together), life_years.

    Example:
        A battery of 100 usable MWh with usable_frac 0.8 and 200,000 per nameplate MWh has a nameplate of
        125 MWh and a capital of 25,000,000.
    """
    import pandas as pd

    rows = []
    for asset in assets_of(campus):
        stands = asset.declared is not None
        size = float(sizes[asset.path]) if asset.declared is None else asset.declared
        annuity = size * _annuity_per_unit(asset, campus.finance)
        same = asset.nameplate_per_unit == 1.0
        fixed = size * asset.fixed_per_unit_year
        rows.append(
            {
                "path": asset.path,
                "size": size,
                "unit": asset.unit,
                "nameplate": float("nan") if same else size * asset.nameplate_per_unit,
                "stands": stands,
                "capital": 0.0 if stands else size * asset.capital_per_unit,
                "annuity": annuity,
                "fixed_per_year": fixed,
                "cost_per_year": annuity + fixed,
                "life_years": asset.life_years,
            }
        )
    table = pd.DataFrame(rows, columns=["path", *COLUMNS]).set_index("path")
    return table.astype({"stands": bool})
