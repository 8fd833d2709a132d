"""What the fast loop does to the cells of a year: cycles of seconds, counted in a window, worn off week by week.

Needs    twin.transient.run, physics.compute (stops of jobs), physics.kernel (paths of ageing).
Gives    MicroCycles, micro_cycles, smoothes, wear.
Used by  twin.year and twin.passing.

A year of minutes does not see what happens within one. So some minutes of milliseconds are run, the state of charge
they make is counted into cycles (rainflow, ASTM E1049), and the year's batteries wear by so many of them an hour.
Training jobs that fail give two cycles each: the stop charges the battery with the energy of its ramp, the start
takes it out again; less of it where the job is back before the ramp is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wattstack.campus import Campus, Hall, transient_faults
from wattstack.physics.compute import stop_pulses_mwh, stops_per_h
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.paths import pass_cycles, read_age
from wattstack.physics.kernel.stress import ZERO_DEGC_K
from wattstack.twin.fleet import Fleet

WINDOW_S, STEP_S = 300.0, 0.005
# laws are fitted on deeper cycles: shallower ones count as fewer of this, at equal throughput
LEAST_DEPTH = 0.01
TINY_DEPTH = 1e-9


@dataclass(frozen=True)
class MicroCycles:
    """What the fast loop asks of one battery in an hour.

    Attributes:
        out_mwh_per_h, in_mwh_per_h: At the bus.
        full_cycles_per_h: Swings of the state of charge / one of the whole nameplate.
        depth: Depth of each class of cycles, share of nameplate, shape (classes,).
        per_h: Cycles an hour of each class, shape (classes,).
        rate_per_h: Mean rate while in motion, share of nameplate an hour.
        loss_mw: Power that its losses draw on average.
    """

    out_mwh_per_h: float
    in_mwh_per_h: float
    full_cycles_per_h: float
    depth: np.ndarray
    per_h: np.ndarray
    rate_per_h: float
    loss_mw: float


def smoothes(campus: Campus) -> bool:
    """Whether a fast loop works on a campus whose milliseconds can be run."""
    return campus.control.smoothing is not None and bool(campus.battery) and not any(transient_faults(campus))


def micro_cycles(campus: Campus, seconds: float = WINDOW_S, seed: int = 0) -> dict[str, MicroCycles]:
    """Cycles of seconds of each battery, from a window of milliseconds in which nothing particular happens.

    Args:
        campus: Sizes stand; control.smoothing is declared.
        seconds: Length of the window; at least ten iterations of the longest job are wise.
        seed: Of phases and pauses.

    Returns:
        By name of the battery.

    Raises:
        InputError: As simulate_transient.
    """
    from wattstack.twin.transient.run import simulate_transient

    wave = simulate_transient(campus, (), seconds, STEP_S, seed).wave
    hours = wave.duration_s / 3600.0
    stops = _stops(campus)
    whole = sum(unit.power_mw for unit in campus.battery.values())
    found = {}
    for name, unit in campus.battery.items():
        if f"battery.{name}.power_mw" not in wave.arrays or unit.energy_mwh <= 0.0:
            continue
        power = wave[f"battery.{name}.power_mw"]
        nameplate = unit.energy_mwh * unit.nameplate_per_usable
        drawn = np.where(power > 0.0, power / unit.discharge_eff, power * unit.charge_eff)
        soc = -np.cumsum(drawn) * wave.step_s / 3600.0 / nameplate
        depths, counts = rainflow(soc - np.linspace(0.0, soc[-1], len(soc)))
        share = unit.power_mw / whole
        deep = np.array([share * energy * unit.charge_eff / nameplate for energy, _ in stops])
        depth = np.concatenate([depths, deep])
        per_h = np.concatenate([counts / hours, [rate for _, rate in stops]])
        out, into = (float(np.maximum(way * power, 0.0).mean()) for way in (1.0, -1.0))
        pulses = float(sum(rate * share * energy for energy, rate in stops))
        found[name] = MicroCycles(
            out_mwh_per_h=out + pulses, in_mwh_per_h=into + pulses, full_cycles_per_h=float((depth * per_h).sum()),
            depth=depth, per_h=per_h, rate_per_h=float(np.abs(drawn).mean() / nameplate),
            loss_mw=(out + pulses) * (1.0 / (unit.charge_eff * unit.discharge_eff) - 1.0),
        )  # fmt: skip
    return found


def _stops(campus: Campus) -> list[tuple[float, float]]:
    """Energy that each stop and each return of a job asks of the batteries [MWh], and their number an hour."""
    loop = campus.control.smoothing
    found = []
    for hall in campus.load.values():
        for job in hall.jobs.values() if isinstance(hall, Hall) else ():
            if loop.ramp_mw_per_min is not None and job.failures_per_gpu_h > 0.0:
                step_mw = job.full_mw / job.count * (job.mean_frac - job.idle_frac)
                rate = job.count * stops_per_h(job.gpus, job.failures_per_gpu_h)
                pulses = stop_pulses_mwh(max(step_mw, 0.0), loop.ramp_mw_per_min, job.restart_s / 60.0)
                found += [(energy, rate) for energy in pulses]
    return found


def rainflow(soc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cycles of a course of the state of charge: depth and number (1, or 0.5 for what is left over).

    Args:
        soc: Samples, shape (n,).

    Returns:
        Depths and counts, each (cycles,).

    Source:
        ASTM E1049-85 (2017), 5.4.4, as four points; the residue as half cycles.

    Example:
        >>> depths, counts = rainflow(np.array([0, 1, 0.4, 0.6, 0]))
        >>> [(round(float(d), 3), float(n)) for d, n in zip(depths, counts)]
        [(0.2, 1.0), (1.0, 0.5), (1.0, 0.5)]
    """
    steps = np.diff(soc)
    moving = np.flatnonzero(steps)
    turns = np.flatnonzero(np.diff(np.sign(steps[moving]))) + 1
    points = soc[np.concatenate([[0], moving[turns], [len(soc) - 1]]).astype(int)]
    stack: list[float] = []
    found: list[tuple[float, float]] = []
    for point in points:
        stack.append(float(point))
        while len(stack) > 3:
            first, inner, last = (abs(stack[k + 1] - stack[k]) for k in (-4, -3, -2))
            if inner > first or inner > last:
                break
            found.append((inner, 1.0))
            del stack[-3:-1]
    found += [(abs(b - a), 0.5) for a, b in pairwise(stack)]
    kept = np.array([pair for pair in found if pair[0] > TINY_DEPTH]).reshape(-1, 2)
    return kept[:, 0], kept[:, 1]


def wear(fleet: Fleet, micro: dict[str, MicroCycles], duration_h: float) -> None:
    """Charge the cycles of so many hours to the batteries of a fleet, at the temperature and charge they have now.

    Blocks of one battery share its throughput by their nameplate. Cycles below LEAST_DEPTH count as cycles of that
    depth with the same throughput, for no law says what shallower ones do.
    """
    blocks = fleet.blocks
    age, state, rating = blocks.age, blocks.state, blocks.blocks.rating
    for b, owner in enumerate(fleet.owner):
        mine = micro.get(owner.removeprefix("battery."))
        if mine is None or rating[block.MODE, b] == block.DEAD or not len(mine.depth):
            continue
        depth = np.maximum(mine.depth, LEAST_DEPTH)
        times = mine.per_h * duration_h * mine.depth / depth
        temp_k, soc = ZERO_DEGC_K + state[block.TEMP_CELL, b], state[block.SOC, b]
        for one, count in _classes(depth, times):
            low = min(max(soc - 0.5 * one, 0.0), 1.0 - one)
            ends, rates = (low, low + one), (mine.rate_per_h,) * 3
            share = age[block.CAPACITY, b] if _nominal(blocks.ageing, b) else 1.0
            pass_cycles(
                blocks.ageing.block,
                blocks.ageing.law,
                age,
                b,
                (count, count * one * share),
                (temp_k, ends, rates),
            )
            age[row.FULL_CYCLES, b] += count * one * share
        read_age(blocks.ageing.block, blocks.ageing.law, age, state, b)


def _classes(depth: np.ndarray, times: np.ndarray):
    """Cycles of nearly one depth together: four classes a decade."""
    place = np.floor(4.0 * np.log10(depth)).astype(int)
    for one in np.unique(place):
        mine = place == one
        count = float(times[mine].sum())
        if count > 0.0:
            yield min(float((depth[mine] * times[mine]).sum() / count), 1.0), count


def _nominal(ageing, b: int) -> bool:
    return ageing.law[int(ageing.block[row.KIND, b]), row.NOMINAL] > 0.0
