"""JEPX spot files."""

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import SourceSpec, align, make_axis, read_series

HEAD = (
    "年月日,時刻コード,売り入札量(kWh),買い入札量(kWh),約定総量(kWh),システムプライス(円/kWh),エリアプライス北海道(円/kWh),"
    "エリアプライス東京(円/kWh),エリアプライス関西(円/kWh),スポット・時間前平均価格(円/kWh)"
)


def rows(first="2022-04-01", days=2):
    """Kansai costs 10 JPY/kWh in period 1 and 0.1 more in each that follows; Tokyo 5 more; the system 1 less."""
    out = []
    for day in range(days):
        date = str(np.datetime64(first) + day).replace("-", "/")
        for code in range(1, 49):
            kansai = 10 + (code - 1) / 10
            out.append(f"{date},{code},1,1,1,{kansai - 1:.2f},,{kansai + 5:.2f},{kansai:.2f},{kansai}")
    return out


def spec(tmp_path, lines, area="kansai", encoding="cp932", name="spot_summary_2022.csv", **more):
    (tmp_path / name).write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return SourceSpec(
        "price_per_mwh", name, source="jepx", area=area, currency="JPY", base_dir=tmp_path, **more
    )


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_the_original_file_is_read_in_jpy_per_mwh(tmp_path, encoding):
    got = read_series(spec(tmp_path, [HEAD, *rows()], encoding=encoding))
    assert (got.step_s, got.count, got.source) == (1800, 96, "JEPX day-ahead spot, kansai")
    assert str(got.stamps[0]) == "2022-03-31T15:00:00"
    assert got.values[[0, 1, 47, 48]] == pytest.approx([10000, 10100, 14700, 10000])


def test_newer_files_name_the_delivery_day_and_spreadsheets_drop_zeros(tmp_path):
    lines = [HEAD.replace("年月日", "受渡日"), *(row.replace("/04/0", "/4/") for row in rows())]
    assert lines[1].startswith("2022/4/1,1,")
    assert str(read_series(spec(tmp_path, lines)).stamps[48]) == "2022-04-01T15:00:00"


@pytest.mark.parametrize(("area", "first"), [("tokyo", 15000), ("system", 9000)])
def test_each_area_has_its_column(tmp_path, area, first):
    assert read_series(spec(tmp_path, [HEAD, *rows()], area)).values[0] == pytest.approx(first)


def test_period_48_ends_the_day(tmp_path):
    got = read_series(spec(tmp_path, [HEAD, *rows()]))
    day = align(got, make_axis("2022-04-01T23:30+09:00", "2022-04-02T00:30+09:00", "30min"))
    assert day.values == pytest.approx([14700, 10000])


def test_years_of_files_are_joined_by_a_pattern(tmp_path):
    spec(tmp_path, [HEAD, *rows("2022-03-31", 1)], name="spot_summary_2021.csv")
    both = spec(tmp_path, [HEAD, *rows("2022-04-01", 1)])
    whole = SourceSpec(
        "price_per_mwh", "spot_summary_*.csv", source="jepx", area="kansai", currency="JPY", base_dir=tmp_path
    )
    got = read_series(whole)
    assert got.count == 96
    assert got.sha256 != read_series(both).sha256


@pytest.mark.parametrize(
    ("area", "says"),
    [
        ("kansei", "is 'kansei', must be an area of JEPX. Nearest: 'kansai'"),
        (None, "is None, must be an area of JEPX. Name one of system, hokkaido"),
        ("kyushu", "is 'kyushu', which this file does not hold. It has: system, hokkaido, tokyo, kansai"),
        ("hokkaido", "has no value at all"),
    ],
)
def test_an_area_that_is_not_there_says_what_is(tmp_path, area, says):
    with pytest.raises(InputError) as error:
        read_series(spec(tmp_path, [HEAD, *rows()], area))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["time,price", "2022-04-01,1"], "is not a JEPX spot file"),
        ([HEAD], "has a header and no rows"),
        ([HEAD, *rows(), "2022/04/03,49,1,1,1,9,,9,9,9"], "is 49 in row 97, must be a whole number 1 .. 48"),
        ([HEAD, *rows(), "2022/04/03,,1,1,1,9,,9,9,9"], "is nan in row 97, must be a whole number 1 .. 48"),
        ([HEAD, *rows(), "2022/04/31,1,1,1,1,9,,9,9,9"], "is '2022-04-31' in line 98, which cannot be read"),
        ([HEAD, *rows(), *rows()[:3]], "has 3 stamps twice, first 2022-03-31T15:00Z"),
    ],
)
def test_a_file_that_is_not_one_is_refused(tmp_path, lines, says):
    with pytest.raises(InputError) as error:
        read_series(spec(tmp_path, lines))
    assert says in str(error.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\x81\x20\n" * 5)
    with pytest.raises(InputError, match="is not cp932 text"):
        read_series(SourceSpec("price_per_mwh", "x.csv", source="jepx", area="kansai", base_dir=tmp_path))
