"""Sizes, rates, shares and references say what is wrong with them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus import SeriesRef, SizeRange
from wattstack.campus.fields import largest, smallest


@pytest.mark.parametrize(
    ("size", "where", "sentence"),
    [
        ("{min: 300, max: 200}", ".min", "is 300, must not be above max 200. Lower min or raise max."),
        ("{max: 3, block: 5}", ".block", "is 5, must not be above max 3. Lower block or raise max."),
        (
            "{min: 6, max: 9, block: 5}",
            ".block",
            "is 5, but no whole number of blocks lies between min 6 and max 9. Widen the range or change "
            "block.",
        ),
        ("{min: 6}", ".max", "is missing, must be given. It is: Greatest size the plan may choose, in the "
         "unit of the key."),
        ("{max: 0}", ".max", "is 0, must be > 0. Give a value > 0."),
        ("{max: .inf}", ".max", "is inf, must be a finite number. Give a value, or take the key out."),
        ("[1, 2]", "", "is a list, must be a number (it stands) or a range (the plan chooses). Write 40, or "
         "{max: 40}."),
        ("true", "", "is true, must be a number (it stands) or a range (the plan chooses). Write 40, or "
         "{max: 40}."),
        ("-3", "", "is -3, must be >= 0 MW. Give a value >= 0."),
    ],
)  # fmt: skip
def test_a_size_that_cannot_be_says_why(told, size, where, sentence):
    faults = told(("power_mw: {max: 200}", f"power_mw: {size}"))
    assert faults == {f"battery.main.power_mw{where}": f"{sentence} (line 18)"}


def test_a_size_that_is_empty_is_told_with_its_meaning(told):
    assert told(("power_mw: {max: 200}", "power_mw:")) == {
        "battery.main.power_mw": "is empty, must be given or taken out. It is: Discharge power at the bus: "
        "a number "
        "stands, a range is planned [MW]. (line 18)"
    }


def test_a_range_of_whole_blocks_is_taken():
    size = SizeRange(min=6, max=15, block=5)
    assert (smallest(size), largest(size), smallest(4.0), largest(4.0)) == (6, 15, 4, 4)
    assert SizeRange(max=0.3, block=0.1).block == 0.1  # 0.3 / 0.1 is 2.9999999999999996


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("{a: 1}", "does not fit: must be a share 0 .. 1 or a series. Write 0.2, or series:NAME."),
        ("1.5", "is 1.5, must be <= 1. Give a value <= 1."),
        ("20", "is 20, must be <= 1. Write 0.2 for 20 %."),
        ("often", "is 'often', must be a share 0 .. 1 or a series. Write 0.2, or series:NAME."),
        (
            "series:a b",
            "is 'a b', must be a name of a-z, A-Z, 0-9, _ and -, at most 40 signs long. Rename it.",
        ),
    ],
)
def test_a_share_that_cannot_be_says_why(told, value, sentence):
    faults = told(("firm_mw: 110", f"firm_mw: 110, curtailed: {value}"))
    assert any(f"{sentence} (line 12)" == what for what in faults.values()), faults


def test_a_reference_reads_from_text_and_writes_as_text():
    ref = SeriesRef.model_validate("series:load_mw")
    assert (ref.name, str(ref), ref.model_dump()) == ("load_mw", "series:load_mw", "series:load_mw")
    assert SeriesRef(name="load_mw") == ref


def test_declarations_are_frozen_and_refuse_unknown_keys():
    size = SizeRange(max=3)
    with pytest.raises(ValidationError, match="frozen"):
        size.max = 4
    with pytest.raises(ValidationError, match="Extra inputs"):
        SizeRange(max=3, maximum=4)


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (
            "2022-04-01T00:00",
            "is 2022-04-01T00:00 without an offset from UTC, must have one. Write 2022-04-01T00:00+09:00 or "
            "2022-04-01T00:00Z.",
        ),
        ("April 2022", "is 'April 2022', must be a date and time in ISO 8601. Write 2022-04-01T00:00+09:00."),
        ("2022", "is 2022, must be a date and time in ISO 8601. Write 2022-04-01T00:00+09:00."),
    ],
)
def test_a_naive_or_unreadable_stamp_is_refused(told, start, sentence):
    faults = told(("start: 2022-04-01T00:00+09:00", f"start: {start}"))
    assert faults == {"time.start": f"{sentence} (line 6)"}


def test_the_hint_for_a_naive_stamp_has_the_offset_of_the_campus(told):
    faults = told(
        ("Asia/Tokyo", "Europe/Paris"), ("start: 2022-04-01T00:00+09:00", "start: 2022-07-01T00:00")
    )
    assert "Write 2022-07-01T00:00+02:00 or 2022-07-01T00:00Z." in faults["time.start"]
    unknown = told(("Asia/Tokyo", "Nowhere"), ("start: 2022-04-01T00:00+09:00", "start: 2022-07-01T00:00"))
    assert "Write 2022-07-01T00:00Z, or the offset of your clock." in unknown["time.start"]


@pytest.mark.parametrize(
    ("zone", "mend"),
    [
        ("Asia/Tokio", "Nearest: 'Asia/Tokyo'."),
        ("JST+9/here", "Write Asia/Tokyo."),
        ("../zone", "Write Asia/Tokyo."),
    ],
)
def test_an_unknown_time_zone_names_the_nearest(told, zone, mend):
    assert told(("Asia/Tokyo", zone)) == {
        "place.time_zone": f"is {zone!r}, must be a time zone of the IANA list. {mend} (line 4)"
    }
