"""What the rules ask of the battery, one row at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Control
from wattstack.control import reason_text, rule_arrays
from wattstack.control.kernel import rows
from wattstack.control.kernel.rules import decide, share

pytestmark = pytest.mark.tiny


def row(**values: float) -> np.ndarray:
    """A campus at rest on a minute: grid of 100 MW, battery of 50 MW and 100 MWh, half full, no target."""
    usual = {
        "STEP_S": 60, "LOAD_MW": 80, "IMPORT_LIMIT_MW": 100, "GRID_ON": 1, "BUY_PRICE_PER_MWH": 10, "STORED_MWH": 50,
        "ENERGY_MWH": 100, "CAN_CHARGE_MW": 50, "CAN_DISCHARGE_MW": 50, "LAST_IMPORT_MW": 80, "INTERVAL_LEFT_S": 1800,
        "INTERVAL_S": 1800, "PEAK_MW": 1e9, "CHARGE_BELOW_PER_MWH": -np.inf, "DISCHARGE_ABOVE_PER_MWH": np.inf,
        "DISCHARGE_EFF": 1.0,
    }  # fmt: skip
    out = np.zeros(rows.NROW)
    for name, value in (usual | values).items():
        out[getattr(rows, name)] = value
    return out


def asked(names: tuple[str, ...], **values: float) -> tuple[float, str]:
    """Power and reason under these rules; `ramp` is in MW a minute."""
    ramp = values.pop("ramp", None)
    more = {"ramp_mw_per_min": ramp} if ramp else {}
    kind = "mpc" if "plan" in names else "rules"
    kinds, params = rule_arrays(Control(kind=kind, rules=names, **more))
    out = np.zeros(3)
    decide(kinds, params, row(**values), out)
    return float(out[0]), reason_text(out[1])


def test_a_battery_that_nothing_asks_for_stays_at_rest():
    assert asked(("limit",)) == (0.0, "nothing asks for it")


def test_import_above_the_connection_is_taken_from_the_battery():
    power, reason = asked(("limit",), LOAD_MW=120)
    assert power == 20.0
    assert "grid allows" in reason


def test_surplus_that_may_not_be_exported_is_charged():
    assert asked(("limit",), LOAD_MW=10, SOLAR_MW=40)[0] == -30.0


def test_the_reserve_is_not_given_away_for_a_peak():
    power, _ = asked(("limit", "reserve", "peak"), LOAD_MW=90, PEAK_MW=60, STORED_MWH=20, RESERVE_MWH=20)
    assert power == 0.0


def test_what_lies_above_the_reserve_may_be_given():
    power, _ = asked(("limit", "reserve", "peak"), LOAD_MW=90, PEAK_MW=60, STORED_MWH=20.25, RESERVE_MWH=20)
    assert power == pytest.approx(15.0)  # 0.25 MWh in a minute


SWINGS = {"SMOOTHING_MW": 20, "ROOM_MWH": 5, "RESERVE_MWH": 5}


@pytest.mark.parametrize(
    ("values", "power"),
    [
        ({"LOAD_MW": 90, "PEAK_MW": 40}, 30.0),  # 50 MW asked for, 20 of them are kept
        ({"LOAD_MW": 90, "PEAK_MW": 40, "STORED_MWH": 5}, 0.0),
        ({"EXPORT_LIMIT_MW": 99, "LOAD_MW": 10, "SOLAR_MW": 70}, -30.0),
        ({"EXPORT_LIMIT_MW": 99, "LOAD_MW": 10, "SOLAR_MW": 70, "STORED_MWH": 95}, 0.0),
        ({"EXPORT_LIMIT_MW": 99, "LOAD_MW": 10, "SOLAR_MW": 70, "STORED_MWH": 94.75}, -15.0),  # 0.25 MWh in a minute
        ({"STORED_MWH": 96}, 30.0),  # the room is filled: given back with what is not kept
        ({"STORED_MWH": 95.25}, 15.0),
        ({"STORED_MWH": 1}, -20.0),  # no more than the connection has over
        ({"STORED_MWH": 1, "LOAD_MW": 40, "PEAK_MW": 40}, -30.0),  # the reserve stands before the peak
        ({"LOAD_MW": 160}, 50.0),  # past the connection all of it is used
        ({"LOAD_MW": 80, "GRID_ON": 0}, 50.0),  # an island takes all there is
    ],
)  # fmt: skip
def test_power_and_room_for_swings_are_kept_from_what_comes_after(values, power):
    asked_for = (
        ("limit", "reserve", "peak", "self_consumption")
        if "SOLAR_MW" in values
        else ("limit", "reserve", "peak")
    )
    assert asked(asked_for, **{**SWINGS, **values})[0] == pytest.approx(power)


def test_the_error_of_the_gauge_counts_as_energy_that_is_not_there():
    power, _ = asked(
        ("limit", "reserve", "peak"),
        LOAD_MW=90,
        PEAK_MW=60,
        STORED_MWH=22,
        STORED_ERROR_MWH=2,
        RESERVE_MWH=20,
    )
    assert power == 0.0


def test_a_missing_reserve_is_charged_back_inside_the_connection():
    power, reason = asked(("limit", "reserve"), STORED_MWH=10, RESERVE_MWH=20)
    assert power == -20.0  # 80 of 100 MW are drawn already
    assert "reserve" in reason


def test_the_connection_comes_before_the_reserve():
    assert asked(("limit", "reserve"), LOAD_MW=120, STORED_MWH=10, RESERVE_MWH=20)[0] == 20.0


def test_a_metering_interval_that_began_low_may_end_high():
    low = asked(("limit", "peak"), LOAD_MW=80, PEAK_MW=60, INTERVAL_LEFT_S=900, INTERVAL_MWH=10)
    assert low[0] == 0.0  # 60 MW x 0.5 h less 10 MWh leaves 80 MW for a quarter of an hour
    high = asked(("limit", "peak"), LOAD_MW=80, PEAK_MW=60, INTERVAL_LEFT_S=900, INTERVAL_MWH=15)
    assert high[0] == 20.0


def test_charging_stops_at_the_target_even_where_the_interval_has_room():
    power, _ = asked(
        ("limit", "peak", "refill"), LOAD_MW=55, PEAK_MW=60, INTERVAL_LEFT_S=60, INTERVAL_MWH=1, STORED_MWH=0
    )
    assert power == -5.0


def test_the_import_changes_no_faster_than_the_ramp():
    assert asked(("limit", "ramp"), LOAD_MW=95, ramp=5.0)[0] == 10.0
    assert asked(("limit", "ramp"), LOAD_MW=60, ramp=5.0)[0] == -15.0


def test_cheap_hours_charge_and_dear_hours_discharge():
    marks = {"CHARGE_BELOW_PER_MWH": 5.0, "DISCHARGE_ABOVE_PER_MWH": 20.0}
    rules = ("limit", "time_of_use")
    assert asked(rules, BUY_PRICE_PER_MWH=4, **marks)[0] == -20.0  # up to the connection
    assert asked(rules, BUY_PRICE_PER_MWH=10, **marks)[0] == 0.0
    assert asked(rules, BUY_PRICE_PER_MWH=30, LOAD_MW=40, **marks)[0] == 40.0  # no more than the load


def test_self_consumption_takes_the_sun_and_gives_it_back():
    rules = ("limit", "self_consumption")
    assert asked(rules, LOAD_MW=30, SOLAR_MW=50)[0] == -20.0
    assert asked(rules, LOAD_MW=30)[0] == 30.0


def test_a_plan_is_followed_but_never_exports_what_may_not_be_exported():
    assert asked(("limit", "plan"), PLAN_MW=25)[0] == 25.0
    assert asked(("limit", "plan"), LOAD_MW=10, PLAN_MW=25)[0] == 10.0


def test_without_the_grid_the_battery_carries_the_campus_whatever_the_rules_say():
    power, reason = asked(
        ("limit", "reserve"), GRID_ON=0, LOAD_MW=40, STORED_MWH=10, RESERVE_MWH=20, IMPORT_LIMIT_MW=0
    )
    assert power == 40.0
    assert "without the grid" in reason


@given(
    load=st.floats(0, 200), solar=st.floats(0, 200), stored=st.floats(0, 100), reserve=st.floats(0, 100),
    target=st.floats(0, 200), price=st.floats(-10, 50), plan=st.floats(-100, 100), left=st.integers(1, 30),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_row_whatever_asks_for_more_than_the_battery_can(
    load, solar, stored, reserve, target, price, plan, left
):
    names = ("limit", "reserve", "ramp", "peak", "plan", "refill")
    power, _ = asked(
        names, ramp=3.0, LOAD_MW=load, SOLAR_MW=solar, STORED_MWH=stored, RESERVE_MWH=reserve, PEAK_MW=target,
        BUY_PRICE_PER_MWH=price, PLAN_MW=plan, INTERVAL_LEFT_S=60 * left, CAN_CHARGE_MW=40, CAN_DISCHARGE_MW=30,
    )  # fmt: skip
    assert -40.0 <= power <= 30.0


def test_blocks_share_in_proportion_to_what_each_can_give_and_leave_those_alone_that_strip():
    setpoint = np.array([0.0, 0.0, 7.0])
    share(30.0, np.array([[10.0, 10.0, 10.0], [40.0, 20.0, 50.0]]), np.array([1.0, 1.0, 0.0]), setpoint)
    assert setpoint.tolist() == [20.0, 10.0, 7.0]


def test_a_rule_list_without_limit_has_it_first_all_the_same():
    assert rule_arrays(Control(kind="rules", rules=("peak",)))[0].tolist() == [rows.LIMIT, rows.PEAK]
