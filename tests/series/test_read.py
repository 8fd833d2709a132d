"""From a file to a series."""

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.series.conftest import hours, table
from wattstack.errors import InputError
from wattstack.series import GapRule, SourceSpec, align, make_axis, read_series


def price(values):
    return [f"{v:.2f}" for v in values]


def message(spec):
    with pytest.raises(InputError) as error:
        read_series(spec)
    return str(error.value)


def test_the_file_is_named_by_its_checksum_and_source(csv_spec, tmp_path):
    got = read_series(
        csv_spec(table(hours("2022-01-01", 3, tail="Z"), [50, 60, 70]), publisher="EPEX", synthetic=True)
    )
    assert got.sha256 == hashlib.sha256((tmp_path / "in.csv").read_bytes()).hexdigest()
    assert (got.source, got.synthetic, got.file, got.name) == ("EPEX", True, "in.csv", "price_per_mwh")


def test_a_file_that_is_missing_names_the_nearest(csv_spec, tmp_path):
    spec = csv_spec("x")
    (tmp_path / "prices_2022.csv").write_text("x")
    lost = SourceSpec("price_per_mwh", "prices_2023.csv", base_dir=tmp_path)
    assert message(lost) == "prices_2023.csv: does not exist. Nearest in that folder: 'prices_2022.csv'."
    assert "Give the file, relative to the campus file." in message(
        SourceSpec("p", "no/where.csv", base_dir=tmp_path)
    )
    folder = SourceSpec("p", ".", base_dir=tmp_path)
    assert message(folder) == ".: is a folder, must be a file. Give the file, relative to the campus file."
    assert "matches no file" in message(SourceSpec("p", "zz*.csv", base_dir=tmp_path))
    assert spec.file == "in.csv"


def test_formats_and_stamps_that_are_not_known_name_the_nearest(csv_spec):
    text = table(hours("2022-01-01", 2, tail="Z"), [50, 60])
    assert "source  is 'cvs', must be one of csv, parquet, jepx, entsoe, epw. Nearest: 'csv'" in message(
        csv_spec(text, source="cvs")
    )
    assert "is 'zzz', must be one of csv" in message(csv_spec(text, source="zzz"))
    assert "is 'center', must be one of start, centre, end. Try 'centre'" in message(
        csv_spec(text, stamp="center")
    )


def test_stamps_without_offset_are_refused(csv_spec):
    text = message(csv_spec(table(hours("2022-01-01", 2), [50, 60])))
    asked = "time  has stamps without offset, such as 2022-01-01T00:00. Give "
    assert f"{asked}time_zone, or stamps like 2022-01-01T00:00Z." in text


def test_the_hint_for_stamps_without_offset_has_the_offset_of_the_campus(csv_spec):
    text = message(csv_spec(table(hours("2022-07-01", 2), [50, 60]), home_zone="Europe/Paris"))
    assert "Give time_zone: Europe/Paris, or stamps like 2022-07-01T00:00+02:00." in text


def test_a_zone_that_is_not_known_names_the_nearest(csv_spec):
    text = message(csv_spec(table(hours("2022-01-01", 2), [50, 60]), time_zone="Asia/Tokio"))
    assert "time_zone is 'Asia/Tokio'" in text or "time_zone: is 'Asia/Tokio'" in text
    assert "Nearest: 'Asia/Tokyo'" in text


def test_a_stamp_that_stands_twice_is_refused(csv_spec):
    stamps = hours("2022-01-01", 3, tail="Z")
    text = message(csv_spec(table([*stamps, stamps[1]], [50, 60, 70, 60])))
    assert "time  has 1 stamp twice, first 2022-01-01T01:00Z. Take the doubles out." in text


def test_a_unit_that_is_not_known_and_one_in_another_currency_come_together(tmp_path):
    (tmp_path / "w.csv").write_text("time,p,t\n2022-01-01T00:00Z,1,2\n2022-01-01T01:00Z,1,2\n")
    spec = SourceSpec(
        "weather",
        "w.csv",
        columns={"price_per_mwh": "p", "temp_air_degc": "t"},
        units={"price_per_mwh": "EUR/MWh", "temp_air_degc": "degK"},
        currency="JPY",
        base_dir=tmp_path,
    )
    text = message(spec)
    assert "w.csv has 2 faults" in text
    assert "price_per_mwh unit 'EUR/MWh'  is in EUR, must be in JPY" in text
    assert "temp_air_degc unit 'degK'" in text
    assert "Known: degC, C, K, degF." in text


def test_a_price_per_kwh_read_as_per_mwh_is_refused(csv_spec):
    text = table(hours("2022-04-01", 48, 30, tail="+09:00"), price(10 + np.arange(48) / 10))
    said = message(csv_spec(text, unit="JPY/MWh", currency="JPY"))
    assert "price_per_mwh  has a median of 12.35 JPY/MWh and looks like JPY/kWh. Say unit: JPY/kWh." in said


def test_negative_irradiance_is_refused(csv_spec):
    text = table(hours("2022-01-01", 3, tail="Z"), [0, -80, 500])
    said = message(csv_spec(text, name="ghi_w_m2", unit=None))
    assert "ghi_w_m2  is -80 W/m2 at its lowest, must not be negative" in said


def test_the_offset_of_a_dark_sensor_is_noted(csv_spec):
    got = read_series(
        csv_spec(table(hours("2022-01-01", 3, tail="Z"), [0, -2, 500]), name="ghi_w_m2", unit=None)
    )
    assert got.values.tolist() == [0, 0, 500]
    assert got.notes == ("ghi_w_m2: 1 value of 0 .. -7 W/m2 (sensor offset) read as 0",)


def test_a_name_of_the_users_own_may_carry_its_kind(csv_spec):
    text = table(hours("2022-01-01", 2, tail="Z"), [50, 60])
    assert read_series(csv_spec(text, name="lng", kinds={"lng": "price"})).kinds == {"lng": "price"}
    assert "'lng': is not a quantity with a known unit" in message(csv_spec(text, name="lng"))


@pytest.mark.parametrize(("stamp", "start"), [("start", "00:00"), ("centre", "23:30"), ("end", "23:00")])
def test_the_meaning_of_a_stamp_moves_the_interval(csv_spec, stamp, start):
    got = read_series(csv_spec(table(hours("2022-01-01", 2, tail="Z"), [50, 60]), stamp=stamp))
    assert str(got.stamps[0])[11:16] == start


def test_rows_may_come_in_any_order(csv_spec):
    stamps = hours("2022-01-01", 4, tail="Z")
    got = read_series(csv_spec(table([stamps[i] for i in (2, 0, 3, 1)], [70, 50, 80, 60])))
    assert got.values.tolist() == [50, 60, 70, 80]


def test_missing_rows_are_gaps_and_are_filled_by_rule_only(csv_spec):
    stamps = hours("2022-01-01", 24, tail="Z")
    text = table(stamps[:5] + stamps[7:], price(np.arange(22) + 50))
    assert np.flatnonzero(np.isnan(read_series(csv_spec(text)).values)).tolist() == [5, 6]
    filled = read_series(csv_spec(text, gaps=GapRule("hold", 7200)))
    assert filled.values[4:8].tolist() == [54, 54, 54, 55]
    assert filled.notes == ("2 steps in 1 gap filled by hold",)


def test_uneven_stamps_are_refused(csv_spec):
    stamps = hours("2022-01-01", 6, tail="Z")
    stamps[3] = "2022-01-01T03:07Z"
    assert "are not evenly spaced: 2022-01-01T03:07Z lies off a step of 1 h" in message(
        csv_spec(table(stamps, [50] * 6))
    )
    far = [*hours("2022-01-01", 3, tail="Z"), "2052-01-01T00:00Z"]
    assert "are not evenly spaced" in message(csv_spec(table(far, [50] * 4)))


def mixed():
    return hours("2025-09-30", 24, tail="Z") + hours("2025-10-01", 96, 15, tail="Z")


def test_a_file_that_goes_from_hours_to_quarters_is_brought_onto_quarters(csv_spec):
    got = read_series(csv_spec(table(mixed(), price(range(10, 130)))))
    assert got.step_s == 900
    assert got.values[[0, 3, 4, 95, 96, 97]].tolist() == [10, 10, 11, 33, 34, 35]
    assert got.notes == ("mixed steps of 1 h, 15 min brought onto 15 min",)
    back = hours("2025-09-30", 96, 15, tail="Z") + hours("2025-10-01", 24, tail="Z")
    assert read_series(csv_spec(table(back, price(range(10, 130))))).count == 192


def test_energy_of_mixed_steps_is_split(csv_spec):
    got = read_series(csv_spec(table(mixed(), price(range(10, 130))), name="meter_mwh", unit="MWh"))
    assert got.values[:4].tolist() == [2.5] * 4
    assert got.values.sum() == pytest.approx(sum(range(10, 130)))


def test_a_hole_beside_a_change_of_step_stays_a_hole(csv_spec):
    stamps = mixed()
    stamps = stamps[:40] + stamps[44:]  # one hour of quarters is missing
    got = read_series(csv_spec(table(stamps, [50] * len(stamps))))
    assert np.isnan(got.values).sum() == 4


def local(zone, start, end, step_min=60):
    """Stamps of a wall clock, as a file without offsets shows them."""
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    moment, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    out = []
    while moment < last:
        out.append(moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"))
        moment += timedelta(minutes=step_min)
    return out


@pytest.mark.parametrize("step_min", [60, 30, 15])
def test_a_year_of_wall_clock_has_its_23_and_25_hour_days(csv_spec, step_min):
    stamps = local("Europe/Paris", "2021-01-01T00:00+01:00", "2022-01-01T00:00+01:00", step_min)
    values = price(50 + np.arange(len(stamps)) % 100)
    got = read_series(csv_spec(table(stamps, values), time_zone="Europe/Paris"))
    assert got.count == 8760 * 60 // step_min
    assert np.isfinite(got.values).all()
    assert (got.time_zone, str(got.stamps[0])) == ("Europe/Paris", "2020-12-31T23:00:00")
    assert got.values.tolist() == [float(v) for v in values]


def test_a_missing_autumn_hour_is_named(csv_spec):
    stamps = local("Europe/Paris", "2021-10-30T00:00+02:00", "2021-11-02T00:00+01:00")
    once = list(dict.fromkeys(stamps))
    assert len(once) == len(stamps) - 1
    got = read_series(csv_spec(table(once, [50] * len(once)), time_zone="Europe/Paris"))
    axis = make_axis("2021-10-30T00:00+02:00", "2021-11-02T00:00+01:00", "1h")
    with pytest.raises(InputError) as error:
        align(got, axis)
    assert "first at 2021-10-31T01:00Z (the autumn hour that the clock of Europe/Paris shows twice" in str(
        error.value
    )


def test_a_value_in_the_hour_that_spring_skips_is_refused_and_an_empty_one_dropped(csv_spec):
    stamps = hours("2021-03-28T00:00", 6)
    text = message(csv_spec(table(stamps, [50] * 6), time_zone="Europe/Paris"))
    assert "has a value at 2021-03-28T02:00, which the clock of Europe/Paris skips in spring" in text
    got = read_series(csv_spec(table(stamps, [50, 51, "", 53, 54, 55]), time_zone="Europe/Paris"))
    assert got.values.tolist() == [50, 51, 53, 54, 55]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["Europe/Paris", "Asia/Tokyo", "America/New_York", "UTC"]),
    st.sampled_from([60, 30, 15]),
    st.integers(0, 360),
)
def test_the_time_zone_of_the_input_changes_nothing(csv_spec, zone, step_min, day):
    start = np.datetime64("2021-01-01T00:00") + np.timedelta64(day * 24, "h")
    end = start + np.timedelta64(5 * 24, "h")
    utc = hours(start, 5 * 24 * 60 // step_min, step_min, tail="Z")
    values = price(np.arange(len(utc)) % 37 + 20)
    plain = read_series(csv_spec(table(utc, values)))
    clock = local(zone, f"{start}+00:00", f"{end}+00:00", step_min)
    there = read_series(csv_spec(table(clock, values), time_zone=zone))
    assert there.start_s == plain.start_s
    assert np.array_equal(there.values, plain.values)


def test_a_leap_year_has_8784_hours(csv_spec):
    stamps = hours("2024-01-01", 8784, tail="Z")
    got = read_series(csv_spec(table(stamps, price(np.arange(8784) % 50 + 20))))
    axis = make_axis("2024-01-01T00:00Z", "2025-01-01T00:00Z", "1h")
    assert align(got, axis).values.size == 8784
