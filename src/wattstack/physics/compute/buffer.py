"""What a swing or a step of the load asks of a store, and how far it lies above a limit: the formulas behind the sizes.

Needs    nothing.
Gives    step_energy_mwh, stop_pulses_mwh, ramp_minutes, buffer_energy_mwh, longest_period_s, attenuation_db,
         gpus_per_mw, stops_per_h.
Used by  prove, benchmarks.
"""

from __future__ import annotations

import math


def step_energy_mwh(step_mw: float, ramp_mw_per_min: float) -> float:
    """Energy that carries the grid over a step of the load when the grid may only ramp.

    The store takes what lies between the step and a straight ramp: a triangle, dP^2 / 2r.

    Args:
        step_mw: Height of the step, either way [MW].
        ramp_mw_per_min: Fastest change that the grid is shown [MW/min], > 0.

    Returns:
        Energy [MWh], losses of the store apart.

    Example:
        >>> round(step_energy_mwh(60.0, 20.0), 2)
        1.5
    """
    return step_mw * step_mw / (2.0 * ramp_mw_per_min) / 60.0


def stop_pulses_mwh(step_mw: float, ramp_mw_per_min: float, away_min: float) -> tuple[float, float]:
    """Energy that a store takes in when a job stops, and gives when it comes back.

    Where the ramp is over before the job comes back each is a whole triangle, dP^2 / 2r. Where it is not, the grid has
    come down by r T only when the load returns: dP T - r T^2 / 2 went in, r T^2 / 2 is asked for.

    Args:
        step_mw: What the stop takes from the load [MW], >= 0.
        ramp_mw_per_min: Fastest change that the grid is shown [MW/min], > 0.
        away_min: From the stop until the job is back [min].

    Returns:
        In and out [MWh], losses of the store apart.

    Example:
        >>> [round(energy, 2) for energy in stop_pulses_mwh(60.0, 20.0, 8.0)]
        [1.5, 1.5]
        >>> [round(energy, 2) for energy in stop_pulses_mwh(300.0, 5.0, 8.0)]
        [37.33, 2.67]
    """
    down_min = min(away_min, ramp_minutes(step_mw, ramp_mw_per_min))
    given_mwh = 0.5 * ramp_mw_per_min * down_min * down_min / 60.0
    return step_mw * down_min / 60.0 - given_mwh, given_mwh


def ramp_minutes(step_mw: float, ramp_mw_per_min: float) -> float:
    """How long the grid ramps after a step of the load [min].

    Example:
        >>> ramp_minutes(-60.0, 20.0)
        3.0
    """
    return abs(step_mw) / ramp_mw_per_min


def buffer_energy_mwh(swing_mw: float, period_s: float, duty_frac: float) -> float:
    """Energy that levels a rectangular wave at its mean, dP x T x d (1 - d).

    Args:
        swing_mw: From low to high [MW].
        period_s: Of the wave [s].
        duty_frac: Share of the period at high power.

    Returns:
        Energy from the emptiest to the fullest moment [MWh], losses apart.

    Example:
        >>> round(buffer_energy_mwh(0.0007, 2.0, 0.85) * 3.6e9)  # J for the 0.7 kW of one GPU
        178
    """
    return swing_mw * period_s * duty_frac * (1.0 - duty_frac) / 3600.0


def longest_period_s(energy_mwh: float, swing_mw: float, duty_frac: float) -> float:
    """Longest period that a store levels; infinite where there is no swing. The inverse of buffer_energy_mwh.

    Example:
        >>> round(longest_period_s(65.0 / 3.6e9, 0.0007, 0.85), 2)  # 65 J for the 0.7 kW of one GPU
        0.73
    """
    need_mwh = buffer_energy_mwh(swing_mw, 1.0, duty_frac)
    return energy_mwh / need_mwh if need_mwh > 0.0 else math.inf


def attenuation_db(swing_mw: float, limit_mw: float) -> float:
    """By how much a swing must shrink to keep a limit [dB]; below 0 it keeps it with so much to spare.

    Both peak to peak, or both as amplitudes.

    Example:
        >>> round(attenuation_db(38.0, 10.0), 1)
        11.6
    """
    if swing_mw == 0.0:
        return -math.inf
    return 20.0 * math.log10(abs(swing_mw) / limit_mw)


def gpus_per_mw(power_per_gpu_kw: float, network_frac: float, chain_and_cooling_frac: float) -> float:
    """GPUs that one MW at the meter feeds.

    Args:
        power_per_gpu_kw: Power of a full node at its input / its GPUs [kW].
        network_frac: Network and storage / power of the servers.
        chain_and_cooling_frac: Losses of the supply chain and cooling / power of all IT.

    Example:
        >>> round(gpus_per_mw(1.83, 0.06, 0.16))
        444
    """
    return 1000.0 / (power_per_gpu_kw * (1.0 + network_frac) * (1.0 + chain_and_cooling_frac))


def stops_per_h(gpus: float, failures_per_gpu_h: float = 2.0e-5) -> float:
    """Unexpected stops of a job an hour: any of its GPUs stops all of them.

    Source:
        419 stops in 54 days on 16,384 GPUs, Llama Team (2024), arXiv 2407.21783.

    Example:
        >>> stops_per_h(40_000)
        0.8
    """
    return gpus * failures_per_gpu_h
