"""T12 and T13: what the load does to the voltage, and how much reactive power it takes.

Needs    prove.compliance.flicker, look, verdict, code, prove.kernel.windows.
Gives    steps, flicker, reactive.
Used by  prove.compliance.check.

dV = (R dP + X dQ) / V^2 behind the short-circuit power: R = cos(phi) / S_sc, X = sin(phi) / S_sc, tan(phi) = X/R.
"""

from __future__ import annotations

from math import atan, cos, sin

import numpy as np

from wattstack.prove.compliance.code import Rule, limit_of
from wattstack.prove.compliance.flicker import PST_WINDOW_S, dv10, long_term, short_term
from wattstack.prove.compliance.look import Look, Piece, means, stretches
from wattstack.prove.compliance.picture import picture_of
from wattstack.prove.compliance.verdict import NOT_MEASURABLE, NoVerdict, Reading, SitePoint
from wattstack.prove.kernel.windows import widest_moves

_FLICKER_HZ = 25.0  # the eye sees little beyond
_LEAST_FLICKER_S = 60.0
_TAKEN = ("voltage taken away", "%")


def _change_pct(look: Look, site: SitePoint) -> tuple[list[Piece], list[str]]:
    """Voltage that the load takes away [%], in pieces without holes, and what was assumed.

    Raises:
        NoVerdict: The short-circuit power is not given.
    """
    power_mva = site.short_circuit_mva
    if power_mva is None:
        raise NoVerdict(
            NOT_MEASURABLE,
            "short-circuit power of the grid is not given: grid.connection.short_circuit_mva, or --short-circuit-mva",
        )
    angle = atan(site.x_over_r)
    notes = [f"dV from R dP + X dQ behind {power_mva:g} MVA, X/R = {site.x_over_r:g}"]
    drop = 100.0 * cos(angle) / power_mva * look.power_mw
    if look.has("reactive_mvar"):
        drop = drop + 100.0 * sin(angle) / power_mva * look.need("reactive_mvar", "")
    else:
        notes.append("reactive_mvar is not in the wave: dQ counts as 0")
    good = np.isfinite(drop)
    return [Piece(first, drop[first : last + 1]) for first, last in stretches(good)], notes


def _scaled(rule: Rule, site: SitePoint) -> tuple[float, list[str]]:
    """Limit, raised where the grid is weaker than its reference: reference_mva / short-circuit power."""
    limit, reference = limit_of(rule, site), rule.get("reference_mva")
    if reference is None or site.short_circuit_mva is None or site.short_circuit_mva >= reference:
        return limit, []
    factor = reference / site.short_circuit_mva
    return limit * factor, [f"limit times {factor:.3g}: short-circuit power is below {reference:g} MVA"]


def steps(look: Look, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """Rapid change of voltage: greatest less least in any window [%].

    Two readings: dP and dQ with the resistance and reactance of the grid, and the whole change of apparent power
    against the short-circuit power, as for the worst angle.
    """
    pieces, notes = _change_pct(look, site)
    limit, said = _scaled(rule, site)
    window_s = rule.windows_s[0]
    look.need_window_rate(window_s)
    count = max(round(window_s / look.step_s), 1)
    readings = [_widest(look, pieces, count, (f"R dP + X dQ in any {window_s:g} s", limit))]
    apparent = [Piece(p.first, 100.0 / site.short_circuit_mva * p.values) for p in look.pieces()]
    readings.append(
        _widest(look, apparent, count, (f"|dP| / short-circuit power in any {window_s:g} s", limit))
    )
    return readings, notes + said


def _widest(look: Look, pieces: list[Piece], count: int, what: tuple[str, float]) -> Reading:
    most, where, best = -1.0, (0, 0), pieces[0]
    for piece in pieces:
        rise, a, b, fall, c, d = widest_moves(piece.values, count)
        for moved, first, last in ((rise, a, b), (fall, c, d)):
            if moved > most:
                most, where, best = float(moved), (int(first), int(last)), piece
    begin = best.first * look.step_s
    picture = picture_of(best.values, look.step_s, where, _TAKEN, begin_s=begin)
    return Reading(what[0], most, what[1], "%", begin + where[1] * look.step_s, picture=picture)


def flicker(look: Look, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """Pst, Plt (quantity names which) or dV10 of what the load does to the voltage.

    Raises:
        NoVerdict: No short-circuit power, sampled below 91 Hz, or shorter than a minute.
    """
    pieces, notes = _change_pct(look, site)
    look.need_band_rate(_FLICKER_HZ)
    limit, said = _scaled(rule, site)
    fit = [p for p in pieces if len(p.values) * look.step_s >= _LEAST_FLICKER_S * (1.0 - 1e-9)]
    if not fit:
        raise NoVerdict(NOT_MEASURABLE, f"asks for {_LEAST_FLICKER_S:g} s without a hole at least")
    if rule.get("lamp") == "100 V":
        minutes = [(*dv10(piece.values, look.rate_hz), piece) for piece in fit]
        level, at, piece = max(minutes, key=lambda minute: minute[0])
        what = ("dV10 of the worst minute", level, limit, "V")
        return [_flicker_reading(look, piece, at, what)], notes + said
    lamp = "230 V" if site.frequency_hz == 50 else "120 V"
    notes.append(
        f"flicker meter of IEC 61000-4-15 from its weighting filter on, {lamp} lamp, fed with dV, no background"
    )
    made = []
    for piece in fit:
        short, firsts = look.once(
            ("pst", piece.first, lamp), lambda p=piece: short_term(p.values, look.rate_hz, lamp)
        )
        if len(piece.values) * look.step_s < PST_WINDOW_S:
            notes.append(f"Pst of {len(piece.values) * look.step_s:.4g} s, not of 600 s")
        if rule.quantity == "Plt":
            value, at = long_term(short), 0
            if len(short) < 12:
                notes.append(f"Plt of {len(short)} windows of ten minutes, not of 12")
        else:
            value, at = float(short.max()), int(firsts[short.argmax()])
        made.append(
            _flicker_reading(look, piece, at, (f"{rule.quantity}, clock of the record", value, limit, ""))
        )
    return made, notes + said


def _flicker_reading(look: Look, piece: Piece, at: int, what: tuple[str, float, float, str]) -> Reading:
    begin = piece.first * look.step_s
    length = round((60.0 if what[3] == "V" else PST_WINDOW_S) * look.rate_hz)
    picture = picture_of(piece.values, look.step_s, (at, at + length), _TAKEN, begin_s=begin)
    return Reading(*what, begin + at * look.step_s, picture=picture)


def reactive(look: Look, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """|Q| / P of any ten minutes in which more reactive power is absorbed than a share of the contract.

    Four readings: clock and sliding windows, reactive energy netted or added up.

    Raises:
        NoVerdict: No reactive_mvar, or nothing as long as the window; nowhere enough absorbed.
    """
    mvar = look.need("reactive_mvar", "the rule is about reactive power")
    window_s, limit = rule.windows_s[0], limit_of(rule, site)
    count = round(window_s / look.step_s)
    power = look.power_mw
    if len(power) < count:
        raise NoVerdict(
            NOT_MEASURABLE, f"asks for {window_s:g} s, the wave has {len(power) * look.step_s:.4g} s"
        )
    floor = float(rule.get("above_contract_frac", 0.0)) * site.contract_mw
    active, net, gross = (means(x, count) for x in (power, mvar, np.abs(mvar)))
    counts = np.isfinite(active) & np.isfinite(net) & (net > floor) & (active > 0.0)
    made = []
    for said, taken in (("reactive energy netted", np.abs(net)), ("reactive energy added up", gross)):
        ratio = np.where(counts, taken / np.where(counts, active, 1.0), 0.0)
        for windows, values, stride in (("clock windows", ratio[::count], count), ("any window", ratio, 1)):
            at = int(values.argmax()) * stride
            picture = picture_of(mvar, look.step_s, (at, at + count - 1), ("reactive_mvar", "Mvar"))
            what = f"{windows} of {window_s:g} s, {said}"
            made.append(Reading(what, float(values.max()), limit, "", at * look.step_s, picture=picture))
    if not counts.any():
        return made, [f"nowhere more than {floor:.3g} Mvar is absorbed: the rule asks for nothing"]
    return made, []
