"""What all campaigns stand on: the year in minutes, and the state of everything at the moments where they begin.

Needs    twin (Twin, Setting, kernel), prove.kernel.layout.
Gives    make_ground, moments_at.
Used by  prove.outage.

The reference run is the year of the twin with its own controller and no outage: charge, temperature and age of the
batteries, running units, the open metering interval and the plan of the hours are those that it had at each moment.
"""

from __future__ import annotations

import numpy as np

from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.generator import new_units
from wattstack.prove.kernel import layout as at
from wattstack.twin import Setting, Twin
from wattstack.twin.kernel import layout as out
from wattstack.twin.kernel.year import run_steps
from wattstack.twin.planner import Loop, Planner, make_planner, plan_steps
from wattstack.units import STEP_S

MINUTE_S = 60
QUARTER = 15  # minutes between two moments at which a campaign may begin, where nothing is planned anew


def moments_at(twin: Twin, hours: float) -> np.ndarray:
    """Minutes of the axis at which a campaign may begin, so that it ends on the axis."""
    control = twin.campus.control
    every = STEP_S[control.replan] // MINUTE_S if control.kind == "mpc" else QUARTER
    return np.arange(0, twin.case.axis.count - round(hours * 60) + 1, every)


def make_ground(twin: Twin, moment: np.ndarray, critical_frac: float, hours: float) -> at.Ground:
    """Run the reference year up to the last moment, and keep what campaigns need of it.

    Args:
        twin: At steps of a minute.
        moment: Minute of the axis at which each campaign begins, (campaigns,).
        critical_frac: Share of the load carried without the grid.
        hours: Length of a campaign.
    """
    minute, place = np.unique(moment, return_inverse=True)
    drive = twin.drive(Setting(sure=True), 0)
    rows = np.vstack([drive.outside, _costs(twin, drive.unit_cost)])
    hold = max(twin.campus.time.step_s // MINUTE_S, 1)
    held = _held(rows, hold)
    kept, plan, per_plan = _reference(twin, minute, drive)
    return at.Ground(
        fast=np.ascontiguousarray(rows[~held].T), fast_row=np.flatnonzero(~held),
        slow=np.ascontiguousarray(rows[held, ::hold].T), slow_row=np.flatnonzero(held), hold=hold,
        plan=plan, per_plan=per_plan, target=twin.targets(), generator=_owners(twin),
        place=place.astype(np.int64), minute=minute.astype(np.int64), **kept,
        critical_frac=critical_frac, seconds=round(hours * 60) * MINUTE_S,
    )  # fmt: skip


def _held(rows: np.ndarray, hold: int) -> np.ndarray:
    """Which rows are the same through every `hold` minutes."""
    steps = rows[:, : rows.shape[1] // hold * hold].reshape(len(rows), -1, hold)
    return (steps == steps[:, :, :1]).all(axis=(1, 2))


def _owners(twin: Twin) -> np.ndarray:
    """Which generator each unit belongs to."""
    names = list(twin.campus.generator)
    return np.array([names.index(owner) for owner in twin.units(Setting())[1]], np.int64)


def _costs(twin: Twin, unit_cost: np.ndarray) -> np.ndarray:
    """Running cost of each generator, from those of its units."""
    owner = _owners(twin)
    return np.array([unit_cost[np.argmax(owner == g)] for g in range(len(twin.campus.generator))]).reshape(
        -1, unit_cost.shape[1]
    )


def _reference(
    twin: Twin, minute: np.ndarray, drive: out.Drive
) -> tuple[dict[str, np.ndarray], np.ndarray, int]:
    """The year without an outage, stopped at every moment that a campaign begins at."""
    setting, case = Setting(), twin.case
    fleet = twin.fleet(setting)
    fleet.begin_year(0)
    units, owner = twin.units(setting)
    carry = out.new_carry(
        fleet.blocks.state, fleet.blocks.age, new_units(len(owner)), twin.targets(), plan_steps(twin.campus.control),
        fleet.strip,
    )  # fmt: skip
    records = out.Records(
        np.zeros((out.NRECORD, case.axis.count)), np.zeros((out.NBLOCK_RECORD, len(fleet.blocks.names), 0)),
        np.zeros((len(owner), 0)),
    )  # fmt: skip
    both = fleet.blocks.blocks, fleet.blocks.ageing
    loop = Loop(float(MINUTE_S), drive, twin.rules(setting, twin.seed), both, units, carry, records)
    planner = make_planner(twin, setting)
    kept = _room(len(minute), carry)
    plan, per_plan = np.zeros((2, 0)), 0
    if planner is not None:
        per_plan = planner.horizon.per_step
        plan = np.zeros((2, -(-case.axis.count // per_plan)))
    stops = minute.tolist() if planner is None else _replans(case.axis.count, planner.horizon.every)
    where = {int(at_minute): k for k, at_minute in enumerate(minute)}
    done = 0
    for stop in stops:
        if stop > done:
            _pass(planner, done, stop, loop)
            if planner is not None:
                first = done // per_plan
                steps = min(-(-(stop - done) // per_plan), plan.shape[1] - first)
                plan[:, first : first + steps] = carry.plan[:, :steps]
            done = stop
        if stop in where:
            _keep(kept, where[stop], carry, both[0].rating, int(drive.outside[out.D_MONTH, stop]))
    return kept, plan, per_plan


def _replans(count: int, every: int) -> list[int]:
    """Every step at which the hours ahead are planned anew, and the end."""
    return [*range(0, count, every), count]


def _pass(planner: Planner | None, start: int, end: int, loop: Loop) -> None:
    if planner is not None:
        planner.run(start, end, loop)
        return
    run_steps(
        start, end, loop.step_s, loop.drive, loop.rules, 0, loop.fleet, loop.units, loop.carry, loop.records
    )


def _room(moments: int, carry: out.Carry) -> dict[str, np.ndarray]:
    """Arrays of what is kept."""
    return {
        "state": np.zeros((moments, *carry.state.shape)),
        "wear": np.zeros((moments, at.NWEAR, carry.state.shape[1])),
        "strip": np.zeros((moments, *carry.strip.shape)),
        "units": np.zeros((moments, *carry.units.shape)),
        "memory": np.zeros((moments, *carry.memory.shape)),
        "peak": np.zeros(moments),
    }


def _keep(kept: dict[str, np.ndarray], place: int, carry: out.Carry, rating: np.ndarray, month: int) -> None:
    """What stands at this moment."""
    for name in ("state", "strip", "units", "memory"):
        kept[name][place] = getattr(carry, name)
    kept["wear"][place, at.LEFT], kept["wear"][place, at.GROWN] = carry.age[:2]
    kept["wear"][place, at.LOW] = rating[block.SOC_LOW]
    kept["peak"][place] = carry.months[out.TARGET, month]
