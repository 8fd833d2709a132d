"""What is decided on an image: inside all limits whatever is asked, with reasons, and the same again from the same."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.operate.guard.conftest import BATTERY, DEVICES, campus_of
from tests.operate.guard.images import CLOCK_S, UTC_S, image_of, site
from wattstack.operate.guard import Mind
from wattstack.operate.guard.did import NOTHING, did_of
from wattstack.operate.link import Request

GRID = {"connection": {"firm_mw": 16, "nonfirm_mw": 4}, "tariff": {"energy": {"price_per_mwh": 10000}}}
BACKUP = {"backup": {"duration_h": 1.0, "load_frac": 0.5}}


def decided(mind: Mind, seconds: float = 3.0, begin_s: float = 0.0, **shown: float):
    """The last decision of some seconds in which the site shows the same."""
    made = None
    for k in range(int(seconds * 10)):
        time_s = begin_s + k / 10
        made = mind.decide(image_of(site(time_s, **shown), time_s))
    return made


def take(mind: Mind, role: str = "planner", time_s: float = 0.0, **more) -> str:
    asked = {"id": f"{len(mind.book._known)}", "source": "planner", "until_s": UTC_S + time_s + 100.0, **more}
    answer = mind.book.take(Request(**asked), role, UTC_S + time_s, time_s)
    return "" if answer.taken else answer.why


def user(**more) -> dict:
    return {"role": "face", "source": "user", "user": "operator-1", "second_user": "engineer-2", **more}


amounts = st.floats(-50.0, 50.0)
asks = st.fixed_dictionaries(
    {
        "who": st.sampled_from(
            [("planner", "planner"), ("face", "user"), ("north", "utility"), ("north", "market")]
        ),
        "what": st.sampled_from(
            [
                "battery_mw",
                "import_limit_mw",
                "export_limit_mw",
                "peak_mw",
                "mode",
                "reserve_mwh",
                "load_cap_mw",
            ]
        ),
        "ends": st.tuples(amounts, amounts).map(sorted),
        "mode": st.sampled_from(["run", "manual", "safe"]),
        "path": st.sampled_from([None, "battery.main"]),
    }
)
sights = st.fixed_dictionaries(
    {
        "grid__connection__power_mw": st.one_of(st.floats(-5.0, 40.0), st.just(nan)),
        "battery__main__stored_mwh": st.one_of(st.floats(0.0, 20.0), st.just(nan)),
        "battery__main__can_discharge_mw": st.floats(0.0, 12.0),
        "battery__main__can_charge_mw": st.floats(0.0, 12.0),
        "battery__main__contactor": st.sampled_from([1.0, 1.0, 1.0, 0.0]),
        "grid__connection__voltage_pu": st.sampled_from([1.0, 1.0, 1.0, 0.0]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(asks, sights), min_size=1, max_size=12))
def test_no_sequence_of_requests_makes_the_guard_exceed_a_limit(steps):
    mind = Mind(campus_of(grid=GRID, duties=BACKUP))
    power, now = 0.0, 0.0
    for n, (ask, sight) in enumerate(steps):
        role, source = ask["who"]
        given_mode = ask["what"] == "mode"
        ends = {"mode": ask["mode"]} if given_mode else {"low": ask["ends"][0], "high": ask["ends"][1]}
        two = {"user": "operator-1", "second_user": "engineer-2"} if source == "user" else {}
        path = ask["path"] if ask["what"] == "battery_mw" else None
        mind.book.take(
            Request(id=str(n), source=source, what=ask["what"], path=path, until_s=UTC_S + now + 60.0, **ends, **two),
            role, UTC_S + now, now,
        )  # fmt: skip
        now += 0.1
        made = mind.decide(image_of(site(now, battery__main__power_mw=power, **sight), now))
        new = made.asset_mw["battery.main"]
        most_in = min(sight["battery__main__can_charge_mw"], 10.0)
        most_out = min(sight["battery__main__can_discharge_mw"], 10.0)
        if sight["battery__main__contactor"] == 0.0 or mind.lockouts.why:
            most_in = most_out = 0.0
        assert -most_in - 1e-9 <= new <= most_out + 1e-9
        imported = sight["grid__connection__power_mw"]
        if not isnan(imported) and sight["grid__connection__voltage_pu"] == 1.0:
            after = imported + power - new
            # never over the firm power, or the part of the rest that the utility gave free, but for what cannot be held
            free = [
                r.bounds[1]
                for r in mind.book.in_force(now)
                if r.what == "import_limit_mw" and r.source == "utility"
            ]
            limit = max([16.0, *(min(one, 20.0) for one in free)])
            assert after <= max(limit, imported + power - most_out) + 1e-6
            assert after >= min(0.0, imported + power + most_in) - 1e-6 or new <= 0.0
        power = new


def test_the_connection_is_held_and_says_so():
    made = decided(Mind(campus_of()), grid__connection__power_mw=20.0)
    assert made.asset_mw["battery.main"] == pytest.approx(4.0)
    assert made.reasons["battery.main"] == "keeps import and export inside what the grid allows"
    assert made.slack_mw == {}


def test_a_plan_is_followed_while_it_is_in_force_and_the_rules_alone_after_it():
    mind = Mind(campus_of(control={"kind": "mpc", "rules": ["limit", "reserve", "plan"]}))
    assert take(mind, what="battery_mw", value=3.0, until_s=UTC_S + 5.0) == ""
    made = decided(mind, 4.0)
    assert (made.asset_mw["battery.main"], made.reasons["battery.main"]) == (
        3.0,
        "follows the plan of the next hours",
    )
    made = decided(mind, 3.0, begin_s=5.0)
    assert (made.asset_mw["battery.main"], made.reasons["battery.main"]) == (0.0, "nothing asks for it")


def test_a_plan_gives_way_to_the_reserve_and_the_reason_names_it():
    mind = Mind(campus_of(duties=BACKUP, control={"kind": "mpc", "rules": ["limit", "plan", "reserve"]}))
    take(mind, what="battery_mw", value=3.0)
    made = decided(mind, battery__main__stored_mwh=8.0)
    assert made.asset_mw["battery.main"] == 0.0
    assert "held at 0 MW by backup reserve: reserve 8.421 MWh" in made.reasons["battery.main"]


def test_the_reserve_fails_closed_where_the_gauge_is_silent():
    mind = Mind(campus_of(duties=BACKUP, control={"kind": "mpc", "rules": ["limit", "plan", "reserve"]}))
    take(mind, what="battery_mw", value=10.0, until_s=UTC_S + 119.0)
    shown = {"battery__main__stored_mwh": 9.0, "battery__main__power_mw": 0.0}
    assert decided(mind, 3.0, **shown).asset_mw["battery.main"] > 0.0
    made = decided(mind, 100.0, begin_s=3.0, **(shown | {"battery__main__stored_mwh": nan}))
    assert made.asset_mw["battery.main"] == 0.0
    assert made.values["control.sure_mwh"] < 8.421


def test_an_instruction_stands_above_the_peak_and_below_the_reserve():
    mind = Mind(campus_of(duties=BACKUP))
    assert take(mind, "north", source="utility", what="import_limit_mw", high=10.0) == ""
    assert decided(mind).asset_mw["battery.main"] == pytest.approx(6.0)
    made = decided(mind, 3.0, begin_s=3.0, battery__main__stored_mwh=8.0)
    assert made.asset_mw["battery.main"] == 0.0
    assert made.slack_mw == {"instruction": pytest.approx(6.0)}


def test_the_utility_frees_the_part_that_is_not_firm_and_no_more():
    mind = Mind(campus_of(grid=GRID))
    assert take(mind, "north", source="utility", what="import_limit_mw", high=50.0) == ""
    made = decided(mind, grid__connection__power_mw=24.0)
    assert made.asset_mw["battery.main"] == pytest.approx(4.0)


def test_modes_of_a_person_hold_limits_and_end_by_themselves():
    mind = Mind(campus_of())
    assert take(mind, **user(what="mode", mode="manual", until_s=UTC_S + 20.0)) == ""
    assert take(mind, **user(what="battery_mw", value=-5.0)) == ""
    made = decided(mind, grid__connection__power_mw=8.0)
    assert (made.mode, made.asset_mw["battery.main"]) == ("manual", -5.0)
    made = decided(mind, 3.0, begin_s=3.0, grid__connection__power_mw=13.0)
    assert made.asset_mw["battery.main"] == pytest.approx(-3.0)  # 16 MW are the connection's
    assert "connection" in made.reasons["battery.main"]
    assert decided(mind, 1.0, begin_s=21.0).mode == "run"


def test_safe_rests_but_for_the_limits():
    mind = Mind(campus_of(control={"kind": "rules", "rules": ["self_consumption"]}))
    assert decided(mind).asset_mw["battery.main"] == 10.0
    take(mind, **user(what="mode", mode="safe", until_s=UTC_S + 90.0))
    assert decided(mind, 3.0, begin_s=3.0).asset_mw["battery.main"] == 0.0
    made = decided(mind, 3.0, begin_s=6.0, grid__connection__power_mw=18.0)
    assert made.asset_mw["battery.main"] == pytest.approx(2.0)


def test_a_peak_target_is_held_on_the_meters_clock_and_what_was_billed_is_the_floor():
    mind = Mind(campus_of(control={"kind": "rules", "rules": ["limit", "peak"], "peak_target_mw": 12}))
    made = decided(mind)
    assert made.asset_mw["battery.main"] == pytest.approx(4.0, abs=0.02)
    assert made.values["control.peak_mw"] == 12.0
    decided(mind, 0.2, begin_s=1795.0)
    mind.controller.interval_mwh = 7.0  # 14 MW of mean, and the battery is empty
    decided(mind, 8.0, begin_s=1795.2, battery__main__can_discharge_mw=0.0)
    assert decided(mind, 0.2, begin_s=1804.0).values["control.peak_mw"] == pytest.approx(14.0, abs=0.06)


def test_an_island_is_carried_by_the_battery_and_engines_are_called():
    devices = DEVICES | {"generator.gas": {"template": "library:genset-controller"}}
    gas = {"fuel": "lng", "power_mw": 12, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000}
    mind = Mind(campus_of(devices, generator={"gas": gas}))
    shown = {
        "grid__connection__voltage_pu": 0.0,
        "grid__connection__power_mw": 0.0,
        "battery__main__power_mw": 8.0,
    }
    made = decided(mind, generator__gas__output_mw=0.0, **shown)
    assert made.asset_mw["battery.main"] == pytest.approx(8.0)
    assert made.asset_mw["generator.gas"] == pytest.approx(8.0)
    assert made.reasons["generator.gas"].startswith(
        "carries the campus: the grid is away; generator.gas starts"
    )
    back = decided(mind, 0.2, begin_s=64.0, generator__gas__output_mw=0.0)
    assert back.asset_mw["generator.gas"] == 0.0


def test_two_batteries_share_what_is_asked_and_single_ones_keep_their_band():
    devices = DEVICES | {"battery.b": {"template": "library:sunspec-storage"}}
    mind = Mind(campus_of(devices, battery={"main": BATTERY, "b": BATTERY}))
    b = {k.replace("main", "b").replace(".", "__"): v for k, v in site().items() if k.startswith("battery")}
    made = decided(mind, grid__connection__power_mw=22.0, **b)
    assert made.asset_mw == {"battery.main": pytest.approx(3.0), "battery.b": pytest.approx(3.0)}
    take(mind, path="battery.b", what="battery_mw", value=1.0)
    made = decided(mind, 3.0, begin_s=3.0, grid__connection__power_mw=22.0, **b)
    assert made.asset_mw == {"battery.main": pytest.approx(5.0), "battery.b": pytest.approx(1.0)}


def test_the_same_images_and_requests_give_the_same_decisions_bit_for_bit():
    def run() -> list:
        mind = Mind(campus_of({p: {**one, "port": 5020 + k} for k, (p, one) in enumerate(DEVICES.items())}))
        take(mind, what="battery_mw", low=-1.0, high=2.0)
        powers = (16.0, 17.3, 22.0, nan, nan, 9.0, 15.99, 31.0)
        return [
            mind.decide(image_of(site(k / 10, grid__connection__power_mw=p), k / 10))
            for k, p in enumerate(powers * 5)
        ]

    assert repr(run()) == repr(run())


def test_the_fast_loop_holds_the_import_and_the_connection_stands_above_it():
    fast = {"kind": "rules", "rules": ["limit"], "smoothing": {"ramp_mw_per_min": 6, "corner_s": 60}}
    mind = Mind(campus_of(control=fast, grid={**GRID, "connection": {"firm_mw": 30}}))
    decided(mind, 5.0)
    made = decided(mind, 0.1, begin_s=5.0, grid__connection__power_mw=20.0)
    assert made.asset_mw["battery.main"] == pytest.approx(4.0, abs=0.5)
    assert made.reasons["battery.main"].startswith("holds the power drawn at its reference")
    made = decided(mind, 0.1, begin_s=5.1, grid__connection__power_mw=36.0)
    assert made.asset_mw["battery.main"] >= 6.0


def test_a_declared_ramp_is_kept_and_gives_way_to_the_connection():
    mind = Mind(
        campus_of(operate={"ramp_mw_per_s": 2}, control={"kind": "rules", "rules": ["self_consumption"]})
    )
    mind.begin(0.0)
    assert decided(mind, 3.0, grid__connection__power_mw=10.0).asset_mw["battery.main"] == pytest.approx(
        6.0, abs=0.3
    )
    made = decided(mind, 0.1, begin_s=3.0, grid__connection__power_mw=25.0)
    assert made.asset_mw["battery.main"] == pytest.approx(9.0)
    assert made.slack_mw["ramp"] > 2.0


def test_a_trip_of_the_connection_leaves_only_what_it_needs_until_it_is_cleared():
    mind = Mind(campus_of(control={"kind": "rules", "rules": ["self_consumption"]}))
    decided(mind)
    decided(mind, 0.2, begin_s=3.0, grid__connection__breaker=0.0)
    made = decided(mind, 1.0, begin_s=3.2)
    assert made.asset_mw["battery.main"] == 0.0
    assert "the connection tripped and was not cleared" in made.reasons["battery.main"]
    assert decided(mind, 0.1, begin_s=4.2, grid__connection__power_mw=18.0).asset_mw[
        "battery.main"
    ] == pytest.approx(2.0)
    assert mind.lockouts.clear("grid.connection") == ""
    assert decided(mind, 0.1, begin_s=4.3).asset_mw["battery.main"] == 10.0


def test_engines_help_a_connection_that_cannot_carry_the_load_and_follow_who_asks():
    devices = DEVICES | {"generator.gas": {"template": "library:genset-controller"}}
    gas = {"fuel": "lng", "power_mw": 12, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000}
    mind = Mind(campus_of(devices, generator={"gas": gas}))
    made = decided(mind, generator__gas__output_mw=0.0, grid__connection__power_mw=25.9)
    assert made.asset_mw["generator.gas"] == pytest.approx(0.0)
    made = decided(mind, 1.0, 3.0, generator__gas__output_mw=0.0, grid__connection__power_mw=28.0)
    assert made.asset_mw["generator.gas"] == pytest.approx(2.0)
    assert take(mind, what="generator_mw", value=5.0) == ""
    assert decided(mind, 1.0, 4.0, generator__gas__output_mw=0.0).asset_mw["generator.gas"] == 5.0


def test_power_that_a_person_asks_for_bounds_what_the_rules_want_while_it_runs():
    mind = Mind(
        campus_of(duties=BACKUP, control={"kind": "rules", "rules": ["limit", "reserve", "self_consumption"]})
    )
    assert decided(mind).asset_mw["battery.main"] == 10.0
    assert take(mind, **user(what="battery_mw", low=-1.0, high=3.0, reason="test")) == ""
    made = decided(mind, 3.0, begin_s=3.0)
    assert (made.mode, made.asset_mw["battery.main"]) == ("run", 3.0)
    assert made.reasons["battery.main"].endswith("held at 3 MW by instruction: operator-1: test")
    made = decided(mind, 3.0, begin_s=6.0, grid__connection__power_mw=22.0)
    assert made.asset_mw["battery.main"] == pytest.approx(6.0)  # the connection stands above it
    assert made.slack_mw["instruction"] == pytest.approx(3.0)


def test_each_request_says_what_it_does():
    mind = Mind(campus_of(control={"kind": "mpc", "rules": ["limit", "reserve", "plan"]}))

    def did(made) -> dict[str, str]:
        return {r.what: did_of(r, made) for r in mind.book.in_force(made.time_s - CLOCK_S)}

    take(mind, what="battery_mw", low=-2.0, high=3.0, reason="dear hours")
    take(mind, what="load_cap_mw", high=30.0)
    take(mind, what="peak_mw", high=15.0)
    take(mind, **user(what="reserve_mwh", value=5.0))
    take(mind, "north", source="utility", what="import_limit_mw", high=17.0)
    said = did(decided(mind))
    # three seconds above the peak before
    assert said["battery_mw"] == "leaves 1.002 .. 3 MW to the batteries"
    assert said["peak_mw"].startswith("leaves 1.002 .. ") and "5 MWh" in said["reserve_mwh"]
    assert said["load_cap_mw"] == "is told to the workload; nothing relies on it"
    assert said["import_limit_mw"] == NOTHING or said["import_limit_mw"].startswith("leaves")
    said = did(decided(mind, 3.0, begin_s=3.0, grid__connection__power_mw=22.0))
    assert said["battery_mw"].startswith("is missed by")
    take(mind, **user(what="mode", mode="safe"))
    said = did(decided(mind, 1.0, begin_s=6.0))
    assert said["battery_mw"] == "does nothing: the mode is safe" and said["mode"] == "the mode is safe"
    mind.book._force.clear()
    take(mind, "north", source="utility", what="import_limit_mw", high=9.0)
    assert did(decided(mind, 1.0, begin_s=6.5))["import_limit_mw"].startswith("leaves 7")
    mind.book._force.clear()
    take(mind, **user(what="mode", mode="manual"))
    take(mind, **user(what="battery_mw", value=1.0))
    take(mind, what="battery_mw", value=2.0)
    made = decided(mind, 1.0, begin_s=7.0)
    assert [did_of(r, made) for r in mind.book.in_force(7.0)] == [
        "the mode is manual", "is what is wished", "does nothing: the mode is manual",
    ]  # fmt: skip
