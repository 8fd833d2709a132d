"""Storage by chemistry and on-site generation: orders, what is there, what is held in reserve, the power row.

Needs    plan.portfolio.draft, orders; portfolio.
Gives    add_storage, add_generation, add_power, storage_price_m, cell_cost_per_kwh, M_PER_MWH.
Used by  plan.portfolio.block; factory, terms, business, chemistry for prices.

A MWh of storage is either held in reserve or free for daily cycling (`cycled_mwh`): the reserve rows count what
is held, the running sees what is free. Capital of own cells is their cost at the factory's learning path.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.orders import Purchase, add_orders, suppliers_of
from wattstack.portfolio import Calendar, Factory, GenerationOffer, Portfolio, Site, StorageOffer

M_PER_MWH = 1e-3  # 1 currency/kWh = 1,000 currency/MWh = 0.001 M/MWh


def cell_cost_per_kwh(factory: Factory, conversion_per_kwh: np.ndarray) -> np.ndarray:
    """Cost of a cell out of the own factory by period: materials + conversion [currency/kWh]."""
    return factory.material_per_kwh + conversion_per_kwh


def storage_price_m(offer: StorageOffer, calendar: Calendar) -> np.ndarray:
    """List price of a MWh ordered in each period; of own cells what is paid around them [M]; shape (periods,)."""
    if offer.origin == "own":
        return np.full(calendar.count, offer.integration_per_kwh * M_PER_MWH)
    years = np.floor(calendar.year) - offer.cost_year
    return offer.cost_per_kwh * (1.0 - offer.cost_fall_frac) ** years * M_PER_MWH


def add_storage(
    draft: Draft, portfolio: Portfolio, site: Site, conversion_per_kwh: np.ndarray | None
) -> None:
    """Every chemistry that may stand at a site, and the two rows of the reserve."""
    offers = [o for o in portfolio.storage if o.site == site.name]
    first = next((o.chemistry for o in offers if o.origin == "market"), None)
    for offer in offers:
        start = site.storage_start_mwh if offer.chemistry == first else 0.0
        _add_chemistry(draft, portfolio, offer, start, conversion_per_kwh)
    energised = draft.columns["it_mw"][(site.name,)]
    stored = {o.chemistry: draft.columns["storage_mwh"][(o.chemistry, site.name)] for o in offers}
    cycled = [draft.columns["cycled_mwh"][(o.chemistry, site.name)] for o in offers]
    if site.reserve_mwh_per_mw > 0.0 or cycled:
        held = [*((c, 1.0) for c in stored.values()), *((c, -1.0) for c in cycled)]
        terms = [(energised, site.reserve_mwh_per_mw), *((c, -v) for c, v in held)]
        draft.row("reserve_energy", (site.name,), terms, upper=0.0)
    if portfolio.compute.reserve_power_frac > 0.0:
        power = [(stored[o.chemistry], -1.0 / o.duration_h) for o in offers]
        terms = [(energised, portfolio.compute.reserve_power_frac), *power]
        draft.row("reserve_power", (site.name,), terms, upper=0.0)


def _add_chemistry(
    draft: Draft,
    portfolio: Portfolio,
    offer: StorageOffer,
    start_mwh: float,
    conversion_per_kwh: np.ndarray | None,
) -> None:
    calendar, factory, key = portfolio.calendar, portfolio.factory, (offer.chemistry, offer.site)
    own = offer.origin == "own"
    price, cells = storage_price_m(offer, calendar), np.zeros(draft.count)
    if own and factory:
        cells = cell_cost_per_kwh(factory, conversion_per_kwh) * M_PER_MWH
    exists = np.full(draft.count, offer.may_order and (not own or factory is not None))
    bought = Purchase(
        "storage_order", offer.chemistry, offer.site, offer.chemistry, price, offer.lead_q, offer.life_q, exists,
        factory.name if own and factory else None,
    )  # fmt: skip
    arrivals = add_orders(draft, portfolio, bought)
    if own and factory and portfolio.money.capital_as == "payments":
        unused = np.maximum(1.0 - (draft.count - np.arange(draft.count) - offer.lead_q) / offer.life_q, 0.0)
        worth, orders = portfolio.money.residual_factor * unused, arrivals.orders[0]
        part = draft.payments.book(
            ("residual", *key), orders, np.full(draft.count, draft.count), worth * cells
        )
        draft.learns(part, orders, worth * M_PER_MWH)
    given = np.zeros(draft.count)
    given[0] = start_mwh
    there = draft.running_sum("storage_mwh", key, given, arrivals.terms)
    free = draft.column("cycled_mwh", key)
    draft.row("cycled", key, [(free, 1.0), (there, -1.0)], upper=0.0)
    upkeep = offer.om_frac_per_year * calendar.period_years
    part = draft.pay(("upkeep", *key), there, -upkeep * (price + cells))
    if own:
        draft.learns(part, there, np.full(draft.count, -upkeep * M_PER_MWH))


def add_generation(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """On-site generation. What runs at will may be given up for its residual value."""
    for offer in (o for o in portfolio.generation if o.site == site.name):
        price, every = np.full(draft.count, offer.capital_m_per_mw), np.ones(draft.count, bool)
        bought = Purchase(
            "generation_order", offer.tech, site.name, offer.tech, price, offer.lead_q, offer.life_q, every,
            earliest=portfolio.calendar.index(offer.earliest_energised),
        )  # fmt: skip
        moves = list(add_orders(draft, portfolio, bought).terms)
        if offer.profile is None and portfolio.money.capital_as == "payments":
            moves += _give_up(draft, portfolio, offer)
        there = draft.running_sum("generation_mw", (offer.tech, site.name), np.zeros(draft.count), moves)
        draft.row("site_limit", (offer.tech, site.name), [(there, 1.0)], upper=offer.limit_mw)


def _give_up(draft: Draft, portfolio: Portfolio, offer: GenerationOffer) -> list:
    """Sale of a unit: paid as the oldest and cheapest that can stand there, its end value given back as of the newest.

    So no unit earns by being bought and sold, whoever delivered it.
    """
    count, money = draft.count, portfolio.money
    q = np.arange(count)
    first = max(portfolio.calendar.index(offer.earliest_energised), offer.lead_q)
    if offer.lead_q + offer.life_q < count or first >= count:
        return []
    key = (offer.tech, offer.site)
    sold = draft.column("generation_sold", key, q > first)
    worth = money.residual_factor * offer.capital_m_per_mw
    factors = [supplier.price_factor for supplier in suppliers_of(portfolio, offer.tech)]
    draft.pay(("sold", *key), sold, worth * min(factors) * np.maximum(1.0 - (q - first) / offer.life_q, 0.0))
    kept = worth * max(factors) * np.maximum(1.0 - (count - q) / offer.life_q, 0.0)
    draft.payments.book(("residual", *key), sold, np.full(count, count), -kept)
    return [(sold, -1.0)]


def add_power(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """Rating: the grid and what runs at will cover what the halls may draw; energy is the running's business."""
    energised = draft.columns["it_mw"][(site.name,)]
    terms = [(energised, site.pue)]
    terms += [(draft.columns[kind][(site.name,)], -1.0) for kind in ("firm_mw", "nonfirm_mw")]
    for offer in (o for o in portfolio.generation if o.site == site.name and o.profile is None):
        terms.append((draft.columns["generation_mw"][(offer.tech, site.name)], -1.0))
    draft.row("power", (site.name,), terms, upper=0.0)
