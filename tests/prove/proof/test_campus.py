"""A campus driven through all that its codes ask for: one verdict a rule, the worst over its runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.prove.proof.conftest import code, made
from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.prove.compliance import read_code, site_point
from wattstack.prove.proof import drives_of, prove_compliance
from wattstack.prove.proof.campus import worst_of
from wattstack.prove.proof.drives import order_drives
from wattstack.work import Team

RIDE = {
    "sags": {
        "test": "T8", "quantity": "power after / before", "text": "No leaving for having counted",
        "curve": [[0.9, 1.1, None], [0.2, 0.9, 1.0]],
        "sequence": [[0, 0.05, 0.3], [6, 0.05, 0.3], [12, 0.05, 0.3], [18, 0.05, 0.3]],
    }
}  # fmt: skip


def drives(*codes, campus=None, seconds=130.0):
    campus = campus or made()
    return drives_of(campus, [read_code(one) for one in codes], site_point(campus), seconds)


def named(found, name):
    return next(run for run in found.runs if run.drive.name == name)


def test_every_rule_has_one_verdict_and_the_run_it_came_from(proof):
    asked = [(c.name, r.name) for c in proof.codes.values() for r in c.rules]
    assert [(v.code, v.rule) for v in proof.compliance.verdicts] == asked
    names = {run.drive.name for run in proof.runs}
    assert set(proof.run_of) == set(asked) and set(proof.run_of.values()) <= names


def test_a_job_of_73_mw_breaks_the_ten_mw_rule_and_its_crash_is_the_worst_case(proof):
    verdict = proof.compliance.verdicts[0]
    assert (verdict.outcome, verdict.limit) == ("fail", 10.0)
    assert verdict.value > 10.0 and not proof.passed
    values = [v.value for run in proof.runs for v in run.verdicts if v.code == "ercot-lcl-10mw"]
    assert verdict.value == max(values)


def test_a_limit_to_swings_is_judged_in_normal_running_and_in_job_events(proof):
    judged = {run.drive.name for run in proof.runs if ("ieso-3.0", "periodic") in run.drive.judges}
    assert judged == {"normal", "job events"}


def test_job_events_stop_start_and_crash_the_largest_job(proof):
    words = " ".join(what for _, what in named(proof, "job events").happened)
    assert "halls.jobs.big: is stopped in order" in words and "halls.jobs.big: starts" in words
    assert "fails" not in words, "no failure by chance beside them"


def test_a_code_without_a_curve_recovers_from_a_deep_sag(proof):
    run = named(proof, "deep sag")
    assert run.drive.judges == (("ieso-3.0", "recovery"),)
    assert run.verdicts[0].outcome == "pass"
    assert float(run.wave["voltage_pu"].min()) < 0.25


def test_a_lost_site_comes_back_with_permission_and_too_steeply(proof):
    verdict = named(proof, "loss and return").verdicts[0]
    assert (verdict.rule, verdict.outcome) == ("rejection", "fail")
    assert verdict.readings["returns without 'return permitted'"][0] == 0.0


def test_a_supply_that_counts_sags_fails_the_rule_against_counting_and_one_that_does_not_passes():
    for count, outcome in ((3, "fail"), (None, "pass")):
        found = prove_compliance(made(ups={"main": {"sag_count": count}}), [code("ours", RIDE)], 20.0)
        assert found.compliance.verdicts[0].outcome == outcome, count
        assert found.run_of["ours", "sags"] == "ours:sags:sequence"
    assert found.passed


def test_workers_and_their_number_change_nothing():
    rules = {"ride": {**RIDE["sags"], "sequence": None}}
    rules["ride"].pop("sequence")
    alone, many = (
        prove_compliance(made(), [code("ours", rules)], 20.0, team=Team(workers)) for workers in (0, 3)
    )
    assert alone.compliance == many.compliance
    for a, b in zip(alone.runs, many.runs, strict=True):
        assert all(np.array_equal(a.wave[name], b.wave[name]) for name in a.wave.arrays)


def test_equal_curves_of_two_codes_are_driven_once():
    found = drives(
        "eu-2016-1388", "fr-order-2020-06-09", campus=made(grid={"connection": {"frequency_hz": 50}})
    )
    both = [d for d in found if len(d.judges) == 2 and d.kind == "ride"]
    assert {d.judges for d in both} == {(("eu-2016-1388", "frequency"), ("fr-order-2020-06-09", "frequency"))}
    assert len({d.name for d in found}) == len(found)


def test_a_code_of_another_frequency_is_told_as_not_applicable_and_drives_nothing():
    found = drives("eu-2016-1388")
    assert [d.name for d in found] == ["normal"]
    assert ("eu-2016-1388", "frequency") in found[0].judges


def test_a_band_of_an_hour_and_more_runs_in_coarser_steps():
    campus = made(grid={"connection": {"frequency_hz": 50}})
    steps = {d.step_s for d in drives("eirgrid-mpid345", campus=campus) if "frequency" in d.name}
    assert steps == {0.02}


def test_a_jump_of_the_phase_is_driven_and_judged_by_what_is_drawn_after_it():
    rules = {"jump": {"test": "T8", "quantity": "power after / before", "text": "Stay", "angle_jump_deg": 20,
                      "curve": [[0.9, 1.1, None], [0.5, 0.9, 0.15]]}}  # fmt: skip
    found = prove_compliance(made(), [code("ours", rules)], 20.0)
    jumps = [run for run in found.runs if run.drive.said]
    assert [run.drive.profile.angle_jump_deg for run in jumps] == [20.0, -20.0]
    assert all(run.verdicts[0].outcome == "pass" for run in jumps)


def test_an_order_is_given_in_mw_of_what_was_drawn_and_judged():
    rules = {"order": {"test": "T15", "quantity": "power under order / before", "text": "A quarter less",
                       "order_event": "curtail", "within_s": 30, "hold_s": 300, "limit": {"frac": 0.75}}}  # fmt: skip
    campus, ours = made(), code("ours", rules)
    drive = order_drives(campus, [read_code(ours)], site_point(campus), 100.0)[0]
    assert drive.events[0].values["power_mw"] == pytest.approx(0.99 * 75.0)
    assert drive.seconds == 931.0 and drive.said == ((600.0, "curtail"),)
    found = prove_compliance(campus, [ours], 20.0)
    assert found.compliance.verdicts[0].outcome == "pass"


def test_a_calendar_of_hours_is_not_for_a_wave():
    campus = made()
    read = [read_code("curtailment-duke")]
    assert order_drives(campus, read, site_point(campus), 100.0) == []
    assert ("curtailment-duke", "calendar") in drives("curtailment-duke")[0].judges


def test_an_order_longer_than_the_record_says_so():
    many = {"fuel": "lng", "power_mw": 500, "fuel_mwh_per_mwh": 2.2, "units": 500, "fuel_price_per_mwh": 1,
            "emission_kg_per_mwh": 1, "capital_per_mw": 0}  # fmt: skip
    campus = made(generator={"many": many})
    drive = order_drives(campus, [read_code("curtailment-emerald")], site_point(campus), 100.0)[0]
    assert "the record holds" in drive.text and drive.seconds < 3000.0


def test_an_intertrip_is_judged_where_the_site_is_cut_off():
    rules = {"trip": {"test": "T14", "quantity": "time to shed", "text": "Off at once", "order_event": "intertrip",
                      "cut_frac": 1.0, "limit": {"s": 0.15}}}  # fmt: skip
    found = prove_compliance(made(), [code("ours", rules)], 20.0)
    assert found.run_of["ours", "trip"] == "loss and return"
    assert found.compliance.verdicts[0].outcome == "pass"


def test_a_campus_that_only_serves_has_no_job_events():
    data = made().model_dump(mode="json", exclude_unset=True)
    data["load"]["halls"]["jobs"] = {}
    data["load"]["halls"]["inference"] = {"chat": {"gpus": 20000, "power_per_gpu_kw": 1.3}}
    assert "job events" not in {d.name for d in drives("ieso-3.0", campus=Campus.model_validate(data))}


def test_binding_rules_only():
    found = prove_compliance(made(), ["ercot-lcl-10mw", code("ours", RIDE)], 20.0, binding_only=True)
    assert [v.code for v in found.compliance.verdicts] == ["ours"]


def test_unknown_codes_are_told_at_once_and_none_at_all_too():
    with pytest.raises(InputError, match="2 faults") as told:
        prove_compliance(made(), ["ieso-3", "ercott"])
    assert "ieso-3.0" in str(told.value)
    with pytest.raises(InputError, match="no rule that binds"):
        prove_compliance(made(), ["ercot-lcl-10mw"], binding_only=True)
    with pytest.raises(InputError, match="names no rule"):
        prove_compliance(made(grid={"codes": []}))


def test_an_unstable_run_gives_no_verdict_and_does_not_pass(proof):
    from wattstack.prove.proof.run import _blank

    run = proof.runs[0]
    blank = _blank(run.verdicts[0], "the run had to end")
    assert (blank.outcome, blank.value, blank.note) == ("not measurable", None, "the run had to end")
    kept = replace(proof.compliance, verdicts=(blank,))
    unstable = replace(proof, compliance=kept, runs=(replace(run, diverged="battery.main swings"),))
    assert kept.passed and not unstable.passed
    assert unstable.unstable == ("normal: battery.main swings",)


def test_a_ride_is_proved_by_all_its_runs_and_a_swing_by_one(proof):
    ride = named(proof, "deep sag").verdicts[0]
    blind = replace(ride, outcome="not measurable", note="no excursion")
    name, verdict = worst_of([("a", ride), ("b", blind)])
    assert (name, verdict.outcome) == ("a", "not measurable")
    assert "b: no excursion" in verdict.note
    swing = replace(ride, test="T3")
    assert worst_of([("a", swing), ("b", replace(blind, test="T3"))])[1].outcome == "pass"


def test_a_failing_run_outweighs_a_tighter_one_that_passes(proof):
    ride = named(proof, "deep sag").verdicts[0]
    failing = replace(ride, outcome="fail", margin_frac=None)
    assert worst_of([("a", replace(ride, margin_frac=0.0)), ("b", failing)])[0] == "b"


def test_what_no_run_could_judge_says_why_for_each(proof):
    ride = replace(named(proof, "deep sag").verdicts[0], outcome="not measurable", note="one")
    assert worst_of([("a", ride), ("b", replace(ride, note="two"))])[1].note == "a: one; b: two"
    assert worst_of([("a", ride), ("b", ride)])[1].note == "one"
