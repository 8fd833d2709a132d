"""The battery of a plan: a store with one efficiency each way.

Gives    reservoir_core.
Used by  physics.kernel.batch.

Source: energy-reservoir model, Rosewater et al. (2019), doi:10.1109/ACCESS.2019.2957698.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, error_model="numpy")
def reservoir_core(
    stored_mwh, setpoint_mw, step_h, charge_mw, discharge_mw, energy_mwh, charge_eff, discharge_eff, kept_frac
):
    """One battery, one step: standing loss first, then the ask is cut to ratings and to the window.

    Returns (stored_mwh, injection_mw, room to charge, room to discharge), the rooms in MW at the bus.
    """
    stored_mwh *= kept_frac
    can_charge = min(charge_mw, max(energy_mwh - stored_mwh, 0.0) / (charge_eff * step_h))
    can_discharge = min(discharge_mw, max(stored_mwh, 0.0) * discharge_eff / step_h)
    injection_mw = min(max(setpoint_mw, -can_charge), can_discharge)
    drawn_mwh = injection_mw * step_h * (charge_eff if injection_mw < 0.0 else 1.0 / discharge_eff)
    left_mwh = min(max(stored_mwh - drawn_mwh, 0.0), max(energy_mwh, stored_mwh))  # clip: rounding only
    return left_mwh, injection_mw, can_charge, can_discharge
