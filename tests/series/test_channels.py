"""The one table of quantities."""

import pytest

from wattstack.errors import InputError
from wattstack.series.channels import CHANNELS, channel


def test_a_component_is_found_under_its_pattern():
    assert channel("battery.main.stored_mwh").kind == "stored"
    assert channel("solar.roof.curtailed_mw").unit == "MW"
    assert channel("battery.main.stored_price_per_mwh").kind == "price"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lng_price_per_mwh", "price"), ("supplier_kg_per_mwh", "intensity"), ("hall_b_mw", "power"),
        ("meter_mwh", "energy"), ("open_frac", "frac"), ("roof_w_m2", "irradiance"), ("sea_degc", "temperature"),
        ("gust_m_s", "wind"), ("station_hpa", "pressure"),
    ],
)  # fmt: skip
def test_a_name_of_the_users_own_is_read_by_its_suffix(name, kind):
    assert channel(name).kind == kind


@pytest.mark.parametrize(
    ("name", "says"), [("unserved_nw", "Nearest: 'unserved_mw'"), ("zzzz", "End it in a unit: _kg_per_mwh")]
)
def test_a_name_without_unit_is_refused(name, says):
    with pytest.raises(InputError) as error:
        channel(name)
    assert says in str(error.value)


def test_no_quantity_stands_twice():
    names = [row.name for row in CHANNELS]
    assert len(names) == len(set(names))
    assert all(channel(name.replace("*", "x")).name == name for name in names)
