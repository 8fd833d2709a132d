"""Variants of a portfolio: each changes what it says, nothing else, and never what stands at the start."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.portfolio.small import small_portfolio
from wattstack.errors import InputError
from wattstack.portfolio import Portfolio
from wattstack.portfolio.variants import (
    delayed_grid,
    earlier,
    more,
    only_sites,
    own_cells_first,
    repeated_sites,
    scaled_fire_cap,
    scaled_firm,
    scaled_supply,
    supplier_short,
    under_scenario,
    without_chemistry,
    without_substitution,
)

FIELDS = [field.name for field in dataclasses.fields(Portfolio)]
FACTORS = st.floats(0.1, 3.0)


@pytest.fixture
def small():
    """The small portfolio."""
    return small_portfolio()


def changes(one, two):
    """Fields in which two portfolios differ."""
    return {
        name for name in FIELDS if getattr(one, name) is not getattr(two, name) and _differ(one, two, name)
    }


def _differ(one, two, name):
    return name == "weeks" or getattr(one, name) != getattr(two, name)


def stages(portfolio):
    """(site, stage) -> (earliest, lead)."""
    return {(s.site, s.stage): (s.earliest_energised, s.commit_lead_q) for s in portfolio.stages}


# ---- futures


def test_a_late_grid_moves_date_and_lead_of_what_does_not_stand_yet(small):
    late = delayed_grid(small, 2, "east")
    assert changes(small, late) == {"stages"}
    assert stages(late) == {
        ("east", "existing"): ("2027Q1", 0),
        ("east", "early"): ("2027Q4", 3),
        ("east", "second"): ("2028Q3", 5),
        ("north", "early"): ("2027Q3", 2),
        ("north", "first"): ("2027Q4", 3),
    }
    assert stages(delayed_grid(small, 1))["north", "first"] == ("2028Q1", 4)


def test_a_grid_may_come_earlier_than_told_but_never_before_the_first_period(small):
    assert stages(delayed_grid(small, -9))["north", "first"] == ("2027Q1", 0)


@given(st.integers(0, 9), st.integers(0, 9))
def test_two_delays_are_one(one, two):
    small = small_portfolio()
    assert delayed_grid(delayed_grid(small, one), two) == delayed_grid(small, one + two)


def test_a_future_changes_grid_factory_servers_and_revenue(small):
    late = under_scenario(small, "late")
    assert changes(small, late) == {"stages", "factory"}
    assert stages(late)["east", "early"] == ("2027Q3", 2)
    assert stages(late)["north", "first"] == ("2028Q2", 5)
    assert (late.factory.ramp, late.factory.committed_start, late.factory.line_lead_q) == (
        "slow",
        "2027Q3",
        3,
    )
    slump = under_scenario(small, "slump")
    assert changes(small, slump) == {"supply", "servers"}
    assert slump.supply[0].amounts == pytest.approx({"2027Q1": 16.5, "2028Q1": 33.0})
    assert slump.supply[1] == small.supply[1]
    assert [s.revenue_m_per_mw_year for s in slump.servers] == [9.0, 12.0]


def test_the_base_future_is_the_portfolio(small):
    assert changes(small, under_scenario(small, "base")) == set()


def test_a_future_needs_no_factory_and_no_committed_line(small):
    assert under_scenario(dataclasses.replace(small, factory=None), "late").factory is None
    free = small.factory.model_copy(update={"committed_start": None, "committed_lines": 0})
    assert under_scenario(dataclasses.replace(small, factory=free), "late").factory.committed_start is None


def test_nothing_stands_in_for_anything(small):
    plain = without_substitution(small)
    assert changes(small, plain) == {"stages", "items", "storage", "generation"}
    assert {s.kind for s in plain.stages} == {"firm"}
    assert {i.item for i in plain.items} == {"shell", "electrical", "cooling", "hv"}
    assert {o.origin for o in plain.storage} == {"market"}
    assert [o.tech for o in plain.generation] == ["pv"]


def test_what_stands_of_a_quicker_way_stays_without_more_to_come(small):
    stands = [
        item.model_copy(update={"start_units": 5.0}) if item.item == "hv_fast" else item
        for item in small.items
    ]
    plain = without_substitution(dataclasses.replace(small, items=tuple(stands)))
    fast = [item for item in plain.items if item.item == "hv_fast"]
    assert [(item.start_units, item.may_order) for item in fast] == [(5.0, False)] * 2
    assert all(item.may_order for item in plain.items if item.item == "hv")


def test_own_cells_stay_where_none_can_be_bought(small):
    own = dataclasses.replace(small, storage=tuple(o for o in small.storage if o.origin == "own"))
    assert without_substitution(own).storage == own.storage


def test_a_firm_stage_behind_a_flexible_one_no_longer_waits_for_it(small):
    behind = tuple(
        s.model_copy(update={"needs_stage": "early"}) if s.stage == "first" else s for s in small.stages
    )
    plain = without_substitution(dataclasses.replace(small, stages=behind))
    assert {s.stage: s.needs_stage for s in plain.stages} == {
        "existing": None,
        "second": "existing",
        "first": None,
    }


# ---- scarcity


@settings(max_examples=25)
@given(FACTORS, st.sampled_from([None, "servers", "hv", "lfp"]))
def test_scaled_supply_changes_supply_alone_and_in_proportion(factor, resource):
    small = small_portfolio()
    scaled = scaled_supply(small, factor, resource)
    assert changes(small, scaled) <= {"supply"}
    for was, now in zip(small.supply, scaled.supply, strict=True):
        share = factor if resource in (None, was.resource) else 1.0
        assert now.at(small.calendar) == pytest.approx(was.at(small.calendar) * share)


@settings(max_examples=25)
@given(FACTORS)
def test_scaled_firm_power_and_fire_cap_change_nothing_else(factor):
    small = small_portfolio()
    firm, cap = scaled_firm(small, factor), scaled_fire_cap(small, factor)
    assert changes(small, firm) <= {"stages"}
    for was, now in zip(small.stages, firm.stages, strict=True):
        assert now.power_mw == was.power_mw * (factor if was.kind == "firm" else 1.0)
    assert changes(small, cap) <= {"sites"}
    assert [s.outdoor_limit_mwh for s in cap.sites] == [60.0 * factor, 300.0 * factor]


def test_a_site_without_a_fire_cap_has_none_to_scale(small):
    free = tuple(site.model_copy(update={"outdoor_limit_mwh": None}) for site in small.sites)
    assert scaled_fire_cap(dataclasses.replace(small, sites=free), 0.5).sites == free


def test_a_chemistry_is_forbidden_and_what_stands_of_it_stays(small):
    plain = without_chemistry(small, "lfp")
    assert changes(small, plain) == {"storage"}
    assert [(o.chemistry, o.site, o.may_order) for o in plain.storage] == [
        ("lfp", "east", False), ("znx", "east", True), ("hd", "east", True), ("znx", "north", True),
    ]  # fmt: skip
    assert [o.chemistry for o in without_chemistry(small, "hd").storage] == ["lfp", "znx", "lfp", "znx"]


def test_own_cells_first_leaves_only_them_where_they_are_offered(small):
    plain = own_cells_first(small)
    assert changes(small, plain) == {"storage"}
    assert [(o.chemistry, o.site, o.may_order) for o in plain.storage] == [
        ("lfp", "east", False), ("znx", "east", True), ("znx", "north", True),
    ]  # fmt: skip
    north = dataclasses.replace(
        small, storage=tuple(o for o in small.storage if (o.site, o.origin) != ("north", "own"))
    )
    assert [o.chemistry for o in own_cells_first(north).storage if o.site == "north"] == ["lfp"]


def test_a_supplier_falls_short_by_its_own_factor(small):
    short = supplier_short(small, "lfp", "far")
    assert changes(small, short) == {"suppliers"}
    assert [s.delivered_frac for s in short.suppliers] == [1.0, 1.0, 1.0, 0.3]


# ---- sites


def test_some_of_the_sites_keep_all_that_is_theirs_and_share_the_rest(small):
    one = only_sites(small, ["north"])
    assert changes(small, one) == {
        "sites", "items", "stages", "gates", "storage", "generation", "targets", "scenarios",
    }  # fmt: skip
    for name in ("items", "stages", "gates", "storage", "generation", "targets"):
        assert {part.site for part in getattr(one, name)} == {"north"}
    assert one.scenarios[1].grid_delay_q == {"north": 2}
    assert changes(small, only_sites(small, ["east", "north"])) == set()


@settings(max_examples=8)
@given(st.integers(1, 12))
def test_repeated_sites_are_as_many_times_the_portfolio(copies):
    small = small_portfolio()
    large = repeated_sites(small, copies)
    assert len(large.sites) == 2 * copies
    assert len({site.name for site in large.sites}) == 2 * copies
    for name in ("items", "stages", "gates", "storage", "generation", "targets"):
        assert len(getattr(large, name)) == copies * len(getattr(small, name))
        assert {part.site for part in getattr(large, name)} <= {site.name for site in large.sites}
    for was, now in zip(small.supply, large.supply, strict=True):
        assert now.at(small.calendar) == pytest.approx(copies * was.at(small.calendar))
    for site in large.sites:
        first = small.site(site.name.rpartition("-")[0] or site.name)
        assert 0.9 <= site.price_per_mwh / first.price_per_mwh <= 1.1
        assert large.weeks_of(site, 1) is small.weeks_of(first, 1)
    assert large.factory.lines_max == 3 * copies
    assert large.factory.stock_limit_gwh == pytest.approx(0.1 * copies)
    assert large.segments[0].access_gwh[2027] == pytest.approx(0.08 * copies)
    assert set(large.scenarios[1].grid_delay_q) == {site.name for site in large.sites}
    assert large.scenarios[2].grid_delay_q == {}


def test_prices_of_copies_differ_and_are_the_same_each_time(small):
    prices = [site.price_per_mwh for site in repeated_sites(small, 10).sites if site.name.startswith("east")]
    assert prices[0] == 80.0
    assert len(set(prices)) == 10
    assert prices == [site.price_per_mwh for site in repeated_sites(small, 10).sites[::2]]


def test_one_copy_is_the_portfolio(small):
    assert changes(small, repeated_sites(small, 1)) <= {"weeks"}


def test_budgets_and_weeks_of_sites_are_repeated_too(small):
    rich = small.money.model_copy(
        update={"capital_budget_m": {2027: 100.0}, "credit_limit_m": 7.0, "battery_target_m": 3.0}
    )
    weeks = {**small.weeks, ("east", 1): small.weeks["FR", 1]}
    large = repeated_sites(dataclasses.replace(small, money=rich, weeks=weeks, factory=None), 2)
    assert large.money.capital_budget_m == {2027: 200.0}
    assert (large.money.credit_limit_m, large.money.battery_target_m) == (14.0, 6.0)
    assert large.weeks["east-2", 1] is small.weeks["FR", 1]
    assert large.factory is None


# ---- relief


def test_a_stage_comes_earlier_by_date_and_lead(small):
    soon = earlier(small, "stage", ("east", "second"))
    assert changes(small, soon) == {"stages"}
    assert stages(soon)["east", "second"] == ("2027Q4", 2)


def test_a_gate_opens_earlier_by_its_lead_and_then_by_its_date(small):
    soon = earlier(small, "gate", ("north", "fibre"))
    assert (soon.gates[3].lead_q, soon.gates[3].earliest_start) == (1, "2027Q1")
    moved = dataclasses.replace(
        small, gates=(*small.gates[:3], small.gates[3].model_copy(update={"earliest_start": "2027Q4"}))
    )
    gate = earlier(moved, "gate", ("north", "fibre"), 3).gates[3]
    assert (gate.lead_q, gate.earliest_start) == (0, "2027Q3")


@pytest.mark.parametrize(
    ("kind", "key", "table"),
    [
        ("item", ("electrical", "east"), "items"),
        ("server", ("next_gen",), "servers"),
        ("storage", ("znx", "north"), "storage"),
    ],
)
def test_a_lead_is_shorter_and_never_below_nothing(small, kind, key, table):
    def leads(portfolio):
        return [part.lead_q for part in getattr(portfolio, table)]

    soon = earlier(small, kind, key)
    assert changes(small, soon) == {table}
    assert sum(leads(small)) - sum(leads(soon)) == 1
    assert min(leads(earlier(small, kind, key, 99))) == 0


def test_generation_supply_and_lines_come_earlier(small):
    offer = earlier(small, "generation", ("engine", "east")).generation[0]
    assert (offer.lead_q, offer.earliest_energised) == (1, "2027Q2")
    assert earlier(small, "supply", ("servers",)).supply[0].amounts == {"2026Q4": 15.0, "2027Q4": 30.0}
    factory = earlier(small, "line", ("cells",)).factory
    assert (factory.line_lead_q, factory.committed_start) == (1, "2027Q1")
    free = dataclasses.replace(small, factory=small.factory.model_copy(update={"committed_start": None}))
    assert earlier(free, "line", ("cells",)).factory.committed_start is None


@given(st.integers(0, 6))
def test_supply_that_comes_earlier_is_never_less_while_it_grows(periods):
    small = small_portfolio()
    soon = earlier(small, "supply", ("electrical",), periods)
    assert (soon.supply[3].at(small.calendar) >= small.supply[3].at(small.calendar) - 1e-9).all()


@pytest.mark.parametrize(
    ("kind", "key", "table", "name", "value"),
    [
        ("stage", ("east", "second"), "stages", "power_mw", 44.0),
        ("generation", ("engine", "east"), "generation", "limit_mw", 22.0),
        ("fire_cap", ("east",), "sites", "outdoor_limit_mwh", 66.0),
        ("land", ("east",), "sites", "land_ha", 11.0),
        ("crew", ("east",), "sites", "crew_mw", 33.0),
    ],
)
def test_more_of_a_limit_changes_that_limit_alone(small, kind, key, table, name, value):
    large = more(small, kind, key)
    assert changes(small, large) == {table}
    differ = [
        (was, now)
        for was, now in zip(getattr(small, table), getattr(large, table), strict=True)
        if was != now
    ]
    assert len(differ) == 1
    assert getattr(differ[0][1], name) == pytest.approx(value)


def test_more_supply_access_and_lines(small):
    assert more(small, "supply", ("hv",), 2.0).supply[1].amounts == {"2027Q1": 60.0}
    assert more(small, "segment", ("grid", "1")).segments[0].access_gwh[2027] == pytest.approx(0.088)
    assert more(small, "line", ("cells",)).factory.lines_max == 4  # whole lines
    assert more(small, "line", ("cells",), 2.0).factory.lines_max == 6


@pytest.mark.parametrize(
    ("variant", "what"),
    [
        (lambda p: under_scenario(p, "lat"), "has no scenario 'lat'. Nearest: 'late'."),
        (lambda p: scaled_supply(p, 2.0, "pv"), "has no limited resource 'pv'. There are: servers, hv,"),
        (lambda p: delayed_grid(p, 1, "west"), "has no site 'west'. Nearest: 'east'."),
        (lambda p: without_chemistry(p, "nmc"), "has no chemistry 'nmc'. There are: lfp, znx, hd"),
        (lambda p: supplier_short(p, "lfp", "fra"), "has no supplier 'lfp fra'. Nearest: 'lfp far'."),
        (lambda p: only_sites(p, ["moon"]), "has no site 'moon'. There are: east, north."),
        (lambda p: repeated_sites(p, 0), "cannot be repeated 0 times, must be once or more."),
        (lambda p: earlier(p, "stag", ("a",)), "has no kind of thing that can come earlier 'stag'. Nearest: 'stage'."),
        (lambda p: earlier(p, "stage", ("east", "first")), "has no stage 'east first'."),
        (lambda p: earlier(dataclasses.replace(p, factory=None), "line", ("x",)),
         "has no factory 'x'. There are: none."),
        (lambda p: more(p, "gate", ("east", "fibre")), "has no kind of limit 'gate'."),
        (lambda p: more(p, "line", ("x",)), "has no factory 'x'. There are: cells."),
        (lambda p: more(only_free(p), "crew", ("east",)), "crew east has no limit, so there is no more of it."),
    ],
)  # fmt: skip
def test_what_a_portfolio_does_not_know_is_told(small, variant, what):
    with pytest.raises(InputError) as caught:
        variant(small)
    assert what in str(caught.value)


def only_free(portfolio):
    """The portfolio without a limit on commissioning."""
    return dataclasses.replace(
        portfolio, sites=tuple(site.model_copy(update={"crew_mw": None}) for site in portfolio.sites)
    )


def test_variants_leave_the_portfolio_as_it_is(small):
    before = {name: repr(getattr(small, name)) for name in FIELDS if name != "weeks"}
    repeated_sites(without_substitution(under_scenario(scaled_supply(small, 0.5), "late")), 3)
    assert before == {name: repr(getattr(small, name)) for name in FIELDS if name != "weeks"}
