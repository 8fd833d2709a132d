"""The container of a battery: what cells without cooling do in the weather."""

from __future__ import annotations

import numpy as np

from wattstack.campus import Battery
from wattstack.library import find
from wattstack.physics.battery import block_of, simulate_battery
from wattstack.physics.thermal import container_of


def test_cells_without_cooling_follow_the_air_and_are_not_boiled_by_their_losses():
    name = "zinc-halogen-eos"
    zinc = Battery(chemistry=f"library:{name}", power_mw=1, energy_mwh=4, **find("chemistries", name).values)
    assert zinc.climate.kind == "none"
    asked = np.tile(np.repeat([-0.9, 0.0, 0.9, 0.0], [300, 420, 240, 480]), 10)  # MW a minute, ten days
    for temp_air_degc in (5.0, 30.0):
        cells = simulate_battery(block_of(zinc), asked, temp_air_degc, 60.0)["temp_cell_degc"][1440:]
        assert temp_air_degc < cells.min() < cells.max() < temp_air_degc + 20


def test_fans_run_all_the_time_where_there_is_no_cooling():
    def idle_w(kind):
        climate = {"kind": kind, "idle_kw_per_mwh": 0.4, "fan_kw_per_mwh": 0.5}
        return container_of(
            Battery(power_mw=1, energy_mwh=2, charge_eff=1, discharge_eff=1, climate=climate)
        ).idle_w

    assert (idle_w("none"), idle_w("liquid"), idle_w("air")) == (900, 400, 400)
