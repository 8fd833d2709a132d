"""The cells of the library: whole, smooth, and with the efficiency that is published."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.library import find, names
from wattstack.physics import Steady, ageing_of, cell_of, dc_round_trip, fade
from wattstack.physics.cell_entry import CONFIDENCE, cell_from, interpolate

ALL = names("chemistries")


def lfp() -> dict:
    return copy.deepcopy(dict(find("chemistries", "lfp-grid-2026").cell))


def faults_of(raw: dict) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        cell_from("test", raw)
    return {fault.where: fault.what for fault in refused.value.faults}


@pytest.mark.parametrize("name", ALL)
def test_every_chemistry_has_a_cell_and_each_figure_its_source(name):
    cell = cell_of(name)
    assert len(cell.passport) >= 27
    for row in cell.passport:
        assert row.unit and len(row.source) > 5 and row.confidence in CONFIDENCE, row
    assert cell.name == name and cell_of(f"library:{name}") is cell_of(f"library:{name}")
    assert cell.laws


@pytest.mark.parametrize("name", ALL)
def test_the_open_circuit_voltage_passes_through_the_points_that_are_cited(name):
    cell = cell_of(name)
    for row in cell.passport:
        if row.key in ("ocv_v", "ocv_v_assumed"):
            soc, volt = np.transpose(row.value)
            assert np.interp(soc, cell.soc_points, cell.ocv_v) == pytest.approx(volt, abs=2e-4)


@pytest.mark.parametrize("name", ALL)
def test_the_open_circuit_voltage_has_no_kinks(name):
    slope = np.diff(cell_of(name).ocv_v) * 200
    assert np.abs(np.diff(slope)).max() < 0.25 * slope.max() + 1e-9


def test_the_plateau_of_lfp_is_as_flat_as_measured():
    cell = cell_of("lfp-grid-2026")
    slope_mv_per_pct = np.gradient(cell.ocv_v, cell.soc_points) * 10
    for low, high, least, most in [(0.52, 0.6, 0.35, 0.55), (0.86, 0.92, 0.4, 0.6), (0.16, 0.24, 2.9, 4.6)]:
        inside = slope_mv_per_pct[(cell.soc_points >= low) & (cell.soc_points <= high)]
        assert least <= inside.mean() <= most


@pytest.mark.parametrize("name", ALL)
def test_every_law_of_a_chemistry_exists_and_takes_its_numbers(name):
    cell = cell_of(name)
    for law in cell.laws:
        strip_days = cell.maintenance["strip_days"] if cell.maintenance else None
        left = fade(ageing_of(law), Steady(cycles_per_day=0.3), 3, strip_days=strip_days).capacity_frac
        assert left[0] == pytest.approx(1.0, abs=0.01) and (np.diff(left) < 0).all() and left[-1] > 0.2
    assert ageing_of(cell).law.name == cell.laws[0]["law"]


def test_numbers_of_a_law_reach_it_and_stand_in_the_passport():
    cell = cell_of("edlc")
    assert ageing_of(cell).numbers["volt_full"] == 2.7
    assert next(row for row in cell.passport if row.key == "edlc.volt_full").confidence == "high"


@pytest.mark.parametrize("name", ALL)
def test_the_round_trip_is_the_one_that_is_cited(name):
    cell = cell_of(name)
    for fact in find("chemistries", name).facts:
        if match := re.fullmatch(r"DC round trip at ([\d.]+) C", fact["item"]):
            assert dc_round_trip(cell, [float(match[1])])[0] == pytest.approx(fact["value"], abs=0.012)


def test_the_round_trip_falls_with_the_rate_and_ends_where_the_cell_cannot():
    found = dc_round_trip(cell_of("nmc-2026"), [0.25, 0.5, 1.0, 3.0])
    assert (np.diff(found[:3]) < 0).all() and np.isnan(found[3])
    cold, warm = (dc_round_trip(cell_of("nmc-2026"), [0.5], temp)[0] for temp in (10.0, 25.0))
    assert cold < warm < 1.0


def test_a_round_trip_of_nothing_is_refused():
    with pytest.raises(InputError, match=r"has 0, must be > 0\.(?s:.)*window 0\.9 \.\. 0\.1"):
        dc_round_trip(cell_of("nmc-2026"), [0.5, 0.0], soc_low=0.9, soc_high=0.1)


def test_zinc_keeps_its_strip_and_pumps_only_where_they_are():
    assert cell_of("zinc-halogen").maintenance == {"strip_days": 5.0, "strip_cycles": 5.0, "strip_h": 4.0}
    assert cell_of("lfp-grid-2026").maintenance is None
    assert [name for name in ALL if cell_of(name).auxiliary_w > 0] == ["zinc-bromine-flow"]


def test_three_scenarios_of_zinc_halogen_are_in_order_and_the_planning_entry_is_the_middle():
    claim, middle, classic = (cell_of(f"zinc-halogen-{name}") for name in ("claim", "eos", "classic"))
    for key in ("coulomb_eff", "charge_c_rate"):
        assert getattr(claim, key) > getattr(middle, key) > getattr(classic, key)
    plan = cell_of("zinc-halogen")
    assert (plan.coulomb_eff, plan.charge_c_rate) == (middle.coulomb_eff, middle.charge_c_rate)
    assert find("chemistries", "zinc-halogen").values == find("chemistries", "zinc-halogen-eos").values


def test_a_ups_block_ends_at_the_minutes_of_its_data_sheet():
    cell = cell_of("vrla-2026")  # Panasonic UP-PW1245P1, cut-off 9.6 V: ampere, hours
    for current, hours in [(47.7, 0.05), (23.9, 1 / 6), (17.0, 0.25), (9.57, 0.5), (5.57, 1.0), (1.38, 5.0)]:
        soc = 1 - np.linspace(0, 1.2 * hours, 2000) * current / cell.capacity_ah
        warm = list(cell.resistance_temp_degc).index(25.0)
        ohm = np.interp(soc, cell.resistance_soc, cell.discharge_ohm[warm]) * (1 + sum(cell.rc_frac))
        volt = np.interp(soc, cell.soc_points, cell.ocv_v) - current * ohm
        end = np.argmax(volt < cell.voltage_min_v) / 2000 * 1.2 * hours
        assert end == pytest.approx(hours, rel=0.12)


def test_a_chemistry_without_a_cell_is_refused(monkeypatch):
    from dataclasses import replace

    from wattstack.physics import cell_entry

    bare = replace(find("chemistries", "lfp-grid-2026"), cell={})
    monkeypatch.setattr(cell_entry, "find", lambda kind, name: bare)
    with pytest.raises(InputError, match="has no section `cell:`"):
        cell_of.__wrapped__("lfp-grid-2026")


def test_what_is_missing_unknown_or_without_source_is_told_at_once():
    raw = lfp()
    del raw["mass_kg"], raw["ocv_v"]
    raw["capasity_ah"] = raw["capacity_ah"]
    raw["nominal_v"]["source"] = ""
    raw["charge_c_rate"]["unit"] = "A"
    raw["coulomb_eff"]["confidence"] = "certain"
    raw["hysteresis_gamma"]["note"] = "more"
    raw["c_rate_frac_charge"]["value"] = [[20, 1], [0, 0]]
    raw["rc_frac"]["value"] = "two"
    raw["temp_min_degc"] = 5
    raw["laws"] = ["naumann-lfp", {"law": "zinc", "life_years": 3, "life_cycles": {"value": "many"}}]
    raw["maintenance"] = {
        "strip_days": {"value": 3, "unit": "h", "source": "assumption", "confidence": "low"}
    }
    faults = faults_of(raw)
    said = {
        "cell.mass_kg": "is missing", "cell.ocv_v": "is missing", "cell.nominal_v": "has no source",
        "cell.capasity_ah": "Nearest: 'capacity_ah'", "cell.charge_c_rate": "is in A, must be in 1/h",
        "cell.coulomb_eff": "'certain', must be high", "cell.hysteresis_gamma": "no more and no less",
        "cell.c_rate_frac_charge": "first numbers rising", "cell.rc_frac": "must be a list of numbers",
        "cell.temp_min_degc": "is missing", "cell.laws": "list of {law: NAME}",
        "cell.laws.life_years": "must be {value, unit", "cell.laws.life_cycles": "must be a number",
        "cell.maintenance.strip_days": "must be in day", "cell.maintenance.strip_cycles": "is missing",
        "cell.maintenance.strip_h": "is missing",
    }  # fmt: skip
    assert set(faults) == set(said)
    for where, words in said.items():
        assert words in faults[where]


def test_an_open_circuit_voltage_that_falls_is_told_where():
    raw = lfp()
    raw["ocv_v"]["value"][2] = [0.5, 3.28]
    assert "from 3.29 V at 0.4 to 3.28 V at 0.5, must rise" in faults_of(raw)["cell.ocv_v"]


def test_an_open_circuit_voltage_with_a_gap_at_an_end_is_told():
    raw = lfp()
    raw["ocv_v_assumed"]["value"] = raw["ocv_v_assumed"]["value"][1:]
    assert "and 0 and 1" in faults_of(raw)["cell.ocv_v"]


def test_what_the_cell_itself_refuses_comes_with_the_rest():
    raw = lfp()
    raw["voltage_min_v"]["value"] = 3.9
    raw["mass_kg"]["source"] = None
    faults = faults_of(raw)
    assert "window is empty" in faults["cell.voltage_min_v"] and "no source" in faults["cell.mass_kg"]


def test_efficiencies_that_are_cited_are_named_with_their_rate():
    rates = [f["item"] for n in ALL for f in find("chemistries", n).facts if "DC round trip" in f["item"]]
    assert len(rates) >= len(ALL)
    assert all(re.fullmatch(r"DC round trip at [\d.]+ C", item) for item in rates)


points = st.lists(st.integers(-1000, 1000), min_size=2, max_size=8).map(sorted)


@settings(max_examples=60, deadline=None)
@given(y=points)
def test_a_curve_stays_between_its_points_and_rises_where_they_do(y):
    x = np.arange(len(y), dtype=float)
    grid = np.linspace(0, x[-1], 200)
    curve = interpolate(grid, x, y)
    assert np.diff(curve).min() >= -1e-9
    assert interpolate(x, x, y) == pytest.approx(y, abs=1e-9)


def test_a_curve_turns_at_a_point_where_the_points_turn():
    curve = interpolate(np.linspace(0, 2, 201), [0, 1, 2], [0, 1, 0])
    assert curve.max() == curve[100] == 1.0
    assert interpolate(np.array([-5.0, 9.0]), [0, 1], [3, 4]).tolist() == [3, 4]
