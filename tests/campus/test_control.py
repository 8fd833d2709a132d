"""The controller as declared."""

from __future__ import annotations

import pytest

from wattstack.campus.control import RULES, Control


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({}, "limit reserve peak plan"),
        ({"ramp_mw_per_min": 5}, "limit reserve ramp peak plan"),
        ({"kind": "rules"}, "limit reserve peak time_of_use refill"),
        ({"kind": "rules", "rules": ["reserve", "self_consumption"]}, "reserve self_consumption"),
    ],
)
def test_rules_hold_in_the_order_they_are_written_or_the_usual_one(given, rules):
    assert Control(**given).priority == tuple(rules.split())
    assert set(Control(**given).priority) <= set(RULES)


@pytest.mark.parametrize(
    ("control", "where", "sentence"),
    [
        ("{rules: [limit, plan, peek]}", "control.rules.2",
         "is 'peek', must be one of limit, reserve, ramp, peak, plan, time_of_use, self_consumption, refill. "
         "Nearest: 'peak'."),
        ("{kind: mcp}", "control.kind", "is 'mcp', must be one of mpc, rules. Nearest: 'mpc'."),
        ("{rules: []}", "control.rules",
         "is an empty list, must name at least one. Take it out for the usual ones."),
        ("{rules: [plan, peak, plan]}", "control.rules.2",
         "is 'plan' a second time, must stand once. Take it out."),
        ("{kind: rules, rules: [peak, plan]}", "control.rules.1",
         "is 'plan', which kind: rules does not make. Write kind: mpc, or take it out."),
        ("{rules: [peak]}", "control.rules",
         "lack 'plan', so that the plan of kind: mpc is not used. Add it, or write kind: rules."),
        ("{rules: [ramp, plan]}", "control.ramp_mw_per_min",
         "is missing, must be given with the rule 'ramp'. Write one."),
        ("{horizon_h: 10.1}", "control.horizon_h",
         "is 10.1, must be whole steps of plan_step 15min. Change one of them."),
        ("{peak_target_mw: {april: 9}}", "control.peak_target_mw.april",
         "is 'april', must be a month of a year. Write 2022-04."),
        ("{peak_target_mw: high}", "control.peak_target_mw",
         "is 'high', must be a number of MW, or one a month. Write 98, or {2022-04: 98}."),
        ("{forecast: {load: persistent}}", "control.forecast.load",
         "is 'persistent', must be one of given, persistence, seasonal. Nearest: 'persistence'."),
        ("{forecast: {error_frac: {load: -0.1}}}", "control.forecast.error_frac.load",
         "is -0.1, must be >= 0. A constant error goes into bias_frac."),
        ("{time_of_use: {charge_below_per_mwh: 9, charge_quantile_frac: 0.1}}",
         "control.time_of_use.charge_quantile_frac",
         "stands beside charge_below_per_mwh, one of them must be given. Take one out."),
        ("{time_of_use: {charge_below_per_mwh: 9, discharge_above_per_mwh: 9}}",
         "control.time_of_use.charge_below_per_mwh",
         "is 9, must be below discharge_above_per_mwh 9. Lower it, or raise the other."),
        ("{time_of_use: {charge_quantile_frac: 0.8}}", "control.time_of_use.charge_quantile_frac",
         "is 0.8, must be below discharge_quantile_frac 0.75. Lower it, or raise the other."),
    ],
)  # fmt: skip
def test_a_wrong_controller_is_told_in_words(told, control, where, sentence):
    assert told(control=control)[where].rsplit(" (line ", 1)[0] == sentence


def test_a_bias_may_be_below_zero():
    assert Control(forecast={"bias_frac": {"solar": -0.1}}).forecast.bias_frac.solar == -0.1
