"""The seam and the live controller on images: what is stale is believed on the safe side, and nothing raises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Battery, Campus, Control
from wattstack.campus.duties import Backup, Duties, Smoothing
from wattstack.control import Measured, RuleController
from wattstack.control.kernel import rows

USUAL = {
    "load_mw": 80.0, "solar_mw": 0.0, "generator_mw": 0.0, "grid.import_mw": 80.0, "grid.on": 1.0,
    "grid.import_limit_mw": 100.0, "grid.export_limit_mw": 0.0, "grid.buy_price_per_mwh": 10.0, "control.month": 0.0,
    "battery.main.stored_mwh": 60.0, "battery.main.usable_mwh": 100.0, "battery.main.can_charge_mw": 50.0,
    "battery.main.can_discharge_mw": 50.0,
}  # fmt: skip
MAIN = "battery.main"


def controller(rules=("limit", "reserve", "peak"), load_frac: float = 0.0, **more) -> RuleController:
    unit = Battery(power_mw=50, energy_mwh=100, charge_eff=1.0, discharge_eff=1.0)
    duties = Duties(backup=Backup(duration_h=0.5, load_frac=load_frac, soc_error_frac=0.02))
    campus = Campus.model_construct(
        battery={"main": unit}, control=Control(kind="rules", rules=rules), duties=duties, grid=None
    )
    return RuleController(campus, 60.0, 1800.0, **more)


def image(time_s: float = 0.0, age_s: dict | None = None, **changes) -> Measured:
    """The usual image with changes; those with a dot in their name go into `values`."""
    values = {**USUAL, **changes.pop("values", {}), **changes}
    return Measured(time_s, {k: v for k, v in values.items() if v is not None}, age_s or {})


def test_a_value_is_known_while_it_is_fresh_and_a_number():
    measured = Measured(0.0, {"a": 1.0, "b": float("nan")}, {"a": 10.0})
    assert measured.known("a", 10.0)
    assert not measured.known("a", 9.0)
    assert not any(measured.known(name, 99.0) for name in "bc")


def test_import_above_the_limit_is_taken_from_the_battery():
    asked = controller().decide(image(load_mw=120.0))
    assert asked.power_mw == {MAIN: 20.0}
    assert "grid allows" in asked.reason[MAIN]


def test_power_and_room_for_swings_are_kept_for_the_fast_loop():
    unit = controller(("limit", "reserve", "self_consumption"))
    swings = Smoothing(power_mw=20.0, energy_mwh=5.0)
    unit.campus = unit.campus.model_copy(update={"duties": Duties(smoothing=swings)})
    assert unit.decide(image(load_mw=80.0)).power_mw[MAIN] == 30.0
    low = {"battery.main.stored_mwh": 5.0}
    assert unit.decide(image(60.0, load_mw=80.0, values=low)).power_mw[MAIN] == 0.0
    assert unit.row[rows.RESERVE_MWH] == 5.0 and unit.row[rows.ROOM_MWH] == 5.0


def test_setpoints_expire_after_three_periods():
    assert controller().decide(image()).valid_s == 180.0


def test_a_load_that_was_never_seen_leaves_the_battery_alone():
    asked = controller().decide(image(load_mw=None))
    assert asked.power_mw == {MAIN: 0.0}
    assert asked.reason[MAIN] == "does nothing: the load was never measured"


def test_a_stale_load_is_taken_as_high_as_it_was_seen():
    unit = controller()
    unit.decide(image(load_mw=115.0))
    unit.decide(image(60.0, load_mw=90.0))
    asked = unit.decide(image(120.0, age_s={"load_mw": 181.0}, load_mw=10.0))
    assert asked.power_mw[MAIN] == pytest.approx(15.0, abs=0.2)
    assert "load not read, taken as" in asked.reason[MAIN]


def test_solar_that_is_not_read_is_not_counted_on():
    unit = controller()
    assert unit.decide(image(load_mw=120.0, solar_mw=30.0)).power_mw[MAIN] == 0.0
    assert unit.decide(image(60.0, load_mw=120.0, solar_mw=float("nan"))).power_mw[MAIN] == 20.0


def test_without_a_gauge_the_reserve_is_kept_from_the_rules_at_once():
    unit = controller(("reserve", "peak"), load_frac=0.5, target_mw=np.array([60.0]))
    assert unit.decide(image()).power_mw[MAIN] == pytest.approx(20.0)
    values = {"battery.main.stored_mwh": float("nan")}
    asked = unit.decide(image(3600.0, values=values))  # 50 MWh may have left within the hour
    assert asked.power_mw[MAIN] <= 0.0
    assert "charge not read" in asked.reason[MAIN]
    assert unit.beliefs[MAIN].sure_mwh == pytest.approx(8.0)


def test_a_gauge_that_was_never_read_holds_no_reserve():
    unit = controller(("reserve", "peak"), load_frac=0.5, target_mw=np.array([60.0]))
    assert unit.decide(image(values={"battery.main.stored_mwh": None})).power_mw[MAIN] <= 0.0


def test_the_error_of_an_estimator_takes_the_place_of_the_declared_one():
    unit = controller()
    unit.decide(image())
    assert unit.row[rows.STORED_ERROR_MWH] == 2.0
    unit.decide(image(60.0, values={"battery.main.stored_error_mwh": 9.0}))
    assert unit.row[rows.STORED_ERROR_MWH] == 9.0
    unit.decide(image(120.0, values={"battery.main.stored_error_mwh": 0.5}))
    assert unit.row[rows.STORED_ERROR_MWH] == 0.5


def test_an_estimator_that_falls_silent_leaves_the_larger_error():
    unit = controller()
    unit.decide(image(values={"battery.main.stored_error_mwh": 9.0}))
    unit.decide(image(60.0))
    assert unit.row[rows.STORED_ERROR_MWH] == 9.0


def test_limits_that_are_not_read_leave_the_battery_alone():
    asked = controller().decide(image(load_mw=120.0, values={"battery.main.can_discharge_mw": float("nan")}))
    assert asked.power_mw == {MAIN: 0.0}


def test_a_metering_interval_that_closes_is_remembered_as_the_peak():
    unit = controller(target_mw=np.array([60.0]))
    for minute in range(31):
        unit.decide(image(60.0 * minute, values={"grid.import_mw": 90.0}))
    assert unit.peak_mw[0] == pytest.approx(90.0)
    assert unit.interval_mwh == 0.0


def test_time_without_images_is_metered_in_its_own_intervals():
    unit = controller(target_mw=np.array([60.0]))
    unit.decide(image(0.0))
    unit.decide(image(2.5 * 1800.0, values={"grid.import_mw": 90.0}))
    assert unit.peak_mw[0] == pytest.approx(90.0)
    assert unit.interval_mwh == pytest.approx(90.0 * 0.25)


NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.none()


@given(values=st.fixed_dictionaries(dict.fromkeys(USUAL, NUMBERS)), age=st.floats(0.0, 400.0))
@settings(max_examples=100, deadline=None)
def test_no_image_makes_the_controller_raise_or_leave_the_bounds(values, age):
    unit = controller(("limit", "reserve", "peak", "time_of_use", "refill"), load_frac=0.3)
    unit.decide(image())
    asked = unit.decide(image(60.0, {"load_mw": age}, **values)).power_mw[MAIN]
    charge, discharge = values["battery.main.can_charge_mw"], values["battery.main.can_discharge_mw"]
    most = [max(v, 0.0) if v is not None and np.isfinite(v) else 0.0 for v in (charge, discharge)]
    assert -most[0] <= asked <= most[1]
