"""A layout against the safety rules it names: kept, broken by how much, not declared, and what would mend it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Campus
from wattstack.library import find, names
from wattstack.physics import check_safety

CAMPUS = {
    "wattstack": 1,
    "name": "test",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "USD",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-02T00:00+09:00", "step": "1h"},
    "load": {"halls": {"it_mw": 100}},
}
FAR = dict.fromkeys(
    ("gap_m", "to_wall_m", "to_building_m", "to_boundary_m", "to_way_m", "to_school_m", "to_home_m"), 100
)


def found(*rules, layout=None, **battery):
    """Findings by (entry, rule)."""
    main = {"chemistry": "library:lfp-grid-2026", "power_mw": 10, "energy_mwh": 38, **battery}
    if layout is not None:
        main["layout"] = layout
    campus = Campus.model_validate(
        {**CAMPUS, "battery": {"main": {**main, "safety": [f"library:{r}" for r in rules]}}}
    )
    return {finding.rule: finding for finding in check_safety(campus)}


def states(*rules, **given):
    return {rule: finding.state for rule, finding in found(*rules, **given).items()}


def test_a_battery_that_names_no_rule_has_no_finding():
    assert found(layout={"gap_m": 0}) == {}


def test_prescriptive_containers_of_megawatthours_break_what_was_written_for_cabinets():
    layout = {
        "unit_kwh": 5000,
        "gap_m": 3,
        "to_wall_m": 3,
        "to_building_m": 2,
        "to_boundary_m": 12,
        "to_way_m": 40,
    }
    findings = found("nfpa-855-2023", layout=layout)
    assert {rule: finding.state for rule, finding in findings.items()} == {
        "unit-size": "broken", "gap": "kept", "wall": "kept", "total": "broken", "building": "broken",
        "boundary": "kept", "way": "kept",
    }  # fmt: skip
    assert findings["unit-size"].missing_amount == 4950 and findings["total"].missing_amount == pytest.approx(
        40000 - 600
    )
    assert findings["building"].missing_amount == pytest.approx(1.05)
    assert findings["building"].why == "to_building_m is 2 m, at least 3.05 m"
    assert findings["building"].mend == (
        "battery.main.layout.to_building_m: 3.05 or more; or wall_fire_h: 1 or more and to_building_m: 0.9 or more"
    )
    assert findings["total"].mend == (
        "to_building_m: 30.5 or more and to_boundary_m: 30.5 or more and to_way_m: 30.5 or more; "
        "or tests: [ul-9540a]; or tests: [large-scale-fire]"
    )


def test_a_fire_test_keeps_what_the_prescription_would_refuse():
    findings = found("nfpa-855-2023", layout={**FAR, "unit_kwh": 5000, "gap_m": 0.2, "tests": ["ul-9540a"]})
    assert {finding.state for finding in findings.values()} == {"kept"}
    assert findings["gap"].why == "by exception: tests: [ul-9540a]"


def test_a_barrier_of_one_hour_lets_a_battery_stand_nearer():
    near = {**FAR, "to_building_m": 1.0, "unit_kwh": 40}
    assert states("nfpa-855-2023", layout=near)["building"] == "broken"
    assert states("nfpa-855-2023", layout={**near, "wall_fire_h": 1})["building"] == "kept"
    assert (
        states("nfpa-855-2023", layout={**near, "wall_fire_h": 1, "to_building_m": 0.5})["building"]
        == "broken"
    )


def test_from_2026_on_units_stand_as_far_apart_as_they_burnt():
    tested = {**FAR, "tests": ["large-scale-fire"], "tested_gap_m": 2.5}
    assert states("nfpa-855-2026", layout={**tested, "gap_m": 2.5})["tested-gap"] == "kept"
    broken = found("nfpa-855-2026", layout={**tested, "gap_m": 2.0})["tested-gap"]
    assert (broken.state, broken.missing_amount) == ("broken", 0.5)
    assert broken.mend == "battery.main.layout.gap_m: 2.5 or more"
    untold = found("nfpa-855-2026", layout={**FAR, "tests": ["large-scale-fire"]})["tested-gap"]
    assert (untold.state, untold.why) == ("not declared", "tested_gap_m is not declared")
    assert untold.mend == "battery.main.layout.tested_gap_m"
    untested = found("nfpa-855-2026", layout=FAR)
    assert (untested["fire-test"].state, untested["tested-gap"].state) == ("broken", "does not apply")
    assert untested["fire-test"].why == "tests: none" and untested["tested-gap"].why == "tests is none"
    small = states("nfpa-855-2026", layout={**FAR, "unit_kwh": 50, "gap_m": 0.9})
    assert small["fire-test"] == "kept"


def test_the_insurer_asks_for_six_metres_or_a_barrier():
    assert states("fm-5-33", layout={"gap_m": 5.9, "to_building_m": 6}) == {
        "gap": "broken",
        "building": "kept",
    }
    assert states("fm-5-33", layout={"gap_m": 1, "fire_barrier_h": 1}) == {
        "gap": "kept",
        "building": "not declared",
    }


def test_the_short_side_is_the_long_one_where_it_is_not_told():
    assert states("t-cec-373-2020", layout={"gap_m": 3}) == {"long-side": "kept", "short-side": "broken"}
    assert states("t-cec-373-2020", layout={"gap_m": 3, "end_gap_m": 4})["short-side"] == "kept"


def test_japan_asks_for_notice_and_three_metres_unless_a_standard_is_met():
    rule = "jp-fire-ordinance-2024"
    assert states(rule, layout={"to_building_m": 1}) == {"notification": "not declared", "building": "broken"}
    assert states(rule, layout={"to_building_m": 1, "notified": False, "standards": ["iec-62933-5-2"]}) == {
        "notification": "broken",
        "building": "kept",
    }
    assert states(rule, layout={"to_building_m": 3, "notified": True}) == {
        "notification": "kept",
        "building": "kept",
    }
    small = found(rule, layout={"to_building_m": 1}, power_mw=0.01, energy_mwh=0.019)
    assert {finding.state for finding in small.values()} == {"does not apply"}
    assert small["building"].why == "nameplate_kwh is 20 kWh"


def test_a_standard_alone_or_a_steel_box_alone_is_not_enough():
    rule, near = "jp-dangerous-goods-2023", {"to_building_m": 3, "to_school_m": 20, "to_home_m": 20}
    relaxed = {"standards": ["jis-c-8715-2"], "steel_box_mm": 1.6}
    assert states(rule, layout={**near, **relaxed}) == {
        "open-space": "kept", "wide-open-space": "kept", "school": "kept", "home": "kept",
    }  # fmt: skip
    for key, alone in relaxed.items():
        assert states(rule, layout={**near, key: alone}) == {
            "open-space": "kept", "wide-open-space": "broken", "school": "broken", "home": "kept",
        }  # fmt: skip


def test_indoors_the_rules_of_the_yard_do_not_apply():
    findings = found("fm-5-33", layout={"place": "indoor"})
    assert {(f.state, f.why) for f in findings.values()} == {("does not apply", "place is indoor")}


def test_rules_of_lithium_do_not_apply_to_zinc_and_do_where_the_chemistry_is_not_told():
    zinc = found("nfpa-855-2023", layout=FAR, chemistry="library:zinc-halogen")
    assert {(f.state, f.why) for f in zinc.values()} == {("does not apply", "chemistry is zinc")}
    campus = Campus.model_validate(
        {**CAMPUS, "battery": {"main": {"power_mw": 1, "energy_mwh": 2, "charge_eff": 1, "discharge_eff": 1,
                                        "safety": ["library:fm-5-33"], "layout": {"gap_m": 1}}}}
    )  # fmt: skip
    assert [finding.state for finding in check_safety(campus)] == ["broken", "not declared"]


def test_without_a_layout_nothing_is_assumed():
    findings = [f for name in names("safety") for f in found(name).values()]
    told = {f.rule for f in findings if f.state != "not declared"}
    assert told == {"total"}  # the nameplate is known without a layout
    assert all(f.mend and f.missing_amount is None for f in findings if f.state == "not declared")


def test_a_planned_size_counts_with_its_greatest():
    planned = {"power_mw": {"max": 5}, "energy_mwh": {"min": 0, "max": 0.95}}
    assert found("nfpa-855-2023", layout={}, **planned)["total"].measured == pytest.approx(1000)


def test_a_finding_says_from_whom_and_how_sure():
    gap, building = found("fm-5-33", layout=FAR).values()
    assert gap.code == "FM 5-33 (2020)" and gap.status == "in force" and gap.confidence == "medium"
    assert "itmedia.co.jp" in gap.source
    assert building.confidence == "low" and "taken from the rule between units" in building.source


@pytest.mark.parametrize("name", names("safety"))
def test_a_rule_asks_for_what_a_layout_can_tell(name):
    from wattstack.campus.layout import Layout

    values = find("safety", name).values
    known = {*Layout.model_fields, "nameplate_kwh", "chemistry"}
    assert {"code", "edition", "jurisdiction", "rules"} <= set(values) <= {
        "code", "edition", "jurisdiction", "rules", "chemistries",
    }  # fmt: skip
    for rule in values["rules"].values():
        assert set(rule) <= {"text", "measure", "at_least", "at_most", "holds", "where", "unless", "source",
                             "confidence"}  # fmt: skip
        assert len({"at_least", "at_most", "holds"} & set(rule)) == 1 and len(rule["text"]) > 20
        used = {
            rule["measure"],
            *rule.get("where", {}),
            *(k for other in rule.get("unless", ()) for k in other),
        }
        used |= {rule["at_least"]} if isinstance(rule.get("at_least"), str) else set()
        assert used <= known


DISTANCES = st.fixed_dictionaries(
    {},
    optional={
        **{key: st.floats(0, 40) for key in FAR},
        "end_gap_m": st.floats(0, 40),
        "fire_barrier_h": st.sampled_from([0, 1, 2, 4]),
        "wall_fire_h": st.sampled_from([0, 1, 2]),
        "tests": st.sampled_from([[], ["ul-9540a"], ["large-scale-fire"]]),
        "tested_gap_m": st.floats(0, 5),
        "unit_kwh": st.floats(1, 6000),
    },
)


@settings(max_examples=40, deadline=None)
@given(layout=DISTANCES, key=st.sampled_from(sorted(FAR)), more_m=st.floats(0, 50))
def test_more_room_never_breaks_a_rule_that_was_kept(layout, key, more_m):
    wider = {**layout, key: layout.get(key, 0) + more_m}
    for name in names("safety"):
        before, after = states(name, layout=layout), states(name, layout=wider)
        assert not [rule for rule in before if before[rule] == "kept" and after[rule] == "broken"]
