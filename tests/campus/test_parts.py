"""Batteries, loads, cooling, solar, generators: what their fields tell of each other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus import Battery, Cooling, Generator, Hall, PlainLoad, SizeRange, Solar
from wattstack.campus.finance import Finance


def refused(declare, **fields):
    with pytest.raises(ValidationError) as caught:
        declare(**fields)
    return [str(f) for error in caught.value.errors() for f in error.get("ctx", {}).get("faults", ())]


LOSSES = {"charge_eff": 0.95, "discharge_eff": 0.95}


def test_usable_and_nameplate_energy_are_told_apart():
    assert Battery(power_mw=1, energy_mwh=80, usable_frac=0.8, **LOSSES).nameplate_per_usable * 80 == 100


def test_a_duration_that_no_sizes_have_is_refused():
    hours = {"min": 2, "max": 4}
    assert Battery(power_mw=10, energy_mwh=40, duration_h=hours, **LOSSES).duration_h.max == 4
    assert refused(Battery, power_mw=10, energy_mwh=19, duration_h=hours, **LOSSES) == [
        "duration_h.min  is 2 h: 10 MW would need 20 MWh, energy_mwh ends at 19. Lower duration_h.min or "
        "raise "
        "energy_mwh."
    ]
    assert refused(Battery, power_mw=10, energy_mwh=SizeRange(min=41, max=50), duration_h=hours,
                   capital_per_mwh=1, **LOSSES) == [
        "duration_h.max  is 4 h: 10 MW may hold 40 MWh, energy_mwh begins at 41. Raise duration_h.max or "
        "power_mw."
    ]  # fmt: skip
    assert refused(Battery, power_mw=10, energy_mwh=40, duration_h={"min": 5, "max": 4}, **LOSSES) == [
        "min  is 5, must not be above max 4. Lower min or raise max."
    ]


def test_a_solved_duration_is_not_refused_for_its_last_digit():
    assert Battery(power_mw=10, energy_mwh=40 * (1 + 1e-9), duration_h={"min": 2, "max": 4}, **LOSSES)


def test_a_planned_size_needs_a_price():
    assert refused(Battery, power_mw=SizeRange(max=5), energy_mwh=9, **LOSSES) == [
        "capital_per_mwh  is missing, must be given where the plan chooses a size. Write capital_per_mwh and "
        "capital_per_mw (0 if it is free), or name a chemistry."
    ]
    price = "is missing, must be given where the plan chooses power_mw. Write 0 if it is free."
    assert refused(Solar, power_mw=SizeRange(max=5)) == [f"capital_per_mw  {price}"]
    gas = {"fuel_price_per_mwh": 50, "emission_kg_per_mwh": 444}
    assert refused(Generator, power_mw=SizeRange(max=5), **gas) == [f"capital_per_mw  {price}"]
    assert Solar(power_mw=SizeRange(max=5), capital_per_mw=0).capital_per_mw == 0


def test_a_generator_cannot_run_above_what_is_available():
    assert refused(
        Generator,
        power_mw=5,
        fuel_price_per_mwh=50,
        emission_kg_per_mwh=444,
        minimum_frac=0.6,
        availability_frac=0.5,
    ) == ["minimum_frac  is 0.6, must not be above availability_frac 0.5. Lower minimum_frac."]


def test_flexible_compute_has_a_price():
    assert refused(Hall, it_mw=1, flexible_frac=0.2) == [
        "shed_value_per_mwh  is missing, must be given with flexible_frac 0.2. Give the worth of the "
        "compute that a "
        "shed MWh would have done, or set flexible_frac: 0."
    ]


def test_a_hall_and_a_plain_load_are_told_apart(campus_of):
    load = campus_of(load={"halls": {"it_mw": 100}, "offices": {"draw_mw": 3}}).load
    assert isinstance(load["halls"], Hall) and isinstance(load["offices"], PlainLoad)
    again = campus_of(load=load).load  # declarations are taken as they are
    assert again == load


@pytest.mark.parametrize(
    ("load", "where", "sentence"),
    [
        ("{it: 100}", ".it", "is not a key here. Nearest: 'it_mw'."),
        ("{draw: 3}", ".draw", "is not a key here. Nearest: 'draw_mw'."),
        ("{draw_mw: -3}", ".draw_mw", "is -3, must be >= 0 MW. Give a value >= 0."),
        ("{draw_mw: much}", ".draw_mw", "is 'much', must be a number >= 0 or a series. Write 3.0, or "
         "series:NAME."),
        ("{it_mw: 1, profile: 7}", ".profile", "is 7, must be ai, flat, jobs or a series of utilisation. Write ai, "
         "or series:NAME."),
        ("7", "", "is 7, must hold it_mw (a hall) or draw_mw (a plain load). Write {it_mw: 127}."),
    ],
)  # fmt: skip
def test_a_load_that_cannot_be_says_why(told, load, where, sentence):
    assert told(("{it_mw: 100}", load))[f"load.halls{where}"] == f"{sentence} (line 10)"


def test_cooling_takes_the_defaults_of_its_kind():
    assert (Cooling().supply_degc, Cooling(kind="air").supply_degc) == (32, 24)
    assert Cooling(kind="air").fan_pump_frac > Cooling().fan_pump_frac
    assert Cooling(kind="air", supply_degc=20).supply_degc == 20
    assert Cooling.model_validate(Cooling(kind="air")).supply_degc == 24
    with pytest.raises(ValidationError):
        Cooling(kind=["air"])
    with pytest.raises(ValidationError):
        Cooling.model_validate("air")


def test_exchange_rates_have_a_currency_and_are_positive(told):
    assert Finance(exchange={"USD": 150}).exchange == {"USD": 150}
    faults = told(finance="{exchange: {dollar: 150, USD: 0}}")
    assert faults == {
        "finance.exchange.dollar": "is 'dollar', must be the ISO 4217 code of a currency, three capital "
        "letters. "
        "Write JPY. (line 23)",
        "finance.exchange.USD": "is 0, must be > 0. Give a value > 0. (line 23)",
    }
