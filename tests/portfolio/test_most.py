"""The most that could be energised: each limit by itself, worked out by hand on small portfolios."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.portfolio import (
    Calendar,
    Compute,
    Gate,
    GenerationOffer,
    Item,
    Money,
    Portfolio,
    Server,
    Site,
    Stage,
    Supplier,
    Supply,
    reach,
)

FIRST = "2027Q1"


def portfolio(**parts) -> Portfolio:
    """A site "a" with PUE 2 over four quarters."""
    site = Site(name="a", pue=2.0, servers_start_mw=3.0, it_start_mw=1.0)
    parts = {
        "sites": (site,),
        "items": (Item(item="shell", site="a", capital_m_per_unit=1.0, lead_q=1),),
        **parts,
    }
    return Portfolio("hand", "USD", Calendar(FIRST, 4), Money(), Compute(hv_power_factor=0.5), **parts)


def limit(name: str, **parts) -> list[float]:
    """One limit of site "a"."""
    return list(reach(portfolio(**parts)).sites["a"][name])


def test_stages_count_from_their_date_their_lead_and_the_stage_they_need():
    stage = {"site": "a", "kind": "firm", "earliest_energised": FIRST}
    stages = (
        Stage(stage="one", power_mw=10, commit_lead_q=1, **stage),
        Stage(stage="two", power_mw=20, **{**stage, "earliest_energised": "2026Q3"}, needs_stage="three"),
        Stage(stage="three", power_mw=0, commit_lead_q=3, **stage),
    )
    assert limit("grid", stages=stages) == [0.0, 5.0, 5.0, 15.0]


def test_of_a_nonfirm_stage_and_the_firm_one_that_ends_it_the_larger_counts():
    stages = (
        Stage(
            site="a", stage="early", kind="nonfirm", power_mw=8, earliest_energised=FIRST, replaced_by="late"
        ),
        Stage(site="a", stage="late", kind="firm", power_mw=20, earliest_energised="2027Q3"),
    )
    assert limit("grid", stages=stages) == [4.0, 4.0, 10.0, 10.0]


def test_generation_that_needs_no_sun_counts_as_power():
    offer = {"site": "a", "capital_m_per_mw": 1.0, "limit_mw": 6.0, "earliest_energised": FIRST}
    offers = (
        GenerationOffer(tech="engine", lead_q=2, **offer),
        GenerationOffer(tech="pv", profile="solar", **offer),
    )
    assert limit("grid", generation=offers) == [0.0, 0.0, 3.0, 3.0]


def test_shells_wait_for_their_gates_and_the_supply_after_them():
    items = (
        Item(item="shell", site="a", capital_m_per_unit=1, lead_q=1, start_units=2),
        Item(
            item="electrical", site="a", capital_m_per_unit=1, lead_q=1, start_units=1,
            pipeline_units=4, pipeline_quarter="2027Q3",
        ),
    )  # fmt: skip
    gates = (Gate(site="a", gate="permit", lead_q=1, earliest_start=FIRST),)
    supply = (
        Supply(resource="shell", amounts={FIRST: 5}),
        Supply(resource="electrical", amounts={FIRST: 7}),
    )
    found = reach(portfolio(items=items, gates=gates, supply=supply))
    assert list(found.sites["a"]["shell"]) == [2.0, 2.0, 7.0, 12.0]
    assert list(found.sites["a"]["electrical"]) == [1.0, 8.0, 19.0, 26.0]
    assert list(found.together_mw) == [0.0, 0.0, 0.0, 0.0]
    assert found.together_by == ("each site",) * 4


def test_without_a_supply_table_nothing_but_the_lead_holds():
    assert limit("shell") == [0.0, np.inf, np.inf, np.inf]


def test_transformers_count_by_their_power_factor_beside_generation():
    items = (Item(item="hv", site="a", capital_m_per_unit=1, lead_q=9, start_units=12),)
    assert limit("hv", items=items) == [3.0, 3.0, 3.0, 3.0]


def test_servers_come_at_the_pace_of_the_quickest_generation_and_supplier():
    sold = {"capital_m_per_mw": 1.0, "launch": FIRST, "revenue_m_per_mw_year": 1.0, "last_order": "2027Q4"}
    servers = (
        Server(generation="slow", first_order=FIRST, lead_q=3, **sold),
        Server(generation="quick", first_order="2027Q2", lead_q=2, **sold),
    )
    suppliers = (Supplier(resource="servers", supplier="s", from_quarter=FIRST, lead_delta_q=-1),)
    supply = (Supply(resource="servers", amounts={FIRST: 10}),)
    found = limit("servers", servers=servers, suppliers=suppliers, supply=supply)
    assert found == [3.0, 3.0, 23.0, 33.0]


def test_land_crew_and_fibre_hold_too():
    site = Site(name="a", land_ha=2, it_mw_per_ha=10, crew_mw=4, it_start_mw=1)
    gates = (Gate(site="a", gate="fibre", lead_q=2, earliest_start=FIRST),)
    limits = reach(portfolio(sites=(site,), gates=gates)).sites["a"]
    assert list(limits["land"]) == [20.0] * 4
    assert list(limits["crew"]) == [5.0, 9.0, 13.0, 17.0]
    assert list(limits["fibre"]) == [0.0, 0.0, np.inf, np.inf]


def test_a_shared_limit_is_counted_once_for_all_sites():
    sites = tuple(Site(name=name, land_ha=1, it_mw_per_ha=10) for name in "ab")
    items = tuple(
        Item(item=item, site=site, capital_m_per_unit=1, start_units=start)
        for site in "ab"
        for item, start in (("shell", 9), ("electrical", 2))
    )
    stages = tuple(Stage(site=s, stage="x", kind="firm", power_mw=50, earliest_energised=FIRST) for s in "ab")
    sold = {"first_order": "2026Q1", "last_order": "2029Q1", "launch": FIRST, "revenue_m_per_mw_year": 1.0}
    servers = (Server(generation="g", lead_q=0, capital_m_per_mw=1, **sold),)
    supply = (Supply(resource="electrical", amounts={FIRST: 3}),)
    found = reach(portfolio(sites=sites, items=items, stages=stages, servers=servers, supply=supply))
    assert list(found.together_mw) == pytest.approx([7.0, 10.0, 13.0, 16.0])
    assert found.together_by == ("electrical",) * 4


def test_a_site_given_by_a_campus_file_is_left_out():
    sites = (Site(name="a"), Site(name="b", campus="b.yaml"))
    assert set(reach(portfolio(sites=sites)).sites) == {"a"}
