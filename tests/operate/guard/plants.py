"""A site by hand around a mind: a meter, a battery, minutes instead of wires."""

from __future__ import annotations

from collections.abc import Callable

from tests.operate.guard.conftest import RAW, campus_of
from tests.operate.guard.images import image_of
from wattstack.operate.guard import Decision, Mind

EFF = 0.95


class Plant:
    """A load, a connection and a battery of 10 MW and 20 MWh.

    Args:
        begin_s: Moment it begins at, seconds since 1970 UTC, on the meter's clock.
        step_s: From one decision to the next.
        load_mw: By the moment.
        stored_mwh: At the beginning.
        sections: Of the campus file.
    """

    def __init__(
        self,
        begin_s: float,
        step_s: float,
        load_mw: Callable[[float], float],
        stored_mwh: float = 16.0,
        **sections,
    ) -> None:
        operate = {"period_s": step_s, **sections.pop("operate", {})}
        self.mind = Mind(campus_of(operate=operate, **sections))
        self.now_s, self.step_s, self.load_mw = begin_s, step_s, load_mw
        self.stored, self.power, self.time_s = stored_mwh, 0.0, 0.0
        self.more: dict[str, float] = {}

    @property
    def import_mw(self) -> float:
        return self.load_mw(self.now_s) - self.power

    def step(self) -> Decision:
        """Read, decide, move on."""
        shown = {
            "grid.connection.power_mw": self.import_mw,
            "grid.connection.clock_s": self.now_s,
            "grid.connection.voltage_pu": 1.0,
            "battery.main.power_mw": self.power,
            "battery.main.stored_mwh": self.stored,
            "battery.main.can_charge_mw": min(10.0, (20.0 - self.stored) * 3600.0 / self.step_s),
            "battery.main.can_discharge_mw": min(10.0, self.stored * 3600.0 / self.step_s),
        }
        made = self.mind.decide(image_of(shown | self.more, self.time_s, self.now_s))
        self.power = made.asset_mw["battery.main"]
        eff = EFF if self.power < 0.0 else 1.0 / EFF
        self.stored = min(max(self.stored - self.power * eff * self.step_s / 3600.0, 0.0), 20.0)
        self.now_s, self.time_s = self.now_s + self.step_s, self.time_s + self.step_s
        return made

    def until(self, end_s: float, seen: Callable[[Decision], None] = lambda made: None) -> Decision:
        """Step until a moment."""
        while self.now_s < end_s:
            made = self.step()
            seen(made)
        return made


def zone(name: str) -> dict:
    """Sections of a campus elsewhere, over 2026 and a month more."""
    time = {"start": "2026-01-01T00:00+00:00", "end": "2027-02-01T00:00+00:00", "step": "1h"}
    return {"place": {**RAW["place"], "time_zone": name}, "time": time}
