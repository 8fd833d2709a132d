"""Plans of a few steps: one written by hand, or any that hypothesis thinks of, and what plan_horizon answers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from wattstack.dispatch import Amount, Problem, Storage, Supply
from wattstack.dispatch.kernel import horizon
from wattstack.dispatch.kernel.horizon import ABOVE


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
        self.scratch = horizon.new_horizon_scratch(n, [kind for kind, _, _ in self.lines])
        self.power_mw, self.price = np.full(n, 99.0), np.full(n, 99.0)
        self.plan()

    def plan(self):
        self.value = horizon.plan_horizon(
            float(self.start_mwh), float(self.step_h), self.cost, self.mw, self.load_mw, self.cap_mw,
            float(self.over_cap_cost), float(self.charge_mw), float(self.discharge_mw), self.floor_mwh,
            float(self.ceiling_mwh), float(self.charge_eff), float(self.discharge_eff), float(self.keep),
            float(self.wear), float(self.end_value), self.power_mw, self.price, self.scratch,
        )  # fmt: skip

    @property
    def missing_price(self):
        dearest = np.abs(self.cost).max() + self.over_cap_cost
        return ABOVE * (dearest + self.wear + abs(self.end_value)) + 1.0

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
            Amount(self.scratch.limits[2].copy()), self.charge_eff, self.discharge_eff,
            self.keep ** (1.0 / self.step_h), 0.0, self.wear, min(self.start_mwh, self.ceiling_mwh),
            end_value_per_mwh=self.end_value,
        )  # fmt: skip
        return Problem(
            self.step_h, self.load_mw, tuple(supplies), (unit,), floor_slack_per_mwh=10.0 * self.missing_price
        )

    def spent(self):
        """Cost of the schedule it wrote out, counted step by step."""
        s, h = self.scratch, self.step_h
        sign = np.array([-1.0 if kind == "export" else 1.0 for kind, _, _ in self.lines])
        cost = h * float((sign[:, None] * self.cost * s.take_mw).sum())
        cost += h * float(self.over_cap_cost * s.over_mw.sum() + self.missing_price * s.unmet_mw.sum())
        cost += h * self.wear * float(s.discharge_mw.sum())
        return cost - self.end_value * float(s.stored_mwh[-1])


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
    return 1.0 + 5.0 * found.missing_price
