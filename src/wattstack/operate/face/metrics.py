"""Numbers for Prometheus: what the guard tells of itself, and how this process sees it.

Needs    prometheus_client, operate.face.room.
Gives    metrics_text.
Used by  operate.face.routes_site.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattstack.operate.face.room import Room

MODES = ("run", "shadow", "manual", "safe")


def metrics_text(room: Room) -> bytes:
    """All of them, as text."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    kept = CollectorRegistry()

    def gauge(name: str, told: str, value: float) -> None:
        Gauge(f"wattstack_{name}", told, registry=kept).set(value)

    picture, seen = room.picture.now(), room.live.seen
    gauge("guard_heard", "1 where the guard was heard within two seconds", float(seen.heard))
    gauge("guard_age_seconds", "since the newest state of the guard came", seen.age_s)
    gauge("values_poor", "values that are neither good nor not there", picture["poor"])
    gauge("values", "channels of the image", picture["channels"])
    gauge("requests_waiting", "requests that wait for a second person", len(picture["waiting"]))
    gauge("alarms", "alarms in the list", len(picture["alarms"]["alarms"]))
    if seen.state is not None:
        state = seen.state
        for mode in MODES:
            gauge(f"mode_{mode}", f"1 in mode {mode}", float(state.mode == mode))
        gauge("writes", "1 where setpoints are written", float(state.writes))
        gauge("lockouts", "devices locked out", len(state.lockouts))
        gauge("requests", "requests in force", len(state.requests))
        by_path = Gauge("wattstack_setpoint_mw", "as decided, into the bus", ["path"], registry=kept)
        for path, power in state.setpoints_mw.items():
            by_path.labels(path).set(power)
        by_step = Gauge("wattstack_slack_mw", "by which a step could not be kept", ["step"], registry=kept)
        for step, slack in state.slack_mw.items():
            by_step.labels(step).set(slack)
        for name, value in state.values.items():
            gauge("guard_" + re.sub(r"[^A-Za-z0-9_]", "_", name), f"{name}, as the guard tells it", value)
    return generate_latest(kept)
