"""Silence: does a device fall back by itself, and how long does it take?

Needs    operate.commission.bench, answer, checks.
Gives    revert_device, SAFE_S.
Used by  operate.commission.run.

The step still holds. It is renewed once more, then nothing is written any more, no setpoint and no heartbeat, as if the
controller had been killed. What counts is the measured power; the register is told beside it.
"""

from __future__ import annotations

import asyncio
from math import inf, isfinite, nan

from wattstack.operate.commission.answer import Step
from wattstack.operate.commission.bench import Bench
from wattstack.operate.commission.checks import DOUBTFUL, FAILED, NOT_DONE, PASSED, Check

SAFE_S = 5.0  # a dead controller leaves devices safe within that
LATE_S = 1.0  # timers count whole seconds
WAIT_FRAC, WAIT_S = 1.5, 3.0  # beyond that, of revert_s and more, it never will
MOVED_FRAC = 0.7  # of the way from the step to rest
AGAIN_S = 3.0


async def revert_device(bench: Bench, path: str, made: Step) -> float | None:
    """Fall silent and wait; afterwards the device is asked to rest.

    Returns:
        Seconds from the last word to the safe state; None where it was not seen.
    """
    if made.level.step_mw == made.level.rest_mw:
        bench.book.note(Check(path, "reversion", "revert_s", NOT_DONE, f"cannot be seen: {made.level.why}"))
        return None
    device = bench.campus.devices[path]
    silent_s = await _last_word(bench, path, made.level.step_mw)
    if silent_s is None:
        said = "cannot be measured: the last setpoint before the silence was not confirmed"
        bench.book.note(
            Check(path, "reversion", "revert_s", FAILED, said, mend="Look at the line, and try again.")
        )
        return None
    power_s, register_s = await _watch(bench, path, made, silent_s)
    visible = bool(made.level.seen_mw) and abs(made.hold_mw - made.rest_mw) > 0.0 and not made.level.start_s
    took_s = power_s if visible else register_s
    _note(bench, path, took_s, register_s, visible)
    await _again(bench, path, made)
    return round(took_s, 3) if isfinite(took_s) and took_s <= device.revert_s + LATE_S else None


async def _last_word(bench: Bench, path: str, setpoint: float) -> float | None:
    """Renew the setpoint at once; returns when that was confirmed, monotonic."""
    command = bench.devices.commands[path]
    began = bench.devices.live[path].now()
    command.sent_s = -inf  # due
    while bench.devices.live[path].now() - began < AGAIN_S:
        bench.ask(path, setpoint)
        await asyncio.sleep(0.02)
        if command.taken_s >= began:
            return command.taken_s
    return None


async def _watch(bench: Bench, path: str, made: Step, silent_s: float) -> tuple[float, float]:
    """Only look. Seconds until the power, and until the register, was no longer at the step; nan: never."""
    device = bench.campus.devices[path]
    last_s = WAIT_FRAC * device.revert_s + WAIT_S
    power_s = register_s = nan
    wanted = bool(made.level.seen_mw) and not made.level.start_s  # an engine takes its time to unload
    while True:
        image = await bench.cycle()
        now_s = image.time_s - silent_s
        moved = abs(bench.power(path) - made.hold_mw) >= MOVED_FRAC * abs(made.hold_mw - made.rest_mw)
        if wanted and moved and not isfinite(power_s):
            power_s = now_s
        known = isfinite(bench.value(path, "setpoint_mw"))
        away = known and not bench.stands(path, made.level.step_mw)
        if (away or bench.value(path, "setpoint_on") == 0.0) and not isfinite(register_s):
            register_s = now_s
        if isfinite(power_s) or (isfinite(register_s) and not wanted) or now_s > last_s:
            return power_s, register_s


def _note(bench: Bench, path: str, took_s: float, register_s: float, visible: bool) -> None:
    device = bench.campus.devices[path]
    limit = device.revert_s + LATE_S
    if not isfinite(took_s):
        silent_s = WAIT_FRAC * device.revert_s + WAIT_S
        said = f"does not fall back: it holds its setpoint {silent_s:.3g} s after the last word"
        mend = "Set its watchdog in the device itself. Do not run it before: it would hold for ever."
        bench.book.note(Check(path, "reversion", "revert_s", FAILED, said, None, limit, "s", mend))
        return
    how = "its measured power" if visible else "its register"
    said = f"falls back {took_s:.2f} s after the last word, by {how}; {device.revert_s:g} s are set"
    said += f"; its register after {register_s:.2f} s" if visible and isfinite(register_s) else ""
    verdict, mend = PASSED, ""
    if took_s > limit:
        verdict, mend = FAILED, "It takes longer than it was told: look for a second timer in the device."
    elif took_s > SAFE_S:
        verdict, mend = (
            DOUBTFUL,
            f"Lower revert_s: a dead controller leaves it unsafe for more than {SAFE_S:g} s.",
        )
    bench.book.note(Check(path, "reversion", "revert_s", verdict, said, took_s, limit, "s", mend))


async def _again(bench: Bench, path: str, made: Step) -> None:
    """Whether it takes a setpoint again: rest."""
    command, live = bench.devices.commands[path], bench.devices.live[path]
    began = live.now()
    while live.now() - began < AGAIN_S:
        await bench.cycle({path: made.level.rest_mw})
        if command.taken_s > began and bench.stands(path, made.level.rest_mw):
            bench.book.note(
                Check(path, "reversion", "again", PASSED, "takes setpoints again, and was released")
            )
            return
    said = f"takes no setpoint after it fell back: {command.state} {command.why}".strip()
    mend = "Look for a lock that has to be cleared by hand."
    bench.book.note(Check(path, "reversion", "again", FAILED, said, mend=mend))
