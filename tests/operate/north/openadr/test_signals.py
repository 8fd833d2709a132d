"""What events ask of the site: each payload once by hand, and anything at all without a crash or a wrong number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.operate.north.openadr.conftest import NOW_S, campus_of, event, known_of, moment
from wattstack.operate.guard.requests import RequestBook
from wattstack.operate.link import Request
from wattstack.operate.north.openadr.schema import MOST_EVENTS, read_events, read_programs
from wattstack.operate.north.openadr.signals import Known, signals_at

CAMPUS = campus_of()


def asked(*raw, campus=CAMPUS, now_s=NOW_S, stored_mwh=12.0, programs=()):
    found = signals_at(campus, known_of(*raw, programs=programs), now_s, lambda path: stored_mwh)
    return found, {key[1:]: (one.low_mw, one.high_mw) for key, one in found.asked.items()}


def test_a_capacity_limit_as_the_user_guide_writes_it_is_a_limit_of_the_utility():
    """Example of 8.10.1: import and export for half an hour each, in kW."""
    envelope = event(("IMPORT_CAPACITY_LIMIT", 10_000.0), ("EXPORT_CAPACITY_LIMIT", 4_000.0))
    later = {"id": 1, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [8_000]}]}
    envelope["intervals"].append(later)
    found, now = asked(envelope)
    assert now == {("import_limit_mw", None): (None, 10.0), ("export_limit_mw", None): (None, 4.0)}
    (one, _) = found.asked.values()
    assert one.source == "utility" and one.until_s == NOW_S + 29 * 60
    assert one.why == "OpenADR event 'a test' (event-1): IMPORT_CAPACITY_LIMIT 10 MW"
    assert asked(envelope, now_s=NOW_S + 1800.0)[1] == {("import_limit_mw", None): (None, 8.0)}
    assert asked(envelope, now_s=NOW_S + 3600.0)[1] == {} == asked(envelope, now_s=NOW_S - 61.0)[1]


@pytest.mark.parametrize(("level", "limit_mw"), [(0, None), (1, 14.4), (2, 12.0), (3, 8.0)])
def test_a_simple_level_is_a_share_of_the_firm_power(level, limit_mw):
    _, now = asked(event(("SIMPLE", level), units=None))
    assert now == ({} if limit_mw is None else {("import_limit_mw", None): (None, pytest.approx(limit_mw))})


def test_a_setpoint_moves_what_the_event_is_for():
    for name, kw, key, mw in [
        ("store-1", -4_000, ("battery_mw", "battery.main"), 4.0),
        ("store-1", 90_000, ("battery_mw", "battery.main"), -10.0),
        ("engine-1", -5_000, ("generator_mw", "generator.gas"), 5.0),
        ("engine-1", 5_000, ("generator_mw", "generator.gas"), 0.0),
    ]:
        assert asked(event(("DISPATCH_SETPOINT", kw), targets=[name]))[1] == {key: (mw, mw)}


def test_a_setpoint_for_the_site_is_what_it_may_draw():
    assert asked(event(("DISPATCH_SETPOINT", 0)))[1] == {("import_limit_mw", None): (None, 0.0)}
    found, now = asked(event(("DISPATCH_SETPOINT", -1_000)))
    assert now == {} and "export is not dispatched" in next(iter(found.ignored))


def test_a_charge_is_reached_at_the_end_of_the_interval():
    """12 MWh stored, 17 MWh in 25 min at 0.8: 15 MW, cut to 10; 9 MWh in 30 min at 0.9: 5.4 MW."""
    assert asked(event(("CHARGE_STATE_SETPOINT", 17_000), units="KWH"))[1] == {
        ("battery_mw", "battery.main"): (-10.0, -10.0)
    }
    whole = event(("CHARGE_STATE_SETPOINT", 0.45), units="PERCENT", start_s=NOW_S)
    assert asked(whole)[1]["battery_mw", "battery.main"][0] == pytest.approx(5.4)
    hundred = event(("CHARGE_STATE_SETPOINT", 45), units="PERCENT", start_s=NOW_S, targets=["store-1"])
    assert asked(hundred)[1]["battery_mw", "battery.main"][0] == pytest.approx(5.4)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"value": 30_000, "units": "KWH"}, "must be 0 to 20 MWh"),
        ({"value": 5, "units": "VOLTS"}, "must be in PERCENT or KWH"),
        ({"value": 5, "units": None}, "in no unit"),
        ({"value": "full", "units": "KWH"}, "must be a number"),
        ({"value": 1, "units": "KWH", "duration": "P9999Y"}, "has no end"),
        ({"value": 1, "units": "KWH", "stored_mwh": None}, "is not known"),
    ],
)
def test_a_charge_that_cannot_be_is_told_and_not_asked(words, why):
    stored_mwh = words.pop("stored_mwh", 12.0)
    found, now = asked(event(("CHARGE_STATE_SETPOINT", words.pop("value")), **words), stored_mwh=stored_mwh)
    assert now == {} and why in next(iter(found.ignored))


@pytest.mark.parametrize(
    ("kind", "value", "units", "why"),
    [
        ("IMPORT_CAPACITY_LIMIT", -1, "KW", "must not be negative"),
        ("IMPORT_CAPACITY_LIMIT", 1e9, "KW", "must be at most"),
        ("IMPORT_CAPACITY_LIMIT", "ten", "KW", "must be a number"),
        ("IMPORT_CAPACITY_LIMIT", True, "KW", "must be a number"),
        ("EXPORT_CAPACITY_LIMIT", 5, "KVA", "must be in KW"),
        ("SIMPLE", 4, None, "must be 0, 1, 2 or 3"),
        ("SIMPLE", 1.5, None, "must be 0, 1, 2 or 3"),
        ("PRICE", 0.17, "KWH", "prices are those of the campus file"),
        ("EXPORT_PRICE", 0.17, "KWH", "prices are those of the campus file"),
        ("GHG", 300, "GHG", "is not acted on here"),
        ("DISPATCH_SETPOINT_RELATIVE", 5, "KW", "is not acted on here"),
        ("SOMETHING_PRIVATE", {"x": 1}, None, "is not acted on here"),
    ],
)
def test_what_is_not_acted_on_is_said(kind, value, units, why):
    found, now = asked(event((kind, value), units=units))
    assert now == {} and len(found.ignored) == 1 and why in next(iter(found.ignored))


def test_a_limit_without_a_unit_is_in_kilowatts_and_a_programs_unit_counts():
    assert asked(event(("IMPORT_CAPACITY_LIMIT", 9_000), units=None))[1] == {
        ("import_limit_mw", None): (None, 9.0)
    }
    program = {"id": "program-1", "programName": "x",
               "payloadDescriptors": [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "AMPS"}]}  # fmt: skip
    assert asked(event(("IMPORT_CAPACITY_LIMIT", 9_000), units=None), programs=(program,))[1] == {}


def test_the_lower_number_of_priority_counts_and_of_equals_the_narrower():
    def limit(name, kw, priority=None):
        return event(("IMPORT_CAPACITY_LIMIT", kw), id=name, priority=priority)

    key = ("import_limit_mw", None)
    assert asked(limit("a", 9_000, 2), limit("b", 12_000, 1))[1][key] == (None, 12.0)
    assert asked(limit("a", 9_000, 1), limit("b", 12_000, 1))[1][key] == (None, 9.0)
    assert asked(limit("a", 9_000), limit("b", 12_000, 7))[1][key] == (None, 12.0)
    stores = [
        event(("DISPATCH_SETPOINT", kw), id=f"s{k}", targets=["store-1"]) for k, kw in enumerate((3e3, -2e3))
    ]
    assert asked(*stores)[1]["battery_mw", "battery.main"] == (2.0, 2.0)


def test_an_event_for_others_is_passed_over():
    campus = campus_of(targets=["us"])
    limit = [("IMPORT_CAPACITY_LIMIT", 9_000)]
    assert asked(event(*limit, targets=["them"]), campus=campus)[1] == {}
    assert asked(event(*limit, targets=["them", "us"]), campus=campus)[1]
    assert asked(event(*limit, targets=[{"type": "VEN_NAME", "values": ["us"]}]), campus=campus)[1]
    assert asked(event(*limit), campus=campus)[1]
    assert asked(event(*limit, targets=["them"]))[1]  # where none are declared, all we are shown is ours


def test_only_declared_programs_count_and_a_market_may_not_limit():
    campus = campus_of(programs={"flex": "market"})
    program = {"id": "program-1", "programName": "flex"}
    store = event(("DISPATCH_SETPOINT", -1_000), targets=["store-1"])
    found, _ = asked(store, campus=campus, programs=(program,))
    assert [one.source for one in found.asked.values()] == ["market"]
    assert asked(store, campus=campus)[1] == {}
    found, now = asked(event(("IMPORT_CAPACITY_LIMIT", 1)), campus=campus, programs=(program,))
    assert now == {} and "a market may not limit" in next(iter(found.ignored))


def test_an_alert_is_told_and_asks_for_nothing():
    found, now = asked(event(("ALERT_GRID_EMERGENCY", "save power"), units=None))
    assert now == {} and found.alerts == {"event 'a test' (event-1): ALERT_GRID_EMERGENCY save power"}


def test_a_resource_that_is_not_there_and_an_event_without_a_time_are_said():
    campus = campus_of(resources={"store-2": "battery.other"})
    for kind in ("DISPATCH_SETPOINT", "CHARGE_STATE_SETPOINT"):
        found, now = asked(event((kind, 1_000), targets=["store-2"]), campus=campus)
        assert now == {} and "does not have" in next(iter(found.ignored))
    found, _ = asked(event(("SIMPLE", 1), eventName=None, intervalPeriod=None))
    assert found.ignored == {"event event-1 does not say when or how long"}


def test_without_a_connection_or_with_two_batteries_it_is_said_what_is_missing():
    raw = CAMPUS.model_dump(mode="python")
    two = CAMPUS.model_copy(update={"battery": {"a": CAMPUS.battery["main"], "b": CAMPUS.battery["main"]}})
    found, _ = asked(event(("CHARGE_STATE_SETPOINT", 1), units="KWH"), campus=two)
    assert raw and "name it as a target" in next(iter(found.ignored))
    found, _ = asked(event(("SIMPLE", 1)), campus=CAMPUS.model_copy(update={"grid": None}))
    assert "there is no connection" in next(iter(found.ignored))


def test_one_event_that_is_wrong_does_not_lose_the_others():
    good = event(("SIMPLE", 1))
    wrong = [{**good, "intervals": 5}, {**good, "id": "../x"}, "text", {**good, "duration": "soon"},
             {**good, "intervalPeriod": {"start": "2026-11-21T10:00:00", "duration": "PT1H"}},
             {**good, "intervalPeriod": {"start": moment(NOW_S), "duration": "-PT1H"}},
             {**good, "intervalPeriod": {"start": 5, "duration": "PT1H"}},
             {**good, "intervalPeriod": {"start": "9999-12-31T23:59:59-23:59", "duration": "PT1H"}},
             {**good, "intervals": [{"payloads": [{"type": "SIMPLE", "values": [float("nan")]}]}]},
             {**good, "priority": -1}]  # fmt: skip
    events, faults = read_events([*wrong, good])
    assert [one.id for one in events] == ["event-1"] and len(faults) == len(wrong)
    assert read_events({"events": []}) == ([], ["the answer is no list"])
    assert read_programs([{"id": "p", "programName": "x", "private": 1}])[0][0].program_name == "x"
    many, faults = read_events([good] * (MOST_EVENTS + 1))
    assert len(many) == MOST_EVENTS and "only the first" in faults[0]
    assert read_events([{**good, "modificationDateTime": "once"}])[0][0].changed_s == float("inf")


NUMBERS = st.one_of(st.floats(), st.integers(), st.booleans(), st.text(max_size=5), st.none())
DURATIONS = st.sampled_from(["PT0S", "PT1S", "PT15M", "P1D", "P9999Y", "-PT5M", "P1M", "x", None, "PT0.001S"])
TIMES = st.one_of(
    st.floats(-1e5, 1e5).map(lambda offset_s: moment(NOW_S + offset_s)),
    st.sampled_from(["0001-01-01", "0001-01-01T00:00:00", "2023-11-14", "", None, "9999-12-31T23:59:59Z"]),
)
PERIODS = st.one_of(
    st.none(),
    st.fixed_dictionaries({"start": TIMES}, optional={"duration": DURATIONS, "randomizeStart": DURATIONS}),
)
KINDS = st.sampled_from(
    ["SIMPLE", "PRICE", "IMPORT_CAPACITY_LIMIT", "EXPORT_CAPACITY_LIMIT", "DISPATCH_SETPOINT", "ALERT_FIRE",
     "CHARGE_STATE_SETPOINT", "DISPATCH_SETPOINT_RELATIVE", "OWN"]
)  # fmt: skip
INTERVALS = st.fixed_dictionaries(
    {
        "payloads": st.lists(
            st.fixed_dictionaries({"type": KINDS, "values": st.lists(NUMBERS, max_size=4)}), max_size=3
        )
    },
    optional={"id": st.integers(0, 9), "intervalPeriod": PERIODS},
)
EVENTS = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", "c"]), "programID": st.just("p"), "intervals": st.lists(INTERVALS, max_size=4)},
    optional={
        "intervalPeriod": PERIODS, "duration": DURATIONS, "priority": st.one_of(st.none(), st.integers(-1, 9)),
        "targets": st.lists(st.sampled_from(["store-1", "engine-1", "x"]), max_size=2),
        "payloadDescriptors": st.lists(
            st.fixed_dictionaries({"payloadType": KINDS, "units": st.sampled_from(["KW", "KWH", "PERCENT", "AMPS"])}),
            max_size=3,
        ),
    },
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    raw=st.lists(EVENTS, max_size=4), now_s=st.floats(NOW_S - 1e5, NOW_S + 1e5), stored=st.floats(0.0, 20.0)
)
def test_whatever_comes_the_guard_takes_what_it_is_asked_and_nothing_is_beyond_the_ratings(
    raw, now_s, stored
):
    events, _ = read_events(raw)
    found = signals_at(CAMPUS, [Known(one, None, NOW_S) for one in events], now_s, lambda path: stored)
    book = RequestBook(CAMPUS)
    for (source, what, path), one in found.asked.items():
        assert one.until_s > now_s
        until_s = min(one.until_s, now_s + 100.0)
        request = Request(id=f"{source}-{what}-{path}", source=source, what=what, path=path, low=one.low_mw,
                          high=one.high_mw, until_s=until_s, reason=one.why[:500], user="openadr")  # fmt: skip
        answer = book.take(request, "north", now_s, 0.0)
        assert answer.taken, answer.why
        if what in ("battery_mw", "generator_mw"):
            rated_mw = 10.0 if what == "battery_mw" else 8.0
            assert one.low_mw == one.high_mw and abs(one.low_mw) <= rated_mw
        else:
            assert one.low_mw is None and one.high_mw >= 0.0


ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(raw=ANY)
def test_any_json_at_all_is_read_without_a_crash(raw):
    for one in (raw, [raw], [{**event(("SIMPLE", 1)), "intervals": raw}], [{**event(), "targets": raw}]):
        events, _ = read_events(one)
        signals_at(CAMPUS, [Known(one, None, NOW_S) for one in events], NOW_S)
        read_programs(one)


def test_a_year_of_daily_prices_is_looked_up_quickly():
    start = datetime.fromtimestamp(NOW_S, UTC) - timedelta(days=300)
    daily = event(
        ("IMPORT_CAPACITY_LIMIT", 9_000),
        start_s=start.timestamp(),
        duration="PT1H",
    )
    daily |= {"duration": "P9999Y", "intervals": [{**daily["intervals"][0], "id": k} for k in range(24)]}
    assert asked(daily)[1]
