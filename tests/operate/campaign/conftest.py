"""A small site and its campaigns; events that a test writes instead of drawing them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.reserve_sites import small_site, two_batteries
from wattstack.operate.campaign import Stand
from wattstack.operate.campaign.day import Campaign
from wattstack.operate.campaign.script import Asker, Event, Script

HOUR_S = 3600.0
STANDS: dict[str, Stand] = {}


def stand(name: str, broken: str = "") -> Stand:
    """A stand, made once: its case is read once."""
    key = f"{name} {broken}"
    if key not in STANDS:
        STANDS[key] = Stand({"one": small_site, "two": two_batteries}[name](), key, broken=broken)
    return STANDS[key]


def faults(
    path: str, kind: str, at_s: float, lasts_s: float, value: float | None = None
) -> tuple[Event, ...]:
    return Event(at_s, "put", path, kind, value), Event(at_s + lasts_s, "lift", path, kind)


@pytest.fixture
def a_day():
    """A campaign with these events: some hours, somebody who asks for all the power the whole time."""

    def made(
        *events: Event, name: str = "one", broken: str = "", hours: float = 3.0, soc: float | None = 0.6,
        how: str = "drain",
    ) -> Campaign:  # fmt: skip
        own = stand(name, broken)
        socs = dict.fromkeys((f"battery.{one}" for one in own.campus.battery), soc)
        script = Script(3.0 * HOUR_S, socs, tuple(sorted(events)), (Asker("planner", how, 0.0, 1e9),))
        own.length_s = hours * HOUR_S
        campaign = own.campaign(0)
        return Campaign(own._ready, script, 0, campaign._make_mind, hours * HOUR_S)

    return made


__all__ = ["HOUR_S", "a_day", "faults", "replace", "stand"]
