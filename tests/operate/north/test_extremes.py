"""Load targets that are well formed and cannot be: years before all years, powers of a thousandth of a watt, old files.

Whatever passes the gate can be told: a target that could only be read would end the way again at each start.
"""

from __future__ import annotations

import json
from copy import deepcopy
from math import isfinite
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.operate.north.conftest import (
    SET,
    STATUS,
    Partner,
    limit,
    moment,
    mosquitto,
    shown,
    signed,
    target,
    until,
    with_broker,
)
from wattstack.operate.north.dsx.check import Gate
from wattstack.operate.north.dsx.feed import Feed, Rules
from wattstack.operate.north.dsx.kept import read_kept, write_kept
from wattstack.operate.north.dsx.keys import read_keys
from wattstack.operate.north.dsx.messages import (
    BreachAlert,
    Envelope,
    PowerStates,
    SetLoadTarget,
    envelope_of,
    iso,
    power_of,
    read_envelope,
    read_signed,
)
from wattstack.operate.north.dsx.schedule import Schedule, targets_of
from wattstack.operate.north.dsx.way import FILE
from wattstack.operate.north.refusals import Refused

NOW = 1_790_000_000.0
NEVER = "0001-01-01T00:00:00+14:00"  # in UTC a year 0, which no calendar has
OFFSETS = ("Z", "+00:00", "+14:00", "-14:00", "+23:59", "-23:59")
DATES = st.builds(
    "{:04d}-{}{}".format,
    st.sampled_from([1, 2, 1899, 1969, 1970, 2026, 2027, 2095, 2096, 2097, 9998, 9999]),
    st.sampled_from(["01-01T00:00:00", "09-21T14:13:20", "12-31T23:59:59.999999"]),
    st.sampled_from(OFFSETS),
) | st.floats(-1e6, 4e7).map(lambda ahead_s: moment(NOW + ahead_s))
POWERS = st.sampled_from([5e-324, 1e-12, 1e-6, 1.0, 99_999.0, 1e5, 1e8, 1e11, 1e300]) | st.floats(0.0, 1e6)
LIMITS = st.none() | st.fixed_dictionaries(
    {"value": POWERS, "unit": st.sampled_from(["watt", "kilowatt", "megawatt"])}
)
INTERVALS = st.fixed_dictionaries({}, optional={"start_time": DATES, "end_time": DATES})
TARGETS = st.lists(
    st.fixed_dictionaries(
        {"interval": INTERVALS, "load_constraint": LIMITS},
        optional={"feed_tags": st.lists(st.sampled_from(["main", "halls", "far"]), max_size=3)},
    ),
    min_size=1,
    max_size=4,
)
FEEDS = ("main", "halls")
QUICK = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVIL = [{"interval": {"start_time": NEVER, "end_time": moment(NOW + 600.0)},
         "load_constraint": {"value": 9.0, "unit": "megawatt"}}]  # fmt: skip


@pytest.fixture(scope="module")
def signer():
    return Partner()


@pytest.fixture(scope="module")
def keys(signer, tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "grid.jwks"
    file.write_text(signer.jwks(), encoding="utf-8")
    return {"isv/grid-1": read_keys(file)}


def taken(gate: Gate, schedule: Schedule, payload: bytes) -> None:
    """What the way does with a load target."""
    one = gate.check(SET, payload, NOW)
    said = read_signed(SetLoadTarget, one.payload)
    named = str(one.envelope.correlationid), one.envelope.traceparent
    schedule.put(targets_of(said, "grid-1", FEEDS, NOW, named), NOW)
    gate.took(one, NOW + 600.0, NOW)


def told(schedule: Schedule, now_s: float) -> None:
    """What the way publishes of the targets, now and as long as they hold; our own models read it."""
    for feed in FEEDS:
        state = Feed(Rules(0.02, 1.0, 60.0))
        events, alerts = state.tick(now_s, schedule.active(feed, now_s), 50.0)
        more, late = state.tick(now_s + 5.0, schedule.active(feed, now_s + 5.0), 50.0)
        most = power_of(30.0)
        shown = {
            "metadata": {"power_minimum": power_of(0.0), "power_maximum": most, "default_constraint": most},
            "targets": [one.told(False) for one in schedule.of(feed, now_s)], "calculated_load": most,
            "in_flight": state.in_flight, "event": [*events, *more, "periodic"][-1], "compliant": False,
        }  # fmt: skip
        states = {"snapshot_time": iso(now_s), "feeds": {feed: shown}}
        read_signed(PowerStates, json.dumps(states, allow_nan=False).encode())
        for alert in alerts + late:
            read_signed(BreachAlert, json.dumps(alert, allow_nan=False).encode())
        for one in schedule.of(feed, now_s):
            data = "x"
            read_envelope(
                envelope_of("powerstate", "s", now_s, data, correlationid=one.correlation, trace=one.trace)
            )


@QUICK
@given(targets=TARGETS)
@example(targets=EVIL)
@example(targets=[{"interval": {"end_time": "9999-12-31T23:59:59-14:00"}, "load_constraint": None}])
def test_a_target_that_passes_the_gate_can_be_told_and_comes_back_from_the_file(
    targets, signer, keys, tmp_path
):
    gate, schedule = Gate(keys, 300.0), Schedule()
    try:
        taken(gate, schedule, signer.message({"targets": targets}, NOW))
    except Refused as refused:
        assert refused.kind in ("schema", "expired")
        assert schedule.saved() == []
        return
    for now_s in (NOW, NOW + 60.0, NOW + 4e6):
        told(schedule, now_s)
    write_kept(tmp_path / FILE, gate, schedule)
    again = Schedule()
    assert read_kept(tmp_path / FILE, Gate(keys, 300.0), again)
    assert again.saved() == schedule.saved()


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("year", ["0001", "1969", "2097", "9999"])
@pytest.mark.parametrize("end", ["start_time", "end_time"])
def test_a_date_that_no_site_lives_in_is_refused_as_schema(year, offset, end):
    words = {"targets": [{"interval": {end: f"{year}-06-01T00:00:00{offset}"}, "load_constraint": None}]}
    with pytest.raises(Refused, match=r"1970 to 2096") as refused:
        read_signed(SetLoadTarget, json.dumps(words).encode())
    assert refused.value.kind == "schema"


@pytest.mark.parametrize("date", [NEVER, "9999-12-31T23:59:59-14:00"])
def test_an_envelope_of_a_year_that_cannot_be_is_refused(signer, date):
    with pytest.raises(Refused) as refused:
        read_envelope(signer.message(target(5.0, 60.0, NOW), NOW, time=date))
    assert refused.value.kind == "schema"
    assert "time" in Envelope.model_fields


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_moment_of_four_hundred_digits_in_a_signature_is_refused(signer, keys, name, sign):
    from jwt.api_jws import PyJWS

    header = {"kid": "k1", name: sign * 10**400}
    made = PyJWS().encode(
        json.dumps(target(5.0, 60.0, NOW)).encode(), signer.signer._key, "ES256", headers=header
    )
    gate = Gate(keys, 300.0)
    payload = signer.message({}, NOW, data=made)
    if (name, sign) == ("exp", 1):  # it never ends: as if it were not there
        assert gate.check(SET, payload, NOW).mark
        return
    with pytest.raises(Refused) as refused:
        gate.check(SET, payload, NOW)
    assert refused.value.kind == "expired"


# -- the file that is kept ---------------------------------------------------------------------------------------

ODD = st.sampled_from(
    [
        None,
        True,
        -1.0,
        0.0,
        float("nan"),
        float("inf"),
        -62_135_647_200.0,
        1e300,
        10**400,
        "",
        str(uuid4()),
        [],
        {},
    ]
)
PLACES = [
    *(("schedule", 0, name) for name in ("feed", "publisher", "limit_mw", "start_s", "end_s", "best_effort",
                                         "correlation", "trace")),
    ("schedule", 0), ("schedule",), ("gate",), ("gate", SET), ("gate", SET, "newest_s"), ("gate", SET, "last"),
    ("gate", SET, "ids"), ("gate", SET, "marks"),
]  # fmt: skip


@QUICK
@given(place=st.sampled_from(PLACES), odd=ODD)
@example(place=("schedule", 0, "start_s"), odd=-62_135_647_200.0)
@example(place=("schedule", 0, "start_s"), odd=None)
@example(place=("gate", SET, "newest_s"), odd=float("nan"))
@example(place=("gate", SET, "newest_s"), odd=1e300)
@example(place=("schedule", 0, "start_s"), odd=10**400)
def test_a_file_with_anything_in_one_place_is_left_aside_or_can_be_told(place, odd, signer, keys, tmp_path):
    gate, schedule = Gate(keys, 300.0), Schedule()
    taken(gate, schedule, signer.message(target(9.0, 600.0, NOW), NOW))
    write_kept(tmp_path / FILE, gate, schedule)
    kept = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    there = kept
    for part in place[:-1]:
        there = there[part]
    there[place[-1]] = deepcopy(odd)
    (tmp_path / FILE).write_text(json.dumps(kept), encoding="utf-8")
    again, back = Gate(keys, 300.0), Schedule()
    if read_kept(tmp_path / FILE, again, back):
        told(back, NOW + 1.0)
        assert all(end is None or isfinite(end) for end in again.saved()[SET]["marks"].values())
        newest_s = again.saved()[SET]["newest_s"]
        assert newest_s is None or isfinite(newest_s)
        assert again.check(SET, signer.message(target(3.0, 60.0, NOW), NOW), NOW).mark


# -- the whole way -----------------------------------------------------------------------------------------------


@mosquitto
def test_a_date_that_cannot_be_stops_neither_power_states_nor_the_next_target(folder, partner):
    async def work(guard, way, bus):
        evil = {"targets": [{**EVIL[0], "interval": {"start_time": NEVER}}]}
        await bus.say(SET, partner.message(evil))
        await until(lambda: "refused, schema" in guard.told("info"))
        await bus.say(SET, partner.message(target(5.0, 600.0)))
        await until(lambda: limit(guard) == 5.0)
        await until(lambda: shown(bus, folder)["targets"])
        assert "is run again" not in guard.told()

    with_broker(folder, work)


@mosquitto
def test_a_kept_target_that_cannot_be_is_told_and_states_go_on(folder, partner):
    """As an earlier version left it."""
    bad = {"feed": "main", "publisher": "grid-1", "limit_mw": 9.0, "start_s": -62_135_647_200.0, "end_s": None,
           "best_effort": False, "correlation": "c", "trace": f"00-{'ab' * 16}-{'cd' * 8}-01"}  # fmt: skip
    (folder / FILE).write_text(json.dumps({"gate": {}, "schedule": [bad]}), encoding="utf-8")

    async def work(guard, way, bus):
        await until(lambda: f"{FILE} is damaged" in guard.told("alarm"))
        seen = len(bus.of(STATUS))
        await until(lambda: len(bus.of(STATUS)) > seen + 1)
        assert signed(bus.of(STATUS)[-1], folder)["feeds"]["main"]["targets"] == []
        await bus.say(SET, partner.message(target(5.0, 600.0)))
        await until(lambda: limit(guard) == 5.0)

    with_broker(folder, work)
