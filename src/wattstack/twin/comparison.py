"""What a comparison of chemistries answers with: every draw, the bands over them, what may be concluded.

Gives    Comparison, band.
Used by  twin.chemistries, twin.comparison_store, report, cli.

A draw is a make of cells that may be bought: it ages faster or slower than its law. A band is the middle and the
5th and 95th of a hundred draws; with nine, nearly the lowest and the highest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from wattstack.case import InputRecord

BAND = (0.05, 0.5, 0.95)
SCENARIOS_OF = "zinc-halogen"
SAME_FRAC = 1e-9  # of the larger of two: rounding


def band(values: Any) -> tuple[float, float, float]:
    """5th, middle and 95th of a hundred; values that are no number are left out.

    Example:
        >>> band([1.0, 2.0, 3.0])
        (1.1, 2.0, 2.9)
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not known.size:
        return np.nan, np.nan, np.nan
    low, middle, high = (round(float(v), 12) for v in np.quantile(known, BAND))
    return low, middle, high


@dataclass(frozen=True)
class Comparison:
    """The same campus with a battery of one chemistry after the other.

    Attributes:
        name, description, currency: Of the campus.
        battery: Name of the battery that is replaced ("main").
        chemistries: Names; the first is what the others are set against.
        pass_years: Years the axis covers; `years` passes were run.
        replanned: Sizes were planned anew for each chemistry, else they are the same for all.
        sizes: DataFrame, a row a size path, a column a chemistry.
        years: DataFrame, a row a chemistry, draw and year: usable_mwh and usable_frac (of what the battery was
            bought with) at the year's end, round_trip_eff, round_trip_net_eff (with auxiliaries), discharged_mwh,
            auxiliary_mwh, running_cost (bill, fuel, carbon; without wear), renewed_mwh, strips, strip_h (a block out
            of service, mean over blocks), strip_late_h, unserved_mwh.
        worth: DataFrame, a row a chemistry and draw: present values of capital, running, upkeep, renewal, residual
            (a credit, < 0) and their sum present_value; energy_mwh, what one unit of capital_per_mwh adds to it;
            break_even_per_mwh, the capital_per_mwh at which the present value is that of the first chemistry.
        limits: DataFrame, a row a chemistry, draw and limit hit: path, limit, count, duration_h, largest, unit.
        passports: A record a chemistry: where its numbers are from and how sure they are.
        finance: discount_rate_frac, and capital_per_mwh by chemistry.
        trial: years, draws, step, seed, controller.
        inputs: What was read.
        library: Passports of every library entry used.
        notes: Sentences a reader must see.
    """

    name: str
    description: str
    currency: str
    battery: str
    chemistries: tuple[str, ...]
    pass_years: float
    replanned: bool
    sizes: pd.DataFrame
    years: pd.DataFrame
    worth: pd.DataFrame
    limits: pd.DataFrame
    passports: tuple[dict[str, Any], ...]
    finance: dict[str, Any]
    trial: dict[str, Any]
    inputs: tuple[InputRecord, ...]
    library: tuple[dict[str, str], ...]
    notes: tuple[str, ...]

    @staticmethod
    def read(folder: str | Path) -> Comparison:
        """The comparison that write_comparison left in a folder.

        Raises:
            InputError: A file is missing, cannot be read, or is of another layout.
        """
        from wattstack.twin.comparison_store import read_comparison

        return read_comparison(folder)

    @property
    def reference(self) -> str:
        """The chemistry the others are set against."""
        return self.chemistries[0]

    @property
    def synthetic(self) -> bool:
        """Whether an input is made up."""
        return any(record.synthetic for record in self.inputs)

    def by_year(self, column: str, against: bool = False) -> pd.DataFrame:
        """Band of a column of `years`: index (chemistry, year), columns low, middle, high.

        Args:
            column: Of `years`.
            against: What it is above the reference, in the same draw and year.
        """
        import pandas as pd

        values = self.years.set_index(["chemistry", "draw", "year"])[column]
        if against:
            first = values.xs(self.reference, level="chemistry")
            values = values - first.reindex(values.index.droplevel("chemistry")).to_numpy()
        rows = {key: band(own) for key, own in values.groupby(level=["chemistry", "year"], sort=False)}
        return pd.DataFrame(rows, index=["low", "middle", "high"]).T.rename_axis(["chemistry", "year"])

    def by_draw(self) -> pd.DataFrame:
        """One number a chemistry and draw for each thing that is told: index (chemistry, draw).

        Columns: present_value, difference (to the reference, the same draw), break_even_per_mwh, usable_frac (at the
        end), round_trip_eff and round_trip_net_eff (over all years), running_cost_per_year, auxiliary_mwh_per_year,
        renewed (times the whole battery), strip_h_per_year, reserve_short_h, unserved_mwh (of all years).
        """
        grouped = self.years.groupby(["chemistry", "draw"], sort=False)
        worth = self.worth.set_index(["chemistry", "draw"])
        told = worth[["present_value", "break_even_per_mwh"]].copy()
        first = worth["present_value"].xs(self.reference, level="chemistry")
        told["difference"] = (
            told["present_value"] - first.reindex(told.index.get_level_values("draw")).to_numpy()
        )
        told["usable_frac"] = grouped["usable_frac"].last()
        for column, extra in (("round_trip_eff", 0.0), ("round_trip_net_eff", 1.0)):
            taken = grouped["taken_mwh"].sum() + extra * grouped["auxiliary_mwh"].sum()
            told[column] = grouped["discharged_mwh"].sum() / taken
        for column in ("running_cost", "auxiliary_mwh", "strip_h"):
            told[f"{column}_per_year"] = grouped[column].mean() / self.pass_years
        told["renewed"] = grouped["renewed_frac"].sum()
        told["unserved_mwh"] = grouped["unserved_mwh"].sum()
        short = self.limits[self.limits["limit"] == "reserve not full"]
        told["reserve_short_h"] = short.groupby(["chemistry", "draw"])["duration_h"].sum()
        told["reserve_short_h"] = told["reserve_short_h"].fillna(0.0)
        return told

    def bands(self) -> dict[str, dict[str, tuple[float, float, float]]]:
        """Low, middle, high by chemistry and by column of by_draw and of the parts of `worth`."""
        told = self.by_draw()
        parts = self.worth.set_index(["chemistry", "draw"]).drop(columns=told.columns, errors="ignore")
        told = told.join(parts)
        return {
            str(name): {str(column): band(own[column]) for column in told.columns}
            for name, own in told.groupby(level="chemistry", sort=False)
        }

    def conclusions(self) -> tuple[str, ...]:
        """What holds in every zinc-halogen scenario, whatever the make, and what hangs on the scenario."""
        scenarios = [n for n in self.chemistries if n.startswith(f"{SCENARIOS_OF}-") and n != self.reference]
        if len(scenarios) < 2 or self.reference.startswith(SCENARIOS_OF):
            return ()
        told = self.by_draw()
        holds, hangs = [], []
        for column, more, less in _CRITERIA[: -1 if self.replanned else None]:
            signs = {name: _sign(told, column, name, self.reference) for name in scenarios}
            words = [more if s > 0 else less if s < 0 else "" for s in signs.values()]
            if len(set(words)) == 1 and words[0]:
                holds.append(words[0])
            elif any(words):
                named = {word: [n for n, w in zip(signs, words, strict=True) if w == word] for word in words}
                each = [f"{word or 'no clear difference'} ({', '.join(n)})" for word, n in named.items()]
                hangs.append("; ".join(each))
        count = {2: "both", 3: "all three"}.get(len(scenarios), f"all {len(scenarios)}")
        years = f"{self.trial['years'] * self.pass_years:.3g} years"
        holds, hangs = ([text.format(years=years) for text in texts] for texts in (holds, hangs))
        head = f"Against {self.reference}, in {count} {SCENARIOS_OF} scenarios and in nine makes of ten, the battery "
        sentences = [head + "; ".join(holds) + "." if holds else head + "differs in nothing that holds."]
        return (*sentences, *(f"Hangs on the scenario: {text}." for text in hangs))


_CRITERIA = (
    ("present_value", "costs more over {years}", "costs less over {years}"),
    ("running_cost_per_year", "makes the campus dearer to run", "makes the campus cheaper to run"),
    (
        "usable_frac",
        "has kept more of its usable energy at the end",
        "has kept less of its usable energy at the end",
    ),
    ("round_trip_net_eff", "gives back more of what it takes", "gives back less of what it takes"),
    ("renewed", "is renewed more often", "is renewed less often"),
    ("reserve_short_h", "leaves the reserve short for longer", "leaves the reserve short for less long"),
    (
        "auxiliary_mwh_per_year",
        "draws more for auxiliaries",
        "draws less for auxiliaries",
    ),  # last: of equal sizes
)


def _sign(told: pd.DataFrame, column: str, name: str, reference: str) -> int:
    """1 where nine draws of ten lie above the reference's own draw, -1 where below, 0 where neither."""
    ours, theirs = told[column].xs(name, level="chemistry"), told[column].xs(reference, level="chemistry")
    low, _, high = band(ours - theirs)
    least = SAME_FRAC * max(float(ours.abs().max()), float(theirs.abs().max()))
    return 1 if low > least else -1 if high < -least else 0
