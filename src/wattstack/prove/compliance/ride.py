"""T8 and T9: does the load stay through dips and swells of voltage, and through frequencies beside the nominal one.

Needs    prove.compliance.look, verdict, code.
Gives    ride_voltage, ride_frequency, bands_of, Band.
Used by  prove.compliance.check, profiles.

A wave can only show what happened in it. An excursion that stays inside the curve obliges the load to stay: what it
draws once the excursion is over is held against what it drew before; in one longer than twenty seconds also what the
load itself draws at its end: who lives on its own batteries by then has left. A load that counted its sags and left
is seen at the sag it left at. Where no excursion is in the wave, the rule is not measurable: `required_profiles` gives
those to drive.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.prove.compliance.code import Rule
from wattstack.prove.compliance.look import BEFORE_S, Excursion, Look
from wattstack.prove.compliance.picture import picture_of
from wattstack.prove.compliance.verdict import NOT_MEASURABLE, NoVerdict, Reading, SitePoint

KEPT_FRAC = 0.9  # of what was drawn before, where a rule names no share: assumption
AFTER_S = 2.0  # after an excursion, where a rule names no time: assumption


@dataclass(frozen=True)
class Band:
    """One band of a curve: from low to high, to be ridden for ride_s (inf = for ever)."""

    low: float
    high: float
    ride_s: float


def bands_of(code: str, rule: Rule, site: SitePoint) -> tuple[Band, ...]:
    """The curve of a rule, continuous band first.

    Args:
        code: Name of the code, for the message.
        rule: curve: bands [from, to, seconds or null for ever]; null = the user's own.
        site: frequency_curve for a code that leaves the curve to the user.

    Raises:
        InputError: The code has no curve for this region and none is given; a curve without a continuous band.
    """
    curve = rule.get("curve")
    if not curve:
        curve = site.frequency_curve
        if not curve:
            raise InputError(
                f"grid code {code}",
                [
                    Fault(
                        f"rules.{rule.name}.curve",
                        "is empty: no curve is published for this region, so yours must be given. Write your "
                        "operator's bands [from_hz, to_hz, seconds or null] into a copy of the entry and name that "
                        "file as the code, or give frequency_curve of the point of connection.",
                    )
                ],
            )
    bands = [Band(float(low), float(high), inf if ride is None else float(ride)) for low, high, ride in curve]
    steady = [band for band in bands if band.ride_s == inf]
    if len(steady) != 1:
        fault = Fault(f"rules.{rule.name}.curve", f"has {len(steady)} bands for ever (null), must have one.")
        raise InputError(f"grid code {code}", [fault])
    return (steady[0], *(band for band in bands if band is not steady[0]))


def ride_voltage(look: Look, code: str, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """T8: the load is back after every excursion of voltage that the curve obliges it to ride through.

    With angle_jump_deg, a wave with an event "phase jump" is judged by what is drawn after it.
    """
    if rule.get("angle_jump_deg") is not None and (jumps := look.events("phase jump")):
        must = [Excursion(at, at) for at in (round(moment / look.step_s) for moment in jumps)]
        return _kept(look, must, must, rule), [f"{len(must)} jumps of the phase"]
    look.need("voltage_pu", "drive the transient twin with the profiles of this code (required_profiles)")
    return _ridden(look, "voltage_pu", bands_of(code, rule, site), rule)


def ride_frequency(look: Look, code: str, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """T9: the same for frequency; with rocof_hz_per_s, for changes of frequency up to that rate."""
    hertz = look.need(
        "frequency_hz", "drive the transient twin with the profiles of this code (required_profiles)"
    )
    if rule.get("rocof_hz_per_s") is None:
        return _ridden(look, "frequency_hz", bands_of(code, rule, site), rule)
    return _rocof(look, hertz, rule)


def _ridden(look: Look, channel: str, bands: tuple[Band, ...], rule: Rule) -> tuple[list[Reading], list[str]]:
    steady = bands[0]
    found = look.excursions(channel, steady.low, steady.high)
    if not found:
        raise NoVerdict(
            NOT_MEASURABLE,
            f"{channel} never leaves {steady.low:g} to {steady.high:g} in this wave: drive it with the profiles of "
            "this code (required_profiles)",
        )
    values = look.need(channel, "")
    must = [one for one in found if _inside(values[one.first : one.last + 1], bands, look.step_s)]
    notes = [f"{len(found)} excursions, {len(must)} inside the curve"]
    if not must:
        raise NoVerdict(NOT_MEASURABLE, f"{notes[0]}: the load is nowhere obliged to stay")
    return _kept(look, found, must, rule), notes


def _inside(values: np.ndarray, bands: tuple[Band, ...], step_s: float) -> bool:
    """Whether an excursion stays no longer in any band, counted alone, than the load has to ride it.

    The other reading counts all time beyond the edge of a band; it obliges to less, so this one is the stricter.
    """
    known = np.zeros(len(values), bool)
    for band in bands:
        within = (values >= band.low) & (values <= band.high) & ~known
        known |= within
        if (int(within.sum()) - 1) * step_s > band.ride_s * (1.0 + 1e-9):
            return False
    return bool(known.all())


def _kept(look: Look, found: list[Excursion], must: list[Excursion], rule: Rule) -> list[Reading]:
    """Least share of the power before that is drawn again, over the excursions that bind."""
    share = float(rule.get("kept_frac", KEPT_FRAC))
    after = round(float(rule.get("after_s", AFTER_S)) / look.step_s)
    until = round(BEFORE_S / look.step_s)
    firsts = [one.first for one in found] + [len(look.power_mw)]
    least: dict[str, tuple[float, Excursion | None]] = {}
    for one in must:
        place = found.index(one)
        since = found[place - 1].last + after if place else 0
        end = min(one.last + 1 + after + until, firsts[place + 1])
        begin = one.last + 1 + after
        if place + 1 < len(found):  # what is drawn as the next one comes, where that is sooner
            begin = min(begin, firsts[place + 1] - 1)
        bases = {
            "mean of the 10 s before it": look.before_mw(one.first, since),
            "mean of the 10 s before the first": look.before_mw(found[0].first),
        }
        said = f"mean of up to 10 s from {after * look.step_s:g} s after an excursion"
        shares = {f"{said} / {word}": _share(look.power_mw[begin:end], base) for word, base in bases.items()}
        shares |= _stayed(look, rule, (found[0], one), (begin, end))
        for said, kept in shares.items():
            if np.isfinite(kept) and kept < least.get(said, (inf, None))[0]:
                least[said] = (kept, one)
    if not least:
        raise NoVerdict(
            NOT_MEASURABLE, "nothing is drawn before, or the wave ends before the load could be back"
        )
    made = []
    for said, (kept, one) in least.items():
        picture = picture_of(look.power_mw, look.step_s, (one.first, one.last + after), ("power_mw", "MW"))
        made.append(Reading(said, kept, share, "pu", one.first * look.step_s, at_least=True, picture=picture))
    return made


def _stayed(
    look: Look, rule: Rule, excursions: tuple[Excursion, Excursion], later: tuple[int, int]
) -> dict[str, float]:
    """Shares that show who has left behind a battery: of the load itself, where load_mw is known.

    At the end of an excursion of more than 20 s; where sags must not be counted, also afterwards: a battery that holds
    the power hides it. Without load_mw the power itself tells it of voltage; of frequency it does not, since batteries
    answer that.

    Args:
        look: The wave.
        rule: Which it is.
        excursions: The first one, and the one that is judged.
        later: First sample afterwards and the one after the last.
    """
    known = look.has("load_mw")
    if not known and rule.test != "T8":
        return {}
    values, of = (look.need("load_mw", ""), "load") if known else (look.power_mw, "power")
    until, shares = round(BEFORE_S / look.step_s), {}
    first, one = excursions
    if one.last - one.first > 2 * until:
        before = _mean(values[max(one.first - until, 0) : one.first])
        ending = values[one.last + 1 - until : one.last + 1]
        shares[f"{of} at the end of an excursion of more than 20 s / before"] = _share(ending, before)
    if known and rule.get("sequence"):
        before = _mean(values[max(first.first - until, 0) : first.first])
        shares["load itself afterwards / before the first"] = _share(values[slice(*later)], before)
    return shares


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _share(later: np.ndarray, base: float) -> float:
    """Mean over base; NaN where either is not there."""
    return _mean(later) / base if base > 0.0 else float("nan")


def _rocof(look: Look, hertz: np.ndarray, rule: Rule) -> tuple[list[Reading], list[str]]:
    """Changes of frequency that are as fast as the load must ride: it must be there afterwards."""
    window_s, rate = float(rule.get("rocof_window_s", 0.5)), float(rule.get("rocof_hz_per_s"))
    look.need_window_rate(window_s)
    steps = max(round(window_s / look.step_s), 1)
    moved = np.abs(hertz[steps:] - hertz[:-steps]) / (steps * look.step_s)
    most = float(np.nanmax(moved)) if moved.size and np.isfinite(moved).any() else 0.0
    if most < 0.5 * rate:
        raise NoVerdict(
            NOT_MEASURABLE,
            f"the fastest change is {most:.3g} Hz/s over {window_s:g} s, the rule asks for {rate:g} Hz/s",
        )
    fast = moved >= 0.5 * rate
    at = int(np.flatnonzero(fast)[0])
    last = int(np.flatnonzero(fast)[-1]) + steps
    one = Excursion(at, last)
    notes = [f"fastest change {most:.3g} Hz/s over {window_s:g} s"]
    if most > rate * (1.0 + 1e-6):
        notes.append("faster than the rule asks for: a load that leaves is not at fault")
        raise NoVerdict(NOT_MEASURABLE, "; ".join(notes))
    return _kept(look, [one], [one], rule), notes
