"""Ramps, compliance and breaches of a feed, by scripts of seconds."""

from __future__ import annotations

from math import inf

from wattstack.operate.north.dsx.feed import Feed, Rules
from wattstack.operate.north.dsx.schedule import Target


def goal(limit: float = 10.0, correlation: str = "c") -> Target:
    return Target("main", "a", limit, 0.0, inf, False, correlation, "t")


def feed(after_s: float = 3.0, escalate_s: float = 5.0) -> Feed:
    return Feed(Rules(0.02, after_s, escalate_s))


def play(one: Feed, script) -> list:
    """Events and alerts of (target, power) each second, as "status severity"."""
    told = []
    for second, (target, power) in enumerate(script):
        events, alerts = one.tick(float(second), target, power)
        told.append(events + [f"{a['status']} {a['severity']}" for a in alerts])
    return told


def test_a_target_is_a_ramp_down_that_ends_when_the_power_is_there():
    told = play(feed(9.0), [(None, 14.0), (goal(), 14.0), (goal(), 12.0), (goal(), 10.1), (goal(), 10.0)])
    assert told == [[], ["start_ramp_down"], [], ["end_ramp_down"], []]


def test_a_removal_is_a_ramp_up_that_ends_by_time_and_with_it_the_event():
    one = feed()
    told = play(one, [(goal(), 9.0), (goal(), 9.0)] + [(None, 14.0)] * 7)
    assert told == [
        ["start_ramp_down"],
        ["end_ramp_down"],
        ["start_ramp_up"],
        [],
        [],
        [],
        [],
        ["end_ramp_up"],
        [],
    ]
    assert one.began_s is None


def test_a_breach_is_told_after_its_time_escalated_after_more_and_resolved_when_it_is_over():
    one = feed()
    told = play(one, [(goal(), 11.0)] * 10 + [(goal(), 9.0)] * 4)
    assert told[3] == ["active warning"] and told[8] == ["escalated warning"]
    assert told[12] == ["resolved warning"] and one.breach is None
    assert sum(len([w for w in one if " " in w]) for one in told) == 3


def test_more_than_a_fifth_above_is_critical_and_escalates_at_once():
    told = play(feed(1.0, 60.0), [(goal(), 11.0)] * 3 + [(goal(), 12.5)] * 2)
    assert [one for second in told for one in second if " " in one] == [
        "active warning",
        "escalated critical",
    ]
    assert [w for s in play(feed(1.0), [(goal(), 20.0)] * 3) for w in s if " " in w] == ["active critical"]


def test_a_short_peak_is_no_breach_and_a_short_dip_does_not_end_one():
    peak = [(goal(), 11.0), (goal(), 9.0)] * 5
    assert not [w for s in play(feed(), peak) for w in s if " " in w]
    dip = [(goal(), 11.0)] * 5 + [(goal(), 9.0)] + [(goal(), 11.0)] * 2
    assert [w for s in play(feed(), dip) for w in s if " " in w] == ["active warning"]


def test_the_end_of_a_target_resolves_its_breach_and_the_same_breach_keeps_its_name():
    one, ids = feed(1.0, 2.0), []
    for second, target in enumerate([goal()] * 6 + [goal(8.0, "d")] + [None]):
        _, alerts = one.tick(float(second), target, 11.0)
        ids += [(a["breach"]["breach_id"], a["status"]) for a in alerts]
    assert [status for _, status in ids] == ["active", "escalated", "resolved"]
    assert len({name for name, _ in ids}) == 1


def test_an_unknown_power_complies_with_nothing_and_breaches_nothing():
    one = feed(1.0)
    assert not [w for s in play(one, [(goal(), None)] * 5) for w in s if " " in w]
    assert not one.complies(None) and one.complies(10.2) and not one.complies(10.3)
    one.tick(9.0, None, None)
    assert one.complies(None)


def test_a_resolved_alert_says_when_and_hints_at_nothing():
    one = feed(0.5)
    one.tick(0.0, goal(), 11.0)
    one.tick(1.0, goal(), 11.0)
    _, (alert,) = one.tick(2.0, None, 3.0)
    assert alert["breach"]["resolved_at"] == "1970-01-01T00:00:02.000Z" and "shed_hints" not in alert
    assert alert["infrastructure_actions"] == [] and alert["measured_load"] == {
        "value": 3.0,
        "unit": "megawatt",
    }
