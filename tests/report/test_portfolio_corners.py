"""The page of special portfolios: whole units, one future, no factory, nothing to order, a campus that grows."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from tests.report import portfolio_made as made
from tests.report.reader import find_table, read
from tests.report.test_portfolio_report import ALWAYS, page_of
from wattstack.plan.portfolio import hold_back, solve_portfolio
from wattstack.plan.portfolio.answers import Sweep, SweepPoint


@pytest.fixture(scope="module")
def whole():
    """The page with everything asked."""
    return page_of(**made.answers())


def test_a_plan_of_whole_units_does_not_speak_of_parts():
    plan = solve_portfolio(made.portfolio(), pool=made.pool(), whole=True)
    text = page_of(plan).html()
    assert "in parts" not in text.split("<script")[0].split("</style>")[1]
    assert "Stages, gates and factory lines" in text


def test_a_plan_of_one_future_names_it():
    plan = made.answers()["risk"].futures[1].two_stage
    assert "future late" in page_of(plan).over


def test_a_portfolio_without_factory_rates_and_sources_is_reported():
    small = made.portfolio()
    money = small.money.model_copy(update={"battery_target_m": None, "credit_limit_m": None})
    bare = replace(
        small, factory=None, segments=(), exchange={}, sources={}, synthetic=(), money=money, warnings=(),
        targets=(), storage=tuple(o for o in small.storage if o.origin == "market"),
    )  # fmt: skip
    plan = solve_portfolio(bare, pool=made.pool())
    page = page_of(plan, shares=made.answers()["shares"])
    text = unescape(page.html())
    assert [name for name, _, _ in page.sections] == [*ALWAYS[:4], *ALWAYS[5:6], "suppliers", *ALWAYS[6:]]
    assert "No other currency is used" in text
    assert "The portfolio names none" in text
    assert "SYNTHETIC" not in text.split("<script")[0].split("</style>")[1]


def test_nothing_to_order_is_said():
    plan = made.plan()
    none = {
        kind: {key: np.zeros_like(values) for key, values in found.items()}
        if kind.endswith("order")
        else found
        for kind, found in plan.amounts.items()
    }
    none["commit"] = {
        key: np.ones_like(v) for key, v in plan.amounts["commit"].items() if key[1] == "existing"
    }
    none["start"] = {}
    text = unescape(page_of(replace(plan, amounts=none)).html())
    assert "Nothing has to be ordered in 2027Q1" in text
    assert "Nothing is ordered: what stands is best as it is" in text


def test_a_campus_that_grows_is_reported_by_its_sizes(tmp_path, small_campus):
    from wattstack.campus import write_campus
    from wattstack.portfolio import read_portfolio

    write_campus(small_campus(currency="USD"), tmp_path / "campus.yaml")
    (tmp_path / "portfolio.yaml").write_text(
        "wattstack: 1\nportfolio: one\ncurrency: USD\ncalendar: {first: 2027, count: 3, period: year}\n"
        "sites: [{name: here, campus: campus.yaml}]\n"
    )
    plan = solve_portfolio(read_portfolio(tmp_path / "portfolio.yaml"))
    page = page_of(plan, holdback=hold_back(plan))
    text = page.html()
    assert "sizes of its campus file" in text
    assert "Battery main, energy" in text
    assert "strip" not in page.figures
    assert "Energised at the end" not in read(text).cards
    sizes = find_table(read(text), "Size [MW, MWh]")
    assert sizes[1][-1][1] == plan.amounts["size"][next(iter(plan.amounts["size"]))][-1]


def test_what_to_change_now_is_told_the_first_at_once():
    found = replace(
        made.answers()["replanned"],
        actions=tuple(f"order {n} MW more" for n in range(12)),
        slips=(),
        facts=(),
    )
    text = page_of(replanned=found).html()
    assert "<li>Order 0 MW more.</li>" in text
    assert "4 smaller changes" in text
    assert "slips" not in page_of(replanned=found).figures
    assert "Facts that the plan did not allow for" not in text


def test_coordination_that_changes_little_is_said_to():
    found = made.answers()["compared"]
    same = replace(
        found, no_substitution=found.coordinated, silo=found.coordinated, silo_told=None, delay_q=0
    )
    text = unescape(page_of(compared=same).html())
    assert "Planning together changes little here" in text
    assert "all teams hear that the grid comes late" not in text


def test_a_sweep_without_a_plan_at_any_value_is_a_table_of_reasons_and_no_figure():
    none = Sweep("firm", (SweepPoint(0.0, {}, {}, "no orders meet all limits"),), 0.1)
    page = page_of(sweeps=(none,))
    assert not any(name.startswith("sweep") for name in page.figures)
    assert "No plan at 0: no orders meet all limits." in unescape(page.html())


def test_notes_of_the_compared_plans_stand_below_them():
    found = made.answers()["compared"]
    noted = replace(found, silo=replace(found.silo, notes=("the silo's orders were cut to 60%",)))
    assert "The silo's orders were cut to 60%." in unescape(page_of(compared=noted).html())


def test_a_plan_where_nothing_is_lacking_says_so():
    asked = made.answers()["holdback"]
    causes = tuple(replace(c, resource="not worth more", why="", rent_m_per_mw=0.0) for c in asked.causes)
    page = page_of(holdback=replace(asked, causes=causes, rents=(), reliefs=()))
    assert "what is lacking" not in page.lead
    assert "No limit earns a rent" in unescape(page.html())
    assert [key.name for key in page.figures["strip"].legend] == ["Nothing: more is not worth its cost"]


def test_a_long_list_of_orders_names_the_dearest_first():
    plan = made.plan()
    more = {("shell", site, ""): np.array([5.0, 0, 0, 0, 0, 0]) for site in ("east", "north")}
    dust = {("hv", "east", ""): np.array([1e-5, 0, 0, 0, 0, 0])}
    amounts = {**plan.amounts, "order": {**plan.amounts["order"], **more, **dust}}
    text = unescape(page_of(replace(plan, amounts=amounts)).html())
    assert re.search(r"The \d smaller ones stand in the table", text)
    assert "of almost nothing are left out" in text


def test_a_plan_of_one_round_shows_no_convergence():
    plan = made.plan()
    page = page_of(replace(plan, rounds=plan.rounds[-1:], solvers={}, timing={"search": 0.0}))
    assert "convergence" not in page.figures


def test_rounds_that_have_no_plan_yet_leave_a_hole():
    plan = made.plan()
    first = replace(plan.rounds[0], npv_m=-np.inf, bound_m=np.inf)
    page = page_of(replace(plan, rounds=(first, *plan.rounds)))
    assert page.figures["convergence"].data[0]["y"][0] is None


def test_a_year_cut_by_the_horizon_is_marked_and_explained(whole):
    assert whole.figures["revenue"].data[0]["x"][0] == "2026*"
    assert "part of that year" in whole.figures["revenue"].caption


def test_a_plan_without_a_rate_for_yen_says_so():
    small = replace(made.portfolio(), exchange={"EUR": 1.2})
    plan = replace(made.plan(), portfolio=small)
    assert "no rate" in page_of(plan).html()
    yen = replace(plan, portfolio=replace(small, currency="JPY", exchange={}))
    assert "JPY 0.0396 bn" in unescape(page_of(yen).html())


def test_a_proof_that_begins_again_at_another_cost_of_cells_says_so():
    plan = made.plan()
    steps = ((1, 90.0, 100.0), (2, 95.0, 95.1), (3, 93.0, 93.1))
    rounds = tuple(replace(plan.rounds[0], number=n, npv_m=low, bound_m=high) for n, low, high in steps)
    text = page_of(replace(plan, rounds=rounds, whole=True)).html()
    assert "Where both lines step together, the cost of a cell was worked out anew" in text
    assert "In the last rounds stages, gates and lines come whole, which is worth less." in text
    calm = page_of(replace(plan, rounds=rounds[:2], whole=False)).html()
    assert "worked out anew" not in calm and "In the last rounds" not in calm
