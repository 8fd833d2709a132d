"""What stands at every site in every period: each resource, grid, generation, storage, servers, and the bottleneck.

Needs    plan.portfolio.result, answers, table.
Gives    capacity_table.
Used by  plan.portfolio.tables, report.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.answers import Holdback
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.table import Table

UNITS = {"shell": "shell_mw", "electrical": "electrical_mw", "cooling": "cooling_mw", "hv": "hv_mva"}


def capacity_table(plan: PortfolioPlan, holdback: Holdback | None = None) -> Table:
    """A row a site and period.

    Columns:
        period, site. shell_mw, electrical_mw, cooling_mw [MW IT], hv_mva: there. servers_mw: there [MW IT].
        stage_firm_mw, stage_nonfirm_mw: energised stages. firm_mw, nonfirm_mw: import used for the plan.
        TECH_mw: generation by kind. CHEMISTRY_mwh: storage by chemistry; CHEMISTRY_free_mwh: of it not held
        in reserve. SIZE: sizes of campus files by path. it_mw: energised compute. gpus: GPUs energised.
        bottleneck, why, rent_m_per_mw: what holds the site back then, where that was asked for.
        No value = the site has no such thing.
    """
    calendar = plan.portfolio.calendar
    causes = {} if holdback is None else {(c.site, c.period): c for c in holdback.causes}
    arrays = {site.name: _arrays(plan, site.name) for site in plan.portfolio.sites}
    names = list(dict.fromkeys(name for found in arrays.values() for name in found))
    known = [n for n in (*UNITS.values(), "servers_mw") if n in names]
    last = [n for n in ("it_mw", "gpus") if n in names]
    middle = [n for n in names if n not in (*known, *last)]
    columns = ("period", "site", *known, *middle, *last, "bottleneck", "why", "rent_m_per_mw")
    records = []
    for q in range(calendar.count):
        for site, found in arrays.items():
            record = {"period": calendar.label(q), "site": site}
            record |= {name: float(values[q]) for name, values in found.items()}
            cause = causes.get((site, q))
            if cause is not None:
                record |= {
                    "bottleneck": cause.resource,
                    "why": cause.why,
                    "rent_m_per_mw": cause.rent_m_per_mw,
                }
            records.append(record)
    return Table.of(records, columns)


def _arrays(plan: PortfolioPlan, site: str) -> dict[str, np.ndarray]:
    """Everything a site has by column name; shape (periods,) each."""
    amounts = plan.amounts
    out = {}
    for resource, name in UNITS.items():
        if (there := amounts.get("there", {}).get((resource, site))) is not None:
            out[name] = there
    servers = [v for key, v in amounts.get("server_there", {}).items() if key[1] == site]
    if servers:
        out["servers_mw"] = np.sum(servers, axis=0)
    for kind in ("firm", "nonfirm"):
        stages = [s for s in plan.portfolio.stages if (s.site, s.kind) == (site, kind)]
        if stages:
            on = amounts["stage_on"]
            out[f"stage_{kind}_mw"] = np.sum([s.power_mw * on[site, s.stage] for s in stages], axis=0)
        if (used := amounts.get(f"{kind}_mw", {}).get((site,))) is not None:
            out[f"{kind}_mw"] = used
    for kind, end in (
        ("generation_mw", "_mw"),
        ("storage_mwh", "_mwh"),
        ("cycled_mwh", "_free_mwh"),
        ("size", ""),
    ):
        found = {key[0]: v for key, v in amounts.get(kind, {}).items() if key[1] == site}
        out |= {f"{name}{end}": values for name, values in found.items()}
    if (energised := amounts.get("it_mw", {}).get((site,))) is not None:
        out["it_mw"] = energised
        out["gpus"] = energised * plan.portfolio.compute.gpus_per_mw
    return out
