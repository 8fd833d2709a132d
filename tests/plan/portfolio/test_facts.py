"""Progress held against a plan: what is kept of it, what is said, and how orders wait for a late gate."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import other, plain, supply
from tests.plan.portfolio.slips import LINE, PERMIT, SERVERS, SHELLS, row
from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import Pool, solve_portfolio
from wattstack.plan.portfolio.facts import read_facts, wait_for_gates
from wattstack.plan.portfolio.result import Decisions
from wattstack.plan.portfolio.solve import Movable
from wattstack.portfolio import Gate
from wattstack.portfolio.variants import Late


@cache
def plan():
    """The plan of the small portfolio."""
    return solve_portfolio(small_portfolio(), pool=Pool())


def read(*rows, portfolio=None):
    """Facts of some rows."""
    return read_facts(portfolio or small_portfolio(), plan(), rows)


def test_a_gate_begun_is_begun_whole():
    facts = read(PERMIT)
    assert facts.is_changed
    assert facts.decided["start"]["north", "permit"] == pytest.approx(np.ones(6))
    assert facts.slips[0].late == (Late("gate", ("north", "permit"), 3),)
    assert "the plan had 3% of it by 2027Q3" in facts.said[0]


def test_a_plan_is_not_touched_by_the_facts_held_against_it():
    before = plan().amounts["start"]["north", "permit"].copy()
    read(PERMIT, SERVERS)
    assert plan().amounts["start"]["north", "permit"] == pytest.approx(before)


def test_a_stage_due_a_lead_after_the_report_is_not_yet_committed():
    far = row("stage", "second", "2028Q2", forecast_quarter="2028Q2")
    facts = read(far)
    assert not facts.is_changed
    assert facts.slips == facts.said == []


def test_the_pipeline_is_late_in_its_resource():
    assert read(SHELLS).slips[0].late == (Late("there", ("shell", "east"), 1, 2, 10.0),)


def test_lines_are_late_from_their_committed_start():
    assert read(LINE).slips[0].late == (Late("line", ("cells",), 1),)


def test_lines_that_nobody_committed_are_left_out_and_said():
    portfolio = small_portfolio()
    bare = replace(portfolio, factory=portfolio.factory.model_copy(update={"committed_lines": 0}))
    facts = read(LINE, portfolio=bare)
    assert facts.slips == []
    assert "no committed lines" in facts.said[0]


def test_what_comes_whole_has_no_quantity():
    part = row("gate", "fibre", "2027Q3", site="north", actual_quantity=0.5)
    assert any("comes whole" in said for said in read(part).said)
    lines = row("line", "lines", "2027Q2", site="factory", actual_quantity=0.25)
    assert any("comes whole" in said for said in read(lines).said)


def test_an_order_that_the_plan_lacks_is_kept_and_its_limit_widened():
    facts = read(SERVERS)
    ordered = {k: v[1] for k, v in facts.decided["server_order"].items() if k[0] == "first_gen"}
    assert sum(v for k, v in ordered.items() if k[1] == "north") == pytest.approx(10.0)  # the plan had more
    assert not facts.is_changed
    more = SERVERS.model_copy(update={"baseline_quantity": 40.0})
    facts = read(more)
    assert facts.is_changed
    assert "placed in 2027Q2, as progress says; the plan had 10" in facts.said[0]
    assert "40 in all against a supply of 19, which was widened" in facts.said[0]


def test_an_order_before_its_window_opens_it():
    early = row("order", "servers_next_gen", "2027Q3", site="east", baseline_quantity=5.0)
    late_window = replace(
        small_portfolio(),
        servers=tuple(
            s.model_copy(update={"first_order": "2027Q2"}) if s.generation == "next_gen" else s
            for s in small_portfolio().servers
        ),
    )
    facts = read(early, portfolio=late_window)
    server = next(s for s in facts.portfolio.servers if s.generation == "next_gen")
    assert (server.first_order, server.last_order) == ("2027Q1", "2028Q2")
    assert "outside the order window 2027Q2 to 2028Q2, which was widened" in facts.said[0]


def test_the_window_opens_at_its_end_too():
    closed = replace(
        small_portfolio(),
        servers=tuple(
            s.model_copy(update={"last_order": "2027Q1"}) if s.generation == "first_gen" else s
            for s in small_portfolio().servers
        ),
    )
    facts = read(SERVERS.model_copy(update={"baseline_quantity": 12.0}), portfolio=closed)
    assert next(s for s in facts.portfolio.servers if s.generation == "first_gen").last_order == "2027Q2"


def test_orders_from_before_the_plan_or_after_the_report_are_left_out_and_said():
    before = row("order", "hv", "2027Q2", baseline_quantity=9.0)
    after = row("order", "electrical", "2028Q2", baseline_quantity=9.0, forecast_quarter="2028Q2")
    facts = read(before, after)
    assert "before the plan begins" in facts.said[0]
    assert "no earlier than 2027Q3" in facts.said[1]
    assert facts.slips == []


def test_orders_of_storage_and_generation_are_known_by_their_name():
    storage = row(
        "order", "lfp", "2027Q2", site="north", baseline_quantity=5.0, actual_quarter="2027Q3", unit="MWh"
    )
    engine = row("order", "engine", "2027Q3", baseline_quantity=4.0, forecast_quarter="2027Q4")
    found = {slip.late[0].kind: slip.late[0] for slip in read(storage, engine).slips}
    assert found["storage_mwh"] == Late("storage_mwh", ("lfp", "north"), 1, 1, 5.0)
    assert found["generation_mw"] == Late("generation_mw", ("engine", "east"), 1, 2, 4.0)


def test_committed_servers_that_are_not_there_yet_may_move():
    assert read(SERVERS).movable == [Movable("first_gen", "north", 1, 8.0)]
    there = SERVERS.model_copy(update={"actual_quarter": "2027Q2", "forecast_quarter": None})
    assert read(there).movable == []
    assert read(SERVERS.model_copy(update={"status": "late"})).movable == []


def test_units_come_in_parts_never_or_more_than_planned():
    usual = {"baseline_quantity": 10.0}
    parts = read(row("item", "shell", "2027Q3", actual_quantity=6.0, forecast_quarter="2028Q1", **usual | {
        "actual_quarter": "2027Q3"})).slips[0]  # fmt: skip
    assert parts.late == (Late("there", ("shell", "east"), 2, 2, 4.0),)
    never = read(row("item", "shell", "2027Q3", actual_quantity=6.0, **usual)).slips[0]
    assert never.late == (Late("there", ("shell", "east"), 4, 2, 4.0),)
    more = read(row("item", "shell", "2027Q3", actual_quantity=12.0, **usual)).slips[0]
    assert more.late == (Late("there", ("shell", "east"), 2, None, 2.0),)


def gated(late: int, **values):
    """Shells at one site behind a permit that takes a quarter, and is late."""
    base = plain(6, items=other("shell", start_units=0.0), **values)
    permit = Gate(site="a", gate="permit", lead_q=1, earliest_start="2027Q1")
    fibre = Gate(site="a", gate="fibre", earliest_start="2027Q1")
    return replace(base, gates=(permit, fibre), late=(Late("gate", ("a", "permit"), late),) if late else ())


def wishes(*shells: float) -> Decisions:
    """Orders of shells, the permit started at once."""
    orders = np.zeros(6)
    orders[: len(shells)] = shells
    return Decisions({"order": {("shell", "a", ""): orders}, "start": {("a", "permit"): np.ones(6)}})


def test_shells_wait_for_the_permit_and_are_then_ordered_at_once():
    waited = wait_for_gates(gated(2), wishes(0.0, 10.0, 20.0, 0.0, 5.0), now=1)
    assert waited.of("order")["shell", "a", ""] == pytest.approx([0, 0, 0, 30, 5, 0])


def test_shells_that_waited_are_ordered_as_supply_has_room():
    portfolio = gated(2, supply=(supply("servers", 10.0), supply("shell", 12.0)))
    waited = wait_for_gates(portfolio, wishes(0.0, 10.0, 12.0, 12.0, 5.0), now=1)
    assert waited.of("order")["shell", "a", ""] == pytest.approx([0, 0, 0, 12, 12, 12])


def test_a_permit_in_time_moves_nothing():
    wished = wishes(0.0, 10.0, 20.0)
    assert wait_for_gates(gated(0), wished, now=1).of("order")["shell", "a", ""] == pytest.approx(
        wished.of("order")["shell", "a", ""]
    )


def test_shells_behind_a_permit_that_never_comes_are_not_ordered():
    assert wait_for_gates(gated(9), wishes(0.0, 10.0), now=1).of("order")["shell", "a", ""].sum() == 0.0


@given(shells=st.lists(st.floats(0.0, 10.0), min_size=6, max_size=6), late=st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_waiting_creates_no_orders_and_brings_none_forward(shells, late):
    shells[0] = 0.0
    wished = wishes(*shells)
    after = wait_for_gates(gated(late), wished, now=0).of("order")["shell", "a", ""]
    before = wished.of("order")["shell", "a", ""]
    assert np.all(np.cumsum(after) <= np.cumsum(before) + 1e-9)
    assert after.sum() == pytest.approx(before.sum())
    assert np.all(after[: 1 + late] == 0.0)
