"""A campus bound to its axis: what every step costs, draws and gives."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from wattstack.campus import read_campus
from wattstack.case import Case, build_case, build_cases, check_case
from wattstack.errors import InputError, StateError

from .conftest import raw_campus, write_series


def same(one: Case, other: Case) -> bool:
    """Whether two cases hold the same numbers, bit for bit."""
    for part in dataclasses.fields(Case):
        a, b = getattr(one, part.name), getattr(other, part.name)
        if isinstance(a, np.ndarray):
            a, b = {"": a}, {"": b}
        if isinstance(a, dict) and not (
            set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a)
        ):
            return False
    return one.reserve_mw == other.reserve_mw


def test_price_load_and_clock_are_one_number_a_step(campus_of):
    case = build_case(campus_of())
    assert case.axis.count == 48
    assert case.buy_price_per_mwh.tolist() == [1000.0 * (10 + i) for i in range(48)]
    assert case.load_mw == pytest.approx(np.full(48, 70.0 * 1.03 + 3.0))
    assert (case.it_mw[0], case.loss_mw[0], case.cooling_mw[0]) == pytest.approx((70.0, 2.1, 0.0))
    assert case.local_hour[:3].tolist() == [0.0, 1.0, 2.0]
    assert case.local_weekday[[0, 24]].tolist() == [0, 1]
    assert (case.month_names, case.month.max()) == (("2022-01",), 0)
    assert (case.name, case.weight_frac) == ("base", 1.0)


def test_a_campus_without_scenarios_has_one_case(campus_of):
    campus = campus_of()
    assert same(build_cases(campus)[0], build_case(campus))


def test_adders_are_lines_of_their_own_and_part_of_the_price(campus_of):
    def change(raw):
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = {"wheeling": 2000, "levy": 4000}

    case = build_case(campus_of(change))
    assert list(case.energy_lines_per_mwh) == ["energy", "wheeling", "levy"]
    assert case.buy_price_per_mwh[0] == 16000.0


def test_an_adder_may_not_take_the_name_of_the_energy_line(campus_of):
    def change(raw):
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = {"energy": 2000}

    with pytest.raises(InputError, match=r"adders_per_mwh.energy +has the name of the bill's line"):
        build_case(campus_of(change))


def test_export_carbon_and_curtailment_are_read_from_numbers(campus_of):
    def change(raw):
        raw["grid"]["tariff"]["export"] = {"price_per_mwh": 5000, "limit_mw": 10}
        raw["grid"]["connection"].update(nonfirm_mw=40, curtailed=0.25)
        raw["carbon"] = {"intensity_kg_per_mwh": 458}

    case = build_case(campus_of(change))
    assert (case.sell_price_per_mwh[5], case.carbon_kg_per_mwh[5], case.nonfirm_frac[5]) == (5000, 458, 0.75)


def test_without_export_a_sold_mwh_earns_nothing(campus_of):
    assert not build_case(campus_of()).sell_price_per_mwh.any()


def test_an_island_has_no_price_and_no_connection(campus_of):
    def change(raw):
        del raw["grid"], raw["series"]
        raw["generator"] = {
            "gas": {
                "power_mw": 90, "fuel_mwh_per_mwh": 2, "fuel_price_per_mwh": 5000, "emission_kg_per_mwh": 400,
            },
        }  # fmt: skip

    case = build_case(campus_of(change))
    assert (case.energy_lines_per_mwh, case.inputs) == ({}, ())
    assert not case.buy_price_per_mwh.any()
    assert not case.nonfirm_frac.any()
    assert case.generator_cost_per_mwh["gas"].tolist() == [10000.0] * 48


def test_fuel_may_cost_what_a_series_says(campus_of):
    def change(raw):
        raw["series"]["lng"] = {"source": "csv", "file": "price.csv", "column": "price", "unit": "JPY/kWh"}
        raw["generator"] = {
            "gas": {
                "power_mw": 9, "fuel_mwh_per_mwh": 2, "fuel_price_per_mwh": "series:lng", "om_per_mwh": 7,
                "emission_kg_per_mwh": 400,
            },
        }  # fmt: skip

    assert build_case(campus_of(change)).generator_cost_per_mwh["gas"][1] == 2 * 11000.0 + 7


def test_sun_cooling_and_pue_come_from_the_weather(campus_of, add_weather):
    case = build_case(campus_of(add_weather))
    output = case.solar_frac["roof"]
    assert output[[2, 3, 26]].tolist() == [0.0, 0.0, 0.0]
    assert 0.3 < output[12] < 0.9
    assert case.cooling_mw.min() > 0.0
    assert case.load_mw == pytest.approx(case.it_mw + case.loss_mw + case.cooling_mw + 3.0)
    assert case.pue == pytest.approx(1.0 + (2.1 + case.cooling_mw.mean()) / 70.0)
    assert any("Stull" in note for note in case.notes)


def test_check_reads_and_finds_the_same_without_the_photovoltaic_chain(campus_of, add_weather):
    campus = campus_of(add_weather)
    (checked,), built = check_case(campus), build_case(campus)
    assert checked.solar_frac == {}
    assert same(dataclasses.replace(checked, solar_frac=built.solar_frac), built)
    assert (checked.inputs, checked.notes) == (built.inputs, built.notes)


def test_a_hall_that_is_full_in_its_peaks_is_flagged(campus_of):
    def change(raw):
        raw["load"]["hall"].update(profile="ai", utilisation_frac=0.95)

    case = build_case(campus_of(change))
    assert case.it_mw.max() == pytest.approx(100.0)
    assert any(note.startswith("load.hall is full in the peaks of profile ai") for note in case.notes)
    assert not any("is full" in note for note in build_case(campus_of()).notes)


def test_flexible_compute_is_a_share_of_the_equipments_power(campus_of):
    def change(raw):
        raw["load"]["hall"].update(flexible_frac=0.2, shed_value_per_mwh=1e6)

    case = build_case(campus_of(change))
    assert set(case.shed_mw) == {"hall"}
    assert case.shed_mw["hall"] == pytest.approx(np.full(48, 14.0))
    assert build_case(campus_of()).shed_mw == {}


def test_a_campus_without_halls_has_no_pue(campus_of):
    case = build_case(campus_of(lambda raw: raw["load"].pop("hall")))
    assert np.isnan(case.pue)
    assert case.load_mwh == pytest.approx(3.0 * 48)


def test_the_order_of_components_changes_no_bit(campus_of, add_weather):
    def change(raw):
        add_weather(raw)
        raw["load"] = {f"l{i}": {"draw_mw": 0.1 * i + 0.07} for i in range(6)} | raw["load"]
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = {"c": 100.1, "a": 100.7, "b": 1e5}
        raw["solar"]["wall"] = {"power_mw": 1, "tilt_deg": 90}

    def turned(raw):
        change(raw)
        for part in (raw, raw["load"], raw["solar"], raw["series"]):
            for key in reversed(list(part)):
                part[key] = part.pop(key)
        adders = raw["grid"]["tariff"]["energy"]["adders_per_mwh"]
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = dict(reversed(adders.items()))

    assert same(build_case(campus_of(change)), build_case(campus_of(turned, "turned.yaml")))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Europe/Paris", "America/St_Johns"])
def test_the_time_zone_of_an_input_changes_nothing(tmp_path, campus_of, zone):
    # naive stamps on another clock, over the autumn change of Europe and America
    from zoneinfo import ZoneInfo

    count = 24 * 15
    start = np.datetime64("2022-10-25T15:00:00")
    write_series(tmp_path / "utc.csv", str(start), {"price": 10.0 + np.arange(count)})
    rows = ["time,price"]
    for i in range(count):
        moment = (start + np.timedelta64(i, "h")).item().replace(tzinfo=ZoneInfo("UTC"))
        rows.append(f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S},{10.0 + i}")
    (tmp_path / "naive.csv").write_text("\n".join(rows), encoding="utf-8")

    def change(file, **more):
        def inner(raw):
            raw["time"] = {"start": "2022-10-26T00:00+09:00", "end": "2022-11-10T00:00+09:00", "step": "1h"}
            raw["series"]["price_per_mwh"].update(file=file, **more)

        return inner

    expected = build_case(campus_of(change("utc.csv")))
    assert same(expected, build_case(campus_of(change("naive.csv", time_zone=zone), "naive.yaml")))


def test_splitting_the_steps_of_an_input_changes_nothing(tmp_path, campus_of):
    write_series(
        tmp_path / "half.csv", "2022-01-09T15:00:00", {"price": np.repeat(10.0 + np.arange(48), 2)}, 1800
    )

    def change(raw):
        raw["series"]["price_per_mwh"]["file"] = "half.csv"

    assert same(build_case(campus_of()), build_case(campus_of(change, "half.yaml")))


def test_scenarios_bind_their_own_series_and_share_the_rest(tmp_path, campus_of):
    columns = {"price": np.full(48, 99.0), "fee": np.full(48, 400.0)}
    write_series(tmp_path / "dear.csv", "2022-01-09T15:00:00", columns)

    def change(raw):
        dear = {"source": "csv", "file": "dear.csv", "column": "price", "unit": "JPY/kWh"}
        raw["series"]["fee"] = {**dear, "column": "fee", "unit": "JPY/MWh"}
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = {"fee": "series:fee"}
        raw["scenarios"] = {
            "usual": {"weight_frac": 0.75},
            "dear": {"weight_frac": 0.25, "series": {"price_per_mwh": dear}},
        }

    campus = campus_of(change)
    usual, dear = build_cases(campus)
    assert (usual.name, usual.weight_frac, usual.buy_price_per_mwh[0]) == ("usual", 0.75, 10000.0 + 400.0)
    assert (dear.name, dear.weight_frac, dear.buy_price_per_mwh[0]) == ("dear", 0.25, 99000.0 + 400.0)
    assert same(build_case(campus, "dear"), dear)
    assert [case.name for case in check_case(campus)] == ["usual", "dear"]


def test_faults_of_all_scenarios_come_at_once_and_a_shared_one_once(campus_of):
    def change(raw):
        raw["series"]["spare"] = {"source": "csv", "file": "none.csv", "column": "x", "unit": "JPY/kWh"}
        raw["grid"]["tariff"]["energy"]["adders_per_mwh"] = {"levy": "series:spare"}
        lost = {"source": "csv", "file": "lost.csv", "column": "price", "unit": "JPY/kWh"}
        raw["scenarios"] = {
            "a": {"weight_frac": 0.5},
            "b": {"weight_frac": 0.5, "series": {"price_per_mwh": lost}},
        }

    with pytest.raises(InputError) as caught:
        build_cases(campus_of(change))
    assert [fault.where for fault in caught.value.faults] == [
        "series.spare", "scenarios.b.series.price_per_mwh",
    ]  # fmt: skip


def test_a_scenario_that_is_not_declared_is_refused(campus_of):
    with pytest.raises(StateError, match="scenario 'x' is not declared"):
        build_case(campus_of(), "x")


def test_every_result_names_its_foresight_and_its_real_terms(campus_of):
    notes = " ".join(build_case(campus_of()).notes)
    assert "Perfect foresight" in notes
    assert "Real terms: the series of 2022-01" in notes


@pytest.mark.parametrize(
    ("start", "end", "zone", "years"),
    [
        ("2022-04-01T00:00+09:00", "2023-04-01T00:00+09:00", "Asia/Tokyo", 1.0),
        ("2024-01-01T00:00+01:00", "2025-01-01T00:00+01:00", "Europe/Paris", 1.0),
        ("2022-01-01T00:00Z", "2023-01-01T00:00Z", "Asia/Tokyo", 1.0),
        ("2022-01-01T00:00+09:00", "2024-01-01T00:00+09:00", "Asia/Tokyo", 2.0),
        ("2022-07-01T00:00+09:00", "2022-08-01T00:00+09:00", "Asia/Tokyo", 1 / 12),
        ("2022-01-10T00:00+09:00", "2022-01-12T00:00+09:00", "Asia/Tokyo", 2 / 31 / 12),
    ],
)
def test_the_axis_knows_how_many_years_it_covers(tmp_path, start, end, zone, years):
    raw = raw_campus()
    raw["time"] = {"start": start, "end": end, "step": "1h"}
    raw["place"]["time_zone"] = zone
    raw["grid"]["tariff"]["energy"]["price_per_mwh"] = 10000
    del raw["series"]
    (tmp_path / "c.yaml").write_text(json.dumps(raw), encoding="utf-8")
    case = build_case(read_campus(tmp_path / "c.yaml"))
    assert case.years == pytest.approx(years, rel=1e-12)


def test_a_power_given_in_kilowatts_is_asked_about(campus_of):
    def in_kw(raw):
        raw["grid"]["connection"]["firm_mw"] = 110_000.0

    assert any(
        "firm_mw is 110,000 MW" in note and "were kW meant?" in note
        for note in build_case(campus_of(in_kw)).notes
    )
    assert not any("were kW meant?" in note for note in build_case(campus_of()).notes)
