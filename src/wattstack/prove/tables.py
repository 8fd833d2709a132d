"""The rows of campaigns as tables: each campaign, survival over hours, causes, lengths of the outage.

Needs    prove.estimate, prove.kernel.layout.
Gives    Drawn, campaign_table, survival_table, cause_table, length_table, figures_of, worst_of, worst_table.
Used by  prove.outage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from wattstack.prove.estimate import Estimate, estimate, quantiles, wilson
from wattstack.prove.kernel import layout as at

if TYPE_CHECKING:
    import pandas as pd

CAUSES = {
    at.NOTHING: "nothing failed",
    at.WITH_GRID: "what took the grid took the generators too",
    at.UNDER_REPAIR: "a unit was under repair",
    at.START: "a start failed",
    at.RUNNING_UNIT: "a running unit failed",
    at.BLOCK: "battery blocks were out",
}
SHORTAGES = {
    at.NONE: "",
    at.STILL_STARTING: "power, before generators had started",
    at.EMPTY: "energy: the store was empty",
    at.POWER: "power of the battery",
    at.NO_SOURCE: "anything to carry it with",
    at.IMPORT: "power with the grid back: import limit and battery did not reach",
}
COURSE = {
    at.C_LOAD: "load_mw",
    at.C_IMPORT: "import_mw",
    at.C_SOLAR: "solar_mw",
    at.C_GENERATOR: "generator_mw",
    at.C_BATTERY: "battery_mw",
    at.C_PUT_OFF: "put_off_mw",
    at.C_UNSERVED: "unserved_mw",
    at.C_STORED_MWH: "stored_mwh",
}
WORST = 3  # campaigns whose course is kept
FIRST_H = (1.0 / 60.0, 5.0 / 60.0, 0.25, 0.5)  # of the survival curve, then every hour
EDGES_H = (0.0, 1.0 / 60.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, np.inf)
SHARES = (0.5, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class Drawn:
    """Campaigns as they were drawn.

    Attributes:
        rows: (campaigns, NOUT). weights, group: Of each campaign.
    """

    rows: np.ndarray
    weights: np.ndarray
    group: np.ndarray

    def mean(self, values: np.ndarray) -> Estimate:
        """Weighted mean of a result of each campaign."""
        return estimate(self.weights * values, self.group, self.rows[:, at.O_TILTED])

    @property
    def lost(self) -> np.ndarray:
        """1 where critical load was lost."""
        return (self.rows[:, at.O_UNSERVED_H] > 0.0).astype(float)


def campaign_table(drawn: Drawn, start: np.ndarray, parts: Sequence[Sequence[str]]) -> pd.DataFrame:
    """A row a campaign.

    Args:
        drawn: All campaigns.
        start: UTC of each, datetime64.
        parts: Names of the units and of the batteries.
    """
    import pandas as pd

    rows = drawn.rows
    loss_h = np.where(np.isinf(rows[:, at.O_LOSS_H]), np.nan, rows[:, at.O_LOSS_H])
    cause = rows[:, at.O_CAUSE].astype(int)
    return pd.DataFrame(
        {
            "start_utc": [f"{moment}Z" for moment in start.astype("datetime64[m]")],
            "weight": drawn.weights,
            "outage_h": rows[:, at.O_OUTAGE_H],
            "outages": rows[:, at.O_OUTAGES].astype(int),
            "stored_mwh": rows[:, at.O_STORED_MWH],
            "loss_h": loss_h,
            "unserved_mwh": rows[:, at.O_UNSERVED_MWH],
            "unserved_h": rows[:, at.O_UNSERVED_H],
            "dropped_mwh": rows[:, at.O_DROPPED_MWH],
            "generated_mwh": rows[:, at.O_GENERATED_MWH],
            "starts": rows[:, at.O_STARTS].astype(int),
            "unit_failures": rows[:, at.O_UNIT_FAILURES].astype(int),
            "block_failures": rows[:, at.O_BLOCK_FAILURES].astype(int),
            "cause": [CAUSES[c] if lost else "" for c, lost in zip(cause, drawn.lost, strict=True)],
            "part": [_part(c, int(who), parts) for c, who in zip(cause, rows[:, at.O_WHO], strict=True)],
            "shortage": [SHORTAGES[int(code)] for code in rows[:, at.O_SHORTAGE]],
        }
    )


def _part(cause: int, who: int, parts: Sequence[Sequence[str]]) -> str:
    """Name of what failed first."""
    if cause in (at.START, at.RUNNING_UNIT, at.UNDER_REPAIR):
        return parts[0][who]
    return parts[1][who] if cause == at.BLOCK else ""


def survival_table(drawn: Drawn, duration_h: float) -> pd.DataFrame:
    """Chance that no critical load was lost up to each hour."""
    import pandas as pd

    at_h = [h for h in (*FIRST_H, *range(1, int(np.ceil(duration_h)) + 1)) if h < duration_h] + [duration_h]
    lines = []
    for h in at_h:
        lost = drawn.mean((drawn.rows[:, at.O_LOSS_H] < h).astype(float))
        low, high = wilson(lost, len(drawn.rows))
        lines.append((float(h), 1.0 - lost.value, lost.sigma, 1.0 - high, 1.0 - low))
    return pd.DataFrame(lines, columns=["until_h", "served_frac", "error_frac", "low_frac", "high_frac"])


def cause_table(drawn: Drawn, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Where load was lost: what had failed first, whose it was, what was missing; the most frequent first."""
    import pandas as pd

    lost = campaigns[drawn.lost > 0.0]
    columns = ["cause", "part", "shortage", "campaigns", "lost_frac", "share_frac", "unserved_mwh"]
    if lost.empty:
        return pd.DataFrame(columns=columns)
    total, whole = len(campaigns), float(lost["weight"].sum())
    # units of one generator fail alike: one line for all of them
    part = lost["part"].str.replace(r" unit \d+$", "", regex=True)
    lines = []
    for key, mine in lost.groupby([lost["cause"], part, lost["shortage"]], sort=True):
        weight = float(mine["weight"].sum())
        energy = float((mine["weight"] * mine["unserved_mwh"]).sum()) / total
        lines.append((*key, len(mine), weight / total, weight / whole, energy))
    return pd.DataFrame(lines, columns=columns).sort_values("lost_frac", ascending=False, ignore_index=True)


def length_table(drawn: Drawn) -> pd.DataFrame:
    """By length of the outage: how many campaigns, their share, the chance to be served in it."""
    import pandas as pd

    length = drawn.rows[:, at.O_OUTAGE_H]
    lines = []
    for low, high in pairwise(EDGES_H):
        mine = (length > low) & (length <= high)
        weight = float(drawn.weights[mine].sum())
        served = 1.0 - float((drawn.weights * drawn.lost)[mine].sum()) / weight if weight else float("nan")
        lines.append((low, high, int(mine.sum()), weight / float(drawn.weights.sum()), served))
    return pd.DataFrame(lines, columns=["from_h", "to_h", "campaigns", "share_frac", "served_frac"])


def figures_of(drawn: Drawn, outages_per_year: float) -> dict[str, float]:
    """Numbers of all campaigns by name."""
    rows, weights = drawn.rows, drawn.weights
    lost, unserved = drawn.mean(drawn.lost), drawn.mean(rows[:, at.O_UNSERVED_MWH])
    at_share = quantiles(rows[:, at.O_UNSERVED_MWH], weights, SHARES)
    figures = {
        f"unserved_{share * 100:g}_percent_mwh": value for share, value in zip(SHARES, at_share, strict=True)
    }
    return figures | {
        "lost_campaigns": float(drawn.lost.sum()),
        "lost_per_year": outages_per_year * lost.value,
        "unserved_mwh_per_year": outages_per_year * unserved.value,
        "dropped_mwh": drawn.mean(rows[:, at.O_DROPPED_MWH]).value,
        "generated_mwh": drawn.mean(rows[:, at.O_GENERATED_MWH]).value,
        "stored_mwh": drawn.mean(rows[:, at.O_STORED_MWH]).value,
        "outage_h": drawn.mean(rows[:, at.O_OUTAGE_H]).value,
        "starts": drawn.mean(rows[:, at.O_STARTS]).value,
        "unit_failures": drawn.mean(rows[:, at.O_UNIT_FAILURES]).value,
        "block_failures": drawn.mean(rows[:, at.O_BLOCK_FAILURES]).value,
        "effective_campaigns": float(weights.sum() ** 2 / (weights**2).sum()),
        "steps": float(rows[:, at.O_STEPS].sum()),
        "steps_of_a_second": float(rows[:, at.O_SECONDS].sum()),
    }


def worst_of(drawn: Drawn) -> list[int]:
    """Campaigns in which most critical load was lost, the worst first; none where none was."""
    unserved = drawn.rows[:, at.O_UNSERVED_MWH]
    order = np.argsort(-unserved, kind="stable")[:WORST]
    return [int(i) for i in order if unserved[i] > 0.0]


def worst_table(courses: dict[int, np.ndarray]) -> pd.DataFrame:
    """Minute by minute, campaigns one below the other: campaign (row of the campaigns, from 0), minute, means in MW.

    Args:
        courses: By campaign, (NCOURSE, minutes).
    """
    import pandas as pd

    parts = [
        pd.DataFrame({"campaign": i, "minute": np.arange(course.shape[1])} | {n: course[r] for r, n in COURSE.items()})
        for i, course in courses.items()
    ]  # fmt: skip
    return pd.concat(parts) if parts else pd.DataFrame(columns=["campaign", "minute", *COURSE.values()])
