"""No orders meet all limits: which of them must give, and by how much.

Needs    plan.portfolio.block, program, draft; errors.
Gives    what_must_give, Give, refusal.
Used by  plan.portfolio.solve.

Elastic relaxation: every limit with a name that a user knows may be broken at a price, its own size; the least total
is found, and then limits are taken back one by one while the rest still holds. What is left is a set of which none can
be spared (Chinneck and Dravnieks 1991, doi:10.1287/ijoc.3.2.157). What somebody asked for (target, budget, credit)
gives before what somebody has (supply, land, grid ...).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio.block import Block
from wattstack.plan.portfolio.program import Program, Way

ASKED = ("target", "budget", "credit")
# Kind of row -> what a user calls it, its unit. Rows of other kinds say how things hang together and never give.
KINDS = {
    "target": ("the battery target", "M"), "budget": ("the capital budget", "M"),
    "credit": ("the credit line", "M"), "supply": ("the supply of", "units"), "share": ("the share of", "units"),
    "fire_cap": ("the storage outdoors at", "MWh"), "land": ("the land at", "ha"),
    "crew": ("the commissioning crew at", "MW IT"), "grid": ("the firm grid stages at", "MW"),
    "nonfirm": ("the non-firm grid stages at", "MW"), "hv": ("the transformers at", "MW"),
    "power": ("the power at", "MW"), "reserve_energy": ("the energy held in reserve at", "MWh"),
    "reserve_power": ("the power held in reserve at", "MW"), "gate_permit": ("the permit of", "MW IT"),
    "gate_land": ("the land gate of", "MW IT"), "gate_fibre": ("the fibre of", "MW IT"),
    "shell": ("the shells at", "MW IT"), "electrical": ("the electrical gear at", "MW IT"),
    "cooling": ("the cooling at", "MW IT"), "servers": ("the servers", "MW IT"),
    "site_limit": ("the limit of", "MW or MWh"), "rule": ("the rule", "MW or MWh"),
    "market": ("the access to market", "GWh"), "factory": ("the output of", "GWh"),
}  # fmt: skip
ONE_LIMIT = ("credit", "fire_cap", "land", "crew", "site_limit")  # the same in every period: it gives once
YEARLY = ("budget", "target", "market")


@dataclass(frozen=True)
class Give:
    """A limit that must give.

    Attributes:
        kind, key: Of the row, as in PortfolioPlan.prices. period: First period of it; None = every period.
        limit: Where it stands. amount: By how much it must give [unit].
        unit: Of both.
        words: The same as a phrase.
    """

    kind: str
    key: tuple[str, ...]
    period: int | None
    limit: float
    amount: float
    unit: str
    words: str

    @property
    def name(self) -> str:
        """What a user calls the limit: "the land at sakai"."""
        return _named(self.kind, self.key)


def refusal(program: Program, block: Block) -> InfeasibleError:
    """The error that says what must give, in words and as details ("gives": a list of mappings)."""
    found = what_must_give(program, block)
    head = "no orders meet all limits of the portfolio"
    if not found:
        return InfeasibleError(f"{head}, and no limit that gives would mend it. Take back what was decided.")
    gives = [
        {name: getattr(give, name) for name in ("kind", "key", "name", "period", "limit", "amount", "unit")}
        for give in found
    ]
    words = "; ".join(give.words for give in found)
    return InfeasibleError(f"{head}. What must give, none of it to be spared: {words}.", {"gives": gives})


def what_must_give(program: Program, block: Block) -> tuple[Give, ...]:
    """A set of limits none of which can be spared, and by how much each must give; empty where none helps."""
    ways = list(_ways(program, block))
    for kinds in (ASKED, tuple(KINDS)):
        offered = [(name, way) for name, way in ways if name[0] in kinds]
        found = _spare(program, [way for _, way in offered]) if offered else None
        if found is not None:
            return tuple(
                _in_words(block, name, way, amount)
                for (name, way), amount in zip(offered, found, strict=True)
                if amount > 0.0
            )
    return ()


Name = tuple[str, tuple[str, ...], int | None]


def _ways(program: Program, block: Block) -> Iterator[tuple[Name, Way]]:
    """Every named limit as a way to give."""
    for kind in (k for k in KINDS if k in block.draft.rows):
        for key, rows in block.draft.rows[kind].items():
            at = np.flatnonzero(rows >= 0)
            every = kind in ONE_LIMIT and len(at) > 0
            for some in [at] if every else at[:, None]:
                lower, upper = program.limits(rows[some])
                for sign, limit in ((1.0, lower), (-1.0, upper)):
                    if np.all(np.isfinite(limit)):
                        yield (
                            (kind, key, None if every else int(some[0])),
                            Way(rows[some], sign, float(limit[-1])),
                        )


def _spare(program: Program, ways: Sequence[Way]) -> np.ndarray | None:
    """Least amounts of these ways, those that can be spared at nothing; None where all of them do not help."""
    amounts = program.least_given(ways)
    if amounts is None:
        return None
    kept = [k for k in range(len(ways)) if amounts[k] > ways[k].least]
    for k in sorted(kept, key=lambda k: amounts[k] / ways[k].size):
        fewer = [j for j in kept if j != k]
        tried = program.least_given([ways[j] for j in fewer])
        if tried is not None:
            kept = fewer
    out = np.zeros(len(ways))
    if kept:
        out[kept] = program.least_given([ways[j] for j in kept])
    return out


def _named(kind: str, key: tuple[str, ...]) -> str:
    names = () if kind in ASKED else (part for part in key if part)
    return " ".join((KINDS[kind][0], *names))


def _in_words(block: Block, name: Name, way: Way, amount: float) -> Give:
    """One limit as a user knows it."""
    kind, key, period = name
    what, unit = _named(kind, key), KINDS[kind][1]
    calendar = block.portfolio.calendar
    if kind == "target":
        target, year = way.limit, block.portfolio.money.battery_target_year
        words = f"{what} of FY{year}, {target:.6g} {unit}, by {amount:.6g}: at most {target - amount:.6g} can be had"
        return Give(kind, key, period, target, amount, unit, words)
    parts = [what]
    if period is not None:
        year = int(calendar.fiscal_year[period])
        parts.append(f"in FY{year}" if kind in YEARLY else f"in {calendar.label(period)}")
    limit = f", {abs(way.limit):.6g} {unit}," if way.limit else ""
    words = f"{' '.join(parts)}{limit} by {amount:.6g} {unit}"
    return Give(kind, key, period, way.limit, amount, unit, words)
