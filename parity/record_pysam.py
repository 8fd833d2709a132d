"""Run SAM's battery (NREL-PySAM, BatteryStateful) on its cases of the accuracy table and record what it answers.

Needs    NREL-PySAM, parity.profiles, parity.store.
Gives    recorded/pysam.json.
Used by  parity.__main__, in the environment of PySAM.

Its cycle table is one of ours, small and straight. Its capacity is made independent of temperature (one curve, 100 %
everywhere): wattstack has no such curve. It heats the pack with (current of the pack) squared x (resistance of one
cell), where series / parallel times that is right: the test scales the thermal mass to the same end. It finds the
current of a step from the voltage at its end, hence short steps over the week. Power > 0 discharges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySAM import BatteryStateful

from parity.profiles import once_a_day, wave
from parity.store import numbers, write_record

SOC = np.linspace(0.0, 1.0, 51)
INNER = 10  # steps of the peer to one of ours over the week: it takes the voltage at the end of a step for all of it
FLAT = [[-20.0, 100.0], [60.0, 100.0]]
# Depth [%], cycles, capacity [%]: a small table of ours instead of the peer's long one
CYCLE_TABLE = [[20.0, 0.0, 100.0], [20.0, 20000.0, 80.0], [80.0, 0.0, 100.0], [80.0, 5000.0, 80.0]]
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
    if cell.life_model == 0:
        cell.cycling_matrix = CYCLE_TABLE
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


def run(model: Any, asked: np.ndarray, every: int) -> dict:
    """What the pack shows after every so many steps."""
    rows = []
    by_power = model.Controls.control_mode == 1.0
    for step, value in enumerate(asked.tolist()):
        if by_power:
            model.Controls.input_power = value
        else:
            model.Controls.input_current = value
        model.execute(0)
        if (step + 1) % every == 0:
            pack, cell = model.StatePack, model.StateCell
            rows.append((pack.SOC / 100.0, cell.cell_voltage, pack.T_batt, cell.q_relative / 100.0))
    soc, volts, temp, capacity = zip(*rows, strict=True)
    parts = _parts(model) if model.ParamsCell.life_model == 0 else {}
    return parts | {
        "steps": asked.size, "step_s": 3600.0 * model.Controls.dt_hr, "every": every,
        "soc": numbers(soc), "voltage_v": numbers(volts), "temp_degc": numbers(temp), "capacity": numbers(capacity),
    }  # fmt: skip


def _parts(model: Any) -> dict:
    """Of the life model by tables: its two capacities and its count of cycles."""
    cell = model.StateCell
    return {
        "calendar_capacity": cell.q_relative_calendar / 100.0,
        "cycle_capacity": cell.q_relative_cycle / 100.0,
        "cycles": cell.n_cycles,
        "mean_depth": cell.average_range / 100.0,
    }


def week(chemistry: str) -> dict:
    """A week of the wave by power, each minute in ten steps."""
    asked = RATED_KW * np.repeat(wave(10080, 60.0), INNER)
    shown = run(battery(chemistry, 60.0 / INNER), asked, 60 * INNER)
    return shown | {"rated_w": 1e3 * RATED_KW, "steps": 10080, "step_s": 60.0, "every": 60}


def year(chemistry: str, c_rate: float, shape: Callable, start_soc: float) -> dict:
    """A year by current at a quarter of an hour, shown every nine days or so, at changing hours.

    By current the state of charge follows from the capacity alone: the year is about ageing.
    """
    model = battery(chemistry, 900.0, start_soc)
    model.execute(0)
    rated_a = c_rate * model.StatePack.Q_max / (model.StateCell.q_relative / 100.0)
    model = battery(chemistry, 900.0, start_soc)
    model.Controls.control_mode = 0.0
    model.Controls.input_current = 0.0
    model.setup()
    shown = run(model, rated_a * shape(35040, 900.0), 887)
    return {"c_rate": c_rate, "start_soc": start_soc} | shown


def life_record() -> dict:
    """What the peer's life model by tables was given: its own calendar numbers, our table of cycles."""
    model = BatteryStateful.default("LFPGraphite")  # kept: the parts of a model that is gone cannot be read
    given = model.ParamsCell
    calendar = {key: getattr(given, f"calendar_{key}") for key in ("q0", "a", "b", "c")}
    return {"calendar": calendar, "depth_pct, cycles, capacity_pct": CYCLE_TABLE}


def main() -> None:
    """Record all cases."""
    cases: dict[str, Any] = {
        "lfp_pack": pack_record("LFPGraphite"),
        "lfp_life": life_record(),
        "lfp_week": week("LFPGraphite"),
        "lfp_year": year("LFPGraphite", 0.4, wave, 0.5),
    }
    for name, chemistry in (("nmc", "NMCGraphite"), ("lmo_lto", "LMOLTO")):
        cases |= {
            f"{name}_pack": pack_record(chemistry),
            f"{name}_year": year(chemistry, 0.375, once_a_day, 0.9),
        }
    write_record("pysam", "NREL-PySAM", cases)


if __name__ == "__main__":
    main()
