"""EnergyPlus weather files."""

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import SourceSpec, align, check_sun, make_axis, read_series
from wattstack.series.sun import sun_elevation_sin

PLACE = (50.8, 4.36)
HEAD = [
    "LOCATION,Uccle,VLG,BEL,TMYx,064470,50.80,4.36,1.0,104.0",
    "DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,x", "COMMENTS 2,y",
]  # fmt: skip


def epw(path, per_hour=1, years=(2012, 2019), days=365, first="2023-01-01", change=None):
    """A year of hours: clear sky, temperature counting up, one missing code."""
    rows = []
    start = np.datetime64(first, "s")
    step_s = 3600 // per_hour
    ends = start + (np.arange(days * 24 * per_hour) + 1) * np.timedelta64(step_s, "s")
    middle = ends.astype(np.int64) - step_s // 2 - 3600
    light = 1000 * np.maximum(sun_elevation_sin(middle, *PLACE), 0)
    for i, begin in enumerate(ends - np.timedelta64(step_s, "s")):
        date = str(begin)[:10].split("-")
        of_day = (begin - begin.astype("M8[D]")).astype(int) // 60
        year = years[int(date[1]) % len(years)] if change is None else change(begin)
        minute = 0 if per_hour == 1 else int(of_day % 60) + 60 // per_hour
        row = [
            year,
            int(date[1]),
            int(date[2]),
            of_day // 60 + 1,
            minute,
            "?9",
            10 + i % 7,
            5.0,
            80,
            101300,
            0,
            0,
            300,
        ]
        row += [f"{light[i]:.0f}", 9999 if i == 30 else 0, f"{light[i] / 2:.0f}", 0, 0, 0, 0, 180, 3.5]
        rows.append(",".join(map(str, row + [0] * 13)))
    head = [*HEAD, f"DATA PERIODS,1,{per_hour},Data,Sunday, 1/ 1,12/31"]
    path.write_text("\n".join(head + rows) + "\n", encoding="utf-8")


def spec(tmp_path, **more):
    return SourceSpec("weather", "u.epw", source="epw", base_dir=tmp_path, **more)


def test_our_reader_gives_what_pvlib_gives(tmp_path):
    from pvlib.iotools import read_epw

    epw(tmp_path / "u.epw")
    ours = read_series(spec(tmp_path))
    theirs, _ = read_epw(tmp_path / "u.epw", coerce_year=2023)
    assert np.array_equal(ours.columns["ghi_w_m2"], theirs["ghi"])
    assert np.array_equal(ours.columns["dhi_w_m2"], theirs["dhi"])
    assert np.array_equal(ours.columns["temp_air_degc"], theirs["temp_air"])
    assert ours.columns["relative_humidity_frac"] == pytest.approx(theirs["relative_humidity"] / 100)
    assert ours.columns["pressure_hpa"] == pytest.approx(theirs["atmospheric_pressure"] / 100)
    assert np.array_equal(ours.columns["wind_speed_m_s"], theirs["wind_speed"])
    assert np.array_equal(
        ours.stamps, theirs.index.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[s]")
    )


def test_hour_1_is_the_first_hour_of_the_day_and_agrees_with_the_sun(tmp_path):
    epw(tmp_path / "u.epw")
    got = read_series(spec(tmp_path))
    assert str(got.stamps[0]) == "2022-12-31T23:00:00"
    assert (got.count, got.step_s, got.source, got.stamp) == (8760, 3600, "EPW Uccle, VLG, BEL", "end")
    assert abs(check_sun(got, *PLACE).shift_min) < 3


def test_a_file_centred_on_its_stamp_is_caught_and_may_be_declared(tmp_path):
    epw(tmp_path / "u.epw")
    with pytest.raises(InputError, match="stamp: end fits the sun"):
        check_sun(read_series(spec(tmp_path, stamp="centre")), *PLACE)


def test_a_typical_year_is_placed_on_a_real_one(tmp_path):
    epw(tmp_path / "u.epw")
    got = read_series(spec(tmp_path))
    assert got.notes == ("typical year, months of 2012 to 2019 put on 2023",)
    got.columns["dni_w_m2"][30] = 0.0
    axis = make_axis("2021-01-01T00:00+01:00", "2022-01-01T00:00+01:00", "15min")
    placed = align(got, axis, by_calendar=True, time_zone="Europe/Brussels")
    assert placed.columns["ghi_w_m2"].mean() == pytest.approx(got.columns["ghi_w_m2"].mean(), rel=1e-6)


def test_missing_codes_are_gaps(tmp_path):
    epw(tmp_path / "u.epw")
    assert np.flatnonzero(np.isnan(read_series(spec(tmp_path)).columns["dni_w_m2"])).tolist() == [30]


def test_an_actual_year_keeps_its_date(tmp_path):
    epw(tmp_path / "u.epw", years=(2021,), days=2, first="2021-07-01")
    assert str(read_series(spec(tmp_path)).stamps[0]) == "2021-06-30T23:00:00"


def test_an_actual_file_over_new_year_keeps_its_dates(tmp_path):
    epw(tmp_path / "u.epw", days=4, first="2021-12-30", change=lambda t: int(str(t)[:4]))
    got = read_series(spec(tmp_path))
    assert str(got.stamps[-1]) == "2022-01-02T22:00:00"
    assert got.notes == ()


def test_a_typical_leap_year_is_put_on_a_leap_year(tmp_path):
    epw(tmp_path / "u.epw", days=366, first="2024-01-01")
    assert read_series(spec(tmp_path)).notes == ("typical year, months of 2012 to 2019 put on 2024",)


def test_quarter_hours_are_stamped_by_their_end_too(tmp_path):
    epw(tmp_path / "u.epw", per_hour=4, years=(2021,), days=30, first="2021-06-01")
    got = read_series(spec(tmp_path))
    assert (got.step_s, got.count, str(got.stamps[0])) == (900, 30 * 96, "2021-05-31T23:00:00")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: "time,x\n1,2\n", "is not an EPW file: it must begin with LOCATION"),
        (lambda text: "", "is not an EPW file"),
        (lambda text: text.replace("2019,1,1,2,0,?9,11", "2019,1,1,2,0,?9,warm", 1), "has 'warm' in field 7"),
        (lambda text: text.rsplit("\n", 2)[0] + "\n2012,12,31,24,0,?9\n", "has 6 fields, must have 35"),
    ],
)
def test_a_file_that_is_not_one_is_refused(tmp_path, damage, says):
    epw(tmp_path / "u.epw", days=3)
    path = tmp_path / "u.epw"
    path.write_text(damage(path.read_text()))
    with pytest.raises(InputError) as error:
        read_series(spec(tmp_path))
    assert says in str(error.value)
