"""The electrical chain of every rack group, one step: supplies and stored energy, then the uninterruptible unit.

Needs    physics.kernel: supply, ups, borrow.
Gives    Chain, advance_chain, run_chain.
Used by  twin, physics.chain.

All groups see the same voltage and frequency, each has thresholds and a state of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.supply import filter_shares, supply_step
from wattstack.physics.kernel.ups import (
    BAD_S,
    HIGH_PU,
    KIND,
    LOSS_FRAC,
    LOW_PU,
    NO_UPS,
    NOMINAL_HZ,
    ON_GRID,
    TAN_PHI,
    UPS_LOSS_MJ,
    UPS_MODE,
    WALK,
    WINDOW_HZ,
    ups_feed,
    ups_seen,
    ups_watch,
)


class Chain(NamedTuple):
    """Constants of the rack groups.

    Attributes:
        const: Rows of physics.kernel.supply and ups, (NCHAIN_CONST, ng).
        rates: Shares of the way of filters in one step, (NRATE, ng); made again when the step changes.
        made_for_s: Step that `rates` were made for, (1,).
    """

    const: np.ndarray
    rates: np.ndarray
    made_for_s: np.ndarray


@njit(cache=True, error_model="numpy")
def advance_chain(chain, state, gpu_mw, volt_pu, freq_hz, t_s, step_s, ac_mw, ac_mvar):
    """Move the chain of every group one step on, in place.

    Args:
        chain: Constants; its rates are made again when step_s is another than before.
        state: (rows, ng), changed.
        gpu_mw: What the servers of each group draw (ng,).
        volt_pu, freq_hz: Voltage and frequency at the feeder, of the step before.
        t_s: Moment at the start of the step, for counting sags.
        step_s: Length of the step [s], > 0.
        ac_mw, ac_mvar: What each group draws from the feeder (ng,), written.
    """
    _advance(
        borrowed(chain), borrowed(state), borrowed(gpu_mw), volt_pu, freq_hz, t_s, step_s, borrowed(ac_mw),
        borrowed(ac_mvar),
    )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _advance(chain, state, gpu_mw, volt_pu, freq_hz, t_s, step_s, ac_mw, ac_mvar):
    """advance_chain on borrowed arrays."""
    const, rates = chain.const, chain.rates
    if chain.made_for_s[0] != step_s:
        filter_shares(const, rates, step_s)
        chain.made_for_s[0] = step_s
    for g in range(gpu_mw.shape[0]):
        if const[KIND, g] == NO_UPS:
            rack = supply_step(const, rates, state, g, gpu_mw[g], volt_pu, step_s)
            loss = rack * const[LOSS_FRAC, g]
            state[UPS_LOSS_MJ, g] += loss * step_s
            drawn = rack + loss
        else:
            quiet = (
                state[UPS_MODE, g] == ON_GRID
                and state[WALK, g] == 2.0
                and state[BAD_S, g] == 0.0
                and const[LOW_PU, g] <= volt_pu <= const[HIGH_PU, g]
                and abs(freq_hz - const[NOMINAL_HZ, g]) <= const[WINDOW_HZ, g]
            )
            if not quiet:
                ups_watch(const, state, g, volt_pu, freq_hz, t_s, step_s)
            rack = supply_step(const, rates, state, g, gpu_mw[g], ups_seen(const, state, g, volt_pu), step_s)
            drawn = ups_feed(const, state, g, rack, volt_pu, step_s)
        ac_mw[g] = drawn
        ac_mvar[g] = drawn * const[TAN_PHI, g]


@njit(cache=True, error_model="numpy")
def run_chain(chain, state, gpu_mw, volt_pu, freq_hz, step_s, rows, drawn_mw):
    """advance_chain over arrays (steps, ng) and (steps,); rows (rows of the state, ng, steps), drawn_mw (ng, steps)."""
    groups = gpu_mw.shape[1]
    ac_mw, ac_mvar = np.empty(groups), np.empty(groups)
    for k in range(gpu_mw.shape[0]):
        advance_chain(chain, state, gpu_mw[k], volt_pu[k], freq_hz[k], k * step_s, step_s, ac_mw, ac_mvar)
        rows[:, :, k] = state
        drawn_mw[:, k] = ac_mw
