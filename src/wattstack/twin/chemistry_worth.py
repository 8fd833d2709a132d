"""What a battery of a chemistry costs over the years that were run, as a present value.

Needs    campus.Campus, cost (capital_table, replacement_schedule), twin.run.
Gives    Priced, priced, present_value_of.
Used by  twin.chemistries.

Real terms. Year 0 buys the battery, and what else was planned; running and upkeep fall at the end of their year; cells
are renewed and added at the beginning of the year in which the run did so. What is left at the end is credited: of
cells the share of their life or of their fade down to renewal that is still before them, whichever is less; of all else
the share of its life. Wear is not counted beside it: it is the same cost told another way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattstack.campus import Campus, SizeRange
from wattstack.cost import capital_table, replacement_schedule
from wattstack.twin.run import YearOfRun

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Priced:
    """A campus with its battery bought, and the money it takes.

    Attributes:
        table: cost.capital_table, the battery bought.
        path: "battery.main".
        price_per_mwh: Per nameplate MWh of its cells.
        nameplate_mwh: Bought in year 0.
        life_years: Of its cells.
        renew_frac: Cells are renewed below this share of their first capacity; 0: never.
        added: Nameplate of each augmentation [MWh] by label of its block, at the price of the battery's cells.
        rate_frac: Discount rate a year.
        pass_years: Years of one pass.
    """

    table: pd.DataFrame
    path: str
    price_per_mwh: float
    nameplate_mwh: float
    life_years: float
    renew_frac: float
    added: Mapping[str, float]
    rate_frac: float
    pass_years: float


def priced(campus: Campus, sizes: Mapping[str, float], battery: str, pass_years: float) -> Priced:
    """The money side of a campus of one chemistry.

    Args:
        campus: The battery's chemistry as compared; sizes that are ranges are bought too.
        sizes: Every size by path.
        battery: Its name.
        pass_years: Years of one pass over the axis.
    """
    path, unit = f"battery.{battery}", campus.battery[battery]
    buys = {
        key: SizeRange(min=sizes[f"{path}.{key}"], max=sizes[f"{path}.{key}"])
        for key in ("power_mw", "energy_mwh")
    }
    bought = unit.model_copy(update=buys)
    table = capital_table(campus.model_copy(update={"battery": {**campus.battery, battery: bought}}), sizes)
    added = {
        f"{path}.augmentation.{name}": more.energy_mwh * unit.nameplate_per_usable
        for name, more in unit.augmentation.items()
    }
    return Priced(
        table, path, unit.capital_per_mwh, sizes[f"{path}.energy_mwh"] * unit.nameplate_per_usable, unit.life_years,
        unit.replace_below_frac or 0.0, added, campus.finance.discount_rate_frac, pass_years,
    )  # fmt: skip


def present_value_of(money: Priced, years: Sequence[YearOfRun], running: Sequence[float]) -> dict[str, float]:
    """Present value of one run, by part.

    Args:
        money: From `priced`.
        years: Of the run.
        running: Running cost of each, without wear.

    Returns:
        capital, running, upkeep, renewal, residual (< 0), their sum present_value; energy_mwh: what one unit of
        price_per_mwh adds to it [nameplate MWh, present value].
    """
    count = len(years)
    keep = [(1.0 + money.rate_frac) ** (-year * money.pass_years) for year in range(count + 1)]
    table, energy = money.table, f"{money.path}.energy_mwh"
    others = table.drop(index=energy)
    renewal = residual = 0.0
    for asset in others.itertuples():
        plan = replacement_schedule(asset.life_years / money.pass_years, count)
        renewal += asset.capital * sum(keep[year] for year in plan.replacement_years)
        residual -= asset.capital * plan.residual_frac * keep[count]
    bought = _bought(money, years)
    left = {label: (year, mwh) for year, mwh, label in bought}  # the last purchase of each block
    end_mwh = sum(mwh * _left_frac(money, label, year, years) for label, (year, mwh) in left.items())
    units = sum(mwh * keep[year] for year, mwh, _ in bought) - end_mwh * keep[count]
    renewal += money.price_per_mwh * sum(mwh * keep[year] for year, mwh, _ in bought if year > 0)
    residual -= money.price_per_mwh * end_mwh * keep[count]
    parts = {
        "capital": float(table["capital"].sum()),
        "running": sum(cost * keep[year + 1] for year, cost in enumerate(running)),
        "upkeep": float(table["fixed_per_year"].sum()) * money.pass_years * sum(keep[1:]),
        "renewal": renewal,
        "residual": residual,
    }
    return {**parts, "present_value": sum(parts.values()), "energy_mwh": units}


def _bought(money: Priced, years: Sequence[YearOfRun]) -> list[tuple[int, float, str]]:
    """Cells of each block: year in which they were bought, nameplate MWh, label; the first blocks are all alike."""
    labels = [label for label in of_battery(years[0].batteries, money.path).index if label not in money.added]
    size = dict.fromkeys(labels, money.nameplate_mwh / len(labels)) | dict(money.added)
    later = [(one.year, size[label], label) for one in years[1:] for label, _ in one.events if label in size]
    return [(0, size[label], label) for label in labels] + later


def _left_frac(money: Priced, label: str, year: int, years: Sequence[YearOfRun]) -> float:
    """Share of the price that cells bought in a year are still worth at the end of the run."""
    by_life = 1.0 - (len(years) - year) * money.pass_years / money.life_years
    capacity = float(years[-1].batteries.loc[label, "capacity_frac"])
    by_fade = (capacity - money.renew_frac) / (1.0 - money.renew_frac)
    return max(0.0, min(by_life, by_fade))


def of_battery(batteries: pd.DataFrame, path: str) -> pd.DataFrame:
    """Rows of the blocks of one battery: itself, its groups, what was added to it."""
    return batteries[[label == path or label.startswith(f"{path}.") for label in batteries.index]]
