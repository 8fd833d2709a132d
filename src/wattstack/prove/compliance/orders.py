"""T14, T15 and T16: does the load do what it is told, in time.

Needs    prove.compliance.look, picture, verdict, code.
Gives    shed, curtailment, schedule.
Used by  prove.compliance.check.

An order is an event of the wave: its text holds the words that the rule names ("shed order", "intertrip", "curtail").
"""

from __future__ import annotations

import numpy as np

from wattstack.prove.compliance.code import Rule, limit_of
from wattstack.prove.compliance.look import Look, means
from wattstack.prove.compliance.picture import picture_of
from wattstack.prove.compliance.verdict import (
    NOT_APPLICABLE,
    NOT_MEASURABLE,
    NoVerdict,
    Reading,
    SitePoint,
)

_POWER = ("power_mw", "MW")
_MEANS_S = (60.0, 300.0)  # over which a curtailed load is judged: assumption, no text says
_BEFORE_S = 600.0  # what was drawn before an order to curtail is the mean of so long: assumption

Answer = tuple[list[Reading], list[str]]


def shed(look: Look, rule: Rule, site: SitePoint) -> Answer:
    """Time from the order, or from the moment the frequency falls to the assigned stage, until the load is off.

    Args:
        look: The wave.
        rule: limit in s, order_event; by_frequency where a stage of frequency is an order too; cut_frac, absent = that
            of the site.
        site: shed_hz, shed_frac.

    Raises:
        NoVerdict: No order in the wave and no stage assigned, or the frequency does not fall so far.
    """
    limit = limit_of(rule, site)
    look.need_rate(10.0 / limit, f"to see {limit:g} s to a tenth")
    orders, notes = _shed_orders(look, rule, site)
    share, made = float(rule.get("cut_frac", site.shed_frac)), []
    last = len(look.power_mw) - 1
    for moment in orders:
        at = min(round(moment / look.step_s), last)
        left = (last - at) * look.step_s
        for said, length_s in (("mean of the second before", 1.0), ("sample before", look.step_s)):
            aim = (1.0 - share) * look.before_mw(max(at, 1), 0, length_s)
            off = np.flatnonzero(look.power_mw[at:] <= aim + 1e-9 * site.rated_mw)
            if not off.size and left < limit:
                raise NoVerdict(NOT_MEASURABLE, f"the wave ends {left:.3g} s after the order")
            taken = int(off[0]) * look.step_s if off.size else left + look.step_s
            span = (at, at + round(limit / look.step_s))
            picture = picture_of(look.power_mw, look.step_s, span, _POWER, (("to be reached", aim),))
            what = f"until {share:.0%} less than the {said}"
            made.append(Reading(what, taken, limit, "s", moment, picture=picture))
    return made, notes


def _shed_orders(look: Look, rule: Rule, site: SitePoint) -> tuple[list[float], list[str]]:
    """Moments of the orders [s]: events, else the frequency at the assigned stage."""
    word = rule.get("order_event")
    orders = look.events(word)
    if orders:
        return orders, []
    if not rule.get("by_frequency"):
        raise NoVerdict(NOT_MEASURABLE, f"no event '{word}' is in the wave")
    if site.shed_hz is None:
        why = f"no event '{word}' is in the wave, and no stage of frequency is assigned (shed_hz)"
        raise NoVerdict(NOT_APPLICABLE, why)
    hertz = look.need("frequency_hz", "no order is in the wave, so it is seen by the frequency")
    below = np.flatnonzero(hertz <= site.shed_hz)
    if not below.size:
        raise NoVerdict(NOT_MEASURABLE, f"the frequency does not fall to the stage of {site.shed_hz:g} Hz")
    moment = int(below[0]) * look.step_s
    return [moment], [f"order taken from the frequency: {site.shed_hz:g} Hz at {moment:.4g} s"]


def curtailment(look: Look, rule: Rule, site: SitePoint) -> Answer:
    """Power from the deadline of the order to its end, over what was drawn before the order.

    Two readings: means of one minute and of five. The order ends with an event of end_event, or after hold_s.

    Args:
        look: The wave.
        rule: order_event, end_event, within_s, hold_s, limit as a share of what was drawn before.
        site: Not needed.

    Raises:
        NoVerdict: No order in the wave, or it ends before the order does and all is well until then.
    """
    if "h" in rule.data["limit"]:
        raise NoVerdict(
            NOT_MEASURABLE, "counts hours of a year: judged by plan and twin, not on a wave of hours"
        )
    orders = look.events(rule.get("order_event"))
    if not orders:
        raise NoVerdict(NOT_MEASURABLE, f"no event '{rule.get('order_event')}' is in the wave")
    within, hold = float(rule.get("within_s")), float(rule.get("hold_s"))
    ends = look.events(rule.get("end_event"))
    made, short = [], 0.0
    for moment in orders:
        over = next((end for end in ends if end > moment), moment + within + hold)
        short = max(short, over - look.wave.duration_s)
        made += _under_order(look, (moment, within, over), limit_of(rule, site))
    if not made:
        raise NoVerdict(
            NOT_MEASURABLE, "nothing before the order, or too little after its deadline, is in the wave"
        )
    if short <= look.step_s:
        return made, []
    note = f"the wave ends {short:.4g} s before the order does"
    if all(reading.kept for reading in made):
        raise NoVerdict(NOT_MEASURABLE, f"{note}; kept until then")
    return made, [note]


def _under_order(look: Look, order: tuple[float, float, float], limit: float) -> list[Reading]:
    """Readings of one order: its moment, time to the deadline, end."""
    moment, within, over = order
    step = look.step_s
    before = look.before_mw(round(moment / step), 0, _BEFORE_S)
    first, last = round((moment + within) / step), round(min(over, look.wave.duration_s) / step)
    made = []
    for window_s in _MEANS_S:
        count = max(round(window_s / step), 1)
        under = means(look.power_mw[first:last], count) if last - first >= count else np.array([])
        if not np.isfinite(under).any() or not before > 0.0:
            continue
        top = int(np.nanargmax(under))
        picture = picture_of(look.power_mw, step, (first, last - 1), _POWER, (("limit", limit * before),))
        said = f"greatest mean of {window_s:g} s from {within:g} s after the order on / mean of {_BEFORE_S:g} s before"
        made.append(
            Reading(said, float(under[top]) / before, limit, "pu", (first + top) * step, picture=picture)
        )
    return made


def schedule(look: Look, rule: Rule, site: SitePoint) -> Answer:
    """Mean power less mean plan over windows, by the clock of the record and sliding.

    Args:
        look: The wave, with plan_mw.
        rule: window_s, limit.
        site: For a limit as a share of the rating.

    Raises:
        NoVerdict: No plan_mw in the wave, or shorter than every window.
    """
    if not look.has("plan_mw"):
        raise NoVerdict(NOT_APPLICABLE, "no schedule is given: put it into the wave as plan_mw")
    off_mw = look.power_mw - look.need("plan_mw", "")
    limit, made = limit_of(rule, site), []
    for window_s in rule.windows_s:
        count = round(window_s / look.step_s)
        if len(off_mw) < count:
            continue
        off = np.abs(means(off_mw, count))
        ways = ((f"clock windows of {window_s:g} s", off[::count], count), (f"any {window_s:g} s", off, 1))
        for said, values, stride in ways:
            if not np.isfinite(values).any():
                continue
            at = int(np.nanargmax(values)) * stride
            marks, what = (("limit", limit), ("limit", -limit)), ("power less plan", "MW")
            picture = picture_of(off_mw, look.step_s, (at, at + count - 1), what, marks)
            made.append(
                Reading(said, float(np.nanmax(values)), limit, "MW", at * look.step_s, picture=picture)
            )
    if not made:
        raise NoVerdict(NOT_MEASURABLE, f"asks for {min(rule.windows_s):g} s without a hole")
    return made, []
