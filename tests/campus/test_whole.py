"""What parts of a campus cannot know of each other is told too."""

from __future__ import annotations

import pytest

from wattstack.campus import Battery, Hall

DAY = "{start: 2022-04-01T00:00+09:00, end: 2022-04-02T00:00+09:00, step: 1h}"
PRICE = "{source: jepx, file: a.csv, area: kansai}"


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ("end: 2023-04-01T00:00", "end: 2022-01-01T00:00", {
            "time.end": "is 2022-01-01T00:00:00+09:00, must be after start 2022-04-01T00:00:00+09:00. "
            "Move one."}),
        ("end: 2023-04-01T00:00", "end: 2023-04-01T00:10", {
            "time.end": "is no whole number of steps of 30min after start. Move end or change step."}),
        ("start: 2022-04-01T00:00+09:00", "start: 2022-04-01T00:10+09:00", {
            "time.end": "is no whole number of steps of 30min after start. Move end or change step.",
            "time.start": "is 2022-04-01T00:10:00+09:00, must fall on a multiple of 30min. Move it."}),
        ("step: 30min", "step: 20min", {
            "time.step": "is '20min', must be one of 1h, 60min, 30min, 15min, 10min, 5min, 1min. Nearest: "
            "'60min'."}),
    ],
)  # fmt: skip
def test_a_span_that_does_not_fit_its_step_is_refused(told, old, new, faults):
    assert told((old, new)) == {where: f"{what} (line 6)" for where, what in faults.items()}


def test_years_and_leap_years_have_their_steps(campus_of):
    def count(end, step):
        time = {"start": "2023-04-01T00:00+09:00", "end": end, "step": step}
        return campus_of(time=time).time.count

    assert count("2024-04-01T00:00+09:00", "30min") == 366 * 48
    assert count("2024-03-31T15:00Z", "1h") == 366 * 24


def test_weights_of_scenarios_sum_to_one(told, campus_of):
    assert told(scenarios="{a: {weight_frac: 0.5}, b: {weight_frac: 0.4}}") == {
        "scenarios": "have weights that sum to 0.9, must sum to 1. Change weight_frac of one of them. "
        "(line 23)"
    }
    thirds = {name: {"weight_frac": 1 / 3} for name in "abc"}
    assert list(campus_of(scenarios=thirds).scenarios) == ["a", "b", "c"]


def test_a_meter_averages_over_whole_steps_of_every_scenario(told):
    demand = "demand: {m: {price_per_mw_month: 900000, interval: 30min}}\n    energy:"
    assert told(
        ("    energy:", f"    {demand}"), scenarios=f"{{a: {{weight_frac: 1, time: {DAY}, series: {{}}}}}}"
    ) == {
        "grid.tariff.demand.m.interval": "is 30min, must be whole steps of 1h (scenarios.a.time.step). "
        "Change one. "
        "(line 14)"
    }
    assert "must be whole steps of 30min (time.step)" in str(
        told(("    energy:", f"    {demand}".replace("30min", "15min")))
    )


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        ("19", "is 19 JPY/MWh, that is 0.019 per kWh, must be per MWh. Write 19000 if you mean 19 per kWh, 0 if it is "
         "free."),
        ("{periods: {a: {price_per_mwh: 9, hours: [8-20]}, b: {price_per_mwh: 19}}}",
         "is 19 JPY/MWh, that is 0.019 per kWh, must be per MWh. Write 19000 if you mean 19 per kWh, 0 if "
         "it is "
         "free."),
    ],
)  # fmt: skip
def test_a_price_per_kwh_read_as_per_mwh_is_noticed(told, price, sentence):
    assert told(("{price_per_mwh: series:price_per_mwh}", f"{{price_per_mwh: {price}}}")) == {
        "grid.tariff.energy.price_per_mwh": f"{sentence} (line 14)"
    }


def test_a_charge_per_kw_and_a_fuel_per_kwh_are_noticed(told, campus_of):
    demand = "demand: {m: {price_per_mw_month: 1770}}\n    energy:"
    gas = "{gas: {power_mw: 4, fuel_price_per_mwh: 8, emission_kg_per_mwh: 444}}"
    assert told(("    energy:", f"    {demand}"), generator=gas) == {
        "grid.tariff.demand.m.price_per_mw_month": "is 1770 JPY/MW, that is 1.77 per kW, must be per MW. "
        "Write "
        "1770000 if you mean 1770 per kW, 0 if it is free. (line 14)",
        "generator.gas.fuel_price_per_mwh": "is 8 JPY/MWh, that is 0.008 per kWh, must be per MWh. Write "
        "8000 if you "
        "mean 8 per kWh, 0 if it is free. (line 24)",
    }
    flat = {"connection": {"firm_mw": 1}, "tariff": {"energy": {"price_per_mwh": 0.2}}}
    assert campus_of(currency="XAU", grid=flat)  # a currency whose level is not known


def test_an_adder_per_kwh_is_noticed_and_a_small_levy_is_not(told):
    adders = "{levy: 4.18, fee: {periods: {a: {price_per_mwh: 2}}}, small: 40, credit: -3, none: 0}"
    energy = "{price_per_mwh: series:price_per_mwh"
    faults = told((energy, f"{energy}, adders_per_mwh: {adders}"))
    assert list(faults) == [f"grid.tariff.energy.adders_per_mwh.{name}" for name in ("levy", "fee")]
    assert faults["grid.tariff.energy.adders_per_mwh.levy"] == (
        "is 4.18 JPY/MWh, that is 0.00418 per kWh, must be per MWh. Write 4180 if you mean 4.18 per kWh, 0 if it is "
        "free. (line 14)"
    )


def test_a_load_in_kilowatts_is_noticed(told, campus_of):
    assert told(("{it_mw: 100}", "{it_mw: 127000}")) == {
        "load.halls.it_mw": "is 127,000 MW, 1,155 times all that may serve it (110 MW). Write 127 if kW were "
        "meant. (line 10)"
    }
    loads = "{it_mw: 10000}\n  offices: {draw_mw: 12000}\n  pumps: {draw_mw: 3}"
    assert list(told(("{it_mw: 100}", loads))) == ["load.offices.draw_mw"]
    assert campus_of(load={"halls": {"it_mw": 127_000.0}})  # nothing serves it yet


def test_a_contract_reaches_what_it_must_not_be_below(told):
    contract = (
        "contract: {a: {power_mw: {min: 90, max: 99}, price_per_mw_year: 1}, b: {power_mw: 80, "
        "price_per_mw_year: 1, "
        "at_least: a}, c: {power_mw: 90, price_per_mw_year: 1, at_least: a}}\n    energy:"
    )
    assert told(("    energy:", f"    {contract}")) == {
        "grid.tariff.contract.b.power_mw": "ends at 80, must reach a, which begins at 90. Raise it, or "
        "lower the "
        "other. (line 14)"
    }


def test_a_backup_above_the_largest_battery_is_refused(told):
    faults = told(("power_mw: {max: 200}", "power_mw: {max: 20}"), duties="{backup: {duration_h: 12}}")
    assert faults == {
        "duties.backup": "asks for at least 1031 MWh (80 MW for 12 h), the batteries (main) reach 1000 "
        "MWh. Raise "
        "energy_mwh, or shorten duties.backup.duration_h. (line 23)"
    }


def test_a_backup_needs_power_and_a_battery(told, file_of, small_text):
    faults = told(("power_mw: {max: 200}", "power_mw: {max: 20}"), duties="{backup: {duration_h: 0.5}}")
    assert faults == {
        "duties.backup": "asks for at least 80 MW, the batteries (main) reach 20 MW. Raise power_mw, or "
        "lower "
        "duties.backup.load_frac. (line 23)"
    }
    faults = told(text=small_text.split("battery:")[0], duties="{backup: {duration_h: 0.5}}")
    assert faults == {
        "duties.backup": "needs a battery, none is declared. Add one, or take the duty out. (line 15)"
    }


def test_a_backup_is_held_against_what_is_surely_drawn(campus_of):
    battery = {"main": Battery(power_mw=50, energy_mwh=60, charge_eff=0.9, discharge_eff=0.9)}
    load = {
        "by_series": Hall(it_mw=500, profile="series:utilisation_frac"),
        "halls": Hall(it_mw=50, profile="flat", utilisation_frac=0.8),
        "offices": {"draw_mw": 10},
        "yard": {"draw_mw": "series:load_mw"},
    }
    series = {
        n: {"source": "csv", "file": "a.csv", "column": n, "unit": "1"}
        for n in ("utilisation_frac", "load_mw")
    }
    assert campus_of(battery=battery, load=load, series=series, duties={"backup": {"duration_h": 1}})


@pytest.mark.parametrize(
    ("section", "text"), [("solar", "{roof: {power_mw: 3}}"), ("cooling", "{kind: air}")]
)
def test_sun_and_cooling_need_weather(told, section, text):
    assert told(**{section: text}) == {
        "series.weather": f"is missing, must be given where there is {section}. Add it, or take out "
        f"{section}. (line 7)"
    }


def test_a_series_of_every_scenario_need_not_stand_in_the_campus(campus_of):
    def build(**given):
        scenarios = {
            name: {
                "weight_frac": 0.5,
                "series": {s: {"source": "jepx", "file": "a.csv", "area": "kansai"} for s in own},
            }
            for name, own in given.items()
        }
        carbon = {"intensity_kg_per_mwh": "series:carbon_kg_per_mwh"}
        return campus_of(scenarios=scenarios, carbon=carbon)

    assert build(a=["carbon_kg_per_mwh"], b=["carbon_kg_per_mwh"])
    with pytest.raises(ValueError, match=r"must name a series of this file\. Add series\.carbon_kg_per_mwh"):
        build(a=["carbon_kg_per_mwh"], b=[])


def test_a_series_that_only_one_scenario_knows_is_refused(told):
    other = f"b: {{weight_frac: 0, series: {{price: {PRICE}}}}}"
    faults = told(scenarios=f"{{a: {{weight_frac: 1, series: {{}}}}, {other}}}")
    assert faults == {
        "scenarios.b.series.price": "stands neither in series nor in every scenario, so that others lack it. "
        "Add series.price. (line 23)"
    }
    faults = told(scenarios="{a: 3}", series="7", text="wattstack: 1\n")
    assert faults["scenarios.a"].startswith("is 3, must hold keys (weight_frac, time, series)")


def test_a_scenario_series_of_the_wrong_kind_is_told_where_it_stands(told):
    series = "series: {price_per_mwh: {source: epw, file: a.epw}}"
    assert told(scenarios=f"{{a: {{weight_frac: 1, {series}}}}}") == {
        "scenarios.a.series.price_per_mwh": "gives weather columns, must give one series. Use column, or "
        "name it "
        "weather. (line 23)"
    }
