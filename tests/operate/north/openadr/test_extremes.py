"""Events that are well formed and cannot be: years before all years, starts moved by centuries, half a character.

Whatever is understood can be asked of the guard, told to people and reported; what is not is left out alone.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.operate.north.conftest import until
from tests.operate.north.openadr.conftest import NOW_S, MemoryVtn, campus_of, event
from tests.operate.north.openadr.test_way import LIMIT, limit, quick, run  # noqa: F401 - quick is used by itself
from wattstack.operate.guard import RequestBook
from wattstack.operate.link import Event, Request
from wattstack.operate.north.openadr.reports import Meter, Reports
from wattstack.operate.north.openadr.schema import read_events, read_programs
from wattstack.operate.north.openadr.signals import Known, signals_at

CAMPUS = campus_of()
HALF = "\ud800"  # half a character: JSON can say it, no text can hold it
DATES = st.builds(
    "{}-{}{}".format,
    st.sampled_from(["0001", "0002", "1582", "1969", "1970", "2023", "2096", "2262", "9998", "9999"]),
    st.sampled_from(["01-01T00:00:00", "01-02T00:00:00", "11-14T22:00:00", "12-31T23:59:59.999999"]),
    st.sampled_from(["Z", "+14:00", "-14:00", "+23:59", "-23:59", ""]),
) | st.sampled_from([float("nan"), float("inf"), -1e300, 1e300, 0.0, NOW_S, HALF, ""])
DURATIONS = st.sampled_from(
    ["PT0S", "PT0.000000001S", "PT1H", "P9998Y", "-P9998Y", "P9999Y", "P999999Y", "P2022Y", "P100Y", "PT999999999S",
     float("nan"), float("inf"), 1e300, -1.0, 5e-324, HALF]
)  # fmt: skip
NUMBERS = st.sampled_from(
    [0.0, -0.0, 5e-324, 1e15, -1e15, 1e16, 1e300, 10**400, True, float("nan"), HALF, 2.0, 9e3]
)
TEXTS = st.sampled_from(["event-1", HALF, "x" * 200, "\u202e\n\x00", ""])
PERIODS = st.fixed_dictionaries(
    {}, optional={"start": DATES, "duration": DURATIONS, "randomizeStart": DURATIONS}
)
KINDS = st.sampled_from(
    ["SIMPLE", "IMPORT_CAPACITY_LIMIT", "DISPATCH_SETPOINT", "ALERT_FIRE", "CHARGE_STATE_SETPOINT", "USAGE"]
)
VALUES = NUMBERS | st.dictionaries(TEXTS, NUMBERS | TEXTS, max_size=2)
INTERVALS = st.fixed_dictionaries(
    {
        "payloads": st.lists(
            st.fixed_dictionaries({"type": KINDS, "values": st.lists(VALUES, max_size=3)}), max_size=2
        )
    },
    optional={"intervalPeriod": PERIODS, "id": st.integers()},
)
ASKED = st.sampled_from(["USAGE", "DEMAND", "STORAGE_CHARGE_LEVEL", "STORAGE_USABLE_CAPACITY"])
EVENTS = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b"]), "programID": st.just("p"), "intervals": st.lists(INTERVALS, max_size=3)},
    optional={
        "eventName": TEXTS, "intervalPeriod": PERIODS, "duration": DURATIONS, "modificationDateTime": DATES,
        "priority": st.sampled_from([0, 10**400, -1, None]),
        "targets": st.lists(TEXTS | st.just("store-1"), max_size=2),
        "reportDescriptors": st.lists(
            st.fixed_dictionaries({"payloadType": ASKED}, optional={"frequency": st.sampled_from([-1, 0, 1, 10**400])}),
            max_size=2,
        ),
    },
)  # fmt: skip
STATE = [{"payloadType": "STORAGE_CHARGE_LEVEL"}]


def moved(start: str, duration: str, swing: str) -> dict:
    """An event that ends now and then, with a report of the store."""
    period = {"start": start, "duration": duration, "randomizeStart": swing}
    return {**event(("SIMPLE", 1)), "intervalPeriod": period, "reportDescriptors": STATE}


@settings(max_examples=300, deadline=None)
@given(raw=st.lists(EVENTS, min_size=1, max_size=3), ahead_s=st.sampled_from([0.0, 1.0, 3600.0, 4e7, 1e9]))
@example(
    raw=[{**moved("0001-01-02T00:00:00+23:59", "P2040Y", "P1D"), "id": f"{k}"} for k in range(9)], ahead_s=1e9
)
@example(
    raw=[{**moved("0002-01-02T00:00:00Z", "P2040Y", "P20Y"), "id": f"{k}"} for k in range(9)], ahead_s=1e9
)
def test_what_is_understood_can_be_asked_told_and_reported(raw, ahead_s):
    events, faults = read_events(raw)
    for text in faults:
        Event(utc_s=NOW_S, level="alarm", channel="north.openadr", text=text)
    known = [Known(one, None, min(one.changed_s, NOW_S)) for one in events]
    meter = Meter()
    for k in range(600):
        meter.add(NOW_S - 3600.0 + 10.0 * k, 12.0)
    reports = Reports(CAMPUS, "site-1", meter, {"battery.main.stored_mwh": 6.0}.get)
    for now_s in (NOW_S, NOW_S + ahead_s):
        found = signals_at(CAMPUS, known, now_s, lambda path: 6.0)
        for text in (*found.ignored, *found.alerts):
            Event(utc_s=now_s, level="alarm", channel="north.openadr", text=text[:500])
        book = RequestBook(CAMPUS)
        for (source, what, path), one in found.asked.items():
            assert one.until_s > now_s
            request = Request(
                id=f"{source}-{what}-{path}", source=source, what=what, path=path, low=one.low_mw, high=one.high_mw,
                until_s=min(one.until_s, now_s + 100.0), reason=one.why[:500], user="openadr",
            )  # fmt: skip
            assert book.take(request, "north", now_s, 0.0).taken
        for report in reports.due(known, now_s):
            json.dumps(report, allow_nan=False)


@pytest.mark.parametrize(
    "start", ["0002-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-12-31T00:00:00+14:00"]
)
def test_a_start_before_1970_that_is_not_now_is_left_out_in_words(start):
    (fault,) = read_events([moved(start, "PT1H", "PT1M")])[1]
    assert "1970" in fault
    assert read_programs([{"id": "p", "intervalPeriod": {"start": start}}])[1]


def test_an_event_that_cannot_be_told_leaves_the_others_in_force():
    """One of half a character, one of year 2 that is reported, and one that is well."""
    bad = [{**limit(), "id": HALF}, {**limit(), "id": "b", "eventName": HALF},
           {**moved("0001-01-02T00:00:00Z", "P2024Y", "P1900Y"), "id": "c"}]  # fmt: skip

    async def work(guard, way, site):
        await until(lambda: LIMIT in guard.in_force)
        await until(lambda: guard.told("alarm").count("not understood") == 3)
        assert "not heard" not in guard.told() and "is run again" not in guard.told()

    run(MemoryVtn(*bad, limit(name="good")), work)
