"""Random small problems: every cost, limit, loss and end that dispatch knows, in numbers one can read."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from wattstack.dispatch import Amount, Problem, Storage, Supply

LOST_LOAD_PER_MWH = 900.0
LENT_PER_MWH = 5000.0

EFFICIENCIES = st.sampled_from([1.0, 0.95, 0.9, 0.7, 0.5])


def series(draw, count: int, low: int, high: int, per: float = 1.0) -> np.ndarray:
    """Whole numbers low .. high, divided by `per`; shape (count,)."""
    whole = st.lists(st.integers(low, high), min_size=count, max_size=count)
    return np.array(draw(whole), float) / per


@st.composite
def storages(draw, count: int, name: str = "battery.main") -> Storage:
    """A storage of planned power and energy, its floor below its ceiling in every step."""
    power, energy = f"{name}.power_mw", f"{name}.energy_mwh"
    floor = series(draw, count, 0, 4, 10.0) if draw(st.booleans()) else 0.0
    ceiling = series(draw, count, 5, 10, 10.0) if draw(st.booleans()) else 1.0
    ends = draw(st.sampled_from(["cyclic", "free", "worth", "given", "at least"]))
    start = None if ends == "cyclic" else draw(st.integers(0, 4))
    return Storage(
        name,
        charge=Amount(0.0, draw(st.sampled_from([1.0, 0.5])), power),
        discharge=Amount(0.0, 1.0, power),
        ceiling=Amount(0.0, ceiling, energy),
        floor=Amount(0.0, floor, energy),
        charge_eff=draw(EFFICIENCIES),
        discharge_eff=draw(EFFICIENCIES),
        kept_frac_per_h=draw(st.sampled_from([1.0, 0.99, 0.8])),
        wear_charge_per_mwh=draw(st.sampled_from([0.0, 0.0, 3.0])),
        wear_discharge_per_mwh=draw(st.sampled_from([0.0, 0.0, 8.0])),
        start_mwh=start,
        end_mwh=float(draw(st.integers(0, 4))) if ends in ("given", "at least") else None,
        end_at_least=ends == "at least",
        end_value_per_mwh=float(draw(st.integers(0, 60))) if ends == "worth" else 0.0,
    )


@st.composite
def sized_loads(draw, count: int) -> Amount:
    """Load that grows with a size of its own, with that of a line, or not at all."""
    name = draw(st.sampled_from([None, "halls_mw", "firm_mw"]))
    return Amount(0.0, series(draw, count, 0, 10, 10.0), name) if name else Amount()


@st.composite
def problems(draw, most_steps: int = 7, stores: tuple[str, ...] = ("battery.main",)) -> tuple[Problem, dict]:
    """A problem that the kernel holds when it has at most one storage, and sizes to run it at.

    Selling never pays more than buying. Load can always be met, at a price.
    """
    count = draw(st.integers(1, most_steps))
    cheap = series(draw, count, -40, 120)
    dear = cheap + series(draw, count, 0, 50)
    supplies = [Supply("grid.connection.firm", "import", cheap, Amount(0.0, 1.0, "firm_mw"))]
    if draw(st.booleans()):
        power = Amount(1.0, series(draw, count, 0, 1), "nonfirm_mw")
        supplies.append(Supply("grid.connection.nonfirm", "import", dear, power))
    if draw(st.booleans()):
        supplies.append(
            Supply("solar.roof", "solar", 0.0, Amount(0.0, series(draw, count, 0, 10, 10.0), "solar_mw"))
        )
    if draw(st.booleans()):
        supplies.append(Supply("generator.gas", "generator", 70.0, Amount(0.0, 1.0, "gas_mw")))
    if draw(st.booleans()):
        sell = cheap - series(draw, count, 0, 30)
        supplies.append(Supply("grid.export", "export", sell, Amount(float(draw(st.integers(0, 3))))))
    supplies.append(Supply("unserved", "unserved", LOST_LOAD_PER_MWH, Amount(np.inf)))
    caps, cap_index = (), None
    if draw(st.booleans()):
        caps = ("peak.a", "peak.b")
        cap_index = np.sort(series(draw, count, -1, 1).astype(int))
    problem = Problem(
        step_h=draw(st.sampled_from([1.0, 0.5, 0.25])),
        load_mw=series(draw, count, 0, 6),
        supplies=tuple(draw(st.permutations(supplies))),
        storages=tuple(draw(storages(count, name)) for name in stores),
        caps=caps,
        cap_index=cap_index,
        floor_slack_per_mwh=LENT_PER_MWH,
        sized_load=draw(sized_loads(count)),
    )
    sizes = {name: float(draw(st.integers(0, 40))) / 8.0 for name in problem.sizes}
    for name in stores:
        sizes[f"{name}.energy_mwh"] = 4.0 + float(draw(st.integers(0, 16))) / 4.0
    return problem, sizes


def money_scale(problem: Problem) -> float:
    """Money that could move: what a difference between two costs is measured against."""
    prices = sum(float(np.abs(np.asarray(s.cost_per_mwh)).max()) for s in problem.supplies)
    lent = problem.floor_slack_per_mwh * 5.0 * len(problem.storages)
    grown = 5.0 * float(np.sum(problem.sized_load.rate))
    return 1.0 + lent + prices * problem.step_h * (float(problem.load_mw.sum()) + grown + problem.count)
