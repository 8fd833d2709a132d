"""What acts within seconds fits the campus around it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus import Inverter, transient_faults
from wattstack.campus.control import FastLoop
from wattstack.campus.duties import Smoothing
from wattstack.campus.grid import Connection, Mode

STORE = {"charge_eff": 0.9, "discharge_eff": 0.9}
MAIN = {"main": {"power_mw": 50, "energy_mwh": 100, **STORE}}
JOBS = {"halls": {"it_mw": 100, "jobs": {"a": {"gpus": 4, "power_per_gpu_kw": 1.0}}}}
GRID = {"connection": {"firm_mw": 110}, "tariff": {"energy": {"price_per_mwh": 9000}}}


def only(caught):
    """The one sentence of a refused campus."""
    (record,) = caught.value.errors(include_url=False)
    (fault,) = record["ctx"]["faults"]
    return fault.where, fault.what


@pytest.mark.parametrize(
    ("part", "given"),
    [
        (Mode, {"frequency_hz": 0, "damping_frac": 0.1}), (Mode, {"frequency_hz": 200, "damping_frac": 0.1}),
        (Mode, {"frequency_hz": 1, "damping_frac": 1}), (Mode, {"frequency_hz": 1, "damping_frac": 0}),
        (Mode, {"frequency_hz": 1, "damping_frac": 0.1, "limit_mw": 0}), (Inverter, {"mode": "forming"}),
        (Inverter, {"current_limit_pu": 0}), (Inverter, {"power_loop_s": 0}), (Inverter, {"reactive_pu": 1.1}),
        (Inverter, {"inertia_s": -1}), (FastLoop, {"period_s": 0}), (FastLoop, {"soc_target_frac": 1.1}),
        (FastLoop, {"ramp_mw_per_min": 0}), (FastLoop, {"command_s": -0.1}), (Smoothing, {"power_mw": 1}),
        (Smoothing, {"power_mw": 0, "energy_mwh": 1}), (Connection, {"firm_mw": 1, "frequency_hz": 55}),
        (Connection, {"firm_mw": 1, "short_circuit_mva": 0}), (Connection, {"firm_mw": 1, "x_over_r": 0}),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused(part, given):
    with pytest.raises(ValidationError):
        part(**given)


def test_a_mode_answers_most_where_it_is_damped_least():
    assert Mode(frequency_hz=0.3, damping_frac=0.05).amplification == pytest.approx(10.0)


def test_a_battery_follows_the_grid_unless_it_is_told_to_form_it(campus_of):
    assert campus_of(battery=MAIN).battery["main"].inverter.mode == "grid-following"


@pytest.mark.parametrize(
    ("grid", "key"),
    [
        ({"connection": {"firm_mw": 1, "modes": {"a": {"frequency_hz": 1, "damping_frac": 0.1}}}},
         "grid.connection.modes"),
        ({"connection": {"firm_mw": 1, "short_circuit_mva": 900}}, "grid.connection.short_circuit_mva"),
    ],
)  # fmt: skip
def test_what_is_judged_by_frequency_needs_one(campus_of, grid, key):
    with pytest.raises(ValidationError) as caught:
        campus_of(grid={**GRID, **grid})
    assert only(caught) == (
        "grid.connection.frequency_hz", f"is missing, must be given with {key}. Write 50 or 60."
    )  # fmt: skip
    grid["connection"]["frequency_hz"] = 60
    campus_of(grid={**GRID, **grid})


def test_a_loop_and_a_duty_need_a_battery(campus_of):
    for sections, where in (
        ({"control": {"smoothing": {}}}, "control.smoothing"),
        ({"duties": {"smoothing": {"power_mw": 1, "energy_mwh": 1}}}, "duties.smoothing"),
    ):
        with pytest.raises(ValidationError) as caught:
            campus_of(**sections)
        assert only(caught)[0] == where and "needs a battery, none is declared" in only(caught)[1]


@pytest.mark.parametrize(
    ("duty", "backup", "where", "sentence"),
    [
        ({"power_mw": 60, "energy_mwh": 1}, None, "power_mw",
         "is 60, which asks battery.main.power_mw for 60 MW and the largest is 50. Raise battery.main.power_mw, or "
         "lower it."),
        ({"power_mw": 10, "energy_mwh": 51}, None, "energy_mwh",
         "is 51, which asks battery.main.energy_mwh for 102 MWh (held free below and above) and the largest is 100. "
         "Raise battery.main.energy_mwh, or lower it."),
        ({"power_mw": 20, "energy_mwh": 1}, {"duration_h": 0.1, "load_frac": 0.5}, "power_mw",
         "is 20, which with the backup asks battery.main.power_mw for 60 MW and the largest is 50. Raise "
         "battery.main.power_mw, or lower it."),
        ({"power_mw": 5, "energy_mwh": 30}, {"duration_h": 1, "load_frac": 0.5}, "energy_mwh",
         "is 30, which with the backup asks battery.main.energy_mwh for 106.6 MWh (held free below and above) and the "
         "largest is 100. Raise battery.main.energy_mwh, or lower it."),
    ],
)  # fmt: skip
def test_a_duty_larger_than_the_battery_is_refused(campus_of, duty, backup, where, sentence):
    duties = {"smoothing": duty} | ({"backup": backup} if backup else {})
    with pytest.raises(ValidationError) as caught:
        campus_of(battery=MAIN, duties=duties)
    assert only(caught) == (f"duties.smoothing.{where}", sentence)


def test_a_battery_that_charges_slowly_takes_less_of_a_swing(campus_of):
    slow = {"main": {**MAIN["main"], "charge_power_frac": 0.5}}
    with pytest.raises(ValidationError) as caught:
        campus_of(battery=slow, duties={"smoothing": {"power_mw": 30, "energy_mwh": 1}})
    assert "asks battery.main.power_mw for 60 MW" in only(caught)[1]


def test_one_of_several_batteries_is_named(campus_of):
    two = {"main": MAIN["main"], "fast": MAIN["main"]}
    duty = {"power_mw": 10, "energy_mwh": 1}
    with pytest.raises(ValidationError) as caught:
        campus_of(battery=two, duties={"smoothing": duty})
    assert only(caught) == (
        "duties.smoothing.battery",
        "is missing, must name one of several batteries. There are: main, fast.",
    )
    for name, mend in (("fats", "Nearest: 'fast'."), ("zzz", "There are: main, fast.")):
        with pytest.raises(ValidationError) as caught:
            campus_of(battery=two, duties={"smoothing": {**duty, "battery": name}})
        assert only(caught)[1] == f"is '{name}', must be a battery. {mend}"
    campus = campus_of(battery=two, duties={"smoothing": {**duty, "battery": "fast"}})
    assert campus.smoothing_battery == "fast"
    assert campus_of(battery=MAIN, duties={"smoothing": duty}).smoothing_battery == "main"
    assert campus_of(battery=two).smoothing_battery is None


def test_a_duty_without_the_rule_that_keeps_it_is_refused(campus_of):
    with pytest.raises(ValidationError) as caught:
        campus_of(
            battery=MAIN,
            duties={"smoothing": {"power_mw": 1, "energy_mwh": 1}},
            control={"rules": ["limit", "plan"]},
        )
    assert "nothing holds back what duties.smoothing asks" in only(caught)[1]


def test_a_campus_that_plans_well_may_lack_what_milliseconds_need(campus_of):
    assert [fault.where for fault in transient_faults(campus_of(grid=GRID))] == [
        "load", "grid.connection.frequency_hz", "grid.connection.short_circuit_mva",
    ]  # fmt: skip
    ready = {**GRID, "connection": {"firm_mw": 110, "frequency_hz": 60, "short_circuit_mva": 5000}}
    assert list(transient_faults(campus_of(grid=ready, load=JOBS))) == []


def test_an_island_needs_something_that_makes_its_voltage(campus_of):
    (fault,) = transient_faults(campus_of(load=JOBS, battery=MAIN))
    assert fault.where == "battery" and "nothing makes its voltage" in fault.what
    forming = {"main": {**MAIN["main"], "inverter": {"mode": "grid-forming"}}}
    assert list(transient_faults(campus_of(load=JOBS, battery=forming))) == []
    gas = {"gas": {"power_mw": 40, "fuel_price_per_mwh": 8000, "emission_kg_per_mwh": 444}}
    assert list(transient_faults(campus_of(load=JOBS, generator=gas))) == []


def coded(*codes, **connection):
    """A grid with these codes."""
    return {**GRID, "connection": {"firm_mw": 110, **connection}, "codes": list(codes)}


def test_codes_are_entries_of_the_library_and_stand_with_their_passports(campus_of):
    campus = campus_of(grid=coded("library:ieso-3.0", "library:ercot-lcl-10mw", frequency_hz=60))
    assert campus.grid.codes == ("library:ieso-3.0", "library:ercot-lcl-10mw")
    assert [p["name"] for p in campus.passports if p["kind"] == "grid_codes"] == [
        "ieso-3.0",
        "ercot-lcl-10mw",
    ]


def test_a_code_that_is_not_in_the_library_is_told_with_the_nearest(told):
    connection = (
        "connection: {firm_mw: 110}",
        "connection: {firm_mw: 110, frequency_hz: 60}\n  codes: [library:ieso-3]",
    )
    assert told(connection)["grid.codes.0"].startswith(
        "is 'library:ieso-3', which is not among the grid codes of the library. Nearest: 'library:ieso-3.0'."
    )
    bare = (connection[0], connection[1].replace("library:ieso-3", "ieso"))
    assert "must name an entry of the library. Write library:NAME" in told(bare)["grid.codes.0"]
    single = (connection[0], connection[1].replace("[library:ieso-3]", "library:ieso-3.0"))
    assert "must be a list. Put it in square brackets" in told(single)["grid.codes"]


def test_a_code_stands_once_and_with_a_frequency(campus_of):
    with pytest.raises(ValidationError) as caught:
        campus_of(grid=coded("library:aeso", "library:aeso", frequency_hz=60))
    assert only(caught) == ("grid.codes.1", "is 'library:aeso' a second time, must stand once. Take it out.")
    with pytest.raises(ValidationError) as caught:
        campus_of(grid=coded("library:aeso"))
    assert only(caught) == (
        "grid.connection.frequency_hz",
        "is missing, must be given with grid.codes. Write 50 or 60.",
    )
