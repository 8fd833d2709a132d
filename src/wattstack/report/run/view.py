"""What the page of a run looks at: the content of one folder of `wattstack simulate`, on the local clock.

Needs    twin.RunFiles (a folder read, or a run in memory: the same content).
Gives    RunView, open_run, hourly.
Used by  report.run, report.figures.run.
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

    from wattstack.twin import Run, RunFiles


@dataclass(frozen=True)
class RunView:
    """A run as its page sees it.

    Attributes:
        summary: run.json.
        tables: The CSV tables by stem.
        channels: Arrays of shape (steps,) of the first year, by channel name.
        money: Scale of the page's amounts.
        label: What tells it from another: the folder it was read from, else the name of the campus.
    """

    summary: dict
    tables: dict[str, pd.DataFrame]
    channels: dict[str, np.ndarray]
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
    def step_h(self) -> float:
        """Length of a step [h]."""
        return self.summary["step_s"] / 3600.0

    @property
    def axis_years(self) -> float:
        """Years that one pass over the axis covers."""
        return self.summary["axis_years"]

    def get(self, channel: str) -> np.ndarray:
        """A channel; zeros where the campus has none of that name."""
        return self.channels.get(channel, np.zeros(self.summary["steps"]))

    def ending(self, suffix: str) -> list[str]:
        """Stems of all channels that end so, in their order: "battery.main" for ".stored_mwh"."""
        return [name.removesuffix(suffix) for name in self.channels if name.endswith(suffix)]

    def first_year(self, stem: str) -> pd.DataFrame:
        """A table's rows of the first year, by month, without empty columns."""
        table = self.tables[stem]
        part = table[table["year"] == 0].drop(columns="year")
        return part.set_index("month").dropna(axis=1, how="all")

    def working(self, year: int) -> list[dict]:
        """What is told of each battery block that gave something in a year; the last one is -1."""
        table = self.tables["batteries"]
        if table.empty:
            return []
        wanted = table["year"].max() if year < 0 else year
        return table[(table["year"] == wanted) & (table["discharged_mwh"] > 0.0)].to_dict("records")

    @cached_property
    def local(self) -> np.ndarray:
        """Local start of every step, datetime64[s] without a zone, shape (steps,)."""
        import pandas as pd

        start = np.datetime64(self.summary["start"].removesuffix("Z"), "s")
        stamps = start + np.arange(self.summary["steps"]) * np.timedelta64(self.summary["step_s"], "s")
        clock = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(self.summary["place"]["time_zone"])
        return clock.tz_localize(None).to_numpy().astype("datetime64[s]")

    @cached_property
    def sources(self) -> dict[str, np.ndarray]:
        """What supplies the campus, by channel stem, in the order the figures stack it [MW]; none that is all zero."""
        out = {"grid.import": self.get("grid.import_mw"), "solar": self.get("solar_mw")}
        for suffix in (".output_mw", ".discharge_mw"):
            out |= {stem: self.get(stem + suffix) for stem in self.ending(suffix)}
        out |= {"shed": self.get("shed_mw"), "unserved": self.get("unserved_mw")}
        return {name: values for name, values in out.items() if name == "grid.import" or values.any()}

    @cached_property
    def charge_mw(self) -> np.ndarray:
        """Power all batteries charge with [MW]."""
        return sum((self.get(f"{s}.charge_mw") for s in self.ending(".charge_mw")), self.get(""))

    @cached_property
    def target_mw(self) -> np.ndarray:
        """Interval mean that was to be held in each step's month [MW]; NaN where there is none."""
        peaks = self.first_year("peaks")
        months = self.local.astype("datetime64[M]")
        out = np.full(self.summary["steps"], np.nan)
        if "target_mw" in peaks:
            for label, target in peaks["target_mw"].items():
                out[months == np.datetime64(label, "M")] = target
        return out

    def limit(self, path: str, words: str) -> dict | None:
        """One limit that was hit, None where it was not."""
        found = (one for one in self.summary["limits"] if (one["path"], one["limit"]) == (path, words))
        return next(found, None)


def hourly(view: RunView, values: np.ndarray) -> np.ndarray:
    """Means of whole hours from the first step on; what is left at the end is dropped."""
    per = max(round(1.0 / view.step_h), 1)
    return values[: len(values) // per * per].reshape(-1, per).mean(axis=1)


def open_run(result: Run | RunFiles | str | Path) -> RunView:
    """A view of a run in memory, of files that were read, or of a folder with run.json.

    Raises:
        InputError: The folder holds no run that can be read.
    """
    from wattstack.twin import Run, read_run, run_files

    label = Path(result).resolve().name if isinstance(result, (str, Path)) else ""
    if isinstance(result, (str, Path)):
        files = read_run(result)
    else:
        files = run_files(result) if isinstance(result, Run) else result
    summary = files.summary
    money = money_of(summary["currency"], abs(summary["running_cost_per_year"]))
    return RunView(summary, files.tables, files.traces.arrays, money, label or summary["name"])
