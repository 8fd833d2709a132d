"""Units at the edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.units import KINDS, to_ours


def one(value, unit, kind, **more):
    return float(to_ours(np.array([value]), unit, kind, **more)[0])


@pytest.mark.parametrize(
    ("value", "unit", "kind", "ours"),
    [
        (19.54, "JPY/kWh", "price", 19540.0),
        (275.88, "EUR/MWh", "price", 275.88),
        (12.5, "c EUR/kWh", "price", 125.0),
        (12.5, "EUR cent/kWh", "price", 125.0),
        (12.5, "ct€/kWh", "price", 125.0),
        (30.0, "p/kWh", "price", 300.0),
        (19.54, "円/kWh", "price", 19540.0),
        (0.06, "USD per kWh", "price", 60.0),
        (10.0, "USD/MMBtu", "price", 34.12141633),
        (10.0, "EUR/GJ", "price", 36.0),
        (1500.0, "kW", "power", 1.5),
        (1.0, "GW", "power", 1000.0),
        (2.0, "kWh", "energy", 0.002),
        (450.0, "gCO2/kWh", "intensity", 450.0),
        (0.45, "kg/kWh", "intensity", 450.0),
        (0.45, "tCO2eq/MWh", "intensity", 450.0),
        (300.0, "K", "temperature", 26.85),
        (77.0, "°F", "temperature", 25.0),
        (0.8, "kW/m²", "irradiance", 800.0),
        (65.0, "%", "frac", 0.65),
        (36.0, "km/h", "wind", 10.0),
        (10.0, "kn", "wind", 5.144444),
        (101325.0, "Pa", "pressure", 1013.25),
    ],
)
def test_a_unit_as_printed_on_paper_turns_into_ours(value, unit, kind, ours):
    assert one(value, unit, kind) == pytest.approx(ours, rel=1e-7)


def test_energy_per_interval_reads_as_power_over_the_step():
    assert one(2500.0, "kWh", "power", step_h=0.5) == pytest.approx(5.0)
    assert one(1.8, "MJ/m2", "irradiance", step_h=1.0) == pytest.approx(500.0)


def test_energy_per_interval_needs_the_step():
    with pytest.raises(InputError, match="is not known for power"):
        one(2500.0, "kWh", "power")


@pytest.mark.parametrize(
    ("unit", "kind", "says"),
    [
        ("kw", "power", "Nearest: 'kW'"),
        ("W/m^3", "irradiance", "Nearest: 'W/m2'"),
        ("furlong", "wind", "Known: m/s"),
        ("JPY/kwh", "price", "Nearest: 'JPY/kWh'"),
        ("JPY", "price", "must be a currency over an energy"),
        ("$/kWh", "price", "must be a currency over an energy"),
    ],
)
def test_a_unit_that_is_not_known_names_the_nearest(unit, kind, says):
    with pytest.raises(InputError) as error:
        one(1.0, unit, kind, currency="JPY")
    assert says in str(error.value)
    assert repr(unit) in str(error.value)


def test_a_price_in_another_currency_is_refused():
    with pytest.raises(InputError, match="is in EUR, must be in JPY, the currency of the campus"):
        one(50.0, "EUR/MWh", "price", currency="JPY")


def test_pence_are_pounds():
    with pytest.raises(InputError, match="is in GBP, must be in EUR"):
        one(30.0, "p/kWh", "price", currency="EUR")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data(), st.floats(-1e6, 1e6))
def test_units_of_a_kind_agree_on_differences(kind, data, value):
    if kind == "price":
        return
    unit = data.draw(st.sampled_from(sorted(KINDS[kind].scale)))
    factor, _ = KINDS[kind].scale[unit]
    rise = one(value + 1.0, unit, kind) - one(value, unit, kind)
    assert rise == pytest.approx(factor, rel=1e-6, abs=1e-6 * max(1.0, abs(value) * factor))


def test_ours_turns_into_itself():
    for kind, entry in KINDS.items():
        if kind != "price":
            assert one(3.25, entry.ours, kind) == 3.25
