"""The examples plan: to the gap asked for, with sizes inside their bounds, on synthetic and on real series."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattstack import plan_site, read_campus

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
REAL = ["sakai/real", "bosquel/real-2021", "bosquel/real-2022", "bosquel/real-2023", "bosquel/real-years"]
GAP_FRAC = 1e-6


@pytest.mark.parametrize("name", ["sakai", "bosquel"])
def test_an_example_is_planned_to_the_gap_with_free_sizes_inside_their_bounds(name):
    campus = read_campus(EXAMPLES / name / "campus.yaml")
    plan = plan_site(campus, gap_frac=GAP_FRAC)
    assert 0.0 <= plan.gap_frac <= GAP_FRAC
    for path in ("battery.main.power_mw", "battery.main.energy_mwh", "generator.gas.power_mw"):
        assert 0.02 < plan.sizes[path] / campus.size_paths[path].max < 0.98, path
    assert plan.finance["saving_per_year"] > 0.0
    worth = {value.path: value.worth_per_unit_year for value in plan.marginal}
    assert worth["grid.connection.firm_mw"] > 0.0
    assert any("SYNTHETIC" in note for note in plan.notes)


@pytest.mark.real
@pytest.mark.parametrize("name", REAL)
def test_an_overlay_plans_on_real_series(name):
    if not (ROOT.parent / "shared" / "data").is_dir():
        pytest.skip("no real series beside the checkout (shared/data)")
    plan = plan_site(read_campus(EXAMPLES / f"{name}.yaml"), gap_frac=GAP_FRAC)
    assert 0.0 <= plan.gap_frac <= GAP_FRAC
    records = {record.name: record for record in plan.scenarios[0].case.inputs}
    assert not records["price_per_mwh"].synthetic
    assert not records["weather"].synthetic
    assert records["curtailed_frac"].synthetic
    assert plan.sizes["battery.main.energy_mwh"] > 0.0
