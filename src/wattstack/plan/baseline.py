"""What the same year costs with no new assets: the measure of every saving.

Needs    plan.columns, plan.cuts, plan.account.
Gives    no_new_assets, Baseline.
Used by  plan.site.

Batteries, solar and generation that the plan may build are left out, and the backup duty with them; what
stands runs as well as it can. A connection or contract that is planned is chosen for this case too, and paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wattstack.campus import SizeRange
from wattstack.cost import capital_table
from wattstack.dispatch import Dispatch, dispatch_year, why_not_kernel
from wattstack.plan.account import Account, account_running
from wattstack.plan.columns import SiteModel, sizing_model
from wattstack.plan.cuts import solve_by_cuts
from wattstack.plan.model import SizingModel
from wattstack.plan.monolith import solve_whole
from wattstack.plan.relief import ALLOWED_FRAC

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus
    from wattstack.case import Case

NEW = ("battery.", "solar.", "generator.")
GAP_FRAC = 1e-6


@dataclass(frozen=True)
class Baseline:
    """The year with no new assets.

    Attributes:
        books: Account of each scenario.
        running_cost: What running costs [currency/year]; None where the load cannot be served so and lost load
            has no price.
        capital: Table of cost.capital_table of what must be bought all the same: a connection that is planned.
        notes: What a reader must know.
    """

    books: tuple[Account, ...]
    running_cost: float | None
    capital: pd.DataFrame
    notes: tuple[str, ...] = ()


def no_new_assets(campus: Campus, cases: Sequence[Case]) -> Baseline:
    """Run the campus with nothing built that the plan may build."""
    left_out = {
        path: 0.0
        for path, size in campus.size_paths.items()
        if isinstance(size, SizeRange) and path.startswith(NEW)
    }
    bare = campus.sized(left_out)
    bare = bare.model_copy(update={"duties": type(bare.duties)()})
    bare_cases = [replace(case, campus=bare) for case in cases]
    site = sizing_model(bare, bare_cases)
    sizes, runs = _run(_without_empty(site))
    lost = campus.finance.lost_load_per_mwh
    books = tuple(account_running(case, run, sizes, lost) for case, run in zip(bare_cases, runs, strict=True))
    short = sum(b.unserved_mwh for b in books) > ALLOWED_FRAC * sum(c.load_mwh for c in cases)
    table = capital_table(bare, {path: sizes[path] for path in bare.size_paths})
    capital = table[~table["stands"]]
    if short and lost is None:
        missing = sum(c.weight_frac / c.years * b.unserved_mwh for c, b in zip(cases, books, strict=True))
        note = (
            f"No new assets cannot serve the load: {missing:.4g} MWh a year go unserved, at no price. Savings and "
            "NPV against it are not defined; give finance.lost_load_per_mwh to price it."
        )
        return Baseline(books, None, capital, (note,))
    running = sum(c.weight_frac / c.years * b.bill.total for c, b in zip(cases, books, strict=True))
    return Baseline(books, float(running), capital)


def _without_empty(site: SiteModel) -> SiteModel:
    """The model less the batteries of no size, and less the hours that ask for one of a size."""
    upper = {column.name: column.upper for column in site.model.columns}
    problems = tuple(
        replace(p, storages=tuple(s for s in p.storages if upper[s.discharge.size] > 0.0))
        for p in site.model.problems
    )
    rows = tuple(row for row in site.model.rows if ".duration_h." not in row.name)
    model = SizingModel(site.model.columns, rows, problems, site.model.weights)
    return replace(site, model=model)


def _run(site: SiteModel) -> tuple[dict[str, float], list[Dispatch]]:
    model = site.model
    if any(why_not_kernel(problem) is not None for problem in model.problems):
        whole = solve_whole(site, GAP_FRAC)
        return whole.sizes, list(whole.runs)
    sizing, _ = solve_by_cuts(model, GAP_FRAC)
    return sizing.sizes, [dispatch_year(problem, sizing.sizes) for problem in model.problems]
