"""What computes, as it draws: jobs, serving fleets, what GPUs do against swings, what swings ask of a store.

Gives    make_load, LoadSet, power_wave, step_means, mean_power_frac; smoothing_cost, SmoothingCost, throughput_frac;
         step_energy_mwh, stop_pulses_mwh, buffer_energy_mwh, ramp_minutes, attenuation_db, longest_period_s,
         gpus_per_mw, stops_per_h.
Used by  case, twin, prove.
"""

from wattstack.physics.compute.buffer import (
    attenuation_db,
    buffer_energy_mwh,
    gpus_per_mw,
    longest_period_s,
    ramp_minutes,
    step_energy_mwh,
    stop_pulses_mwh,
    stops_per_h,
)
from wattstack.physics.compute.gpu import SmoothingCost, smoothing_cost, throughput_frac
from wattstack.physics.compute.jobs import mean_power_frac
from wattstack.physics.compute.load import LoadSet, make_load
from wattstack.physics.compute.minutes import step_means
from wattstack.physics.compute.wave import power_wave

__all__ = [
    "LoadSet", "SmoothingCost", "attenuation_db", "buffer_energy_mwh", "gpus_per_mw", "longest_period_s",
    "make_load", "mean_power_frac", "power_wave", "ramp_minutes", "smoothing_cost", "step_energy_mwh", "step_means",
    "stop_pulses_mwh", "stops_per_h", "throughput_frac",
]  # fmt: skip
