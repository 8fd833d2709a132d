"""The small live site: balances, outages, engines; and devices that show it and take orders without any socket."""

from __future__ import annotations

import asyncio
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.operate.devices.conftest import BATTERY, RAW, campus_with
from wattstack.errors import InputError
from wattstack.operate.simulated import ScriptedFault, SimulatedSite, simulate_devices

GAS = {"power_mw": 10, "fuel_price_per_mwh": 5000, "emission_kg_per_mwh": 444, "start_s": 5, "units": 2,
       "start_failure_frac": 0, "ramp_frac_per_s": 1}  # fmt: skip
SECTIONS = {"generator": {"gas": GAS}, "ups": {"main": {"serves": ["halls"]}}}
DEVICES = {
    "battery.main": {"template": "library:sunspec-storage"},
    "grid.connection": {"template": "library:meter-generic"},
    "grid.connection#2": {"template": "library:ats-generic"},
    "load.halls": {"template": "library:load-meter"},
    "generator.gas": {"template": "library:genset-controller"},
    "ups.main": {"template": "library:ups-generic"},
}


@pytest.fixture(scope="module")
def campus():
    return campus_with(DEVICES, **SECTIONS)


@settings(max_examples=25, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.floats(-30, 30), st.floats(0, 12), st.booleans(), st.booleans()), min_size=1, max_size=12
    ),
    step_s=st.sampled_from([0.02, 1.0, 60.0, 600.0]),
)
def test_power_is_in_balance_and_energy_is_kept_whatever_is_asked(asked, step_s):
    site = balanced().site
    store, engines, meters = site.stores["battery.main"], site.engines["generator.gas"], site.meters
    for battery, gas, grid_on, closed in asked:
        site.grid_on = grid_on
        before, drawn, given_ = store.stored_mwh, store.charged_mwh, store.discharged_mwh
        site.step(step_s, {"battery.main": battery, "generator.gas": gas}, {"battery.main": closed})
        units = site.ups["ups.main"]
        sources = meters.import_mw + store.injection_mw + engines.output_mw + meters.unserved_mw
        sources += units.carries_mw - units.draws_mw
        if grid_on or sources <= site.load_mw + 1e-9:
            assert sources == pytest.approx(site.load_mw, abs=1e-9)
        assert -1e-9 <= store.stored_mwh <= store.energy_mwh + 1e-9 and abs(store.injection_mw) <= 10.0 + 1e-9
        moved = 0.95 * (store.charged_mwh - drawn) - (store.discharged_mwh - given_) / 0.95
        assert store.stored_mwh - before == pytest.approx(moved, abs=1e-9)
        assert grid_on or meters.import_mw == 0.0
        assert closed or (store.injection_mw == 0.0 and store.can_mw == (0.0, 0.0))


@cache
def balanced() -> SimulatedSite:
    return SimulatedSite(campus_with(DEVICES, **SECTIONS))


def test_an_outage_is_carried_by_the_store_then_by_uninterruptible_units_and_then_by_nobody(campus):
    made = SimulatedSite(campus, faults=[ScriptedFault(10.0, "grid.connection", "outage", 3 * 3600.0)])
    site, show = made.site, lambda path, name: made.devices[path].shown(name)
    for _ in range(20):
        made.tick(1.0)
    # 20 MW of halls behind 10 MW of battery and the units
    assert not site.grid_on and site.meters.unserved_mw == 0.0
    units = site.ups["ups.main"]
    assert site.stores["battery.main"].injection_mw + units.carries_mw == pytest.approx(site.load_mw)
    assert 0.0 < units.stored_mwh < units.energy_mwh
    assert show("grid.connection", "voltage_pu") == 0.0 and show("grid.connection#2", "source") == 2.0
    assert site.stores["battery.main"].injection_mw == pytest.approx(10.0)
    assert show("ups.main", "on_battery") == 1.0
    for _ in range(200):
        made.tick(60.0)
    assert site.grid_on and show("grid.connection#2", "grid_well") == 1.0
    assert site.meters.unserved_mwh > 10.0


def test_engines_that_do_not_start_give_nothing(campus):
    made = SimulatedSite(campus)
    gas = made.devices["generator.gas"]
    made.put("generator.gas", "no_start")
    gas.someone_writes(10.0)
    for _ in range(30):
        made.tick(1.0)
    assert gas.shown("output_mw") == 0.0 and gas.shown("available") == 0.0
    made.lift("generator.gas", "no_start")
    made.site.engines["generator.gas"].state[:] = 0.0
    for _ in range(30):
        made.tick(1.0)
    assert gas.shown("output_mw") == pytest.approx(10.0, rel=0.01) and gas.shown("running") == 1.0


def test_a_second_master_writes_every_second_while_the_fault_lasts(campus):
    made = SimulatedSite(campus, faults=[ScriptedFault(1.0, "battery.main", "foreign", 10.0, -2.0)])
    for _ in range(5):
        made.tick(1.0)
    assert made.devices["battery.main"].shown("setpoint_mw") == -2.0


def test_the_same_seed_gives_the_same_site(campus):
    def course(seed):
        made = SimulatedSite(campus, seed=seed)
        for _ in range(20):
            made.tick(1.0)
        return made.site.load_mw

    assert course(3) == course(3) != course(4)


def test_a_counter_rolls_over_and_a_value_beyond_its_registers_stays_at_the_end(campus):
    device = SimulatedSite(campus).devices["grid.connection"]
    device.show("energy_mwh", 2.0**32 / 1000.0 + 5.0)
    assert device.shown("energy_mwh") == pytest.approx(5.001, abs=0.01)
    device.show("power_mw", 1e9)
    assert device.shown("power_mw") == pytest.approx((2.0**31 - 1) * 1e-4)
    device.show("frequency_hz", float("nan"))
    assert device.shown("frequency_hz") != device.shown("frequency_hz")


def test_registers_that_are_not_there_are_neither_read_nor_written(campus):
    device = SimulatedSite(campus).devices["battery.main"]
    assert device.read(3, 100, 2) == 2 and device.read(3, 65_535, 2) == 2
    assert device.write(40_000, (1,)) == 2
    assert device.read(3, 40_000, 2) == b"SunS"


def test_what_is_not_simulated_is_told_before_anything_listens():
    one = {"template": "library:sunspec-storage", "transport": "rtu", "serial": "/dev/ttyS0"}
    with pytest.raises(InputError, match="must be tcp"):
        SimulatedSite(campus_with({"battery.main": one}))
    with pytest.raises(InputError, match="are none, must be given"):
        SimulatedSite(campus_with({}))
    planned = {"main": BATTERY | {"energy_mwh": {"max": 9}, "capital_per_mw": 1, "capital_per_mwh": 1}}
    grid = RAW["grid"] | {"connection": {"firm_mw": {"max": 50}, "capital_per_mw": 1}}
    with pytest.raises(InputError) as caught:
        SimulatedSite(campus_with({"load.halls": DEVICES["load.halls"]}, battery=planned, grid=grid))
    assert "battery.main.energy_mwh" in str(caught.value)
    assert "grid.connection.firm_mw  is a range, must stand" in str(caught.value)


def test_a_port_that_is_taken_is_told(campus):
    async def work():
        async with simulate_devices(campus):
            with pytest.raises(InputError, match="cannot be listened on"):
                async with simulate_devices(campus):
                    pass

    asyncio.run(work())


def test_two_faults_of_one_kind_at_one_device_last_as_long_as_the_longer_one(campus):
    script = (
        ScriptedFault(10.0, "grid.connection", "outage", 100.0),
        ScriptedFault(50.0, "grid.connection", "outage", 100.0),
        ScriptedFault(10.0, "battery.main", "clamp", 100.0, 0.2),
        ScriptedFault(50.0, "battery.main", "clamp", 20.0, 0.4),
    )
    site = SimulatedSite(campus, faults=script)
    spoiler = site.devices["battery.main"].spoiler
    seen = {}
    for second in range(200):
        site.tick(1.0)
        seen[second] = site.site.grid_on, spoiler.value("clamp", 1.0)
    assert seen[20] == (False, 0.2) and seen[60] == (False, 0.4) and seen[90] == (False, 0.2)
    assert seen[130] == (False, 1.0) and seen[170] == (True, 1.0)
