"""The example portfolio plans, and what the tutorial prints of it is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wattstack import read_portfolio, replan_portfolio
from wattstack.plan.portfolio import Pool, compare_plans, hold_back, plan_futures, solve_portfolio
from wattstack.portfolio.variants import only_sites

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "portfolio"
PAGE = (ROOT / "docs" / "second-site.md").read_text(encoding="utf-8")
NEAR = 2e-3  # the page rounds to four figures, and a gap is left


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Cuts that all plans here share."""
    return Pool()


@pytest.fixture(scope="module")
def portfolio():
    """The example."""
    return read_portfolio(EXAMPLE)


@pytest.fixture(scope="module")
def plan(portfolio, pool):
    """Its plan with parts of stages."""
    return solve_portfolio(portfolio, pool=pool)


@pytest.fixture(scope="module")
def whole(portfolio, pool):
    """Its plan with whole stages, as the page asks for it."""
    return solve_portfolio(portfolio, pool=pool, gap_frac=1e-4, whole=True)


def section(head: str) -> str:
    """The part of the page below a heading."""
    return PAGE.split(f"\n## {head}")[1].split("\n## ")[0]


def own_worth_m(found, site: str) -> float:
    """Net present value of the payments of one site [M]."""
    discount = found.portfolio.calendar.discount(found.portfolio.money.discount_rate_frac)
    return sum(float(values @ discount) for line, values in found.cash.items() if site in line)


def printed(words: str) -> float:
    """The number that the page prints after some words."""
    found = re.search(words + r"\s+(-?[\d,.]+)", PAGE)
    assert found, words
    return float(found[1].replace(",", ""))


def test_the_example_is_planned_to_its_certificate_on_synthetic_weeks(portfolio, plan):
    assert portfolio.warnings == ()
    assert 0.0 <= plan.gap_frac <= 1e-5
    assert plan.npv_m <= plan.bound_m
    assert plan.portfolio.synthetic == ("profiles",)


def test_the_second_site_slows_the_first_one_down(portfolio, plan, pool):
    alone = solve_portfolio(only_sites(portfolio, ["sakai"]), pool=pool)
    first, second = (p.amounts["it_mw"][("sakai",)] for p in (alone, plan))
    at = portfolio.calendar.index("2029Q1")
    assert first[at] == pytest.approx(184.0, rel=NEAR)
    assert second[at] == pytest.approx(127.0, rel=1e-2)
    assert first.sum() - second.sum() == pytest.approx(645.0, rel=0.05)


def test_the_plan_of_both_sites_on_the_page_is_the_one_that_comes_out(whole):
    calendar, text = whole.portfolio.calendar, section("3. Both")
    assert whole.npv_m == pytest.approx(
        float(re.search(r"value +([\d,]+)", text)[1].replace(",", "")), rel=NEAR
    )
    assert whole.gap_frac <= 1e-4 and float(re.search(r"gap (\S+)", text)[1]) <= 1e-4
    for site in ("sakai", "bosquel"):
        row = re.search(rf"\n  {site} +((?:[\d.]+ *){{7}})\n", text)[1].split()
        found = [whole.amounts["it_mw"][(site,)][q] for q in calendar.year_ends]
        assert [float(mw) for mw in row] == pytest.approx(found, rel=2e-2, abs=1.0)


def test_what_each_site_is_worth_on_the_page_is_what_comes_out(whole):
    both = re.search(r"worth of its own cash \| [\d,]+ M USD \| ([\d,]+)", PAGE)[1]
    assert own_worth_m(whole, "sakai") == pytest.approx(float(both.replace(",", "")), rel=3e-2)
    alone, beside = re.search(r"to Sakai \(([\d,]+) to ([\d,]+)\)", PAGE).groups()
    assert own_worth_m(whole, "bosquel") == pytest.approx(float(beside.replace(",", "")), rel=3e-2)
    assert float(alone.replace(",", "")) > own_worth_m(whole, "bosquel")


@pytest.mark.parametrize("site", ["sakai", "bosquel"])
def test_one_site_alone_is_worth_less_than_both(site, portfolio, plan, pool):
    alone = solve_portfolio(only_sites(portfolio, [site]), pool=pool)
    assert 0.3 * plan.npv_m < alone.npv_m < plan.npv_m


def test_the_comparison_on_the_page_is_the_one_that_comes_out(portfolio, pool):
    found = compare_plans(portfolio, pool)
    assert found.coordinated.npv_m == pytest.approx(printed(r"coordinated "), rel=NEAR)
    assert found.no_substitution.npv_m == pytest.approx(printed(r"no substitution "), rel=NEAR)
    assert found.silo.npv_m == pytest.approx(printed(r"\n  silo "), rel=1e-2)
    assert found.value_of_coordination_m == pytest.approx(printed(r"value of coordination"), rel=NEAR)


def test_the_reliefs_on_the_page_are_those_that_come_out(plan, pool):
    worth = {(r.kind, r.key, r.change): r.worth_m for r in hold_back(plan, pool).reliefs}
    after = worth["server", ("after",), "one period earlier"]
    supply = worth["supply", ("servers",), "10 % more"]
    assert after == pytest.approx(printed(r"server after +one period earlier"), rel=1e-2)
    assert supply == pytest.approx(printed(r"supply servers +10 % more"), rel=1e-2)


def test_the_futures_on_the_page_are_those_that_come_out(portfolio, pool):
    risk = plan_futures(portfolio, pool)
    assert risk.vss_m == pytest.approx(printed(r"planning for all futures"), rel=1e-2)
    assert risk.evpi_m == pytest.approx(printed(r"knowing the future"), rel=1e-2)
    for future in risk.futures:
        row = re.search(rf"\n  {future.scenario} +\d+ % +((?:-?[\d,.]+ *){{4}})\n", PAGE)[1]
        told = [float(value.replace(",", "")) for value in row.split()]
        found = [future.two_stage.npv_m, future.base_kept_m, future.knowing_m, future.regret_m]
        assert told == pytest.approx(found, rel=1e-2)


def test_the_replan_on_the_page_is_the_one_that_comes_out(portfolio, plan, pool):
    found = replan_portfolio(portfolio, EXAMPLE / "progress_SYNTHETIC.csv", plan, pool)
    assert found.kept.npv_m == pytest.approx(printed(r"orders kept"), rel=NEAR)
    assert found.replanned.npv_m == pytest.approx(printed(r"\n  replanned"), rel=NEAR)
    assert found.won_back_m == pytest.approx(float(re.search(r"([\d.]+) M USD won back", PAGE)[1]), rel=NEAR)
    assert found.slips[0].name == "permit"
    for slip in found.ranked:
        row = re.search(rf"\n  {slip.site} {slip.kind} {slip.name} +(\d+) +((?:[\d,.]+ *){{3}})\n", PAGE)
        assert int(row[1]) == slip.late_q
        told = [float(value.replace(",", "")) for value in row[2].split()]
        costs = [slip.kept_lost_m, slip.replanned_lost_m, slip.undone_m]
        assert told == pytest.approx(costs, rel=1e-2, abs=1e-2)
