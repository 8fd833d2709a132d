"""How the batteries of a run may age: its first year's course through the laws of many makes.

Needs    physics (fade, draw_factors), twin.fleet, control.strip_of.
Gives    CellCourse, courses_of, spread_of_makes.
Used by  twin.passing, twin.store.

A run ages its cells by the middle numbers of their law. Which make will be bought is not known, and published laws for
one chemistry disagree by a factor; so the course of charge and temperature that the run's first year put its cells
through is repeated, for laws whose rates are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.control import strip_of
from wattstack.physics import draw_factors, fade
from wattstack.physics.kernel import layout as block
from wattstack.twin.kernel import layout as out

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.physics import BlockSpec
    from wattstack.twin.fleet import Fleet

STEP_S = 300  # of a course: a turning point is up to so much late
DRAWS, SEED = 45, 1
LEAST_YEARS = 10
NINE_OF_TEN = (0.05, 0.95)
COLUMNS = ("path", "year", "capacity_low_frac", "capacity_frac", "capacity_high_frac",
           "resistance_low_frac", "resistance_frac", "resistance_high_frac")  # fmt: skip


class CellCourse(NamedTuple):
    """What a year did to the cells of a battery.

    Attributes:
        path: "battery.main".
        spec: The block they are in, with the laws they age by.
        strip_days: Longest time between two strips; None: never.
        soc, temp_degc: At the end of each step.
        step_s: Length of a step [s].
    """

    path: str
    spec: BlockSpec
    strip_days: float | None
    soc: np.ndarray
    temp_degc: np.ndarray
    step_s: float


def courses_of(fleet: Fleet, kept: np.ndarray, step_s: float) -> tuple[CellCourse, ...]:
    """The course of the first block of every battery that begins new and ages.

    Args:
        fleet: Whose record it is.
        kept: The record of the blocks, (NBLOCK_RECORD, blocks, steps).
        step_s: Length of a step of it [s].
    """
    every = max(round(STEP_S / step_s), 1)
    first = {path: b for b, path in reversed(list(enumerate(fleet.owner)))}
    courses = []
    for path, b in sorted(first.items(), key=lambda item: item[1]):
        spec = fleet.specs[b]
        aged = spec.start_age_years > 0.0 or spec.start_full_cycles > 0.0
        if spec.laws is None or spec.laws.law is None or aged:
            continue
        if fleet.blocks.blocks.rating[block.MODE, b] == block.DEAD:
            continue
        asked = strip_of(fleet.campus.battery[path.split(".")[1]])
        days = None if asked is None else asked.every_days
        soc, temp = (kept[row, b, every - 1 :: every].copy() for row in (out.B_SOC, out.B_TEMP))
        courses.append(CellCourse(path, spec, days, soc, temp, every * step_s))
    return tuple(courses)


def spread_of_makes(courses: Sequence[CellCourse], years: int) -> pd.DataFrame:
    """What is left year by year, by the law and in nine makes of ten.

    Args:
        courses: From courses_of.
        years: Of the run; ten at least are told.

    Returns:
        A row a battery and year, columns COLUMNS; year 0 is the new battery.

    Source:
        Sigma 0.4 of the logarithm of every rate, an assumption: physics.ageing.draw_factors.
    """
    import pandas as pd

    tables = []
    for one in courses:
        law = one.spec.laws
        laws = [law, *(law.times(factors) for factors in draw_factors(law, DRAWS, SEED))]
        left = fade(
            laws,
            one.soc,
            max(years, LEAST_YEARS),
            temp_degc=one.temp_degc,
            step_s=one.step_s,
            strip_days=one.strip_days,
        )
        columns = {"path": one.path, "year": left.year}
        for name, values in (("capacity", left.capacity_frac), ("resistance", left.resistance_frac)):
            low, high = np.quantile(values[:, 1:], NINE_OF_TEN, axis=1)
            columns |= {f"{name}_low_frac": low, f"{name}_frac": values[:, 0], f"{name}_high_frac": high}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))
