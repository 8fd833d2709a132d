"""Power supplies of a group of racks and the energy stored in them: what they draw when servers draw so much.

Gives    supply_step, start_supply, filter_shares; rows of the constants and of the state.
Used by  physics.kernel.chain; physics.chain.supply says what the numbers mean and where they come from.

The store holds the draw at the running mean of the load and of its own loss, so that losses do not empty it. A supply
draws constant power while its input is well. Its bulk capacitors bridge what the input does not give; when they are
empty, or voltage was outside for longer than the ITIC curve allows, the racks go dark and come back by themselves.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# const[FIELD, group], of a chain
FULL_MW, FILTER_S, STORE_FULL_MJ, STORE_POWER_MW, STORE_EFF, AVERAGE_S, RECENTRE_S, BULK_FULL_MJ = range(8)
NSUPPLY_CONST = 8
# state[FIELD, group]; MISSING_MJ: what the bulk capacitors lack; STORE_MW: into the store, at its terminals
(
    FILTERED_MW,
    MEAN_MW,
    STORE_MJ,
    STORE_MW,
    STORE_LOSS_MJ,
    MISSING_MJ,
    STRESS,
    SUPPLY_MODE,
    SUPPLY_S,
    RACK_MW,
) = range(10)
NSUPPLY_STATE = 10
# rates[FIELD, group]: shares of the way in one step; powers per MJ that is free, there, off the middle; 1 / efficiency
FILTER_SHARE, MEAN_SHARE, TAKE_PER_MJ, GIVE_PER_MJ, PULL_PER_MJ, PER_EFF = range(6)
NRATE = 6
# values of state[SUPPLY_MODE]
FED, DARK, SOFT_START = 0.0, 1.0, 2.0

WELL_LOW_PU, WELL_HIGH_PU = 0.9, 1.1  # ITIC curve (ITI 2000): no limit of time between
OFF_BELOW_PU = 0.7  # the input is shut: ITIC asks 20 ms there
SUPPLY_CURRENT_PU = 1.25  # full power down to 0.8: assumption, inside what the ITIC curve asks
REFILL_S = 0.1  # time constant with which bulk capacitors fill again, assumption
BACK_S = 2.0  # well for so long before dark racks come back, assumption
SOFT_START_S = 2.0  # from dark to all that the servers ask, assumption


@njit(cache=True, error_model="numpy")
def filter_shares(const, rates, step_s):
    """Shares of the way that filters go in a step of this length, exact for an input that stands still; reciprocals."""
    for g in range(const.shape[1]):
        for way, tau in ((FILTER_SHARE, const[FILTER_S, g]), (MEAN_SHARE, const[AVERAGE_S, g])):
            rates[way, g] = 1.0 - np.exp(-step_s / tau) if tau > 0.0 else 1.0
        rates[PER_EFF, g] = 1.0 / const[STORE_EFF, g]
        rates[TAKE_PER_MJ, g] = 1.0 / (const[STORE_EFF, g] * step_s)
        rates[GIVE_PER_MJ, g] = const[STORE_EFF, g] / step_s
        rates[PULL_PER_MJ, g] = 1.0 / const[RECENTRE_S, g]


@njit(cache=True, error_model="numpy")
def start_supply(const, state, g, gpu_mw):
    """Put the supplies of group `g` at rest: they draw `gpu_mw`, the store is half full."""
    state[FILTERED_MW, g] = state[MEAN_MW, g] = state[RACK_MW, g] = gpu_mw
    state[STORE_MJ, g] = 0.5 * const[STORE_FULL_MJ, g]


@njit(cache=True, error_model="numpy", forceinline=True)
def allowed_s(volt_pu):
    """Time that a supply bears a voltage outside 0.9 .. 1.1; below 0.7 its capacitors tell."""
    if volt_pu < OFF_BELOW_PU:
        return np.inf
    if volt_pu < 0.8:
        return 0.5
    if volt_pu < WELL_LOW_PU:
        return 10.0
    if volt_pu <= 1.2:
        return 0.5
    return 0.003


@njit(cache=True, error_model="numpy", forceinline=True)
def supply_step(const, rates, state, g, gpu_mw, volt_pu, step_s):
    """Move the supplies of group `g` one step on; returns what they draw [MW] at `volt_pu`, the voltage they see."""
    well = WELL_LOW_PU <= volt_pu <= WELL_HIGH_PU
    if state[SUPPLY_MODE, g] != FED:
        gpu_mw *= _come_back(state, g, well, step_s)
    load = state[FILTERED_MW, g] + rates[FILTER_SHARE, g] * (gpu_mw - state[FILTERED_MW, g])
    if state[SUPPLY_MODE, g] == DARK:
        load = 0.0
    state[FILTERED_MW, g] = load
    before = state[STORE_MW, g]
    lost = before * (1.0 - (const[STORE_EFF, g] if before > 0.0 else rates[PER_EFF, g]))
    mean = state[MEAN_MW, g] + rates[MEAN_SHARE, g] * (load + lost - state[MEAN_MW, g])
    state[MEAN_MW, g] = mean
    full = const[STORE_FULL_MJ, g]
    store = give = 0.0
    if full > 0.0:
        there, power = state[STORE_MJ, g], const[STORE_POWER_MW, g]
        take = min(power, (full - there) * rates[TAKE_PER_MJ, g])
        give = min(power, there * rates[GIVE_PER_MJ, g])
        store = mean + (0.5 * full - there) * rates[PULL_PER_MJ, g] - load
        store = max(min(max(store, -load), take), -give)
    if not well or state[MISSING_MJ, g] > 0.0 or state[SUPPLY_MODE, g] == DARK:
        drawn, store = _hold_up(const, state, g, load, store, give, volt_pu, well, step_s)
    else:
        drawn = load + store
        state[STRESS, g] = 0.0
    if full > 0.0:
        kept = store * (const[STORE_EFF, g] if store > 0.0 else rates[PER_EFF, g])
        state[STORE_MJ, g] = min(max(state[STORE_MJ, g] + kept * step_s, 0.0), full)  # clip: rounding only
        state[STORE_LOSS_MJ, g] += (store - kept) * step_s
        state[STORE_MW, g] = store
    state[RACK_MW, g] = drawn
    return drawn


@njit(cache=True, error_model="numpy")
def _come_back(state, g, well, step_s):
    """Racks that went dark: they wait for a voltage that stays well, then start softly; share of power let through."""
    if state[SUPPLY_MODE, g] == DARK:
        state[SUPPLY_S, g] = state[SUPPLY_S, g] + step_s if well else 0.0
        if state[SUPPLY_S, g] < BACK_S:
            return 0.0
        state[SUPPLY_MODE, g], state[SUPPLY_S, g] = SOFT_START, 0.0
    state[SUPPLY_S, g] += step_s
    if state[SUPPLY_S, g] >= SOFT_START_S:
        state[SUPPLY_MODE, g] = FED
        return 1.0
    return state[SUPPLY_S, g] / SOFT_START_S


@njit(cache=True, error_model="numpy")
def _hold_up(const, state, g, load, store, give, volt_pu, well, step_s):
    """Draw and power of the store while the input is not well or the bulk capacitors are not full."""
    if state[SUPPLY_MODE, g] == DARK:
        return 0.0, 0.0
    most = 0.0 if volt_pu < OFF_BELOW_PU else SUPPLY_CURRENT_PU * volt_pu * const[FULL_MW, g]
    lacks = load + store - most
    if lacks > 0.0:
        store = max(store - lacks, -give)
    needed = load + store
    refill = state[MISSING_MJ, g] / max(REFILL_S, step_s)
    drawn = min(needed + refill, most)
    missing = max(state[MISSING_MJ, g] + (needed - drawn) * step_s, 0.0)
    state[STRESS, g] = 0.0 if well else state[STRESS, g] + step_s / allowed_s(volt_pu)
    if missing > const[BULK_FULL_MJ, g] * (1.0 + 1e-9) or state[STRESS, g] > 1.0 + 1e-9:
        state[SUPPLY_MODE, g] = DARK
        state[SUPPLY_S, g] = state[STRESS, g] = 0.0
        missing = min(missing, const[BULK_FULL_MJ, g])
    if missing < 1e-9 * const[BULK_FULL_MJ, g]:
        missing = 0.0
    state[MISSING_MJ, g] = missing
    return drawn, store
