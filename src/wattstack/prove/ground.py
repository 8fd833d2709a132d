"""What all campaigns stand on: the year in minutes, and the state of everything at the moments where they begin.

Needs    twin (Twin, Setting, Course, kernel), prove.kernel.layout.
Gives    make_ground, moments_at.
Used by  prove.outage.

The reference run is the year of the twin with its own controller and no outage: charge, temperature and age of the
batteries, running units, the open metering interval and the plan of the hours are those that it had at each moment.
"""

from __future__ import annotations

import numpy as np

from wattstack.physics.kernel import layout as block
from wattstack.prove.kernel import layout as at
from wattstack.twin import Course, Setting, Twin
from wattstack.twin.kernel import layout as out
from wattstack.units import STEP_S

MINUTE_S = 60
QUARTER = 15  # minutes between two moments at which a campaign may begin, where nothing is planned anew


def moments_at(twin: Twin, duration_h: float) -> np.ndarray:
    """Minutes of the axis at which a campaign may begin, so that it ends on the axis."""
    control = twin.campus.control
    every = STEP_S[control.replan] // MINUTE_S if control.kind == "mpc" else QUARTER
    return np.arange(0, twin.case.axis.count - round(duration_h * 60) + 1, every)


def make_ground(twin: Twin, moment: np.ndarray, critical_frac: float, duration_h: float) -> at.Ground:
    """Run the reference year up to the last moment, and keep what campaigns need of it.

    Args:
        twin: At steps of a minute.
        moment: Minute of the axis at which each campaign begins, (campaigns,).
        critical_frac: Share of the load carried without the grid.
        duration_h: Length of a campaign.
    """
    minute, place = np.unique(moment, return_inverse=True)
    course = Course(twin)
    drive = course.drive
    rows = np.vstack([drive.outside, _costs(twin, drive.unit_cost)])
    hold = max(twin.campus.time.step_s // MINUTE_S, 1)
    held = _held(rows, hold)
    kept = _reference(course, minute)
    return at.Ground(
        fast=np.ascontiguousarray(rows[~held].T), fast_row=np.flatnonzero(~held),
        slow=np.ascontiguousarray(rows[held, ::hold].T), slow_row=np.flatnonzero(held), hold=hold,
        plan=course.plan, per_plan=course.per_plan, target=twin.targets(), generator=_owners(twin),
        place=place.astype(np.int64), minute=minute.astype(np.int64), **kept,
        critical_frac=critical_frac, seconds=round(duration_h * 60) * MINUTE_S,
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


def _reference(course: Course, minute: np.ndarray) -> dict[str, np.ndarray]:
    """The year without an outage, stopped at every moment that a campaign begins at."""
    kept = _room(len(minute), course.carry)
    for place, stop in enumerate(minute.tolist()):
        course.run_to(stop)
        _keep(kept, place, course.carry, course.rating, int(course.drive.outside[out.D_MONTH, stop]))
    if course.every:  # campaigns follow its plans to their own end
        course.run_to(course.drive.outside.shape[1])
    return kept


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
