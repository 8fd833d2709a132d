"""A small step of a device, again and again: does it take it, how fast, and who sees it with which sign?

Needs    operate.commission.bench, answer, checks.
Gives    step_device, level_of.
Used by  operate.commission.run.

The step is a few percent of the rating, inside of what device, connection and reserve allow, written as the guard
writes: in one request with mode, fallback and timer, heartbeat last, read back.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, isnan, nan

from wattstack.operate.commission.answer import Level, Step, crossing, find_answers, note_group, note_times
from wattstack.operate.commission.bench import Bench, Row
from wattstack.operate.commission.checks import FAILED, NOT_DONE, Check

RUNS_FRAC = 0.9  # of its step: an engine runs
PATIENCE = 10  # readings until what forbids a step counts
WATCH_S = 2.5  # for another master, which writes every second or oftener
RUNAWAY = 5.0  # times the step, at two meters: the test ends at once
STATES = {
    "refused": ("is refused", "Look for a switch on local, a lock or another master in the device."),
    "ignored": ("is confirmed and not taken", "Look for a mode or release that the device needs first."),
    "changed": (
        "is confirmed and something else stands there",
        "The device clamps or ignores it: look at limits, mode, release and scale of the register.",
    ),
    "local": ("is not written, its switch stands on local", "Put its switch on remote."),
    "foreign": ("is overwritten by someone else", "Find the other master and stop it."),
    "yielded": ("is overwritten by someone else", "Find the other master and stop it."),
    "unreachable": ("is not confirmed, the device is lost", "Look at the line."),
    "reverted": ("is dropped, the device fell back meanwhile", "Raise revert_s, or find why writes come late."),
    "sent": ("is never seen in the register", "Look at the address of the setpoint in the template."),
}  # fmt: skip


def level_of(bench: Bench, path: str) -> Level | str:
    """What may be written to a device now; a reason why nothing may."""
    kind = path.split(".", maxsplit=1)[0]
    if bench.value(path, "contactor") == 0.0 or bench.value(path, "breaker") == 0.0:
        return "its contactor is open"
    if bench.value(path, "local") == 1.0:
        return "its switch stands on local"
    rating = bench.campus.device_mw(path)
    step = bench.options.step_frac * rating
    if kind == "solar":
        output = bench.power(path)
        if not output > 2.0 * step:
            return Level(
                rating, rating - step, 0.0, "no sun: the limit is written, its effect cannot be seen"
            )
        return Level(rating, output - step, -step, f"a limit {step:.3g} MW below what it gives")
    held = bench.value(path, "setpoint_mw")
    if abs(held) > 0.5 * step and bench.value(path, "setpoint_on") != 0.0:
        return f"someone holds a setpoint of {held:.4g} MW: stop whoever does"
    if kind == "generator":
        if not bench.options.start_engines:
            return Level(0.0, 0.0, 0.0, "0 MW is written: an engine is started only with --start-engines")
        unit = bench.campus.generator[path.split("#", maxsplit=1)[0].split(".")[1]]
        least = max(step, unit.minimum_frac * rating)
        start_s = unit.start_s + 1.0 / max(unit.ramp_frac_per_s, 0.01)
        return Level(0.0, least, least, f"{least:.3g} MW, the least it runs at", start_s)
    return _battery_level(bench, path, step)


def _battery_level(bench: Bench, path: str, step: float) -> Level | str:
    """Giving needs energy above the reserve and import that it replaces; taking needs room at the connection."""
    unit = bench.campus.battery[path.split("#", maxsplit=1)[0].split(".")[1]]
    stored = _stored_mwh(bench)
    if isnan(stored):
        return "its stored energy is not known: the reserve cannot be kept"
    lasts_h = (2 * bench.options.pairs * bench.options.plateau_s + 60.0) / 3600.0
    shown = [
        abs(p)
        for p in (bench.power(bench.meter) if bench.meter else nan, bench.load_mw() or nan)
        if isfinite(p)
    ]
    if not shown:
        return "what the connection carries is not known: neither its meter nor a load answers"
    firm = float(bench.campus.grid.connection.firm_mw) if bench.campus.grid is not None else 0.0
    reserve = bench.reserve_mwh()
    can_give, can_take = bench.value(path, "can_discharge_mw"), bench.value(path, "can_charge_mw")
    gives = stored - step * lasts_h / unit.discharge_eff >= reserve and not can_give < step
    if gives and min(shown) >= 2.0 * step:
        return Level(
            0.0, step, step, f"{step:.3g} MW out of the battery, {stored - reserve:.3g} MWh above the reserve"
        )
    if not can_take < step and max(shown) + step <= firm:
        return Level(
            0.0, -step, -step, f"{step:.3g} MW into the battery, within {firm:g} MW of the connection"
        )
    return (
        f"no room for {step:.3g} MW: {stored:.4g} MWh stored and {reserve:.4g} MWh reserve, {max(shown):.4g} MW at a "
        f"connection of {firm:g} MW"
    )


def _stored_mwh(bench: Bench) -> float:
    """Energy in all batteries; NaN where one is not known."""
    whole = 0.0
    for path in bench.devices.live:
        if path.startswith("battery."):
            unit = bench.campus.battery[path.split("#", maxsplit=1)[0].split(".")[1]]
            energy = float(unit.energy_mwh) * bench.campus.devices[path].share_frac
            stored, soc = bench.value(path, "stored_mwh"), bench.value(path, "soc")
            whole += stored if isfinite(stored) else soc * energy
    return whole


async def step_device(bench: Bench, path: str) -> Step | None:
    """Step a device and note what it made of it; the last level still holds when this returns.

    Returns:
        None where nothing could be written, or it was not taken: then it is released.
    """
    level = level_of(bench, path)
    for _ in range(PATIENCE):  # one reading that came late is no reason
        if not isinstance(level, str):
            break
        await bench.cycle()
        level = level_of(bench, path)
    if isinstance(level, str):
        mend = "Mend that and commission it again."
        bench.book.note(
            Check(path, "write", "setpoint_mw", NOT_DONE, f"nothing is written: {level}", mend=mend)
        )
        return None
    bench.rest[path] = level.rest_mw
    made, rows = Step(level, meter=bench.meter), []
    hold_s = max(bench.options.plateau_s, 6.0 * bench.campus.devices[path].period_s)
    for block in range(2 if level.start_s else 2 * bench.options.pairs):  # engines are started once
        if not await _plateau(bench, path, made, rows, hold_s):
            return None
        if block <= 1 and not _taken(bench, path):
            return None
    made.taken = True
    find_answers(bench, path, made, rows)
    note_group(bench, path, level.step_mw)
    note_times(bench, path, made)
    return made


async def _plateau(bench: Bench, path: str, made: Step, rows: list[Row], hold_s: float) -> bool:
    """Hold the next level, of an engine from when it runs; False where far more than the step happened."""
    level, block = made.level, rows[-1].block + 1 if rows else 0
    at = block % 2
    setpoint = level.step_mw if at else level.rest_mw
    command, clock = bench.devices.commands[path], bench.devices.live[path].now
    before = dict(rows[-1].powers) if rows else bench.powers()
    began, register_s, confirm_s = clock(), nan, nan
    waits = bool(at and level.start_s)
    end, mine = began + hold_s + waits * level.start_s, []
    while clock() < end:
        image = await bench.cycle({path: setpoint})
        if isnan(confirm_s) and began <= command.taken_s and command.written_mw == setpoint:
            confirm_s = command.taken_s - began
        if isnan(register_s) and bench.stands(path, setpoint) and image.time_s > began:
            register_s = image.time_s - began
        mine.append(Row(image.time_s, bench.powers(), float(at), image.time_s - began, block))
        if _ran_away(before, mine[-1].powers, path, made):
            await _give_up(bench, path)
            return False
        if waits and isfinite(crossing(mine[-1:], before.get(path, nan), path, made, RUNS_FRAC)):
            waits, end = False, clock() + hold_s
    if block and level.step_mw != level.rest_mw:
        made.confirm_s.append(confirm_s)
        made.register_s.append(register_s)
        tenth, half, most = (crossing(mine, before.get(path, nan), path, made, f) for f in (0.1, 0.5, 0.9))
        made.measured_s.append(half)
        made.ramp_s.append(most - tenth)
    begins = end - hold_s - began  # an engine counts from when it runs
    rows += [replace(row, since_s=row.since_s - begins) for row in mine if row.since_s >= begins]
    return True


async def _give_up(bench: Bench, path: str) -> None:
    """More than was asked: take it back, and say so.

    Another master may have written between two readings, and what we renewed hid it: so its next word is waited for.
    """
    asked_mw, clock = bench.held[path], bench.devices.live[path].now
    known = bench.devices.commands[path].state in ("foreign", "yielded")
    other_mw = bench.value(path, "setpoint_mw") if known else _of_another(bench, path, asked_mw)
    foreign = known or isfinite(other_mw)
    await bench.release()
    end = clock() + WATCH_S
    while not foreign and clock() < end:
        await bench.cycle()
        other_mw = _of_another(bench, path, bench.rest[path], asked_mw)  # ours may be read late
        foreign = isfinite(other_mw)
    if foreign:
        what, mend = STATES["foreign"]
        said = f"{asked_mw:.4g} MW {what}: {other_mw:.4g} MW stands there"
    else:
        said = f"more than {RUNAWAY:g} times the step is measured at two meters: it was released at once"
        mend = "Look at the scale of the setpoint register before anything else is written."
    bench.book.note(Check(path, "write", "setpoint_mw", FAILED, said, mend=mend))


def _of_another(bench: Bench, path: str, *ours_mw: float) -> float:
    """What stands in the setpoint's register where we did not write it; NaN where we did, or it is not known."""
    ours = any(bench.stands(path, power_mw) for power_mw in ours_mw)
    return nan if ours else bench.value(path, "setpoint_mw")


def _ran_away(before: dict[str, float], now: dict[str, float], path: str, made: Step) -> bool:
    far = RUNAWAY * max(abs(made.level.seen_mw), 1e-9)
    moved = [abs(now[p] - before[p]) > far for p in (path, made.meter) if p in now and p in before]
    return bool(made.level.seen_mw) and len(moved) == 2 and all(moved)


def _taken(bench: Bench, path: str) -> bool:
    """Whether the device took what was written; what it did instead is noted."""
    command = bench.devices.commands[path]
    if command.state in STATES:
        what, mend = STATES[command.state]
        why = f" ({command.why})" if command.why else ""
        bench.book.note(
            Check(path, "write", "setpoint_mw", FAILED, f"{command.asked_mw:.4g} MW {what}{why}", mend=mend)
        )
        return False
    return True
