"""A portfolio of two sites over eight quarters, and a plan of it made by hand: its arithmetic is done here again."""

from __future__ import annotations

import numpy as np

from wattstack.plan.portfolio.result import PortfolioPlan, PortfolioRound
from wattstack.portfolio import (
    Calendar,
    Compute,
    Factory,
    Gate,
    GenerationOffer,
    Item,
    Money,
    Portfolio,
    Segment,
    Server,
    Site,
    Stage,
    StorageOffer,
    Supplier,
    Week,
)

COUNT = 8
RATE, DEPOSIT = 0.08, 0.25


def week(name: str, weight: float, low: float, step_h: float = 1.0) -> Week:
    """A week with a dear evening, sun from 6 to 18, and non-firm power that falls to `low` in the evening."""
    hour = np.arange(0.0, 168.0, step_h) % 24.0
    sun = np.maximum(np.sin((hour + step_h / 2 - 6.0) / 12.0 * np.pi), 0.0) * (hour >= 6) * (hour < 18)
    evening = (hour >= 17) & (hour < 21)
    return Week(name, weight, step_h, 1.0 + 0.5 * evening, 0.6 * sun, np.where(evening, low, 1.0))


def portfolio(**changes) -> Portfolio:
    """Sakai has halls, stages, batteries, gas, sun and the factory; Bosquel has halls and a gate."""
    weeks = (week("normal", 11, 1.0), week("stress", 2, 0.3))
    parts = {
        "name": "hand",
        "currency": "USD",
        "calendar": Calendar("2029Q3", COUNT, 4),
        "money": Money(
            discount_rate_frac=RATE, deposit_frac=DEPOSIT, battery_target_m=100.0, battery_target_year=2030,
            credit_limit_m=9000.0, capital_budget_m={2030: 1e6},
        ),
        "compute": Compute(gpus_per_mw=400.0, load_factor=0.8, fixed_m_per_mw_year=0.4),
        "sites": (
            Site(
                name="sakai", country="JP", latitude_deg=34.6, longitude_deg=135.5, pue=1.25, price_per_mwh=80.0,
                grid_fee_per_mwh=30.0, it_start_mw=5.0, servers_start_mw=10.0, reserve_mwh_per_mw=0.5,
            ),
            Site(name="bosquel", country="FR", latitude_deg=49.7, longitude_deg=2.2, pue=1.1, price_per_mwh=60.0),
        ),
        "items": (
            Item(item="shell", site="sakai", unit="MW IT", capital_m_per_unit=2.0, lead_q=1, start_units=20.0),
            Item(item="hv", site="sakai", capital_m_per_unit=0.1, lead_q=2, start_units=50.0),
            Item(item="shell", site="bosquel", capital_m_per_unit=3.0, lead_q=2),
        ),
        "stages": (
            Stage(site="sakai", stage="old", kind="firm", power_mw=30.0, earliest_energised="2029Q3"),
            Stage(
                site="sakai", stage="early", kind="nonfirm", power_mw=20.0, earliest_energised="2029Q4",
                commit_lead_q=1, capital_m=8.0,
            ),
        ),
        "gates": (Gate(site="bosquel", gate="permit", capital_m=4.0, lead_q=2, earliest_start="2029Q3"),),
        "servers": (
            Server(
                generation="B300", first_order="2029Q3", last_order="2030Q4", lead_q=1, capital_m_per_mw=20.0,
                launch="2029Q3", revenue_m_per_mw_year=12.0, revenue_fall_frac=0.1,
            ),
        ),
        "storage": (
            StorageOffer(
                chemistry="lfp", origin="market", site="sakai", cost_per_kwh=190.0, cost_year=2029,
                cost_fall_frac=0.06, lead_q=1, duration_h=2.0, roundtrip_eff=0.87,
            ),
            StorageOffer(
                chemistry="zinc", origin="own", site="sakai", integration_per_kwh=70.0, lead_q=1, duration_h=4.0,
                roundtrip_eff=0.8, indoor_ok=True,
            ),
        ),
        "generation": (
            GenerationOffer(
                site="sakai", tech="engine", capital_m_per_mw=1.9, lead_q=2, running_per_mwh=125.0, limit_mw=40.0,
                earliest_energised="2029Q3",
            ),
            GenerationOffer(
                site="sakai", tech="pv", capital_m_per_mw=1.1, lead_q=1, limit_mw=25.0,
                earliest_energised="2029Q3", profile="pv",
            ),
        ),
        "suppliers": (
            Supplier(resource="servers", supplier="one", from_quarter="2029Q3"),
            Supplier(
                resource="servers", supplier="two", from_quarter="2029Q3", price_factor=1.1, lead_delta_q=1
            ),
        ),
        "factory": Factory(
            name="works", line_gwh_per_year=1.0, committed_lines=2, committed_start="2029Q4", line_capital_m=48.0,
            subsidy_frac=0.25, line_lead_q=3, ramps={"base": (0.5, 0.9)}, material_per_kwh=100.0,
            conversion_start_per_kwh=160.0, learning_frac=0.2, warranty_frac=0.03, stock_limit_gwh=0.5,
        ),
        "segments": (
            Segment(
                segment="grid", tranche="1", price_per_kwh=300.0, price_year=2029, price_change_frac=-0.1,
                access_gwh={2029: 0.2, 2030: 0.4, 2031: 0.5},
            ),
            Segment(segment="grid", tranche="2", price_per_kwh=200.0, price_year=2029, access_gwh={2030: 0.4}),
            Segment(segment="export", tranche="1", price_per_kwh=165.0, price_year=2029, access_gwh={2030: 0.4}),
        ),
        "first_stage_q": 2,
        "weeks": {(c, s): weeks for c in ("JP", "FR") for s in (1, 2, 3, 4)},
        "exchange": {"JPY": 1 / 150.0, "EUR": 1.1},
        "synthetic": ("profiles",),
        "sources": {"S1": {"publisher": "nobody", "fact": "5 MW"}},
    }  # fmt: skip
    return Portfolio(**{**parts, **changes})


def at(**amounts: float) -> np.ndarray:
    """An array over periods with amounts at some: at(q0=5, q3=1)."""
    out = np.zeros(COUNT)
    for name, value in amounts.items():
        out[int(name[1:])] = value
    return out


def arrived(start: float, *orders: tuple[np.ndarray, int]) -> np.ndarray:
    """What is there: the start and every order a lead later."""
    out = np.full(COUNT, float(start))
    for order, lead in orders:
        out += np.concatenate([np.zeros(lead), np.cumsum(order)])[:COUNT]
    return out


class Books:
    """The cash of a plan, booked by hand."""

    def __init__(self):
        self.cash = {}

    def book(self, line: tuple[str, str, str], q: int, amount_m: float) -> None:
        self.cash.setdefault(line, np.zeros(COUNT + 1))[q] += amount_m

    def buy(self, name: str, site: str, q: int, price_m: float, lead: int) -> None:
        share = DEPOSIT if lead else 0.0
        self.book(("deposit", name, site), q, -price_m * share)
        self.book(("delivery", name, site), q + lead, -price_m * (1.0 - share))


def cash_of(sales: dict, it_mw: np.ndarray) -> dict:
    """The payments of `plan`, one by one."""
    books = Books()
    books.buy("shell", "sakai", 1, 30 * 2.0, 1)
    books.buy("hv", "sakai", 0, 20 * 0.1, 2)
    books.buy("B300", "sakai", 0, 6 * 20.0, 1)
    books.buy("B300", "sakai", 0, 4 * 20.0 * 1.1, 2)
    books.buy("B300", "sakai", 3, 10 * 20.0, 1)
    books.buy("lfp", "sakai", 0, 40 * 0.190, 1)
    books.buy("lfp", "sakai", 2, 20 * 0.190 * 0.94, 1)  # 2030: 6 % less
    books.buy("zinc", "sakai", 4, 8 * 0.070, 1)
    books.buy("engine", "sakai", 1, 12 * 1.9, 2)
    books.buy("pv", "sakai", 1, 10 * 1.1, 1)
    books.buy("early", "sakai", 0, 8.0, 1)
    books.buy("permit", "bosquel", 2, 4.0, 2)
    books.buy("line", "works", 2, 48.0 * 0.75, 3)
    books.book(("sold", "engine", "sakai"), 6, 2 * 1.5)
    for q in range(COUNT):
        years_on = max(q * 0.25, 0.0)
        books.book(("server revenue", "B300", "sakai"), q, it_mw[q] * 12.0 / 4 * 0.9**years_on)
        books.book(("fixed", "compute", "sakai"), q, -it_mw[q] * 0.4 / 4)
        books.book(("running", "", "sakai"), q, -it_mw[q] * 0.25)
    for (segment, tranche), revenue in sales.items():
        for q in range(COUNT):
            books.book(("battery revenue", segment, tranche), q, revenue[q])
    books.book(("cells", "works", ""), 3, -40.0)
    books.book(("residual", "B300", "sakai"), COUNT, 150.0)
    return books.cash


def plan(of: Portfolio | None = None, **changes) -> PortfolioPlan:
    """A plan whose amounts and cash belong together; its NPV is the discounted sum of the cash."""
    of = portfolio() if of is None else of
    servers = {"one": at(q0=6, q3=10), "two": at(q0=4)}
    there = arrived(10, (servers["one"], 1), (servers["two"], 2))
    it_mw = np.minimum(there, 22.0)
    lfp, zinc, engine, sold = at(q0=40, q2=20), at(q4=8), at(q1=12), at(q6=2)
    grid = {("grid", "1"): at(q1=0.1, q3=0.2), ("grid", "2"): at(q5=0.1), ("export", "1"): at(q4=0.05)}
    price = {
        ("grid", "1"): [300, 300, 300, 270, 270, 270, 270, 243],
        ("grid", "2"): 200.0,
        ("export", "1"): 165.0,
    }
    cash = cash_of({key: sold_gwh * price[key] for key, sold_gwh in grid.items()}, it_mw)
    amounts = {
        "order": {("shell", "sakai", ""): at(q1=30), ("hv", "sakai", ""): at(q0=20)},
        "server_order": {("B300", "sakai", name): order for name, order in servers.items()},
        "storage_order": {("lfp", "sakai", ""): lfp, ("zinc", "sakai", "works"): zinc},
        "generation_order": {("engine", "sakai", ""): engine, ("pv", "sakai", ""): at(q1=10)},
        "generation_sold": {("engine", "sakai"): sold},
        "commit": {("sakai", "early"): np.array([1.0] * 7 + [0.0])},  # absent where it could not be energised
        "start": {("bosquel", "permit"): np.array([0, 0, 1, 1, 1, 1, 0, 0.0])},
        "line_order": {("works",): at(q2=1)},
        "there": {
            ("shell", "sakai"): arrived(20, (at(q1=30), 1)),
            ("hv", "sakai"): arrived(50, (at(q0=20), 2)),
            ("shell", "bosquel"): np.zeros(COUNT),
        },
        "server_there": {("B300", "sakai"): there},
        "server_on": {("B300", "sakai"): it_mw},
        "it_mw": {("sakai",): it_mw, ("bosquel",): np.zeros(COUNT)},
        "stage_on": {("sakai", "old"): np.ones(COUNT), ("sakai", "early"): np.array([0.0] + [1.0] * 7)},
        "gate_open": {("bosquel", "permit"): np.array([0, 0, 0, 0, 1, 1, 1, 1.0])},
        "firm_mw": {("sakai",): np.full(COUNT, 20.0), ("bosquel",): np.zeros(COUNT)},
        "nonfirm_mw": {("sakai",): np.array([0.0] + [10.0] * 7), ("bosquel",): np.zeros(COUNT)},
        "generation_mw": {
            ("engine", "sakai"): arrived(0, (engine, 2), (-sold, 0)),
            ("pv", "sakai"): arrived(0, (at(q1=10), 1)),
        },
        "storage_mwh": {("lfp", "sakai"): arrived(0, (lfp, 1)), ("zinc", "sakai"): arrived(0, (zinc, 1))},
        "cycled_mwh": {("lfp", "sakai"): arrived(0, (lfp, 1)) * 0.75, ("zinc", "sakai"): np.zeros(COUNT)},
        "made_gwh": {("works",): np.array([0, 0.25, 0.2, 0.1, 0.1, 0.1, 0.0, 0.0])},
        "own_gwh": {("works",): zinc / 1000.0},
        "stock_gwh": {("works",): np.zeros(COUNT)},
        "line_start": {("works",): at(q5=1)},
        "conversion_per_kwh": {("works",): np.linspace(150.0, 115.0, COUNT)},
        "sold_gwh": grid,
        "running_m": {("sakai",): it_mw * 0.25, ("bosquel",): np.zeros(COUNT)},
    }
    npv = sum(float(values[q]) / (1 + RATE) ** (q / 4) for values in cash.values() for q in range(COUNT + 1))
    parts = {
        "portfolio": of,
        "npv_m": npv,
        "bound_m": npv + 0.001,
        "gap_frac": 1e-6,
        "whole": True,
        "amounts": amounts,
        "prices": {"shell": {("sakai",): at(q2=0.3)}, "supply": {("servers",): at(q0=1 / 3)}},
        "cash": cash,
        "solvers": {"kernel": 12, "linear": 3},
        "rounds": (
            PortfolioRound(1, npv - 5.0, npv + 10.0, 16, 0.2),
            PortfolioRound(2, npv, npv + 0.001, 3, 0.1),
        ),
        "notes": ("Orders that would arrive after the horizon do not exist.",),
        "timing": {"search": 0.3},
    }
    return PortfolioPlan(**{**parts, **changes})
