"""What the variants have in common: dates moved, supplies scaled, names looked up.

Gives    shifted, scaled, known_or_told.
Used by  the other files of this folder.
"""

from __future__ import annotations

from collections.abc import Iterable

from wattstack.errors import InputError, nearest
from wattstack.portfolio.market import Supply
from wattstack.portfolio.whole import Portfolio


def shifted(portfolio: Portfolio, label: str, periods: int) -> str:
    """A date some periods later; an earlier one no earlier than the first period or where it was."""
    calendar = portfolio.calendar
    index = calendar.index(label)
    return calendar.label(max(index + periods, min(index, 0)))


def scaled(limit: Supply, factor: float) -> Supply:
    """A shared limit times a factor."""
    return limit.model_copy(update={"amounts": {q: amount * factor for q, amount in limit.amounts.items()}})


def known_or_told(portfolio: Portfolio, what: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that the portfolio does not know, with the nearest that it does.

    Raises:
        InputError: It is not among the known.
    """
    known = list(known)
    if name not in known:
        near = nearest(name, known)
        hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(known) or 'none'}."
        raise InputError(portfolio.name, [f"has no {what} '{name}'. {hint}"])
