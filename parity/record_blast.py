"""Run BLAST-Lite's ageing models over a grid of stress and over a duty, and record what they answer.

Needs    blast-lite (NumPy below 2), parity.profiles, parity.store.
Gives    recorded/blast.json.
Used by  parity.__main__, in the environment of BLAST-Lite.

The grid hands constant stress straight to the rates and states of a model, a tenth of a day at a time for ten years: it
holds the laws, not the way stress is read off a series. The duty goes through the whole simulation of the peer, which
drops the time between two windows (of this duty about one half-hour in forty-nine).
"""

from __future__ import annotations

import warnings

import numpy as np
from blast import models

from parity.profiles import triangles
from parity.store import numbers, write_record

DAY_S = 86400.0
YEARS = 10
SOC_HIGH, DOD = 0.7, 0.4  # of the duty
PER_DAY = 48  # points of the duty
INNER = 10  # steps a day: the peer takes explicit ones
# temp_degc, soc, dod, c_rate, full equivalent cycles a day
GRID = (
    (15.0, 0.3, 0.0, 0.0, 0.0),
    (25.0, 0.5, 0.0, 0.0, 0.0),
    (35.0, 0.9, 0.0, 0.0, 0.0),
    (15.0, 0.5, 0.8, 0.3, 1.0),
    (25.0, 0.5, 0.9, 0.5, 0.8),
    (35.0, 0.55, 0.8, 0.5, 1.5),
)
MODELS = {
    "lfp_250ah": models.Lfp_Gr_250AhPrismatic,
    "lfp_sony_3ah": models.Lfp_Gr_SonyMurata3Ah_Battery,
    "lmo_leaf_66ah": models.Lmo_Gr_NissanLeaf66Ah_2ndLife_Battery,
    "nca_panasonic_3ah": models.Nca_Gr_Panasonic3Ah_Battery,
    "nca_sony_2p5ah": models.NCA_GrSi_SonyMurata2p5Ah_Battery,
    "nmc111_kokam_75ah": models.Nmc111_Gr_Kokam75Ah_Battery,
    "nmc111_sanyo_2ah": models.Nmc111_Gr_Sanyo2Ah_Battery,
    "nmc622_denso_50ah": models.Nmc622_Gr_DENSO50Ah_Battery,
    "nmc811_lg_m50": models.Nmc811_GrSi_LGM50_5Ah_Battery,
    "nmc811_lg_mj1": models.Nmc811_GrSi_LGMJ1_4Ah_Battery,
    "nmc_50ah_b1": models.NMC_Gr_50Ah_B1,
    "nmc_50ah_b2": models.NMC_Gr_50Ah_B2,
    "nmc_75ah_a": models.NMC_Gr_75Ah_A,
    "nmc_lto_10ah": models.Nmc_Lto_10Ah_Battery,
}


def stress_of(model: models.BatteryDegradationModel, row: tuple[float, ...]) -> dict:
    """A day of constant stress as the models take it."""
    temp_degc, soc, dod, c_rate, cycles = row
    two = np.ones(2)
    return {
        "t_secs": np.array([0.0, DAY_S]), "delta_t_days": 1.0, "delta_efc": cycles, "TdegK": two * (temp_degc + 273.15),
        "soc": two * soc, "Ua": model._get_Ua(two * soc), "dod": dod, "Crate": c_rate,
        "cycles": cycles / dod if dod else 0.0,
        "soc_low": soc - dod / 2.0, "soc_high": soc + dod / 2.0, "Cchg": c_rate, "Cdis": c_rate,
    }  # fmt: skip


def after_ten_years(kind: type, row: tuple[float, ...]) -> tuple[float, float]:
    """Capacity and resistance (nan where the model has none) after ten years of equal days."""
    model = kind()
    stress = stress_of(model, row)
    model.update_rates(stress)
    short = stress | {key: stress[key] / INNER for key in ("delta_t_days", "delta_efc", "cycles")}
    for _ in range(365 * YEARS * INNER):
        model.update_states(short)
        model.states = {
            key: values[-1:] for key, values in model.states.items()
        }  # the past is long and not used
    model.update_outputs(stress)
    return model.outputs["q"][-1], model.outputs["r"][-1] if "r" in model.outputs else np.nan


def duty(kind: type) -> list:
    """Capacity after every year of two shallow cycles a day at 25 degC, through the whole of the peer."""
    soc = triangles(365, PER_DAY, SOC_HIGH, DOD)
    seconds = np.arange(soc.size) * (DAY_S / PER_DAY)
    model = kind()
    model.simulate_battery_life(
        {"Time_s": seconds, "SOC": soc, "Temperature_C": np.full(soc.size, 25.0)},
        threshold_time=YEARS,
        is_conserve_energy_throughput=False,
    )
    years = model.stressors["t_days"] / 365.0
    return numbers(np.interp(np.arange(1, YEARS + 1), years, model.outputs["q"]))


def main() -> None:
    """Record all models."""
    warnings.filterwarnings("ignore")
    grid = {name: [after_ten_years(kind, row) for row in GRID] for name, kind in MODELS.items()}
    cases = {
        "temp_degc, soc, dod, c_rate, cycles_per_day": numbers(GRID),
        "years": YEARS,
        "capacity": {name: numbers([q for q, _ in rows]) for name, rows in grid.items()},
        "resistance": {
            name: numbers([r for _, r in rows]) for name, rows in grid.items() if not np.isnan(rows[0][1])
        },
        "duty": {"per_day": PER_DAY, "soc_high": SOC_HIGH, "dod": DOD, "temp_degc": 25.0},
        "duty_capacity": {name: duty(kind) for name, kind in MODELS.items()},
    }
    write_record("blast", "blast-lite", cases)


if __name__ == "__main__":
    main()
