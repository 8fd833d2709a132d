"""The workload behind an agent: caps are sent and end by themselves, what it says is told and relied on by nothing."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import pytest

from tests.operate.north.conftest import (
    Partner,
    campus_of,
    moment,
    mosquitto,
    new_key,
    signed_words,
    until,
    with_broker,
)  # fmt: skip
from wattstack.campus.north import Agent
from wattstack.errors import InputError
from wattstack.operate.link import Request, State
from wattstack.operate.north.dsx import DsxWay
from wattstack.operate.north.dsx.agent import Workload
from wattstack.operate.north.dsx.keys import Signer
from wattstack.operate.north.dsx.messages import SetLoadTarget, read_signed
from wattstack.operate.north.refusals import Refused

GAS = {"power_mw": 30, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 100, "emission_kg_per_mwh": 400}
OURS = "grid/v1/isv/test/loadtarget/set"
THEIRS = "grid/v1/dsx-flex-agent/dps/powerstate/status"


def agent(**more) -> Workload:
    return Workload(Agent(name="dps", keys="x", **more), "test", Signer(new_key()))


def state(cap_mw: float | None, until_s: float = 10_000.0) -> State:
    requests = (
        () if cap_mw is None else ({"what": "load_cap_mw", "high": cap_mw, "until_s": until_s, "id": "1"},)
    )
    return State(utc_s=0.0, mode="run", writes=True, requests=requests)


def words(messages) -> list[dict]:
    return [json.loads(signed_words(json.loads(one)["data"]))["targets"][0] for one in messages]


def snapshot(correlation: str | None = None, compliant: bool = True, now_s: float | None = None) -> dict:
    power = {"value": 20.0, "unit": "megawatt"}
    one = {
        "active": True, "load_constraint": power, "interval": {}, "strategy": {"best_effort": False},
        "correlation_id": correlation,
    }  # fmt: skip
    feed = {
        "metadata": {"power_minimum": power, "power_maximum": power, "default_constraint": power},
        "targets": [one] if correlation else [], "calculated_load": power, "in_flight": False, "event": "periodic",
        "compliant": compliant,
    }  # fmt: skip
    return {"snapshot_time": moment(time.time() if now_s is None else now_s), "feeds": {"main": feed}}


def heard(one: Workload, now_s: float, **more) -> list[str]:
    said = json.dumps(snapshot(now_s=now_s, **more)).encode()
    return [text for *_, text in one.heard("powerstate", said, now_s, 300.0)]


def test_a_cap_is_sent_once_with_an_end_and_again_before_it():
    one = agent(feed_tags=("a",))
    (first,) = list(one.due(state(12.0), 0.0))
    read_signed(SetLoadTarget, signed_words(json.loads(first)["data"]))
    assert words([first])[0]["load_constraint"] == {"value": 12.0, "unit": "megawatt"}
    assert words([first])[0]["interval"]["end_time"] == "1970-01-01T00:15:00.000Z"
    assert words([first])[0]["feed_tags"] == ["a"]
    assert list(one.due(state(12.0), 400.0)) == []
    assert len(list(one.due(state(12.0), 460.0))) == 1
    assert len(list(one.due(state(11.0), 461.0))) == 1


def test_the_end_of_a_cap_is_sent_and_one_that_ended_by_itself_needs_no_word():
    one = agent()
    list(one.due(state(12.0), 0.0))
    assert words(list(one.due(state(None), 10.0)))[0]["load_constraint"] is None
    assert list(one.due(state(None), 11.0)) == []
    list(one.due(state(12.0, 50.0), 20.0))
    assert list(one.due(state(12.0, 50.0), 45.0)) == []  # it ends with the cap, nothing to renew
    assert list(one.due(state(None), 51.0)) == []


def test_a_cap_of_nothing_is_one_watt_for_nought_is_no_target():
    assert words(list(agent().due(state(0.0), 0.0)))[0]["load_constraint"]["value"] == 1e-6


def test_without_a_guard_nothing_is_sent_and_after_a_broker_was_lost_all_is_sent_again():
    one = agent()
    one.again()
    list(one.due(state(12.0), 0.0))
    assert list(one.due(None, 800.0)) == []
    one.again()
    assert len(list(one.due(state(12.0), 1.0))) == 1


def test_an_agent_that_takes_keeps_and_does_not_keep_a_cap_is_told_once_each():
    one = agent()
    (sent,) = list(one.due(state(12.0), 0.0))
    correlation = json.loads(sent)["correlationid"]
    assert heard(one, 1.0) == ["dps: agent of the workload is there"]
    assert heard(one, 2.0, correlation=correlation) == ["dps: has taken the cap of 12 MW"]
    assert heard(one, 3.0, correlation=correlation) == []
    assert heard(one, 4.0, correlation=correlation, compliant=False) == [
        "dps: main does not keep its cap, 20 MW"
    ]
    assert heard(one, 5.0, correlation=correlation) == ["dps: main keeps its cap, 20 MW"]


def test_silence_and_a_cap_that_is_not_taken_are_alarms_once():
    one = agent()
    list(one.due(state(12.0), 0.0))
    assert list(one.silence(0.0)) == []
    assert [text for *_, text in one.silence(31.0)] == ["dps: has not taken the cap of 12 MW within 30 s"]
    assert [text for *_, text in one.silence(121.0)] == [
        "dps: agent of the workload says nothing; caps end by themselves"
    ]
    assert list(one.silence(500.0)) == []
    assert heard(one, 501.0) == ["dps: agent of the workload is there"]


def test_a_breach_of_the_agent_is_told_and_nonsense_is_refused():
    power = {"value": 9.0, "unit": "megawatt"}
    said = {
        "feed_tag": "main", "status": "active", "severity": "critical", "measured_load": power,
        "breach": {"breach_id": str(uuid4()), "detected_at": moment(1.0)}, "infrastructure_actions": ["SHUTDOWN_NODES"],
        "target": {"correlation_id": str(uuid4()), "load_constraint": {"value": 8000.0, "unit": "kilowatt"}},
        "shed_hints": [{"resource_id": "n", "resource_type": "node", "action": "suspend", "priority": 1}],
    }  # fmt: skip
    tell = lambda one: agent().heard("powerbreach", json.dumps(one).encode(), 0.0, 300.0)  # noqa: E731
    assert tell(said) == [
        ("alarm", "agent.main.breach", "dps: breach on main active, critical: 9 MW, cap 8 MW")
    ]
    assert tell({**said, "status": "resolved"})[0][0] == "info"
    with pytest.raises(Refused):
        tell({**said, "severity": "mild"})
    with pytest.raises(Refused, match="another time"):
        agent().heard("powerstate", json.dumps(snapshot(now_s=0.0)).encode(), 1000.0, 300.0)


def test_a_target_on_import_of_a_campus_without_a_grid_is_refused(folder, partner):
    with pytest.raises(InputError, match="no grid"):
        DsxWay(campus_of(folder, 1, sections={"grid": None, "generator": {"gas": GAS}}))


def test_an_agent_of_our_own_name_or_without_keys_is_refused(folder, partner):
    with pytest.raises(InputError, match=r"(?s)agent.keys.*our own"):
        DsxWay(campus_of(folder, 1, agent={"name": "test", "keys": "none.jwks"}))


@mosquitto
def test_a_cap_reaches_the_agent_over_the_broker_and_its_answer_is_told(folder, partner):
    dps = Partner("dsx-flex-agent", "dps")
    (folder / "dps.jwks").write_text(dps.jwks(), encoding="utf-8")

    async def work(guard, way, bus):
        cap = {"source": "workload", "what": "load_cap_mw", "until_s": time.time() + 60.0}
        guard.asked.append(Request(id="1", high=15.0, **cap))
        await until(lambda: bus.of(OURS))
        sent = bus.of(OURS)[0]
        assert (
            sent["source"] == "//grid/v1/isv/test"
            and words([json.dumps(sent)])[0]["load_constraint"]["value"] == 15.0
        )
        said = snapshot(sent["correlationid"], compliant=False)
        await bus.say(THEIRS, dps.message(said, type="grid.powerstate.status.v1"))
        await until(lambda: "dps: has taken the cap of 15 MW" in guard.told("info"))
        assert "dps: main does not keep its cap, 20 MW" in guard.told("alarm")
        await bus.say(THEIRS, partner.message(said, type="grid.powerstate.status.v1", source=dps.source))
        await until(lambda: way.refusals.counts == {"forged": 1})

    with_broker(folder, work, agent={"name": "dps", "keys": "dps.jwks"})
