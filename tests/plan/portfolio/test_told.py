"""Plans as the search finds them: their tables, their folder and their campuses tell what the plan says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.portfolio.small import small_portfolio
from wattstack.campus import read_campus
from wattstack.case import build_case
from wattstack.plan.portfolio import (
    finance_summary,
    read_portfolio_plan,
    solve_portfolio,
    write_campus_at,
    write_portfolio_plan,
)
from wattstack.plan.portfolio.tables import portfolio_tables
from wattstack.portfolio import read_portfolio

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "portfolio"


@pytest.fixture(scope="module")
def plans():
    """Parts of units, whole units, and the example."""
    return {
        "small": solve_portfolio(small_portfolio()),
        "whole": solve_portfolio(small_portfolio(), whole=True),
        "example": solve_portfolio(read_portfolio(EXAMPLE)),
    }


@pytest.mark.parametrize("name", ["small", "whole", "example"])
def test_what_is_paid_for_orders_is_the_capital_in_the_cash(plans, name):
    plan = plans[name]
    rows = [row for row in portfolio_tables(plan)["orders"].records() if row["kind"] != "given up"]
    for column, lines in (("cost_m", ("deposit", "delivery")), ("deposit_m", ("deposit",))):
        paid = -sum(float(v.sum()) for (line, _, _), v in plan.cash.items() if line in lines)
        assert sum(row[column] for row in rows) == pytest.approx(paid, rel=1e-5)


@pytest.mark.parametrize("name", ["small", "whole", "example"])
def test_cash_adds_up_to_the_net_present_value(plans, name):
    plan = plans[name]
    assert finance_summary(plan)["npv_m"] == pytest.approx(plan.npv_m, rel=1e-9)
    table = portfolio_tables(plan)["finance"]
    assert sum(table.column("discounted_m")) == pytest.approx(plan.npv_m, rel=1e-9)


def test_whole_stages_and_gates_are_ordered_once(plans):
    for row in portfolio_tables(plans["whole"])["orders"].records():
        if row["kind"] in ("stage", "gate"):
            assert row["amount"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["small", "example"])
def test_energised_compute_is_the_least_of_what_stands(plans, name):
    for row in portfolio_tables(plans[name])["capacity"].records():
        limits = [row[key] for key in ("shell_mw", "electrical_mw", "cooling_mw", "servers_mw")]
        assert row["it_mw"] <= min(limits) + 1e-6


@pytest.mark.parametrize("name", ["small", "example"])
def test_the_factory_sells_what_it_makes(plans, name):
    table = portfolio_tables(plans[name])["factory"]
    made, own, sold, stock = (np.array(table.column(f"{n}_gwh")) for n in ("made", "own", "sold", "stock"))
    assert np.cumsum(made - own - sold) == pytest.approx(stock, abs=1e-6)
    assert np.all(made <= np.array(table.column("nameplate_gwh")) + 1e-6)
    assert sum(portfolio_tables(plans[name])["segments"].column("gwh")) == pytest.approx(
        float(own.sum() + sold.sum()), abs=1e-6
    )


@pytest.mark.parametrize("name", ["small", "whole", "example"])
def test_a_plan_read_back_has_the_same_tables(plans, name, tmp_path):
    files = write_portfolio_plan(plans[name], tmp_path / "out")
    back = read_portfolio_plan(tmp_path / "out")
    assert back.tables == files.tables
    assert back.plan.npv_m == plans[name].npv_m
    assert back.plan.prices.keys() == plans[name].prices.keys()


def test_the_same_portfolio_planned_twice_is_the_same_bytes(plans, tmp_path):
    write_portfolio_plan(plans["small"], tmp_path / "one")
    write_portfolio_plan(solve_portfolio(small_portfolio()), tmp_path / "two")
    one, two = ((tmp_path / name / "plan.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_plan_read_back_can_be_planned_again(plans, tmp_path):
    write_portfolio_plan(plans["small"], tmp_path / "out")
    back = read_portfolio_plan(tmp_path / "out").plan
    assert solve_portfolio(back.portfolio).npv_m == plans["small"].npv_m


def test_every_campus_of_the_plan_is_a_case(plans, tmp_path):
    plan = plans["small"]
    for (site,), energised in plan.amounts["it_mw"].items():
        for period in np.flatnonzero(energised > 1e-3):
            (path, _) = write_campus_at(plan, site, int(period), tmp_path / f"{site}{period}.yaml")
            case = build_case(read_campus(path))
            compute = plan.portfolio.compute
            load = energised[period] * compute.load_factor * plan.portfolio.site(site).pue
            assert case.load_mw.max() == pytest.approx(load)
