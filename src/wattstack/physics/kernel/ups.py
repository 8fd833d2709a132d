"""An uninterruptible supply, one step: on the grid, changing over, on its battery, empty; counting sags; walking in.

Needs    physics.kernel.supply (its rows come first).
Gives    ups_watch, ups_seen, ups_feed; rows of the constants and of the state, the kinds and the modes.
Used by  physics.kernel.chain; physics.chain.ups says what the numbers mean and where they come from.

A group without a unit has kind NO_UPS: it hangs on the feeder, and its chain loses a share of what it carries.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.supply import MISSING_MJ, NSUPPLY_CONST, NSUPPLY_STATE, RACK_MW

# const[FIELD, group], below those of the supplies; SAG_COUNT 0: it never counts; HOLD_S inf: a person resets it
(
    KIND, RATING_MW, BATTERY_FULL_MJ, NO_LOAD_MW, LOSS_FRAC, TAN_PHI, CURRENT_MW, LOW_PU, HIGH_PU, NOMINAL_HZ,
    WINDOW_HZ, DETECT_S, TRANSFER_S, RETURN_S, WALK_IN_S, SAG_COUNT, SAG_WINDOW_S, HOLD_S, RECHARGE_MW,
    LONG_S, LONG_WALK_IN_S,
) = range(NSUPPLY_CONST, NSUPPLY_CONST + 21)  # fmt: skip
NCHAIN_CONST = NSUPPLY_CONST + 21
# state[FIELD, group]; WALK: 0 .. 1 share of the load on the grid, 1 .. 2 share of the recharge;
# AWAY_S: how long the grid was away when it was away last;
# LOCK_S: it stays on battery for so long yet (set to 0 = reset by a person); SAGS: sags seen; LEFT: times it left
(
    UPS_MODE, BAD_S, GOOD_S, WALK, BATTERY_MJ, BATTERY_MW, LOCK_S, SAGS, LEFT, CHANGE_S, UPS_LOSS_MJ, AWAY_S,
) = range(NSUPPLY_STATE, NSUPPLY_STATE + 12)  # fmt: skip
FIRST_SAG = NSUPPLY_STATE + 12  # from here: moments of the last sags [s], as many rows as the greatest count

# values of const[KIND] and state[UPS_MODE]
NO_UPS, DOUBLE, ECO = 0.0, 1.0, 2.0
ON_GRID, CHANGING, ON_BATTERY, EMPTY = 0.0, 1.0, 2.0, 3.0

RECHARGE_EFF = 0.95  # stored / drawn of its battery, assumption
TAPER_S = 300.0  # near full the recharge falls with what is missing over this time, assumption
ROUNDING_S = 1e-9


@njit(cache=True, error_model="numpy")
def ups_watch(const, state, g, volt_pu, freq_hz, t_s, step_s):
    """Follow voltage and frequency: when to leave the grid, when to come back."""
    outside = (
        volt_pu < const[LOW_PU, g]
        or volt_pu > const[HIGH_PU, g]
        or abs(freq_hz - const[NOMINAL_HZ, g]) > const[WINDOW_HZ, g]
    )
    mode = state[UPS_MODE, g]
    state[LOCK_S, g] = max(state[LOCK_S, g] - step_s, 0.0)
    if outside:
        before, due = state[BAD_S, g], const[DETECT_S, g] - ROUNDING_S
        state[BAD_S, g] = state[AWAY_S, g] = before + step_s
        state[GOOD_S, g] = 0.0
        if before + step_s >= due and (before < due or before == 0.0):
            _count(const, state, g, t_s)
            if mode == ON_GRID:
                bypassed = const[KIND, g] == ECO and state[WALK, g] >= 1.0
                mode = CHANGING if bypassed else ON_BATTERY
                # the step of the decision is not yet without input
                state[CHANGE_S, g] = const[TRANSFER_S, g] + step_s
                state[WALK, g] = 0.0
                state[LEFT, g] += 1.0
    else:
        state[BAD_S, g] = 0.0
        state[GOOD_S, g] += step_s
        due = state[GOOD_S, g] >= const[RETURN_S, g] - ROUNDING_S and state[LOCK_S, g] <= 0.0
        if due and (mode in (ON_BATTERY, EMPTY)):
            state[WALK, g] = 0.0 if state[BATTERY_MJ, g] > 0.0 else 1.0  # nothing is left to share the load
            mode = ON_GRID
        elif mode == ON_GRID and state[WALK, g] < 2.0:
            walk_s = const[LONG_WALK_IN_S, g] if state[AWAY_S, g] > const[LONG_S, g] else const[WALK_IN_S, g]
            state[WALK, g] = min(state[WALK, g] + step_s / walk_s, 2.0) if walk_s > 0.0 else 2.0
    if mode == CHANGING:
        state[CHANGE_S, g] -= step_s
        if state[CHANGE_S, g] <= ROUNDING_S:
            mode = ON_BATTERY
    state[UPS_MODE, g] = mode


@njit(cache=True, error_model="numpy", forceinline=True)
def _count(const, state, g, t_s):
    """Note a sag; too many within the window lock the unit on its battery."""
    count = int(const[SAG_COUNT, g])
    place = int(state[SAGS, g])
    state[SAGS, g] += 1.0
    if count > 0:
        state[FIRST_SAG + place % count, g] = t_s
        oldest = state[FIRST_SAG + (place + 1) % count, g]
        if t_s - oldest <= const[SAG_WINDOW_S, g]:
            state[LOCK_S, g] = const[HOLD_S, g]


@njit(cache=True, error_model="numpy", forceinline=True)
def ups_seen(const, state, g, volt_pu):
    """Voltage that the racks behind the unit see [pu]."""
    mode = state[UPS_MODE, g]
    if mode == ON_GRID:
        bypassed = const[KIND, g] == ECO and state[WALK, g] >= 1.0
        return volt_pu if bypassed else 1.0
    return 1.0 if mode == ON_BATTERY else 0.0


@njit(cache=True, error_model="numpy", forceinline=True)
def ups_feed(const, state, g, rack_mw, volt_pu, step_s):
    """Power the unit draws from the feeder [MW] while its racks draw `rack_mw`; its battery gives or takes the rest."""
    mode = state[UPS_MODE, g]
    if mode in (CHANGING, EMPTY):
        state[BATTERY_MW, g] = 0.0
        return 0.0
    loss = const[NO_LOAD_MW, g] + const[LOSS_FRAC, g] * rack_mw
    need = rack_mw + loss
    drawn = 0.0
    if mode == ON_GRID:
        walk = state[WALK, g]
        drawn = need * min(walk, 1.0)
        if const[KIND, g] == DOUBLE or walk < 1.0:
            drawn = min(drawn, const[CURRENT_MW, g] * volt_pu)
    given = need - drawn
    if given > 0.0:
        there = state[BATTERY_MJ, g] / step_s
        if given >= there:
            short = min(given - there, rack_mw)
            loss -= given - there - short  # what the racks cannot miss was loss that was not there
            state[MISSING_MJ, g] += short * step_s
            state[RACK_MW, g] -= short
            given = there
            state[UPS_MODE, g], state[GOOD_S, g] = EMPTY, 0.0
        state[BATTERY_MJ, g] = max(state[BATTERY_MJ, g] - given * step_s, 0.0)
    elif state[BATTERY_MJ, g] < const[BATTERY_FULL_MJ, g] and state[WALK, g] > 1.0:
        room = const[BATTERY_FULL_MJ, g] - state[BATTERY_MJ, g]
        given = -min(
            const[RECHARGE_MW, g] * (state[WALK, g] - 1.0), room / (RECHARGE_EFF * max(TAPER_S, step_s))
        )
        given = -min(-given, max(const[CURRENT_MW, g] * volt_pu - drawn, 0.0))
        state[BATTERY_MJ, g] -= given * RECHARGE_EFF * step_s
        loss -= given * (1.0 - RECHARGE_EFF)
        drawn -= given
    state[BATTERY_MW, g] = given
    state[UPS_LOSS_MJ, g] += loss * step_s
    return drawn
