"""Some of the sites, or every site several times.

Needs    portfolio.Portfolio.
Gives    only_sites, repeated_sites.
Used by  plan.portfolio, benchmarks, through portfolio.variants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from wattstack.errors import InputError
from wattstack.portfolio.variants.common import known_or_told, scaled
from wattstack.portfolio.whole import Portfolio

GOLDEN = 0.6180339887498949  # steps of it never repeat modulo 1: prices of copies spread evenly
PRICE_SPREAD_FRAC = 0.1


def only_sites(portfolio: Portfolio, names: Iterable[str]) -> Portfolio:
    """The portfolio with some of its sites; what they share stays as large as it is."""
    names = list(names)
    for name in names:
        known_or_told(portfolio, "site", name, [site.name for site in portfolio.sites])

    def here(parts: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(part for part in parts if part.site in names)

    scenarios = tuple(
        s.model_copy(update={"grid_delay_q": {k: v for k, v in s.grid_delay_q.items() if k in names}})
        for s in portfolio.scenarios
    )
    return replace(
        portfolio,
        sites=tuple(site for site in portfolio.sites if site.name in names),
        items=here(portfolio.items),
        stages=here(portfolio.stages),
        gates=here(portfolio.gates),
        storage=here(portfolio.storage),
        generation=here(portfolio.generation),
        targets=here(portfolio.targets),
        scenarios=scenarios,
        campuses={name: campus for name, campus in portfolio.campuses.items() if name in names},
    )


def repeated_sites(portfolio: Portfolio, copies: int) -> Portfolio:
    """A larger portfolio of the same shape: every site several times, energy prices of the copies up to 10 % apart.

    The first copy keeps its name and price, the others are called "site-2", ... Copy k has the price times
    1 + 0.1 (2 frac(k x golden ratio) - 1). Whatever all sites share (supply, lines, stock, markets, budgets) is
    multiplied by the number of copies.
    """
    if copies < 1:
        raise InputError(portfolio.name, [f"cannot be repeated {copies} times, must be once or more."])
    factors = [1.0, *(1.0 + PRICE_SPREAD_FRAC * (2.0 * (k * GOLDEN % 1.0) - 1.0) for k in range(1, copies))]

    def name_of(name: str, k: int) -> str:
        return name if k == 0 else f"{name}-{k + 1}"

    def copied(parts: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(
            part.model_copy(update={"site": name_of(part.site, k)}) for k in range(copies) for part in parts
        )

    def by_site(values: Mapping[Any, Any], renamed: Callable[[Any, int], Any]) -> dict[Any, Any]:
        return {renamed(key, k): value for k in range(copies) for key, value in values.items()}

    sites = tuple(
        site.model_copy(
            update={"name": name_of(site.name, k), "price_per_mwh": site.price_per_mwh * factors[k]}
        )
        for k in range(copies)
        for site in portfolio.sites
    )
    own = {site.name for site in portfolio.sites}
    return replace(
        _enlarged(portfolio, copies),
        sites=sites,
        items=copied(portfolio.items),
        stages=copied(portfolio.stages),
        gates=copied(portfolio.gates),
        storage=copied(portfolio.storage),
        generation=copied(portfolio.generation),
        targets=copied(portfolio.targets),
        scenarios=tuple(
            s.model_copy(update={"grid_delay_q": by_site(s.grid_delay_q, name_of)})
            for s in portfolio.scenarios
        ),
        weeks=by_site(portfolio.weeks, lambda key, k: (name_of(key[0], k), key[1]) if key[0] in own else key),
        campuses=by_site(portfolio.campuses, name_of),
    )


def _enlarged(portfolio: Portfolio, copies: int) -> Portfolio:
    """All that sites share, several times as large."""
    factory, money = portfolio.factory, portfolio.money
    if factory is not None:
        factory = factory.model_copy(
            update={
                "committed_lines": factory.committed_lines * copies,
                "lines_max": factory.lines_max * copies,
                "stock_limit_gwh": factory.stock_limit_gwh * copies,
                "panel_line_mw_per_year": _times(factory.panel_line_mw_per_year, copies),
                "server_line_mw_per_quarter": _times(factory.server_line_mw_per_quarter, copies),
            }
        )
    money = money.model_copy(
        update={
            "capital_budget_m": {year: m * copies for year, m in money.capital_budget_m.items()},
            "credit_limit_m": _times(money.credit_limit_m, copies),
            "battery_target_m": _times(money.battery_target_m, copies),
        }
    )
    segments = tuple(
        s.model_copy(update={"access_gwh": {year: gwh * copies for year, gwh in s.access_gwh.items()}})
        for s in portfolio.segments
    )
    supply = tuple(scaled(limit, float(copies)) for limit in portfolio.supply)
    return replace(portfolio, factory=factory, money=money, segments=segments, supply=supply)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
