"""What a device and all meters made of its steps: who moved, with which sign, how fast.

Needs    operate.commission.bench, balance, checks.
Gives    Level, Step, find_answers, slope, crossing, note_group, note_times.
Used by  operate.commission.step, reversion, run.

The step is made several times, so that a load that moves meanwhile is not taken for an answer; what others did
at the same time is taken out by least squares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

import numpy as np

from wattstack.operate.commission.balance import Response
from wattstack.operate.commission.bench import Bench, Row
from wattstack.operate.commission.checks import DOUBTFUL, FAILED, NOT_DONE, PASSED, Check

CONFIRM_MS, MEASURED_S = 150.0, 1.0  # a command is confirmed, and seen in the measured power, within that
SETTLED_FRAC, SETTLE_S = 0.5, 0.4  # of a level: its first part is not looked at, nor its first seconds
MOVES, MOVES_SURE = 0.5, 4.0  # a reading that is not concerned moves with the step by so much, so surely
NOTHING = Response(nan, nan)


@dataclass(frozen=True, slots=True)
class Level:
    """What is written.

    Attributes:
        rest_mw, step_mw: Setpoint at rest and at the step.
        seen_mw: Change of its power that the step should bring; 0: none that can be seen.
        why: In words.
        start_s: Until it can follow at all: an engine.
    """

    rest_mw: float
    step_mw: float
    seen_mw: float
    why: str
    start_s: float = 0.0


@dataclass
class Step:
    """What a device made of it.

    Attributes:
        level: What was written.
        taken: Whether it took it.
        own: How its own power answered. seen: So the connection's. meter: Which device that is; "": none.
        moved: Others that moved with it, though they should not.
        rest_mw, hold_mw: Its power at rest and at the step, as measured.
        confirm_s, register_s, measured_s: Of each change, from the decision until then; nan where it was not seen.
        ramp_s: Of each change, from a tenth to nine tenths of it.
    """

    level: Level
    taken: bool = False
    own: Response = NOTHING
    seen: Response = NOTHING
    meter: str = ""
    moved: dict[str, Response] = field(default_factory=dict)
    rest_mw: float = nan
    hold_mw: float = nan
    confirm_s: list[float] = field(default_factory=list)
    register_s: list[float] = field(default_factory=list)
    measured_s: list[float] = field(default_factory=list)
    ramp_s: list[float] = field(default_factory=list)


def find_answers(bench: Bench, path: str, made: Step, rows: list[Row]) -> None:
    """How every reading answered the steps."""
    if not made.level.seen_mw:
        return
    settle = max(SETTLE_S, SETTLED_FRAC * max(row.since_s for row in rows))
    used = [row for row in rows if row.since_s >= settle]
    # what was asked, as the power it should bring
    wanted = np.array([row.step * made.level.seen_mw for row in used])
    time_s = np.array([row.time_s for row in used]) - used[0].time_s
    blocks = len({row.block for row in used})
    trend = [time_s] if blocks > 2 else []  # of one step alone it could not be told
    per_block = len(used) / blocks
    series = {p: np.array([row.powers.get(p, nan) for row in used]) for p in bench.devices.live}
    series = {p: y for p, y in series.items() if np.isfinite(y).all()}
    own = series.get(path)
    if own is not None:
        made.own = slope(own, wanted, trend, per_block)
        rest, hold = (own[[row.step == at for row in used]] for at in (0.0, 1.0))
        made.rest_mw, made.hold_mw = float(rest.mean()), float(hold.mean())
    others = {}
    for other, y in series.items():
        if other in (path, made.meter):
            continue
        answer = slope(y, wanted, trend, per_block)
        if abs(answer.slope) > max(MOVES, MOVES_SURE * answer.sigma):
            made.moved[other] = answer
        else:
            others[other] = y
    if made.meter in series:
        made.seen = slope(series[made.meter], wanted, [*trend, *others.values()], per_block)


def slope(y: np.ndarray, wanted: np.ndarray, others: list[np.ndarray], per_block: float) -> Response:
    """Least squares of a reading on what was asked, beside others and a constant.

    Args:
        y: Reading [MW], shape (samples,). wanted: Power that should come, so too.
        others: What else moved it, so too.
        per_block: Samples of one level: they are not independent, and count as one.

    Returns:
        Slope on `wanted` with its standard error.
    """
    columns = [wanted, np.ones_like(y)]
    for other in others:
        spread = float(other.std())
        if spread > 0.0:
            columns.append((other - other.mean()) / spread)
    matrix = np.stack(columns, axis=1)
    inverse = np.linalg.pinv(matrix.T @ matrix)
    fitted = inverse @ matrix.T @ y
    left = y - matrix @ fitted
    free = max(len(y) - matrix.shape[1], 1)
    error = float(np.sqrt(max(inverse[0, 0], 0.0) * (left @ left) / free * max(per_block, 1.0)))
    return Response(float(fitted[0]), error)


def note_group(bench: Bench, path: str, setpoint_mw: float) -> None:
    """Whether all that belongs to the setpoint stands as it was written, mode, fallback and timer."""
    commander, device = bench.devices.commander(path), bench.devices.live[path]
    registers = device.layout.template.registers
    roles = set(device.layout.template.reversion.values())
    groups = {registers["setpoint_mw"].group} | {
        r.group for r in registers.values() if r.write and (r.value is not None or r.name in roles)
    }
    wanted: dict[str, float] = {}
    for group in groups:
        asked = {"setpoint_mw": setpoint_mw}
        if group is None:
            asked |= {
                r.name: r.value or 0.0
                for r in registers.values()
                if r.write and r.group is None and r.name in roles
            }
        wanted |= commander.values_of(group, asked)
    wrong = []
    for name, value in wanted.items():
        point = device.layout.points[device.layout.place[name]]
        step = abs(point.factor) * 10.0 ** device.exponent(name)
        if not abs(bench.value(path, name) - value) <= 0.51 * step:
            wrong.append(f"{name} is {bench.value(path, name):.6g} where {value:.6g} was written")
    text = "; ".join(wrong) or f"{', '.join(wanted)} stand as they were written"
    mend = (
        "Look them up in the device's manual: a release may be missing, or they are for reading."
        if wrong
        else ""
    )
    bench.book.note(Check(path, "write", "group", FAILED if wrong else PASSED, text, mend=mend))


def note_times(bench: Bench, path: str, made: Step) -> None:
    """From the decision to the confirmation, the register and the measured power."""
    device = bench.campus.devices[path]
    confirm = np.array(made.confirm_s) * 1e3
    confirm = confirm[np.isfinite(confirm)]
    if len(confirm):
        worst = float(confirm.max())
        said = f"confirmed {np.median(confirm):.3g} ms after the decision, {worst:.3g} ms at most, of {len(confirm)}"
        cycle_ms = 1e3 * bench.campus.operate.period_s
        limit = max(CONFIRM_MS, cycle_ms)
        slow = worst > limit
        mend = "Find what slows the line, or lower gap_s." if slow else ""
        bench.book.note(
            Check(path, "write", "confirmation", DOUBTFUL if slow else PASSED, said, worst, limit, "ms", mend)
        )
    measured = np.array(made.measured_s)
    if not made.level.seen_mw:
        bench.book.note(Check(path, "write", "measured", NOT_DONE, made.level.why))
        return
    never = int(np.isnan(measured).sum())
    if never == len(measured):
        said = f"{made.level.step_mw:.4g} MW stands in its register, its power does not move"
        mend = "Look for a release, an interlock or a contactor; or for a meter that stands still."
        bench.book.note(Check(path, "write", "measured", FAILED, said, mend=mend))
        return
    worst = float(np.nanmax(measured))
    limit = max(MEASURED_S, 3.0 * device.period_s) + made.level.start_s
    said = f"half of the step is measured {np.nanmedian(measured):.2g} s after the decision, {worst:.2g} s at most"
    said += f"; not seen {never} times of {len(measured)}" if never else ""
    said += f"; {_ramp(made, bench.campus.operate.period_s)}"
    verdict = PASSED if worst <= limit and not never else DOUBTFUL
    mend = "" if verdict == PASSED else "Look for a filter or ramp in the device, or a meter that averages."
    bench.book.note(Check(path, "write", "measured", verdict, said, worst, limit, "s", mend))


def _ramp(made: Step, period_s: float) -> str:
    """How steep it moves, as far as readings of a period can tell."""
    times = np.array(made.ramp_s)
    times = times[np.isfinite(times)]
    if not len(times):
        return "its ramp was not seen whole"
    middle, power = float(np.median(times)), 0.8 * abs(made.level.seen_mw)
    if middle < 0.5 * period_s:
        return f"from a tenth to nine tenths within one reading: {power / period_s:.3g} MW/s or more"
    return f"{power / middle:.3g} MW/s from a tenth to nine tenths"


def crossing(rows: list[Row], before_mw: float, path: str, made: Step, frac: float) -> float:
    """When a share of the change was measured, since it was decided; nan where it never was."""
    part = frac * abs(made.level.seen_mw)
    if not part:
        return nan
    return next((row.since_s for row in rows if abs(row.powers.get(path, nan) - before_mw) > part), nan)
