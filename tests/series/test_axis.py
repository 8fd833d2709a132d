"""The time axis."""

from datetime import UTC, datetime

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import TimeAxis, make_axis
from wattstack.units import STEP_S


def test_an_axis_is_in_utc():
    axis = make_axis("2022-04-01T00:00+09:00", "2023-04-01T00:00+09:00", "30min")
    assert axis == TimeAxis(np.datetime64("2022-03-31T15:00:00"), 1800, 17520)
    assert axis.end == np.datetime64("2023-03-31T15:00:00")
    assert axis.stamps[-1] == np.datetime64("2023-03-31T14:30:00")
    assert axis.step_h == 0.5


def test_the_zone_of_the_input_changes_nothing():
    tokyo = make_axis("2022-04-01T09:00+09:00", "2022-04-02T09:00+09:00", "1h")
    assert tokyo == make_axis("2022-04-01T00:00Z", "2022-04-02T00:00+00:00", "60min")
    assert tokyo == make_axis(datetime(2022, 4, 1, tzinfo=UTC), datetime(2022, 4, 2, tzinfo=UTC), "1h")


@pytest.mark.parametrize("step", STEP_S)
def test_every_step_divides_a_leap_day(step):
    axis = make_axis("2024-02-29T00:00Z", "2024-03-01T00:00Z", step)
    assert axis.count * axis.step_s == 86400


def test_all_faults_of_an_axis_come_at_once():
    with pytest.raises(InputError) as error:
        make_axis("2022-04-01T00:00", "soon", "20min")
    text = str(error.value)
    assert "time has 3 faults" in text
    assert "must carry its offset from UTC. Write 2022-04-01T00:00:00+09:00" in text
    assert "is 'soon', must be ISO 8601" in text
    assert "is '20min', must be one of 1h, 60min, 30min" in text


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2022-04-02T00:00Z", "2022-04-01T00:00Z", "must be after start 2022-04-02"),
        ("2022-04-01T00:00Z", "2022-04-01T01:20Z", "is no whole number of steps of 30min"),
        ("2022-04-01T00:10Z", "2022-04-01T01:10Z", "must fall on a multiple of 30min"),
    ],
)
def test_a_span_that_does_not_fit_is_refused(start, end, says):
    with pytest.raises(InputError, match=says):
        make_axis(start, end, "30min")
