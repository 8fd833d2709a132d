"""What events ask of the site now: bounded requests, and in words what is not acted on. No network, no clock.

Needs    campus; operate.north.openadr: schema, schedule.
Gives    Signal, Signals, Known, signals_at.
Used by  operate.north.openadr.way, tests.

| payload | becomes |
|---|---|
| SIMPLE 1..3 | import_limit_mw: a share of the firm power; 0 asks for nothing |
| IMPORT_CAPACITY_LIMIT, EXPORT_CAPACITY_LIMIT [KW] | import_limit_mw, export_limit_mw |
| DISPATCH_SETPOINT [KW drawn] | for a battery or generator: battery_mw, generator_mw; for the site: import_limit_mw |
| CHARGE_STATE_SETPOINT [PERCENT, KWH] | battery_mw that brings the battery there at the end of the interval |
| ALERT_* | told as an alarm, nothing is asked |
| all others, prices among them | told once, not acted on |

Where two events want the same thing, the one with the lower number of priority counts, and of equals the one that takes
less power from the grid. Source: OpenADR 3.1.1 definitions, table 1; user guide 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import TYPE_CHECKING

from wattstack.operate.north.openadr.schedule import at, pieces_of, value_at
from wattstack.operate.north.openadr.schema import Event, Payload, Program

if TYPE_CHECKING:
    from wattstack.campus import Campus

KW_PER_MW = 1000.0
LOWEST = 1_000_000_000  # of priority: none was given
LARGEST_MW = 1e5  # of what the guard takes
LEAST_LEFT_S = 60.0  # a charge is not chased faster than over this
LIMITS = ("import_limit_mw", "export_limit_mw")


@dataclass(frozen=True, slots=True)
class Known:
    """An event as it was heard.

    Attributes:
        event: As read.
        program: Its program; None: not told.
        seen_s: When this version of it was heard first [s].
    """

    event: Event
    program: Program | None
    seen_s: float


@dataclass(frozen=True, slots=True)
class Signal:
    """What is asked now, until it is not.

    Attributes:
        source: "utility" or "market".
        what, path: As a request of the guard names them.
        low_mw, high_mw: Bounds, into the bus; None: that side is open.
        until_s: End of the interval, seconds since 1970; inf: none.
        priority: The lower the stronger.
        why: Event, type and value in words.
    """

    source: str
    what: str
    path: str | None
    low_mw: float | None
    high_mw: float | None
    until_s: float
    priority: int
    why: str

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What a stronger one takes the place of."""
        return self.source, self.what, self.path


@dataclass(slots=True)
class Signals:
    """All that holds now.

    Attributes:
        asked: By key, the strongest.
        ignored: In words, what is not acted on.
        alerts: In words, what people must know.
    """

    asked: dict[tuple[str, str, str | None], Signal] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    alerts: set[str] = field(default_factory=set)

    def add(self, signal: Signal) -> None:
        """Keep the stronger one."""
        held = self.asked.get(signal.key)
        if held is None or (signal.priority, _drawn(signal)) < (held.priority, _drawn(held)):
            self.asked[signal.key] = signal


def _drawn(signal: Signal) -> float:
    """What orders equals: less power from the grid goes first; of a limit the lower, of a store the higher output."""
    bound = signal.high_mw if signal.high_mw is not None else inf
    return bound if signal.what in LIMITS else -bound


class _NotDone(ValueError):  # noqa: N818 - a word to people, no fault of ours
    """A payload that is not acted on."""


def signals_at(
    campus: Campus,
    known: Iterable[Known],
    now_s: float,
    stored_mwh: Callable[[str], float | None] = lambda path: None,
) -> Signals:
    """What holds now.

    Args:
        campus: With operate.north.openadr; sizes stand.
        known: Events as heard.
        now_s: Seconds since 1970 UTC.
        stored_mwh: Measured energy of a battery by its path; None: not known.
    """
    found = Signals()
    for one in known:
        source = source_of(campus, one)
        if source is None or not meant(campus, one.event):
            continue
        pieces = pieces_of(
            one.event, one.program.interval_period if one.program else None, one.seen_s, campus.name
        )
        if one.event.intervals and not pieces:
            found.ignored.add(f"{named(one.event)} does not say when or how long")
        for piece in at(one.event, pieces, now_s):
            for payload in piece.payloads:
                told = f"{named(one.event)}: {payload.type}"
                try:
                    value, until_s = value_at(piece, payload, now_s)
                    if payload.type.startswith("ALERT_"):
                        found.alerts.add(f"{told} {value!s:.200}")
                        continue
                    for signal in _signals(campus, one, source, payload, (value, until_s, now_s, stored_mwh)):
                        found.add(signal)
                except _NotDone as word:
                    found.ignored.add(f"{told} {word}")
    return found


def source_of(campus: Campus, known: Known) -> str | None:
    """For whom an event speaks; None: its program is not one of those declared."""
    programs = campus.operate.north.openadr.programs
    if not programs:
        return "utility"
    names = [known.event.program_id] + ([known.program.program_name] if known.program else [])
    return next((programs[name] for name in names if name in programs), None)


def meant(campus: Campus, event: Event) -> bool:
    """Whether an event is for us."""
    declared, names = campus.operate.north.openadr, event.named_targets
    return (
        not names or not declared.targets or bool(names & (set(declared.targets) | declared.resources.keys()))
    )


def named(event: Event) -> str:
    """An event in words."""
    return (
        f"event {event.event_name[:60]!r} ({event.id[:40]})" if event.event_name else f"event {event.id[:40]}"
    )


def _signals(campus: Campus, known: Known, source: str, payload: Payload, now: tuple) -> list[Signal]:
    value, until_s, now_s, stored_mwh = now
    event, kind = known.event, payload.type
    paths = [
        path for name, path in campus.operate.north.openadr.resources.items() if name in event.named_targets
    ]
    priority = LOWEST if event.priority is None else event.priority

    def made(what: str, path: str | None, low_mw: float | None, high_mw: float | None, words: str) -> Signal:
        return Signal(
            source, what, path, low_mw, high_mw, until_s, priority, f"OpenADR {named(event)}: {kind} {words}"
        )

    def limit(what: str, high_mw: float, words: str) -> Signal:
        if source == "market":
            raise _NotDone("is not acted on: a market may not limit the connection")
        return made(what, None, None, high_mw, words)

    if kind == "SIMPLE":
        level = _number(value)
        if level not in (0.0, 1.0, 2.0, 3.0):
            raise _NotDone(f"is {value!s:.40}, must be 0, 1, 2 or 3")
        if level == 0.0:
            return []
        share = campus.operate.north.openadr.simple_import_frac[int(level) - 1]
        return [
            limit("import_limit_mw", share * _firm_mw(campus), f"{level:.0f}, {share:.0%} of the firm power")
        ]
    if kind in ("IMPORT_CAPACITY_LIMIT", "EXPORT_CAPACITY_LIMIT"):
        power_mw = _power_mw(known, payload, value)
        if power_mw < 0.0:
            raise _NotDone(f"is {power_mw:g} MW, must not be negative")
        return [limit(f"{kind.split('_')[0].lower()}_limit_mw", power_mw, f"{power_mw:g} MW")]
    if kind == "DISPATCH_SETPOINT":
        power_mw = _power_mw(known, payload, value)
        if not paths:
            if power_mw < 0.0:
                raise _NotDone(
                    f"is {power_mw:g} MW for the whole site: export is not dispatched; name a resource"
                )
            return [limit("import_limit_mw", power_mw, f"{power_mw:g} MW for the site")]
        return [_of_asset(campus, made, path, -power_mw, f"{power_mw:g} MW drawn") for path in paths]
    if kind == "CHARGE_STATE_SETPOINT":
        batteries = [path for path in paths if path.startswith("battery.")] or _only_battery(campus)
        left_s = max(until_s - now_s, LEAST_LEFT_S)
        if not isfinite(left_s):
            raise _NotDone("has no end, so that nothing says by when")
        return [
            _of_asset(
                campus,
                made,
                path,
                *_charging(campus, known, payload, (path, value, left_s, stored_mwh(path))),
            )
            for path in batteries
        ]
    raise _NotDone(
        "is not acted on here" + (": prices are those of the campus file" if "PRICE" in kind else "")
    )


def _of_asset(campus: Campus, made: Callable, path: str, power_mw: float, words: str) -> Signal:
    """A setpoint of a battery (into the bus) or of a generator, cut to its rating."""
    kind, _, name = path.partition(".")
    asset = getattr(campus, kind).get(name)
    if asset is None:
        raise _NotDone(f"is for {path}, which this campus does not have")
    rated_mw = float(asset.power_mw)
    power_mw = min(max(power_mw, -rated_mw if kind == "battery" else 0.0), rated_mw)
    return made(f"{kind}_mw", path, power_mw, power_mw, words)


def _charging(campus: Campus, known: Known, payload: Payload, aim: tuple) -> tuple[float, str]:
    """The power that brings a battery to a charge in the time that is left."""
    path, value, left_s, stored_mwh = aim
    unit, number = _unit(known, payload), _number(value)
    battery = campus.battery.get(path.partition(".")[2])
    if battery is None:
        raise _NotDone(f"is for {path}, which this campus does not have")
    whole_mwh = float(battery.energy_mwh)
    if unit == "KWH":
        target_mwh = number / KW_PER_MW
    elif unit == "PERCENT":
        target_mwh = whole_mwh * (number if number <= 1.0 else number / 100.0)
    else:
        raise _NotDone(f"is in {unit or 'no unit'}, must be in PERCENT or KWH")
    if not 0.0 <= target_mwh <= whole_mwh * (1.0 + 1e-9):
        raise _NotDone(f"is {number:g} {unit}, must be 0 to {whole_mwh:g} MWh")
    if stored_mwh is None:
        raise _NotDone("waits: how much is stored is not known")
    power_mw = (stored_mwh - target_mwh) * 3600.0 / left_s
    power_mw *= (battery.discharge_eff or 1.0) if power_mw > 0.0 else 1.0 / (battery.charge_eff or 1.0)
    return power_mw, f"{target_mwh:g} MWh"


def _only_battery(campus: Campus) -> list[str]:
    if len(campus.battery) != 1:
        raise _NotDone("names no battery; name it as a target")
    return [f"battery.{name}" for name in campus.battery]


def _firm_mw(campus: Campus) -> float:
    if campus.grid is None:
        raise _NotDone("is not acted on: there is no connection")
    return float(campus.grid.connection.firm_mw)


def _unit(known: Known, payload: Payload) -> str | None:
    for of in (known.event, known.program):
        for one in (of.payload_descriptors if of else None) or ():
            if one.payload_type == payload.type and one.units is not None:
                return one.units
    return None


def _number(value: object) -> float:
    if not isinstance(value, float):
        raise _NotDone(f"is {value!r:.40}, must be a number")
    return value


def _power_mw(known: Known, payload: Payload, value: object) -> float:
    unit = _unit(known, payload) or "KW"  # the only unit of real power that the specification has
    if unit != "KW":
        raise _NotDone(f"is in {unit:.20}, must be in KW")
    power_mw = _number(value) / KW_PER_MW
    if abs(power_mw) > LARGEST_MW:
        raise _NotDone(f"is {power_mw:g} MW, must be at most {LARGEST_MW:g}")
    return power_mw
