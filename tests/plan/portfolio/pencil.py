"""Portfolios small enough to follow with a pencil, and random ones.

`plain()` is one site "a" in quarters from 2027Q1 whose things come at once and cost little, so that servers alone
hold it back; a test takes away what it is about. `mixed(seed)` is the small portfolio with random numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import PortfolioPlan
from wattstack.portfolio import (
    Calendar,
    Compute,
    Factory,
    GenerationOffer,
    Item,
    Money,
    Portfolio,
    Segment,
    Server,
    Site,
    Stage,
    StorageOffer,
    Supply,
    Week,
)

FIRST = "2027Q1"
HOURS = 2190.0  # of a quarter
DAY = Week(
    "day", HOURS / 24.0, 6.0, np.ones(4), np.array([0.0, 0.5, 0.5, 0.0]), np.array([1.0, 1.0, 1.0, 0.5])
)


def site(name: str = "a", **values: Any) -> Site:
    """A site without losses at 50 USD/MWh and no limit of its own."""
    return Site(**{"name": name, "country": "X", "pue": 1.0, "price_per_mwh": 50.0, **values})


def item(name: str, where: str = "a", **values: Any) -> Item:
    """A hundred of something there, more of it at once for 0.1 M each."""
    return Item(**{"item": name, "site": where, "capital_m_per_unit": 0.1, "start_units": 100.0, **values})


def server(name: str = "g", **values: Any) -> Server:
    """Servers that come at once, cost 1 M and earn 8 M a year for five years."""
    usual = {
        "generation": name, "first_order": "2026Q1", "last_order": "2040Q4", "lead_q": 0, "launch": FIRST,
        "capital_m_per_mw": 1.0, "revenue_m_per_mw_year": 8.0,
    }  # fmt: skip
    return Server(**{**usual, **values})


def stage(name: str = "x", where: str = "a", **values: Any) -> Stage:
    """A hundred MW firm, at once, for nothing."""
    usual = {"site": where, "stage": name, "kind": "firm", "power_mw": 100.0, "earliest_energised": FIRST}
    return Stage(**{**usual, **values})


def store(name: str = "lfp", where: str = "a", **values: Any) -> StorageOffer:
    """A battery of two hours without losses, at once, for 100 USD/kWh."""
    usual = {
        "chemistry": name, "origin": "market", "site": where, "cost_per_kwh": 100.0, "duration_h": 2.0,
        "roundtrip_eff": 1.0,
    }  # fmt: skip
    return StorageOffer(**{**usual, **values})


def engine(**values: Any) -> GenerationOffer:
    """Ten MW of engines, at once, for 1 M each, at 100 USD/MWh."""
    usual = {
        "site": "a", "tech": "engine", "capital_m_per_mw": 1.0, "running_per_mwh": 100.0, "limit_mw": 10.0,
        "earliest_energised": FIRST,
    }  # fmt: skip
    return GenerationOffer(**{**usual, **values})


def supply(resource: str, amount: float, **later: float) -> Supply:
    """So much a period, other amounts from later periods on."""
    return Supply(resource=resource, amounts={FIRST: amount, **later})


def halls(where: str = "a", **values: Any) -> tuple[Item, ...]:
    """Everything a site needs, see `item`."""
    return tuple(item(name, where, **values) for name in ("shell", "electrical", "cooling", "hv"))


def other(name: str, **values: Any) -> tuple[Item, ...]:
    """The halls of `plain` with one item declared otherwise."""
    return tuple(item(i.item, **values) if i.item == name else i for i in halls())


def plain(count: int = 3, **values: Any) -> Portfolio:
    """One site held back by servers alone, 10 MW of which come a quarter; values replace fields."""
    usual = {
        "name": "plain",
        "currency": "USD",
        "calendar": Calendar(FIRST, count),
        "money": Money(discount_rate_frac=0.0, deposit_frac=0.3, residual_factor=0.9),
        "compute": Compute(load_factor=1.0, reserve_power_frac=0.0, hv_power_factor=1.0),
        "sites": (site(),),
        "items": halls(),
        "stages": (stage(),),
        "servers": (server(),),
        "supply": (supply("servers", 10.0),),
        "weeks": {("X", season): (DAY,) for season in (0, 1, 2, 3, 4)},
    }
    return Portfolio(**{**usual, **values})


def cells(**values: Any) -> Factory:
    """A factory of one committed line that makes 0.25 GWh a quarter from the start, for 100 USD/kWh."""
    usual = {
        "name": "cells", "line_gwh_per_year": 1.0, "committed_lines": 1, "committed_start": FIRST,
        "line_capital_m": 10.0, "line_lead_q": 1, "lines_max": 3, "ramps": {"base": (1.0,)},
        "material_per_kwh": 60.0, "conversion_start_per_kwh": 40.0, "stock_limit_gwh": 0.1,
    }  # fmt: skip
    return Factory(**{**usual, **values})


def segment(**values: Any) -> Segment:
    """A market for 0.4 GWh a year at 200 USD/kWh."""
    usual = {
        "segment": "grid", "tranche": "1", "price_per_kwh": 200.0,
        "access_gwh": dict.fromkeys(range(2025, 2035), 0.4),
    }  # fmt: skip
    return Segment(**{**usual, **values})


def makers(count: int = 4, **values: Any) -> Portfolio:
    """A battery factory and its market, no site."""
    usual = {"sites": (), "items": (), "stages": (), "factory": cells(), "segments": (segment(),)}
    return plain(count, **{**usual, **values})


def mixed(seed: int) -> Portfolio:
    """The small portfolio with other supplies, leads, prices, starts, dates and limits, some of them taken away."""
    p, rng = small_portfolio(), np.random.default_rng(seed)

    def moved(part: Any, **ranges: tuple[float, float]) -> Any:
        return part.model_copy(
            update={n: getattr(part, n) * rng.uniform(*r) for n, r in ranges.items() if getattr(part, n)}
        )

    def sooner(lead: int) -> int:
        return int(max(lead - rng.integers(0, 3), 0))

    items = [moved(i, capital_m_per_unit=(0.5, 1.5), start_units=(0.0, 3.0)) for i in p.items]
    stages = [moved(s, power_mw=(0.6, 1.5)) for s in p.stages]
    supplies = [
        s.model_copy(update={"amounts": {k: v * rng.uniform(0.4, 2.0) for k, v in s.amounts.items()}})
        for s in p.supply
    ]
    limits = {"crew_mw": (0.3, 1.5), "outdoor_limit_mwh": (0.4, 1.5), "land_ha": (0.5, 1.2)}
    changes: dict[str, Any] = {
        "items": tuple(i.model_copy(update={"lead_q": sooner(i.lead_q)}) for i in items),
        "stages": tuple(s.model_copy(update={"commit_lead_q": sooner(s.commit_lead_q)}) for s in stages),
        "servers": tuple(
            moved(s, revenue_m_per_mw_year=(0.6, 1.8), capital_m_per_mw=(0.7, 1.2)) for s in p.servers
        ),
        "storage": tuple(
            moved(o, cost_per_kwh=(0.5, 1.5), integration_per_kwh=(0.2, 1.2)) for o in p.storage
        ),
        "supply": tuple(supplies),
        "sites": tuple(moved(s, **limits) for s in p.sites),
    }
    if rng.random() < 0.3:
        changes["suppliers"] = ()
    if rng.random() < 0.3:
        changes |= {"factory": None, "segments": ()}
    if rng.random() < 0.3:
        changes["generation"] = ()
    if rng.random() < 0.3:
        changes["money"] = p.money.model_copy(update={"capital_budget_m": {2027: 200.0, 2028: 100.0}})
    return replace(p, **changes)


def path_of(plan: PortfolioPlan) -> np.ndarray | None:
    """The learning path of a plan."""
    factory = plan.portfolio.factory
    return None if factory is None else plan.amounts["conversion_per_kwh"][factory.name,]


def worth(plan: PortfolioPlan) -> float:
    """Cash times discount."""
    discount = plan.portfolio.calendar.discount(plan.portfolio.money.discount_rate_frac)
    return sum(float(line @ discount) for line in plan.cash.values())
