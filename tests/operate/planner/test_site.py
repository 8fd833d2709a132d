"""A live plan always has an answer, and says what it cannot hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.control import Measured
from wattstack.errors import StateError
from wattstack.operate.planner import SitePlanner
from wattstack.operate.planner.site import asks_of

HOUR_S = 3600.0


def image(now_s, stored_mwh=8.0, load_mw=10.0, **more):
    values = {"load_mw": load_mw, "solar_mw": 0.0, "battery.main.stored_mwh": stored_mwh}
    return Measured(now_s, values | {key.replace("__", "."): value for key, value in more.items()})


def persisting(campus):
    """What is measured now is believed of all hours."""
    control = campus.control
    forecast = control.forecast.model_copy(update={"load": "persistence"})
    return campus.model_copy(update={"control": control.model_copy(update={"forecast": forecast})})


def test_cheap_night_charges_and_dear_day_discharges(campus, start_s):
    planner = SitePlanner(campus, start_s)
    made = planner.answer(start_s, image(start_s, grid__billed_peak_mw=14.0))
    assert made.source == "plan"
    assert made.slack == ()
    assert made.plan.power_mw[:24].min() < -1.0  # six hours of night
    assert made.plan.power_mw[24:96].max() > 0.1
    assert [ask.what for ask in made.asks] == ["battery_mw", "generator_mw", "peak_mw"]


def test_month_without_a_target_holds_the_peak_that_is_worth_it(campus, start_s):
    made = SitePlanner(campus, start_s).answer(start_s, image(start_s))
    assert 0.0 < made.peak_mw < 14.0
    assert made.plan.import_mw.max() <= made.peak_mw + 1e-6
    billed = SitePlanner(campus, start_s).answer(start_s, image(start_s, grid__billed_peak_mw=13.5))
    assert billed.peak_mw == pytest.approx(13.5)


def test_load_beyond_all_supply_is_slack_and_no_failure(campus, start_s):
    planner = SitePlanner(persisting(campus), start_s)
    made = planner.answer(start_s, image(start_s, load_mw=40.0, stored_mwh=0.0))
    assert made.source == "plan"
    assert any("of the load have no supply, from 0 h on" in line for line in made.slack)
    assert any("MWh are missing in the reserve" in line for line in made.slack)


def test_unknown_charge_follows_the_last_plan_then_the_rules(campus, start_s):
    planner = SitePlanner(campus, start_s)
    good = planner.answer(start_s, image(start_s))
    later = start_s + 2 * HOUR_S
    moved = planner.answer(later, image(later, stored_mwh=np.nan))
    assert moved.source == "last plan"
    assert "120 min ago" in moved.why
    assert moved.asks[0].value == pytest.approx(good.plan.power_mw[8], abs=1e-6)
    much_later = start_s + 7 * HOUR_S
    alone = planner.answer(much_later, image(much_later, stored_mwh=np.nan))
    assert (alone.source, alone.asks) == ("rules", ())


def test_late_plan_is_replaced_by_the_last_one_moved_on(campus, start_s):
    planner = SitePlanner(campus, start_s)
    assert planner.without(start_s, "late").source == "rules"
    good = planner.answer(start_s, image(start_s))
    moved = planner.without(start_s + 900.0, "late")
    assert moved.source == "last plan"
    assert moved.asks[0].value == pytest.approx(good.plan.power_mw[1], abs=1e-6)


def test_grid_that_is_away_is_planned_back_after_an_hour(campus, start_s):
    made = SitePlanner(campus, start_s).answer(start_s, image(start_s, grid__on=0.0, stored_mwh=15.0))
    assert made.plan.import_mw[:4].max() == 0.0
    assert made.plan.import_mw[4:].max() > 0.0


def test_engine_that_cannot_run_is_not_planned(campus, start_s):
    hard, campus = image(start_s, load_mw=17.0), persisting(campus)
    with_engine = SitePlanner(campus, start_s).answer(start_s, hard)
    without = SitePlanner(campus, start_s).answer(
        start_s, Measured(start_s, {**hard.values, "generator.gas.available": 0.0})
    )
    assert with_engine.plan.line_mw["generator.gas"].max() > 1.0
    assert without.plan.line_mw["generator.gas"].max() == 0.0


def test_measured_day_is_what_is_believed_of_tomorrow(campus, start_s):
    tuesday = start_s + 4 * 86_400.0
    planner = SitePlanner(campus, tuesday)
    for minute in range(0, 1440, 5):
        now = tuesday + minute * 60.0
        planner.known.measured(now, 8.0 if minute < 720 else 12.0, 0.0)
    believed = planner.known.forecast(tuesday + 86_400.0).load_mw
    assert believed[4] == pytest.approx(8.0)
    assert believed[60] == pytest.approx(12.0)


def test_minutes_move_along_for_weeks(campus, start_s):
    planner = SitePlanner(campus, start_s)
    for day in range(25):
        now = start_s + day * 86_400.0
        planner.known.measured(now, 9.0, 0.0)
        assert planner.known.forecast(now).load_mw[0] > 0.0
    assert planner.known.moved_weeks == 0


def test_series_of_another_year_are_those_of_the_same_weekday(campus, start_s):
    later = start_s + 200 * 7 * 86_400.0
    planner = SitePlanner(campus, later)
    assert planner.known.moved_weeks == 200
    made = planner.answer(later, image(later, grid__billed_peak_mw=14.0))
    assert made.plan.power_mw[:24].min() < -1.0  # night is night


def test_size_that_does_not_stand_is_refused(campus, start_s):
    from wattstack.campus import SizeRange

    battery = campus.battery["main"].model_copy(update={"power_mw": SizeRange(max=4)})
    open_size = campus.model_copy(update={"battery": {"main": battery}})
    with pytest.raises((StateError, TypeError), match="range"):
        SitePlanner(open_size, start_s)


@given(
    stored=st.floats(-5.0, 30.0) | st.just(float("nan")),
    load=st.floats(0.0, 100.0) | st.just(float("nan")),
    billed=st.floats(0.0, 30.0),
    on=st.sampled_from([0.0, 1.0]),
    hours=st.integers(0, 700),
)
@settings(max_examples=60, deadline=None)
def test_every_state_has_an_answer_within_the_batterys_power(
    campus, start_s, stored, load, billed, on, hours
):
    now = start_s + hours * HOUR_S
    planner = SitePlanner(persisting(campus), now)
    more = {"grid__billed_peak_mw": billed, "grid__on": on}
    made = planner.answer(now, image(now, stored_mwh=stored, load_mw=load, **more))
    assert made.source == ("rules" if np.isnan(stored) else "plan")
    for ask in asks_of(made, now + 1800.0):
        assert np.isfinite(ask.value)
    if made.plan is not None:
        assert np.abs(made.plan.power_mw).max() <= 4.0 + 1e-9
