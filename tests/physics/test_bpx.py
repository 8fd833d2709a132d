"""A BPX file becomes a cell: what it says is read, what follows from it is derived, the rest is lent or assumed."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from wattstack.campus import Battery
from wattstack.errors import InputError, UnsupportedError
from wattstack.physics import block_of, cell_of, read_bpx
from wattstack.physics.bpx_values import curve_of

# A made-up cell of 10 Ah: numbers of no product, simple enough to check by hand.
ELECTRODE = {
    "Thickness [m]": 6e-5, "Particle radius [m]": 5e-6, "Surface area per unit volume [m-1]": 3.6e5,
    "Maximum concentration [mol.m-3]": 3e4, "Reaction rate constant [mol.m-2.s-1]": 5e-6,
    "Diffusivity [m2.s-1]": 2e-14, "Conductivity [S.m-1]": 1.0, "Porosity": 0.3, "Transport efficiency": 0.15,
    "Reaction rate constant activation energy [J.mol-1]": 35000,
}  # fmt: skip
FILE = {
    "Header": {"BPX": "1.0.0", "Title": "made-up cell", "Model": "DFN"},
    "State": {"Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 1000}},
    "Parameterisation": {
        "Cell": {
            "Electrode area [m2]": 0.43, "Number of electrode pairs connected in parallel to make a cell": 1,
            "Lower voltage cut-off [V]": 3.0, "Upper voltage cut-off [V]": 4.2, "Nominal cell capacity [A.h]": 10,
            "Density [kg.m-3]": 2000, "Volume [m3]": 1e-4, "Specific heat capacity [J.K-1.kg-1]": 900,
        },
        "Electrolyte": {"Conductivity [S.m-1]": "0.95 * (x / 1000)", "Conductivity activation energy [J.mol-1]": 17000},
        "Negative electrode": {
            **ELECTRODE, "OCP [V]": {"x": [0.0, 0.1, 0.9, 1.0], "y": [0.6, 0.2, 0.1, 0.05]},
            "Minimum stoichiometry": 0.1, "Maximum stoichiometry": 0.9,
            "Entropic change coefficient [V.K-1]": 1e-4,
        },
        "Positive electrode": {
            **ELECTRODE, "OCP [V]": "4.65 - 1.25 * x", "Minimum stoichiometry": 0.28, "Maximum stoichiometry": 1.0,
            "Entropic change coefficient [V.K-1]": -1e-4,
        },
        "Separator": {"Thickness [m]": 2e-5, "Transport efficiency": 0.3},
    },
}  # fmt: skip


@pytest.fixture
def bpx(tmp_path):
    def written(change=lambda file: None):
        file = copy.deepcopy(FILE)
        change(file)
        path = tmp_path / "cell.json"
        path.write_text(json.dumps(file), encoding="utf-8")
        return path

    return written


def part(file, section):
    return file["Parameterisation"][section]


def faults_of(path, like=None) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        read_bpx(path, like)
    assert refused.value.source == "cell.json"
    return {fault.where.removeprefix("Parameterisation."): fault.what for fault in refused.value.faults}


def test_the_open_circuit_voltage_is_positive_less_negative(bpx):
    cell = read_bpx(bpx())
    assert cell.ocv_v[0] == pytest.approx(4.65 - 1.25 * 1.0 - 0.2)  # empty: positive full, negative at 0.1
    assert cell.ocv_v[-1] == pytest.approx(4.65 - 1.25 * 0.28 - 0.1)
    assert cell.ocv_v[100] == pytest.approx(4.65 - 1.25 * 0.64 - 0.15)
    assert cell.nominal_v == pytest.approx(3.7, abs=0.01)
    assert cell.entropic_v_per_k == pytest.approx(-2e-4)
    assert (cell.voltage_min_v, cell.voltage_max_v, cell.name) == (3.0, 4.2, "made-up cell")


def test_capacity_is_that_of_the_electrode_that_holds_less(bpx):
    active = 3.6e5 * 5e-6 / 3
    held = 96485.33212 * 3e4 * active * 6e-5 * 0.43 * 0.72 / 3600
    assert read_bpx(bpx()).capacity_ah == pytest.approx(held)


def test_resistance_is_ions_electrons_and_charge_transfer(bpx):
    cell = read_bpx(bpx())
    area, surface = 0.43, 3.6e5 * 6e-5 * 0.43
    ions = (2e-5 / 0.3 + 2 * 2e-5 / 0.15) / 0.95 + 2 * 2e-5 / 1.0
    transfer = [
        8.314462618 * 298.15 / (96485.33212**2 * 5e-6 * surface * np.sqrt(x * (1 - x))) for x in (0.5, 0.64)
    ]
    warm = list(cell.resistance_temp_degc).index(25.0)
    assert cell.discharge_ohm[warm, 10] == pytest.approx(ions / area + sum(transfer))
    assert (np.diff(cell.discharge_ohm[:, 10]) < 0).all()  # less when warmer
    slopes = (0.125, 1.25)
    diffusion = [s * 5e-6 / (5 * 2e-14 * 96485.33212 * 3e4 * surface) for s in slopes]
    assert cell.rc_frac == pytest.approx([d / cell.discharge_ohm[warm, 10] for d in diffusion], rel=1e-3)
    assert cell.rc_tau_s == pytest.approx([25e-12 / (20.19 * 2e-14)] * 2)


def test_heat_and_mass_are_read_or_assumed_by_energy(bpx):
    assert read_bpx(bpx()).heat_capacity_j_per_k == pytest.approx(0.2 * 900)
    cell = read_bpx(
        bpx(
            lambda f: [
                part(f, "Cell").pop(k) for k in ("Density [kg.m-3]", "Specific heat capacity [J.K-1.kg-1]")
            ]
        )
    )
    assert cell.mass_kg == pytest.approx(cell.energy_wh / 160)
    assert cell.heat_capacity_j_per_k == pytest.approx(1000 * cell.mass_kg)


def test_the_window_is_cut_where_the_cut_offs_are_inside_the_stoichiometries(bpx):
    def change(file):
        part(file, "Cell")["Upper voltage cut-off [V]"] = 4.0
        part(file, "Cell").update({"Lower voltage cut-off [V]": 3.3, "Nominal cell capacity [A.h]": 7})

    whole, cut = read_bpx(bpx()), read_bpx(bpx(change))
    share = (4.0 - 3.3) / (4.2 - 3.2)
    assert cut.capacity_ah == pytest.approx(share * whole.capacity_ah, rel=1e-3)
    assert (cut.ocv_v[0], cut.ocv_v[-1]) == pytest.approx((3.3, 4.0), abs=1e-6)


def test_two_branches_give_hysteresis_of_the_right_sign(bpx):
    def change(file):
        part(file, "Positive electrode")["OCP (delithiation) [V]"] = "4.66 - 1.25 * x"
        part(file, "Positive electrode")["OCP (lithiation) [V]"] = "4.64 - 1.25 * x"

    cell = read_bpx(bpx(change))
    assert cell.hysteresis_v == pytest.approx(0.01)
    assert cell.ocv_v[100] == pytest.approx(3.7)


@pytest.mark.parametrize("version", [0.1, 0.4, "0.5.0", 1.0, "1.1", "1.1.0", 1])
def test_versions_0_and_1_are_read(bpx, version):
    def change(file):
        file["Header"]["BPX"] = version
        part(file, "Electrolyte")["Initial concentration [mol.m-3]"] = 1000

    assert read_bpx(bpx(change)).capacity_ah > 0


@pytest.mark.parametrize("version", [2.0, "2.1.0", "one", True])
def test_another_version_is_refused_in_words(bpx, version):
    with pytest.raises(UnsupportedError, match=r"must be 0\.x or 1\.x"):
        read_bpx(bpx(lambda file: file["Header"].update(BPX=version)))


def test_a_concentration_of_before_1_0_counts(bpx):
    def change(file):
        del file["State"]
        part(file, "Electrolyte")["Initial concentration [mol.m-3]"] = 500

    assert read_bpx(bpx(change)).discharge_ohm[9, 10] > read_bpx(bpx()).discharge_ohm[9, 10]


def test_a_single_particle_file_has_no_ions(bpx):
    def change(file):
        for key in ("Electrolyte", "Separator"):
            del file["Parameterisation"][key]

    assert read_bpx(bpx(change)).discharge_ohm[9, 10] < read_bpx(bpx()).discharge_ohm[9, 10]


def without_kinetics(file):
    for name in ("Negative electrode", "Positive electrode"):
        for key in ELECTRODE:
            part(file, name).pop(key)


def test_a_file_without_kinetics_borrows_resistance_by_capacity(bpx):
    like = cell_of("nmc-2026")
    cell = read_bpx(bpx(without_kinetics), like)
    assert cell.capacity_ah == 10.0
    assert cell.charge_ohm == pytest.approx(like.charge_ohm * 94 / 10)
    assert "no kinetics" in faults_of(bpx(without_kinetics))["Parameterisation"]


def test_what_bpx_does_not_say_is_lent_by_the_chemistry_or_assumed(bpx):
    like = cell_of("nmc-2026")
    lent, alone = read_bpx(bpx(), like), read_bpx(bpx())
    assert lent.laws == like.laws and alone.laws == ()
    assert lent.coulomb_eff == like.coulomb_eff
    said = {row.key: row for row in lent.passport}
    assert "lent by nmc-2026" in said["coulomb_eff"].source and said["capacity_ah"].confidence == "medium"
    assert {row.source for row in alone.passport if row.key == "coulomb_eff"} == {
        "assumption: BPX does not say it"
    }


def test_a_battery_takes_its_cells_from_the_file_and_the_rest_from_its_chemistry(bpx):
    path = bpx()
    declared = Battery(
        chemistry="library:nmc-2026",
        cells={"bpx": path.name},
        power_mw=1,
        energy_mwh=2,
        charge_eff=0.9,
        discharge_eff=0.9,
    )
    spec = block_of(declared, base_dir=path.parent)
    assert spec.cell.name == "made-up cell"
    assert spec.cell.laws == cell_of("nmc-2026").laws


def test_all_faults_of_a_file_are_told_at_once(bpx):
    def change(file):
        cell, negative, positive = (
            part(file, k) for k in ("Cell", "Negative electrode", "Positive electrode")
        )
        cell["Lower voltage cut-off [V]"] = 4.5
        del cell["Nominal cell capacity [A.h]"]
        negative["OCP [V]"] = "__import__('os').getcwd()"
        negative["Minimum stoichiometry"] = 0.95
        positive["Maximum stoichiometry"] = 1.2
        positive["Entropic change coefficient [V.K-1]"] = {"x": [0, 0], "y": [1, 2]}
        positive["Thickness [m]"] = -1
        part(file, "Separator").clear()

    faults = faults_of(bpx(change))
    assert "the window is empty" in faults["Cell.Lower voltage cut-off [V]"]
    assert "is missing" in faults["Cell.Nominal cell capacity [A.h]"]
    assert "only these functions" in faults["Negative electrode.OCP [V]"]
    assert "must be below the maximum" in faults["Negative electrode.Minimum stoichiometry"]
    assert "from 0 to 1" in faults["Positive electrode.Maximum stoichiometry"]
    assert "x of the table must rise" in faults["Positive electrode.Entropic change coefficient [V.K-1]"]
    assert "is -1, must be a number above 0" in faults["Positive electrode.Thickness [m]"]
    assert "is missing" in faults["Separator.Thickness [m]"]


def test_a_file_without_its_sections_says_so(bpx):
    faults = faults_of(bpx(lambda file: file.pop("Parameterisation")))
    assert set(faults) == {"Parameterisation", "Cell", "Negative electrode", "Positive electrode"}


def test_blended_electrodes_are_refused_by_name(bpx):
    with pytest.raises(UnsupportedError, match=r"Negative electrode.*blends materials"):
        read_bpx(bpx(lambda file: part(file, "Negative electrode").update(Particle={"Primary": {}})))


def test_potentials_that_fall_are_told_where(bpx):
    faults = faults_of(bpx(lambda file: part(file, "Positive electrode").update({"OCP [V]": "3 + x"})))
    assert "must rise" in faults["OCP [V]"]


def test_cut_offs_that_leave_no_window_are_told(bpx):
    faults = faults_of(bpx(lambda file: part(file, "Cell").update({"Lower voltage cut-off [V]": 4.1})))
    assert "leave 10%" in faults["OCP [V]"]


def test_electrodes_that_do_not_hold_the_nominal_charge_are_told(bpx):
    faults = faults_of(bpx(lambda file: part(file, "Cell").update({"Nominal cell capacity [A.h]": 30})))
    assert "electrodes hold 8.9" in faults["Cell.Nominal cell capacity [A.h]"]


def test_what_the_cell_refuses_is_said_of_the_file(bpx):
    def change(file):
        part(file, "Positive electrode")["Reaction rate constant activation energy [J.mol-1]"] = 1e12

    assert "charge_ohm" in faults_of(bpx(change))


def test_a_file_that_is_none_is_told(tmp_path):
    with pytest.raises(InputError, match=r"gone\.json: cannot be read"):
        read_bpx(tmp_path / "gone.json")
    for text, said in [
        ("{", "is not JSON"),
        ("[1]", "holds no sections"),
        ('{"Header": {}}', "Header.BPX  is missing"),
    ]:
        (tmp_path / "odd.json").write_text(text)
        with pytest.raises(InputError, match=said):
            read_bpx(tmp_path / "odd.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 +", "cannot be read"), ("y + 1", "'y' is not known"), ("x if x else 1", "only \\+"),
        ("'a'", "only numbers"),
        ("exp(x, 2)", "only these"), ([1], "neither"), (None, "nothing is given"), ({"x": [0, 1]}, "x and y with"),
        ({"x": [0, 1], "y": [0]}, "same length"), (True, "neither"),
    ],
)  # fmt: skip
def test_what_is_no_function_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        curve_of(text)


def test_expressions_follow_the_order_of_arithmetic():
    assert float(curve_of("-2 ** 2 + 3 * x / 4")(2.0)) == -2.5
    assert curve_of("tanh(0) + 5")(np.zeros(3)) == pytest.approx(5)
