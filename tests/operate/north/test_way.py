"""DSX Flex over a real broker with TLS: what a target does and what is published."""

from __future__ import annotations

import json
import time

from tests.operate.north.conftest import (
    BREACH,
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
)  # fmt: skip

pytestmark = mosquitto


def test_a_target_becomes_a_bounded_request_that_ends_with_it_and_is_confirmed_by_a_power_state(
    folder, partner
):
    async def work(guard, way, bus):
        said = partner.message(target(12.0, 600.0))
        await bus.say(SET, said)
        await until(lambda: limit(guard) == 12.0)
        one = guard.in_force["utility", "import_limit_mw", "dsx.main"]
        assert abs(one.until_s - time.time() - 600.0) < 5.0
        await until(lambda: any("target_set" in str(signed(m, folder)) for m in bus.of(STATUS)))
        state = next(m for m in bus.of(STATUS) if "target_set" in str(signed(m, folder)))
        assert state["correlationid"] == json.loads(said)["correlationid"]
        assert state["traceparent"].split("-")[1] == "ab" * 16
        assert (state["source"], state["type"]) == (
            "//grid/v1/dsx-flex-agent/test",
            "grid.powerstate.status.v1",
        )
        feed = signed(state, folder)["feeds"]["main"]
        assert feed["targets"][0]["active"] is True
        assert feed["targets"][0]["load_constraint"] == {"value": 12.0, "unit": "megawatt"}
        assert feed["compliant"] is False and feed["in_flight"] is True
        guard.values["grid.import_mw"] = 11.0
        await until(lambda: "end_ramp_down" in str([signed(m, folder) for m in bus.of(STATUS)]))
        last = shown(bus, folder)
        assert last["compliant"] is True and last["calculated_load"]["value"] == 11.0

    with_broker(folder, work)


def test_a_removal_frees_the_guard_at_once(folder, partner):
    async def work(guard, way, bus):
        await bus.say(SET, partner.message(target(12.0, None)))
        await until(lambda: limit(guard) == 12.0)
        one = guard.in_force["utility", "import_limit_mw", "dsx.main"]
        assert one.until_s - time.time() <= 900.0  # without an end it is asked for again and again
        await bus.say(SET, partner.message(target(None, None)))
        await until(lambda: limit(guard) is None)
        assert guard.asked[-1].ends
        await until(lambda: shown(bus, folder)["targets"] == [])

    with_broker(folder, work)


def test_a_target_that_ends_is_over_without_a_word(folder, partner):
    async def work(guard, way, bus):
        await bus.say(SET, partner.message(target(12.0, 2.5)))
        await until(lambda: limit(guard) == 12.0)
        await until(lambda: limit(guard) is None, 4.0)
        await until(lambda: "start_ramp_up" in str([signed(m, folder) for m in bus.of(STATUS)]))
        assert len(guard.asked) == 1  # and nothing was asked since

    with_broker(folder, work)


def test_a_target_that_is_scheduled_is_shown_and_asked_for_when_its_time_comes(folder, partner):
    async def work(guard, way, bus):
        now_s = time.time()
        said = target(12.0, 600.0)
        said["targets"][0]["interval"]["start_time"] = moment(now_s + 3.0)
        await bus.say(SET, partner.message(said))
        await until(lambda: any(signed(m, folder)["feeds"]["main"]["targets"] for m in bus.of(STATUS)))
        (later,) = shown(bus, folder)["targets"]
        assert later["active"] is False and limit(guard) is None
        await until(lambda: limit(guard) == 12.0, 6.0)
        assert time.time() - now_s >= 3.0

    with_broker(folder, work)


def test_a_target_never_widens_what_the_campus_file_allows(folder, partner):
    async def work(guard, way, bus):
        await bus.say(SET, partner.message(target(500.0)))
        await until(lambda: limit(guard) == 16.0)

    with_broker(folder, work)


def test_a_target_of_the_load_is_a_cap_for_the_workload(folder, partner):
    async def work(guard, way, bus):
        await bus.say(SET, partner.message(target(15.0, feed_tags=["halls"])))
        await until(lambda: guard.asked)
        assert [(one.what, one.high, one.user) for one in guard.asked] == [("load_cap_mw", 15.0, "dsx.halls")]
        await until(lambda: shown(bus, folder, "halls")["targets"])
        states = signed(bus.of(STATUS)[-1], folder)["feeds"]
        assert states["halls"]["calculated_load"]["value"] == 20.0 and states["main"]["targets"] == []

    with_broker(folder, work, feeds={"main": "import", "halls": "load"})


def test_a_target_that_is_passed_is_a_breach_with_qos_2_until_it_is_kept(folder, partner):
    async def work(guard, way, bus):
        await bus.say(SET, partner.message(target(12.0)))
        await until(lambda: bus.of(BREACH), 6.0)
        guard.values["grid.import_mw"] = 11.0
        await until(lambda: len(bus.of(BREACH)) == 2, 8.0)
        first, last = (signed(one, folder) for one in bus.of(BREACH))
        assert (first["status"], first["severity"], last["status"]) == ("active", "warning", "resolved")
        assert first["breach"]["breach_id"] == last["breach"]["breach_id"]
        assert first["measured_load"] == {"value": 14.0, "unit": "megawatt"}
        assert [qos for topic, _, qos, _ in bus.heard if topic == BREACH] == [2, 2]
        assert "breach on main active, warning: 14 MW, target 12 MW" in guard.told("alarm")

    with_broker(folder, work)


def test_forged_replayed_and_misplaced_messages_change_nothing_and_are_told_once(folder, partner):
    async def work(guard, way, bus):
        other = Partner()
        good = json.loads(partner.message(target(12.0)))
        await bus.say(
            SET, json.dumps({**good, "data": other.signer.sign(json.dumps(target(1.0)).encode())}).encode()
        )
        await bus.say(SET, other.message(target(1.0), source="//grid/v1/isv/grid-2"))
        await bus.say(SET, partner.message(target(1.0), time.time() - 4000.0))
        await bus.say(SET, b"{" + b"x" * 100_000)
        for _ in range(300):
            await bus.say(SET, b"nonsense")
        await bus.say("grid/v1/isv/grid-2/loadtarget/set", partner.message(target(1.0)))
        await bus.say(SET, json.dumps(good).encode())
        await until(lambda: limit(guard) == 12.0)
        await bus.say(SET, json.dumps(good).encode())
        await until(lambda: way.refusals.counts.get("repeated") == 1)
        assert [one.high for one in guard.asked] == [12.0]
        counts = {"forged": 1, "wrong topic": 1, "expired": 1, "oversized": 1, "schema": 300, "repeated": 1}
        assert way.refusals.counts == counts
        assert guard.told().count("refused, schema") == 1
        assert "refused, forged: the signature does not hold" in guard.told("alarm")

    with_broker(folder, work)


def test_an_outcome_of_the_infrastructure_is_recorded_and_no_more(folder, partner, infra):
    async def work(guard, way, bus):
        said = {
            "breach_id": "6f2e8a30-93ab-4b8e-8a6b-27a3c3f9f5ad", "feed_tag": "main", "action": "applied",
            "code": "success", "results": [], "timestamp": moment(time.time()),
        }  # fmt: skip
        payload = infra.message(said, type="grid.powerbreach.enforcement.v1")
        await bus.say("grid/v1/infra/ima/powerbreach/enforcement", payload)
        await until(lambda: "enforcement on main applied, success: 0 of 0 resources" in guard.told("info"))
        assert guard.asked == []

    with_broker(folder, work, infra={"ima": {"keys": "ima.jwks"}})


def test_what_the_guard_does_not_take_is_told_and_shown_as_not_active(folder, partner):
    async def work(guard, way, bus):
        guard.takes = False
        await bus.say(SET, partner.message(target(12.0)))
        await until(lambda: "the guard does not take the target on main" in guard.told("alarm"))
        await until(lambda: shown(bus, folder)["targets"])
        assert shown(bus, folder)["targets"][0]["active"] is False
        guard.takes = True
        await until(lambda: limit(guard) == 12.0, 4.0)
        await until(lambda: "the guard takes the target on main" in guard.told("info"))

    with_broker(folder, work)


def test_a_guard_that_was_killed_and_forgot_is_asked_again(folder, partner):
    async def work(guard, way, bus):
        await bus.say(SET, partner.message(target(12.0)))
        await until(lambda: limit(guard) == 12.0)
        await guard.shut()
        guard.asked.clear()
        await until(lambda: "'active': False" in str([signed(m, folder) for m in bus.of(STATUS)[-1:]]))
        await guard.open()
        await until(lambda: limit(guard) == 12.0, 6.0)

    with_broker(folder, work)


def test_meter_and_batteries_are_on_the_bus_of_the_building_with_moment_and_quality(folder, partner):
    async def work(guard, way, bus):
        guard.values |= {"grid.connection.power_mw": 14.0, "battery.main.power_mw": -2.0}
        await guard.shut()
        await guard.open()
        topic = "BMS/v1/PUB/Value/PowerMeter/ActivePower/test/grid.connection.power_mw"
        await until(lambda: bus.of(topic) and bus.of(topic)[-1]["quality"] == 1)
        told = bus.of(topic)[-1]
        assert told["value"] == 14_000.0 and abs(told["timestamp"] / 1e3 - time.time()) < 5.0
        status = "BMS/v1/PUB/Value/BESS/Status/test/battery.main.power_mw.status"
        await until(lambda: bus.of(status)[-1]["quality"] == 1)
        assert bus.of(status)[-1]["value"] == 1.0
        guard.values["grid.connection.power_mw"] = float("nan")
        await until(lambda: bus.of(topic)[-1]["quality"] == 0)
        assert bus.of(topic)[-1]["value"] is None

    devices = {
        "grid.connection": {"template": "library:meter-generic", "host": "127.0.0.1", "port": 5020},
        "battery.main": {"template": "library:sunspec-storage", "host": "127.0.0.1", "port": 5021},
    }
    with_broker(folder, work, bms=True, sections={"devices": devices})
