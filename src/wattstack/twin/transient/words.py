"""What the observer of a run wrote down, in words and in order.

Needs    control.reason_text, physics.chain.ENDED, twin.kernel.watch, twin.transient.build.
Gives    happened, decisions, stopped.
Used by  twin.transient.run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.control import reason_text
from wattstack.physics.chain import ENDED
from wattstack.twin.kernel import watch as seen
from wattstack.twin.transient.events import KINDS

if TYPE_CHECKING:
    from wattstack.twin.transient.acts import Acts
    from wattstack.twin.transient.build import Built

RELAYS = (
    f"voltage below {seen.BELOW_PU:g} pu for {seen.BELOW_S:g} s",
    f"voltage below {seen.LOW_PU:g} pu for {seen.LOW_S:g} s",
    f"voltage above {seen.HIGH_PU:g} pu for {seen.HIGH_S:g} s",
    f"frequency off by more than {seen.OFF_FRAC:.0%} for {seen.OFF_S:g} s",
)
FAILS = "a GPU fails, the job falls to idle"
DECISIONS = (seen.REASON, seen.UNHELD)


def happened(built: Built, acts: Acts) -> tuple[tuple[float, str], ...]:
    """Events and what followed from them, in order of time."""
    lines = [(time_s, _line(built, int(code), place, value)) for time_s, code, place, value in _notes(built)
             if int(code) not in DECISIONS]  # fmt: skip
    asked = [at_s for at_s, text in acts.lines if KINDS["crash"].words.removeprefix("a job ") in text]
    near_s = 2.0 * acts.step_s
    lines = [line for line in lines if FAILS not in line[1] or all(abs(line[0] - t) > near_s for t in asked)]
    beyond = int(built.moving.watch[0][seen.W_NOTES]) - built.moving.watch[1].shape[1]
    told = sorted([*acts.lines, *lines], key=lambda line: line[0])
    if beyond > 0:
        told.append((told[-1][0], f"{beyond:,} further lines are left out"))
    return tuple((float(time_s), text) for time_s, text in told)


def decisions(built: Built) -> tuple[tuple[float, str], ...]:
    """Which rule spoke from when on, and where the fast loop was at its end."""
    told = []
    for time_s, code, place, value in _notes(built):
        if code == seen.REASON:
            told.append((float(time_s), f"rules: {reason_text(int(place))}, {value:+.4g} MW"))
        elif code == seen.UNHELD:
            told.append(
                (
                    float(time_s),
                    "fast loop: the batteries are at their end, the power drawn moves as the load does",
                )
            )
    return tuple(told)


def stopped(built: Built, time_s: float) -> str:
    """What was unstable, where the run had to stop."""
    for at_s, code, place, value in _notes(built):
        if code == seen.NOT_FINITE:
            return (
                f"At {at_s:.3f} s voltage or frequency at the point of connection is no number any more. Look at "
                "what happened before it; halve the step."
            )
        if code == seen.DIVERGED:
            who, mend = _source(built, int(place)), _mend(built, int(place))
            return f"At {at_s:.3f} s {who} swings by {value:.4g} MW without end. {mend}"
    return ""


def _notes(built: Built) -> np.ndarray:
    """Rows of time, code, place, value."""
    memory, notes = built.moving.watch[:2]
    return notes[:, : min(int(memory[seen.W_NOTES]), notes.shape[1])].T


def _source(built: Built, place: int) -> str:
    inverters, gensets = built.network.inverters, built.network.gensets
    if place < len(inverters):
        return f"battery.{inverters[place]}"
    return f"generator.{gensets[place - len(inverters)]}"


def _mend(built: Built, place: int) -> str:
    """Which loop it is, and what steadies it."""
    inverters = built.network.inverters
    if place >= len(inverters):
        return "Generators swing against each other or a converter. Lower their share, or damp the converter."
    path, unit = f"battery.{inverters[place]}.inverter", built.campus.battery[inverters[place]].inverter
    if unit.mode == "grid-forming":
        return (
            f"Its droop and damping loop is unstable: droop_frac {unit.droop_frac:g}, damping_pu {unit.damping_pu:g}, "
            f"inertia_s {unit.inertia_s:g}, reactance_pu {unit.reactance_pu:g}. Raise {path}.damping_pu, droop_frac or "
            "reactance_pu."
        )
    return (
        f"Its frequency droop or phase-locked loop is unstable on this grid: droop_frac {unit.droop_frac:g}, pll_s "
        f"{unit.pll_s:g}. Raise {path}.droop_frac or pll_s; a weak grid (short_circuit_mva) needs slower loops."
    )


def _line(built: Built, code: int, place: float, value: float) -> str:
    """One line of the observer."""
    if code in (seen.UPS_LEFT, seen.UPS_BACK, seen.UPS_LOCKED, seen.UPS_EMPTY):
        name = built.supplies[int(place)]
        unit = built.campus.ups[name]
        if code == seen.UPS_LEFT:
            return f"ups.{name} left the grid, its battery carries the halls"
        if code == seen.UPS_BACK:
            return f"ups.{name} is back on the grid"
        if code == seen.UPS_EMPTY:
            return f"ups.{name}: its battery is empty"
        until = "until a person resets it" if unit.hold_s is None else f"for {unit.hold_s:g} s"
        return (
            f"ups.{name} stays on its battery {until}: sag number {unit.sag_count} in {unit.sag_window_s:g} s"
        )
    if code == seen.RACKS_DARK:
        groups = len(built.parts.group_ups)
        return f"racks lose their power: {value:.0f} of {groups} groups"
    if code == seen.JOB_FAILED:
        return f"{built.load.jobs[int(place)].removeprefix('load.')}: {FAILS}"
    if code == seen.BUS_STATUS:
        why = ": nothing on it forms one" if ENDED[int(place)] == "no voltage" else ""
        return f"the bus: {ENDED[int(place)]}{why}, {value:.3f} pu"
    if code == seen.DIVERGED:
        return f"{_source(built, int(place))} swings without end, the run stops"
    if code == seen.RELAY:
        return f"the relay at the point of connection opens the breaker: {RELAYS[int(place)]}"
    return {
        seen.RACKS_BACK: "all racks have power again",
        seen.OPENED: "the breaker to the grid is open",
        seen.CLOSED: "the breaker to the grid is closed",
        seen.NOT_FINITE: "voltage or frequency is no number any more, the run stops",
    }[code]
