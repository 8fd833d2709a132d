"""What the workload's agent says, well formed and extreme: it is told as a whole message, or refused."""

from __future__ import annotations

import asyncio
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.operate.north.conftest import RAW, Partner, moment
from wattstack.campus import Campus
from wattstack.campus.north import Agent
from wattstack.operate.north import Site
from wattstack.operate.north.dsx.agent import Workload
from wattstack.operate.north.refusals import Refused

NOW = 1_790_000_000.0
CAMPUS = Campus.model_validate(RAW)
SIGNER = Partner().signer
NUMBER = "7b0a1f6e-3c7d-4a6e-9f5c-0c4f4a1d2e3f"
TAGS = st.sampled_from(["halls", "x" * 128, "x" * 129, "\u202e\x00\n", "\ud800", ""]) | st.text(max_size=8)
MEASURED = st.fixed_dictionaries(
    {
        "value": st.sampled_from([0, 5e-324, 12.0, 1e300, 10**400, -1.0, float("inf"), float("nan")]),
        "unit": st.sampled_from(["watt", "megawatt"]),
    }
)
DATES = st.sampled_from(
    [
        moment(NOW),
        moment(NOW - 60.0),
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1969-12-31T00:00:00Z",
    ]
)
HELD = st.fixed_dictionaries(
    {
        "active": st.booleans(), "load_constraint": MEASURED, "strategy": st.just({}),
        "correlation_id": st.just(NUMBER),
        "interval": st.fixed_dictionaries({}, optional={"start_time": DATES, "end_time": DATES}),
    }
)  # fmt: skip
FEED = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"power_minimum": MEASURED, "power_maximum": MEASURED, "default_constraint": MEASURED}
        ),
        "targets": st.lists(HELD, max_size=2), "calculated_load": MEASURED, "in_flight": st.booleans(),
        "event": st.just("periodic"), "compliant": st.booleans(),
    },
    optional={"power_event_start_time": DATES},
)  # fmt: skip
STATES = st.fixed_dictionaries(
    {"snapshot_time": DATES, "feeds": st.dictionaries(TAGS, FEED, max_size=3)}
).map(lambda said: ("powerstate", said))
BREACHES = st.fixed_dictionaries(
    {
        "feed_tag": TAGS, "status": st.sampled_from(["active", "resolved"]), "severity": st.just("critical"),
        "breach": st.fixed_dictionaries(
            {"breach_id": st.just(NUMBER), "detected_at": DATES}, optional={"resolved_at": DATES}
        ),
        "target": st.fixed_dictionaries({"correlation_id": st.just(NUMBER), "load_constraint": MEASURED}),
        "measured_load": MEASURED, "infrastructure_actions": st.just([]),
    }
).map(lambda said: ("powerbreach", said))  # fmt: skip


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(STATES | BREACHES, min_size=1, max_size=3))
def test_whatever_an_agent_says_is_told_as_a_whole_message_or_refused(said, tmp_path):
    site = Site(CAMPUS, tmp_path)  # no guard is there: what is told waits, each a whole message
    agent = Workload(Agent(name="agent-1", keys="agent.jwks"), "site", SIGNER)
    taken = 0
    for what, words in said:
        try:
            lines = agent.heard(what, json.dumps(words).encode(), NOW, 300.0)
        except Refused as refused:
            assert refused.kind in ("schema", "expired")
            asyncio.run(
                site.say("info", "north.dsx.refused", f"refused, {refused.kind}: {refused}", once=True)
            )
            continue
        taken += what == "powerstate"
        for level, channel, text in lines:
            asyncio.run(site.say(level, f"north.dsx.{channel}", text))
    for level, channel, text in agent.silence(NOW + 1e6):
        asyncio.run(site.say(level, f"north.dsx.{channel}", text))
    heard = [one.text for one in site._untold]
    assert sum("agent of the workload is there" in text for text in heard) == (1 if taken else 0)
