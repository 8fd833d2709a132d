"""T6 and T7: how much of the swing lies in a band, and what the modes of the grid make of it.

Needs    prove.compliance.bands, filters, look, verdict, code.
Gives    energy_share, modes_response.
Used by  prove.compliance.check.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wattstack.prove.compliance import filters
from wattstack.prove.compliance.bands import spectrum, spectrum_picture
from wattstack.prove.compliance.code import Rule, limit_of
from wattstack.prove.compliance.look import Look
from wattstack.prove.compliance.picture import picture_of
from wattstack.prove.compliance.verdict import NOT_APPLICABLE, NOT_MEASURABLE, NoVerdict, Reading, SitePoint

HARMONICS = 10  # of the iteration that are looked at
_SHIFT_S = 1.0  # by which the period of a job may be moved
_ROUNDING = 1e-9
LINE_HZ = (0.05, 3.0)  # where the iteration is sought: periods of 0.3 to 20 s


def energy_share(look: Look, rule: Rule, site: SitePoint) -> list[Reading]:
    """Share of all swing energy (without the mean) that lies in a band.

    Two readings: Welch's mean spectrum (Hann, segments of 100 s, trend taken off), and the spectrum of the whole
    piece, in which slow change counts too.

    Args:
        look: The wave.
        rule: band_hz, limit as a share.
        site: Not needed.

    Raises:
        NoVerdict: Sampled too slowly, shorter than ten periods of the lower edge, or a power that does not move.
    """
    band, limit = rule.band_hz, limit_of(rule, site)
    look.need_band_rate(band[1])
    frequency, power, piece = spectrum(look)
    if len(piece.values) * look.step_s < 10.0 / band[0]:
        raise NoVerdict(
            NOT_MEASURABLE, f"asks for {10.0 / band[0]:g} s without a hole: ten periods of {band[0]:g} Hz"
        )
    whole_hz, whole = filters.density(piece.values, look.rate_hz, len(piece.values) * look.step_s)
    made = []
    for said, f, p in (("mean of segments of 100 s", frequency, power), ("whole record", whole_hz, whole)):
        inside = (f >= band[0]) & (f <= band[1])
        total = float(p[1:].sum())
        if total <= (_ROUNDING * (1.0 + abs(look.peak_mw))) ** 2:
            raise NoVerdict(NOT_MEASURABLE, "the power does not move: no energy to share")
        picture = spectrum_picture(f, p, (max(band[0], 1e-3), band[1]), float(f[inside][p[inside].argmax()]))
        made.append(Reading(f"{said} (Welch, Hann)", float(p[inside].sum()) / total, limit, "",
                            at_s=piece.first * look.step_s, picture=picture))  # fmt: skip
    return made


def modes_response(look: Look, rule: Rule, site: SitePoint) -> list[Reading]:
    """Forced response of each mode of the grid to the load, peak to peak, against the limit of the mode.

    Two readings: the load driven through the mode in time (slower than a quarter of the mode taken off), and the sum
    of the lines k/T of the iteration, each times the gain of the mode at its frequency.

    Args:
        look: The wave.
        rule: limit, of_mode where each mode has its own limit_mw.
        site: modes: frequency_hz, damping_frac, limit_mw.

    Raises:
        NoVerdict: No mode is given, or none has a limit; sampled too slowly.

    Source:
        Forced oscillation of a lightly damped mode, arXiv 2606.22096 and 2605.01173: structure, not numbers.
    """
    if not site.modes:
        raise NoVerdict(
            NOT_APPLICABLE, "no mode of the grid is given: ask the operator for frequency and damping"
        )
    judged = {}
    for name, mode in site.modes.items():
        limit = getattr(mode, "limit_mw", None)
        if "mw" in rule.data["limit"]:
            limit = min(limit_of(rule, site), limit or np.inf)
        if limit is not None:
            judged[name] = (mode, float(limit))
    if not judged:
        raise NoVerdict(
            NOT_APPLICABLE, "no mode has limit_mw; as it stands: " + "; ".join(mode_notes(look, site.modes))
        )
    made = []
    for name, (mode, limit) in judged.items():
        look.need_band_rate(mode.frequency_hz)
        made += [_in_time(look, name, mode, limit), _by_lines(look, name, mode, limit)]
    return made


def gain(frequency_hz: np.ndarray | float, mode: Any) -> np.ndarray | float:
    """Response of a mode / response at rest, at a frequency: 1 / |1 - r^2 + 2 z r i|, r = f / f_mode."""
    ratio = frequency_hz / mode.frequency_hz
    return 1.0 / np.hypot(1.0 - ratio**2, 2.0 * mode.damping_frac * ratio)


def _in_time(look: Look, name: str, mode: Any, limit: float) -> Reading:
    low = mode.frequency_hz / 4.0
    settle = filters.SETTLE / low
    most, best = -1.0, None
    for piece in look.long_enough(2.0 * settle + 10.0 / mode.frequency_hz):
        moving = filters.keep_band(piece.values, look.rate_hz, (low, look.rate_hz), 4)
        swung = filters.resonate(moving, look.rate_hz, mode.frequency_hz, mode.damping_frac)
        skip, span = round(settle * look.rate_hz), round(1.0 / mode.frequency_hz * look.rate_hz)
        at = skip + int(np.abs(swung[skip:-skip]).argmax())
        part = swung[at - span : at + span]
        if part.max() - part.min() > most:
            most, best = float(part.max() - part.min()), (piece, swung, at, span)
    piece, swung, at, span = best
    begin = piece.first * look.step_s
    marks, what = (("limit", limit / 2.0), ("limit", -limit / 2.0)), (f"response of mode {name}", "MW")
    picture = picture_of(swung, look.step_s, (at - span, at + span), what, marks, begin)
    said = f"mode {name} ({mode.frequency_hz:g} Hz, damping {mode.damping_frac:g}), driven in time"
    return Reading(said, most, limit, "MW", at_s=begin + at * look.step_s, picture=picture)


def iteration(look: Look) -> tuple[float, np.ndarray]:
    """Period of the iteration [s] and amplitudes of its first ten lines [MW]; 0 and zeros where there is no line."""
    frequency, power, _ = spectrum(look)
    amplitude, base_hz = filters.line_amplitude(frequency, power, LINE_HZ)
    if amplitude <= _ROUNDING * (1.0 + abs(look.peak_mw)):
        return 0.0, np.zeros(HARMONICS)
    near = 2.5 * (frequency[1] - frequency[0])
    lines = [
        filters.line_amplitude(frequency, power, (k * base_hz - near, k * base_hz + near))[0]
        for k in range(1, HARMONICS + 1)
    ]
    return 1.0 / base_hz, np.array(lines)


def swing_mw(period_s: np.ndarray | float, lines: np.ndarray, mode: Any) -> np.ndarray | float:
    """Peak to peak that a mode makes of the lines of an iteration of this period [MW], all in phase at the worst."""
    order = np.arange(1, len(lines) + 1)
    return 2.0 * (gain(order / np.asarray(period_s, float)[..., None], mode) * lines).sum(axis=-1)


def _by_lines(look: Look, name: str, mode: Any, limit: float) -> Reading:
    period, lines = iteration(look)
    value = float(swing_mw(period, lines, mode)) if period else 0.0
    said = f"mode {name} ({mode.frequency_hz:g} Hz, damping {mode.damping_frac:g}), lines k/T of T = {period:.4g} s"
    return Reading(said, value, limit, "MW")


def mode_notes(look: Look, modes: Any) -> list[str]:
    """For each mode: the period now, dangerous periods, and what moving the period by up to 1 s would bring.

    Returns:
        A sentence a mode.
    """
    period, lines = iteration(look)
    said = []
    for name, mode in modes.items():
        danger = ", ".join(f"{k / mode.frequency_hz:.3g}" for k in range(1, 5))
        text = f"{name}: dangerous periods {danger} s (k / {mode.frequency_hz:g} Hz)"
        if period:
            tried = np.arange(max(period - _SHIFT_S, 0.2), period + _SHIFT_S + 0.005, 0.01)
            swings = swing_mw(tried, lines, mode)
            now, best = float(swing_mw(period, lines, mode)), int(np.argmin(swings))
            text += f"; {now:.3g} MW peak to peak at T = {period:.4g} s"
            if swings[best] < 0.8 * now:
                text += f", {now / swings[best]:.2g} times less at T = {tried[best]:.3g} s"
        said.append(text)
    return said
