"""ENTSO-E day-ahead exports."""

from itertools import pairwise

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import SourceSpec, read_series

# The platform named a fourth column here and never filled it.
OLD = '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|FR"'
NEW = (
    '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)","Intraday Period (CET/CEST)",'
    '"Intraday Price (EUR/MWh)"'
)


def spec(tmp_path, lines, **more):
    (tmp_path / "fr.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    more = {"currency": "EUR", "base_dir": tmp_path} | more
    return SourceSpec("price_per_mwh", "fr.csv", source="entsoe", **more)


def wall(day, labels, prices, style="old", area="BZN|FR", sequence="Without Sequence"):
    """Rows of one day: labels are "HH:MM-HH:MM" on the clock, "24:00" is midnight."""
    out = []
    for label, price in zip(labels, prices, strict=True):
        ends = []
        for part in label.split("-"):
            clock, _, mark = part.partition(" ")
            date = np.datetime64(day) + (clock == "24:00")
            year, month, dom = str(date).split("-")
            clock = "00:00" if clock == "24:00" else clock
            if style == "old":
                ends.append(f"{dom}.{month}.{year} {clock}")
            else:
                ends.append(f"{dom}/{month}/{year} {clock}:00" + (f" {mark}" if mark else ""))
        mtu = " - ".join(ends)
        out.append(
            f'"{mtu}","{price}","EUR"' if style == "old" else f'"{mtu}","{area}","{sequence}","{price}","",""'
        )
    return out


def hourly(first=0, last=24):
    return [f"{h:02d}:00-{h + 1:02d}:00" for h in range(first, last)]


def quarters(first=0, last=24):
    ends = [f"{m // 60:02d}:{m % 60:02d}" for m in range(first * 60, last * 60 + 1, 15)]
    return [f"{a}-{b}" for a, b in pairwise(ends)]


@pytest.mark.parametrize("style", ["old", "new"])
def test_a_day_is_read_on_the_clock_of_its_label(tmp_path, style):
    lines = [OLD if style == "old" else NEW, *wall("2021-01-01", hourly(), range(40, 64), style)]
    got = read_series(spec(tmp_path, lines))
    assert str(got.stamps[0]) == "2020-12-31T23:00:00"
    assert got.values.tolist() == list(range(40, 64))
    assert (got.step_s, got.source) == (3600, "ENTSO-E Transparency Platform, day-ahead prices")


def test_the_empty_spring_hour_of_the_old_layout_is_dropped(tmp_path):
    prices = [*range(40, 42), "", *range(43, 64)]
    got = read_series(spec(tmp_path, [OLD, *wall("2021-03-28", hourly(), prices)]))
    assert got.count == 23
    assert np.isfinite(got.values).all()


def test_a_price_in_the_hour_that_spring_skips_is_refused(tmp_path):
    with pytest.raises(
        InputError, match="has a price at 2021-03-28T02:00, an hour that Europe/Brussels skips"
    ):
        read_series(spec(tmp_path, [OLD, *wall("2021-03-28", hourly(), range(24))]))


def test_the_double_autumn_hour_is_kept_in_order(tmp_path):
    labels = [*hourly(0, 3), "02:00-03:00", *hourly(3, 24)]
    got = read_series(spec(tmp_path, [OLD, *wall("2021-10-31", labels, range(40, 65))]))
    assert got.count == 25
    assert got.values.tolist() == list(range(40, 65))


def test_a_missing_autumn_hour_is_a_gap_that_is_named(tmp_path):
    from wattstack.series import align, make_axis

    lines = [OLD, *wall("2021-10-31", hourly(), range(40, 64))]
    got = read_series(spec(tmp_path, lines))
    axis = make_axis("2021-10-31T00:00+02:00", "2021-11-01T00:00+01:00", "1h")
    with pytest.raises(
        InputError, match="the autumn hour that the clock of Europe/Brussels shows twice stands only once"
    ):
        align(got, axis)


def test_marked_labels_say_their_own_clock(tmp_path):
    labels = [
        "00:00 (CEST)-01:00 (CEST)", "01:00 (CEST)-02:00 (CEST)", "02:00 (CEST)-02:00 (CET)", "02:00 (CET)-03:00 (CET)",
        *hourly(3, 24),
    ]  # fmt: skip
    got = read_series(spec(tmp_path, [NEW, *wall("2025-10-26", labels, range(40, 65), "new")]))
    assert got.values.tolist() == list(range(40, 65))
    spring = ["00:00 (CET)-01:00 (CET)", "01:00 (CET)-03:00 (CEST)", *hourly(3, 24)]
    got = read_series(spec(tmp_path, [NEW, *wall("2025-03-30", spring, range(40, 63), "new")]))
    assert (got.count, got.step_s) == (23, 3600)


def test_a_label_over_the_change_takes_the_length_of_its_neighbour(tmp_path):
    spring = ["00:00-01:00", "01:00-03:00", *hourly(3, 24)]
    got = read_series(spec(tmp_path, [NEW, *wall("2025-03-30", spring, range(40, 63), "new")]))
    assert (got.count, got.step_s) == (23, 3600)


def test_hours_turn_into_quarters_on_1_october_2025(tmp_path):
    lines = [
        NEW,
        *wall("2025-09-30", hourly(), range(24), "new"),
        *wall("2025-10-01", quarters(), range(100, 196), "new"),
    ]
    got = read_series(spec(tmp_path, lines))
    assert got.step_s == 900
    assert got.values[:8].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert got.values[96:].tolist() == list(range(100, 196))
    assert got.notes == ("mixed steps of 1 h, 15 min brought onto 15 min",)


def test_rows_may_come_in_any_order(tmp_path):
    rows = wall("2021-01-01", hourly(), range(40, 64))
    assert read_series(spec(tmp_path, [OLD, *rows[::-1]])).values.tolist() == list(range(40, 64))


@pytest.mark.parametrize("cell", ["", "n/e", "N/A", "-"])
def test_cells_without_a_value_are_gaps(tmp_path, cell):
    got = read_series(spec(tmp_path, [OLD, *wall("2021-01-01", hourly(), [cell, *range(41, 64)])]))
    assert np.isnan(got.values).tolist() == [True] + [False] * 23


def test_the_first_auction_is_taken_where_there_are_several(tmp_path):
    lines = [
        NEW,
        *wall("2025-10-01", quarters(), range(96), "new", "BZN|DE-LU", "Sequence Sequence 1"),
        *wall("2025-10-01", quarters(), range(200, 296), "new", "BZN|DE-LU", "Sequence Sequence 2"),
    ]
    got = read_series(spec(tmp_path, lines))
    assert got.values.tolist() == list(range(96))
    assert got.notes == ("auction Sequence Sequence 1 used, Sequence Sequence 2 left out",)


def two_areas():
    return [
        NEW,
        *wall("2025-01-01", hourly(), range(24), "new", "BZN|FR"),
        *wall("2025-01-01", hourly(), range(50, 74), "new", "BZN|BE"),
    ]


@pytest.mark.parametrize("area", ["FR", "BZN|FR"])
def test_an_area_is_picked_by_name(tmp_path, area):
    assert read_series(spec(tmp_path, two_areas(), area=area)).values.tolist() == list(range(24))


@pytest.mark.parametrize(
    ("area", "says"),
    [
        (None, "is missing and the file holds BZN|FR, BZN|BE. Name one"),
        ("BZN|FF", "is 'BZN|FF', which the file does not hold. Nearest: 'BZN|FR'"),
        ("x", "which the file does not hold. It has: BZN|FR, BZN|BE"),
    ],
)
def test_an_area_that_cannot_be_told_says_what_there_is(tmp_path, area, says):
    with pytest.raises(InputError) as error:
        read_series(spec(tmp_path, two_areas(), area=area))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["time,price", "2021-01-01T00:00Z,5"], "is not an ENTSO-E day-ahead export"),
        (['"MTU (CET/CEST)","Load [MW]"', '"x","5"'], "is not an ENTSO-E day-ahead export"),
        ([OLD], "has a header and no rows"),
        (
            [OLD, '"31.04.2021 00:00 - 31.04.2021 01:00","40","EUR"'],
            "in the label '31.04.2021 00:00 - 31.04.2021 01:00', which cannot be read",
        ),
        ([OLD, '"1 January 2021","40","EUR"'], "is '1 January 2021', must be like '01.01.2021 00:00"),
        (
            [OLD, *wall("2021-01-01", ["00:00 (MSK)-01:00"], [4], "new")],
            "is marked (MSK), must be one of CET, CEST",
        ),
    ],
)
def test_a_file_that_is_not_one_is_refused(tmp_path, lines, says):
    lines = [NEW if i == 0 and "(MSK)" in str(lines) else line for i, line in enumerate(lines)]
    with pytest.raises(InputError) as error:
        read_series(spec(tmp_path, lines))
    assert says in str(error.value)


def test_the_currency_of_the_export_must_be_that_of_the_campus(tmp_path):
    with pytest.raises(InputError, match="is in EUR, must be in JPY"):
        read_series(spec(tmp_path, [OLD, *wall("2021-01-01", hourly(), range(24))], currency="JPY"))


def test_an_export_in_utc_needs_no_clock(tmp_path):
    lines = [NEW.replace("MTU (CET/CEST)", "MTU (UTC)"), *wall("2021-03-28", hourly(), range(24), "new")]
    got = read_series(spec(tmp_path, lines))
    assert (got.count, str(got.stamps[0])) == (24, "2021-03-28T00:00:00")
