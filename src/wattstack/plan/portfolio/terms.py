"""On which terms something is ordered: list price by period, lead, unit and resource.

Needs    portfolio, plan.portfolio.orders, stores, factory.
Gives    Terms, terms_of.
Used by  plan.portfolio.bought, changes, chemistry, suppliers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.plan.portfolio.factory import line_price_m
from wattstack.plan.portfolio.orders import suppliers_of
from wattstack.plan.portfolio.stores import storage_price_m
from wattstack.portfolio import Portfolio

UNITS = {"server_order": "MW IT", "storage_order": "MWh", "generation_order": "MW", "line_order": "line"}


@dataclass(frozen=True)
class Terms:
    """Terms of an order.

    Attributes:
        price_m: What is paid for a unit ordered in each period [M]; shape (periods,). Own cells: what is paid
            around them; the cells are paid by the factory as they are made.
        lead: Periods from order to arrival.
        unit: "MW IT", "MVA", "MWh", "MW", "line".
    """

    price_m: np.ndarray
    lead: int
    unit: str


def terms_of(portfolio: Portfolio, kind: str, key: tuple[str, ...]) -> Terms:
    """Terms of an order column.

    Args:
        portfolio: What may be ordered.
        kind: "order", "server_order", "storage_order", "generation_order" or "line_order".
        key: (name, site, supplier), or (factory,).
    """
    count = portfolio.calendar.count
    if kind == "line_order":
        factory = portfolio.factory
        return Terms(np.full(count, line_price_m(factory)), factory.line_lead_q, UNITS[kind])
    name, site = key[:2]
    price, lead, unit, resource = _listed(portfolio, kind, name, site)
    named = key[2] if len(key) > 2 else ""
    for supplier in suppliers_of(portfolio, resource):
        if supplier.supplier == named:
            return Terms(price * supplier.price_factor, max(lead + supplier.lead_delta_q, 0), unit)
    return Terms(price, lead, unit)


def _listed(portfolio: Portfolio, kind: str, name: str, site: str) -> tuple[np.ndarray, int, str, str]:
    """List price, lead, unit, and whose suppliers deliver."""
    count = portfolio.calendar.count
    if kind == "server_order":
        server = next(s for s in portfolio.servers if s.generation == name)
        return np.full(count, server.capital_m_per_mw), server.lead_q, UNITS[kind], "servers"
    if kind == "storage_order":
        offer = next(o for o in portfolio.storage if (o.chemistry, o.site) == (name, site))
        return storage_price_m(offer, portfolio.calendar), offer.lead_q, UNITS[kind], name
    if kind == "generation_order":
        source = next(o for o in portfolio.generation if (o.tech, o.site) == (name, site))
        return np.full(count, source.capital_m_per_mw), source.lead_q, UNITS[kind], name
    item = next(i for i in portfolio.items if (i.item, i.site) == (name, site))
    unit = item.unit.replace("_", " ") or ("MVA" if item.resource == "hv" else "MW IT")
    return np.full(count, item.capital_m_per_unit), item.lead_q, unit, name
