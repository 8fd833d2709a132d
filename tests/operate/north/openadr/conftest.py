"""A campus with OpenADR, events as the specification's user guide writes them, and a VTN in this process."""

from __future__ import annotations

from datetime import UTC, datetime

from wattstack.campus import Campus
from wattstack.operate.north.openadr.schema import read_events, read_programs
from wattstack.operate.north.openadr.signals import Known

NOW_S = 1_700_000_000.0
RAW = {
    "wattstack": 1, "name": "test", "currency": "JPY",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "30min"},
    "load": {"offices": {"draw_mw": 20}},
    "grid": {"connection": {"firm_mw": 16}, "tariff": {"energy": {"price_per_mwh": 10000}}},
    "battery": {"main": {"power_mw": 10, "energy_mwh": 20, "charge_eff": 0.8, "discharge_eff": 0.9}},
    "generator": {"gas": {"fuel": "lng", "power_mw": 8, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 5000}},
}  # fmt: skip
RESOURCES = {"store-1": "battery.main", "engine-1": "generator.gas"}


def campus_of(**words) -> Campus:
    declared = {"vtn": "https://127.0.0.1:9", "resources": RESOURCES, **words}
    return Campus.model_validate({**RAW, "operate": {"north": {"openadr": declared}}})


def moment(utc_s: float) -> str:
    return datetime.fromtimestamp(utc_s, UTC).isoformat().replace("+00:00", "Z")


def event(
    *payloads, start_s: float = NOW_S - 60.0, duration: str = "PT30M", units: str | None = "KW", **more
) -> dict:
    """An event with one interval of payloads (type, value), or with `intervals` given."""
    types = dict.fromkeys(kind for kind, _ in payloads)
    intervals = [{"id": 0, "payloads": [{"type": kind, "values": [value]} for kind, value in payloads]}]
    return {
        "id": "event-1", "objectType": "EVENT", "programID": "program-1", "eventName": "a test",
        "createdDateTime": moment(NOW_S - 3600.0), "modificationDateTime": moment(NOW_S - 3600.0),
        "intervalPeriod": {"start": moment(start_s), "duration": duration},
        "payloadDescriptors": [
            {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": kind, **({"units": units} if units else {})}
            for kind in types
        ],
        "intervals": intervals, **more,
    }  # fmt: skip


def known_of(*raw: dict, programs: tuple[dict, ...] = ()) -> list[Known]:
    events, faults = read_events(list(raw))
    assert faults == []
    read = {one.id: one for one in read_programs(list(programs))[0]}
    return [Known(one, read.get(one.program_id), min(one.changed_s, NOW_S)) for one in events]


class MemoryVtn:
    """A VTN that is asked in this process; `fault` is raised where it is set."""

    def __init__(self, *events: dict, programs: tuple[dict, ...] = ()) -> None:
        self.list, self.program_list, self.reports = list(events), list(programs), []
        self.fault: Exception | None = None
        self.asked = 0

    def _up(self) -> None:
        if self.fault is not None:
            raise self.fault

    async def programs(self):
        self._up()
        return self.program_list

    async def events(self):
        self._up()
        self.asked += 1
        return self.list

    async def report(self, report: dict) -> None:
        self._up()
        self.reports.append(report)
