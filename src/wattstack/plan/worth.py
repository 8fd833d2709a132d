"""What each limit is worth and how flat the optimum is, by solving again.

Needs    plan.cuts.Search (cuts stay valid when a bound moves, so a re-solve takes a few rounds).
Gives    marginal_values, bound_values, sizing_curve, least_cost, money_words.
Used by  plan.site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

from wattstack.cost import size_costs
from wattstack.errors import InfeasibleError
from wattstack.plan.cuts import Search
from wattstack.plan.result import MarginalValue
from wattstack.plan.tables import unit_of

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.campus import Campus
    from wattstack.dispatch import Dispatch

FINE, COARSE = 1e-7, 1e-5  # gap of the re-solves that price a limit, and of those that look for its range
NEGLIGIBLE = 2e-7  # share of the yearly cost per unit below which a limit is said not to bind
CURVE_AT = (0.5, 0.7, 0.85, 1.15, 1.3, 1.5)  # of the planned size
WORDS = {
    "grid.connection.firm_mw": "firm connection",
    "grid.connection.nonfirm_mw": "non-firm connection",
}


def words_of(path: str) -> str:
    """A size in words: "battery main, energy"."""
    if path in WORDS:
        return WORDS[path]
    if path.startswith("grid.tariff.contract."):
        return f"contracted power {path.split('.')[3]}"
    room, name, what = path.split(".")
    return f"{room} {name}" + (", energy" if what == "energy_mwh" else ", power" if room == "battery" else "")


def money_words(value: float, currency: str) -> str:
    """An amount with three digits and its scale: "41.2 M JPY"."""
    for scale, sign in ((1e9, " bn"), (1e6, " M"), (1e3, " k"), (1.0, "")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{sign} {currency}"
    return f"{value:.2g} {currency}"


def least_cost(search: Search) -> float:
    """Least yearly cost within the search's own bounds, parts of units allowed."""
    search.refresh()
    search.descend(FINE)
    return search.objective


class _Probe:
    """Re-solves with one size held at another value, and puts the search back as it was."""

    def __init__(self, search: Search, path: str, report: Callable[[], None]):
        self.search, self.path, self.report = search, path, report
        j = search.index[path]
        self.column = j
        self.bounds = (float(search.lower[j]), float(search.upper[j]))

    def at(self, value: float, aim: float = COARSE) -> tuple[float, float]:
        """Least yearly cost with the size held at value, and what one more unit of it then saves.

        Where another limit forbids the value the cost is endless and one more unit saves less than nothing.
        """
        self.search.rebound(self.path, value, value)
        self.report()
        try:
            self.search.descend(aim)
        except InfeasibleError:
            return inf, -inf
        self.search.master.solve()
        return self.search.objective, -float(self.search.master.reduced_costs()[self.column])

    def back(self) -> None:
        self.search.rebound(self.path, *self.bounds)


def marginal_values(
    search: Search,
    sizes: Mapping[str, float],
    currency: str,
    report: Callable[[], None] = lambda: None,
) -> tuple[MarginalValue, ...]:
    """Worth of one more unit of every size that stands, stops at a bound or comes in whole units; other planned
    sizes are at their optimum.

    Args:
        search: A finished search, without whole units.
        sizes: The plan's sizes by path (no peaks).
        currency: For the sentences.
        report: Called after each re-solve.
    """
    values = []
    objective = least_cost(search)
    in_units = {column.name for column in search.model.columns if column.block is not None}
    for path, value in sizes.items():
        j = search.index[path]
        lower, upper = float(search.lower[j]), float(search.upper[j])
        near = 1e-6 * (1.0 + upper)
        if lower < upper and lower + near < value < upper - near and path not in in_units:
            values.append(_inside(path, value))
        else:
            probe = _Probe(search, path, report)
            here = probe.at(value, FINE)[0] if path in in_units else objective
            values.append(_at_bound(probe, (lower, upper), value, here, currency))
            probe.back()
    return tuple(values)


def _inside(path: str, value: float) -> MarginalValue:
    unit = unit_of(path)
    text = f"{_sentence(words_of(path))}: at the planned {value:.4g} {unit} one more {unit} costs as much as it saves."
    return MarginalValue(path, value, unit, 0.0, None, text)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _at_bound(
    probe: _Probe, bounds: tuple[float, float], value: float, objective: float, currency: str
) -> MarginalValue:
    path, unit = probe.path, unit_of(probe.path)
    named = words_of(path)
    saved = objective - probe.at(value + 1.0, FINE)[0]
    if saved == -inf:
        text = (
            f"{_sentence(named)}: more than {value:.4g} {unit} is against another limit of the campus file."
        )
        return MarginalValue(path, value, unit, 0.0, None, text)
    if bounds[0] < bounds[1] and value <= bounds[0] + 1e-6 * (1.0 + bounds[1]):
        text = f"{_sentence(named)}: one {unit} more than the planned {value:.4g} {unit} would "
        text += f"cost {money_words(-saved, currency)} a year more than it saves."
        return MarginalValue(path, value, unit, saved, None, text)
    if abs(saved) <= NEGLIGIBLE * abs(objective):
        text = f"One more {unit} of {named} is worth nothing: {value:.4g} {unit} do not bind."
        return MarginalValue(path, value, unit, max(saved, 0.0), None, text)
    if saved < 0.0:
        text = f"One more {unit} of {named} costs {money_words(-saved, currency)} a year more than it saves."
        return MarginalValue(path, value, unit, saved, None, text)
    until = _until(probe, value, saved)
    text = f"One more {unit} of {named} is worth {money_words(saved, currency)} a year"
    text += (
        f", until {until:.4g} {unit}."
        if until is not None
        else f", and so on beyond {4 * value + 4:.4g} {unit}."
    )
    return MarginalValue(path, value, unit, saved, until, text)


def _until(probe: _Probe, value: float, worth: float) -> float | None:
    """Size at which one more unit is worth less than half of what it is worth now, to 2 % of the way."""
    step, low = 1.0, value
    while True:
        high = value + step
        if probe.at(high)[1] < 0.5 * worth:
            break
        low, step = high, 4.0 * step
        if step > 4.0 * value + 4.0:
            return None
    while high - low > 0.02 * (high - value) + 0.25:
        middle = 0.5 * (low + high)
        if probe.at(middle)[1] < 0.5 * worth:
            high = middle
        else:
            low = middle
    return high


def bound_values(
    campus: Campus, sizes: Mapping[str, float], runs: Sequence[tuple[float, Dispatch]], currency: str
) -> tuple[MarginalValue, ...]:
    """Worth of one more unit from the prices of one solve, where re-solving is too dear: no range is given.

    Args:
        campus: For the yearly cost of a unit.
        sizes: The plan's sizes by path.
        runs: Weight by the year and running of each scenario.
        currency: For the sentences.
    """
    costs = size_costs(campus)
    values = []
    for path, value in sizes.items():
        saved = -sum(weight * run.gradient.get(path, 0.0) for weight, run in runs) - costs.get(path, 0.0)
        unit = unit_of(path)
        if abs(saved) < 0.5:
            verb = "is worth nothing"
        else:
            verb = f"{'is worth' if saved > 0.0 else 'costs'} {money_words(abs(saved), currency)} a year"
        text = f"One more {unit} of {words_of(path)} {verb} at the margin (not re-solved)."
        values.append(MarginalValue(path, value, unit, saved, None, text))
    return tuple(values)


def sizing_curve(
    search: Search | None,
    sizes: Mapping[str, float],
    paths: Sequence[str],
    report: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Least yearly cost with one planned size held around its optimum, all others chosen anew.

    Args:
        search: A finished search, without whole units; may be None where no path is asked for.
        sizes: The plan's sizes by path.
        paths: Planned sizes to go round.
        report: Called after each re-solve.

    Returns:
        DataFrame with columns path, value, objective; the optimum itself is one of the rows.
    """
    import pandas as pd

    rows = []
    objective = least_cost(search) if paths else 0.0
    for path in paths:
        best = sizes[path]
        rows.append((path, best, objective))
        if best <= 1e-6:
            continue
        probe = _Probe(search, path, report)
        for factor in CURVE_AT:
            value = factor * best
            if probe.bounds[0] <= value <= probe.bounds[1]:
                rows.append((path, value, probe.at(value)[0]))
        probe.back()
    rows = [row for row in rows if row[2] < inf]
    table = pd.DataFrame(rows, columns=["path", "value", "objective"])
    return table.sort_values(["path", "value"], kind="stable", ignore_index=True)
