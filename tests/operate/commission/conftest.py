"""Sites of simulated devices, each with its own fault, all commissioned at once over real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.operate.small import campus_at, with_battery
from wattstack.campus import Campus
from wattstack.operate.commission.bench import Options
from wattstack.operate.commission.run import commission
from wattstack.operate.devices import layouts_of
from wattstack.operate.simulated import simulate_devices

RAW = with_battery(20, start={"soc": 0.8}) | {
    "load": {"halls": {"draw_mw": 20}},
    "grid": {"connection": {"firm_mw": 50}, "tariff": {"energy": {"price_per_mwh": 10000}}},
    "duties": {"backup": {"duration_h": 0.25, "load_frac": 0.4}},
}  # fmt: skip
DEVICES = {
    "grid.connection": {"template": "library:meter-generic"},
    "battery.main": {"template": "library:sunspec-storage", "revert_s": 2},
    "load.halls": {"template": "library:load-meter"},
}
QUICK = Options(write=True, reads=8, pairs=2, plateau_s=0.7)
# name -> faults (device, kind, value), options, sections
SITES: dict[str, tuple[list[tuple], dict[str, Any]]] = {
    "sound": ([], {}),
    "turned": ([("grid.connection", "sign", None)], {}),
    "turned, read only": ([("grid.connection", "sign", None)], {"write": False}),
    "battery turned": ([("battery.main", "sign", None)], {}),
    "grid x1000": ([("grid.connection", "scale", None)], {}),
    "load x1000": ([("load.halls", "scale", None)], {}),
    "frozen": ([("grid.connection", "frozen", None)], {"reads": 36}),
    "reject": ([("battery.main", "reject", None)], {}),
    "ignore_write": ([("battery.main", "ignore_write", None)], {}),
    "clamp": ([("battery.main", "clamp", 0.01)], {}),
    "local": ([("battery.main", "local", None)], {}),
    "foreign": ([("battery.main", "foreign", 3.0)], {}),
    "contactor": ([("battery.main", "contactor", None)], {}),
    "silent": ([("load.halls", "silent", None)], {}),
    "late": ([("battery.main", "late", None)], {}),
    "slow": ([("load.halls", "slow", 0.09)], {"write": False}),
    "exception": ([("load.halls", "exception", 2.0)], {}),
    "wrong_unit": ([("load.halls", "wrong_unit", None)], {"write": False}),
    "nan": ([("battery.main", "nan", None)], {}),
    "no_revert": ([("battery.main", "no_revert", None)], {}),
}


def campus_of(devices: dict | None = None, **sections) -> Campus:
    campus = campus_at(RAW, devices or DEVICES, **sections)
    # many sites share one processor here: values may be older than any campus file allows
    return campus.model_copy(update={"operate": campus.operate.model_copy(update={"most_age_periods": 10.0})})


class Found:
    """What was found, easy to ask."""

    def __init__(self, found: dict[str, Any], site) -> None:
        self.found, self.site = found, site

    def of(self, device: str, what: str, kind: str | None = None) -> tuple[str, str]:
        """Verdict and text of a check."""
        mine = [c for c in self.found["checks"] if (c["device"], c["what"]) == (device, what)]
        mine = [c for c in mine if kind in (None, c["kind"])]
        assert mine, f"nothing of {device} {what}: {self.lines()}"
        return mine[0]["verdict"], mine[0]["text"]

    @property
    def failed(self) -> set[tuple[str, str]]:
        return {(c["device"], c["what"]) for c in self.found["checks"] if c["verdict"] == "failed"}

    def lines(self) -> str:
        return "\n".join(
            f"{c['verdict']}: {c['device']} {c['what']} {c['text']}" for c in self.found["checks"]
        )


async def walked(campus: Campus, options: Options, faults=(), layouts=None) -> Found:
    async with simulate_devices(campus) as site:
        for path, kind, value in faults:
            site.put(path, kind, value)
        await asyncio.sleep(0.1)
        return Found(await commission(campus, options, site, layouts), site)


def meter_read_backwards(campus: Campus) -> dict:
    """Layouts in which the meter's power has its words the wrong way round."""
    layouts = layouts_of(campus)
    meter = layouts["grid.connection"]
    points = tuple(
        replace(p, little=True) if p.name in ("power_mw", "energy_mwh") else p for p in meter.points
    )
    return {**layouts, "grid.connection": replace(meter, points=points)}


def setpoint_times(campus: Campus, factor: float) -> dict:
    """Layouts in which the battery is told so many times what was meant."""
    layouts = layouts_of(campus)
    battery = layouts["battery.main"]
    points = tuple(
        replace(p, factor=p.factor / factor) if p.name == "setpoint_mw" else p for p in battery.points
    )
    return {**layouts, "battery.main": replace(battery, points=points)}


@pytest.fixture(scope="session")
def sites() -> dict[str, Found]:
    """All sites, walked at once."""

    async def all_of_them() -> dict[str, Found]:
        work = [walked(campus_of(), replace(QUICK, **more), faults) for faults, more in SITES.values()]
        backwards = campus_of()
        work.append(walked(backwards, replace(QUICK, write=False), (), meter_read_backwards(backwards)))
        ten, two = campus_of(), campus_of()
        work.append(walked(ten, QUICK, (), setpoint_times(ten, 10.0)))
        work.append(walked(two, QUICK, (), setpoint_times(two, 2.0)))
        names = [*SITES, "words", "setpoint x10", "setpoint x2"]
        return dict(zip(names, await asyncio.gather(*work), strict=True))

    return asyncio.run(all_of_them())
