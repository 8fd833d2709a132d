"""All rules of several codes on one wave: what applies, what binds, and how it is handed on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.prove.compliance.conftest import code, made, times
from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.library import find, names
from wattstack.prove.compliance import SitePoint, check_compliance, read_code, site_point, worst_case

T = times(120)
CALM = made(100 + 1.0 * np.sin(2 * np.pi * 0.3 * T))
WILD = made(100 + 19.0 * np.sign(np.sin(2 * np.pi * T / 3)))
FIFTY = SitePoint(150, 50, short_circuit_mva=5000, voltage_kv=400)


@pytest.mark.parametrize("name", names("grid_codes"))
def test_every_code_of_the_library_is_read_and_judged(name):
    read = read_code(f"library:{name}")
    site = SitePoint(
        150,
        read.values["frequencies_hz"][0],
        5000,
        voltage_kv=400,
        frequency_curve=((58.0, 62.0, None), (48, 52, 9)),
    )
    found = check_compliance(CALM, [name], site)
    assert len(found.verdicts) == len(read.rules)
    assert {v.outcome for v in found.verdicts} <= {"pass", "fail", "not applicable", "not measurable"}
    for v in found.verdicts:
        assert v.source and v.date and v.status and v.text and v.confidence
        assert v.note or v.outcome in ("pass", "fail")


def test_all_sixteen_tests_have_a_rule_in_the_library():
    tests = {rule.test for name in names("grid_codes") for rule in read_code(name).rules}
    assert tests == {f"T{number}" for number in range(1, 17)}


def test_a_job_that_breathes_fails_and_a_calm_one_passes_the_ten_megawatts():
    site = SitePoint(150, 60)
    assert check_compliance(CALM, ["ercot-lcl-10mw"], site).passed
    found = check_compliance(WILD, ["ercot-lcl-10mw"], site)
    assert not found.passed and found.worst().margin_db == pytest.approx(-12.5, abs=1.5)
    assert worst_case(found).quantity == "power in the band"


def test_proposals_and_drafts_are_judged_but_bind_nobody():
    site = SitePoint(150, 60)
    found = check_compliance(WILD, ["ercot-lcl-10mw", "ercot-nprr-1191"], site)
    assert not found.passed and found.binding_passed
    assert not any(v.binding for v in found.verdicts)
    assert {v.status for v in found.verdicts} == {"proposal", "draft"}
    with pytest.raises(
        InputError, match="no rule that binds: all are draft, proposal"
    ):  # no empty table is a pass
        check_compliance(WILD, ["ercot-lcl-10mw", "ercot-nprr-1191"], site, binding_only=True)
    both = check_compliance(WILD, ["ieso-3.0", "ercot-lcl-10mw"], site, binding_only=True)
    assert {v.code for v in both.verdicts} == {"ieso-3.0"} and not both.binding_passed


def test_a_rule_may_have_a_status_of_its_own():
    v = {v.rule: v for v in check_compliance(CALM, ["eirgrid-mpid345"], FIFTY).verdicts}
    assert v["frequency"].status == "in force" and v["recovery"].status == "approved"


def test_a_code_that_does_not_apply_says_why():
    small = check_compliance(WILD, ["ercot-lcl-10mw"], SitePoint(50, 60)).verdicts[0]
    assert (
        small.outcome == "not applicable"
        and "applies above 74.999 MW, this connection is rated 50 MW" in small.note
    )
    assert "60 Hz, this one has 50 Hz" in check_compliance(WILD, ["ercot-lcl-10mw"], FIFTY).verdicts[0].note
    france = {v.rule: v for v in check_compliance(CALM, ["fr-order-2020-06-09"], FIFTY).verdicts}
    assert "130 to 299.999 kV, this connection has 400 kV" in france["step-225kv"].note
    assert france["step-400kv"].limit == pytest.approx(3 * 7000 / 5000)
    unknown = check_compliance(
        CALM, ["fr-order-2020-06-09"], SitePoint(150, 50), only=["step-400kv"]
    ).verdicts[0]
    assert unknown.outcome == "not measurable" and "--voltage-kv" in unknown.note
    assert check_compliance(CALM, ["ercot-lcl-10mw"], SitePoint(50, 60)).worst() is None
    assert worst_case(check_compliance(CALM, ["ercot-lcl-10mw"], SitePoint(50, 60))) is None


def test_only_some_tests_or_rules():
    found = check_compliance(CALM, ["ieso-3.0"], SitePoint(150, 60), only=["T2", "minute-ramp"])
    assert [v.test for v in found.verdicts] == ["T1", "T2"]
    with pytest.raises(InputError, match="T99  is neither a test"):
        check_compliance(CALM, ["ieso-3.0"], SitePoint(150, 60), only=["T99"])


def test_the_whole_goes_into_json_and_a_table():
    found = check_compliance(WILD, ["ieso-3.0", "ercot-lcl-10mw"], SitePoint(150, 60))
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["counts"]["fail"] == 4 and plain["passed"] is False and plain["worst"]["rule"] == "periodic"
    assert plain["verdicts"][0]["binding"] is True and "picture" not in plain["verdicts"][0]
    assert len(plain["verdicts"][1]["readings"]) == 4
    table = found.table()
    assert len(table) == len(found.verdicts) and "margin_db" in table.columns
    empty = check_compliance(CALM, ["ercot-lcl-10mw"], SitePoint(50, 60)).to_dict()
    assert empty["worst"] is None


def test_margins_in_the_unit_as_a_share_and_in_decibel():
    found = check_compliance(
        made(np.where(T > 60, 102.5, 100.0)), ["ieso-3.0"], SitePoint(150, 60), only=["T2"]
    )
    v = found.verdicts[0]
    assert (v.value, v.limit, v.margin, v.margin_frac) == (2.5, 5.0, 2.5, 0.5)
    assert v.margin_db == pytest.approx(6.02, abs=0.01)
    still = check_compliance(made(100 + 0 * T), ["ieso-3.0"], SitePoint(150, 60), only=["T2"]).verdicts[0]
    assert still.value == 0.0 and still.margin_db is None and still.outcome == "pass"
    filtered = check_compliance(made(100 + 0 * T), ["ercot-lcl-10mw"], SitePoint(150, 60)).verdicts[0]
    assert filtered.value < 1e-9 and filtered.margin_db is None  # what rounding leaves is no 280 dB of margin


def test_a_piece_that_is_a_sample_too_short_is_not_said_to_be_as_long_as_asked():
    holed = made(np.where(T >= 60.0, np.nan, 100.0 + 0 * T)[: T.size - 1])
    v = check_compliance(holed, ["ieso-3.0"], SitePoint(150, 60), only=["T1"]).verdicts[0]
    assert v.outcome == "not measurable" and "the longest piece has 60 s" not in v.note


def test_a_wave_without_power_is_a_fault(site):
    from wattstack.series import Waveform

    with pytest.raises(InputError, match="power_mw"):
        check_compliance(Waveform(1.0, {"load_mw": np.ones(9)}, "w", True), ["ieso-3.0"], site)
    with pytest.raises(InputError, match="no sample that is a number"):
        check_compliance(made(np.full(9, np.nan)), ["ieso-3.0"], site)


def test_unknown_codes_come_all_at_once(site):
    with pytest.raises(InputError) as caught:
        check_compliance(CALM, ["ercot-lcl-10m", "ieso-4"], site)
    assert "Nearest: 'ercot-lcl-10mw'" in str(caught.value) and "ieso" in str(caught.value)
    with pytest.raises(InputError, match="must name a grid code"):
        check_compliance(CALM, [], site)


def test_a_file_of_ones_own_is_a_code(tmp_path, site):
    text = (
        "title: Ours\npassport: {source: our operator, date: 2026-11, status: in force, confidence: high}\n"
        "values:\n  name: n\n  operator: o\n  region: r\n  frequencies_hz: [60]\n  rules:\n    a:\n      test: T2\n"
        "      quantity: change\n      text: x\n      window_s: 15\n      limit: {mw: 1}\n"
    )
    path = tmp_path / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    v = check_compliance(CALM, [str(path)], site).verdicts[0]
    assert (v.code, v.outcome, v.status) == ("ours", "fail", "in force")
    path.write_text(
        text.replace("T2", "T17").replace("window_s", "windows_s").replace("mw: 1", "mww: 1"),
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_code(str(path))
    assert all(word in str(caught.value) for word in ("T17", "Nearest: window_s", "Nearest: mw"))
    for broken, said in (("a: [", "is no YAML"), ("title: x\n", "passport.source"), (None, "cannot be read")):
        if broken is None:
            path.unlink()
        else:
            path.write_text(broken, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            read_code(str(path))


def test_faults_of_rules_say_what_must_be():
    with pytest.raises(InputError) as caught:
        read_code(code({"a": {"test": "T2", "limit": {"mw": -1}, "status": "law"}}, operator="x"))
    assert "is -1, must be above 0" in str(caught.value) and "must be one of in force" in str(caught.value)
    with pytest.raises(InputError, match="is empty, must hold a rule"):
        read_code(code({}))
    entry = find("grid_codes", "ieso-3.0")
    lacking = {key: value for key, value in entry.values.items() if key != "operator"}
    from dataclasses import replace

    with pytest.raises(InputError, match=r"values\.operator  is missing"):
        read_code(replace(entry, values=lacking))
    bare = {**entry.values, "rules": {"a": {"test": "T2"}}}
    with pytest.raises(InputError, match=r"rules\.a\.quantity"):
        read_code(replace(entry, values=bare))


def test_a_point_of_connection_that_cannot_be_is_refused():
    with pytest.raises(InputError) as caught:
        SitePoint(rated_mw=0, frequency_hz=55, voltage_kv=-1, shed_frac=0)
    text = str(caught.value)
    assert all(word in text for word in ("rated_mw", "voltage_kv", "must be 50 or 60", "shed_frac"))


CAMPUS = {
    "wattstack": 1, "name": "a", "currency": "EUR", "load": {"halls": {"it_mw": 90}},
    "place": {"latitude_deg": 0, "longitude_deg": 0, "time_zone": "UTC"},
    "time": {"start": "2022-01-01T00:00Z", "end": "2022-01-02T00:00Z", "step": "30min"},
}  # fmt: skip
GRID = {"tariff": {"energy": {"price_per_mwh": 50}}}


def test_the_point_of_connection_of_a_campus():
    connection = {
        "firm_mw": 100, "nonfirm_mw": {"min": 0, "max": 50}, "frequency_hz": 60, "short_circuit_mva": 5000,
        "voltage_kv": 154, "modes": {"local": {"frequency_hz": 1.2, "damping_frac": 0.05, "limit_mw": 5}},
    }  # fmt: skip
    site = site_point(Campus.model_validate(CAMPUS | {"grid": GRID | {"connection": connection}}))
    assert (site.rated_mw, site.contract_mw, site.frequency_hz) == (150, 150, 60)
    assert site.modes["local"].limit_mw == 5 and site.short_circuit_mva == 5000
    with pytest.raises(InputError, match="frequency_hz  is not given"):
        site_point(Campus.model_validate(CAMPUS | {"grid": GRID | {"connection": {"firm_mw": 100}}}))
    island = CAMPUS | {"generator": {"g": {"fuel": "lng", "power_mw": 100, "fuel_price_per_mwh": 30}}}
    with pytest.raises(InputError, match="island has no point of connection"):
        site_point(Campus.model_validate(island))


def test_a_long_picture_is_thinned_by_its_extremes(judge):
    t = times(1200, 0.01)
    power = 100 + 1.0 * (t > 600)
    power[70000] = 150.0
    v = judge(made(power, 0.01), test="T1", window_s=600, limit={"mw_per_min": 20})
    assert len(v.picture.values) <= 2100 and v.picture.values.max() == 150.0
    assert (np.diff(v.picture.time_s) > 0).all()
