"""The plan of a portfolio: its certificate, its cash, its monotony, and itself again when its decisions are held."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import (
    cells,
    makers,
    mixed,
    path_of,
    plain,
    segment,
    server,
    site,
    store,
    worth,
)
from tests.portfolio.small import small_portfolio
from wattstack.dispatch.linear import solve_highs
from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio import Given, Pool, solve_portfolio
from wattstack.plan.portfolio.solve import LEARNT_FRAC, learning_path
from wattstack.plan.portfolio.written import write_out
from wattstack.portfolio.variants import earlier, more, scaled_supply

seeds = st.integers(0, 100_000)


def written_m(plan):
    """NPV of the portfolio written out as one programme, on the learning path of the plan."""
    model, _ = write_out(plan.portfolio, Given(conversion_per_kwh=path_of(plan)))
    return -solve_highs(model).value


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_plan_is_the_programme_written_out(seed):
    plan = solve_portfolio(mixed(seed), gap_frac=1e-6)
    written = written_m(plan)
    assert plan.npv_m == pytest.approx(written, rel=1e-6, abs=1e-5)
    assert plan.npv_m - 1e-5 <= written <= plan.bound_m + 1e-5 + 1e-7 * abs(written)
    assert plan.gap_frac <= 1e-6


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(5.0, 200.0))
def test_with_a_credit_line_too_the_plan_is_the_programme_written_out(seed, credit_m):
    made = mixed(seed)
    made = replace(made, money=made.money.model_copy(update={"credit_limit_m": credit_m}))
    plan = solve_portfolio(made, gap_frac=1e-6)
    written = written_m(plan)
    assert plan.npv_m == pytest.approx(written, rel=1e-5, abs=1e-4)


def test_the_usual_certificate_is_a_hundred_thousandth():
    plan = solve_portfolio(small_portfolio())
    assert plan.gap_frac <= 1e-5
    assert plan.npv_m == pytest.approx(written_m(plan), rel=1e-5)
    assert plan.bound_m >= plan.npv_m - 1e-9 * abs(plan.npv_m)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_cash_times_discount_is_the_net_present_value(seed):
    plan = solve_portfolio(mixed(seed))
    assert worth(plan) == pytest.approx(plan.npv_m, rel=1e-9, abs=1e-7)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_a_plan_is_the_same_again_when_its_own_decisions_are_held(seed):
    pool = Pool()
    plan = solve_portfolio(mixed(seed), pool=pool, gap_frac=1e-7)
    kept = Given(decisions=plan.decisions, conversion_per_kwh=path_of(plan))
    again = solve_portfolio(plan.portfolio, pool=pool, given=kept, gap_frac=1e-7)
    assert again.npv_m == pytest.approx(plan.npv_m, rel=3e-6, abs=1e-4)
    half = replace(kept, before=3)
    assert solve_portfolio(plan.portfolio, pool=pool, given=half).npv_m == pytest.approx(
        plan.npv_m, rel=3e-5, abs=1e-3
    )


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(1.0, 3.0))
def test_more_supply_never_lowers_the_value(seed, factor):
    pool = Pool()
    plan = solve_portfolio(mixed(seed), pool=pool, gap_frac=1e-7)
    kept = Given(conversion_per_kwh=path_of(plan))
    larger = solve_portfolio(scaled_supply(plan.portfolio, factor), pool=pool, given=kept, gap_frac=1e-7)
    assert larger.npv_m >= plan.npv_m - 1e-6 * abs(plan.npv_m) - 1e-5


@settings(max_examples=8, deadline=None)
@given(seeds, st.data())
def test_nothing_that_comes_earlier_lowers_the_value(seed, data):
    pool = Pool()
    plan = solve_portfolio(mixed(seed), pool=pool, gap_frac=1e-7)
    p = plan.portfolio
    things = [("stage", (s.site, s.stage)) for s in p.stages] + [("item", (i.item, i.site)) for i in p.items]
    things += [("gate", (g.site, g.gate)) for g in p.gates]
    kind, key = data.draw(st.sampled_from(things))
    kept = Given(conversion_per_kwh=path_of(plan))
    # money paid earlier costs more at a discount and what is older is worth less at the end: neither counts here
    timeless = {"discount_rate_frac": 0.0, "residual_factor": 0.0, "capital_budget_m": {}}
    free = replace(p, money=p.money.model_copy(update=timeless))
    late = solve_portfolio(free, pool=pool, given=kept, gap_frac=1e-7).npv_m
    soon = solve_portfolio(earlier(free, kind, key), pool=pool, given=kept, gap_frac=1e-7).npv_m
    assert soon >= late - 1e-6 * abs(late) - 1e-5


def test_a_second_plan_takes_the_cuts_of_the_first():
    pool = Pool()
    first = solve_portfolio(small_portfolio(), pool=pool)
    second = solve_portfolio(small_portfolio(), pool=pool)
    assert second.npv_m == pytest.approx(first.npv_m, rel=1e-5)
    assert len(second.rounds) < len(first.rounds)
    # counted by the pool, over all its plans
    assert sum(second.solvers.values()) > sum(first.solvers.values())


def test_decisions_that_are_held_are_those_of_the_plan():
    plan = solve_portfolio(plain(3))
    fewer = replace(
        plan.decisions, amounts={**plan.decisions.amounts, "server_order": {("g", "a", ""): np.ones(3)}}
    )
    kept = solve_portfolio(plain(3), given=Given(decisions=fewer))
    assert kept.amounts["it_mw"]["a",] == pytest.approx([1.0, 2.0, 3.0])
    freed = solve_portfolio(plain(3), given=Given(decisions=fewer, before=1))
    assert freed.amounts["it_mw"]["a",] == pytest.approx([1.0, 11.0, 21.0])


def test_a_decision_not_taken_is_held_at_nothing():
    plan = solve_portfolio(plain(3))
    nothing = replace(plan.decisions, amounts={"server_order": {}})
    assert not solve_portfolio(plain(3), given=Given(decisions=nothing)).total("it_mw").any()


def test_held_cells_of_the_own_factory_are_at_most_what_was_ordered():
    offer = store("znx", origin="own", cost_per_kwh=None)
    values = {"sites": (site(reserve_mwh_per_mw=1.0),), "storage": (offer,), "factory": cells()}
    portfolio = plain(3, **values)
    plan = solve_portfolio(portfolio)
    late = replace(portfolio, factory=cells(committed_start="2027Q3", lines_max=1))
    kept = solve_portfolio(late, given=Given(decisions=plan.decisions, conversion_per_kwh=path_of(plan)))
    assert kept.amounts["it_mw"]["a",] == pytest.approx([0.0, 0.0, 10.0])


def test_the_learning_path_has_settled_on_the_plans_own_output():
    plan = solve_portfolio(small_portfolio())
    again = plan.portfolio.factory.conversion_per_kwh(
        plan.portfolio.factory.cumulative_start_gwh
        + np.cumsum(plan.amounts["made_gwh"]["cells",])
        - 0.5 * plan.amounts["made_gwh"]["cells",]
    )
    assert np.max(np.abs(again / learning_path(plan) - 1.0)) <= LEARNT_FRAC
    assert learning_path(solve_portfolio(plain(1))) is None


def test_rows_hold_and_amounts_hang_together_on_the_small_portfolio():
    plan = solve_portfolio(small_portfolio())
    p, a = plan.portfolio, plan.amounts
    for place in p.sites:
        it = a["it_mw"][place.name,]
        assert np.all(
            it <= 1e-6 + np.min([a["there"][r, place.name] for r in ("shell", "electrical", "cooling")], 0)
        )
        firm = sum(
            s.power_mw * a["stage_on"][s.site, s.stage]
            for s in p.stages
            if (s.site, s.kind) == (place.name, "firm")
        )
        assert np.all(a["firm_mw"][place.name,] <= firm + 1e-6)
        held = sum(v - a["cycled_mwh"][k] for k, v in a["storage_mwh"].items() if k[1] == place.name)
        assert np.all(held >= place.reserve_mwh_per_mw * it - 1e-6)
        assert np.all(np.diff(it, prepend=place.it_start_mw) <= place.crew_mw + 1e-6)
    for limit in p.supply:
        if limit.resource == "servers":
            assert np.all(plan.total("server_order") <= limit.at(p.calendar) + 1e-6)
    for kind in ("stage_on", "gate_open", "commit", "start"):
        assert all(np.all(np.diff(v) >= -1e-7) for v in a[kind].values())


def test_what_more_of_a_limit_is_worth_is_its_price_at_the_margin():
    pool = Pool()
    plan = solve_portfolio(small_portfolio(), pool=pool, gap_frac=1e-9)
    kept = Given(conversion_per_kwh=path_of(plan))
    rent = float(plan.prices["supply"]["servers",] @ plan.portfolio.supply[0].at(plan.portfolio.calendar))
    slightly = more(plan.portfolio, "supply", ("servers",), 1.0 + 1e-4)
    gained = solve_portfolio(slightly, pool=pool, given=kept, gap_frac=1e-9).npv_m - plan.npv_m
    assert gained == pytest.approx(1e-4 * rent, rel=1e-3, abs=1e-6)


def test_nothing_worth_building_is_worth_nothing():
    plan = solve_portfolio(plain(3, servers=(server(revenue_m_per_mw_year=0.1),)))
    assert plan.npv_m == pytest.approx(0.0, abs=1e-9) and not plan.total("server_order").any()
    assert plan.gap_frac <= 1e-5


def test_a_factory_alone_is_planned_too():
    plan = solve_portfolio(makers(4, segments=(segment(),)))
    assert plan.npv_m > 0.0 and "it_mw" not in plan.amounts and worth(plan) == pytest.approx(plan.npv_m)


def test_one_portfolio_is_planned_alike_every_time():
    one, two = solve_portfolio(small_portfolio()), solve_portfolio(small_portfolio())
    assert one.npv_m == two.npv_m
    assert all(
        np.array_equal(v, two.amounts[k][key]) for k, found in one.amounts.items() for key, v in found.items()
    )


def test_years_are_planned_like_quarters():
    from wattstack.portfolio import Calendar

    yearly = plain(
        2, calendar=Calendar("2027", 2), servers=(server(first_order="2027", last_order="2030", launch="2027"),),
        stages=(plain().stages[0].model_copy(update={"earliest_energised": "2027"}),),
        supply=(plain().supply[0].model_copy(update={"amounts": {"2027": 10.0}}),),
    )  # fmt: skip
    yearly = replace(yearly, weeks={("X", 0): tuple(replace(w, weight=365.0) for w in yearly.weeks["X", 0])})
    plan = solve_portfolio(yearly)
    assert plan.amounts["it_mw"]["a",] == pytest.approx([10.0, 20.0])
    energy = 8760.0 * 50.0 * 1e-6
    residual = 0.9 * 10.0 * (18 / 20 + 19 / 20)
    assert plan.npv_m == pytest.approx(30.0 * (8.0 - energy) - 20.0 + residual)


def test_what_cannot_be_had_is_refused_in_words():
    with pytest.raises(InfeasibleError, match="What must give"):
        money = plain().money.model_copy(update={"battery_target_m": 1e6, "battery_target_year": 2027})
        solve_portfolio(makers(4, money=money), given=Given(forced_target=True))


def test_a_learning_path_that_goes_to_and_fro_says_so(monkeypatch):
    from wattstack.plan.portfolio import solve as solve_module

    assert not solve_portfolio(small_portfolio()).notes
    monkeypatch.setattr(solve_module, "LEARNT_FRAC", -1.0)  # nothing is ever settled
    assert any("did not settle" in note for note in solve_portfolio(small_portfolio()).notes)
