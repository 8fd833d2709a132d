"""What keeps cells at their temperature."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus.climate import Climate


def test_a_window_of_temperature_without_room_is_refused():
    with pytest.raises(
        ValidationError, match="temp_min_degc  is 40, must be below temp_max_degc 40: no temp"
    ):
        Climate(temp_min_degc=40, temp_max_degc=40)
    assert Climate(temp_min_degc=10, temp_max_degc=45).setpoint_degc == 25


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"temp_min_degc": 24}, "3 K below it cells are under temp_min_degc 24"),
        ({"temp_max_degc": 27.5}, "3 K above it cells are over temp_max_degc 27.5"),
    ],
)
def test_a_setpoint_whose_band_leaves_the_window_is_refused(given, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Climate(**given)
    assert Climate(band_k=0.5, **given) and Climate(kind="none", **given)  # nothing holds a setpoint there
