"""The energy balance over the single line: does it close, and if not, which single slip would close it?

Needs    operate.commission.nameplate.
Gives    Term, Suspect, residual_mw, limit_mw, suspects, unproved, factor_of, Response, named.
Used by  operate.commission.run, step.

At rest: import + batteries + solar + engines = loads. A sign turned round leaves twice its power, a scale of 1000
nearly all of it. Often more than one meter could be the one: a step of a battery tells them apart. It must be seen by
the battery's own meter with its sign, and by the connection's with the other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from wattstack.operate.commission.nameplate import SLIPS, Bound

LIMIT_FRAC = 0.03  # of all powers together: losses, meters of class 1, readings of two moments; assumption
PROVED = 2.0  # times the limit: a meter that reads less than that could be wrong and not be seen
FACTORS = (-1.0, *SLIPS, -1e3, -1e-3)  # what a reading is too high by
NEAR_FRAC, SURE = 0.25, 3.0  # a response is what it should be within that, or within so many standard errors
SURE_FRAC = 0.05  # of a response: then even a factor that no usual slip has is told
LEAST_SURE = 0.3  # a standard error of the response beyond that says nothing


@dataclass(frozen=True, slots=True)
class Term:
    """One power of the balance.

    Attributes:
        path: Device. channel: Its power.
        sign: +1 where positive power goes into the bus, -1 of loads.
        power_mw: Mean reading.
        bound: What is possible. signed: Whether it may be negative.
    """

    path: str
    channel: str
    sign: float
    power_mw: float
    bound: Bound
    signed: bool

    def can_be(self, power_mw: float, slack_mw: float) -> bool:
        """Whether a power is possible at this place."""
        return self.bound.holds(power_mw) and (self.signed or power_mw >= -slack_mw)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A slip that would explain what is missing.

    Attributes:
        path, channel: Whose reading.
        factor: It is too high by that: -1 a sign, 1000 a unit; nan: changed about with `other`.
        left_mw: What would be missing still.
        other: Of two that were changed about, the second.
    """

    path: str
    channel: str
    factor: float
    left_mw: float
    other: str = ""

    @property
    def text(self) -> str:
        """In words."""
        if self.other:
            return f"{self.path} and {self.other} are changed about"
        if self.factor == 0.0:
            return f"{self.path} {self.channel} does not move with it"
        return f"{self.path} {self.channel} has {words_of(self.factor)}"


def words_of(factor: float) -> str:
    """A factor that a reading is too high by, in words.

    Example:
        >>> words_of(-1.0), words_of(1000.0), words_of(0.001)
        ('the wrong sign', 'a scale x1000 too high', 'a scale x1000 too low')
    """
    size, sign = abs(factor), "the wrong sign" if factor < 0.0 else ""
    scale = f"a scale x{max(size, 1.0 / size):g} too {'high' if size > 1.0 else 'low'}" if size != 1.0 else ""
    return " and ".join(part for part in (sign, scale) if part)


def residual_mw(terms: Sequence[Term]) -> float:
    """What comes in and is not drawn [MW]."""
    return sum(term.sign * term.power_mw for term in terms)


def limit_mw(terms: Sequence[Term]) -> float:
    """What may be missing [MW]."""
    return LIMIT_FRAC * sum(abs(term.power_mw) for term in terms)


def suspects(terms: Sequence[Term]) -> list[Suspect]:
    """Every single slip that would close the balance, the one that closes it best first.

    Returns:
        Empty where the balance closes as it is.

    Example:
        >>> b = Bound(-50.0, 50.0, "")
        >>> meter = Term("grid.connection", "power_mw", 1.0, -20.0, b, True)
        >>> [one.text for one in suspects([meter, Term("load.a", "draw_mw", -1.0, 20.0, b, False)])]
        ['grid.connection power_mw has the wrong sign']
    """
    if abs(residual_mw(terms)) <= limit_mw(terms):
        return []
    found = [one for term in terms for factor in FACTORS if (one := _mended(terms, term, factor))]
    for k, first in enumerate(terms):
        for second in terms[k + 1 :]:
            one = _changed_about(terms, first, second)
            found += [one] if one else []
    return sorted(found, key=lambda one: abs(one.left_mw))


def _mended(terms: Sequence[Term], term: Term, factor: float) -> Suspect | None:
    true_mw = term.power_mw / factor
    left = residual_mw(terms) + term.sign * (true_mw - term.power_mw)
    limit = limit_mw(terms) + LIMIT_FRAC * (abs(true_mw) - abs(term.power_mw))
    if abs(left) <= limit and term.can_be(true_mw, limit):
        return Suspect(term.path, term.channel, factor, left)
    return None


def _changed_about(terms: Sequence[Term], first: Term, second: Term) -> Suspect | None:
    left = residual_mw(terms) + (first.sign - second.sign) * (second.power_mw - first.power_mw)
    limit = limit_mw(terms)
    possible = first.can_be(second.power_mw, limit) and second.can_be(first.power_mw, limit)
    if abs(left) <= limit and possible:
        return Suspect(first.path, first.channel, float("nan"), left, second.path)
    return None


def unproved(terms: Sequence[Term]) -> list[str]:
    """Devices whose power is so small now that a wrong sign or scale of it could not be seen."""
    limit = limit_mw(terms)
    return [term.path for term in terms if abs(term.power_mw) < PROVED * limit]


@dataclass(frozen=True, slots=True)
class Response:
    """How a reading moved with the setpoint of a battery [MW per MW].

    Attributes:
        slope: Measured.
        sigma: Its standard error.
    """

    slope: float
    sigma: float


def factor_of(response: Response, right_slope: float) -> float:
    """What a reading is too high by, from its response.

    Args:
        response: Measured.
        right_slope: Of a right one, +1 or -1.

    Returns:
        1 right; -1, 1000 ... a slip, or any other factor that is sure; 0 where it does not move; nan where nothing can
        be said.

    Example:
        >>> factor_of(Response(1.02, 0.05), -1.0), factor_of(Response(0.01, 0.02), 1.0)
        (-1.0, 0.0)
    """
    ratio, error = response.slope / right_slope, response.sigma
    if not isfinite(ratio) or error > LEAST_SURE * max(1.0, abs(ratio)):
        return float("nan")
    if abs(ratio) <= max(SURE * error, 1e-7):
        return 0.0
    for factor in (1.0, -1.0, *SLIPS, *(-slip for slip in SLIPS)):
        if abs(ratio - factor) <= max(NEAR_FRAC * abs(factor), min(SURE * error, 0.5 * abs(factor))):
            return factor
    return float(f"{ratio:.2g}") if error < SURE_FRAC * abs(ratio) else float("nan")


def named(battery: str, own_factor: float, meter: str, seen_factor: float) -> tuple[Suspect, ...]:
    """Who is wrong, by how the battery's own reading and that of the connection answered a step of its setpoint.

    Three witnesses, setpoint, battery, connection: the two that agree are believed.

    Args:
        battery: Device that was stepped. own_factor: Of its power.
        meter: Device at the connection, "" where there is none. seen_factor: Of its power.

    Example:
        >>> [one.text for one in named("battery.main", 1.0, "grid.connection", -1.0)]
        ['grid.connection power_mw has the wrong sign']
    """
    own, seen = own_factor, seen_factor
    if not isfinite(own) or own == seen == 1.0:
        return ()
    if not meter or not isfinite(seen):
        return () if own == 1.0 else (Suspect(battery, "power_mw", own, 0.0),)
    if own == seen:  # both meters against the setpoint
        return (Suspect(battery, "setpoint_mw", own, 0.0),)
    made = []
    if own != 1.0:
        made.append(Suspect(battery, "power_mw", own, 0.0))
    if seen != 1.0:
        made.append(Suspect(meter, "power_mw", seen, 0.0))
    return tuple(made)
