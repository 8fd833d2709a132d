"""Grid stages, what may be imported, transformers, and the power the halls draw.

Needs    plan.portfolio.draft, works; portfolio.
Gives    add_grid.
Used by  plan.portfolio.block.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from wattstack.plan.portfolio.draft import Draft, shifted
from wattstack.plan.portfolio.works import never_falls, pay_once
from wattstack.portfolio import Portfolio, Site, Stage


def add_grid(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """Stages are committed once and energised a lead later, never before their date; they never fall back."""
    stages = {s.stage: s for s in portfolio.stages if s.site == site.name}
    on = {}
    for stage in stages.values():
        on[stage.stage] = _add_stage(draft, portfolio, stage)
    for stage in stages.values():
        if stage.needs_stage is not None:
            key = (site.name, stage.stage)
            draft.row("needs", key, [(on[stage.stage], 1.0), (on[stage.needs_stage], -1.0)], upper=0.0)
    firm = draft.column("firm_mw", (site.name,))
    nonfirm = draft.column("nonfirm_mw", (site.name,))
    powers = {
        kind: [(on[s.stage], -s.power_mw) for s in stages.values() if s.kind == kind]
        for kind in ("firm", "nonfirm")
    }
    draft.row("grid", (site.name,), [(firm, 1.0), *powers["firm"]], upper=0.0)
    draft.row("nonfirm", (site.name,), [(nonfirm, 1.0), *powers["nonfirm"]], upper=0.0)
    _end_nonfirm(draft, site, nonfirm, on, [s for s in stages.values() if s.kind == "nonfirm"])
    transformers = draft.columns.get("there", {}).get(("hv", site.name))
    if transformers is not None:
        factor = portfolio.compute.hv_power_factor
        draft.row("hv", (site.name,), [(firm, 1.0), (nonfirm, 1.0), (transformers, -factor)], upper=0.0)


def _end_nonfirm(
    draft: Draft, site: Site, nonfirm: np.ndarray, on: dict[str, np.ndarray], stages: list[Stage]
) -> None:
    """A non-firm stage gives at most MW x on, and at most MW x (1 - on of its replacement).

    One row for every choice of stages of which the second limit counts: sites have one or two such stages.
    """
    replaced = [s for s in stages if s.replaced_by is not None]
    for size in range(1, len(replaced) + 1):
        for chosen in combinations(replaced, size):
            kept = [(on[s.stage], -s.power_mw) for s in stages if s not in chosen]
            ended = [(on[s.replaced_by], s.power_mw) for s in chosen]
            key = (site.name, *(s.stage for s in chosen))
            power = sum(s.power_mw for s in chosen)
            draft.row("nonfirm", key, [(nonfirm, 1.0), *kept, *ended], upper=power)


def _add_stage(draft: Draft, portfolio: Portfolio, stage: Stage) -> np.ndarray:
    """commit[q] = committed up to q; energised from max(earliest, q + commit lead)."""
    q = np.arange(draft.count)
    key = (stage.site, stage.stage)
    lead = stage.commit_lead_q
    earliest = max(portfolio.calendar.index(stage.earliest_energised), lead)
    exists = (q >= earliest - lead) & (q + lead < draft.count)
    committed = draft.column("commit", key, exists, upper=1.0)
    draft.whole(committed)
    never_falls(draft, key, committed)
    pay_once(
        draft, portfolio.money, (stage.stage, stage.site), committed, (stage.capital_m, lead),
        life=portfolio.money.stage_life_q,
    )  # fmt: skip
    late = max(portfolio.late_q("stage", *key), -lead)
    on = draft.column("stage_on", key, q >= earliest + late, upper=1.0)
    draft.row("energised", key, [(on, 1.0), (shifted(committed, lead + late), -1.0)], lower=0.0, upper=0.0)
    return on
