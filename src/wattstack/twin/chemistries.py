"""The same campus with one chemistry after the other in its battery, run for years, ageing not being known well.

Needs    campus.with_chemistry, library.find, physics (cell_of, Make), plan.plan_site, work.Team; twin.year,
         twin.chemistry_worth, twin.comparison.
Gives    compare_chemistries, Trial.
Used by  the package's door, cli.

Every chemistry meets the same years: one seed gives outages, failures and forecast errors, and the same draws of how
fast cells age. Each draw is a run of its own with the controller of the site, so that what a worn battery does to the
bill is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import cpu_count
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from wattstack.campus import Campus, SizeRange, largest, with_chemistry
from wattstack.errors import Fault, InputError
from wattstack.library import find
from wattstack.physics import Make, ageing_of, cell_of
from wattstack.plan import plan_site
from wattstack.twin.chemistry_worth import Priced, of_battery, present_value_of, priced
from wattstack.twin.comparison import Comparison
from wattstack.twin.year import Setting, Twin
from wattstack.work import Team, progress

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.twin.run import Run, YearOfRun


@dataclass(frozen=True, slots=True)
class Trial:
    """How chemistries are compared.

    Attributes:
        years: Passes over the axis.
        draws: Makes of cells drawn for each chemistry.
        replan: Plan the ranges of the campus anew for each chemistry; else all have the sizes of the campus' own.
        step: Step of the runs.
        seed: Of all that is drawn.
        workers: Threads; the answer is the same for any number.
    """

    years: int = 10
    draws: int = 9
    replan: bool = False
    step: str = "15min"
    seed: int = 0
    workers: int = cpu_count() or 1


class _Candidate(NamedTuple):
    """A chemistry ready to run."""

    name: str
    twin: Twin
    money: Priced
    sizes: dict[str, float]


def compare_chemistries(campus: Campus, chemistries: Sequence[str], trial: Trial | None = None) -> Comparison:
    """Run a campus with its battery replaced by each chemistry, for years, once for each of several makes of cells.

    Of several batteries the one of most energy is replaced. Prices of the battery are the library's for every
    chemistry, turned by finance.exchange. At equal sizes all have the usable energy and the power of the campus file,
    or of its plan; with `replan` every range of the file is planned for each chemistry, the battery no faster than its
    cells.

    Args:
        campus: Sizes stand, or are ranges to be planned.
        chemistries: Names of entries; the others are set against the first.
        trial: Years, draws, step, seed.

    Returns:
        Comparison: every draw, from which bands, break-even prices and conclusions follow.

    Raises:
        InputError: A chemistry is not known or named twice, no battery, nothing to plan, or no rate of exchange.
        InfeasibleError: A campus cannot be served with a chemistry, not even with perfect foresight.

    Example:
        >>> names = ["lfp-grid-2026", "zinc-halogen-eos"]                          # doctest: +SKIP
        >>> compare_chemistries(read_campus("campus.yaml"), names).conclusions()   # doctest: +SKIP
    """
    trial = trial or Trial()
    names = tuple(name.removeprefix("library:") for name in chemistries)
    battery = _battery_of(campus, names, trial)
    stages = 1 + len(names) * (1 + trial.draws * trial.years)
    with progress(f"Comparing {len(names)} chemistries", total=stages) as bar:
        base = campus if trial.replan else campus.sized(_sizes_of(campus))
        bar.advance(note="sizes")
        candidates = []
        for name in names:
            candidates.append(_candidate(base, battery, name, trial))
            bar.advance(note=name)
        runs = _run_all(candidates, trial, bar)
    rows = {(one.name, draw): runs[one.name, draw] for one in candidates for draw in range(trial.draws)}
    return _comparison(campus, battery, candidates, rows, trial)


def _battery_of(campus: Campus, names: Sequence[str], trial: Trial) -> str:
    """The battery that is replaced; all that is wrong with what was asked, at once."""
    faults = []
    if not names:
        faults.append(
            Fault("chemistries", "are none, must be one or more. wattstack library chemistries lists them.")
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [
        Fault(f"chemistries.{name}", "is named twice, must be named once. Take one out.") for name in twice
    ]
    for key in ("years", "draws"):
        if getattr(trial, key) < 1:
            faults.append(Fault(key, f"is {getattr(trial, key)}, must be 1 or more."))
    ranges = [path for path, size in campus.size_paths.items() if isinstance(size, SizeRange)]
    if trial.replan and not any(path.startswith("battery.") for path in ranges):
        what = "are all numbers, must be ranges to be planned for each chemistry. Take the file that was planned."
        faults.append(Fault("battery", what))
    by_energy = {name: largest(unit.energy_mwh) for name, unit in campus.battery.items()}
    if not any(by_energy.values()):
        faults.append(
            Fault("battery", "is missing or has no energy, must be there to be replaced. Declare one.")
        )
    if faults:
        raise InputError(campus.source, faults)
    return max(by_energy, key=lambda name: by_energy[name])


def _sizes_of(campus: Campus) -> dict[str, float]:
    """Sizes as they stand; planned where they are ranges."""
    declared = campus.size_paths
    if any(isinstance(size, SizeRange) for size in declared.values()):
        return dict(plan_site(campus, curve=False, worth=False).sizes)
    return {path: float(size) for path, size in declared.items()}


def _candidate(base: Campus, battery: str, name: str, trial: Trial) -> _Candidate:
    """One chemistry in its place: planned where asked, bound to the axis of the runs."""
    cell = cell_of(name)
    usable_frac = find("chemistries", name).values.get("usable_frac", 1.0)
    least_h = usable_frac / min(cell.discharge_c_rate, cell.charge_c_rate) if trial.replan else 0.0
    changed = with_chemistry(base, battery, name, least_h)
    sizes = _sizes_of(changed)
    if not sizes[f"battery.{battery}.energy_mwh"] * sizes[f"battery.{battery}.power_mw"] > 0.0:
        what = f"is planned at 0 with {name}: it does not pay here, so there is nothing to run. Leave it out."
        raise InputError(base.source, [Fault(f"battery.{battery}", what)])
    twin = Twin(changed.sized(sizes), step=trial.step, years=trial.years, seed=trial.seed)
    return _Candidate(name, twin, priced(changed, sizes, battery, twin.case.years), sizes)


class _Bench:
    """A candidate on which makes are run, and who is told of each year."""

    def __init__(self, candidate: _Candidate, bar: Any, lock: Lock):
        self.candidate, self.bar, self.lock = candidate, bar, lock

    def say(self, note: str) -> None:
        """One year more is done."""
        with self.lock:
            self.bar.advance(note=f"{self.candidate.name}, {note}")


def _run_all(
    candidates: Sequence[_Candidate], trial: Trial, bar: Any
) -> dict[tuple[str, int], dict[str, Any]]:
    """What every make of every chemistry came to."""
    lock = Lock()
    asked = [(one, draw) for one in candidates for draw in range(trial.draws)]
    with Team(trial.workers) as team:
        keys = [f"{one.name} {draw}" for one, draw in asked]
        for key, (one, _) in zip(keys, asked, strict=True):
            team.keep(key, _Bench(one, bar, lock))
        makes = [Make(draw, trial.draws, trial.seed) for _, draw in asked]
        told = team.map(_run_make, keys, makes)
    return {(one.name, draw): answer for (one, draw), answer in zip(asked, told, strict=True)}


def _run_make(bench: _Bench, make: Make) -> dict[str, Any]:
    """One run of all years, as rows of tables."""
    from wattstack.twin.passing import run_years

    candidate = bench.candidate
    run = run_years(candidate.twin, Setting(make=make), bench.say)
    years = [_year_row(candidate, year) for year in run.years]
    worth = present_value_of(candidate.money, run.years, [row["running_cost"] for row in years])
    return {
        "years": years,
        "worth": worth,
        "limits": [asdict(one) for one in run.limits],
        "run": _shared(run),
    }


def _shared(run: Run) -> dict[str, Any]:
    """What is the same for all draws."""
    return {"controller": run.controller, "notes": run.notes}


def _year_row(candidate: _Candidate, year: YearOfRun) -> dict[str, float]:
    """One year of one run."""
    money = candidate.money
    blocks = of_battery(year.batteries, money.path)
    lines = year.bill.by_line
    wear = sum(float(cost) for line, cost in lines.items() if str(line).startswith("wear."))
    given = float(blocks["discharged_mwh"].sum())
    # what stayed in the store taken out
    taken = float((blocks["discharged_mwh"] / blocks["round_trip_eff"]).sum())
    auxiliary = float(blocks["auxiliary_mwh"].sum())
    usable = float(blocks["usable_mwh"].sum())
    renewed = [label for label, _ in year.events if label in blocks.index and label not in money.added]
    first = len(blocks) - len([label for label in money.added if label in blocks.index])
    return {
        "year": float(year.year + 1),
        "usable_mwh": usable,
        "usable_frac": usable / candidate.sizes[f"{money.path}.energy_mwh"],
        "round_trip_eff": given / taken if taken > 0.0 else float("nan"),
        "round_trip_net_eff": given / (taken + auxiliary) if taken > 0.0 else float("nan"),
        "taken_mwh": taken,
        "discharged_mwh": given,
        "auxiliary_mwh": auxiliary,
        "running_cost": year.running_cost - wear,
        "renewed_frac": len(renewed) / first,
        "strips": float(blocks["strips"].sum()),
        "strip_h": float(blocks["strip_h"].mean()),
        "strip_late_h": float(blocks["strip_late_h"].mean()),
        "unserved_mwh": year.figures["unserved_mwh"],
    }


def _comparison(
    campus: Campus,
    battery: str,
    candidates: Sequence[_Candidate],
    told: Mapping[tuple[str, int], dict],
    trial: Trial,
) -> Comparison:
    """Tables of all draws, put together."""
    import pandas as pd

    def table(rows: Iterable[dict]) -> pd.DataFrame:
        return pd.DataFrame(list(rows))

    def of(key: tuple[str, int]) -> dict[str, Any]:
        return {"chemistry": key[0], "draw": key[1]}

    years = table({**of(key), **row} for key, one in told.items() for row in one["years"])
    limits = table({**of(key), **row} for key, one in told.items() for row in one["limits"])
    if limits.empty:
        limits = pd.DataFrame(
            columns=["chemistry", "draw", "path", "limit", "count", "duration_h", "largest", "unit"]
        )
    case = candidates[0].twin.case
    shared = told[candidates[0].name, 0]["run"]
    return Comparison(
        name=campus.name,
        description=campus.description,
        currency=campus.currency,
        battery=battery,
        chemistries=tuple(one.name for one in candidates),
        pass_years=case.years,
        replanned=trial.replan,
        sizes=pd.DataFrame({one.name: one.sizes for one in candidates}).rename_axis("path"),
        years=years.astype({"year": int}),
        worth=_break_even(table({**of(key), **one["worth"]} for key, one in told.items()), candidates),
        limits=limits,
        passports=tuple(_passport(one.name) for one in candidates),
        finance={
            "discount_rate_frac": campus.finance.discount_rate_frac,
            "capital_per_mwh": {one.name: one.money.price_per_mwh for one in candidates},
            "exchange": dict(campus.finance.exchange),
        },
        trial={
            "years": trial.years, "draws": trial.draws, "step": trial.step, "seed": trial.seed,
            "controller": shared["controller"],
        },
        inputs=case.inputs,
        library=_library(candidates),
        notes=(*shared["notes"], *_notes(campus, battery, candidates)),
    )  # fmt: skip


def _break_even(worth: pd.DataFrame, candidates: Sequence[_Candidate]) -> pd.DataFrame:
    """With the price of the cells at which each draw costs as much as the first chemistry in the same draw."""
    price = worth["chemistry"].map({one.name: one.money.price_per_mwh for one in candidates})
    first = worth[worth["chemistry"] == candidates[0].name].set_index("draw")["present_value"]
    less = worth["draw"].map(first) - worth["present_value"]
    return worth.assign(break_even_per_mwh=price + less / worth["energy_mwh"])


def _library(candidates: Sequence[_Candidate]) -> tuple[dict[str, str], ...]:
    """Passports of what the campuses used, each once."""
    found = [entry for one in candidates for entry in one.twin.campus.passports]
    return tuple({(entry["kind"], entry["name"]): entry for entry in found}.values())


def _passport(name: str) -> dict[str, Any]:
    """Where the numbers of a chemistry are from, and how sure they are."""
    entry, cell = find("chemistries", name), cell_of(name)
    sure = [row.confidence for row in cell.passport]
    law = ageing_of(cell).law
    return {
        "name": name,
        "title": entry.title,
        "status": entry.status,
        "confidence": entry.confidence,
        "date": entry.date,
        "source": entry.source,
        "parameters": len(sure),
        **{level: sure.count(level) for level in ("high", "medium", "low")},
        "low_confidence": [row.key for row in cell.passport if row.confidence == "low"],
        "law": "" if law is None else law.name,
        "law_source": "" if law is None else law.paper,
    }


def _notes(campus: Campus, battery: str, candidates: Sequence[_Candidate]) -> list[str]:
    """What a reader must know of the terms."""
    others = [name for name in campus.battery if name != battery]
    notes = [
        "Prices of the batteries are the library's, for every chemistry alike; the campus file's own are not used.",
        "A make ages faster or slower than its law: a factor on each of its rates, lognormal, sigma 0.4 between makes "
        "and 0.1 inside one: an assumption.",
    ]
    if others:
        kept = ", ".join(f"battery.{name}" for name in others)
        notes.append(f"battery.{battery} is replaced; {kept} stays as it is.")
    for one in candidates:
        unit, cell = one.twin.campus.battery[battery], cell_of(one.name)
        asked = unit.power_mw / (unit.energy_mwh * unit.nameplate_per_usable)
        if asked > cell.discharge_c_rate * (1.0 + 1e-9):
            notes.append(
                f"{one.name}: its cells give {cell.discharge_c_rate:g} of their energy an hour, the power asks for "
                f"{asked:.2g}: at equal sizes it cannot give all its power."
            )
    return notes
