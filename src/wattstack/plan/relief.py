"""When the load cannot be served: which step first, by how many MW, and the cheapest change that would mend it.

Needs    plan.cuts, plan.columns.
Gives    unserved_mw, is_short, explain_unserved.
Used by  plan.site.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import InfeasibleError
from wattstack.plan.columns import UNSERVED
from wattstack.plan.cuts import Search, Sizing
from wattstack.plan.tables import unit_of
from wattstack.plan.worth import money_words

if TYPE_CHECKING:
    from wattstack.case import Case

ALLOWED_FRAC = 1e-7  # of the load's energy: what a gap of the certificate may leave over
AIM = 1e-5


def unserved_mw(search: Search | Sizing, sizes: dict[str, float]) -> list[np.ndarray]:
    """Unserved load of each scenario at the best visit [MW]; what a floor lacks counts as well."""
    cuts = search.best_cuts if isinstance(search, Search) else search.cuts
    missing = []
    for runner, cut in zip(search.runners, cuts, strict=True):
        vector = runner.vector(sizes)
        lent_mw = cut.made[2] / runner.problem.step_h
        missing.append(runner.dispatch(cut, vector).take_mw[UNSERVED] + lent_mw)
    return missing


def is_short(missing: Sequence[np.ndarray], cases: Sequence[Case]) -> bool:
    """Whether more is missing than rounding and the certificate's gap leave over."""
    return any(m.sum() > ALLOWED_FRAC * c.load_mw.sum() for m, c in zip(missing, cases, strict=True))


def explain_unserved(search: Search, cases: Sequence[Case], missing: Sequence[np.ndarray]) -> InfeasibleError:
    """The error that says what is missing and which single change would mend it, cheapest first."""
    s = next(i for i, (m, c) in enumerate(zip(missing, cases, strict=True)) if is_short([m], [c]))
    case, short = cases[s], missing[s]
    limit = ALLOWED_FRAC * float(case.load_mw.max())
    first = int(np.argmax(short > limit))
    energy = float(short.sum() * case.axis.step_h)
    stamp = np.datetime_as_string(case.axis.stamps[first], unit="m")
    mends = _mends(search, cases)
    lines = [
        f"{case.campus.name}: the load cannot be served with what stands and what may be built.",
        f"  first at {stamp}Z (step {first}): {short[first]:.4g} MW missing; in all {int((short > limit).sum())} "
        f"steps, {energy:.4g} MWh, {float(short.max()):.4g} MW at most.",
    ]
    currency = case.campus.currency
    for path, now, then, cost in mends[:3]:
        lines.append(
            f"  mend: raise {path} from {now:.4g} to {then:.4g} {unit_of(path)}"
            + (f" (yearly cost then {money_words(cost, currency)})." if cost is not None else ".")
        )
    if not mends:
        lines.append("  no single limit mends it: raise the connection and the battery together.")
    details = {
        "first_step": first,
        "first_time": f"{stamp}Z",
        "missing_mw": float(short[first]),
        "missing_mwh": energy,
        "steps": int((short > limit).sum()),
        "mends": [{"path": p, "from": a, "to": b, "yearly_cost": c} for p, a, b, c in mends],
    }
    return InfeasibleError("\n".join(lines), details)


def _mends(search: Search, cases: Sequence[Case]) -> list[tuple[str, float, float, float]]:
    """Single limits that, raised far enough, let the load be served: path, from, to, yearly cost."""
    peak = max(float(case.load_mw.max()) for case in cases)
    found = []
    for path in search.index:
        if path.startswith(("peak.", "billed.", "cap.", "solar.")) or ":" in path:
            continue
        j = search.index[path]
        lower, upper = float(search.lower[j]), float(search.upper[j])
        if path == "grid.connection.nonfirm_mw" and upper == 0.0:
            continue
        most = upper + (24.0 if path.endswith("_mwh") else 2.0) * peak
        need, cost = _least(search, cases, path, (upper, most))
        if need is not None:
            found.append((path, upper, need, cost))
        search.rebound(path, lower, upper)
    return sorted(found, key=lambda mend: mend[3])


def _least(search: Search, cases: Sequence[Case], path: str, span: tuple[float, float]):
    """Least value of one limit with nothing missing, to 1 % of the way; (None, None) if even the most is short."""
    low, high = span
    if _short_at(search, cases, path, high):
        return None, None
    cost = search.objective
    while high - low > 0.01 * (high - span[0]) + 0.01:
        middle = 0.5 * (low + high)
        if _short_at(search, cases, path, middle):
            low = middle
        else:
            high, cost = middle, search.objective
    return high, cost


def _short_at(search: Search, cases: Sequence[Case], path: str, value: float) -> bool:
    search.rebound(path, min(float(search.lower[search.index[path]]), value), value)
    search.descend(AIM)
    return is_short(unserved_mw(search, search.sizes()), cases)
