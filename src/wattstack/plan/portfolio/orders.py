"""What is bought: orders by period and supplier, their deposit, delivery, residual value, and the shared limits.

Needs    plan.portfolio.draft, portfolio.
Gives    Purchase, Arrivals, Term, add_orders, pay_for, annuity, suppliers_of, server_line_mw, draws_on, shared_rows.
Used by  plan.portfolio: what adds columns (works, servers, stores, factory, block), and what explains them.

A unit ordered in q costs its deposit in q and the rest on delivery in q + lead; at the end of the horizon
what is left of its straight-line life, times a haircut, is paid back. Orders that would arrive after the
horizon do not exist. With `capital_as: annuity` a unit costs its annuity in every period it stands instead.
What a supplier does not deliver in a shortfall is not paid on delivery, its deposit is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.plan.portfolio.draft import Draft, shifted
from wattstack.portfolio import Money, Portfolio, Supplier

SERVER_LINE = "ax_factory"  # the supplier of servers that the own line is
NO_SUPPLIER = Supplier(resource="", supplier="", from_quarter="")


@dataclass(frozen=True)
class Purchase:
    """Something that may be ordered for a site.

    Attributes:
        kind, name, site: Of the order columns: (name, site, supplier).
        resource: Whose suppliers deliver it.
        price_m: Price of a unit by the period of its order [M]; shape (periods,).
        lead, life: Periods.
        exists: Periods in which it may be ordered; shape (periods,).
        earliest: First period in which it may be there, whoever delivers.
        maker: Who makes it where that is the company itself, else the suppliers of the resource deliver.
    """

    kind: str
    name: str
    site: str
    resource: str
    price_m: np.ndarray
    lead: int
    life: int
    exists: np.ndarray
    maker: str | None = None
    earliest: int = 0


@dataclass(frozen=True)
class Term:
    """When an order comes, how long it lasts [periods], and how much of it comes."""

    lead: int
    life: int
    delivered_frac: float = 1.0


@dataclass(frozen=True)
class Arrivals:
    """Columns of what arrives in each period (its order columns, shifted), and of what ends its life."""

    orders: tuple[np.ndarray, ...]
    terms: tuple[tuple[np.ndarray, float], ...]


def suppliers_of(portfolio: Portfolio, resource: str) -> tuple[Supplier, ...]:
    """The suppliers of a resource; one without a name where none is listed."""
    return tuple(s for s in portfolio.suppliers if s.resource == resource) or (NO_SUPPLIER,)


def add_orders(draft: Draft, portfolio: Portfolio, bought: Purchase) -> Arrivals:
    """Order columns of a purchase, one set a supplier, with their payments."""
    orders, terms = [], []
    own = bought.maker and NO_SUPPLIER.model_copy(update={"supplier": bought.maker})
    for supplier in (own,) if own else suppliers_of(portfolio, bought.resource):
        lead = max(bought.lead + supplier.lead_delta_q, 0)
        q = np.arange(draft.count)
        exists = bought.exists & (q + lead >= bought.earliest) & (q + lead < draft.count)
        if supplier.from_quarter:
            exists = exists & (q >= portfolio.calendar.index(supplier.from_quarter))
        key = (bought.name, bought.site, supplier.supplier)
        columns = draft.column(bought.kind, key, exists)
        price = bought.price_m * supplier.price_factor
        delivered = supplier.delivered_frac
        term = Term(lead, bought.life, delivered)
        pay_for(draft, portfolio.money, (bought.name, bought.site), columns, price, term)
        terms.append((shifted(columns, lead), delivered))
        if lead + bought.life < draft.count:
            terms.append((shifted(columns, lead + bought.life), -delivered))
        orders.append(columns)
    return Arrivals(tuple(orders), tuple(terms))


def pay_for(
    draft: Draft,
    money: Money,
    what: tuple[str, str],
    columns: np.ndarray,
    price: np.ndarray,
    term: Term,
) -> None:
    """Deposit, delivery and residual value of units ordered in each period."""
    lead, life, comes = term.lead, term.life, term.delivered_frac
    arrival = np.arange(draft.count) + lead
    if money.capital_as == "annuity":
        for q in np.flatnonzero(columns >= 0):
            stands = np.arange(arrival[q], min(arrival[q] + life, draft.count))
            due = -price[q] * comes * annuity(draft.discount[1], life)
            draft.payments.book(("annuity", *what), np.full(len(stands), columns[q]), stands, due)
        return
    deposit = money.deposit_frac if lead > 0 else 0.0
    draft.pay(("deposit", *what), columns, -price * deposit)
    draft.pay(("delivery", *what), columns, -price * comes * (1.0 - deposit), delay=lead)
    unused = np.maximum(1.0 - (draft.count - arrival) / life, 0.0)
    draft.payments.book(
        ("residual", *what),
        columns,
        np.full(draft.count, draft.count),
        money.residual_factor * price * comes * unused,
    )


def annuity(keep_frac: float, life: int) -> float:
    """Payment a period, at the beginning of each period of a life, worth 1 when it begins.

    Args:
        keep_frac: Present value of 1 paid a period later.
        life: Periods.
    """
    return (1.0 - keep_frac) / (1.0 - keep_frac**life) if keep_frac < 1.0 else 1.0 / life


def shared_rows(draft: Draft, portfolio: Portfolio) -> None:
    """Limits that all sites share: supply by resource, shares of suppliers, the own server line."""
    for supply in portfolio.supply:
        columns = _orders_of(draft, supply.resource)
        if columns:
            limit = supply.at(portfolio.calendar)
            draft.row("supply", (supply.resource,), [(c, 1.0) for c in columns.values()], upper=limit)
    for resource in dict.fromkeys(s.resource for s in portfolio.suppliers):
        columns = _orders_of(draft, resource)
        for supplier in suppliers_of(portfolio, resource):
            if supplier.share_max_frac >= 1.0:
                continue
            own = [(c, 1.0) for key, c in columns.items() if key[-1] == supplier.supplier]
            every = [(c, -supplier.share_max_frac) for c in columns.values()]
            draft.row("share", (resource, supplier.supplier), [*own, *every], upper=0.0)
    factory, servers_mw = portfolio.factory, server_line_mw(portfolio)
    if np.isfinite(servers_mw):
        columns = [c for key, c in draft.columns.get("server_order", {}).items() if key[-1] == SERVER_LINE]
        draft.row("supply", ("server_line",), [(c, 1.0) for c in columns], upper=servers_mw)
    if factory is not None and factory.panel_line_mw_per_year is not None:
        limit = factory.panel_line_mw_per_year * portfolio.calendar.period_years
        solar = {o.tech for o in portfolio.generation if o.profile is not None}
        columns = [c for key, c in draft.columns.get("generation_order", {}).items() if key[0] in solar]
        draft.row("supply", ("panel_line",), [(c, 1.0) for c in columns], upper=limit)


def server_line_mw(portfolio: Portfolio) -> float:
    """What the own server line makes in a period [MW IT], infinite where it has no limit."""
    most = portfolio.factory.server_line_mw_per_quarter if portfolio.factory is not None else None
    return np.inf if most is None else most * portfolio.calendar.period_years * 4.0


def draws_on(kind: str, name: str, resource: str) -> bool:
    """Whether orders of a kind and name draw on the shared limit of a resource."""
    if kind == "server_order":
        return resource == "servers"
    if kind == "build":  # a size of a campus file: "battery.main.energy_mwh" draws on "battery.energy_mwh"
        parts = name.split(".")
        return f"{parts[0]}.{parts[-1]}" == resource
    return kind in ("order", "storage_order", "generation_order") and name == resource


def _orders_of(draft: Draft, resource: str) -> dict[tuple[str, ...], np.ndarray]:
    """Order columns that draw on a shared limit, by key."""
    return {
        key: columns
        for kind, found in draft.columns.items()
        for key, columns in found.items()
        if draws_on(kind, key[0], resource)
    }
