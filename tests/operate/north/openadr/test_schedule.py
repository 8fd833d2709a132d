"""When what is announced holds: as the user guide of OpenADR 3.1.1 says it in 7.3."""

from math import inf

import pytest

from tests.operate.north.openadr.conftest import NOW_S, event, moment
from wattstack.operate.north.openadr.schedule import at, ended, pieces_of, value_at
from wattstack.operate.north.openadr.schema import Event, Payload, Period, read_events, seconds_of


def read(**words) -> Event:
    (found,), faults = read_events([event(("PRICE", 0.1), **words)])
    assert faults == []
    return found


def spans(one: Event, default: Period | None = None, seen_s: float = NOW_S) -> list[tuple[float, float]]:
    return [(p.start_s - NOW_S, p.end_s - NOW_S) for p in pieces_of(one, default, seen_s, "test")]


def interval(k: int, **period) -> dict:
    own = {"intervalPeriod": period} if period else {}
    return {"id": k, "payloads": [{"type": "PRICE", "values": [float(k)]}], **own}


def test_intervals_without_a_period_follow_each_other_in_that_of_the_event():
    one = read(start_s=NOW_S, duration="PT1H", intervals=[interval(k) for k in range(3)])
    assert spans(one) == [(0, 3600), (3600, 7200), (7200, 10800)]


def test_an_own_period_goes_before_that_of_the_event_and_may_leave_a_gap():
    later = interval(1, start=moment(NOW_S + 7200), duration="PT10M")
    one = read(start_s=NOW_S, duration="PT1H", intervals=[interval(0), later, interval(2)])
    assert spans(one) == [(0, 3600), (7200, 7800), (7800, 11400)]


def test_the_period_of_the_program_holds_where_the_event_has_none():
    one = read(intervalPeriod=None, intervals=[interval(0), interval(1)])
    assert spans(one) == []
    assert spans(one, Period(start=NOW_S, duration=60.0)) == [(0, 60), (60, 120)]


def test_a_start_of_year_one_is_now_at_the_first_and_the_end_before_at_the_next():
    start = "0001-01-01T00:00:00"
    intervals = [interval(0), interval(1, start="0001-01-01", duration="PT5M")]
    one = read(intervalPeriod={"start": start, "duration": "PT1M"}, intervals=intervals)
    assert spans(one) == [(0, 60), (60, 360)]
    alone = read(intervalPeriod=None, intervals=[interval(0, start="0001-01-01", duration="P9999Y")])
    assert spans(alone) == [(0, inf)]
    first = read(start_s=NOW_S + 90, intervals=[interval(0, start="0001-01-01", duration="PT1M")])
    assert spans(first) == [(90, 150)]  # that of the event, where it has one


def test_what_says_no_start_or_no_length_never_holds():
    assert spans(read(intervalPeriod={"start": moment(NOW_S)})) == []
    assert spans(read(intervalPeriod={"duration": "PT1H"})) == []
    cancelled = read(intervalPeriod={"start": "0001-01-01", "duration": "PT0S"})
    assert list(at(cancelled, pieces_of(cancelled, None, NOW_S, "test"), NOW_S)) == []


def test_a_random_start_moves_all_that_follow_alike_and_comes_out_the_same_again():
    period = {"start": moment(NOW_S), "duration": "PT1H", "randomizeStart": "PT10M"}
    one = read(intervalPeriod=period, intervals=[interval(0), interval(1)])
    (start, end), (following, _) = spans(one)
    assert -600 <= start <= 600 and start != 0
    assert following == end == pytest.approx(start + 3600)
    assert spans(one) == [(start, end), (following, following + 3600)]
    others = {pieces_of(one, None, NOW_S, f"site {k}")[0].start_s for k in range(20)}
    assert len(others) == 20 and min(others) < NOW_S < max(others)
    absolute = interval(1, start=moment(NOW_S + 7200), duration="PT1H")
    moved = read(intervalPeriod=period, intervals=[interval(0), absolute])
    assert spans(moved)[1][0] == pytest.approx(7200 + start)
    own = interval(1, start=moment(NOW_S + 7200), duration="PT1H", randomizeStart="-PT1M")
    assert abs(spans(read(intervalPeriod=period, intervals=[interval(0), own]))[1][0] - 7200) <= 60


def test_a_duration_of_the_event_repeats_or_cuts_its_intervals():
    one = read(start_s=NOW_S, duration="PT1H", intervals=[interval(0), interval(1)])
    daily = one.model_copy(update={"duration": inf})
    pieces = pieces_of(daily, None, NOW_S, "test")
    (piece,) = at(daily, pieces, NOW_S + 7200 * 1000 + 3700)
    assert piece.payloads[0].values == (1.0,)
    assert (piece.start_s - NOW_S, piece.end_s - NOW_S) == (7200 * 1000 + 3600, 7200 * 1001)
    cut = one.model_copy(update={"duration": 1800.0})
    (piece,) = at(cut, pieces, NOW_S + 60)
    assert piece.end_s == NOW_S + 1800
    assert list(at(cut, pieces, NOW_S + 1800)) == []
    assert list(at(one, pieces, NOW_S - 1)) == [] and list(at(one, pieces, NOW_S + 7200)) == []


def test_several_values_share_their_interval():
    one = read(start_s=NOW_S, duration="PT3H")
    (piece,) = pieces_of(one, None, NOW_S, "test")
    payload = Payload(type="PRICE", values=(0.17, 0.03, 0.11))
    assert value_at(piece, payload, NOW_S + 3599) == (0.17, NOW_S + 3600)
    assert value_at(piece, payload, NOW_S + 3600) == (0.03, NOW_S + 7200)
    assert value_at(piece, payload, NOW_S + 10799) == (0.11, NOW_S + 10800)
    assert value_at(piece, Payload(type="PRICE", values=()), NOW_S)[0] is None


def test_intervals_that_ended_are_named_once_over_repeats_too():
    one = read(start_s=NOW_S, duration="PT1H", intervals=[interval(0), interval(1)])
    pieces = pieces_of(one, None, NOW_S, "test")
    assert ended(one, pieces, NOW_S, NOW_S + 3599) == []
    assert ended(one, pieces, NOW_S, NOW_S + 3600) == [(NOW_S, NOW_S + 3600)]
    assert len(ended(one, pieces, NOW_S, NOW_S + 1e6)) == 2
    assert ended(one, [], NOW_S, NOW_S + 1) == [] and ended(one, pieces, NOW_S - 9, NOW_S - 1) == []
    daily = one.model_copy(update={"duration": inf})
    found = ended(daily, pieces, NOW_S + 3600, NOW_S + 4 * 3600)
    assert found == [(NOW_S + k * 3600, NOW_S + (k + 1) * 3600) for k in (1, 2, 3)]
    assert len(ended(daily, pieces, NOW_S, NOW_S + 1e7)) == 100


@pytest.mark.parametrize(
    ("text", "length_s"),
    [("PT0S", 0.0), ("PT1H30M", 5400.0), ("P1D", 86400.0), ("P1W", 604800.0), ("P1Y", 31536000.0), ("P9999Y", inf),
     ("PT0.5S", 0.5), ("-PT5M", -300.0), ("+PT5M", 300.0), ("P1M", 2592000.0)],
)  # fmt: skip
def test_durations_are_read(text, length_s):
    assert seconds_of(text) == length_s


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "PT1", "PT-1S", "P1H", "PT1e9S", None, 5, "PT1HX", "P1DT"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        seconds_of(text)
