"""What a report looks at: the content of one `out/` folder, cut by scenario and put on the local clock.

Needs    plan.PlanFiles (a folder read, or a plan in memory: the same content).
Gives    View, Year, view_of, open_view.
Used by  report.sections, report.figures, report.compare, report.workbook.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.words import Money, money_of

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.plan import Plan, PlanFiles


@dataclass(frozen=True)
class Year:
    """One scenario of a plan: its record in plan.json, its tables without the scenario column, its channels.

    Attributes:
        record: The scenario's entry of plan.json.
        time_zone: IANA name; days and months in a report are those of the campus.
        south: True south of the equator: winter is June to August.
        tables: "bill", "bill_baseline", "peaks", "balance", indexed as in the CSV files.
        channels: Arrays of shape (steps,), by channel name.
    """

    record: dict
    time_zone: str
    south: bool
    tables: dict[str, pd.DataFrame]
    channels: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.record["name"]

    @property
    def step_h(self) -> float:
        """Length of a step [h]."""
        return self.record["step_s"] / 3600.0

    @property
    def count(self) -> int:
        """Number of steps."""
        return self.record["steps"]

    def get(self, channel: str) -> np.ndarray:
        """A channel; zeros where the campus has none of that name."""
        return self.channels.get(channel, np.zeros(self.count))

    def ending(self, suffix: str) -> list[str]:
        """Stems of all channels that end so, in their order: "battery.main" for ".stored_mwh"."""
        return [name.removesuffix(suffix) for name in self.channels if name.endswith(suffix)]

    @cached_property
    def local(self) -> np.ndarray:
        """Local start of every step, datetime64[s] without a zone, shape (steps,)."""
        import pandas as pd

        start = np.datetime64(self.record["start"].removesuffix("Z"), "s")
        stamps = start + np.arange(self.count) * np.timedelta64(self.record["step_s"], "s")
        clock = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(self.time_zone).tz_localize(None)
        return clock.to_numpy().astype("datetime64[s]")

    @cached_property
    def sources(self) -> dict[str, np.ndarray]:
        """What supplies the campus, by channel stem, in the order the figures stack it [MW]."""
        out = {"grid.import": self.get("grid.import_mw")}
        for stem in self.ending(".output_mw"):
            out[stem] = self.get(f"{stem}.output_mw")
        for stem in self.ending(".discharge_mw"):
            out[stem] = self.get(f"{stem}.discharge_mw")
        for stem in self.ending(".shed_mw"):
            out[f"{stem}.shed"] = self.get(f"{stem}.shed_mw")
        out["unserved"] = self.get("unserved_mw")
        return {name: values for name, values in out.items() if name == "grid.import" or values.any()}

    @cached_property
    def charge_mw(self) -> np.ndarray:
        """Power all batteries charge with [MW]."""
        return sum((self.get(f"{s}.charge_mw") for s in self.ending(".charge_mw")), np.zeros(self.count))


@dataclass(frozen=True)
class View:
    """A plan as a report sees it.

    Attributes:
        summary: plan.json.
        tables: The CSV tables by stem, with every scenario.
        timing: timing.json.
        years: The scenarios.
        money: Scale of the page's amounts.
        label: What tells it from another: the folder it was read from, else the name of the campus.
    """

    summary: dict
    tables: dict[str, pd.DataFrame]
    timing: dict
    years: tuple[Year, ...]
    money: Money
    label: str

    @property
    def name(self) -> str:
        """Name of the campus."""
        return self.summary["name"]

    @property
    def synthetic(self) -> bool:
        """Whether any input is made up."""
        return any(record["synthetic"] for record in self.summary["inputs"])

    @property
    def import_limit_mw(self) -> float:
        """Power the connection and the largest contract allow to be imported."""
        sizes = self.summary["sizes"]
        contracts = [v for k, v in sizes.items() if k.startswith("grid.tariff.contract.")]
        connection = [v for k, v in sizes.items() if k.startswith("grid.connection.")]
        return min(sum(connection), max(contracts, default=float("inf")))

    @property
    def today_per_year(self) -> float | None:
        """Yearly cost with no new assets, annuities of what it must buy as well included [currency/year].

        None where it cannot serve the load. The NPV is the present worth of what the plan's yearly cost is less.
        """
        finance = self.summary["finance"]
        if finance["npv"] is None:
            return None
        return self.summary["objective"] + finance["npv"] / finance["present_worth_factor"]

    def table(self, stem: str) -> pd.DataFrame:
        """One table of the folder."""
        return self.tables[stem]

    @cached_property
    def expected_balance(self) -> pd.Series:
        """MWh of the year by source (> 0) and use (< 0), the scenarios weighed."""
        total = None
        for year in self.years:
            row = year.tables["balance"].loc["year"] * (year.record["weight_frac"] / year.record["years"])
            total = row if total is None else total.add(row, fill_value=0.0)
        return total


def view_of(files: PlanFiles, label: str = "") -> View:
    """The view of a folder that was read, or of a plan in memory."""
    summary = files.summary
    place = summary["place"]
    years = []
    for record in summary["scenarios"]:
        tables = {}
        for stem in ("bill", "bill_baseline", "peaks", "balance"):
            whole = files.tables[stem]
            part = whole[whole["scenario"] == record["name"]].drop(columns="scenario")
            tables[stem] = part if stem == "peaks" else part.set_index("month").dropna(axis=1, how="all")
        channels = files.traces[record["name"]].arrays
        years.append(Year(record, place["time_zone"], place["latitude_deg"] < 0, tables, channels))
    largest = max(abs(summary["objective"]), abs(summary["finance"].get("baseline_cost_per_year") or 0.0))
    money = money_of(summary["currency"], largest)
    return View(summary, files.tables, files.timing, tuple(years), money, label or summary["name"])


def open_view(result: Plan | PlanFiles | str | Path) -> View:
    """A view of a plan in memory, of files that were read, or of an `out/` folder."""
    from wattstack.plan import Plan, plan_files, read_plan

    if isinstance(result, Plan):
        return view_of(plan_files(result))
    if isinstance(result, (str, Path)):
        return view_of(read_plan(result), Path(result).resolve().name)
    return view_of(result)
