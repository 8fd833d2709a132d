"""Traces in memory."""

import sys

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import Traces, make_axis

AXIS = make_axis("2022-01-01T00:00Z", "2022-01-01T03:00Z", "1h")
PLAIN = Traces(AXIS, {"load_mw": np.array([1.0, 2.0, 3.0])})
TWO = Traces(AXIS, {"load_mw": np.arange(6.0).reshape(3, 2), "bus.price_per_mwh": np.ones(3)}, ("dry", "wet"))


def test_a_channel_is_fetched_by_name():
    assert PLAIN["load_mw"].sum() == 6.0


@pytest.mark.parametrize(("name", "says"), [("load_mv", "Nearest: 'load_mw'"), ("zz", "have no 'zz'.")])
def test_a_channel_that_is_not_there_names_the_nearest(name, says):
    with pytest.raises(InputError, match=says):
        PLAIN[name]


def test_arrays_must_fit_the_axis_and_all_faults_come_at_once():
    with pytest.raises(InputError) as error:
        Traces(AXIS, {"load_mw": np.ones(2), "it_mw": np.ones((3, 2))})
    assert "has shape (2,), must be (3,)" in str(error.value)
    assert "has shape (3, 2), must be (3,)" in str(error.value)


def test_a_table_has_its_time_in_utc():
    table = PLAIN.to_pandas()
    assert str(table.index.tz) == "UTC"
    assert table.index.name == "time"
    assert table["load_mw"].tolist() == [1.0, 2.0, 3.0]


def test_scenarios_become_columns_by_name():
    assert list(TWO.to_pandas().columns) == ["dry:load_mw", "wet:load_mw", "bus.price_per_mwh"]


def test_a_dataset_knows_its_units():
    dataset = TWO.to_xarray()
    assert dataset["load_mw"].dims == ("time", "scenario")
    assert dataset["load_mw"].sel(scenario="wet").values.tolist() == [1.0, 3.0, 5.0]
    assert dataset["bus.price_per_mwh"].attrs["units"] == "per MWh"
    assert PLAIN.to_xarray()["load_mw"].values.tolist() == [1.0, 2.0, 3.0]


def test_a_missing_xarray_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(InputError, match=r"needs xarray. Install it: pip install 'wattstack\[xarray\]'"):
        PLAIN.to_xarray()
