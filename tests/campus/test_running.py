"""What the parts that the twin reads cannot know of each other is told; what is not declared changes nothing."""

from __future__ import annotations

import pytest

from wattstack.campus import read_campus, write_campus

LOSSES = {"charge_eff": 0.95, "discharge_eff": 0.95}
BACKUP = "{backup: {duration_h: 0.5}}"


def plain(faults):
    return {where: what.rsplit(" (line ", 1)[0] for where, what in faults.items()}


def test_a_file_of_before_says_no_more_than_it_did(small_text, file_of, tmp_path):
    campus = read_campus(file_of(small_text))
    assert campus.battery["main"].start.soc == 0.5 and campus.control.kind == "mpc"
    write_campus(campus, tmp_path / "again.yaml")
    assert (tmp_path / "again.yaml").read_text(encoding="utf-8") == small_text


def test_energy_cannot_be_added_after_all_that_is_looked_at(told):
    late = "    augmentation: {second: {year: 20, energy_mwh: 40}}\n"
    assert plain(told(("    charge_eff", late + "    charge_eff"))) == {
        "battery.main.augmentation.second.year": "is 20, must be below finance.horizon_years 20: the first year is 0, "
        "the last 19. Move it, or raise finance.horizon_years."
    }


def test_energy_may_be_added_in_the_last_year(campus_of):
    main = {"power_mw": 10, "energy_mwh": 40, "augmentation": {"b": {"year": 19, "energy_mwh": 4}}, **LOSSES}
    assert campus_of(battery={"main": main}).battery["main"].augmentation["b"].year == 19


def test_names_of_the_library_are_looked_up_wherever_they_stand(told):
    more = (
        "    safety: [library:fm-5-33, library:nfpa-855-2062]\n"
        "    augmentation: {b: {year: 3, energy_mwh: 9, chemistry: library:lfp-grid-2062}}\n"
    )
    assert plain(told(("    charge_eff", more + "    charge_eff"))) == {
        "battery.main.safety.1": "is 'library:nfpa-855-2062', which is not among the safety rules of the library. "
        "Nearest: 'library:nfpa-855-2026'.",
        "battery.main.augmentation.b.chemistry": "is 'library:lfp-grid-2062', which is not among the chemistries of "
        "the library. Nearest: 'library:lfp-grid-2026'.",
    }


def test_a_safety_rule_is_named_as_an_entry_of_the_library(told):
    more = "    safety: [fm-5-33]\n    augmentation: {b: 40}\n"
    assert plain(told(("    charge_eff", more + "    charge_eff"))) == {
        "battery.main.safety.0": "is 'fm-5-33', must name an entry of the library. Write library:NAME; `wattstack "
        "library` lists them.",
        "battery.main.augmentation.b": "is 40, must hold keys (year, energy_mwh, chemistry, capital_per_mwh). Write "
        "them below it, indented.",
    }


def test_safety_rules_that_are_named_show_their_passport(campus_of):
    main = {"power_mw": 10, "energy_mwh": 40, "safety": ["library:fm-5-33"], **LOSSES}
    assert [p["name"] for p in campus_of(battery={"main": main}).passports if p["kind"] == "safety"] == [
        "fm-5-33"
    ]


@pytest.mark.parametrize("month", ["2022-03", "2023-04", "2031-01"])
def test_a_peak_of_a_month_outside_of_time_is_refused(told, month):
    fault = plain(told(control=f"{{peak_target_mw: {{{month}: 90}}}}"))[f"control.peak_target_mw.{month}"]
    assert fault.startswith("is a month outside of time, must be one of 2022-04 .. 2023-03. ")


def test_a_peak_may_stand_for_any_month_of_any_scenario(campus_of):
    other = {"start": "2025-01-01T00:00+09:00", "end": "2025-02-01T00:00+09:00", "step": "1h"}
    campus = campus_of(
        scenarios={"a": {"weight_frac": 1.0, "time": other}},
        control={"peak_target_mw": {"2022-04": 9, "2023-03": 9, "2025-01": 8}},
    )
    assert campus.control.peak_target_mw["2025-01"] == 8


def test_a_strip_that_leaves_no_reserve_is_refused(told):
    strip = "    strip: {every_days: 4, groups: 1}\n"
    assert plain(told(("    charge_eff", strip + "    charge_eff"), duties=BACKUP)) == {
        "battery.main.strip.groups": "is 1, which leaves 0 MW and 0 MWh while one group strips, must leave the "
        "backup of 80 MW and 42.96 MWh. Strip in more groups, or build larger."
    }
    assert "strip" not in str(told(("firm_mw", "firm_wm"), ("    charge_eff", strip + "    charge_eff")))


def test_a_strip_in_turn_leaves_the_reserve(small_text, file_of):
    text = (
        small_text.replace("    charge_eff", "    strip: {every_days: 4}\n    charge_eff")
        + f"duties: {BACKUP}\n"
    )
    assert read_campus(file_of(text)).battery["main"].strip.groups == 8


def test_a_reserve_larger_than_the_battery_is_told_once(told):
    change = ("power_mw: {max: 200}", "power_mw: {max: 20}\n    strip: {every_days: 4}")
    assert list(told(change, duties=BACKUP)) == ["duties.backup"]


def test_a_second_battery_holds_the_reserve_while_the_first_strips(campus_of):
    main = {"power_mw": 100, "energy_mwh": 100, "strip": {"every_days": 3, "groups": 1}, **LOSSES}
    second = {"power_mw": 100, "energy_mwh": 100, **LOSSES}
    assert campus_of(battery={"main": main, "second": second}, duties={"backup": {"duration_h": 0.5}})


def test_a_list_of_rules_without_reserve_is_refused_beside_a_backup_duty(told):
    rules = "{kind: rules, rules: [limit, peak]}"
    assert plain(told(duties=BACKUP, control=rules)) == {
        "control.rules": "lack 'reserve', so that nothing holds back what duties.backup asks. Add it, or take the duty "
        "out."
    }


def test_the_file_of_cells_is_moved_with_the_campus(small_text, file_of, tmp_path):
    text = small_text.replace("    charge_eff", "    cells: {bpx: cell.json}\n    charge_eff")
    campus = read_campus(file_of(text, "in/campus.yaml"))
    (tmp_path / "out").mkdir()
    write_campus(campus, tmp_path / "out" / "campus.yaml")
    assert read_campus(tmp_path / "out" / "campus.yaml").battery["main"].cells.bpx == "../in/cell.json"
