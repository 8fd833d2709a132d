"""A series as read."""

import numpy as np
import pytest

from tests.series.conftest import series
from wattstack.errors import InputError
from wattstack.series import Series
from wattstack.series.series import span_text, utc_text


def test_a_series_knows_its_span():
    day = series(np.ones(24), start="2022-01-01")
    assert day.span == "2022-01-01T00:00Z .. 2022-01-02T00:00Z"
    assert day.stamps[[0, -1]].astype(str).tolist() == ["2022-01-01T00:00:00", "2022-01-01T23:00:00"]


def test_notes_are_added_in_order():
    noted = series([1.0]).noted("first").noted("second", synthetic=True)
    assert noted.notes == ("first", "second")
    assert noted.synthetic


def test_several_columns_have_no_single_value():
    two = Series("w", 0, 3600, {"a_mw": np.ones(1), "b_mw": np.ones(1)}, {}, file="w.csv")
    with pytest.raises(InputError, match=r"w has columns a_mw, b_mw. Choose one"):
        two.values  # noqa: B018


def test_moments_and_lengths_are_written_for_people():
    assert utc_text(61) == "1970-01-01T00:01:01Z"
    assert [span_text(s) for s in (1, 90, 60, 5400, 7200, 86400, 172800)] == [
        "1 s", "90 s", "1 min", "90 min", "2 h", "24 h", "2 days",
    ]  # fmt: skip
