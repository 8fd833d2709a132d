"""A run as it is drawn: voltage, frequency and power around what happened, with the limits that hold there.

Needs    prove.compliance (bands), prove.proof.run, chain.
Gives    drawn_of.
Used by  prove.proof.store.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any

import numpy as np

from wattstack.prove.compliance import Code, SitePoint
from wattstack.prove.compliance.code import Rule
from wattstack.prove.compliance.ride import AFTER_S, KEPT_FRAC, Band, bands_of
from wattstack.prove.proof.chain import thin
from wattstack.prove.proof.drives import DEEP, SETTLE_S, TRIP_S
from wattstack.prove.proof.run import ProvedRun

_BEFORE_S, _BEYOND_S = 2.0, 8.0  # shown before and after a dip
_BASE_S = 10.0
_DEEP_S = float(DEEP[0].rpartition("@")[2])
_SHOWN = ("power_mw", "load_mw", "voltage_pu", "frequency_hz")


def drawn_of(run: ProvedRun, codes: Mapping[str, Code], site: SitePoint) -> dict[str, Any]:
    """Channels of a run, thinned by their extremes, and the limits beside them.

    Args:
        run: That was judged.
        codes: By name.
        site: The point of connection.

    Returns:
        name, kind, text; channels: name -> {time_s, values}; curve: {from_s, lower, upper} of voltage in time, None
        without; bands: of frequency; aims: what must be drawn again from when on, by rule.
    """
    wave, drive = run.wave, run.drive
    begin, end = _span(run)
    first, last = max(int(begin / wave.step_s), 0), min(int(end / wave.step_s) + 1, wave.count)
    time_s = np.arange(first, last) * wave.step_s
    channels = {}
    groups = {name: wave[name] for name in _SHOWN}
    units = [
        v for name, v in wave.arrays.items() if name.startswith("battery.") and name.endswith(".power_mw")
    ]
    if units:
        groups["battery_mw"] = np.sum(units, axis=0)
    for name, values in groups.items():
        moments, shown = thin(time_s, values[first:last])
        channels[name] = {"time_s": moments, "values": shown}
    rules = [(code, rule) for code, name in drive.judges for rule in codes[code].rules if rule.name == name]
    return {
        "name": drive.name,
        "kind": drive.kind,
        "text": drive.text,
        "from_s": time_s[0].item(),
        "to_s": time_s[-1].item(),
        "channels": channels,
        "curve": _curve(run, rules, site),
        "bands": _bands(run, rules, site),
        "aims": _aims(run, rules),
        "happened": [[at_s, what] for at_s, what in run.happened if time_s[0] <= at_s <= time_s[-1]][:40],
    }


def _out(run: ProvedRun) -> tuple[float, float] | None:
    """First and last moment at which the voltage of the profile is not 1 pu, on the clock of the run."""
    if run.drive.name == "deep sag":
        return _DEEP_S, _DEEP_S + 0.15
    if run.drive.profile is None:
        return None
    moved = [t for t, v in zip(run.drive.profile.time_s, run.drive.profile.volts_pu, strict=True) if v != 1.0]
    return (SETTLE_S + moved[0], SETTLE_S + moved[-1]) if moved else None


def _off(run: ProvedRun) -> tuple[float, float] | None:
    """The same of its frequency."""
    if run.drive.profile is None:
        return None
    hertz = run.drive.profile.hertz
    times = run.drive.profile.time_s
    moved = [k for k in range(1, len(hertz)) if hertz[k] != hertz[k - 1]]
    return (SETTLE_S + times[moved[0] - 1], SETTLE_S + times[moved[-1]]) if moved else None


def _span(run: ProvedRun) -> tuple[float, float]:
    out, length = _out(run) or _off(run), run.wave.duration_s
    if out is None:
        return (TRIP_S - 10.0, length) if run.drive.kind == "rejection" else (0.0, length)
    return out[0] - _BEFORE_S - 0.02 * (out[1] - out[0]), min(out[1] + _BEYOND_S, length)


def _curve(run: ProvedRun, rules: list[tuple[str, Rule]], site: SitePoint) -> dict[str, Any] | None:
    """Where the voltage may lie so long after it left its continuous band that the load must stay."""
    out = _out(run)
    rule = next(((c, r) for c, r in rules if r.test == "T8"), None)
    if out is None or rule is None or run.drive.profile is None:
        return None
    bands = bands_of(*rule, site)
    return {
        "code": rule[0],
        "from_s": out[0],
        "lower": _envelope(bands, lambda band: band.low, min),
        "upper": _envelope(bands, lambda band: band.high, max),
    }


def _envelope(bands: tuple[Band, ...], edge: Any, furthest: Any) -> list[list[float]]:
    """Steps (until how long, how far) of bands; the last one, without end, until -1."""
    times = sorted({band.ride_s for band in bands})
    return [
        [until if isfinite(until) else -1.0, furthest(edge(band) for band in bands if band.ride_s >= until)]
        for until in times
    ]


def _bands(run: ProvedRun, rules: list[tuple[str, Rule]], site: SitePoint) -> list[list[float]]:
    """Bands of frequency [low, high, seconds; -1 for ever] of the first rule that has them."""
    for code, rule in rules:
        if rule.test == "T9" and rule.get("rocof_hz_per_s") is None:
            return [
                [b.low, b.high, -1.0 if b.ride_s == inf else b.ride_s] for b in bands_of(code, rule, site)
            ]
    return []


def _aims(run: ProvedRun, rules: list[tuple[str, Rule]]) -> list[dict[str, Any]]:
    """What must be drawn again from when on: recovery and ride-through of voltage, the deadline of an order."""
    out, wave, aims = _out(run), run.wave, []
    for code, rule in rules:
        if rule.test in ("T8", "T10") and out is not None:
            share = float(rule.get("kept_frac", KEPT_FRAC))
            after = float(rule.get("within_s") if rule.test == "T10" else rule.get("after_s", AFTER_S))
            aims.append({"code": code, "rule": rule.name, "from_s": out[1] + after,
                         "power_mw": share * _mean(wave["power_mw"], wave.step_s, out[0])})  # fmt: skip
    if run.drive.kind == "order":
        event = run.drive.events[0]
        at_s, values = event.at_s, event.values
        aims.append({"code": run.drive.judges[0][0], "rule": run.drive.judges[0][1],
                     "from_s": at_s + values["within_s"], "power_mw": values["power_mw"]})  # fmt: skip
    return aims


def _mean(values: np.ndarray, step_s: float, until_s: float) -> float:
    end = int(until_s / step_s)
    return float(np.mean(values[max(end - round(_BASE_S / step_s), 0) : end], dtype=float))
