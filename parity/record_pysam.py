"""Run SAM's battery (NREL-PySAM, BatteryStateful) on its cases of the accuracy table and record what it answers.

Needs    NREL-PySAM, parity.profiles, parity.store.
Gives    recorded/pysam.json.
Used by  parity.__main__, in the environment of PySAM.

Its capacity is made independent of temperature here (one curve, 100 % everywhere), which wattstack has no such curve
for. It heats the pack with (current of the pack) squared x (resistance of one cell), where series / parallel times
that is right: the test scales the thermal mass to the same end. Power > 0 discharges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySAM import BatteryStateful

from parity.profiles import wave
from parity.store import numbers, write_record

SOC = np.linspace(0.0, 1.0, 51)
FLAT = [[-20.0, 100.0], [60.0, 100.0]]
PACK = {"nominal_energy": 2000.0, "nominal_voltage": 1000.0}
RATED_KW = 900.0


def battery(chemistry: str, step_s: float, start_soc: float = 0.5) -> Any:
    """A pack of SAM, ready to be stepped by power."""
    model = BatteryStateful.default(chemistry)
    for key, value in PACK.items():
        setattr(model.ParamsPack, key, value)
    pack = model.ParamsPack
    pack.cap_vs_temp = FLAT
    pack.T_room_init = 23.0
    pack.mass, pack.surface_area = 200.0 * 152.227, 5.0
    pack.loss_choice = 0
    pack.monthly_charge_loss = pack.monthly_discharge_loss = pack.monthly_idle_loss = [0.0]
    pack.replacement_option = 0
    cell = model.ParamsCell
    cell.initial_SOC, cell.minimum_SOC, cell.maximum_SOC = 100.0 * start_soc, 1.0, 99.0
    model.Controls.control_mode, model.Controls.dt_hr, model.Controls.input_power = 1.0, step_s / 3600.0, 0.0
    model.setup()
    return model


def open_circuit(chemistry: str) -> list:
    """Cell voltage at rest over SoC [V]: what the peer shows after a second without current."""
    volts = []
    for soc in np.clip(SOC, 0.0105, 0.9895):
        model = battery(chemistry, 1.0, float(soc))
        model.execute(0)
        volts.append(model.StateCell.cell_voltage)
    return numbers(volts)


def pack_record(chemistry: str) -> dict:
    """The pack as numbers."""
    model = battery(chemistry, 60.0)
    model.execute(0)
    given, pack = model.ParamsCell, model.ParamsPack
    cell_v = given.Vnom_default
    serial = int(np.ceil(PACK["nominal_voltage"] / cell_v))
    return {
        "serial": serial,
        "parallel": round(model.StatePack.Q_max / given.Qfull / (model.StateCell.q_relative / 100.0)),
        "start_capacity": model.StateCell.q_relative / 100.0,
        "capacity_ah": given.Qfull,
        "nominal_v": cell_v,
        "resistance_ohm": given.resistance,
        "soc_points": numbers(np.clip(SOC, 0.0105, 0.9895)),
        "ocv_v": open_circuit(chemistry),
        "temp_room_degc": 23.0,
        "pack_j_per_k": pack.mass * pack.Cp,
        "pack_w_per_k": pack.surface_area * pack.h,
    }


def run(chemistry: str, steps: int, step_s: float, every: int) -> dict:
    """The wave, and what the pack shows after every so many steps."""
    model = battery(chemistry, step_s)
    power_kw = RATED_KW * wave(steps, step_s)
    rows = []
    for step in range(steps):
        model.Controls.input_power = float(power_kw[step])
        model.execute(0)
        if (step + 1) % every == 0:
            pack, cell = model.StatePack, model.StateCell
            rows.append((pack.SOC / 100.0, cell.cell_voltage, pack.T_batt, cell.q_relative / 100.0))
    soc, volts, temp, capacity = zip(*rows, strict=True)
    return {
        "steps": steps, "step_s": step_s, "every": every, "rated_w": 1e3 * RATED_KW,
        "soc": numbers(soc), "voltage_v": numbers(volts), "temp_degc": numbers(temp), "capacity": numbers(capacity),
    }  # fmt: skip


def life_of(chemistry: str) -> dict:
    """What the peer's life model was given: calendar numbers and the table of depth, cycles, capacity."""
    model = BatteryStateful.default(chemistry)  # kept: the parts of a model that is gone cannot be read
    given = model.ParamsCell
    if given.life_model:
        return {}
    calendar = {key: getattr(given, f"calendar_{key}") for key in ("q0", "a", "b", "c")}
    return {"calendar": calendar, "depth_pct, cycles, capacity_pct": numbers(given.cycling_matrix)}


def year(chemistry: str) -> dict:
    """A year at 15 minutes, shown every nine days or so, at changing hours."""
    return run(chemistry, 35040, 900.0, 887)


def main() -> None:
    """Record all cases."""
    cases: dict[str, Any] = {
        "lfp_pack": pack_record("LFPGraphite"),
        "lfp_life": life_of("LFPGraphite"),
        "lfp_week": run("LFPGraphite", 10080, 60.0, 60),
        "lfp_year": year("LFPGraphite"),
    }
    for name, chemistry in (("nmc", "NMCGraphite"), ("lmo_lto", "LMOLTO")):
        cases |= {f"{name}_pack": pack_record(chemistry), f"{name}_year": year(chemistry)}
    write_record("pysam", "NREL-PySAM", cases)


if __name__ == "__main__":
    main()
