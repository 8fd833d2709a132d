"""Meter, batteries and engines on the bus of the building: values with moment and quality, and what they mean.

Needs    campus, operate.north.way.
Gives    Bms.
Used by  operate.north.dsx.way.

A value is published when it changes and at least every 100 s, its metadata (retained) at the start and every 100 s.
What is not known is null with quality 0, never an old number.

Source:
    BMS Event Bus 1.0.0 (AsyncAPI, NVIDIA dsx-exchange, 2026): topics, object and point types, 100 s, a heartbeat each
    10 s. It has no point for power and charge of a BESS: GenericPoint with its process area. Least change: assumption.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wattstack.operate.north.way import Site

if TYPE_CHECKING:
    from wattstack.campus import Campus

AGAIN_S, HEART_S = 100.0, 10.0
LEAST_FRAC = 1e-3  # of the last value: a smaller change waits for its 100 s
RUNS_MW = 1e-3  # above it a machine runs
STANDS = [{"value": 0, "text": "Idle"}, {"value": 1, "text": "Charging"}, {"value": 2, "text": "Discharging"}]
TURNS = [{"value": 0, "text": "NotOperating"}, {"value": 1, "text": "Operating"}]
TAILS = {"Status": ".status", "Available": ".available"}  # two points of one channel have two tags
THERE = [{"value": 0, "text": "NotAvailable"}, {"value": 1, "text": "Available"}]


def _status(power_mw: float) -> float:
    return 0.0 if abs(power_mw) <= RUNS_MW else 2.0 if power_mw > 0.0 else 1.0


def _runs(power_mw: float) -> float:
    return float(power_mw > RUNS_MW)


@dataclass(frozen=True)
class Point:
    """One point: of which channel it is made, and how."""

    kind: str
    point: str
    channel: str
    told: Callable[[float], float]
    meta: dict[str, Any]

    def topic(self, what: str, owner: str) -> str:
        """Of its Value or Metadata."""
        tail = self.channel.replace("#", "-") + TAILS.get(self.point, "")  # a topic must not have #
        return f"BMS/v1/PUB/{what}/{self.kind}/{self.point}/{owner}/{tail}"


class Bms:
    """Points of a campus.

    Args:
        campus: As read. owner: Our name on the bus.
    """

    def __init__(self, campus: Campus, owner: str) -> None:
        self.owner = owner
        self.points = tuple(points_of(campus, owner))
        self._sent: dict[str, tuple[float, tuple[float | None, int]]] = {}
        self._meta_s = self._heart_s = -float("inf")

    def again(self) -> None:
        """The broker is back: all is told anew."""
        self._sent.clear()
        self._meta_s = self._heart_s = -float("inf")

    def due(self, site: Site, now_s: float) -> list[tuple[str, bytes, bool]]:
        """What is to be published now: topic, payload, whether it is retained."""
        out: list[tuple[str, bytes, bool]] = []
        if not 0.0 <= now_s - self._meta_s < AGAIN_S:
            self._meta_s = now_s
            out += [(p.topic("Metadata", self.owner), json.dumps(p.meta).encode(), True) for p in self.points]
            out.append((self._heart("Metadata"), json.dumps(self._heart_meta()).encode(), True))
        for point in self.points:
            value, quality = site.reading(point.channel)
            good = value is not None and quality == 0
            told = (round(point.told(value), 6), 1) if good else (None, 0)
            sent_s, sent = self._sent.get(point.topic("Value", ""), (-float("inf"), (None, -1)))
            if not 0.0 <= now_s - sent_s < AGAIN_S or _differ(told, sent):
                self._sent[point.topic("Value", "")] = now_s, told
                out.append((point.topic("Value", self.owner), _value(*told, now_s), False))
        if not 0.0 <= now_s - self._heart_s < HEART_S:
            self._heart_s = now_s
            out.append((self._heart("Value"), _value(round(now_s * 1e3), 1, now_s), False))
        return out

    def _heart(self, what: str) -> str:
        return f"BMS/v1/PUB/{what}/System/HeartbeatTimestampBms/{self.owner}/heartbeat"

    def _heart_meta(self) -> dict[str, Any]:
        return {
            "objectType": "System", "pointType": "HeartbeatTimestampBms",
            "objectName": self.owner, "objectId": self.owner, "scope": f"BMS/v1/PUB/+/+/+/{self.owner}/#",
        }  # fmt: skip


def points_of(campus: Campus, owner: str) -> list[Point]:
    """The points that a campus has, by its devices."""
    points = []
    for path in campus.devices:
        kind = path.split(".")[0]
        mode: dict[str, Any] = {"objectName": path, "objectId": f"{owner}.{path}"}
        if kind == "grid":
            mode["servesId"] = [f"{owner}.load.{name}" for name in campus.load]
            points += [
                _point("PowerMeter", "ActivePower", f"{path}.power_mw", 1e3, {**mode, "engUnit": "kW"}),
                _point("PowerMeter", "Frequency", f"{path}.frequency_hz", 1.0, {**mode, "engUnit": "Hz"}),
            ]
        elif kind == "battery":
            points += [
                _generic("BESS", f"{path}.power_mw", "kW", ("Active Power", "Discharge positive"), mode),
                _state("BESS", "Status", f"{path}.power_mw", _status, {**mode, "stateText": STANDS}),
                _generic("BESS", f"{path}.stored_mwh", "kWh", ("Stored Energy",), mode),
                _generic("BESS", f"{path}.can_discharge_mw", "kW", ("Available Discharge Power",), mode),
                _state("BESS", "Available", f"{path}.can_discharge_mw", _runs, {**mode, "stateText": THERE}),
            ]
        elif kind == "generator":
            points += [
                _generic("Generator", f"{path}.output_mw", "kW", ("Active Power",), mode),
                _state("Generator", "Status", f"{path}.output_mw", _runs, {**mode, "stateText": TURNS}),
            ]
    return points


def _point(kind: str, point: str, channel: str, factor: float, meta: dict[str, Any]) -> Point:
    return Point(
        kind, point, channel, lambda value: factor * value, {"objectType": kind, "pointType": point, **meta}
    )


def _generic(kind: str, channel: str, unit: str, area: tuple[str, ...], mode: dict) -> Point:
    """Of a thousand kW or kWh, as its unit says."""
    return _point(kind, "GenericPoint", channel, 1e3, {**mode, "processArea": list(area), "engUnit": unit})


def _state(
    kind: str, point: str, channel: str, told: Callable[[float], float], meta: dict[str, Any]
) -> Point:
    return Point(kind, point, channel, told, {"objectType": kind, "pointType": point, **meta})


def _value(value: float | None, quality: int, now_s: float) -> bytes:
    told = {"value": value, "timestamp": round(now_s * 1e3), "quality": quality}
    return json.dumps(told, allow_nan=False).encode()


def _differ(now: tuple[float | None, int], sent: tuple[float | None, int]) -> bool:
    if now[1] != sent[1] or now[0] is None or sent[0] is None:
        return now != sent
    return abs(now[0] - sent[0]) > LEAST_FRAC * abs(sent[0])
