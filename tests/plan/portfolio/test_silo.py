"""Teams that do not talk: each orders for the announced date with its own lead, shared out where supply is short."""

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.pencil import (
    cells,
    halls,
    item,
    other,
    plain,
    segment,
    server,
    site,
    stage,
    store,
    supply,
)
from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio.silo import Asking, silo_orders
from wattstack.portfolio import Compute, Gate, Supplier, Target


def announced(count=4, **values):
    """Forty MW announced for 2027Q3; nothing stands, everything takes a quarter."""
    target = Target(site="a", quarter="2027Q3", facility_mw=40.0)
    usual = {
        "targets": (target,), "items": halls(start_units=0.0, lead_q=1), "servers": (server(lead_q=1),), "supply": (),
    }  # fmt: skip
    return plain(count, **{**usual, **values})


def test_halls_and_servers_are_ordered_to_arrive_on_the_target_date():
    found = silo_orders(announced())
    for name in ("shell", "electrical", "cooling", "hv"):
        assert found.of("order")[name, "a", ""] == pytest.approx([0.0, 40.0, 0.0, 0.0])
    assert found.of("server_order")["g", "a", ""] == pytest.approx([0.0, 40.0, 0.0, 0.0])


def test_what_stands_and_what_is_in_the_pipeline_is_not_ordered_again():
    items = (
        *(i for i in halls(start_units=0.0, lead_q=1) if i.item != "shell"),
        item("shell", start_units=5.0, lead_q=1, pipeline_units=10.0, pipeline_quarter="2027Q2"),
    )
    found = silo_orders(announced(items=items))
    assert found.of("order")["shell", "a", ""] == pytest.approx([0.0, 25.0, 0.0, 0.0])


def test_transformers_are_ordered_in_mva_of_the_facility():
    compute = Compute(load_factor=1.0, reserve_power_frac=0.0, hv_power_factor=0.8)
    portfolio = announced(sites=(site(pue=1.25),), compute=compute)
    found = silo_orders(portfolio)
    assert found.of("order")["hv", "a", ""] == pytest.approx([0.0, 50.0, 0.0, 0.0])  # 40 MW / 0.8
    assert found.of("order")["shell", "a", ""] == pytest.approx([0.0, 32.0, 0.0, 0.0])  # 40 MW / 1.25


def test_what_supply_does_not_give_is_shared_out_pro_rata_and_asked_for_again():
    asking = Asking(
        need={"a": np.array([0.0, 30.0, 30.0, 30.0]), "b": np.array([0.0, 10.0, 10.0, 10.0])},
        lead={"a": 1, "b": 1}, there={"a": np.zeros(4), "b": np.zeros(4)}, limit=np.full(4, 20.0),
    )  # fmt: skip
    found = asking.orders()
    assert found["a"] == pytest.approx([15.0, 15.0, 0.0, 0.0])
    assert found["b"] == pytest.approx([5.0, 5.0, 0.0, 0.0])


def test_what_ends_its_life_is_asked_for_again():
    asking = Asking(
        need={"a": np.full(4, 10.0)}, lead={"a": 0}, there={"a": np.zeros(4)}, opens={"a": 1}, life=2
    )
    assert asking.orders()["a"] == pytest.approx([0.0, 10.0, 0.0, 10.0])
    assert Asking(need={}, lead={}, there={}).orders() == {}


def test_servers_are_shared_out_and_are_of_the_newest_generation_on_sale():
    servers = (
        server("old", lead_q=1, life_q=8, last_order="2027Q2"),
        server("new", lead_q=1, first_order="2027Q2", launch="2027Q2"),
    )
    found = silo_orders(announced(servers=servers, supply=(supply("servers", 25.0),)))
    assert found.of("server_order") == {("new", "a", ""): pytest.approx([0.0, 25.0, 15.0, 0.0])}
    late = (server("late", first_order="2029Q1"), server("slow", lead_q=9))
    assert silo_orders(announced(servers=late)).of("server_order") == {}


def test_shells_are_not_ordered_before_their_gates_are_open():
    gates = (
        Gate(site="a", gate="permit", lead_q=2, earliest_start="2027Q1"),
        Gate(site="a", gate="fibre", lead_q=3, earliest_start="2027Q2"),
    )
    found = silo_orders(announced(gates=gates))
    assert found.of("order")["shell", "a", ""] == pytest.approx([0.0, 0.0, 40.0, 0.0])
    assert found.of("order")["cooling", "a", ""] == pytest.approx([0.0, 40.0, 0.0, 0.0])
    assert found.of("start")["a", "permit"] == pytest.approx([1.0, 1.0, 1.0, 1.0])
    assert found.of("start")["a", "fibre"] == pytest.approx([0.0, 1.0, 1.0, 1.0])


def test_firm_stages_are_committed_for_their_earliest_date_and_nothing_stands_in():
    from tests.plan.portfolio.pencil import engine

    stages = (
        stage("x", commit_lead_q=1, earliest_energised="2027Q3"),
        stage("n", kind="nonfirm", replaced_by="x"),
    )
    items = (*halls(start_units=0.0, lead_q=1), item("shell_prefab", start_units=0.0))
    offers = (store(), store("znx", origin="own", cost_per_kwh=None))
    portfolio = announced(stages=stages, items=items, generation=(engine(),), storage=offers, factory=cells())
    found = silo_orders(portfolio)
    assert found.of("commit") == {("a", "x"): pytest.approx([0.0, 1.0, 1.0, 1.0])}
    assert not found.of("generation_order") and not found.of("generation_sold")
    assert not any(key[0] == "shell_prefab" and v.any() for key, v in found.of("order").items())
    assert not any(key[0] == "znx" for key in found.of("storage_order"))


def test_the_cheapest_battery_is_bought_for_the_reserve_up_to_the_fire_cap():
    compute = Compute(load_factor=1.0, reserve_power_frac=0.5, hv_power_factor=1.0)
    offers = (store("hd", cost_per_kwh=150.0), store("lfp", lead_q=1))
    place = site(reserve_mwh_per_mw=0.3, outdoor_limit_mwh=30.0, storage_start_mwh=5.0)
    found = silo_orders(announced(sites=(place,), storage=offers, compute=compute))
    # 40 MW x max(0.3 MWh, 0.5 x 2 h) = 40 MWh, 30 may stand, 5 do
    assert found.of("storage_order") == {("lfp", "a", ""): pytest.approx([0.0, 25.0, 0.0, 0.0])}
    indoors = silo_orders(
        announced(
            sites=(place,), storage=(offers[1].model_copy(update={"indoor_ok": True}),), compute=compute
        )
    )
    assert indoors.of("storage_order")["lfp", "a", ""].sum() == pytest.approx(35.0)


def test_orders_go_to_suppliers_of_usual_lead_the_cheapest_first():
    usual = {"resource": "servers", "from_quarter": "2027Q1"}
    suppliers = (
        Supplier(**usual, supplier="dear", price_factor=1.2),
        Supplier(**usual, supplier="cheap", share_max_frac=0.6),
        Supplier(**usual, supplier="slow", price_factor=0.5, lead_delta_q=2),
    )
    found = silo_orders(announced(suppliers=suppliers)).of("server_order")
    assert found["g", "a", "cheap"] == pytest.approx([0.0, 24.0, 0.0, 0.0])
    assert found["g", "a", "dear"] == pytest.approx([0.0, 16.0, 0.0, 0.0])
    assert ("g", "a", "slow") not in found


def test_where_only_slow_suppliers_give_enough_orders_go_out_earlier_to_them():
    suppliers = (
        Supplier(resource="servers", from_quarter="2027Q1", supplier="slow", lead_delta_q=1),
        Supplier(resource="servers", from_quarter="2027Q1", supplier="half", share_max_frac=0.5),
    )
    found = silo_orders(announced(suppliers=suppliers)).of("server_order")
    total = sum(found.values())
    assert total.sum() == pytest.approx(40.0) and total[0] > 0.0


def test_teams_told_of_a_delay_order_for_the_late_date():
    found = silo_orders(announced(5), told_q=1)
    assert found.of("order")["shell", "a", ""] == pytest.approx([0.0, 0.0, 40.0, 0.0, 0.0])
    elsewhere = silo_orders(announced(5), told_q=1, delay_of=("b",))
    assert elsewhere.of("order")["shell", "a", ""] == pytest.approx([0.0, 40.0, 0.0, 0.0, 0.0])


def test_a_target_larger_than_the_land_leaves_a_little_for_batteries():
    portfolio = announced(sites=(site(land_ha=2.0, it_mw_per_ha=10.0),))
    assert silo_orders(portfolio).of("order")["shell", "a", ""].sum() == pytest.approx(19.0)


def test_the_factory_builds_lines_for_its_own_margin():
    market = segment(access_gwh={2027: 10.0})
    portfolio = announced(factory=cells(lines_max=2), segments=(market,))
    assert silo_orders(portfolio).of("line_order")["cells",].sum() == pytest.approx(1.0)
    poor = replace(portfolio, segments=(market.model_copy(update={"price_per_kwh": 90.0}),))
    assert silo_orders(poor).of("line_order")["cells",].sum() == pytest.approx(0.0)


def test_the_own_server_line_gives_a_silo_no_more_than_it_makes():
    factory = cells(server_line_mw_per_quarter=4.0)
    suppliers = (
        Supplier(resource="servers", supplier="ax_factory", from_quarter="2027Q1", price_factor=0.5),
        Supplier(resource="servers", supplier="one", from_quarter="2027Q1"),
    )
    found = silo_orders(announced(factory=factory, suppliers=suppliers)).of("server_order")
    assert np.all(found["g", "a", "ax_factory"] <= 4.0 + 1e-9)
    assert sum(found.values()).sum() == pytest.approx(40.0)


def test_nothing_announced_is_nothing_ordered():
    found = silo_orders(plain(3, items=other("shell", start_units=0.0, lead_q=1)))
    assert not any(v.any() for kind in ("order", "server_order") for v in found.of(kind).values())


def test_servers_that_would_come_after_the_horizon_are_not_ordered():
    target = Target(site="a", quarter="2027Q4", facility_mw=40.0)
    found = silo_orders(
        announced(
            targets=(target,),
            servers=(server(lead_q=3, last_order="2027Q1"), server("late", lead_q=4, first_order="2027Q2")),
        )
    )
    assert {key[0] for key in found.of("server_order")} == {"g"}


def test_the_order_of_the_generations_in_the_file_changes_no_order():
    small = small_portfolio()
    before, after = (silo_orders(replace(small, servers=small.servers[::order])) for order in (1, -1))
    found = [orders.of("server_order") for orders in (before, after)]
    assert found[0].keys() == found[1].keys()
    assert all(np.array_equal(values, found[1][key]) for key, values in found[0].items())
