"""Every kind of device in its own way: engines, the sun, a battery that may only take, one that has no room."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.operate.commission.conftest import DEVICES, QUICK, RAW, campus_of
from wattstack.operate.commission.run import commission
from wattstack.operate.simulated import simulate_devices

SUN = ["ghi_w_m2", "dni_w_m2", "dhi_w_m2", "temp_air_degc", "wind_speed_m_s"]
GAS = {
    "fuel": "lng", "power_mw": 12, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000, "start_s": 0.5,
    "ramp_frac_per_s": 1.0, "minimum_frac": 0.25,
}  # fmt: skip
PLAIN = DEVICES | {"battery.main": {"template": "library:bess-generic", "revert_s": 2}}
LOW = {"main": RAW["battery"]["main"] | {"start": {"soc": 0.1}}}
ENGINE = {"generator.gas": {"template": "library:genset-controller", "revert_s": 2}}
FIRM = {"grid": {"connection": {"firm_mw": 20.1}, "tariff": {"energy": {"price_per_mwh": 10000}}}}


def solar(folder):
    file = folder / "sun.csv"
    days = ["2022-03-31", "2022-04-01", "2022-04-02", "2022-04-03"]
    lines = [f"{day}T{hour:02d}:00Z,300,400,150,20,2" for day in days for hour in range(24)]
    file.write_text("\n".join([",".join(["time", *SUN]), *lines]) + "\n")
    return {
        "solar": {"roof": {"power_mw": 10, "tilt_deg": 20, "azimuth_deg": 180}},
        "series": {"weather": {"source": "csv", "file": str(file), "columns": {name: name for name in SUN}}},
    }


async def one_site(devices, sections, options, faults=(), hour=0):
    campus = campus_of(devices, **sections)
    async with simulate_devices(campus) as site:
        site.site.time_s = hour * 3600.0
        for fault in faults:
            site.put(*fault)
        await asyncio.sleep(0.1)
        found = await commission(campus, options, site)
        return {
            (c["device"], c["kind"], c["what"]): (c["verdict"], c["text"]) for c in found["checks"]
        }, found


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """All sites, walked at once."""
    sun = solar(tmp_path_factory.mktemp("sun"))
    roof = {"solar.roof": {"template": "library:sunspec-inverter", "revert_s": 2}}
    engine, starts = {"generator": {"gas": GAS}}, replace(QUICK, start_engines=True, only=("generator.gas",))
    only_sun = replace(QUICK, only=("solar.roof",))

    async def all_of_them():
        work = {
            "noon": one_site(DEVICES | roof, sun, only_sun, hour=12),
            "night": one_site(DEVICES | roof, sun, only_sun, hour=1),
            "engine": one_site(DEVICES | ENGINE, engine, starts),
            "engine rests": one_site(DEVICES | ENGINE, engine, replace(starts, start_engines=False)),
            "no start": one_site(DEVICES | ENGINE, engine, starts, [("generator.gas", "no_start")]),
            "below reserve": one_site(PLAIN, {"battery": LOW}, QUICK),
            "no room": one_site(PLAIN, {"battery": LOW} | FIRM, QUICK),
            "two wrong": one_site(DEVICES, {}, replace(QUICK, write=False),
                                  [("grid.connection", "scale", 7.0), ("load.halls", "scale", 3.0)]),
        }  # fmt: skip
        return dict(zip(work, await asyncio.gather(*work.values()), strict=True))

    return asyncio.run(all_of_them())


def test_the_sun_is_limited_a_little_and_comes_back_by_itself(kinds):
    checks, found = kinds["noon"]
    assert checks["solar.roof", "write", "setpoint_mw"][0] == "passed", checks
    verdict, text = checks["solar.roof", "reversion", "revert_s"]
    assert verdict == "passed" and "by its measured power" in text, checks
    assert found["devices"]["solar.roof"]["reversion_measured_s"] is not None
    assert checks["site", "step", "solar.roof"][0] == "passed", checks
    assert not found["devices"]["battery.main"]["written"]


def test_by_night_the_limit_is_written_and_its_effect_is_not_claimed(kinds):
    checks, _ = kinds["night"]
    assert checks["solar.roof", "write", "setpoint_mw"][0] == "passed", checks
    assert checks["solar.roof", "write", "measured"] == (
        "not done",
        "no sun: the limit is written, its effect cannot be seen",
    )
    assert "by its register" in checks["solar.roof", "reversion", "revert_s"][1]
    assert ("solar.roof", "balance", "output_mw") in checks  # its sign was not proved


def test_an_engine_is_started_only_where_that_was_asked(kinds):
    checks, found = kinds["engine rests"]
    assert "only with --start-engines" in checks["generator.gas", "reversion", "revert_s"][1]
    assert found["devices"]["generator.gas"]["reversion_measured_s"] is None
    checks, found = kinds["engine"]
    assert checks["generator.gas", "write", "measured"][0] == "passed", checks
    assert checks["generator.gas", "reversion", "revert_s"][0] == "passed", checks
    assert found["devices"]["generator.gas"]["reversion_measured_s"] is not None


def test_an_engine_that_does_not_start_is_a_finding(kinds):
    verdict, text = kinds["no start"][0]["generator.gas", "write", "measured"]
    assert verdict == "failed" and "its power does not move" in text


def test_below_its_reserve_a_battery_is_only_charged(kinds):
    checks, _ = kinds["below reserve"]
    verdict, text = checks["battery.main", "write", "setpoint_mw"]
    assert verdict == "passed" and "0.2 MW into the battery, within 50 MW" in text, checks
    assert checks["battery.main", "reversion", "revert_s"][0] == "passed", checks


def test_without_room_nothing_is_written(kinds):
    verdict, text = kinds["no room"][0]["battery.main", "write", "setpoint_mw"]
    assert verdict == "not done" and "no room for 0.2 MW: 2 MWh stored" in text


def test_two_slips_at_once_are_not_pinned_on_one(kinds):
    verdict, text = kinds["two wrong"][0]["site", "balance", "balance"]
    assert verdict == "failed" and "no single slip closes it" in text
