"""What the year's loop is given, what it carries from chunk to chunk, and what it writes down.

Gives    Drive, Rules, Carry, new_carry; rows of drive.outside, carry.memory, carry.months, carry.plan, the records.
Used by  twin.kernel.year, twin.kernel.planned, twin.drive, twin.passing, prove.

Few arrays with named rows, not many arrays: each array that a compiled step takes out of a tuple is counted, and
twenty of them cost more than the step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# drive.outside[ROW, step]: powers in MW, prices per MWh
(
    D_LOAD,  # demand without battery auxiliaries
    D_SOLAR,  # what the sun would give
    D_SHED,  # flexible compute that may be put off
    D_TEMP,  # outdoor air [degC]
    D_IMPORT_LIMIT,  # what the grid lets through; 0 in an outage
    D_EXPORT_LIMIT,
    D_GRID_ON,  # 1 or 0
    D_BUY,  # carbon and adders in
    D_SELL,
    D_RESERVE,  # floor under stored energy [MWh], the gauge's error not in it
    D_CHARGE_BELOW,  # prices of the time-of-use rule
    D_DISCHARGE_ABOVE,
    D_OPEN_LIMIT,  # import limit without outages, which nobody foresees; curtailment is announced
    D_MONTH,  # index of the local month
    D_HOUR,  # of the local clock, 0 .. 24
) = range(15)
NDRIVE = 15


class Drive(NamedTuple):
    """What comes from outside: `outside` (NDRIVE, steps); `unit_cost` of each generating unit (units, steps)."""

    outside: np.ndarray
    unit_cost: np.ndarray


class Rules(NamedTuple):
    """The controller as numbers.

    Attributes:
        kinds, params: Rules by priority (control.kernel.rows).
        interval_steps: Steps of a metering interval.
        error_frac: How far the gauge may read high, share of the usable energy.
        discharge_eff: MWh at the bus per MWh of the store that a promise counts on.
        seed: Of every draw (generator starts and failures).
        first: Steps of the open interval that have passed at index 0, so that intervals stay on the clock.
        most_auxiliary_mw: What the batteries' cooling and controls draw at most: room is left for it below the
        limit.
        smoothing_mw, room_mwh: Power kept free for swings both ways, and energy above what is stored.
    """

    kinds: np.ndarray
    params: np.ndarray
    interval_steps: int
    error_frac: float
    discharge_eff: float
    seed: int
    first: int
    most_auxiliary_mw: float
    smoothing_mw: float
    room_mwh: float


# carry.memory[FIELD]
# RAISE_MW: how far the plan of the next hours lets the target be exceeded, because holding it is worth less
INTERVAL_MWH, LAST_IMPORT_MW, AUXILIARY_MW, RAISE_MW = range(4)
NMEMORY = 4
# carry.months[ROW, month]: interval mean that is held (target, or what was drawn already); highest that was drawn
TARGET, DRAWN = range(2)
# carry.plan[ROW, plan step]: battery power; price of energy on the bus; from PLANNED_UNITS on the power of each unit
PLANNED_MW, PLANNED_PRICE, PLANNED_UNITS = range(3)


class Carry(NamedTuple):
    """Everything that goes from one step to the next; written in place.

    Attributes:
        state, age: Of the battery blocks.
        units: Of the generating units.
        memory, months, plan: Rows as above.
        row, out: Scratch of the controller.
        setpoint, free: By block: power asked; 1 where the rules may use it.
        flows, limits: Of the battery blocks.
        strip: What strips and when, (NSTRIP, blocks) of control.kernel.strip; without columns where nothing does.
    """

    state: np.ndarray
    age: np.ndarray
    units: np.ndarray
    memory: np.ndarray
    months: np.ndarray
    plan: np.ndarray
    row: np.ndarray
    out: np.ndarray
    setpoint: np.ndarray
    free: np.ndarray
    flows: np.ndarray
    limits: np.ndarray
    strip: np.ndarray


# record[ROW, step]
(
    R_IMPORT, R_EXPORT, R_SOLAR, R_SHED, R_UNSERVED, R_AUXILIARY, R_REASON, R_CLASH, R_RESERVE_SHORT, R_GENERATOR,
    R_DUMPED,
) = range(11)  # fmt: skip
NRECORD = 11

# blocks_record[ROW, block, step]
(
    B_INJECTION,
    B_STORED,
    B_AUXILIARY,
    B_LIMIT,
    B_TEMP,
    B_SOC,
    B_LOSS_CELL,
    B_LOSS_CONVERTER,
    B_LOSS_TRANSFORMER,
) = range(9)
NBLOCK_RECORD = 9


class Records(NamedTuple):
    """What is written down: (NRECORD, steps), (NBLOCK_RECORD, blocks, steps), (units, steps); the last two may be
    empty."""

    record: np.ndarray
    blocks: np.ndarray
    units: np.ndarray


def new_carry(
    state: np.ndarray, age: np.ndarray, units: np.ndarray, target_mw: np.ndarray, plan: int,
    strip: np.ndarray | None = None,
) -> Carry:  # fmt: skip
    """The beginning: batteries as they are, units off, nothing metered.

    Args:
        state, age: Of the blocks, from physics.make_blocks.
        units: From physics new_units.
        target_mw: Interval mean to hold, by month.
        plan: Steps of the horizon plan, 0 where there is none.
        strip: From control.strip_table; None: nothing strips.
    """
    from wattstack.control.kernel.rows import NROW
    from wattstack.control.kernel.strip import NSTRIP
    from wattstack.physics.kernel.layout import NFLOW

    blocks = state.shape[1]
    months = np.zeros((2, len(target_mw)))
    months[TARGET] = target_mw
    return Carry(
        state, age, units, np.zeros(NMEMORY), months, np.zeros((PLANNED_UNITS + units.shape[1], plan)),
        np.zeros(NROW), np.zeros(3),
        np.zeros(blocks), np.ones(blocks), np.zeros((NFLOW, blocks)), np.zeros((2, blocks)),
        np.zeros((NSTRIP, 0)) if strip is None else strip,
    )  # fmt: skip
