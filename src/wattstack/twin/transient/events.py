"""What happens to a campus within seconds: jobs, sags, frequency, breakers, losses, orders; and how they are written.

Needs    errors.
Gives    Event, GridProfile, parse_event, grid_event, read_events, KINDS, PRESETS.
Used by  twin.transient, prove, cli.

    KIND[:TARGET][,key=value ...]@SECOND        crash:halls.big@20    sag,depth_frac=0.7,length_s=0.15@10
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, isnan, nan
from typing import NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError, nearest


class Key(NamedTuple):
    """A number of an event: what stands without it (NaN: it must be given), and its bounds."""

    usual: float
    least: float
    most: float


class Kind(NamedTuple):
    """A kind of event: what it acts on ("" nothing), its numbers, in words."""

    target: str
    keys: Mapping[str, Key]
    words: str


KINDS: dict[str, Kind] = {
    "start": Kind("job", {}, "a job starts"),
    "stop": Kind("job", {}, "a job is stopped in order"),
    "crash": Kind("job", {}, "a job falls to idle at once, and comes back after its restart"),
    "checkpoint": Kind("job", {}, "a job writes a checkpoint"),
    "sag": Kind(
        "", {"depth_frac": Key(nan, -0.5, 1.0), "length_s": Key(nan, 1e-3, 3600.0)},
        "the voltage of the grid falls by a share (< 0: it rises)",
    ),
    "sags": Kind(
        "", {"depth_frac": Key(0.65, 0.0, 1.0), "length_s": Key(0.06, 1e-3, 60.0), "count": Key(6, 1, 100),
             "over_s": Key(82.0, 0.1, 3600.0)},
        "equal sags, from the first to the last so many seconds",
    ),
    "frequency": Kind(
        "", {"change_hz": Key(nan, -10.0, 10.0), "rate_hz_per_s": Key(0.5, 1e-3, 50.0), "hold_s": Key(inf, 0.0, inf)},
        "the frequency of the grid moves, stays, and comes back at the same rate",
    ),
    "phase": Kind("", {"angle_deg": Key(nan, -180.0, 180.0)}, "the angle of the grid jumps"),
    "loss": Kind("unit", {}, "a battery or a generator is gone"),
    "island": Kind("", {}, "the breaker to the grid opens; the campus lives on what it has"),
    "trip": Kind("", {}, "the whole site is cut off: breaker open, batteries and generators off"),
    "return": Kind("", {}, "permission is given, the breaker closes again, batteries and generators work"),
    "curtail": Kind(
        "", {"power_mw": Key(nan, 0.0, inf), "within_s": Key(30.0, 0.0, 86400.0), "hold_s": Key(inf, 0.0, inf)},
        "the operator orders the campus to draw no more than this",
    ),
    "grid": Kind("profile", {}, "voltage, frequency and angle of the grid follow a profile"),
}  # fmt: skip

PRESETS: dict[str, tuple[str, ...]] = {
    "virginia": ("sags,depth_frac=0.65,length_s=0.06,count=6,over_s=82@10",),
    "deep-sag": ("sag,depth_frac=0.8,length_s=0.15@10",),
    "frequency-ramp": ("frequency,change_hz=-1,rate_hz_per_s=0.5,hold_s=10@10",),
    "phase-jump": ("phase,angle_deg=20@10",),
    "all-jobs-stop": ("stop:all@10",),
    "all-jobs-crash": ("crash:all@10",),
    "all-jobs-checkpoint": ("checkpoint:all@10",),
    "island-and-return": ("island@10", "return@40"),
    "site-trip": ("trip@10", "return@40"),
}
"""Named sets, from second 10 on.

Source:
    virginia: six faults within 82 s on 2024-07-10, NERC incident review (2025-01-08); depth and length: assumption, as
    faults of a 230 kV line are cleared in three to four cycles. deep-sag: the deepest that ERCOT NOGRR 282 lets last
    0.15 s. Others: assumption.
"""


@dataclass(frozen=True)
class GridProfile:
    """How the grid behind the short-circuit impedance moves; straight between its moments, still outside them.

    Attributes:
        name: As people call it.
        time_s: Moments from the beginning of the profile, shape (n,), not falling; a moment twice is a jump.
        voltage_pu: Voltage there / nominal, shape (n,).
        frequency_hz: Frequency there less nominal where `relative_hz`, else the frequency itself, shape (n,).
        angle_jump_deg: Jump of the angle.
        jump_s: Its moment from the beginning of the profile.
        relative_hz: Whether frequency_hz is a deviation.
    """

    name: str
    time_s: np.ndarray
    voltage_pu: np.ndarray
    frequency_hz: np.ndarray
    angle_jump_deg: float = 0.0
    jump_s: float = 0.0
    relative_hz: bool = False

    def __post_init__(self) -> None:
        shapes = {np.shape(part) for part in (self.time_s, self.voltage_pu, self.frequency_hz)}
        faults = []
        if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not np.size(self.time_s):
            faults.append(Fault("time_s", f"and what goes with it have shapes {shapes}, must be one, (n,)."))
        elif not (np.diff(self.time_s) >= 0.0).all():
            faults.append(Fault("time_s", "falls, must not. Sort the profile by time."))
        elif not (np.isfinite(self.voltage_pu).all() and np.isfinite(self.frequency_hz).all()):
            faults.append(Fault("voltage_pu", "and frequency_hz must be numbers. Fill what is missing."))
        if faults:
            raise InputError(f"profile {self.name}", faults)


@dataclass(frozen=True)
class Event:
    """One thing that happens.

    Attributes:
        kind: One of KINDS.
        at_s: When [s from the beginning of the run].
        target: Path of what it happens to: a job ("halls.big", "halls" for all of a hall, "all"), a unit
            ("battery.main"), the name of a profile; "" where it happens to the grid.
        values: Its numbers by name.
        profile: Of kind grid.

    Example:
        >>> print(parse_event("crash:halls.big@20"))
        crash:halls.big@20
    """

    kind: str
    at_s: float
    target: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    profile: GridProfile | None = None

    def __post_init__(self) -> None:
        values, faults = _checked(self.kind, self.target, self.values)
        if not 0.0 <= self.at_s < inf:
            faults.append(Fault("@", f"is {self.at_s}, must be a second >= 0."))
        if self.kind == "grid" and self.profile is None:
            what = "is written by its name only, must bring its curves. Make it with grid_event(profile)."
            faults.append(Fault("profile", what))
        if faults:
            raise InputError(f"event {self.kind}", faults)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        usual = KINDS[self.kind].keys
        given = [f"{k}={v:g}" for k, v in self.values.items() if v != usual[k].usual]
        return ",".join([":".join(p for p in (self.kind, self.target) if p), *given]) + f"@{self.at_s:g}"


def parse_event(text: str) -> Event:
    """An event as it is written: KIND[:TARGET][,key=value ...]@SECOND.

    Raises:
        InputError: All that is wrong with it, with the nearest names.

    Example:
        >>> parse_event("sag,depth_frac=0.7,length_s=0.15@10").values["length_s"]
        0.15
    """
    head, at_sign, at = text.rpartition("@")
    moment, faults = _number(at) if at_sign else None, []
    if moment is None or not 0.0 <= moment < inf:
        what = "lacks its moment, must end with @SECOND. Write for example crash:halls.big@20."
        faults.append(Fault("@", what))
        head = head if at_sign else text
    words = head.split(",")
    kind, _, target = words[0].partition(":")
    given = {}
    for word in words[1:]:
        name, _, number = word.partition("=")
        given[name.strip()] = value if (value := _number(number)) is not None else number
    values, wrong = _checked(kind, target, given)
    if kind == "grid" and not wrong:
        wrong.append(Fault("profile", "has curves that no text holds. Make it with grid_event(profile)."))
    if faults or wrong:
        raise InputError(f"event {text!r}", [*faults, *wrong])
    return Event(kind, float(moment or 0.0), target, values)


def grid_event(profile: GridProfile, at_s: float = 0.0) -> Event:
    """The grid follows a profile from a moment on."""
    return Event("grid", at_s, profile.name, {}, profile)


def read_events(given: Iterable[Event | str]) -> tuple[Event, ...]:
    """Events in order of time: as they are, as texts, or as names of presets (NAME, or NAME@SECOND of its first one).

    Raises:
        InputError: All faults of all texts at once.
    """
    events, faults = [], []
    for one in given:
        try:
            events += [one] if isinstance(one, Event) else _read(one)
        except InputError as error:
            faults += [replace(fault, where=f"{one} {fault.where}".strip()) for fault in error.faults]
    if faults:
        raise InputError("events", faults)
    return tuple(sorted(events, key=lambda event: event.at_s))


def _read(text: str) -> list[Event]:
    """One event, or those of a preset moved to its moment."""
    name, at_sign, at = text.partition("@")
    if name not in PRESETS:
        return [parse_event(text)]
    events = [parse_event(one) for one in PRESETS[name]]
    if not at_sign:
        return events
    moment = _number(at)
    if moment is None or not 0.0 <= moment < inf:
        raise InputError(text, [Fault("@", f"is {at!r}, must be a second >= 0. Write {name}@10.")])
    return [replace(event, at_s=event.at_s - events[0].at_s + moment) for event in events]


def _checked(name: str, target: str, given: Mapping[str, object]) -> tuple[dict[str, float], list[Fault]]:
    """Numbers of an event, the usual ones where none is given, and all that is wrong with it."""
    kind = KINDS.get(name)
    if kind is None:
        near = nearest(name, [*KINDS, *PRESETS])
        mend = f"Nearest: {near}." if near else f"There are: {', '.join(KINDS)}."
        return {}, [Fault("kind", f"is {name!r}, is no event. {mend}")]
    faults = []
    if kind.target and not target:
        faults.append(Fault("target", f"is missing, must name a {kind.target}. Write {name}:NAME@SECOND."))
    elif target and not kind.target:
        faults.append(Fault("target", f"is {target!r}, but {name} acts on the grid. Take it out."))
    for key, value in given.items():
        bounds = kind.keys.get(key)
        if bounds is None:
            near = nearest(key, kind.keys)
            mend = f"Nearest: {near}." if near else f"There are: {', '.join(kind.keys) or 'none'}."
            faults.append(Fault(key, f"is no number of {name}. {mend}"))
        elif not isinstance(value, int | float) or not bounds.least <= value <= bounds.most:
            faults.append(Fault(key, f"is {value!r}, must be a number {bounds.least:g} .. {bounds.most:g}."))
    for key, bounds in kind.keys.items():
        if isnan(bounds.usual) and key not in given:
            faults.append(Fault(key, f"is missing, must be given. Write {key}=NUMBER."))
    numbers = {key: value for key, value in given.items() if isinstance(value, int | float)}
    return {key: float(numbers.get(key, bounds.usual)) for key, bounds in kind.keys.items()}, faults


def _number(text: str) -> float | None:
    """A number, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if isnan(value) else value
