"""What a portfolio says on the screen, in cases that the example does not have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.portfolio.small import small_portfolio
from wattstack.cli.portfolio_page import portfolio_page
from wattstack.cli.portfolio_result import (
    chemistry_text,
    compared_text,
    holdback_text,
    plan_text,
    replanned_text,
    risk_text,
    suppliers_text,
    sweep_text,
    target_text,
)
from wattstack.plan.portfolio import solve_portfolio
from wattstack.plan.portfolio.answers import (
    BatteryTarget,
    Cause,
    ChemistryValue,
    Compared,
    Future,
    Holdback,
    Relief,
    Rent,
    Replanned,
    Risk,
    SecondSource,
    Shortfall,
    Slip,
    SupplierShare,
    Sweep,
    SweepPoint,
)
from wattstack.portfolio import Calendar, Compute, Money, Portfolio, Site


@pytest.fixture(scope="module")
def plan():
    """A plan of the small portfolio."""
    return solve_portfolio(small_portfolio())


def test_a_portfolio_of_one_bare_site_still_has_its_page():
    portfolio = Portfolio(
        "bare", "EUR", Calendar("2027", 3), Money(), Compute(), (Site(name="a", campus="a.yaml"),)
    )
    text = portfolio_page(replace(portfolio, warnings=("mind the step",)))
    assert text.startswith("bare: no fault found.\n")
    assert "2027 to 2029, 3 years" in text
    assert "of a.yaml" in text
    assert text.endswith("warnings\n  mind the step")
    for word in ("supply", "factory", "futures", "SYNTHETIC", "together"):
        assert word not in text


def test_a_factory_without_date_or_target_says_what_is_known():
    portfolio = small_portfolio()
    factory = portfolio.factory.model_copy(update={"committed_start": None})
    text = portfolio_page(replace(portfolio, factory=factory))
    assert "0.5 GWh a year committed, at most 1.5" in text
    assert "domestic markets" not in text.split("aimed at")[0].split("factory and markets")[0]
    assert "aimed at" not in text


def test_a_factory_without_markets_at_home_says_nothing_of_them():
    assert "domestic markets" not in portfolio_page(replace(small_portfolio(), segments=()))


def test_a_site_without_target_and_land_shows_a_dash():
    portfolio = small_portfolio()
    sites = tuple(site.model_copy(update={"land_ha": 0.0}) for site in portfolio.sites)
    assert "  -  " in portfolio_page(replace(portfolio, sites=sites, targets=()))


def test_notes_stand_below_the_plan(plan):
    text = plan_text(replace(plan, notes=("the end is near",)))
    assert text.startswith("small: planned, with parts of stages.")
    assert text.endswith("\n  the end is near")
    assert "together" in text


def test_one_round_is_one_and_two_are_several(plan):
    first = plan.rounds[0]
    assert plan_text(replace(plan, rounds=(first,))).split("times; ")[1].startswith("1 round\n")
    assert "; 2 rounds\n" in plan_text(replace(plan, rounds=(first, first)))


def test_a_plan_of_one_site_has_no_sum(plan):
    one = {**plan.amounts, "it_mw": {("east",): plan.amounts["it_mw"][("east",)]}}
    assert "together" not in plan_text(replace(plan, amounts=one))


def test_causes_are_told_in_runs_and_what_is_worth_nothing_is_left_out(plan):
    found = Holdback(
        causes=(
            Cause("east", 0, "hv", "lead", 1.0), Cause("east", 1, "hv", "lead", 2.0),
            Cause("east", 2, "crew", "limit", 1.0),
        ),
        rents=(Rent("supply", ("hv",), 5.0), Rent("supply", ("lfp",), 0.0)),
        reliefs=(Relief("stage", ("east", "second"), "10 % more", 0.0),),
        time_to_power={"east": (0, 3, None)},
    )  # fmt: skip
    text = holdback_text(plan, found)
    assert "east  2027Q1 - 2027Q2  hv    even ordered at the start it comes later" in text
    assert "2027Q3           crew  site limit" in text
    assert "east  2027Q1    2027Q4  never" in text
    assert "supply hv  5 M USD" in text
    assert "lfp" not in text
    assert "planned again" not in text
    assert holdback_text(plan, Holdback((), (), (), {})) == ""


TARGET = {
    "fiscal_year": 2030, "target_m": 100.0, "outside_m": 60.0, "outside_gwh": 0.2, "own_m": 5.0, "own_gwh": 0.02,
    "abroad_m": 0.0, "sold_out_m": 120.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outside_m": 101.0}, "reached"),
        (
            {"forced_cost_m": 12.0, "forced_lines": 2.0},
            "not worth it: forcing it costs 12 M USD, with 2 lines more",
        ),
        ({"forced_cost_m": 12.0, "forced_lines": 0.0}, "not worth it: forcing it costs 12 M USD"),
        ({"most_m": 80.0}, "not reachable: at most 80 M USD"),
    ],
)
def test_a_battery_target_is_reached_or_has_a_price_or_a_most(change, said):
    text = target_text(BatteryTarget(**{**TARGET, **change}), "USD")
    assert text.endswith(said)
    assert "60 M USD, 0.2 GWh" in text or "101 M USD" in text


def test_a_comparison_of_a_plan_worth_nothing_has_no_share(plan):
    nothing = replace(plan, npv_m=0.0)
    text = compared_text(Compared(nothing, nothing, nothing, None))
    assert "value of coordination  0 M USD\n" in text
    assert "silo, told" not in text


def test_a_sweep_without_a_told_silo_leaves_its_cell_empty():
    npvs = {"coordinated": 0.0, "no substitution": 1.0, "silo": -2.0, "silo told": None}
    text = sweep_text(Sweep("firm", (SweepPoint(0.5, npvs, {}),), 1.0), "EUR")
    assert "along firm [M EUR]" in text
    assert text.splitlines()[-1].split() == ["0.5", "0", "1", "-2", "-", "2", "-"]


def test_risk_prices_planning_for_all_and_knowing(plan):
    risk = Risk(
        futures=(Future("only", 1.0, plan, plan.npv_m - 3.0, plan.npv_m + 2.0),), first_stage_q=2,
        expected_m=plan.npv_m, base_kept_m=plan.npv_m - 3.0, knowing_m=plan.npv_m + 2.0, cvar_m=1.0,
        alpha_frac=0.1, cvar_weight=0.0, gap_frac=0.0, notes=("mind the step",),
    )  # fmt: skip
    text = risk_text(risk, "USD")
    assert "3 M USD (VSS)" in text
    assert "2 M USD (EVPI)" in text
    assert text.endswith("\n  mind the step")


def test_suppliers_show_share_loss_and_what_a_second_source_insures():
    short = Shortfall("hv", "one", 0.1, 4.0)
    found = {
        "shares": (
            SupplierShare("hv", "one", "", 9.0, 0.6, 0.5),
            SupplierShare("hv", "two", "EU", 6.0, 0.4, 0.5),
        ),
        "shortfalls": (short,),
        "second_sources": (SecondSource("hv", 0.5, 0.6, 1.5, (short,), (Shortfall("hv", "one", 0.1, 3.0),)),),
    }
    text = suppliers_text(found, "USD")
    rows = [line.split() for line in text.splitlines()]
    assert ["one", "hv", "-", "60", "%", "4", "10", "%"] in rows
    assert ["two", "hv", "EU", "40", "%", "-", "-"] in rows
    assert "at most 50 % from one  costs 1.5  saves 1 of the worst shortfall, 0.1 on average" in text
    assert "second source" not in suppliers_text({"shares": found["shares"]}, "USD")


def test_a_chemistry_that_does_not_serve_a_duty_has_no_price_for_it():
    found = ChemistryValue("znx", 12.0, 100.0, None, 30.0, None, "indoors", 50.0)
    cells = chemistry_text([found], "USD").splitlines()[-1].split()
    assert cells == ["znx", "12", "50", "100", "-", "30", "-", "indoors"]


def test_own_cells_first_has_its_price_where_there_are_own_cells():
    assert chemistry_text([], "USD", 3.25).endswith("own cells first, as a rule, costs 3.25 M USD")


def test_a_replan_ranks_slips_by_loss_and_lists_what_to_change(plan):
    less = replace(plan, npv_m=plan.npv_m - 10.0)
    slips = (
        Slip("east", "gate", "fibre", 3, 1.0, 0.5, 2.0, 0.4),
        Slip("north", "item", "electrical", 1, 9.0, 4.0, 8.0, 3.0),
    )
    found = Replanned("2027Q3", plan, less, plan, slips, ("order 3 MVA of hv_fast now",), ("limit widened",))
    text = replanned_text(found)
    assert text.startswith("small: replanned as of 2027Q3")
    assert "10 M USD lost" in text
    assert "10 M USD won back" in text
    assert text.index("north item electrical") < text.index("east gate fibre")
    assert "what to change now\n  order 3 MVA of hv_fast now" in text
    assert "facts kept\n  limit widened" in text
    assert "slips" not in replanned_text(Replanned("2027Q3", plan, plan, plan, (), ()))
