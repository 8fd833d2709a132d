"""The container of a battery: what cells without cooling do in the weather."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from wattstack.campus import Battery
from wattstack.library import find
from wattstack.physics import Cell, cell_of
from wattstack.physics.battery import block_of, simulate_battery
from wattstack.physics.blocks import BlockSpec, make_blocks
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.thermal import fill_thermal, power_per_cooling, rated_per_cop
from wattstack.physics.thermal import Container, container_of


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


def constants(**given) -> np.ndarray:
    """Numbers of a kind of block with one cell type in this container."""
    spec = BlockSpec("b", cell_of("lfp-grid-2026"), None, 2.0, 1.0, 1.0, climate=Container(**given))
    return make_blocks([spec]).blocks.const[0]


@pytest.mark.tiny
def test_a_step_of_the_container_is_the_exponential_of_its_matrix():
    const, out = constants(), np.zeros(t.NSTEP)
    fill_thermal(const, 600.0, out)
    cell, air, wall = const[t.G_HEAT_CELL], const[t.G_HEAT_AIR], const[t.G_HEAT_WALL]
    ca, aw, wo = const[t.G_CELL_AIR], const[t.G_AIR_WALL], const[t.G_WALL_OUT]
    a = np.array(
        [
            [-ca / cell, ca / cell, 0],
            [ca / air, -(ca + aw) / air, aw / air],
            [0, aw / wall, -(aw + wo) / wall],
        ]
    )
    np.testing.assert_allclose(
        out[t.M_PHI : t.M_PHI + 9].reshape(3, 3), expm(a * 600.0), rtol=1e-11, atol=1e-14
    )


def test_one_long_step_is_many_short_ones_while_the_heat_is_the_same():
    const, long, short = constants(), np.zeros(t.NSTEP), np.zeros(t.NSTEP)
    fill_thermal(const, 3600.0, long)
    fill_thermal(const, 60.0, short)
    matrix = [
        (o[t.M_PHI : t.M_PHI + 9].reshape(3, 3), o[t.M_GAMMA : t.M_GAMMA + 9].reshape(3, 3))
        for o in (long, short)
    ]
    x, u = np.array([30.0, 25.0, 20.0]), np.array([2e3, -500.0, 10.0])
    by_minutes = x
    for _ in range(60):
        by_minutes = matrix[1][0] @ by_minutes + matrix[1][1] @ u
    np.testing.assert_allclose(matrix[0][0] @ x + matrix[0][1] @ u, by_minutes, rtol=1e-10)


def run_hot(hours=48, temp_air_degc=35.0, step_s=60.0, **given):
    spec = BlockSpec(
        "b", cell_of("lfp-grid-2026"), None, 2.0, 1.0, 1.0, 0.025, 0.975, climate=Container(**given)
    )
    asked = np.repeat(np.tile([0.4, -0.41], hours), int(1800 / step_s))
    return simulate_battery(spec, asked, temp_air_degc, step_s)


def test_the_climate_holds_the_cells_in_its_band_and_meters_what_it_draws():
    held, left = run_hot(), run_hot(cooling_w=0.0)
    assert held["temp_cell_degc"].max() < 28.5 < left["temp_cell_degc"].max()
    assert held["auxiliary_mw"].sum() > left["auxiliary_mw"].sum()
    assert run_hot(temp_air_degc=0.0)["temp_cell_degc"].min() > 21.5


def test_a_cooler_day_costs_less_cooling_for_the_same_heat():
    assert power_per_cooling(35.0, 25.0, rated_per_cop(25.0, 3.0)) == pytest.approx(1 / 3.0)
    assert power_per_cooling(20.0, 25.0, rated_per_cop(25.0, 3.0)) < 1 / 5.0
    assert power_per_cooling(45.0, 25.0, rated_per_cop(25.0, 3.0)) > 1 / 3.0


def test_longer_steps_neither_overshoot_nor_draw_otherwise():
    fine, coarse = run_hot(step_s=10.0), run_hot(step_s=900.0)
    assert coarse["temp_cell_degc"].min() > 24.5
    assert coarse["auxiliary_mw"].mean() == pytest.approx(fine["auxiliary_mw"].mean(), rel=0.15)
    assert run_hot(step_s=60.0)["auxiliary_mw"].mean() == pytest.approx(fine["auxiliary_mw"].mean(), rel=0.02)


def test_reversible_heat_warms_one_way_and_cools_the_other():
    cell = cell_of("lfp-grid-2026")
    values = {key: getattr(cell, key) for key in Cell.__dataclass_fields__}
    sensitive = Cell(**(values | {"entropic_v_per_k": np.full(cell.soc_points.size, -5e-4)}))
    spec = BlockSpec("b", sensitive, None, 2.0, 1.0, 1.0, start_soc=0.5, climate=Container(cooling_w=0.0))
    down = simulate_battery(spec, np.full(30, 0.5), 25.0, 60.0)["temp_cell_degc"][-1]
    up = simulate_battery(spec, np.full(30, -0.5), 25.0, 60.0)["temp_cell_degc"][-1]
    assert down > up  # dOCV/dT < 0: discharge gives off heat
