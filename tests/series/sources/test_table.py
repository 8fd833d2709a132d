"""Plain csv and parquet."""

import datetime as dt
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.series.conftest import hours, table
from wattstack.errors import InputError
from wattstack.series import SourceSpec, read_series
from wattstack.series.sources.table import collect


def read(spec):
    return read_series(spec)


def test_named_columns_are_read_in_our_units(csv_spec):
    text = table(hours("2022-01-01T00:00", 3, tail="+01:00"), ["0.05", "-0.10", "2.00"])
    got = read(csv_spec(text, unit="EUR/kWh"))
    assert got.values == pytest.approx([50.0, -100.0, 2000.0])
    assert str(got.stamps[0]) == "2021-12-31T23:00:00"
    assert (got.step_s, got.rows, got.kinds) == (3600, 3, {"price_per_mwh": "price"})


@pytest.mark.parametrize(
    "text",
    [
        "time;price\n2022-01-01T00:00Z;50,5\n2022-01-01T01:00Z;60\n",
        "time\tprice\n2022-01-01T00:00Z\t50.5\n2022-01-01T01:00Z\t60\n",
        "# SYNTHETIC prices, seed 1\n# made by a script\ntime,price\n2022-01-01T00:00Z,50.5\n2022-01-01T01:00Z,60\n",
        "\ufefftime,price\n2022-01-01T00:00Z,50.5\n2022-01-01T01:00Z,60\n",
        'note,"price","time"\nx,50.5,2022-01-01T00:00Z\ny,60,2022-01-01T01:00Z\n',
        "time,price\r\n2022/01/01 00:00+00:00,50.5\r\n2022/01/01 01:00+00:00,60\r\n",
        "time,price\n2022/1/1 0:00Z,50.5\n2022/1/1 1:00Z,60\n",
        "time,price\n2022-01-01T00:00:00.000Z,50.5\n2022-01-01T01:00:00.000Z,60\n",
    ],
)
def test_csv_comes_in_many_coats(csv_spec, text):
    got = read(csv_spec(text))
    assert got.values.tolist() == [50.5, 60.0]
    assert got.start_s == 1640995200


@pytest.mark.parametrize("cell", ["", "NaN", "n/e", "N/A", "-", "null"])
def test_an_empty_cell_is_a_gap(csv_spec, cell):
    got = read(csv_spec(table(hours("2022-01-01T00:00", 3, tail="Z"), ["50", cell, "60"])))
    assert np.isnan(got.values).tolist() == [False, True, False]


def test_a_missing_column_names_the_nearest_and_all_at_once(csv_spec):
    spec = csv_spec("stamp,price_eur,x\n2022-01-01T00:00Z,1,2\n", column="price_eu")
    with pytest.raises(InputError) as error:
        read(spec)
    text = str(error.value)
    assert "in.csv has 2 faults" in text
    assert (
        "time_column    is column 'time', which the file does not have. It has: stamp, price_eur, x." in text
    )
    assert "is column 'price_eu', which the file does not have. Nearest: 'price_eur'" in text


def test_a_column_that_stands_twice_is_refused(csv_spec):
    with pytest.raises(InputError, match="is column 'price', which stands 2 times"):
        read(csv_spec("time,price,price\n2022-01-01T00:00Z,1,2\n"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "time,price\n2022-01-01T00:00Z,1\n2022-01-01T01:00Z,cheap\n",
            "price  is 'cheap' in line 3, must be a number",
        ),
        ("time,price\n2022-01-01T00:00Z,1\n2022-01-01T01:00Z\n", "has 1 field in line 3, must have 2"),
        ("", "is empty. Give a header line and rows"),
        ("time,price\n", "has a header and no rows"),
        ("time,price\n2022-01-01T00:00Z,1\n", "has one row, must have two or more"),
        (
            "# SYNTHETIC\ntime,price\n2022-01-01T00:00Z,1\n01.02.2022 01:00,2\n",
            "time  is '01.02.2022 01:00' in line 4, must be ISO 8601",
        ),
        (
            "time,price\n2022-01-01T00:00Z,1\n2022-01-01T01:00,2\n",
            "carries an offset in some rows, none in others such as '2022-01-01T01:00' in line 3",
        ),
        (
            "time,price\n2022-01-01T00:00Z,1\n2022-02-30T01:00Z,2\n",
            "is '2022-02-30T01:00Z' in line 3, which cannot be read. Is there such a day and hour?",
        ),
        ("time,price\n2022-01-01T00:00,1\n2022-01-01T25:00,2\n", "is '2022-01-01T25:00' in line 3"),
        ("time,price\n2022-01-01T00:00Z,1\n,2\n", "has 1 empty stamp, first in line 3"),
    ],
)
def test_a_bad_row_says_where_and_what(csv_spec, text, says):
    with pytest.raises(InputError) as error:
        read(csv_spec(text))
    assert says in str(error.value)
    assert "in.csv" in str(error.value)


def test_text_that_is_not_utf_8_is_refused(csv_spec, tmp_path):
    spec = csv_spec("")
    (tmp_path / "in.csv").write_bytes("time,price\n2022-01-01T00:00Z,5 €\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"is not utf-8 text. Save it as UTF-8"):
        read(spec)


def parquet(tmp_path, columns, **more):
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    spec = {"columns": {"load_mw": "load_kw"}, "units": {"load_mw": "kW"}, "base_dir": tmp_path} | more
    return SourceSpec("load_mw", "in.parquet", source="parquet", **spec)


STAMPS = [dt.datetime(2022, 1, 1, h) for h in range(3)]


@pytest.mark.parametrize(
    ("time", "zone", "start"),
    [
        (pa.array(STAMPS, pa.timestamp("ns", "UTC")), None, 1640995200),
        (pa.array(STAMPS, pa.timestamp("ms", "Asia/Tokyo")), None, 1640995200),
        (pa.array(STAMPS, pa.timestamp("us")), "Asia/Tokyo", 1640995200 - 9 * 3600),
        (pa.array(["2022-01-01T00:00Z", "2022-01-01T01:00Z", "2022-01-01T02:00Z"]), None, 1640995200),
        (pa.array([dt.date(2022, 1, d) for d in (1, 2, 3)]), "UTC", 1640995200),
    ],
)
def test_parquet_keeps_its_own_clock(tmp_path, time, zone, start):
    got = read(parquet(tmp_path, {"time": time, "load_kw": [1000, 2000, 3000]}, time_zone=zone))
    assert got.start_s == start
    assert got.values.tolist() == [1.0, 2.0, 3.0]


def test_a_parquet_file_with_the_wrong_types_is_refused(tmp_path):
    with pytest.raises(InputError, match="is int64, must be ISO 8601 text or timestamps"):
        read(parquet(tmp_path, {"time": [1, 2], "load_kw": [1.0, 2.0]}))
    with pytest.raises(InputError, match="load_kw  is string, must be numbers"):
        read(
            parquet(
                tmp_path, {"time": pa.array(STAMPS, pa.timestamp("s", "UTC")), "load_kw": ["a", "b", "c"]}
            )
        )
    with pytest.raises(InputError, match="is 'soon' in row 2, must be ISO 8601"):
        read(parquet(tmp_path, {"time": ["2022-01-01T00:00Z", "soon"], "load_kw": [1.0, 2.0]}))
    (tmp_path / "in.parquet").write_text("time,load_kw")
    with pytest.raises(InputError, match="is not a parquet file"):
        read(
            SourceSpec(
                "load_mw", "in.parquet", source="parquet", columns={"load_mw": "load_kw"}, base_dir=tmp_path
            )
        )


def test_an_offset_that_starts_in_the_middle_of_a_large_file_is_seen(csv_spec):
    naive = hours("2022-01-01T00:00", 60_000, 1)
    aware = hours("2022-02-11T16:00", 10, 1, tail="Z")
    text = table(naive + aware, [50] * (len(naive) + 10))
    with pytest.raises(InputError, match="carries an offset in some rows"):
        read(csv_spec(text))


def test_a_bad_stamp_far_down_a_file_of_several_blocks_has_its_line(csv_spec):
    stamps = hours("2022-01-01T00:00", 80_000, 1, tail="Z")
    stamps[70_000] = "soon"
    with pytest.raises(InputError, match=r"is 'soon' in line 70002, must be ISO 8601"):
        read(csv_spec(table(stamps, [50] * len(stamps))))


def test_rows_of_two_clocks_in_two_blocks_are_refused(tmp_path):
    time = [f"2022-01-0{day}T00:00{'Z' if day > 2 else ''}" for day in (1, 2, 3, 4)]
    pq.write_table(
        pa.table({"time": time, "load_kw": [1.0, 2.0, 3.0, 4.0]}), tmp_path / "in.parquet", row_group_size=2
    )
    file = pq.ParquetFile(tmp_path / "in.parquet")
    spec = SourceSpec("load_mw", "in.parquet", columns={"load_mw": "load_kw"})
    with pytest.raises(InputError, match="carries an offset in some rows only"):
        collect((file.read_row_group(i).to_batches()[0] for i in range(2)), spec)


def test_a_line_longer_than_a_block_is_refused(csv_spec):
    with pytest.raises(InputError, match="cannot be read"):
        read(csv_spec(f"time,price,note\n2022-01-01T00:00Z,1,{'x' * 3_000_000}\n"))


CHILD = """
import resource, sys
from pathlib import Path
from wattstack.series import SourceSpec, read_series
import pyarrow.csv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
spec = SourceSpec("load_mw", "big.csv", columns={"load_mw": "kw"}, units={"load_mw": "kW"}, base_dir=Path(sys.argv[1]))
series = read_series(spec)
print(series.count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * int(sys.argv[2]) / 1e6)
"""


def test_a_file_of_200_mb_is_streamed(tmp_path):
    rows, filler = 525_600, "x" * 360
    stamps = np.datetime_as_string(
        np.datetime64("2022-01-01", "s") + np.arange(rows) * np.timedelta64(60, "s")
    )
    with (tmp_path / "big.csv").open("w") as file:
        file.write("time,kw,note\n")
        file.writelines(f"{stamp}Z,1500,{filler}\n" for stamp in stamps)
    assert (tmp_path / "big.csv").stat().st_size > 200e6
    unit = "1" if sys.platform == "darwin" else "1024"  # ru_maxrss counts bytes there, kilobytes here
    done = subprocess.run(
        [sys.executable, "-c", CHILD, tmp_path, unit], capture_output=True, text=True, check=True, timeout=60
    )
    count, grown_mb = done.stdout.split()
    assert int(count) == rows
    assert float(grown_mb) < 190.0  # less than the file


def test_reading_a_half_hourly_year_is_quick(csv_spec):
    import time

    text = table(hours("2022-01-01T00:00", 17_520, 30, tail="+09:00"), np.arange(17_520) % 97 + 1.0)
    spec = csv_spec(text)
    read(spec)
    began_s = time.perf_counter()
    read(spec)
    assert time.perf_counter() - began_s < 0.3  # about 0.03 on an idle core
