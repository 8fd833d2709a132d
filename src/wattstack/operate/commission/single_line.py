"""Sign and scale of every power: what balance and steps say together, and who is named.

Needs    operate.commission.balance, bench, answer, checks.
Gives    rest_terms, terms_of, conclude.
Used by  operate.commission.run, faults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from wattstack.operate.commission.answer import Step
from wattstack.operate.commission.balance import (
    Suspect,
    Term,
    factor_of,
    limit_mw,
    named,
    residual_mw,
    suspects,
    unproved,
)
from wattstack.operate.commission.bench import Bench, power_of
from wattstack.operate.commission.checks import FAILED, NOT_DONE, PASSED, SITE, Check
from wattstack.operate.commission.nameplate import bounds_of

MEND = (
    "Turn the transformer round, or change the sign of its scale in the template; then commission it again."
)


async def rest_terms(bench: Bench, cycles: int) -> list[Term]:
    """The powers of the single line, mean of some readings, nothing being written."""
    rows = []
    for _ in range(cycles):
        await bench.cycle()
        rows.append(bench.powers())
    means = {path: [row[path] for row in rows if path in row] for path in bench.devices.live}
    return terms_of(bench, {path: float(np.mean(seen)) for path, seen in means.items() if seen})


def terms_of(bench: Bench, powers: Mapping[str, float]) -> list[Term]:
    """The single line from powers by device: one meter of the connection, no uninterruptible units."""
    meter, made = bench.meter, []
    for path, power in powers.items():
        kind = path.split(".", maxsplit=1)[0]
        if kind == "ups" or (kind == "grid" and path != meter):
            continue
        channel = power_of(bench.devices, path)
        direction, signed = -1.0 if kind == "load" else 1.0, kind in ("battery", "grid")
        made.append(Term(path, channel, direction, power, bounds_of(bench.campus, path)[channel], signed))
    return made


def conclude(bench: Bench, terms: Sequence[Term], steps: Mapping[str, Step]) -> list[Suspect]:
    """Note what balance and steps say. Returns who is wrong, as far as that is sure."""
    wrong, right = _by_steps(bench, steps)
    missing = _missing(bench, terms)
    if missing:
        said = f"cannot be struck: {', '.join(missing)} cannot be read"
        mend = "Give each load, and the connection, a device that measures it."
        bench.book.note(Check(SITE, "balance", "balance", NOT_DONE, said, mend=mend))
        _name(bench, wrong, None)
        return wrong
    off, limit = residual_mw(terms), limit_mw(terms)
    if abs(off) <= limit:
        said = f"closes: {off:+.3f} MW are over, of {sum(abs(t.power_mw) for t in terms):.4g} MW that flow"
        bench.book.note(Check(SITE, "balance", "balance", PASSED, said, off, limit, "MW"))
        _name(bench, wrong, None)
        small = [
            path for path in unproved(terms) if path not in right and path not in {s.path for s in wrong}
        ]
        _note_unproved(bench, terms, small)
        return wrong
    found = suspects(terms)
    sure = [one for one in found if any(_same(one, other) for other in wrong)]
    left = sure or [one for one in found if one.path not in right and one.other not in right]
    said = f"is off by {off:+.4g} MW"
    both = [one for one in wrong if one.channel != "setpoint_mw" and not any(_same(one, o) for o in found)]
    if len(left) == 1 or sure:
        one = left[0]
        said += f": {one.text}"
        wrong = [*wrong, *([] if any(_same(one, other) for other in wrong) else [one])]
    elif left:
        said += ". Any of these alone would close it: " + "; ".join(one.text for one in left[:6])
        said += "" if bench.options.write else ". A step of a battery (--write) tells them apart"
    elif both:
        said += ": " + "; ".join(one.text for one in both)
    else:
        said += ", and no single slip closes it: two meters are wrong, or something draws that has no meter"
    mend = "Mend what is named at its device." if wrong else "Look at the meters that are named."
    bench.book.note(Check(SITE, "balance", "balance", FAILED, said, off, limit, "MW", mend))
    _name(bench, wrong, terms)
    return wrong


def _same(one: Suspect, other: Suspect) -> bool:
    return (one.path, one.channel, one.factor) == (other.path, other.channel, other.factor)


def _by_steps(bench: Bench, steps: Mapping[str, Step]) -> tuple[list[Suspect], set[str]]:
    """Who is wrong and who is right, by their answers; each answer is noted."""
    wrong: list[Suspect] = []
    right: set[str] = set()
    for path, made in steps.items():
        if not made.level.seen_mw:
            continue
        own, seen = factor_of(made.own, 1.0), factor_of(made.seen, -1.0)
        here = named(path, own, made.meter, seen)
        crossed = [other for other, answer in made.moved.items() if factor_of(answer, 1.0) == 1.0]
        if own == 0.0 and crossed:
            here = (Suspect(path, "power_mw", float("nan"), 0.0, crossed[0]),)
        wrong += [one for one in here if not any(_same(one, other) for other in wrong)]
        accused = {one.path for one in here}
        right |= {p for p, factor in ((path, own), (made.meter, seen)) if factor == 1.0 and p not in accused}
        _note_step(bench, path, made, (own, seen))
    return wrong, right


def _note_step(bench: Bench, path: str, made: Step, factors: tuple[float, float]) -> None:
    words = []
    both = ((path, made.own, factors[0], "+1"), (made.meter, made.seen, factors[1], "-1"))
    for name, answer, factor, right in both:
        if name and isfinite(answer.slope):
            words.append(f"{name} by {answer.slope:+.3g} of it (within {max(answer.sigma, 1e-3):.2g})")
            words[-1] += (
                ""
                if factor == 1.0
                else f", {right} is right"
                if isfinite(factor)
                else ", which tells nothing"
            )
    words += [f"{other} moves with it by {answer.slope:+.3g}" for other, answer in made.moved.items()]
    unsure = any(
        name and not isfinite(factor) for name, factor in ((path, factors[0]), (made.meter, factors[1]))
    )
    good = factors[0] == 1.0 and (factors[1] == 1.0 or not made.meter) and not made.moved
    said = f"a step of {made.level.seen_mw:+.3g} MW is seen: {'; '.join(words) or 'by nobody'}"
    mend = ""
    if unsure:
        mend = "The step is too small beside what the load does: repeat with a larger --step-frac or more --pairs."
    elif not good:
        mend = "Look at what is named."
    verdict = PASSED if good else NOT_DONE if unsure else FAILED
    bench.book.note(Check(SITE, "step", path, verdict, said, mend=mend))


def _missing(bench: Bench, terms: Sequence[Term]) -> list[str]:
    """What the balance needs and does not have."""
    there = {term.path.split("#", maxsplit=1)[0] for term in terms}
    campus = bench.campus
    needed = ["grid.connection"] if campus.grid is not None else []
    for kind in ("battery", "generator", "solar", "load"):
        needed += [f"{kind}.{name}" for name in getattr(campus, kind)]
    return [asset for asset in needed if asset not in there]


def _name(bench: Bench, wrong: Sequence[Suspect], terms: Sequence[Term] | None) -> None:
    """One failed check for each that is sure to be wrong, at its device."""
    for one in wrong:
        if terms is None:
            said = f"{one.text}, by the steps of a battery"
        else:
            off = residual_mw(terms)
            said = f"{one.text}: balance is off by {abs(off):.4g} MW"
            power = next((abs(t.power_mw) for t in terms if t.path == one.path), float("nan"))
            if one.factor == -1.0 and one.channel != "setpoint_mw":
                said += f" = 2 x {power:.4g} MW"
        mend = MEND
        if abs(one.factor) not in (0.0, 1.0) and isfinite(one.factor):
            mend = f"Multiply its scale in the template by {1.0 / one.factor:g}; then commission it again."
        elif one.factor == 0.0:
            mend = "It stands still, or measures somewhere else: look where its transformer is."
        elif one.other:
            mend = "Change their addresses about, in the campus file or at the terminals."
        bench.book.note(Check(one.path, "balance", one.channel, FAILED, said, mend=mend))


def _note_unproved(bench: Bench, terms: Sequence[Term], paths: Sequence[str]) -> None:
    for term in terms:
        if term.path in paths:
            said = (
                f"reads {term.power_mw:.4g} MW, too little for its sign and scale to be proved by the balance"
            )
            mend = "Commission it again when it runs, or with --write where it can be stepped."
            bench.book.note(
                Check(term.path, "balance", term.channel, NOT_DONE, said, term.power_mw, mend=mend)
            )
