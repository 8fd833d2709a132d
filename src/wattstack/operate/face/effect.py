"""What a request would do, in words, before it is sent: from what is measured now.

Needs    campus, operate.link.Request, operate.face.live.
Gives    effects, Line.
Used by  operate.face.asks.

An estimate for the eye, nothing that is acted on: the guard decides anew each period and narrows what it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattstack.operate.face.live import Live
from wattstack.operate.link import Request

if TYPE_CHECKING:
    from wattstack.campus import Campus

MODES = {
    "run": "Rules and plan decide again, and setpoints are written.",
    "shadow": "Everything is decided and shown, nothing is written. Devices fall back by themselves after their time.",
    "manual": "Only people's requests move batteries and generators; limits and reserve hold.",
    "safe": "Every device is sent to its safe setpoint; nothing is optimised.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of an effect; `warns` where it should make one stop."""

    text: str
    warns: bool = False


def effects(request: Request, campus: Campus, live: Live, now_s: float) -> list[Line]:
    """What it would do.

    Args:
        request: Checked as a message.
        campus: Sizes stand.
        live: What is measured.
        now_s: Seconds since 1970 UTC.
    """
    hours = 0.0 if request.ends else max(request.until_s - now_s, 0.0) / 3600.0
    found = list(_EFFECTS[request.what](request, campus, live, hours))
    if not live.seen.heard:
        found.insert(0, Line("The guard is not heard: it would not be sent.", True))
    elif live.seen.state is not None and not live.seen.state.writes and request.what != "mode":
        found.append(
            Line("Nothing is written to devices now (shadow, or another controller holds the site).")
        )
    return found


def _battery(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    low, high = request.bounds
    state = live.seen.state
    if state is not None and state.mode == "safe":
        yield Line("The mode is safe: batteries rest, it would do nothing until then.", True)
    elif state is not None and state.mode != "manual":
        yield Line(
            f"The mode is {state.mode}: it bounds what rules and plan ask; limits and reserve stand above it."
        )
    for name, one in campus.battery.items():
        path = f"battery.{name}"
        if request.path not in (None, path):
            continue
        share = (
            1.0
            if request.path
            else float(one.power_mw) / sum(float(b.power_mw) for b in campus.battery.values())
        )
        stored, power = live.value(f"{path}.stored_mwh"), live.value(f"{path}.power_mw")
        asked = min(max(power if power is not None else 0.0, low * share), high * share)
        yield Line(f"{path}: {_signed(power)} now, would be {_signed(asked)}.")
        if stored is None:
            yield Line(f"{path}: how much is stored is not known now.", True)
            continue
        flow = asked / one.discharge_eff if asked > 0.0 else asked * one.charge_eff
        after = stored - flow * hours
        ends = min(max(after, 0.0), float(one.energy_mwh))
        yield Line(
            f"{path}: {stored:.1f} MWh stored now, {ends:.1f} MWh when it ends if held for {_hours(hours)}."
        )
        if flow != 0.0 and not 0.0 <= after <= float(one.energy_mwh):
            when = (stored if after < 0.0 else stored - float(one.energy_mwh)) / flow
            yield Line(
                f"{path}: {'empty' if after < 0.0 else 'full'} after {_hours(when)}; it stops then.", True
            )
    reserve = _told(live, "control.reserve_mwh")
    if reserve is not None:
        total = sum(live.value(f"battery.{name}.stored_mwh") or 0.0 for name in campus.battery)
        words = (
            f"The reserve is {reserve:.1f} MWh, {total:.1f} MWh are stored: the guard stops discharge there."
        )
        yield Line(words, total < reserve)


def _generator(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    low, high = request.bounds
    for name, one in campus.generator.items():
        path = f"generator.{name}"
        if request.path not in (None, path):
            continue
        now = live.value(f"{path}.output_mw")
        asked = min(max(now if now is not None else 0.0, low), high, float(one.power_mw))
        yield Line(
            f"{path}: {_signed(now)} now, would be {_signed(asked)}; {asked * hours:.1f} MWh while it lasts."
        )
        if 0.0 < asked < one.minimum_frac * float(one.power_mw):
            yield Line(
                f"{path}: below its least power of {one.minimum_frac * float(one.power_mw):.1f} MW.", True
            )


def _import(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    limit, now = request.bounds[1], live.value("grid.connection.power_mw")
    yield Line(f"Import from the grid is {_signed(now)} now; at most {limit:.1f} MW would be left.")
    if now is not None and now > limit:
        need = now - limit
        can = sum(live.value(f"battery.{name}.can_discharge_mw") or 0.0 for name in campus.battery)
        stored = sum(live.value(f"battery.{name}.stored_mwh") or 0.0 for name in campus.battery)
        spare = max(stored - (_told(live, "control.reserve_mwh") or 0.0), 0.0)
        yield Line(
            f"{need:.1f} MW must come from elsewhere at once; batteries can give {can:.1f} MW.", need > can
        )
        if spare / need < hours:
            yield Line(
                f"Above the reserve {spare:.1f} MWh are stored: enough for {_hours(spare / need)} of {_hours(hours)}.",
                True,
            )
    firm = None if campus.grid is None else campus.grid.connection.firm_mw
    if isinstance(firm, int | float) and limit > firm:
        yield Line(f"The firm connection is {firm:.1f} MW; more than that is never allowed.", True)


def _export(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    limit, now = request.bounds[1], live.value("grid.connection.power_mw")
    export = None if now is None else max(-now, 0.0)
    yield Line(f"Export to the grid is {_signed(export)} now; at most {limit:.1f} MW would be left.")


def _peak(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    limit, now = request.bounds[1], live.value("grid.connection.power_mw")
    yield Line(
        f"The mean import of an interval is held below {limit:.1f} MW where reserve and limits allow; "
        f"import is {_signed(now)} now."
    )
    paid = _told(live, "grid.billed_peak_mw")
    if paid is not None and limit > paid:
        yield Line(
            f"The highest interval of the month so far is {paid:.1f} MW: above it each MW is paid for the whole month.",
            True,
        )


def _cap(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    load = _told(live, "load_mw")
    yield Line(
        f"The load is {_signed(load)} now; the workload is asked to stay below {request.bounds[1]:.1f} MW."
    )
    yield Line("A workload may not follow: batteries and limits do not rely on it.")


def _mode(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    state = live.seen.state
    yield Line(
        f"Mode is {'not known' if state is None else state.mode}, would be {request.mode} for {_hours(hours)}."
    )
    yield Line(MODES[request.mode or "run"], request.mode in ("shadow", "safe"))


def _reserve(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    now, asked = _told(live, "control.reserve_mwh"), request.bounds[0]
    stored = sum(live.value(f"battery.{name}.stored_mwh") or 0.0 for name in campus.battery)
    known = "not known" if now is None else f"{now:.1f} MWh"
    words = f"The reserve is {known}, would be {asked:.1f} MWh; {stored:.1f} MWh are stored."
    yield Line(words, stored < asked)
    backup = campus.duties.backup
    if backup is not None:
        yield Line(
            f"The campus file promises backup for {_hours(backup.duration_h)}: never less than that needs is held."
        )


def _clear(request: Request, campus: Campus, live: Live, hours: float) -> Iterator[Line]:
    state = live.seen.state
    why = None if state is None else state.lockouts.get(request.path or "")
    yield Line(
        f"{request.path}: locked out because {why}." if why else f"{request.path} is not locked out.",
        why is None,
    )
    yield Line("It may then be commanded again. Make sure that nobody works on it.", True)


_EFFECTS = {
    "battery_mw": _battery, "generator_mw": _generator, "import_limit_mw": _import, "export_limit_mw": _export,
    "peak_mw": _peak, "load_cap_mw": _cap, "mode": _mode, "reserve_mwh": _reserve, "clear_lockout": _clear,
}  # fmt: skip


def _told(live: Live, name: str) -> float | None:
    state = live.seen.state
    return None if state is None else state.values.get(name)


def _signed(power_mw: float | None) -> str:
    return "not known" if power_mw is None else f"{power_mw:.1f} MW".replace("-", "\N{MINUS SIGN}")


def _hours(hours: float) -> str:
    if hours < 1.0 / 60.0:
        return f"{hours * 3600.0:.0f} s"
    return f"{hours * 60.0:.0f} min" if hours < 2.0 else f"{hours:.1f} h"
