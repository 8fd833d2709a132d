"""Figures of a portfolio: what is drawn is what the plan says."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.report import portfolio_made as made
from wattstack.plan.portfolio import capacity_mw, portfolio_files
from wattstack.plan.portfolio.answers import Cause, Holdback
from wattstack.portfolio.whole import Late
from wattstack.report.figures.portfolio.actual import against, slip_name, slips_figure
from wattstack.report.figures.portfolio.coordination import axis_words, curve, paths
from wattstack.report.figures.portfolio.factory import sales_figure
from wattstack.report.figures.portfolio.futures import fan
from wattstack.report.figures.portfolio.gantt import gantt
from wattstack.report.figures.portfolio.money import cash_figure, revenue_figure
from wattstack.report.figures.portfolio.sites import carried, stacked
from wattstack.report.figures.portfolio.strip import strip
from wattstack.report.figures.portfolio.suppliers import shares_figure
from wattstack.report.page import legend
from wattstack.report.portfolio.sections.factory import _flow, target_words
from wattstack.report.portfolio.spend import capital_paid
from wattstack.report.portfolio.timeline import in_parts, largest, steps_of
from wattstack.report.portfolio.view import open_portfolio
from wattstack.report.portfolio.write import portfolio_page


@pytest.fixture(scope="module")
def view():
    return open_portfolio(made.plan(), **made.answers())


def with_amounts(**more):
    """The plan with other amounts of some kinds."""
    plan = made.plan()
    merged = {kind: {**plan.amounts.get(kind, {}), **found} for kind, found in more.items()}
    return replace(plan, amounts={**plan.amounts, **merged})


def test_a_bar_of_the_strip_is_as_high_as_the_power_above_its_foot(view):
    figure = strip(view, made.answers()["holdback"])
    for trace, site in zip(figure.data, ("east", "north"), strict=True):
        heights = np.array(trace["y"]) + trace["base"]
        assert heights == pytest.approx(made.plan().amounts["it_mw"][(site,)], abs=0.01)


def test_a_cause_of_lead_time_is_hatched_and_keyed(view):
    causes = tuple(
        Cause(site, q, "electrical" if q else "servers", "supply" if q else "lead", 0.1)
        for site in ("east", "north")
        for q in range(6)
    )
    figure = strip(view, Holdback(causes, (), (), {}))
    marker = figure.data[0]["marker"]
    assert marker["pattern"]["shape"] == ["/", "", "", "", "", ""]
    assert marker["color"][1] != marker["color"][0]
    assert [key.name for key in figure.legend] == [
        "Electrical gear",
        "Servers",
        "hatched: ordered on the first day it would still come later",
    ]
    assert "2027Q1: 0\xa0MW IT<br>Servers (lead time not over)" in figure.data[0]["hovertext"]


def test_one_site_has_one_panel():
    plan = made.plan()
    one = replace(plan, portfolio=replace(plan.portfolio, sites=plan.portfolio.sites[:1]))
    causes = tuple(c for c in made.answers()["holdback"].causes if c.site == "east")
    figure = strip(open_portfolio(one), Holdback(causes, (), (), {}))
    assert len(figure.data) == 1
    assert figure.layout["xaxis"]["anchor"] == "y"


def test_what_a_resource_could_carry_is_drawn_as_the_plan_counts_it(view):
    figure = stacked(view, "north")
    lines = {trace["name"]: trace["y"] for trace in figure.data}
    capacity = capacity_mw(made.plan(), made.portfolio().site("north"))
    assert lines["Halls"] == pytest.approx(capacity["shell"], rel=1e-4)
    assert lines["Energised"] == pytest.approx(made.plan().amounts["it_mw"][("north",)], rel=1e-4)
    assert lines["Announced"][-1] == pytest.approx(80 / 1.1, rel=1e-4)
    assert "Grid and own generation" not in lines


def test_own_generation_is_told_apart_from_the_grid():
    plan = with_amounts(generation_mw={("fuel_cell", "north"): np.full(6, 11.0)})
    lines = carried(open_portfolio(plan), "north")
    assert lines["power"] - lines["grid"] == pytest.approx(np.full(6, 10.0))


def test_lines_far_above_are_cut_off_and_that_is_said():
    there = {("shell", "north"): np.full(6, 5000.0)}
    figure = stacked(open_portfolio(with_amounts(there=there)), "north")
    assert "cut off" in figure.caption
    assert figure.layout["yaxis"]["range"][1] < 200


def test_a_site_without_an_announced_size_has_no_such_line():
    plan = made.plan()
    bare = replace(plan, portfolio=replace(plan.portfolio, targets=()))
    assert "Announced" not in [trace["name"] for trace in stacked(open_portfolio(bare), "east").data]


def test_orders_of_two_suppliers_are_one_line_and_parts_of_a_gate_too(view):
    steps = steps_of(view)
    servers = [s for s in steps if s.kind == "server" and s.site == "east"]
    assert [s.suppliers for s in servers] == [("one", "two")]
    assert servers[0].amount == pytest.approx(10.0)
    start = {("north", "permit"): np.array([0.2, 0.2, 0.6, 0.6, 1.0, 1.0])}
    parts = [s for s in steps_of(open_portfolio(with_amounts(start=start))) if s.what == "permit"]
    assert [s.ordered for s in parts] == [0, 2, 4]
    one = next(s for s in in_parts(parts))
    assert (one.ordered, one.arrives, one.last) == (0, 1, 5)
    assert one.amount == pytest.approx(1.0)


def test_a_thing_is_first_needed_when_more_is_used_than_stood_before(view):
    steps = {(s.what, s.site): s for s in steps_of(view)}
    gear = steps["electrical", "north"]
    assert gear.arrives == 2
    assert gear.used == 2
    idle = with_amounts(it_mw={("north",): np.array([0.0, 0, 0, 0, 9.0, 9.0])})
    assert next(s for s in steps_of(open_portfolio(idle)) if s.what == "electrical").used == 4
    never = with_amounts(it_mw={("north",): np.zeros(6)})
    assert next(s for s in steps_of(open_portfolio(never)) if s.what == "electrical").used is None


def test_a_gate_that_opens_after_the_horizon_is_drawn_to_its_end():
    plan = made.plan()
    late = Late("gate", ("north", "permit"), 9)
    here = open_portfolio(replace(plan, portfolio=replace(plan.portfolio, late=(late,))))
    steps = steps_of(here)
    permit = next(s for s in steps if s.what == "permit")
    assert (permit.arrives, permit.used) == (10, None)
    figure = gantt(here, [permit], "c.")
    assert figure.data[0]["x"] == ["2027Q1", "2028Q2"]
    assert [len(trace["x"]) for trace in figure.data[1:]] == [1, 0, 0]
    assert "arrives 2029Q3, not needed" in figure.data[1]["hovertext"][0]
    assert "with their new dates" in portfolio_page(here).html()


def test_what_stands_for_nothing_is_no_order(view):
    assert ("stage", "existing") not in {(s.kind, s.what) for s in steps_of(view)}


def test_bridging_power_that_is_sold_again_is_no_order():
    plan = with_amounts(generation_sold={("engine", "east"): np.array([0, 0, 0, 0, 3.0, 0])})
    assert "given up" in portfolio_files(plan).tables["orders"].column("kind")
    assert all(s.kind != "given up" for s in steps_of(open_portfolio(plan)))


def test_the_largest_orders_keep_every_stage_and_gate(view):
    steps = in_parts(steps_of(view))
    shown = largest(steps, 7)
    once = [s for s in steps if s.kind in ("stage", "gate")]
    assert len(shown) == 7
    assert all(s in shown for s in once)
    others = sorted((s.cost_m for s in steps if s not in once), reverse=True)
    assert sorted((s.cost_m for s in shown if s not in once), reverse=True) == others[: 7 - len(once)]


def test_a_line_of_the_gantt_runs_from_order_to_arrival():
    idle = with_amounts(
        it_mw={("north",): np.array([0.0, 0, 0, 0, 9.0, 9.0])},
        start={("north", "permit"): np.array([0.2, 0.2, 0.6, 0.6, 1.0, 1.0])},
        line_order={("cells",): np.array([1.0, 0, 0, 0, 0, 0])},
    )
    here = open_portfolio(idle)
    steps = in_parts(steps_of(here))
    figure = gantt(here, steps, "c.")
    marks = [trace for trace in figure.data if trace["mode"] == "markers"]
    assert [len(trace["x"]) for trace in marks[:2]] == [len(steps)] * 2
    assert marks[0]["x"] == [here.labels[s.ordered] for s in sorted_as_drawn(here, steps)]
    assert any(trace["line"].get("dash") == "dot" for trace in figure.data if trace["mode"] == "lines")
    assert figure.legend[-1].name == "thin: comes in parts until"
    assert any("Cells" in note["text"] for note in figure.layout["annotations"])
    assert any("in parts" in text for text in marks[1]["hovertext"])


def sorted_as_drawn(view, steps):
    """Steps as the figure stacks them."""
    from wattstack.report.figures.portfolio.gantt import _rows

    return [step for step, _ in _rows(view, steps)[0]]


def test_orders_not_needed_in_the_horizon_say_so():
    never = open_portfolio(with_amounts(it_mw={("north",): np.zeros(6)}))
    figure = gantt(never, steps_of(never), "c.")
    assert "not needed in the horizon" in json.dumps(figure.data)


def test_capital_in_the_figure_adds_up_to_what_is_paid(view):
    paid = sum(float(values.sum()) for values in capital_paid(view).values())
    assert paid == pytest.approx(view.finance["capital_m"])
    figure = cash_figure(view)
    bars = [trace for trace in figure.data if trace["type"] == "bar"]
    assert sum(sum(trace["y"]) for trace in bars) == pytest.approx(paid, rel=1e-3)


def test_the_lowest_cash_is_marked_where_it_is(view):
    mark = cash_figure(view).data[-1]
    assert mark["x"] == [view.finance["cash_trough_period"]]
    assert mark["y"][0] == pytest.approx(view.finance["cash_trough_m"], rel=1e-4)


def test_own_use_stands_beside_revenue_and_not_in_it():
    order = {("znx", "east", "cells"): np.array([0, 0, 0, 20.0, 0, 0])}
    own = {("cells",): np.array([0, 0, 0, 0.02, 0, 0])}
    here = open_portfolio(with_amounts(storage_order=order, own_gwh=own))
    figure = revenue_figure(here)
    assert figure.data[2]["marker"]["pattern"]["shape"] == "/"
    assert sum(figure.data[2]["y"]) == pytest.approx(0.02 * 260.0, rel=1e-3)
    assert "Campus East" in _flow(here)
    rows = here.table("segments").records()
    sales = sales_figure(here, rows, None)
    assert "Own campuses, at cost: no sale" in [trace["name"] for trace in sales.data]


def test_sales_abroad_are_hatched_and_new_lines_told_apart():
    started = {("cells",): np.array([0, 0, 1.0, 0, 0, 0])}
    sold = {("export", "1"): np.array([0, 0, 0, 0, 0, 0.05])}
    left = {("cells",): np.array([0, 0, 0, 0, 0, 0.01])}
    plan = with_amounts(line_start=started, sold_gwh=sold, stock_gwh=left)
    segments = tuple(
        s.model_copy(update={"domestic": False}) if s.segment == "export" else s
        for s in plan.portfolio.segments
    )
    here = open_portfolio(replace(plan, portfolio=replace(plan.portfolio, segments=segments)))
    drawing = _flow(here)
    assert "New lines, running from FY2027" in drawing
    assert "On stock at the end" in drawing
    figure = sales_figure(here, here.table("segments").records(), made.answers()["target"])
    export = next(trace for trace in figure.data if trace["name"] == "Export, abroad")
    assert export["marker"]["pattern"]["shape"] == "/"
    assert figure.data[-1]["y"] == [500]


def test_a_factory_that_makes_nothing_has_no_flow():
    none = with_amounts(
        made_gwh={("cells",): np.zeros(6)}, sold_gwh={k: np.zeros(6) for k in made.plan().amounts["sold_gwh"]}
    )
    assert _flow(open_portfolio(none)) == ""


def test_the_target_is_told_as_it_stands(view):
    found = made.answers()["target"]
    assert "by itself" in target_words(view, replace(found, outside_m=500.0))
    forced = replace(found, sold_out_m=600.0, forced_cost_m=12.0, forced_lines=2.0, own_m=30.0, abroad_m=5.0)
    text = target_words(view, forced)
    assert "Forcing it costs 12\xa0M USD of net present value and 2\xa0more lines." in text
    assert "go to own campuses and" in text
    assert "not known" in target_words(view, replace(found, sold_out_m=600.0))


def test_plans_are_drawn_as_they_run(view):
    compared = made.answers()["compared"]
    figure = paths(view, {"coordinated": compared.coordinated, "silo": compared.silo})
    assert figure.data[1]["y"] == pytest.approx(compared.silo.total("it_mw"), rel=1e-4)


def test_a_curve_shows_worth_and_share(view):
    sweep = made.answers()["sweeps"][0]
    figure = curve(view, sweep)
    worth = [point.npv_m["coordinated"] for point in sweep.points]
    share = [
        100 * (p.npv_m["coordinated"] - p.npv_m["silo"]) / abs(p.npv_m["coordinated"]) for p in sweep.points
    ]
    assert figure.data[0]["y"] == pytest.approx(worth, rel=1e-3)
    assert figure.data[-2]["y"] == pytest.approx(share, rel=1e-2)
    assert "silo told" not in [trace["name"] for trace in figure.data]


def test_axes_of_sweeps_are_told_in_words(view):
    assert axis_words(view, "grid_delay") == "Grid stages late by [quarters]"
    assert axis_words(view, "supply:hv") == "Shared supply of transformers, times what it is"
    assert axis_words(view, "firm").startswith("Firm grid power")
    assert axis_words(view, "something_else") == "something else"


def test_the_fan_has_a_line_a_future_and_shows_when_they_part(view):
    risk = made.answers()["risk"]
    figure = fan(view, risk)
    assert len(figure.data) == 2 * len(risk.futures)
    assert figure.data[0]["y"] == pytest.approx(risk.futures[0].two_stage.total("it_mw"), rel=1e-4)
    assert {shape["x0"] for shape in figure.layout["shapes"]} == {1.5}
    assert not fan(view, replace(risk, first_stage_q=0)).layout["shapes"]


def test_plan_against_actual_draws_three_plans_and_the_slips(view):
    found = made.answers()["replanned"]
    figure = against(view, found)
    assert [trace["name"] for trace in figure.data] == [
        "As planned", "New dates, old orders kept", "New dates, planned again",
    ]  # fmt: skip
    assert figure.data[1]["y"] == pytest.approx(found.kept.total("it_mw"), rel=1e-4)
    bars = slips_figure(view, found)
    assert bars.data[0]["x"] == pytest.approx([s.kept_lost_m for s in found.ranked], abs=0.01)
    late = against(view, replace(found, as_of="2030Q1"))
    assert not late.layout["shapes"]


def test_slips_are_named_by_what_is_late():
    slip = made.answers()["replanned"].slips[0]
    assert slip_name(slip) == "North: permit"
    assert slip_name(replace(slip, kind="line", name="first_lines", site="factory")) == "Factory: first lines"
    assert slip_name(replace(slip, site="")) == "permit"


def test_shares_of_suppliers_fill_their_bar(view):
    figure = shares_figure(view, made.answers()["shares"])
    assert sum(trace["x"][0] for trace in figure.data if trace["y"] == ["Servers"]) == pytest.approx(100.0)
    assert figure.legend[-1].name == "far"


def test_every_shape_of_a_legend_can_be_drawn(view):
    page_keys = [
        key
        for figure in (
            strip(view, made.answers()["holdback"]),
            gantt(view, steps_of(view), "c."),
            cash_figure(view),
            fan(view, made.answers()["risk"]),
        )
        for key in figure.legend
    ]
    assert legend(page_keys).count("<svg") == len(page_keys)
