"""Where each number of a campaign stands, and the codes of what failed and what ran out.

Gives    Odds, Ground, Bench; rows of their arrays, of a campaign's answer (NOUT), codes of causes and of shortages.
Used by  prove.kernel.draws, faults, units, campaign; prove.ground, odds, stand, outage.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattstack.twin.kernel.layout import Carry, Drive, Records

# first index of the arrays of odds: as declared, or tilted towards what is rare
DECLARED, TILTED = 0, 1

# odds.grid[WAY, ROW]
RATE_PER_S, MEDIAN_H, SIGMA, SHIFT, HITS_UNITS = range(5)
# odds.unit[WAY, ROW, generator]: start failures a start, running failures a second; alone, and all units at once
FAIL_START, FAIL_START_ALL, FAIL_RUN_PER_S, FAIL_RUN_ALL_PER_S, UNIT_REPAIR_S = range(5)
NUNIT_ODDS = 5
# odds.block[WAY, ROW, battery]: failures a second of one block, of all at once; share of time each is down
FAIL_PER_S, FAIL_ALL_PER_S, DOWN, DOWN_ALL, BLOCK_REPAIR_S, BLOCKS = range(6)
NBLOCK_ODDS = 6


class Odds(NamedTuple):
    """What may fail and how often; arrays by way (declared, tilted), row, component.

    Attributes:
        grid, unit, block: Rows as above.
        seed: Of all draws.
        antithetic: 1: campaigns 2k and 2k + 1 are each other's mirror.
        mixed: 1: every other pair is drawn from the tilted odds.
    """

    grid: np.ndarray
    unit: np.ndarray
    block: np.ndarray
    seed: int
    antithetic: int
    mixed: int


class Ground(NamedTuple):
    """What all campaigns share; time in minutes of the axis.

    Attributes:
        fast, fast_row: Rows of the drive, then costs of the generators, that change from minute to minute:
            (minutes, rows), and which rows they are. slow, slow_row, hold: Those that hold for `hold` minutes.
        plan: What the horizon plan of the reference run said, (rows, plan steps). per_plan: Minutes of a step, 0: none.
        target: Interval mean to hold, by month.
        generator: Which generator each unit belongs to.
        place: Of each campaign's first moment among the moments kept. minute: Of the axis, by place.
        state, wear, strip, units, memory, peak: What stood then in the reference run: (moments, NSTATE, blocks),
            (moments, NWEAR, blocks), (moments, NSTRIP, blocks or none), (moments, fields, units), (moments, NMEMORY),
            (moments,).
        critical_frac: Share of the load that is carried without the grid.
        seconds: Length of a campaign.
    """

    fast: np.ndarray
    fast_row: np.ndarray
    slow: np.ndarray
    slow_row: np.ndarray
    hold: int
    plan: np.ndarray
    per_plan: int
    target: np.ndarray
    generator: np.ndarray
    place: np.ndarray
    minute: np.ndarray
    state: np.ndarray
    wear: np.ndarray
    strip: np.ndarray
    units: np.ndarray
    memory: np.ndarray
    peak: np.ndarray
    critical_frac: float
    seconds: int


class Bench(NamedTuple):
    """What one worker writes to, again and again.

    Attributes:
        carry, drive, records: Of the twin, one step long.
        units: Units as unit_step takes them. fleet: (blocks, ageing).
        rating, age: Of the blocks as they stand when all is well, and of new cells.
        column: Values of all rows of the ground at this minute.
        unit, generator, block, note: Rows as below.
        course: What is kept of every minute of a campaign, (NCOURSE, minutes); (NCOURSE, 0): nothing.
    """

    carry: Carry
    drive: Drive
    records: Records
    units: np.ndarray
    fleet: tuple
    rating: np.ndarray
    age: np.ndarray
    column: np.ndarray
    unit: np.ndarray
    generator: np.ndarray
    block: np.ndarray
    note: np.ndarray
    course: np.ndarray


# ground.wear[moment, ROW, block]: capacity left, growth of resistance, lower end of the window (0 while zinc strips)
LEFT, GROWN, LOW = range(3)
NWEAR = 3

# bench.unit[ROW, unit]
SEEN_STARTS, SEEN_FAILURES, WILL_FAIL, RUN_S, FAIL_AT_S, RUN_FAILURES, REPAIRS, TRIPPED = range(8)
NUNIT_ROW = 8
# bench.generator[ROW, generator]
G_STARTS, G_RUN_S, G_FAIL_AT_S, G_FAILURES, G_RUNNING = range(5)
NGENERATOR_ROW = 5
# bench.block[ROW, block]
OF, ALIVE, OUT_SOC, NEXT_S, EVENTS, SINCE_S, EXPOSED_S, EXPOSED_ALL_S, FAILURES_ONE, FAILURES_ALL = range(10)
NBLOCK_ROW = 10
# bench.note[ROW]: what goes through a campaign
N_LOG_RATIO, N_CAUSE, N_WHO, N_CHANGED_S, N_ON, N_CHANGE_S, N_OUTAGES, N_OUTAGE_H = range(8)
NNOTE = 8

# bench.course[ROW, minute]: means of the minute [MW]; what is stored at its last step [MWh]
C_LOAD, C_IMPORT, C_SOLAR, C_GENERATOR, C_BATTERY, C_PUT_OFF, C_UNSERVED, C_STORED_MWH = range(8)
NCOURSE = 8

# out[campaign, FIELD]
(
    O_PLACE, O_TILTED, O_LOG_RATIO, O_OUTAGE_H, O_OUTAGES, O_STORED_MWH, O_UNSERVED_MWH, O_UNSERVED_H, O_LOSS_H,
    O_DROPPED_MWH, O_CAUSE, O_WHO, O_SHORTAGE, O_GENERATED_MWH, O_STARTS, O_UNIT_FAILURES, O_BLOCK_FAILURES, O_STEPS,
    O_SECONDS,
) = range(19)  # fmt: skip
NOUT = 19

# causes: the first thing that failed, before load was lost
NOTHING, WITH_GRID, UNDER_REPAIR, START, RUNNING_UNIT, BLOCK = range(6)
# shortages: what was missing in the second in which load was first lost
NONE, STILL_STARTING, EMPTY, POWER, NO_SOURCE, IMPORT = range(6)

# kinds of draws
(
    D_MOMENT, D_LENGTH, D_GAP, D_HITS_UNITS, D_START, D_START_ALL, D_RUN, D_RUN_ALL, D_REPAIR, D_DOWN, D_DOWN_ALL,
    D_EVENT, D_WHICH,
) = range(13)  # fmt: skip
