"""Reading: does each point answer, how fast, how often does it move, can it be true?

Needs    campus; operate.commission.probe, nameplate, checks.
Gives    walk_device, point_table.
Used by  operate.commission.run.

Nothing is written. A device is read as the guard reads it, block by block; what it lacks is found before anything else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.operate.commission.checks import DOUBTFUL, FAILED, NOT_DONE, PASSED, Book, Check
from wattstack.operate.commission.nameplate import (
    COUNTERS,
    POWERS,
    Bound,
    bounds_of,
    slip_of,
    swapped,
)
from wattstack.operate.commission.probe import Probe, is_timed
from wattstack.operate.devices import Quality

if TYPE_CHECKING:
    from wattstack.campus import Campus

SHARE = 0.6  # of the period: what has not answered by then is not in the guard's image
CLOCK_S = 2.0  # a meter's clock may be off by so much: demand intervals are the meter's
LIVELY = ("device_heartbeat", "clock_s")
ESSENTIAL = {"battery": ("power_mw", "soc|stored_mwh"), "generator": ("output_mw",), "solar": ("output_mw",),
             "grid": ("power_mw|source",), "load": ("draw_mw",), "ups": ("soc",)}  # fmt: skip
LOST_FRAC = 0.02  # of requests without an answer: more is a fault of the line
COUNTER_FAR = 3.0  # times what the greatest power could have counted


def walk_device(book: Book, campus: Campus, probe: Probe, simulated: bool) -> None:
    """All checks of reading one device.

    Args:
        book: Takes them.
        campus: Sizes stand.
        probe: What the device answered.
        simulated: Its clock is that of a site which is not now.
    """
    path = probe.live.path
    _lines(book, path, probe, campus.operate.period_s)
    for name in probe.layout.place:
        _point(book, path, name, probe, bounds_of(campus, path).get(name))
    _missing(book, path, probe)
    _counters(book, campus, path, probe)
    _moving(book, campus, path, probe)
    _clock(book, path, probe, simulated)


def point_table(probe: Probe) -> list[dict[str, Any]]:
    """Every quantity as it was read last: value, quality, registers, how often it moved."""
    rows = []
    now = probe.times[-1] if probe.times else 0.0
    for k, name in enumerate(probe.layout.place):
        value, update_s = float(probe.values[-1][k]), probe.update_s(name)
        asked_s = float(probe.live.times[probe.layout.block_of[k]])
        rows.append(
            {
                "name": name,
                "value": float(f"{value:.9g}") if np.isfinite(value) else None,
                "quality": Quality(int(probe.quality[-1][k])).name.lower().replace("_", " "),
                "registers": probe.registers_of(name),
                "age_s": round(now - asked_s, 4) if np.isfinite(asked_s) else None,
                "update_s": round(update_s, 3) if np.isfinite(update_s) else None,
            }
        )
    return rows


def _lines(book: Book, path: str, probe: Probe, period_s: float) -> None:
    """Answers that did not come, and how long the others took."""
    declared, lost = probe.live.declared, sum(probe.errors.values())
    if not is_timed(probe):
        book.note(Check(path, "read", "latency", NOT_DONE, "a broker sends by itself: nothing can be timed"))
        return
    frac = lost / probe.asked if probe.asked else 1.0
    said = "; ".join(f"{count} x {error}" for error, count in probe.errors.most_common(3))
    verdict = PASSED if not lost else DOUBTFUL if frac <= LOST_FRAC else FAILED
    book.note(
        Check(
            path, "read", "answers", verdict, f"{probe.asked - lost} of {probe.asked} requests answered"
            + (f": {said}" if said else ""), frac, LOST_FRAC, "", mend_of(said) if lost else "",
        )
    )  # fmt: skip
    if not probe.round_s:
        return
    (middle, most), (one, worst) = (_percentiles(times) for times in (probe.round_s, probe.latency_s))
    limit_ms = 1e3 * SHARE * max(declared.period_s, period_s)
    blocks = sum(reader.request is not None for reader in probe.live.readers)
    text = (
        f"a reading ({blocks} blocks) takes {middle:.3g} ms (p50), {most:.3g} ms (p99) of {len(probe.round_s)}; one "
        f"block {one:.3g} ms, {worst:.3g} ms"
    )
    slow = most > limit_ms
    mend = f"Raise period_s to {most / 1e3 / SHARE:.2g} s, or find what slows the line." if slow else ""
    book.note(Check(path, "read", "latency", DOUBTFUL if slow else PASSED, text, most, limit_ms, "ms", mend))


def _percentiles(times_s: list[float]) -> tuple[float, float]:
    """Middle and 99th [ms]."""
    middle, most = np.percentile(times_s, (50, 99)) * 1e3
    return float(middle), float(most)


def mend_of(error: str) -> str:
    """What to look at, by what was answered."""
    for sign, mend in (
        (
            "no answer",
            "Look at address, port, unit, cable and power; raise timeout_s where the device is slow.",
        ),
        ("answer of unit", "The device answers under another number: mend `unit`, or the gateway."),
        ("illegal address", "It has no such registers: take the template of the device, or mend `address`."),
        (
            "illegal function",
            "It does not know this function: holding and input registers may be changed about.",
        ),
        (
            "gateway",
            "The gateway does not reach the device behind it: look at `unit` and at the serial line.",
        ),
        (
            "bytes, must be",
            "It gives fewer registers than asked: split the block in the template (gap_registers).",
        ),
        ("lacks SunSpec", "Take the template of the device."),
        ("Connect", "Nobody listens there: look at host, port and power."),
        ("exception", "The device refuses: look it up in its manual."),
    ):
        if sign.lower() in error.lower():
            return mend
    return "Look at address, port, unit, cable and power." if error else ""


def _point(book: Book, path: str, name: str, probe: Probe, bound: Bound | None) -> None:
    """One quantity: whether it is a number, and one that can be."""
    k = probe.layout.place[name]
    quality, value = Quality(int(probe.quality[-1][k])), float(probe.values[-1][k])
    register = probe.layout.template.registers[name]
    if quality == Quality.STALE:
        why = probe.why_not(name)
        if not why.startswith("the device lacks"):  # an optional model is told with what is missing
            book.note(Check(path, "read", name, FAILED, f"is never read: {why}", mend=mend_of(why)))
        return
    if quality == Quality.NOT_IMPLEMENTED:
        return
    others = np.array([swapped(probe.layout, name, raw) for raw in probe.raws])
    if quality == Quality.BAD:
        bound = Bound(register.least, register.most, "what the template believes")
        said = f"stands as {probe.registers_of(name)}, which is no value within {bound.least:g} .. {bound.most:g}"
        if np.isfinite(others[-1]):
            said += f"; with its words the other way round it is {others[-1]:.6g}"
        book.note(
            Check(
                path, "nameplate", name, FAILED, said, mend="Mend type, scale or word_order in the template."
            )
        )
        return
    if bound is None:
        return
    if bound.holds(value) or (name in ("voltage_pu", "frequency_hz") and value == 0.0):
        book.note(Check(path, "nameplate", name, PASSED, f"can be, by {bound.why}", value, bound.most))
        return
    said, mend = _slip(probe.series(name)[-len(others) :], others, bound)
    book.note(Check(path, "nameplate", name, FAILED, said, value, bound.most, "", mend))


def _slip(values: np.ndarray, others: np.ndarray, bound: Bound) -> tuple[str, str]:
    """Why a value cannot be, and the slip that would explain it.

    Words the wrong way round jump from reading to reading, and the right way round they do not.
    """
    value, other = float(values[-1]), float(others[-1])
    said = f"reads {value:.6g}, must lie in {bound.least:.4g} .. {bound.most:.4g} ({bound.why})"
    factor = slip_of(value, bound)
    possible = all(bound.holds(one) for one in others)
    if possible and (factor is None or _roughness(others) < _roughness(values)):
        said = f"{said}: word order is the other way round, it would be {other:.6g}"
        return said, "Change word_order in the template."
    if factor is not None:
        return (
            f"{said}: scale is x{factor:g} too {'high' if factor > 1.0 else 'low'}, it would be {value / factor:.6g}",
            f"Multiply its scale in the template by {1.0 / factor:g}, or mend its unit.",
        )
    return said, "Look at address, type, unit and scale in the template, and at the size in the campus file."


def _roughness(values: np.ndarray) -> float:
    """Spread beside size; inf where one is no number."""
    return (
        float(np.std(values) / (abs(np.mean(values)) + 1e-12)) if np.isfinite(values).all() else float("inf")
    )


def _missing(book: Book, path: str, probe: Probe) -> None:
    """What the device says that it does not have: all right, but for what nothing goes without."""
    quality = dict(zip(probe.layout.place, probe.quality[-1], strict=True))
    lacks = [name for name, q in quality.items() if q in (Quality.NOT_IMPLEMENTED, Quality.STALE)]
    good = sum(q == Quality.GOOD for q in quality.values())
    for choice in ESSENTIAL[path.split(".", maxsplit=1)[0]]:
        names = [name for name in choice.split("|") if name in quality]
        if names and all(name in lacks for name in names):
            said = "is marked as not implemented, nothing goes without it"
            book.note(
                Check(
                    path,
                    "read",
                    names[0],
                    FAILED,
                    said,
                    mend="Take the model or register that the device has.",
                )
            )
    text = f"{good} of {len(quality)} quantities are read and believed"
    missing = [name for name in lacks if quality[name] == Quality.NOT_IMPLEMENTED]
    text += f"; not implemented: {', '.join(missing)}" if missing else ""
    book.note(
        Check(path, "read", "quantities", PASSED if good else FAILED, text, float(good), float(len(quality)))
    )


def _counters(book: Book, campus: Campus, path: str, probe: Probe) -> None:
    """Counters of energy go no faster than any power could let them."""
    length_h = (probe.times[-1] - probe.times[0]) / 3600.0 if probe.times else 0.0
    for name in COUNTERS:
        if name not in probe.layout.place:
            continue
        series = probe.series(name)
        series = series[np.isfinite(series)]
        if len(series) < 2:
            continue
        k = probe.layout.place[name]
        step = abs(probe.layout.points[k].factor) * 10.0 ** probe.live.exponent(name)
        most = COUNTER_FAR * campus.device_mw(path) * length_h + 2.0 * step
        moved = float(series[-1] - series[0])
        if 0.0 <= moved <= most:
            book.note(
                Check(path, "nameplate", name, PASSED, "counts no faster than can be", moved, most, "MWh")
            )
            continue
        said = f"moved by {moved:.6g} MWh in {3600.0 * length_h:.3g} s, at most {most:.3g} MWh can be"
        mend = "Look at its type, scale and word_order; a counter that rolled over meanwhile: try again."
        book.note(Check(path, "nameplate", name, FAILED, said, moved, most, "MWh", mend))


def _moving(book: Book, campus: Campus, path: str, probe: Probe) -> None:
    """Whether the device is alive: what always moves does, and how often its power does."""
    names = [n for n in (*LIVELY, *POWERS) if n in probe.layout.place and np.isfinite(probe.series(n)).any()]
    lively = [n for n in names if n in LIVELY]
    if not names:
        return
    length_s = probe.times[-1] - probe.times[0]
    still = [n for n in names if not (np.diff(probe.series(n)) != 0.0).any()]
    mend = "Look at the gateway: it may repeat what it read once. Read the device itself."
    if len(still) == len(names):
        idle = not lively and abs(float(np.nanmean(probe.series(names[0])))) < 1e-3 * campus.device_mw(path)
        sure = bool(lively) and length_s >= (1.5 if "device_heartbeat" in lively else 3.0)
        verdict = FAILED if sure else PASSED if idle else DOUBTFUL
        said = f"{', '.join(names)} did not move in {length_s:.3g} s" + (": it rests at 0" if idle else "")
        book.note(
            Check(path, "read", "update", verdict, said, unit="s", mend="" if verdict == PASSED else mend)
        )
        return
    for name in (n for n in names if n in POWERS and n not in still):
        update_s, period_s = probe.update_s(name), probe.live.declared.period_s
        if not np.isfinite(update_s):
            continue
        limit_s = campus.operate.most_age_periods * max(period_s, campus.operate.period_s)
        slow = update_s > limit_s
        said = f"{name} is another every {update_s:.2g} s"
        mend = "It moves more slowly than it is read: a step is seen that much later." if slow else ""
        book.note(
            Check(path, "read", "update", DOUBTFUL if slow else PASSED, said, update_s, limit_s, "s", mend)
        )


def _clock(book: Book, path: str, probe: Probe, simulated: bool) -> None:
    """The device's clock against ours: demand intervals are the meter's."""
    if "clock_s" not in probe.layout.place:
        return
    clock = float(probe.series("clock_s")[-1])
    if not np.isfinite(clock):
        return
    off_s = clock - time.time()
    if simulated:
        said = f"its clock is that of the simulated site, {off_s / 86_400.0:+.1f} days from now"
        book.note(Check(path, "read", "clock", PASSED, said))
        return
    verdict = PASSED if abs(off_s) <= CLOCK_S else DOUBTFUL
    said = f"its clock is {abs(off_s):.3g} s {'ahead of' if off_s > 0 else 'behind'} ours"
    mend = "Set one of the two: demand intervals go by the meter's clock." if verdict == DOUBTFUL else ""
    book.note(Check(path, "read", "clock", verdict, said, off_s, CLOCK_S, "s", mend))
