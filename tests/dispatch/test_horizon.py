"""A horizon planned in a loop: golden cases by hand, the same answer as a year's dispatch, and nothing that raises."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.dispatch import Amount, Problem, Storage, Supply, kernel, linear_dispatch
from wattstack.dispatch.kernel.horizon import ABOVE
from wattstack.dispatch.kernel.peak import plan_peak
from wattstack.dispatch.run import kernel_dispatch

pytestmark = pytest.mark.tiny


@dataclass
class Horizon:
    """One plan: lines as (kind, cost, power), each number or series; and what plan_horizon answered."""

    load_mw: np.ndarray
    lines: list
    cap_mw: object = np.inf
    over_cap_cost: float = 200.0
    start_mwh: float = 0.0
    step_h: float = 1.0
    charge_mw: float = 1.0
    discharge_mw: float = 1.0
    floor_mwh: object = 0.0
    ceiling_mwh: float = 1.0
    charge_eff: float = 1.0
    discharge_eff: float = 1.0
    keep: float = 1.0
    wear: float = 0.0
    end_value: float = 0.0
    power_mw: np.ndarray = field(init=False)

    def __post_init__(self):
        self.load_mw = np.array(self.load_mw, float)
        n = len(self.load_mw)
        self.cost = np.array([np.broadcast_to(np.asarray(c, float), n) for _, c, _ in self.lines])
        self.mw = np.array([np.broadcast_to(np.asarray(p, float), n) for _, _, p in self.lines])
        self.cap_mw, self.floor_mwh = (
            np.array(np.broadcast_to(np.asarray(x, float), n)) for x in (self.cap_mw, self.floor_mwh)
        )
        self.scratch = kernel.new_horizon_scratch(n, [kind for kind, _, _ in self.lines])
        self.power_mw, self.price = np.full(n, 99.0), np.full(n, 99.0)
        self.plan()

    def plan(self):
        self.value = kernel.plan_horizon(
            float(self.start_mwh), float(self.step_h), self.cost, self.mw, self.load_mw, self.cap_mw,
            float(self.over_cap_cost), float(self.charge_mw), float(self.discharge_mw), self.floor_mwh,
            float(self.ceiling_mwh), float(self.charge_eff), float(self.discharge_eff), float(self.keep),
            float(self.wear), float(self.end_value), self.power_mw, self.price, self.scratch,
        )  # fmt: skip

    @property
    def missing_price(self):
        dearest = np.abs(self.cost).max() + self.over_cap_cost
        return ABOVE * (dearest + self.wear + abs(self.end_value)) + 1.0

    @property
    def lent_price(self):
        return ABOVE * (self.missing_price + self.wear) / self.charge_eff

    def problem(self):
        """The same as a year's problem: import split at the cap by hand, no rule of the kernel's used."""
        supplies = [Supply("unmet", "unserved", self.missing_price, Amount(np.inf))]
        n = len(self.load_mw)
        buys = [j for j, (kind, _, _) in enumerate(self.lines) if kind == "import"]
        within, over = np.zeros((len(self.lines), n)), np.zeros((len(self.lines), n))
        for t in range(n):
            left = self.cap_mw[t]
            for j in sorted(buys, key=lambda j: self.cost[j, t]):
                within[j, t] = min(self.mw[j, t], left)
                over[j, t] = self.mw[j, t] - within[j, t]
                left -= within[j, t]
        for j, (kind, _, _) in enumerate(self.lines):
            power = within[j] if kind == "import" else self.mw[j]
            supplies.append(Supply(f"line{j}", kind, self.cost[j], Amount(power)))
            if kind == "import":
                dear = self.cost[j] + self.over_cap_cost
                supplies.append(Supply(f"over{j}", "generator", dear, Amount(over[j])))
        unit = Storage(
            "b", Amount(self.charge_mw), Amount(self.discharge_mw), Amount(self.ceiling_mwh),
            Amount(np.minimum(self.floor_mwh, self.ceiling_mwh)), self.charge_eff, self.discharge_eff,
            self.keep ** (1.0 / self.step_h), 0.0, self.wear, min(self.start_mwh, self.ceiling_mwh),
            end_value_per_mwh=self.end_value,
        )  # fmt: skip
        return Problem(
            self.step_h, self.load_mw, tuple(supplies), (unit,), floor_slack_per_mwh=self.lent_price
        )

    def spent(self):
        """Cost of the schedule it wrote out, counted step by step."""
        s, h = self.scratch, self.step_h
        sign = np.array([-1.0 if kind == "export" else 1.0 for kind, _, _ in self.lines])
        cost = h * float((sign[:, None] * self.cost * s.take_mw).sum())
        cost += h * float(self.over_cap_cost * s.over_mw.sum() + self.missing_price * s.unmet_mw.sum())
        cost += h * self.wear * float(s.discharge_mw.sum()) + self.lent_price * float(s.lent_mwh.sum())
        return cost - self.end_value * float(s.stored_mwh[-1])


def test_energy_moves_from_the_cheap_step_to_the_dear_one():
    found = Horizon([2, 2], [("import", [10, 50], np.inf)])
    assert found.value == pytest.approx(3 * 10 + 1 * 50)
    assert found.power_mw.tolist() == [-1.0, 1.0]
    assert found.price.tolist() == [10.0, 50.0]
    assert found.scratch.take_mw.tolist() == [[3.0, 1.0]]
    assert found.scratch.stored_mwh.tolist() == [1.0, 0.0]


def test_the_battery_holds_import_below_its_cap():
    found = Horizon([2, 4], [("import", 10, 9)], cap_mw=3.0)
    assert found.scratch.take_mw.tolist() == [[3.0, 3.0]]
    assert found.scratch.over_mw.tolist() == [0.0, 0.0]
    assert found.power_mw.tolist() == [-1.0, 1.0]


def test_import_above_the_cap_costs_its_price_and_the_penalty():
    found = Horizon([5], [("import", 10, 9)], cap_mw=3.0, over_cap_cost=200.0)
    assert found.value == pytest.approx(5 * 10 + 2 * 200)
    assert found.scratch.over_mw.tolist() == [2.0]
    assert found.price.tolist() == [210.0]


def test_two_tiers_share_one_cap_and_the_cheaper_goes_first():
    tiers = [("import", 20, 3), ("import", 10, 3), ("generator", 90, 1)]
    found = Horizon([5], tiers, cap_mw=4.0, over_cap_cost=100.0)
    assert found.scratch.take_mw.tolist() == [[1.0], [3.0], [1.0]]
    assert found.scratch.over_mw.tolist() == [0.0]
    assert Horizon([5], tiers, cap_mw=3.0, over_cap_cost=100.0).scratch.over_mw.tolist() == [1.0]


def test_two_tiers_of_one_price_are_told_apart_by_their_place():
    found = Horizon([5], [("import", 10, 3), ("import", 10, 3)], cap_mw=4.0)
    assert found.scratch.take_mw.sum() == 5.0
    assert found.scratch.over_mw.tolist() == [1.0]


def test_a_connection_without_limit_has_nothing_above_no_cap():
    found = Horizon([5], [("import", 10, np.inf), ("import", 12, np.inf)])
    assert found.value == 50.0
    assert found.scratch.over_mw.tolist() == [0.0]


def test_sun_that_nobody_takes_is_sold_up_to_the_limit():
    found = Horizon([2], [("import", 60, 9), ("export", 20, 3), ("solar", 0, 7)], charge_mw=0.0)
    assert found.scratch.take_mw.tolist() == [[0.0], [3.0], [5.0]]
    assert found.value == pytest.approx(-60.0)


def test_a_sell_price_above_the_buy_price_earns_nothing_from_nothing():
    found = Horizon([2], [("import", 10, 9), ("export", 50, 3)], start_mwh=1.0)
    assert found.scratch.take_mw[0, 0] - found.scratch.take_mw[1, 0] + found.power_mw[0] == pytest.approx(2.0)
    assert found.value == pytest.approx(10.0)


def test_a_reserve_is_kept_and_one_out_of_reach_is_lent():
    held = Horizon([2, 2], [("import", [10, 50], 9)], start_mwh=1.0, floor_mwh=0.4, charge_mw=0.0)
    assert held.power_mw.tolist() == [0.0, 0.6]
    short = Horizon([2, 2], [("import", 10, 9)], floor_mwh=[0.8, 0.8], charge_mw=0.5)
    assert short.scratch.lent_mwh == pytest.approx([0.3, 0.0])
    assert short.scratch.stored_mwh.tolist() == [0.8, 0.8]
    assert short.power_mw.tolist() == [-0.5, 0.0]


def test_load_that_nothing_serves_is_told_and_raises_nothing():
    found = Horizon([5], [("import", 10, 2)], start_mwh=1.0)
    assert found.scratch.unmet_mw.tolist() == [2.0]
    assert found.power_mw.tolist() == [1.0]
    assert found.price.tolist() == [found.missing_price]


def test_more_energy_than_the_ceiling_counts_as_the_ceiling():
    found = Horizon([2, 2], [("import", [50, 10], 9)], start_mwh=1.5, floor_mwh=3.0, end_value=0.0)
    assert found.scratch.stored_mwh.tolist() == [1.0, 1.0]


def test_what_is_left_over_is_worth_the_end_value():
    dear, cheap = (
        Horizon([2], [("import", 30, 9)], start_mwh=1.0, end_value=value) for value in (40.0, 20.0)
    )
    assert dear.power_mw.tolist() == [0.0]
    assert dear.value == pytest.approx(60.0 - 40.0)
    assert cheap.power_mw.tolist() == [1.0]


def test_negative_prices_burn_energy_only_where_it_is_lost():
    found = Horizon([2], [("import", -10, 9)], start_mwh=1.0, charge_eff=0.5, floor_mwh=1.0)
    assert found.scratch.charge_mw.tolist() == [1.0]
    assert found.scratch.discharge_mw.tolist() == [0.5]
    assert found.power_mw.tolist() == [-0.5]


def test_wear_is_paid_for_what_is_discharged():
    assert Horizon([2, 2], [("import", [10, 50], 9)], wear=7.0).value == pytest.approx(87)
    assert Horizon([2, 2], [("import", [10, 50], 9)], wear=41.0).power_mw.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda h: h.load_mw.fill(np.nan),
        lambda h: h.cost.fill(np.inf),
        lambda h: h.mw.fill(np.nan),
        lambda h: h.cap_mw.fill(np.nan),
        lambda h: h.floor_mwh.fill(np.nan),
        lambda h: setattr(h, "start_mwh", np.nan),
        lambda h: h.mw[1].fill(np.inf),
    ],
)
def test_an_input_that_is_no_number_gives_no_power_and_an_endless_cost(spoil):
    found = Horizon([2, 2], [("import", [10, 50], 9.0), ("export", 5.0, 1.0)])
    spoil(found)
    found.plan()
    assert found.value == np.inf
    assert found.power_mw.tolist() == [0.0, 0.0]
    assert np.isnan(found.price).all()


def test_a_scratch_remembers_nothing():
    found = Horizon([2, 2], [("import", [10, 50], 9)])
    first = found.value, found.power_mw.tolist(), found.price.tolist()
    found.start_mwh, found.ceiling_mwh = 1.0, 2.0
    found.plan()
    assert found.value != first[0]
    found.start_mwh, found.ceiling_mwh = 0.0, 1.0
    found.plan()
    assert (found.value, found.power_mw.tolist(), found.price.tolist()) == first


def whole(draw, count, low, high, per=1.0):
    return np.array(draw(st.lists(st.integers(low, high), min_size=count, max_size=count)), float) / per


@st.composite
def horizons(draw, most_steps=7):
    """Every kind of line, loss, bound and cap, in numbers one can read. Selling never pays more than buying."""
    n = draw(st.integers(1, most_steps))
    cheap = whole(draw, n, -40, 120)
    lines = [("import", cheap, whole(draw, n, 0, 5))]
    if draw(st.booleans()):
        lines.append(("import", cheap + whole(draw, n, 0, 50), whole(draw, n, 0, 3)))
    if draw(st.booleans()):
        lines.append(("solar", 0.0, whole(draw, n, 0, 4)))
    if draw(st.booleans()):
        lines.append(("generator", 70.0, 2.0))
    if draw(st.booleans()):
        lines.append(("export", cheap - whole(draw, n, 0, 30), 2.0))
    lines.append(("unserved", 900.0, np.inf))
    efficiencies = st.sampled_from([1.0, 0.95, 0.7, 0.5])
    return Horizon(
        whole(draw, n, 0, 6),
        list(draw(st.permutations(lines))),
        cap_mw=whole(draw, n, 0, 6) if draw(st.booleans()) else np.inf,
        start_mwh=draw(st.integers(0, 5)),
        step_h=draw(st.sampled_from([1.0, 0.5, 0.25])),
        charge_mw=draw(st.integers(0, 6)) / 2.0,
        discharge_mw=draw(st.integers(0, 6)) / 2.0,
        floor_mwh=whole(draw, n, 0, 8, 4.0) if draw(st.booleans()) else 0.0,
        ceiling_mwh=draw(st.integers(4, 16)) / 4.0,
        charge_eff=draw(efficiencies),
        discharge_eff=draw(efficiencies),
        keep=draw(st.sampled_from([1.0, 0.99, 0.8])),
        wear=draw(st.sampled_from([0.0, 0.0, 8.0])),
        end_value=float(draw(st.integers(0, 60))),
    )


def money_scale(found):
    return 1.0 + found.missing_price + found.lent_price


@settings(max_examples=150, deadline=None)
@given(found=horizons())
def test_a_horizon_costs_what_the_dispatch_of_a_year_costs(found):
    year = kernel_dispatch(found.problem(), {})
    assert found.value == pytest.approx(year.value, rel=1e-9, abs=1e-9 * money_scale(found))
    assert found.price == pytest.approx(year.price_per_mwh)
    assert found.scratch.stored_price == pytest.approx(year.stored_price_per_mwh["b"])
    assert found.scratch.stored_mwh == pytest.approx(year.stored_mwh["b"], abs=1e-9)
    assert found.spent() == pytest.approx(found.value, rel=1e-9, abs=1e-9 * money_scale(found))


@settings(max_examples=60, deadline=None)
@given(found=horizons(5))
def test_a_horizon_costs_what_the_linear_programme_costs(found):
    best = linear_dispatch(found.problem(), {})
    scale = 1.0 + found.lent_price * 5.0
    assert abs(found.value - best.value) <= 1e-7 * scale


@settings(max_examples=100, deadline=None)
@given(found=horizons())
def test_power_is_balanced_and_energy_is_kept(found):
    s, h = found.scratch, found.step_h
    sign = np.array([-1.0 if kind == "export" else 1.0 for kind, _, _ in found.lines])
    given_mw = sign @ s.take_mw + s.unmet_mw
    assert given_mw + found.power_mw == pytest.approx(found.load_mw, abs=1e-9)
    before = np.append(min(found.start_mwh, found.ceiling_mwh), s.stored_mwh[:-1])
    into = found.charge_eff * s.charge_mw - s.discharge_mw / found.discharge_eff
    assert s.stored_mwh == pytest.approx(found.keep * before + h * into + s.lent_mwh, abs=1e-9)
    assert np.all(s.take_mw >= -1e-9)
    assert np.all(s.take_mw <= found.mw + 1e-9)
    assert np.all(np.abs(found.power_mw) <= max(found.charge_mw, found.discharge_mw) + 1e-9)
    imports = np.array([kind == "import" for kind, _, _ in found.lines])
    bought = s.take_mw[imports].sum(axis=0)
    assert s.over_mw == pytest.approx(np.maximum(bought - found.cap_mw, 0.0), abs=1e-9)


def raised(found, peak_price, until=None):
    """The best raise of the cap, and what it costs."""
    return plan_peak(
        float(found.start_mwh), float(found.step_h), found.cost, found.mw, found.load_mw, found.cap_mw,
        len(found.load_mw) if until is None else until, float(peak_price), float(found.charge_mw),
        float(found.discharge_mw), found.floor_mwh, float(found.ceiling_mwh), float(found.charge_eff),
        float(found.discharge_eff), float(found.keep), float(found.wear), float(found.end_value),
        found.power_mw, found.price, found.scratch,
    )  # fmt: skip


def test_a_cap_that_can_be_held_is_not_raised():
    found = Horizon([2, 4], [("import", 10, 9)], cap_mw=3.0)
    assert raised(found, 500.0) == (pytest.approx(60.0), 0.0)


def test_what_lies_above_a_cap_is_laid_flat():
    found = Horizon([8, 8, 8, 8], [("import", 10, 20)], cap_mw=7.5, start_mwh=0.5)
    cost, raise_mw = raised(found, 500.0)
    assert raise_mw == pytest.approx(0.375, abs=2e-3)
    assert found.scratch.take_mw[0] == pytest.approx([7.875] * 4, abs=2e-3)
    assert cost == pytest.approx(31.5 * 10 + 0.375 * 500.0, rel=2e-3)


def test_a_cap_is_raised_where_holding_it_is_dearer():
    lines = [("import", 10, 20), ("generator", 100, 20)]
    assert raised(Horizon([8, 8, 8], lines, cap_mw=5.0, charge_mw=0.0), 200.0)[1] == pytest.approx(
        3.0, abs=5e-3
    )
    held = Horizon([8, 8, 8], lines, cap_mw=5.0, charge_mw=0.0)
    assert raised(held, 300.0)[1] == 0.0
    assert held.scratch.take_mw[1].tolist() == [3.0] * 3


def test_the_cap_of_another_month_stays():
    found = Horizon([8, 8], [("import", 10, 20)], cap_mw=[9.0, 7.0], charge_mw=0.0)
    cost, raise_mw = raised(found, 500.0, until=1)
    assert raise_mw == 0.0
    assert found.scratch.over_mw.tolist() == [0.0, 1.0]
    assert cost == pytest.approx(160.0 + 2.0 * 500.0)


def test_a_month_is_not_raised_for_what_is_no_number():
    found = Horizon([8, 8], [("import", 10, 20)], cap_mw=7.0)
    found.load_mw[1] = np.nan
    assert raised(found, 500.0) == (np.inf, 0.0)


@settings(max_examples=60, deadline=None)
@given(found=horizons(5), peak_price=st.sampled_from([0.0, 20.0, 90.0, 400.0]))
def test_no_other_raise_costs_less(found, peak_price):
    found.cap_mw = np.minimum(found.cap_mw, 4.0)
    cost, raise_mw = raised(found, peak_price)
    found.over_cap_cost = 2.0 * peak_price / found.step_h
    cap_mw = found.cap_mw
    for other in np.append(np.linspace(0.0, 6.0, 13), raise_mw):
        found.cap_mw = cap_mw + other
        found.plan()
        slack = 1e-2 * (1.0 + peak_price) + 1e-9 * money_scale(found)
        assert cost <= found.value + peak_price * other + slack
    assert cost == pytest.approx(found.value + peak_price * raise_mw, rel=1e-9, abs=1e-9 * money_scale(found))
