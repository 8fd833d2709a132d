"""What fails of grid and batteries in a campaign, and when it is mended.

Needs    prove.kernel (draws, layout), physics.kernel.layout.
Gives    begin_grid, change_grid, begin_blocks, change_blocks, tell_blocks, note_cause.
Used by  prove.kernel.campaign, units.

A battery of n blocks is one block of the twin: when k of them are out, every extensive number of it is (n - k) / n of
what it was, and the charge that stands in them waits there until they are mended. Causes come as a beta-factor model
(Fleming 1975, NUREG/CR-4780): a share of the failures takes one alone, the rest all at once.
"""

from __future__ import annotations

from math import exp

import numpy as np
from numba import njit

from wattstack.physics.kernel import layout as block
from wattstack.prove.kernel import layout as at
from wattstack.prove.kernel.draws import draw, draw_normal, told_rate, told_share, told_shift, waiting

HOUR_S = 3600.0
_EXTENSIVE = (block.CELLS, block.NAMEPLATE_MWH, block.DISCHARGE_MW, block.CHARGE_MW, block.RATED_MW)


@njit(cache=True)
def note_cause(note, cause, who):
    """Remember the first thing that failed."""
    if note[at.N_CAUSE] == at.NOTHING:
        note[at.N_CAUSE], note[at.N_WHO] = cause, who


@njit(cache=True)
def begin_grid(odds, who, way, note):
    """The outage at the campaign's start, whole seconds long; returns whether its cause hits the units too."""
    grid = odds.grid
    shift = grid[at.TILTED, at.SHIFT]
    z = draw_normal(odds.seed, who, at.D_LENGTH, 0, 0) + (shift if way == at.TILTED else 0.0)
    note[at.N_LOG_RATIO] += told_shift(shift, z)
    length_h = grid[at.DECLARED, at.MEDIAN_H] * exp(grid[at.DECLARED, at.SIGMA] * z)
    note[at.N_ON], note[at.N_OUTAGES] = 0.0, 1.0
    note[at.N_CHANGE_S] = max(1.0, np.rint(length_h * HOUR_S))
    note[at.N_OUTAGE_H] = note[at.N_CHANGE_S] / HOUR_S
    return _hits_units(odds, who, way, note)


@njit(cache=True)
def _hits_units(odds, who, way, note):
    declared, tilted = odds.grid[at.DECLARED, at.HITS_UNITS], odds.grid[at.TILTED, at.HITS_UNITS]
    hits = draw(odds.seed, who, at.D_HITS_UNITS, 0, int(note[at.N_OUTAGES])) < odds.grid[way, at.HITS_UNITS]
    yes = 1.0 if hits else 0.0
    note[at.N_LOG_RATIO] += told_share(declared, tilted, yes, 1.0 - yes)
    return hits


@njit(cache=True)
def change_grid(odds, who, way, now_s, note):
    """The grid comes back, or goes again; returns whether the cause hits the units too."""
    grid, count = odds.grid, int(note[at.N_OUTAGES])
    note[at.N_CHANGED_S] = now_s
    if note[at.N_ON] < 0.5:
        note[at.N_ON] = 1.0
        gap_s = waiting(draw(odds.seed, who, at.D_GAP, 0, count), grid[at.DECLARED, at.RATE_PER_S])
        note[at.N_CHANGE_S] = now_s + max(1.0, np.rint(gap_s))
        return False
    # later outages are rare enough to be left as declared
    z = draw_normal(odds.seed, who, at.D_LENGTH, 0, count)
    length_h = grid[at.DECLARED, at.MEDIAN_H] * exp(grid[at.DECLARED, at.SIGMA] * z)
    note[at.N_ON], note[at.N_OUTAGES] = 0.0, count + 1.0
    note[at.N_CHANGE_S] = now_s + max(1.0, np.rint(length_h * HOUR_S))
    return _hits_units(odds, who, way, note)


@njit(cache=True)
def _count_down(u, chance, n):
    """How many of n are down, each by the same chance: the inverse of the binomial distribution at u."""
    if chance <= 0.0:
        return 0
    term = (1.0 - chance) ** n
    reached, k = term, 0
    while u > reached and k < n:
        term *= (n - k) / (k + 1.0) * chance / (1.0 - chance)
        reached += term
        k += 1
    return k


@njit(cache=True)
def begin_blocks(odds, who, way, bench):
    """Which blocks of each battery are out when the campaign begins."""
    rows, note, seed = bench.block, bench.note, odds.seed
    rows[:] = 0.0
    for b in range(rows.shape[1]):
        now, declared, tilted = (
            odds.block[way, :, b],
            odds.block[at.DECLARED, :, b],
            odds.block[at.TILTED, :, b],
        )
        n = now[at.BLOCKS]
        rows[at.ALIVE, b] = rows[at.OF, b] = n
        down = float(_count_down(draw(seed, who, at.D_DOWN, b, 0), now[at.DOWN], int(n)))
        note[at.N_LOG_RATIO] += told_share(declared[at.DOWN], tilted[at.DOWN], down, n - down)
        all_down = 1.0 if draw(seed, who, at.D_DOWN_ALL, b, 0) < now[at.DOWN_ALL] else 0.0
        note[at.N_LOG_RATIO] += told_share(
            declared[at.DOWN_ALL], tilted[at.DOWN_ALL], all_down, 1.0 - all_down
        )
        _next_event(odds, who, way, b, 0.0, rows)
        down = n if all_down > 0.0 else down
        if down > 0.0:
            note_cause(note, at.BLOCK, b)
            _take_out(b, down, bench)
            _next_event(odds, who, way, b, 0.0, rows)


@njit(cache=True)
def _rates(now, alive):
    """Of one block failing, of all, of one being mended [1/s]."""
    out = now[at.BLOCKS] - alive
    return (
        alive * now[at.FAIL_PER_S],
        now[at.FAIL_ALL_PER_S] if alive > 0.0 else 0.0,
        out / now[at.BLOCK_REPAIR_S],
    )


@njit(cache=True)
def _next_event(odds, who, way, b, now_s, rows):
    one, all_, mended = _rates(odds.block[way, :, b], rows[at.ALIVE, b])
    u = draw(odds.seed, who, at.D_EVENT, b, int(rows[at.EVENTS, b]))
    rows[at.NEXT_S, b] = now_s + waiting(u, one + all_ + mended)


@njit(cache=True)
def change_blocks(odds, who, way, now_s, bench):
    """Let happen what is due by now."""
    rows, note = bench.block, bench.note
    for b in range(rows.shape[1]):
        while rows[at.NEXT_S, b] <= now_s:
            when_s = rows[at.NEXT_S, b]
            _expose(b, when_s, rows)
            one, all_, mended = _rates(odds.block[way, :, b], rows[at.ALIVE, b])
            which = draw(odds.seed, who, at.D_WHICH, b, int(rows[at.EVENTS, b])) * (one + all_ + mended)
            if which < one:
                rows[at.FAILURES_ONE, b] += 1.0
                _take_out(b, 1.0, bench)
                note_cause(note, at.BLOCK, b)
            elif which < one + all_:
                rows[at.FAILURES_ALL, b] += 1.0
                _take_out(b, rows[at.ALIVE, b], bench)
                note_cause(note, at.BLOCK, b)
            else:
                _bring_back(b, bench)
            rows[at.EVENTS, b] += 1.0
            _next_event(odds, who, way, b, when_s, rows)


@njit(cache=True)
def _expose(b, now_s, rows):
    """Count the time in which blocks could have failed."""
    passed = now_s - rows[at.SINCE_S, b]
    rows[at.EXPOSED_S, b] += passed * rows[at.ALIVE, b]
    rows[at.EXPOSED_ALL_S, b] += passed if rows[at.ALIVE, b] > 0.0 else 0.0
    rows[at.SINCE_S, b] = now_s


@njit(cache=True)
def tell_blocks(odds, end_s, bench):
    """What the failures of the whole campaign say of declared against tilted odds."""
    rows, told = bench.block, 0.0
    for b in range(rows.shape[1]):
        _expose(b, end_s, rows)
        declared, tilted = odds.block[at.DECLARED, :, b], odds.block[at.TILTED, :, b]
        one, all_ = rows[at.FAILURES_ONE, b], rows[at.FAILURES_ALL, b]
        told += told_rate(declared[at.FAIL_PER_S], tilted[at.FAIL_PER_S], one, rows[at.EXPOSED_S, b])
        told += told_rate(
            declared[at.FAIL_ALL_PER_S], tilted[at.FAIL_ALL_PER_S], all_, rows[at.EXPOSED_ALL_S, b]
        )
    bench.note[at.N_LOG_RATIO] += told


@njit(cache=True)
def _take_out(b, count, bench):
    """So many blocks go, with the charge in them."""
    rows, state = bench.block, bench.carry.state
    rows[at.OUT_SOC, b] += count * state[block.SOC, b]
    rows[at.ALIVE, b] -= count
    _rate(b, bench)


@njit(cache=True)
def _bring_back(b, bench):
    """One mended block comes back with its charge, and all of the battery find a common one."""
    rows, state = bench.block, bench.carry.state
    alive = rows[at.ALIVE, b]
    own = rows[at.OUT_SOC, b] / (rows[at.OF, b] - alive)
    rows[at.OUT_SOC, b] -= own
    state[block.SOC, b] = (alive * state[block.SOC, b] + own) / (alive + 1.0)
    rows[at.ALIVE, b] = alive + 1.0
    _rate(b, bench)


@njit(cache=True)
def _rate(b, bench):
    """The block of the twin as large as what is left of the battery; dead and empty where nothing is."""
    rating, whole = bench.fleet[0].rating, bench.rating
    alive = bench.block[at.ALIVE, b]
    frac = max(alive, 1.0) / bench.block[at.OF, b]
    for row in _EXTENSIVE:
        rating[row, b] = whole[row, b] * frac
    rating[block.PER_RATED, b] = whole[block.PER_RATED, b] / frac
    rating[block.MODE, b] = whole[block.MODE, b] if alive > 0.0 else block.DEAD
    if alive <= 0.0:
        bench.carry.state[block.SOC, b] = rating[block.SOC_LOW, b]
