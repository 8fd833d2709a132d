"""What to change now, in words: where the orders of the next periods differ between two sets of decisions.

Needs    plan.portfolio.result, terms.
Gives    tell_changes.
Used by  plan.portfolio.replan.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wattstack.plan.portfolio.result import Decisions
from wattstack.plan.portfolio.solve import Movable
from wattstack.plan.portfolio.terms import terms_of
from wattstack.portfolio import Portfolio

PERIODS = 4  # next periods that are told
LINES_MOST = 20
LEAST = 0.5  # [MW, MWh] a smaller change is not worth a word
LEAST_FRAC = 0.03
ORDERS = ("order", "server_order", "storage_order", "generation_order", "line_order")
ONCE = {"commit": "commit", "start": "start the"}


def tell_changes(
    portfolio: Portfolio, old: Decisions, new: Decisions, now: int, movable: tuple[Movable, ...] = ()
) -> tuple[str, ...]:
    """Differences of the decisions of the next periods, the dearest first.

    Args:
        portfolio: Of both.
        old: As they would be without replanning, what may be moved where it was ordered for. new: As replanned.
        now: First period that is free.
        movable: Servers that may go to another site.
    """
    found = [*_orders(portfolio, old, new, now), *_once(portfolio, old, new, now)]
    found.sort(key=lambda change: -change[0])
    moves = [line for m in movable for line in _moves(portfolio, old, new, m)]
    return (*moves, *(line for _, line in found[: LINES_MOST - len(moves)]))


def _orders(portfolio: Portfolio, old: Decisions, new: Decisions, now: int) -> Iterator[tuple[float, str]]:
    """Money that an order moves [M], and the order in words; suppliers together."""
    for kind in ORDERS:
        totals: dict[tuple[str, str], list] = {}
        for key in {**old.of(kind), **new.of(kind)}:
            none = np.zeros(portfolio.calendar.count)
            place = (key[0], key[1] if len(key) > 1 else "")
            before, after, terms = totals.get(place, (none, none, terms_of(portfolio, kind, key)))
            totals[place] = [before + old.of(kind).get(key, none), after + new.of(kind).get(key, none), terms]
        for (name, site), (before, after, terms) in totals.items():
            for q in range(now, min(now + PERIODS, portfolio.calendar.count)):
                change = abs(after[q] - before[q])
                if change > max(LEAST, LEAST_FRAC * max(before[q], after[q])):
                    what = "lines" if kind == "line_order" else f"{terms.unit} of {name} at {site}"
                    amounts = tuple(a if a >= LEAST else 0.0 for a in (before[q], after[q]))
                    yield change * terms.price_m[q], _order(portfolio, what, amounts, q)


def _order(portfolio: Portfolio, what: str, amounts: tuple[float, float], q: int) -> str:
    before, after = (f"{amount:.3g}" if amount < 100.0 else f"{amount:.0f}" for amount in amounts)
    return f"order {after} {what} in {portfolio.calendar.label(q)} (was {before})"


def _once(portfolio: Portfolio, old: Decisions, new: Decisions, now: int) -> Iterator[tuple[float, str]]:
    """Stages and gates of which the larger part is decided in another period."""
    prices = {("commit", s.site, s.stage): s.capital_m for s in portfolio.stages}
    prices |= {("start", g.site, g.gate): g.capital_m for g in portfolio.gates}
    for kind, word in ONCE.items():
        for key, after in new.of(kind).items():
            dates = [_decided(values) for values in (old.of(kind).get(key, np.zeros_like(after)), after)]
            if dates[0] == dates[1] or not any(d is not None and now <= d < now + PERIODS for d in dates):
                continue
            was, now_is = ("never" if d is None else portfolio.calendar.label(d) for d in dates)
            site, name = key
            line = (
                f"do not {word} {name} at {site} now (was {was})"
                if dates[1] is None
                else f"{word} {name} at {site} in {now_is} (was {was})"
            )
            yield prices.get((kind, site, name), 0.0), line


def _decided(values: np.ndarray) -> int | None:
    """Period in which half of it is decided."""
    at = np.flatnonzero(values >= 0.5)
    return int(at[0]) if len(at) else None


def _moves(portfolio: Portfolio, old: Decisions, new: Decisions, movable: Movable) -> Iterator[str]:
    by_site: dict[str, float] = {}
    for key, values in new.of("server_order").items():
        if key[0] == movable.generation:
            before = old.of("server_order").get(key, np.zeros_like(values))
            by_site[key[1]] = by_site.get(key[1], 0.0) + values[movable.period] - before[movable.period]
    for site, more in by_site.items():
        if site != movable.site and more > LEAST:
            yield (
                f"move {more:.3g} MW IT of {movable.generation} ordered in "
                f"{portfolio.calendar.label(movable.period)} from {movable.site} to {site}"
            )
