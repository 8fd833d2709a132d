"""Where the plan's saving went: the same year run again, with one thing of reality more each time.

Needs    twin.year (Twin, Setting).
Gives    plan_against_twin, STEPS.
Used by  cli, report.

The plan knows the year and has a battery of constant efficiencies. Each run takes one of its comforts away; the
difference in running cost is that comfort's line. The lines sum to the difference between plan and twin by
construction; their order matters a little, so it is fixed and told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wattstack.twin.run import Run
from wattstack.twin.year import Setting, Twin

STEPS: tuple[tuple[str, str, Setting], ...] = (
    (
        "look-ahead",
        "hours instead of the whole year, minutes instead of the plan's step",
        Setting(reservoir=True, ageing=False, foresight=True, sure=True, margin=False),
    ),
    (
        "forecast",
        "load and sun are forecast, not known",
        Setting(reservoir=True, ageing=False, sure=True, margin=False),
    ),
    (
        "reserve",
        "the gauge errs by a share of the battery that stands, not of the smallest that would do",
        Setting(reservoir=True, ageing=False, sure=True),
    ),
    (
        "chance",
        "outages of the grid, generators that take time or fail",
        Setting(reservoir=True, ageing=False),
    ),
    ("losses", "cells, converter, transformer and auxiliaries as they are", Setting(ageing=False)),
    ("ageing", "capacity falls and resistance grows", Setting()),
)


def plan_against_twin(twin: Twin, note: Callable[[str], None] = lambda _: None) -> Run:
    """Run a campus with everything, and line by line from the plan to it.

    Args:
        twin: The campus prepared.
        note: Told the name of each line as it is done.

    Returns:
        The run with everything, its `against` filled: rows "plan", the lines of STEPS, "store", "twin"; columns line,
        meaning, cost_per_year (running cost after this line), difference_per_year (of the line), both in the
        currency of the campus.
    """
    import pandas as pd

    years, price = twin.case.years, _stored_price(twin)
    cost = twin.reference.bill.total / twin.reference.case.years
    rows = [("plan", "perfect foresight, constant efficiencies", cost, 0.0)]
    for line, meaning, setting in STEPS:
        run = twin.run(setting)
        spent = run.years[0].running_cost
        now = (spent - price * run.years[0].figures["stored_change_mwh"]) / years
        rows.append((line, meaning, now, now - cost))
        cost = now
        note(line)
    rows.append(
        ("store", "energy left in the store, above at the plan's price", spent / years, spent / years - cost)
    )
    rows.append(("twin", "all of it", spent / years, spent / years - rows[0][2]))
    table = pd.DataFrame(rows, columns=["line", "meaning", "cost_per_year", "difference_per_year"])
    return replace(run, against=table)


def _stored_price(twin: Twin) -> float:
    """What a stored MWh is worth in the plan, mean over the year: the plan ends as full as it begins, a run may not."""
    prices = list(twin.reference.dispatch.stored_price_per_mwh.values())
    return float(np.mean(prices)) if prices else 0.0
