"""Values that no such quantity takes."""

import numpy as np
import pytest

from wattstack.series.plausible import plausibility_faults, tidy_values


def fault(values, kind, currency=""):
    found = plausibility_faults("x", np.asarray(values, dtype=float), kind, currency)
    return found[0].what if found else ""


def test_a_price_per_kwh_read_as_per_mwh_is_seen():
    text = fault(np.full(100, 14.9), "price", "JPY")
    assert text == "has a median of 14.9 JPY/MWh and looks like JPY/kWh. Say unit: JPY/kWh."
    assert "looks like EUR/kWh" in fault(np.full(100, 0.11), "price", "EUR")


def test_a_price_per_mwh_read_as_per_kwh_is_seen():
    assert "looks like EUR/MWh read as per kWh. Say unit: EUR/MWh." in fault(
        np.full(9, 109e3), "price", "EUR"
    )


def test_a_single_price_that_no_market_allows_is_seen():
    text = fault([20.0] * 99 + [1e300], "price", "EUR")
    assert text.startswith("reaches 1e+300 EUR/MWh, must stay within ")
    assert text.endswith(". Mend the value.")


@pytest.mark.parametrize(
    ("values", "currency"),
    [
        (np.full(9, 10.0), ""),
        (np.full(9, 10.0), "XAU"),
        (np.zeros(9), "JPY"),
        ([10.0] * 90 + [12000.0] * 10, "JPY"),
        ([-500.0, 40.0, 2987.0], "EUR"),
    ],
)
def test_prices_that_can_be_pass(values, currency):
    assert fault(values, "price", currency) == ""


@pytest.mark.parametrize(
    ("values", "kind", "says"),
    [
        ([280.0, 300.0], "temperature", "Is its unit K or degF?"),
        ([40.0, 80.0], "frac", "runs from 40 to 80, must stay in 0 .. 1. Is its unit %?"),
        ([-0.2, 0.5], "frac", "Is its unit %?"),
        ([101325.0], "pressure", "Is its unit Pa?"),
        ([-3.0, 4.0], "wind", "Is its unit km/h?"),
        ([9000.0], "irradiance", "Is its unit Wh/m2 or kJ/m2?"),
        ([450000.0], "intensity", "Is its unit g/kWh?"),
        ([-50.0, 800.0], "irradiance", "is -50 W/m2 at its lowest, must not be negative"),
        ([np.nan, np.nan], "power", "has no value at all"),
        ([1.0, np.inf, -np.inf], "power", "has 2 values without end (inf), must be numbers. Mend or empty"),
    ],
)
def test_a_range_beyond_the_earth_names_the_unit_it_suggests(values, kind, says):
    assert says in fault(values, kind)


def test_what_has_no_range_passes():
    assert fault([-1e9, 1e9], "power") == ""


def test_the_offset_of_a_dark_sensor_reads_as_zero_and_is_noted():
    values, note = tidy_values(np.array([-2.0, 0.0, np.nan, 500.0]), "irradiance")
    assert values[[0, 1, 3]].tolist() == [0.0, 0.0, 500.0]
    assert note == "1 value of 0 .. -7 W/m2 (sensor offset) read as 0"


def test_humidity_a_little_above_one_reads_as_one_and_is_noted():
    values, note = tidy_values(np.array([0.5, 1.01]), "frac")
    assert values.tolist() == [0.5, 1.0]
    assert note == "1 value above 1 read as 1"


def test_what_needs_no_tidying_is_left():
    values = np.array([1.0, 2.0])
    assert tidy_values(values, "power") == (values, "")
