"""Voltages and frequencies that a load must be driven with to prove that it rides through.

Needs    prove.compliance.code, ride, library.Entry, twin.transient (its events).
Gives    Profile, required_profiles.
Used by  the door of prove.compliance; the transient twin takes them as events of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from wattstack.library import Entry
from wattstack.prove.compliance.code import Rule, read_code
from wattstack.prove.compliance.ride import Band, bands_of
from wattstack.prove.compliance.verdict import SitePoint

if TYPE_CHECKING:
    from wattstack.twin.transient import Event

_LEAD_S = 10.0  # before: what the load drew must be known over ten seconds
_TAIL_S = 15.0  # afterwards: the load must be seen to be back
_EDGE_S = 0.001
_RAMP_HZ_PER_S = 1.0  # by which a frequency is reached: assumption
_INSIDE = 0.98  # of the time allowed, so that the profile obliges to ride through
_STEADY_S = 60.0  # of a band without end


@dataclass(frozen=True)
class Profile:
    """Voltage and frequency of the grid along time, straight between the moments given.

    Attributes:
        name: "ercot-nogrr-282:voltage:0.2-0.5pu".
        time_s: Moments [s], rising.
        volts_pu: Voltage behind the grid's impedance at these moments [pu].
        hertz: Frequency at these moments [Hz].
        duration_s: Length [s].
        angle_jump_deg: Jump of the phase, 0 = none [deg].
        jump_s: Its moment [s].
        text: What it is, in words.
    """

    name: str
    time_s: tuple[float, ...]
    volts_pu: tuple[float, ...]
    hertz: tuple[float, ...]
    duration_s: float
    angle_jump_deg: float = 0.0
    jump_s: float = 0.0
    text: str = ""

    def voltage_pu(self, t_s: np.ndarray) -> np.ndarray:
        """Voltage at moments [pu]."""
        return np.interp(t_s, self.time_s, self.volts_pu)

    def frequency_hz(self, t_s: np.ndarray) -> np.ndarray:
        """Frequency at moments [Hz]."""
        return np.interp(t_s, self.time_s, self.hertz)

    def event(self, at_s: float = 0.0) -> Event:
        """The event of the transient twin that makes its grid follow this profile from a moment on."""
        from wattstack.twin.transient import GridProfile, grid_event

        curves = (np.array(part) for part in (self.time_s, self.volts_pu, self.hertz))
        return grid_event(GridProfile(self.name, *curves, self.angle_jump_deg, self.jump_s), at_s)


def required_profiles(code: str | Entry, site: SitePoint) -> list[Profile]:
    """Every profile that the ride-through rules of a code ask for.

    A profile for each band of each curve, at its far edge and 0.98 of its time; sags one after another; changes of
    frequency at the rate of the rule; jumps of the phase.

    Args:
        code: As check_compliance takes it.
        site: For the nominal frequency, and curves that the code leaves to the user.

    Raises:
        InputError: A curve is missing.

    Example:
        >>> [p.name for p in required_profiles("ercot-nogrr-282", SitePoint(150, 60))][:2]
        ['ercot-nogrr-282:voltage:0.8-0.9pu', 'ercot-nogrr-282:voltage:1.1-1.2pu']
    """
    read = read_code(code)
    made: list[Profile] = []
    for rule in read.rules:
        start = f"{read.name}:{rule.name}"
        if rule.get("sequence"):
            made.append(_sequence(start, rule, site.frequency_hz))
        elif rule.test == "T8":
            made += [_sag(start, band, site.frequency_hz) for band in bands_of(read.name, rule, site)[1:]]
        elif rule.test == "T9" and rule.get("rocof_hz_per_s") is not None:
            made += _rocof(start, rule, site.frequency_hz)
        elif rule.test == "T9":
            made += [_drift(start, band, site.frequency_hz) for band in bands_of(read.name, rule, site)[1:]]
        if rule.get("angle_jump_deg") is not None:
            made += _jumps(start, float(rule.get("angle_jump_deg")), site.frequency_hz)
    return made


def _span(band: Band, unit: str) -> str:
    return f"{band.low:g}-{band.high:g}{unit}"


def _dips(name: str, dips: list[tuple[float, float, float]], hertz: float) -> Profile:
    """Voltage at 1 pu but for dips: (start, length, depth)."""
    times, volts = [0.0], [1.0]
    for start, length, level in dips:
        times += [start - _EDGE_S, start, start + length, start + length + _EDGE_S]
        volts += [1.0, level, level, 1.0]
    end = times[-1] + _TAIL_S
    return Profile(name, (*times, end), (*volts, 1.0), (hertz,) * (len(times) + 1), end)


def _sag(start: str, band: Band, hertz: float) -> Profile:
    level = band.low if band.high <= 1.0 else band.high  # the far edge
    made = _dips(f"{start}:{_span(band, 'pu')}", [(_LEAD_S, _INSIDE * band.ride_s, level)], hertz)
    return replace(made, text=f"{level:g} pu for {_INSIDE * band.ride_s:g} s")


def _sequence(start: str, rule: Rule, hertz: float) -> Profile:
    dips = [(_LEAD_S + float(at), float(length), float(level)) for at, length, level in rule.get("sequence")]
    return replace(_dips(f"{start}:sequence", dips, hertz), text=rule.text)


def _drift(start: str, band: Band, nominal: float) -> Profile:
    level = band.low if band.high <= nominal else band.high
    held = _INSIDE * band.ride_s if isfinite(band.ride_s) else _STEADY_S
    ramp = abs(level - nominal) / _RAMP_HZ_PER_S
    times = np.cumsum([0.0, _LEAD_S, ramp, held, ramp, _TAIL_S])
    hertz = (nominal, nominal, level, level, nominal, nominal)
    return Profile(
        f"{start}:{_span(band, 'Hz')}", tuple(times.tolist()), (1.0,) * 6, hertz, float(times[-1]),
        text=f"{level:g} Hz for {held:g} s",
    )  # fmt: skip


def _rocof(start: str, rule: Rule, nominal: float) -> list[Profile]:
    rate, window = float(rule.get("rocof_hz_per_s")), float(rule.get("rocof_window_s", 0.5))
    made = []
    for sign in (-1.0, 1.0):
        level = nominal + sign * rate * window
        back = abs(level - nominal) / min(rate, _RAMP_HZ_PER_S)
        times = np.cumsum([0.0, _LEAD_S, window, 1.0, back, _TAIL_S])
        made.append(
            Profile(
                f"{start}:{sign * rate:+g}Hz/s",
                tuple(times.tolist()),
                (1.0,) * 6,
                (nominal, nominal, level, level, nominal, nominal),
                float(times[-1]),
                text=f"{sign * rate:+g} Hz/s for {window:g} s",
            )
        )
    return made


def _jumps(start: str, jump_deg: float, hertz: float) -> list[Profile]:
    end = _LEAD_S + _TAIL_S
    return [
        Profile(
            f"{start}:{sign * jump_deg:+g}deg",
            (0.0, end),
            (1.0, 1.0),
            (hertz, hertz),
            end,
            angle_jump_deg=sign * jump_deg,
            jump_s=_LEAD_S,
            text=f"phase jumps by {sign * jump_deg:+g} deg",
        )
        for sign in (1.0, -1.0)
    ]
