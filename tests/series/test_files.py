"""Traces on disk."""

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import Traces, make_axis, read_traces, write_traces

AXIS = make_axis("2022-04-01T00:00+09:00", "2022-04-01T02:00+09:00", "30min")
TRACES = Traces(
    AXIS,
    {"load_mw": np.array([0.1, 0.2, 0.3, 1 / 3]), "bus.price_per_mwh": np.arange(8.0).reshape(4, 2)},
    ("dry", "wet"),
)


def test_parquet_gives_back_every_bit(tmp_path):
    again = read_traces(write_traces(TRACES, tmp_path / "new" / "traces.parquet"))
    assert again.axis == AXIS
    assert again.scenarios == ("dry", "wet")
    for name, values in TRACES.arrays.items():
        assert np.array_equal(again[name], values)


def test_a_plain_trace_has_no_scenarios(tmp_path):
    plain = Traces(AXIS, {"load_mw": np.ones(4)})
    assert read_traces(write_traces(plain, tmp_path / "t.parquet")).scenarios == ()


def test_equal_traces_give_equal_bytes(tmp_path):
    one, two = (write_traces(TRACES, tmp_path / name) for name in ("a.parquet", "b.parquet"))
    assert one.read_bytes() == two.read_bytes()


def test_csv_is_readable_by_people(tmp_path):
    lines = write_traces(TRACES, tmp_path / "t.csv").read_text().splitlines()
    assert lines[0].replace('"', "") == "time,load_mw,dry:bus.price_per_mwh,wet:bus.price_per_mwh"
    assert lines[1] == "2022-03-31T15:00Z,0.1,0,1"


def test_nothing_half_written_is_left(tmp_path):
    write_traces(TRACES, tmp_path / "t.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"must end in .parquet or .csv"):
        write_traces(TRACES, tmp_path / "t.xlsx")


def test_a_file_that_is_not_ours_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pytest.raises(InputError, match="does not exist"):
        read_traces(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_text("no")
    with pytest.raises(InputError, match="is not a parquet file"):
        read_traces(tmp_path / "t.parquet")
    pq.write_table(pa.table({"time": [1]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="holds no traces of wattstack"):
        read_traces(tmp_path / "t.parquet")
