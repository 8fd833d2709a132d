"""Run simses 2 on its cases of the accuracy table and record what it answers.

Needs    simses (Python 3.12), parity.profiles, parity.store.
Gives    recorded/simses.json.
Used by  parity.__main__, in the environment of simses.

simses never turns the sign of its hysteresis: the cell runs with that part switched off, and with it on in charge
alone, where its sign is right. It steps explicitly, so it takes ten steps to one of ours, of 0.1 s and 6 s: our steps
are held to its limit of short ones. Its container is a forward Euler step that diverges at long steps: it runs at 1 s.
It counts a half cycle at every turn of the current; the test rebuilds that counting. Here power > 0 charges.
"""

from __future__ import annotations

import numpy as np
from simses.battery.battery import Battery
from simses.degradation.cycle_detector import HalfCycle
from simses.model.cell.sony_lfp import SonyLFP
from simses.model.converter.notton import Notton
from simses.model.converter.rampinelli import Rampinelli
from simses.model.degradation.sony_lfp_calendar import SonyLFPCalendarDegradation
from simses.model.degradation.sony_lfp_cyclic import SonyLFPCyclicDegradation
from simses.model.thermal.containers import TwentyFtContainer
from simses.thermal.ambient import AmbientThermalModel
from simses.thermal.container import ConstantCopHvac, ContainerThermalModel, ThermostatStrategy

from parity.profiles import ambient_degc, pulses, wave
from parity.store import numbers, write_record

SOC = np.linspace(0.0, 1.0, 41)  # knots that the cell is given to both with
SOC_OHM = np.linspace(0.0, 1.0, 11)
TEMP_DEGC = np.array([10.0, 25.0, 40.0])
INNER = 10  # steps of the peer to one of ours: it takes the state at the start of a step for the whole of it
START = {"start_soc": 0.5, "start_T": 25.0}


class KnotCell(SonyLFP):
    """The peer's cell seen at few knots, so that both interpolate between the same numbers."""

    def __init__(self, hysteresis: bool):
        super().__init__()
        at = [Battery(self, (1, 1), {"start_soc": s, "start_T": 25.0}).state for s in SOC]
        self._ocv_lut_soc, self._ocv_lut_ocv = SOC.tolist(), numbers([s.ocv for s in at])
        self._hyst_lut_soc = SOC.tolist()
        self._hyst_lut_hyst = numbers([s.hys if hysteresis else 0.0 for s in at])
        self._entropy_lut_soc, self._entropy_lut_entropy = SOC.tolist(), numbers([s.entropy for s in at])

    def ohm(self, charge: bool) -> list:
        """Resistance at the knots, one row a temperature [ohm]."""
        state = Battery(self, (1, 1), START).state
        state.is_charge = charge
        rows = []
        for state.T in TEMP_DEGC:
            row = []
            for state.soc in SOC_OHM:
                row.append(self.internal_resistance(state))
            rows.append(row)
        return numbers(rows)


def cell_record() -> dict:
    """The cell as numbers."""
    cell = KnotCell(hysteresis=True)
    battery = Battery(cell, (1, 1), START)
    return {
        "capacity_ah": battery.nominal_capacity,
        "nominal_v": battery.nominal_voltage,
        "voltage_min_v": battery.min_voltage,
        "voltage_max_v": battery.max_voltage,
        "charge_c_rate": cell.electrical.max_charge_rate,
        "discharge_c_rate": cell.electrical.max_discharge_rate,
        "heat_capacity_j_per_k": battery.thermal_capacity,
        "thermal_k_per_w": battery.thermal_resistance,
        "soc_points": numbers(SOC),
        "ocv_v": cell._ocv_lut_ocv,
        "hysteresis_v": cell._hyst_lut_hyst,
        "entropic_v_per_k": cell._entropy_lut_entropy,
        "resistance_soc": numbers(SOC_OHM),
        "resistance_temp_degc": numbers(TEMP_DEGC),
        "charge_ohm": cell.ohm(True),
        "discharge_ohm": cell.ohm(False),
    }


def run_cell(
    battery: Battery, power_w: np.ndarray, step_s: float, temp_air_degc: np.ndarray, every: int
) -> dict:
    """A battery in air of a given temperature, ten steps of its own to each of ours: what it
    shows after every so many, its voltage as the mean of a step."""
    air = AmbientThermalModel(float(temp_air_degc[0]), [battery])
    serial = battery.circuit[0]
    rows = []
    for step, power in enumerate(power_w):
        air.T_ambient = float(temp_air_degc[step])
        volts = 0.0
        for _ in range(INNER):
            battery.step(float(power), step_s / INNER)
            air.step(step_s / INNER)
            volts += battery.state.v / (serial * INNER)
        if (step + 1) % every == 0:
            state = battery.state
            rows.append((state.soc, volts, state.T))
    soc, voltage, temp = zip(*rows, strict=True)
    return {"soc": numbers(soc), "voltage_v": numbers(voltage), "temp_degc": numbers(temp)}


def pulse_case() -> dict:
    """One cell, 80 minutes of pulses up to 10 W at 1 s, no hysteresis; and half an hour of charge with it."""
    steps, peak_w = 4800, 10.0
    air = np.full(steps, 25.0)
    plain = run_cell(Battery(KnotCell(False), (1, 1), START), -peak_w * pulses(steps, 1.0), 1.0, air, 60)
    charge = run_cell(Battery(KnotCell(True), (1, 1), START), np.full(1800, 5.0), 1.0, air[:1800], 60)
    inputs = {
        "steps": steps,
        "step_s": 1.0,
        "peak_w": peak_w,
        "charge_w": 5.0,
        "charge_steps": 1800,
        "every": 60,
    }
    return inputs | {"plain": plain, "charge": charge}


def week_case() -> dict:
    """A pack of 2 MWh, a week at 60 s, with its ageing and its counting; no hysteresis."""
    serial, parallel, steps, step_s = 260, 800, 10080, 60.0
    power_w = -1e6 * wave(steps, step_s, -0.003)
    air = ambient_degc(steps, step_s, 24.0, 6.0)
    battery = Battery(KnotCell(False), (serial, parallel), START, degradation=True)
    shown = run_cell(battery, power_w, step_s, air, 60)
    parts, state = battery.degradation.state, battery.state
    return {
        "serial": serial, "parallel": parallel, "steps": steps, "step_s": step_s, "rated_w": 1e6, "drift": -0.003,
        "air_mean_degc": 24.0, "air_swing_k": 6.0, "every": 60,
        **shown,
        "capacity": state.soh_Q, "resistance": state.soh_R,
        "calendar_loss": parts.qloss_cal, "cycle_loss": parts.qloss_cyc,
        "full_cycles": battery.degradation.cycle_detector.total_fec,
    }  # fmt: skip


def converter_case() -> dict:
    """DC power for AC power, > 0 charges, at multiples of 0.05 of the rating, where its table has knots."""
    ac = np.round(np.linspace(-1.0, 1.0, 41), 12)
    notton, rampinelli = {"fixed_frac": 0.0072, "square_frac": 0.0345}, (0.0068, 0.0057, 0.0161)
    models = {
        "notton": (Notton(*notton.values()), {"linear_frac": 0.0} | notton),
        "rampinelli": (
            Rampinelli(*rampinelli),
            dict(zip(("fixed_frac", "linear_frac", "square_frac"), rampinelli, strict=True)),
        ),
    }
    answers = {
        name: given | {"dc_frac": numbers([model.ac_to_dc(p) for p in ac], 12)}
        for name, (model, given) in models.items()
    }
    return {"ac_frac": numbers(ac)} | answers


def age_case() -> dict:
    """Calendar and cycle ageing over a grid of stress, capacity lost and resistance gained, per unit."""
    calendar, cycle = SonyLFPCalendarDegradation(), SonyLFPCyclicDegradation()
    state = Battery(SonyLFP(), (1, 1), START).state
    rest, moved = [], []
    for temp_degc in (10.0, 25.0, 40.0):
        for soc in (0.1, 0.5, 0.9):
            state.T, state.soc, lost, gained = temp_degc, soc, 0.0, 0.0
            for _ in range(3650):
                lost += calendar.update_capacity(state, 86400.0, lost)
                gained += calendar.update_resistance(state, 86400.0)
            rest.append((temp_degc, soc, lost, gained))
    state.T, state.soc = 25.0, 0.5
    for dod in (0.2, 0.5, 0.8, 1.0):
        for c_rate in (0.25, 0.5, 1.0):
            half, lost, gained = HalfCycle(dod, 1.0 - dod / 2.0, c_rate, dod / 2.0), 0.0, 0.0
            for _ in range(4000):
                lost += cycle.update_capacity(state, half, lost)
                gained += cycle.update_resistance(state, half)
            moved.append((dod, c_rate, lost, gained))
    return {
        "days": 3650, "temp_degc, soc, lost, gained": numbers(rest, 12),
        "half_cycles": 4000, "dod, c_rate, lost, gained": numbers(moved, 12),
    }  # fmt: skip


def container_case() -> dict:
    """Three days in a 20 ft container with cooling and heating, at 1 s, shown every quarter of an hour."""
    serial, parallel, seconds = 260, 800, 259200
    box = TwentyFtContainer()
    cop_cool, cop_heat, hvac_w, setpoint_degc, band_k = 3.0, 2.5, 20e3, 25.0, 1.5
    battery = Battery(KnotCell(False), (serial, parallel), START)
    model = ContainerThermalModel(
        box,
        25.0,
        25.0,
        ConstantCopHvac(cop_cool, cop_heat),
        ThermostatStrategy(setpoint_degc, hvac_w, band_k),
    )
    model.add_component(battery)
    minutes = seconds // 60
    power_w = -1e6 * np.repeat(wave(minutes, 60.0, -0.003), 60)
    air = np.repeat(ambient_degc(minutes, 60.0, 36.0, 6.0), 60)
    used_j, moved_j, rows = 0.0, 0.0, []
    for second in range(seconds):
        battery.step(float(power_w[second]), 1.0)
        model.T_ambient = float(air[second])
        model.step(1.0)
        used_j += model.state.power_el
        moved_j += abs(model.state.power_th)
        if (second + 1) % 900 == 0:
            rows.append((battery.state.T, model.state.T_air, model.state.T_mid))
    cell, inside, wall = zip(*rows, strict=True)
    return {
        "serial": serial, "parallel": parallel, "rated_w": 1e6, "drift": -0.003, "seconds": seconds, "every_s": 900,
        "air_mean_degc": 36.0, "air_swing_k": 6.0, "cop_cool": cop_cool, "cop_heat": cop_heat, "hvac_w": hvac_w,
        "setpoint_degc": setpoint_degc, "band_k": band_k,
        "air_j_per_k": model._C_air, "wall_j_per_k": [model._C_in, model._C_mid, model._C_out],
        "wall_k_per_w": [model._R_in_air, model._R_mid_in, model._R_out_mid, model._R_air_out],
        "cell_air_k_per_w": battery.thermal_resistance, "cell_j_per_k": battery.thermal_capacity,
        "temp_degc": numbers(cell, 6), "temp_air_degc": numbers(inside, 6), "temp_wall_degc": numbers(wall, 6),
        "hvac_mwh": used_j / 3.6e9, "hvac_heat_mwh": moved_j / 3.6e9,
    }  # fmt: skip


def main() -> None:
    """Record all cases."""
    write_record(
        "simses",
        "simses",
        {
            "cell": cell_record(),
            "pulse": pulse_case(),
            "week": week_case(),
            "converter": converter_case(),
            "age": age_case(),
            "container": container_case(),
        },
    )


if __name__ == "__main__":
    main()
