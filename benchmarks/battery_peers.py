"""A battery year in a peer's own environment: `python -m benchmarks.battery_peers simses|pysam`.

Needs    parity.profiles; simses or NREL-PySAM.
Gives    the answers, one line of JSON for every line "run": {seconds, objective, peak_mb, version}.
Used by  benchmarks.battery, with the Python of .venv-peers.

The objective is the capacity left after the year, per unit. Each peer has all it has: simses its ageing, a converter
and a node of air around the cells (its container diverges at a minute); SAM its ageing by table, its rainflow and its
lumped heat. Building the pack is outside the timing.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np

from benchmarks.measure import own_peak_mb
from parity.profiles import ambient_degc, busy_year

RATED_MW, NAMEPLATE_MWH, STEP_S = 1.0, 2.0, 60.0


def simses_year(power_mw: np.ndarray) -> float:
    """A year of simses 2: Sony cells, 2 MWh."""
    from simses.battery.battery import Battery
    from simses.converter.converter import Converter
    from simses.model.cell.sony_lfp import SonyLFP
    from simses.model.converter.notton import NottonType2
    from simses.thermal.ambient import AmbientThermalModel

    battery = Battery(
        SonyLFP(), (260, 800), {"start_soc": 0.5, "start_T": 25.0}, (0.05, 0.95), degradation=True
    )
    converter = Converter(NottonType2(), RATED_MW * 1e6, battery)
    air = AmbientThermalModel(25.0, [battery])
    power_w = (-1e6 * power_mw).tolist()
    outside = ambient_degc(len(power_w), STEP_S, 20.0, 5.0).tolist()
    for watt, degc in zip(power_w, outside, strict=True):
        air.T_ambient = degc
        converter.step(watt, STEP_S)
        air.step(STEP_S)
    return battery.state.soh_Q


def pysam_year(power_mw: np.ndarray) -> float:
    """A year of SAM's battery: its LFP, 2 MWh."""
    from PySAM import BatteryStateful

    model = BatteryStateful.default("LFPGraphite")
    model.ParamsPack.nominal_energy, model.ParamsPack.nominal_voltage = 1e3 * NAMEPLATE_MWH, 1000.0
    model.ParamsCell.initial_SOC = 50.0
    model.ParamsCell.minimum_SOC, model.ParamsCell.maximum_SOC = 5.0, 95.0
    controls = model.Controls
    controls.control_mode, controls.dt_hr, controls.input_power = 1.0, STEP_S / 3600.0, 0.0
    model.setup()
    for kilowatt in (1e3 * power_mw).tolist():
        controls.input_power = kilowatt
        model.execute(0)
    return model.StateCell.q_relative / 100.0


def main() -> None:
    """Answer lines until there are no more."""
    name = sys.argv[1]
    year, package = {"simses": (simses_year, "simses"), "pysam": (pysam_year, "NREL-PySAM")}[name]
    power_mw = RATED_MW * busy_year(STEP_S)
    for _ in sys.stdin:
        began = time.process_time()
        left = year(power_mw)
        seconds = time.process_time() - began
        said = {"seconds": seconds, "objective": left, "peak_mb": own_peak_mb(), "version": version(package)}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
