"""What goes wrong in a campaign, and who asks for what: drawn by chance, named by seed and number.

Needs    campus; operate.campaign.field (EXTRA).
Gives    Script, Event, Asker, draw_script, DAY_S.
Used by  operate.campaign.day.

How often and for how long is an assumption, far worse than any site: five to ten faults a day where a site has a few a
year, and an outage on most days. Rare together is not rare here: faults come in storms too, at many devices at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wattstack.campus import Campus

DAY_S = 86_400.0
QUIET_S = 60.0  # at the beginning nothing is wrong: a gauge that lies from the first reading on tells nobody
MEAN_FAULTS, MEAN_KILLS = 6.0, 0.7
MEDIAN_S, SPREAD, LONGEST_S = 300.0, 1.5, 4.0 * 3600.0  # of a fault, log-normal
STORM_FRAC = 0.35

# kinds by what a device speaks for, and how a value of each is drawn
KINDS_OF = {
    "battery": (
        "silent", "slow", "late", "reboot", "exception", "nan", "frozen", "cache", "sign", "scale", "soc_jump",
        "soc_drift", "soc_stuck", "soc_lost", "reject", "ignore_write", "clamp", "local", "foreign", "contactor",
    ),
    "grid": (
        "silent", "slow", "late", "reboot", "exception", "nan", "frozen", "cache", "sign", "scale", "contactor",
        "clock",
    ),
    "load": ("silent", "reboot", "nan", "scale", "sign"),
    "generator": ("silent", "reboot", "local", "no_start", "reject"),
    "solar": ("silent", "reboot", "nan", "scale", "sign"),
}  # fmt: skip
COMMON = ("silent", "reboot", "nan", "frozen", "slow", "exception", "cache")  # what storms and networks do
SCALES = (1000.0, 1000.0, 0.001, 10.0, 0.1, 1.3, 0.7)
PLANNERS = ("none", "steady", "drain", "drain", "fill", "random", "wild")


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One thing that happens.

    Attributes:
        at_s: From the beginning of the campaign.
        what: "put", "lift", "kill", "start" (of the guard) or "clear" (a person clears what tripped).
        path, kind, value: The fault, of which device.
    """

    at_s: float
    what: str
    path: str = ""
    kind: str = ""
    value: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Asker:
    """Someone who asks for something, again and again.

    Attributes:
        source: planner, user, utility or market.
        how: "steady", "drain", "fill", "random", "wild" (each battery another way), "limit", "free" (all of the
            connection), "manual", "reserve".
        begin_s, end_s: When.
    """

    source: str
    how: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Script:
    """A campaign as drawn.

    Attributes:
        begin_s: Moment of the case at which it begins.
        soc: Stored energy of each battery at the beginning, share of the usable.
        events: In their order.
        askers: Who asks.
    """

    begin_s: float
    soc: dict[str, float]
    events: tuple[Event, ...]
    askers: tuple[Asker, ...]


def draw_script(campus: Campus, seed: int, number: int, whole_s: float, length_s: float = DAY_S) -> Script:
    """The script of a campaign.

    Args:
        campus: Its devices can break; duties.backup is declared.
        seed, number: Name the script: the same again, whoever draws it.
        whole_s: Length of the case, out of which the day is taken.
        length_s: Of the campaign.
    """
    chance = np.random.default_rng([seed, number])
    begin_s = float(chance.uniform(0.0, max(whole_s - length_s, 0.0)))
    soc = {f"battery.{name}": _start(chance) for name in campus.battery}
    events: list[Event] = []
    share = length_s / DAY_S
    for _ in range(1 + chance.poisson(MEAN_FAULTS * max(share, 0.3))):
        events += _fault(chance, str(chance.choice(list(campus.devices))), length_s)
    for _ in range(chance.integers(0, 3) if share > 0.5 else 1):
        events += _outage(chance, campus, length_s)
    if chance.random() < STORM_FRAC:
        events += _storm(chance, campus, length_s)
    for _ in range(chance.poisson(MEAN_KILLS)):
        at = float(chance.uniform(QUIET_S, length_s))
        events += [
            Event(at, "kill"), Event(at + float(chance.choice((1.0, 3.0, 10.0, 60.0, 600.0))), "start"),
        ]  # fmt: skip
    events += [Event(float(at), "clear") for at in chance.uniform(0.0, length_s, 4)]
    return Script(begin_s, soc, tuple(sorted(events)), tuple(_askers(chance, campus, length_s)))


def _start(chance: np.random.Generator) -> float:
    """Anything; full and empty are not rare."""
    return float(chance.choice((1.0, 0.0, *(chance.uniform(0.0, 1.0) for _ in range(6)))))


def _lasts(chance: np.random.Generator) -> float:
    return float(min(MEDIAN_S * np.exp(SPREAD * chance.standard_normal()), LONGEST_S))


def _value(chance: np.random.Generator, kind: str) -> float | None:
    """How bad a fault is."""
    if kind == "scale":
        return float(chance.choice(SCALES))
    if kind == "soc_jump":
        return float(chance.uniform(-0.5, 0.5))
    if kind == "soc_drift":
        return float(chance.uniform(-0.05, 0.05))
    if kind == "foreign":
        return float(chance.uniform(-10.0, 10.0))
    if kind == "clamp":
        return float(chance.uniform(0.0, 1.0))
    if kind == "cache":
        return float(chance.choice((2.0, 5.0, 30.0, 300.0)))
    if kind == "clock":
        return float(chance.choice((3600.0, -3600.0, 60.0, -60.0, 86_400.0, -86_400.0)))
    return None


def _fault(chance: np.random.Generator, path: str, length_s: float, at_s: float | None = None) -> list[Event]:
    kind = str(chance.choice(KINDS_OF[path.split(".", 1)[0]] if at_s is None else COMMON))
    at = float(chance.uniform(QUIET_S, length_s)) if at_s is None else at_s
    value = _value(chance, kind)
    return [Event(at, "put", path, kind, value), Event(at + _lasts(chance), "lift", path, kind)]


def _outage(chance: np.random.Generator, campus: Campus, length_s: float) -> list[Event]:
    lasts_s = campus.duties.backup.duration_h * 3600.0 * float(chance.uniform(0.01, 1.1))
    at = float(chance.uniform(QUIET_S, length_s))
    path = "grid.connection"
    return [Event(at, "put", path, "outage"), Event(at + lasts_s, "lift", path, "outage")]


def _storm(chance: np.random.Generator, campus: Campus, length_s: float) -> list[Event]:
    """An outage perhaps, and much that breaks within seconds of it, the guard too."""
    at = float(chance.uniform(QUIET_S, length_s))
    events = []
    if chance.random() < 0.7:
        lasts_s = campus.duties.backup.duration_h * 3600.0 * float(chance.uniform(0.05, 1.0))
        events = [Event(at, "put", "grid.connection", "outage")]
        events.append(Event(at + lasts_s, "lift", "grid.connection", "outage"))
    for path in campus.devices:
        if chance.random() < 0.5:
            events += _fault(chance, path, length_s, at + float(chance.uniform(0.0, 30.0)))
    if chance.random() < 0.3:
        gone = at + float(chance.uniform(0.0, 60.0))
        events += [Event(gone, "kill"), Event(gone + float(chance.uniform(1.0, 300.0)), "start")]
    return events


def _askers(chance: np.random.Generator, campus: Campus, length_s: float) -> list[Asker]:
    made = [Asker("planner", str(chance.choice(PLANNERS)), 0.0, length_s)]
    if campus.grid.connection.nonfirm_mw:
        made.append(
            Asker("utility", "free", 0.0, length_s * float(chance.choice((1.0, 1.0, chance.random()))))
        )
    others = (
        ("utility", "drain"), ("utility", "limit"), ("utility", "random"), ("market", "drain"), ("market", "wild"),
        ("user", "manual"), ("user", "reserve"), ("user", "limit"),
    )  # fmt: skip
    for k in chance.permutation(len(others))[: chance.integers(0, 4)]:
        begin = float(chance.uniform(0.0, length_s))
        made.append(Asker(*others[k], begin, begin + float(chance.uniform(600.0, 4.0 * 3600.0))))
    return made
