"""One thing earlier or larger: what is it worth?

Needs    portfolio.Portfolio.
Gives    earlier, more.
Used by  plan.portfolio, through portfolio.variants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from wattstack.errors import InputError
from wattstack.portfolio.variants.common import known_or_told, shifted
from wattstack.portfolio.whole import Portfolio

# Table of the portfolio, and the fields that name a part, by kind of change.
_KEYS = {
    "stage": ("stages", ("site", "stage")),
    "gate": ("gates", ("site", "gate")),
    "item": ("items", ("item", "site")),
    "server": ("servers", ("generation",)),
    "storage": ("storage", ("chemistry", "site")),
    "generation": ("generation", ("tech", "site")),
    "supply": ("supply", ("resource",)),
    "segment": ("segments", ("segment", "tranche")),
    "fire_cap": ("sites", ("name",)),
    "land": ("sites", ("name",)),
    "crew": ("sites", ("name",)),
}


def earlier(portfolio: Portfolio, kind: str, key: tuple[str, ...], periods: int = 1) -> Portfolio:
    """One thing earlier: what "one quarter earlier" is worth is the plan of this, less the plan as it is.

    Args:
        portfolio: Stays as it is.
        kind: "stage" (site, stage), "gate" (site, gate), "item" (item, site), "server" (generation,), "storage"
            (chemistry, site), "generation" (tech, site), "supply" (resource,): its growth comes earlier; "line"
            (factory,): committed and further lines.
        key: Names of the thing, as above.
        periods: By how many; no date moves before the first period, no lead below 0.

    Raises:
        InputError: There is no such kind or thing.
    """
    if kind == "line":
        factory = portfolio.factory
        known_or_told(portfolio, "factory", key[0], [factory.name] if factory is not None else [])
        start = factory.committed_start
        update = {"line_lead_q": max(factory.line_lead_q - periods, 0)}
        if start is not None:
            update["committed_start"] = shifted(portfolio, start, -periods)
        return replace(portfolio, factory=factory.model_copy(update=update))
    kinds = ("stage", "gate", "item", "server", "storage", "generation", "supply")
    known_or_told(portfolio, "kind of thing that can come earlier", kind, (*kinds, "line"))

    def changed(part: Any) -> Any:
        if kind == "supply":
            moved = {portfolio.calendar.label(portfolio.calendar.index(q) - periods): amount
                     for q, amount in part.amounts.items()}  # fmt: skip
            return part.model_copy(update={"amounts": moved})
        lead = "commit_lead_q" if kind == "stage" else "lead_q"
        left = max(periods - getattr(part, lead), 0) if kind == "gate" else periods
        update: dict[str, Any] = {lead: max(getattr(part, lead) - periods, 0)}
        for name in ("earliest_energised", "earliest_start"):
            if name in type(part).model_fields and left:
                update[name] = shifted(portfolio, getattr(part, name), -left)
        return part.model_copy(update=update)

    return _with(portfolio, kind, key, changed)


def more(portfolio: Portfolio, kind: str, key: tuple[str, ...], factor: float = 1.1) -> Portfolio:
    """More of one limit: what "10 % more" is worth is the plan of this, less the plan as it is.

    Args:
        portfolio: Stays as it is.
        kind: "supply" (resource,), "stage" (site, stage): its MW, "generation" (tech, site): its limit, "segment"
            (segment, tranche): its access, "fire_cap", "land", "crew" (site,), "line" (factory,): lines in all.
        key: Names of the thing, as above.
        factor: Its size over now.

    Raises:
        InputError: There is no such kind or thing, or it has no limit.
    """
    if kind == "line":
        factory = portfolio.factory
        known_or_told(portfolio, "factory", key[0], [factory.name] if factory is not None else [])
        most = ceil(factory.lines_max * factor - 1e-9)
        return replace(portfolio, factory=factory.model_copy(update={"lines_max": most}))
    limits = {
        "stage": "power_mw", "generation": "limit_mw", "fire_cap": "outdoor_limit_mwh", "land": "land_ha",
        "crew": "crew_mw", "supply": "amounts", "segment": "access_gwh",
    }  # fmt: skip
    known_or_told(portfolio, "kind of limit", kind, (*limits, "line"))
    name = limits[kind]

    def changed(part: Any) -> Any:
        value = getattr(part, name)
        if isinstance(value, dict):
            return part.model_copy(update={name: {k: amount * factor for k, amount in value.items()}})
        if value is None:
            raise InputError(
                portfolio.name, [f"{kind} {' '.join(key)} has no limit, so there is no more of it."]
            )
        return part.model_copy(update={name: value * factor})

    return _with(portfolio, kind, key, changed)


def _with(portfolio: Portfolio, kind: str, key: tuple[str, ...], changed: Callable[[Any], Any]) -> Portfolio:
    table, names = _KEYS[kind]
    parts = getattr(portfolio, table)
    known = [tuple(getattr(part, name) for name in names) for part in parts]
    known_or_told(portfolio, kind, " ".join(key), [" ".join(row) for row in known])
    return replace(
        portfolio,
        **{table: tuple(changed(p) if row == tuple(key) else p for p, row in zip(parts, known, strict=True))},
    )
