"""Servers by generation: orders, life, what is energised and what it earns.

Needs    plan.portfolio.draft, orders; portfolio.
Gives    add_servers, revenue_by_period.
Used by  plan.portfolio.block.
"""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.orders import Purchase, add_orders
from wattstack.portfolio import Calendar, Portfolio, Server, Site


def revenue_by_period(server: Server, calendar: Calendar) -> np.ndarray:
    """What a MW of IT power of this generation earns in each period [M]: the launch price, falling by the year."""
    behind = calendar.number(calendar.first) - calendar.number(server.launch) + np.arange(calendar.count)
    years = np.maximum(behind * calendar.period_years, 0.0)
    at_launch = server.revenue_m_per_mw_year * calendar.period_years
    return at_launch * (1.0 - server.revenue_fall_frac) ** years


def add_servers(draft: Draft, portfolio: Portfolio, site: Site) -> None:
    """compute: it_mw = sum of energised servers; each generation at most what is there and not past its life."""
    calendar, q = portfolio.calendar, np.arange(draft.count)
    energised = draft.column("it_mw", (site.name,))
    terms = [(energised, 1.0)]
    for server in portfolio.servers:
        key = (server.generation, site.name)
        given = np.zeros(draft.count)
        if server.generation == portfolio.standing_servers and site.servers_start_mw:
            given[0] = site.servers_start_mw
            if server.life_q < draft.count:
                given[server.life_q] -= site.servers_start_mw
        window = (q >= calendar.index(server.first_order)) & (q <= calendar.index(server.last_order))
        bought = Purchase(
            "server_order", server.generation, site.name, "servers", np.full(draft.count, server.capital_m_per_mw),
            server.lead_q, server.life_q, window,
        )  # fmt: skip
        arrivals = add_orders(draft, portfolio, bought)
        there = draft.running_sum("server_there", key, given, arrivals.terms)
        on = draft.column("server_on", key)
        draft.row("servers", key, [(on, 1.0), (there, -1.0)], upper=0.0)
        draft.pay(("server revenue", *key), on, revenue_by_period(server, calendar))
        terms.append((on, -1.0))
    draft.row("compute", (site.name,), terms, lower=0.0, upper=0.0)
    fixed = portfolio.compute.fixed_m_per_mw_year * calendar.period_years
    draft.pay(("fixed", "compute", site.name), energised, -fixed)
