"""Small files and series that the tests of this room share."""

from pathlib import Path

import numpy as np
import pytest

from wattstack.series import Series, SourceSpec, channel

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def real():
    """Folder of the real inputs; the test is skipped where they are not there."""
    if not SHARED.is_dir():
        pytest.skip("the real inputs (../shared/data) are not beside this checkout")
    return SHARED


@pytest.fixture
def csv_spec(tmp_path):
    """Write a csv and say how to read it."""

    def make(text, name="price_per_mwh", column="price", unit="EUR/MWh", **more):
        (tmp_path / "in.csv").write_text(text, encoding="utf-8")
        kinds = {"units": {name: unit} if unit else {}, "currency": "EUR"} | more
        return SourceSpec(name, "in.csv", columns={name: column}, base_dir=tmp_path, **kinds)

    return make


def table(stamps, values, head="time,price"):
    """Rows of a csv."""
    return "\n".join([head, *(f"{s},{v}" for s, v in zip(stamps, values, strict=True))]) + "\n"


def hours(start, count, step_min=60, tail=""):
    """Stamps as text, on one clock."""
    first = np.datetime64(start, "m")
    return [f"{first + np.timedelta64(i * step_min, 'm')}{tail}" for i in range(count)]


def series(values, name="price_per_mwh", step_s=3600, start="2022-01-01", **more):
    """A series of one column."""
    start_s = int(np.datetime64(start, "s").astype(np.int64))
    columns = {name: np.asarray(values, dtype=float)}
    return Series(name, start_s, step_s, columns, {name: channel(name).kind}, file="in.csv", **more)
