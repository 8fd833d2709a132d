"""The tables of a portfolio plan: what was ordered, what stands, what is made and sold, and the money."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.made import COUNT, at, plan, portfolio
from wattstack.plan.portfolio.answers import Cause, Holdback
from wattstack.plan.portfolio.bought import orders_table
from wattstack.plan.portfolio.business import battery_target, factory_table, segments_table
from wattstack.plan.portfolio.money import finance_summary, finance_table, fiscal_years_table
from wattstack.plan.portfolio.stands import capacity_table
from wattstack.plan.portfolio.table import Table
from wattstack.plan.portfolio.tables import portfolio_tables
from wattstack.portfolio.whole import Late


def only(rows: list[dict]) -> dict:
    (row,) = rows
    return row


def test_an_order_says_from_whom_when_it_comes_and_what_is_paid_when():
    row = only(orders_table(plan()).where(what="B300", supplier="two"))
    assert (row["site"], row["kind"], row["ordered"], row["arrives"]) == (
        "sakai",
        "server",
        "2029Q3",
        "2030Q1",
    )
    assert (row["amount"], row["unit"]) == (4.0, "MW IT")
    assert row["cost_m"] == pytest.approx(4 * 20 * 1.1)
    assert row["deposit_m"] == pytest.approx(4 * 20 * 1.1 * 0.25)


def test_orders_before_the_first_stage_is_over_are_certain_and_later_ones_options():
    table = orders_table(plan())
    by_period = {(row["ordered"], row["decision"]) for row in table.records()}
    assert {period for period, said in by_period if said == "certain"} == {"2029Q3", "2029Q4"}
    assert {period for period, said in by_period if said == "option"} == {
        "2030Q1",
        "2030Q2",
        "2030Q3",
        "2031Q1",
    }


def test_without_a_first_stage_the_orders_of_the_first_period_are_certain():
    table = orders_table(plan(portfolio(first_stage_q=0)))
    assert {row["ordered"] for row in table.where(decision="certain")} == {"2029Q3"}


def test_what_is_paid_for_orders_is_the_capital_in_the_cash():
    made = plan()
    rows = [row for row in orders_table(made).records() if row["kind"] != "given up"]
    paid = -sum(float(v.sum()) for (line, _, _), v in made.cash.items() if line in ("deposit", "delivery"))
    assert sum(row["cost_m"] for row in rows) == pytest.approx(paid, rel=1e-12)
    deposits = -sum(float(v.sum()) for (line, _, _), v in made.cash.items() if line == "deposit")
    assert sum(row["deposit_m"] for row in rows) == pytest.approx(deposits, rel=1e-12)


def test_a_stage_is_ordered_once_though_it_is_absent_again_at_the_end():
    row = only(orders_table(plan()).where(what="early"))
    assert (row["kind"], row["ordered"], row["arrives"], row["amount"]) == ("stage", "2029Q3", "2029Q4", 1.0)
    gate = only(orders_table(plan()).where(what="permit"))
    assert (gate["kind"], gate["ordered"], gate["arrives"], gate["cost_m"]) == (
        "gate",
        "2030Q1",
        "2030Q3",
        4.0,
    )


def test_a_gate_that_is_late_arrives_late_and_is_paid_as_agreed():
    made = plan()
    late = replace(made, portfolio=replace(made.portfolio, late=(Late("gate", ("bosquel", "permit"), 2),)))
    before, after = (only(orders_table(p).where(what="permit")) for p in (made, late))
    assert (before["arrives"], after["arrives"]) == ("2030Q3", "2031Q1")
    assert after["deposit_m"] == before["deposit_m"]


def test_power_given_up_has_amount_and_cost_below_zero():
    row = only(orders_table(plan()).where(kind="given up"))
    assert (row["what"], row["amount"], row["cost_m"], row["ordered"]) == ("engine", -2.0, -3.0, "2031Q1")


def test_own_cells_are_ordered_from_the_factory_at_the_price_around_them():
    row = only(orders_table(plan()).where(what="zinc"))
    assert (row["supplier"], row["unit"]) == ("works", "MWh")
    assert row["cost_m"] == pytest.approx(8 * 0.07)
    line = only(orders_table(plan()).where(kind="line"))
    assert (line["what"], line["site"], line["cost_m"]) == ("line", "works", pytest.approx(36.0))


def test_sizes_of_a_campus_file_are_paid_when_they_are_built():
    made = plan()
    path = "battery.main.energy_mwh"
    grown = replace(
        made,
        amounts={"build": {(path, "tokyo"): at(q1=50)}},
        cash={("capital", path, "tokyo"): np.append(at(q1=-20), 0.0)},
    )
    row = only(orders_table(grown).records())
    assert (row["kind"], row["unit"], row["amount"], row["cost_m"], row["deposit_m"]) == (
        "size",
        "MWh",
        50,
        20,
        0,
    )
    assert row["arrives"] == row["ordered"] == "2029Q4"
    assert row["what"] == path


def test_capacity_shows_every_resource_and_the_cause_where_it_was_asked_for():
    cause = Cause("sakai", 1, "servers", "supply", 2.5)
    found = Holdback((cause,), (), (), {})
    table = capacity_table(plan(), found)
    row = only(table.where(site="sakai", period="2029Q4"))
    assert (row["shell_mw"], row["hv_mva"], row["servers_mw"]) == (20.0, 50.0, 16.0)
    assert (row["stage_firm_mw"], row["stage_nonfirm_mw"], row["firm_mw"], row["nonfirm_mw"]) == (
        30,
        20,
        20,
        10,
    )
    assert (row["it_mw"], row["gpus"]) == (16.0, 6400.0)
    assert (row["bottleneck"], row["why"], row["rent_m_per_mw"]) == ("servers", "supply", 2.5)
    later = only(table.where(site="sakai", period="2030Q4"))
    assert (later["engine_mw"], later["pv_mw"], later["lfp_mwh"], later["lfp_free_mwh"]) == (12, 10, 60, 45)
    assert later["bottleneck"] is None
    assert len(table.rows) == 2 * COUNT


def test_what_a_site_does_not_have_is_no_value_and_not_zero():
    row = only(capacity_table(plan()).where(site="bosquel", period="2029Q3"))
    assert row["hv_mva"] is None
    assert row["stage_firm_mw"] is None
    assert row["shell_mw"] == 0.0


def test_capacity_of_a_campus_site_is_its_sizes():
    made = plan()
    grown = replace(made, amounts={"size": {("battery.main.power_mw", "sakai"): at(q0=5.0)}})
    stages = replace(made.portfolio, stages=())
    row = only(capacity_table(replace(grown, portfolio=stages)).where(site="sakai", period="2029Q3"))
    assert row["battery.main.power_mw"] == 5.0
    assert "it_mw" not in row


def test_the_factory_balances_what_it_makes():
    table = factory_table(plan())
    for row in table.records():
        assert row["made_gwh"] >= row["own_gwh"]
        assert row["cell_cost_per_kwh"] == 100.0 + row["conversion_per_kwh"]
    assert table.column("lines") == [0, 2, 2, 2, 2, 3, 3, 3]
    assert table.column("lines_ordered") == [0, 0, 1, 0, 0, 0, 0, 0]
    assert table.column("nameplate_gwh")[1] == 0.5
    assert table.column("cumulative_gwh")[-1] == pytest.approx(0.1 + 0.75)
    assert table.column("sold_gwh") == pytest.approx([0, 0.1, 0, 0.2, 0.05, 0.1, 0, 0])


def test_without_a_factory_there_is_no_row_of_it():
    made = plan(portfolio(factory=None, segments=()), amounts={})
    assert factory_table(made).rows == ()
    assert segments_table(made).rows == ()
    assert battery_target(made) is None


def test_a_factory_without_committed_lines_has_those_it_ordered():
    factory = portfolio().factory.model_copy(update={"committed_start": None})
    assert factory_table(plan(portfolio(factory=factory))).column("lines") == [0, 0, 0, 0, 0, 1, 1, 1]


def test_outside_sales_sales_abroad_and_own_use_stand_apart_by_fiscal_year():
    table = segments_table(plan())
    assert table.column("fiscal_year") == sorted(table.column("fiscal_year"))
    grid = only(table.where(segment="grid", fiscal_year=2030))
    # FY2030 = 2030Q2 .. 2031Q1 = periods 3 .. 6: 0.2 GWh at 300 x 0.9 and 0.1 GWh at 200
    assert (grid["use"], grid["gwh"]) == ("domestic", pytest.approx(0.3))
    assert grid["revenue_m"] == pytest.approx(0.2 * 270 + 0.1 * 200)
    assert grid["price_per_kwh"] == pytest.approx(grid["revenue_m"] / 0.3)
    assert grid["revenue_jpy_bn"] == pytest.approx(grid["revenue_m"] * 150 / 1000)
    assert only(table.where(segment="export"))["use"] == "abroad"
    own = only(table.where(use="own use"))
    assert (own["fiscal_year"], own["gwh"]) == (2030, 0.008)
    assert own["price_per_kwh"] == pytest.approx(100.0 + np.linspace(150.0, 115.0, COUNT)[4])


def test_jpy_need_a_rate_unless_they_are_the_currency():
    assert portfolio(exchange={}).jpy_bn(10.0) is None
    assert portfolio(currency="JPY", exchange={}).jpy_bn(2000.0) == 2.0


def test_the_target_counts_domestic_sales_alone():
    found = battery_target(plan())
    assert (found.fiscal_year, found.target_m) == (2030, 100.0)
    assert found.outside_m == pytest.approx(74.0)
    assert found.outside_gwh == pytest.approx(0.3)
    assert found.abroad_m == pytest.approx(0.05 * 165)
    assert found.own_gwh == 0.008
    assert found.own_m == pytest.approx(0.008 * (100 + np.linspace(150, 115, COUNT)[4]))
    assert found.sold_out_m == pytest.approx(0.4 * 270 + 0.4 * 200)
    assert not found.is_reached
    assert found.is_reachable  # as far as is known: the markets would take it


def test_a_target_that_can_be_forced_has_its_price():
    made = plan()
    more = {**made.amounts, "line_order": {("works",): at(q0=2, q2=1)}, "own_gwh": {("works",): at(q4=1.2)}}
    found = battery_target(made, forced=replace(made, npv_m=made.npv_m - 276.0, amounts=more))
    assert (found.forced_cost_m, found.forced_lines, found.forced_own_gwh) == (pytest.approx(276.0), 2.0, 1.2)
    assert found.is_reachable


def test_a_target_beyond_the_most_that_can_be_sold_is_at_most_that():
    made = plan()
    found = battery_target(made, most=made)
    assert found.at_most_m == found.most_m == pytest.approx(74.0)
    assert not found.is_reachable
    aim = made.portfolio.money.model_copy(update={"battery_target_m": 70.0})
    assert battery_target(plan(portfolio(money=aim))).is_reached


def test_a_target_outside_the_horizon_is_not_reached_by_anything():
    aim = portfolio().money.model_copy(update={"battery_target_year": 2050})
    found = battery_target(plan(portfolio(money=aim)))
    assert (found.outside_m, found.at_most_m, found.is_reachable) == (0.0, 0.0, False)


def test_a_step_that_the_plan_does_not_know_sells_nothing():
    made = plan()
    amounts = {**made.amounts, "sold_gwh": {("grid", "1"): made.amounts["sold_gwh"][("grid", "1")]}}
    assert battery_target(replace(made, amounts=amounts)).abroad_m == 0.0


def test_cash_adds_up_to_the_net_present_value():
    made = plan()
    table = finance_table(made)
    assert sum(table.column("discounted_m")) == pytest.approx(made.npv_m, rel=1e-12)
    assert finance_summary(made)["npv_m"] == pytest.approx(made.npv_m, rel=1e-12)
    assert table.column("cumulative_m")[-1] == pytest.approx(sum(table.column("net_m")))
    assert table.column("period")[-1] == "end"
    assert table.column("residual_m") == [0.0] * COUNT + [150.0]
    assert table.column("capital_m") == pytest.approx(
        np.add(table.column("deposit_m"), table.column("delivery_m"))
    )
    for row in table.records():
        lines = [row[name] for name in table.columns[2:] if name not in ("discount_factor", "discounted_m")]
        named = dict(zip(table.columns[2:], lines, strict=False))
        parts = [v for n, v in named.items() if n not in ("capital_m", "net_m", "cumulative_m")]
        assert sum(parts) == pytest.approx(row["net_m"])


def test_a_line_of_cash_that_is_new_is_counted_too():
    made = plan()
    more = replace(made, cash={**made.cash, ("insurance", "", "sakai"): np.full(COUNT + 1, -1.0)})
    assert finance_table(more).column("insurance_m") == [-1.0] * (COUNT + 1)
    assert sum(fiscal_years_table(more).column("net_m")) == pytest.approx(
        sum(finance_table(more).column("net_m"))
    )
    years = fiscal_years_table(more).records()
    for row in years:
        assert row["net_m"] == pytest.approx(
            row["revenue_m"] + row["running_m"] + row["capital_m"] + row["given_back_m"]
        )


def test_fiscal_years_hold_their_quarters_and_say_how_much_of_them_is_inside():
    table = fiscal_years_table(plan())
    assert table.column("fiscal_year") == [2029, 2030, 2031, "end"]
    assert table.column("years") == [0.75, 1.0, 0.25, 0.0]
    row = only(table.where(fiscal_year=2030))
    assert row["revenue_m"] == pytest.approx(row["server_revenue_m"] + row["battery_revenue_m"])
    assert row["battery_revenue_m"] == pytest.approx(74.0 + 0.05 * 165)
    assert only(table.where(fiscal_year="end"))["given_back_m"] == 150.0


def test_trough_payback_and_credit_are_those_of_the_cumulative_cash():
    made = plan()
    figures, table = finance_summary(made), finance_table(made)
    cumulative = table.column("cumulative_m")
    assert figures["cash_trough_m"] == min(cumulative)
    assert figures["cash_trough_period"] == table.column("period")[int(np.argmin(cumulative))]
    assert figures["credit_drawn_m"] == -min(cumulative)
    assert figures["credit_limit_m"] == 9000.0
    assert figures["capital_m"] == pytest.approx(-sum(table.column("capital_m")))
    assert 0.0 < figures["irr"] < 5.0
    back = figures["payback_period"]
    at_back = table.column("period").index(back)
    assert min(cumulative[at_back:]) >= 0.0 > cumulative[at_back - 1]


def test_yearly_rate_of_return_of_quarters():
    made = plan()
    flows = [-100.0, 0.0, 0.0, 0.0, 120.0, 0.0, 0.0, 0.0, 0.0]
    assert finance_summary(replace(made, cash={("deposit", "", ""): np.array(flows)}))[
        "irr"
    ] == pytest.approx(0.2)
    late = np.append(np.zeros(COUNT), 50.0)
    kept = replace(made, cash={("deposit", "", ""): np.append(at(q0=-40), 0.0), ("residual", "", ""): late})
    assert finance_summary(kept)["payback_period"] == "end"


def test_a_plan_without_cash_is_worth_nothing():
    figures = finance_summary(plan(cash={}))
    assert (figures["npv_m"], figures["irr"], figures["payback_period"]) == (0.0, None, None)


def test_csv_has_every_bit_and_nothing_where_there_is_no_value():
    table = Table(
        ("name", "a", "b", "c", "d"),
        (("x, y", 1 / 3, None, True, float("nan")), ("z", 2.0, 3, False, float("inf"))),
    )
    assert table.text() == 'name,a,b,c,d\n"x, y",0.3333333333333333,,true,\nz,2.0,3,false,inf\n'
    assert table.where(c=True) == [dict(zip(table.columns, table.rows[0], strict=True))]


def test_every_plan_has_six_tables():
    assert list(portfolio_tables(plan())) == [
        "orders", "capacity", "factory", "segments", "finance", "fiscal_years",
    ]  # fmt: skip
