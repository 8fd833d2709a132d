"""What a VTN asks to hear: energy and power of the connection over its intervals, and the state of the stores now.

Needs    campus; operate.north.openadr: schema, schedule, signals.
Gives    Meter, Reports.
Used by  operate.north.openadr.way, tests.

| report payload | is |
|---|---|
| USAGE [KWH], DEMAND, READING [KW] | import over the interval: energy, mean power; export is negative |
| STORAGE_USABLE_CAPACITY [KWH], STORAGE_CHARGE_LEVEL [PERCENT, 0 to 1] | of each battery, now |
| STORAGE_MAX_DISCHARGE_POWER, STORAGE_MAX_CHARGE_POWER [KW] | of each battery, now |

What is not measured is left out: nothing is made up. Source: OpenADR 3.1.1 definitions, table 2; user guide 7.5, 8.6.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from wattstack.operate.north.openadr.schedule import ended, pieces_of
from wattstack.operate.north.openadr.signals import KW_PER_MW, Known, meant, source_of

if TYPE_CHECKING:
    from wattstack.campus import Campus

KEPT_S = 86_400.0
LONGEST_GAP_S = 30.0  # over a longer one nothing is known
MISSING_FRAC = 0.1  # of an interval that may be unknown: assumption
MOST_INTERVALS = 100
SITE = "grid.connection"
FLOWS = {"USAGE": "KWH", "DEMAND": "KW", "READING": "KW"}
STORES = {
    "STORAGE_USABLE_CAPACITY": "KWH", "STORAGE_CHARGE_LEVEL": "PERCENT", "STORAGE_MAX_DISCHARGE_POWER": "KW",
    "STORAGE_MAX_CHARGE_POWER": "KW",
}  # fmt: skip


class Meter:
    """Energy through the connection, of the last day.

    Example:
        >>> meter = Meter()
        >>> for k in range(7): meter.add(10.0 * k, 6.0)
        >>> round(meter.energy_mwh(0.0, 60.0), 6)
        0.1
    """

    def __init__(self) -> None:
        self._kept: deque[tuple[float, float, float, float]] = deque()  # time, energy, time known, power

    def add(self, utc_s: float, power_mw: float | None) -> None:
        """A measured power [MW], None where it is not known; times must not go back."""
        if power_mw is None or (self._kept and utc_s <= self._kept[-1][0]):
            return
        then_s, energy_mwh, known_s, before_mw = self._kept[-1] if self._kept else (utc_s, 0.0, 0.0, power_mw)
        gap_s = utc_s - then_s
        if gap_s <= LONGEST_GAP_S:
            energy_mwh += 0.5 * (before_mw + power_mw) * gap_s / 3600.0
            known_s += gap_s
        self._kept.append((utc_s, energy_mwh, known_s, power_mw))
        while self._kept[0][0] < utc_s - KEPT_S:
            self._kept.popleft()

    def energy_mwh(self, start_s: float, end_s: float) -> float | None:
        """Energy drawn between two times, as if what is missing were like the rest; None where too much is."""
        if end_s <= start_s:
            return None
        first, last = self._at(start_s), self._at(end_s)
        known_s = last[1] - first[1]
        if known_s < (1.0 - MISSING_FRAC) * (end_s - start_s):
            return None
        return (last[0] - first[0]) * (end_s - start_s) / known_s

    def _at(self, utc_s: float) -> tuple[float, float]:
        """Energy and known time up to then, in a straight line between readings."""
        before = (0.0, 0.0, 0.0)
        for then_s, energy_mwh, known_s, _ in self._kept:
            if then_s > utc_s:
                part = (utc_s - before[0]) / (then_s - before[0]) if before[0] else 0.0
                part = part if then_s - before[0] <= LONGEST_GAP_S else 0.0
                return before[1] + part * (energy_mwh - before[1]), before[2] + part * (known_s - before[2])
            before = then_s, energy_mwh, known_s
        return before[1], before[2]


@dataclass(slots=True)
class _Owed:
    """What one event still waits for."""

    since_s: float
    spans: list[tuple[float, float]] = field(default_factory=list)
    sent: int = 0


class Reports:
    """Which reports are due, and what stands in them.

    Args:
        campus: With operate.north.openadr; sizes stand.
        client_name: Ours.
        meter: Of the connection.
        value: The newest value of a channel, None where it is not known.
    """

    def __init__(
        self, campus: Campus, client_name: str, meter: Meter, value: Callable[[str], float | None]
    ) -> None:
        self._campus, self._client_name, self._meter, self._value = campus, client_name, meter, value
        self._owed: dict[str, _Owed] = {}

    def due(self, known: Iterable[Known], now_s: float) -> list[dict[str, Any]]:
        """The reports that are to be sent now, as objects of OpenADR 3."""
        asking = {
            one.event.version: one
            for one in known
            if one.event.report_descriptors
            and source_of(self._campus, one) is not None
            and meant(self._campus, one.event)
        }
        self._owed = {key: self._owed.get(key) or _Owed(one.seen_s) for key, one in asking.items()}
        found = [self._of(one, self._owed[key], now_s) for key, one in asking.items()]
        return [one for one in found if one is not None]

    def _of(self, known: Known, owed: _Owed, now_s: float) -> dict[str, Any] | None:
        event = known.event
        default = known.program.interval_period if known.program else None
        pieces = pieces_of(event, default, known.seen_s, self._campus.name)
        pieces = [one for one in pieces if one.end_s > one.start_s]
        counts = {one.frequency for one in event.report_descriptors or ()}
        if not pieces or counts == {0} or not any(isfinite(one.end_s) for one in pieces):
            every_s = self._campus.operate.north.openadr.report_s
            if now_s - owed.since_s < every_s:
                return None
            owed.spans = [(max(owed.since_s, now_s - 2.0 * every_s), now_s)]
        else:
            owed.spans = (owed.spans + ended(event, pieces, owed.since_s, now_s))[-MOST_INTERVALS:]
            owed.since_s = max(now_s, owed.since_s)
            least = min((count for count in counts if count > 0), default=len(pieces))
            if len(owed.spans) < min(least, MOST_INTERVALS):
                return None
        owed.since_s = now_s
        report = self._made(known, owed)
        owed.spans, owed.sent = [], owed.sent + 1
        return report

    def _made(self, known: Known, owed: _Owed) -> dict[str, Any] | None:
        kinds = [one.payload_type for one in known.event.report_descriptors or ()]
        resources = [self._site([kind for kind in kinds if kind in FLOWS], owed.spans)]
        resources += [
            self._store(f"battery.{name}", [kind for kind in kinds if kind in STORES], owed.spans[-1])
            for name in self._campus.battery
        ]
        resources = [one for one in resources if one is not None]
        if not resources:
            return None
        units = {**FLOWS, **STORES}
        return {
            "eventID": known.event.id, "clientName": self._client_name,
            "reportName": f"{self._client_name} {known.event.id} {owed.spans[-1][1]:.0f}"[:128],
            "payloadDescriptors": [
                {"objectType": "REPORT_PAYLOAD_DESCRIPTOR", "payloadType": kind, "units": units[kind]}
                for kind in dict.fromkeys(kinds)
                if kind in units
            ],
            "resources": resources,
        }  # fmt: skip

    def _site(self, kinds: list[str], spans: list[tuple[float, float]]) -> dict[str, Any] | None:
        intervals = []
        for k, (start_s, end_s) in enumerate(spans):
            energy_mwh = self._meter.energy_mwh(start_s, end_s)
            if energy_mwh is None:
                continue
            mean_mw = energy_mwh * 3600.0 / (end_s - start_s)
            payloads = [_payload(kind, energy_mwh if kind == "USAGE" else mean_mw) for kind in kinds]
            if payloads:
                intervals.append({"id": k, "intervalPeriod": _period(start_s, end_s), "payloads": payloads})
        return {"resourceName": SITE, "intervals": intervals} if intervals else None

    def _store(self, path: str, kinds: list[str], span: tuple[float, float]) -> dict[str, Any] | None:
        whole_mwh = float(self._campus.battery[path.partition(".")[2]].energy_mwh)
        stored_mwh = self._value(f"{path}.stored_mwh")
        known = {
            "STORAGE_USABLE_CAPACITY": whole_mwh,
            "STORAGE_CHARGE_LEVEL": None
            if stored_mwh is None
            else min(max(stored_mwh / whole_mwh, 0.0), 1.0),
            "STORAGE_MAX_DISCHARGE_POWER": self._value(f"{path}.can_discharge_mw"),
            "STORAGE_MAX_CHARGE_POWER": self._value(f"{path}.can_charge_mw"),
        }
        payloads = [_payload(kind, known[kind]) for kind in kinds if known[kind] is not None]
        if not payloads:
            return None
        return {
            "resourceName": path,
            "intervals": [{"id": 0, "intervalPeriod": _period(*span), "payloads": payloads}],
        }


def _payload(kind: str, value: float) -> dict[str, Any]:
    """MW and MWh as kW and kWh; a share as it is."""
    return {
        "type": kind,
        "values": [round(value * (1.0 if kind == "STORAGE_CHARGE_LEVEL" else KW_PER_MW), 3)],
    }


def _period(start_s: float, end_s: float) -> dict[str, str]:
    start = datetime.fromtimestamp(start_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"start": start, "duration": f"PT{round(end_s - start_s)}S"}
