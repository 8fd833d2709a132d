"""The design: which mix of floor, ramps, rack storage and battery keeps the codes at the least cost.

Needs    campus, prove.compliance, prove.smoothing (demand, mix, plan, price, search, trial).
Gives    design_smoothing.
Used by  the door of prove.smoothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wattstack.campus import Campus, transient_faults
from wattstack.errors import Fault, InputError
from wattstack.prove.compliance import read_code, site_point
from wattstack.prove.smoothing.demand import all_jobs, read_demand, stop_needs
from wattstack.prove.smoothing.mix import Layer, Mix, trial_campus
from wattstack.prove.smoothing.plan import SmoothingPlan
from wattstack.prove.smoothing.price import PARTS, Option, options_of, prices_of
from wattstack.prove.smoothing.search import Candidate, Search, duty_of
from wattstack.prove.smoothing.trial import JUDGED_OUTCOMES, Ground, Trial, run_trial, run_whole
from wattstack.twin.transient import micro_cycles
from wattstack.work import progress

CHEMISTRIES = ("lto-2026", "edlc")
CYCLE_S = 120.0  # window in which cycles are counted
WHERE_NONE = ("lfp-grid-2026", *CHEMISTRIES)  # of a campus without a battery
NOTES = (
    "Judged by the twin: normal running, a checkpoint, a crash with its restart, a stop in order and a start of the "
    "largest job, two seeds; voltage and frequency of the grid stand still.",
    "Wear is linear in throughput, as the plan counts it; what cycles of seconds do to the cells stands in cycles.",
)


def design_smoothing(
    campus: Campus,
    codes: Sequence | None = None,
    margin_frac: float = 0.05,
    prices: Mapping[str, float] | None = None,
    chemistries: Sequence[str] | None = None,
    ground: Mapping | None = None,
) -> SmoothingPlan:
    """Find the least-cost mix that keeps every rule of the codes that power alone can break (T1 to T7, T12).

    Args:
        campus: With jobs, a grid connection with frequency_hz and short_circuit_mva.
        codes: Grid codes, names or entries; absent = those of the campus.
        margin_frac: Least margin over every limit.
        prices: energy_per_mwh, value_per_gpu_h, rack_per_mwh, rack_per_mw that rule over what is found.
        chemistries: Of a further battery; absent = LTO and EDLC, and LFP where the campus has no battery. Beside a
            backup they are looked at only, for `wattstack plan` gives a backup to one battery; named here they may win.
        ground: step_s, seed, together of the trials.

    Returns:
        SmoothingPlan; where nothing passes the mix that comes nearest, with the rules it does not keep.

    Raises:
        InputError: What keeps the campus from being run or judged: all faults at once.

    Example:
        >>> design_smoothing(read_campus("campus.yaml"), ["ercot-lcl-10mw"]).passes   # doctest: +SKIP
        True
    """
    codes = _codes(campus, codes)
    _require(campus, codes)
    site = site_point(campus)
    shared = Ground(campus, codes, site, read_demand(codes, site), **dict(ground or {}))
    paid = prices_of(campus, prices)
    shown = chemistries is None and bool(campus.battery) and campus.duties.backup is not None
    if chemistries is None:
        chemistries = CHEMISTRIES if campus.battery else WHERE_NONE
    with progress(f"Smoothing of {campus.name}", total=None) as bar:
        search = Search(shared, paid, options_of(campus, chemistries, paid, shown), margin_frac, bar)
        before = run_trial(shared, Layer(), None, None)
        if before.found.worst() is None:
            raise InputError("codes", [_nothing(before)])
        best = search.run(before)
    return _plan(shared, search, before, best, paid)


def _codes(campus: Campus, codes: Sequence | None) -> Sequence:
    if codes is None:
        codes = campus.grid.codes if campus.grid is not None else ()
    if not codes:
        raise InputError("smooth", ["names no grid code: give codes, or grid.codes in the campus file."])
    return codes


def _nothing(before: Trial) -> str:
    """Why no rule can be designed for."""
    whole = "have no rule that power alone breaks (T1 to T7, T12)"
    why = list(dict.fromkeys(f"{v.code} {v.note}" for v in before.found.verdicts if v.note))
    if why:
        whole += f" and that can be judged here ({'; '.join(why)})"
    return f"{whole}: nothing to design. Name other codes: `wattstack library grid-codes`."


def _require(campus: Campus, codes: Sequence) -> None:
    """All that keeps a campus from being designed, at once."""
    faults = []
    if campus.grid is None:
        faults.append(Fault("grid", "is missing, must be given: an island has no point of connection."))
    faults += transient_faults(campus)
    if not any(True for _ in all_jobs(campus)):
        faults.append(Fault("load", "has no jobs, must have one to be smoothed. Give a hall jobs."))
    for code in codes:
        try:
            read_code(code)
        except InputError as error:
            faults += [Fault(f"{error.source} {fault.where}".strip(), fault.what) for fault in error.faults]
    if faults:
        raise InputError(campus.source, faults)


def _plan(shared: Ground, search: Search, before: Trial, best: Candidate, paid) -> SmoothingPlan:
    campus, mix, trial, option = shared.campus, best.mix, best.trial, best.option
    duty = duty_of(best)
    planned, sized = search.campuses(best)
    if duty:
        duty |= {"soc_low_frac": trial.soc[0], "soc_high_frac": trial.soc[1]}
    passes = trial.margin_frac >= search.margin_frac
    notes = [*NOTES, *paid.notes]
    notes += _dearer(search, best)
    if passes and mix.storage:
        whole = run_whole(shared, sized, mix.loop)
        notes.append(
            "With every size at its least, backup and smoothing stacked, the whole campus has a margin of "
            f"{whole.margin_frac:.0%} to {whole.ruled_by}."
        )
    return SmoothingPlan(
        name=campus.name, currency=campus.currency, codes=tuple(read_code(code).name for code in shared.codes),
        passes=passes, mix=mix, costs={part: best.costs.get(part, 0.0) for part in PARTS}, duty=duty,
        margin_frac=trial.margin_frac, ruled_by=trial.ruled_by, found=trial.found, before=before.found,
        short=() if passes else _short(trial, search.margin_frac),
        alternatives=search.alternatives(best), stops=stop_needs(campus, shared.codes, shared.site), prices=paid,
        cycles=_cycles(shared, mix, option), campus_planned=planned, campus_sized=sized,
        waves={"before": _beside(shared, mix, before).wave, "after": trial.wave}, trials=search.trials,
        notes=tuple(notes),
    )  # fmt: skip


def _beside(shared: Ground, mix: Mix, before: Trial) -> Trial:
    """The campus as it is, through the same seconds as the chosen mix."""
    if mix.loop is None:
        return before
    return run_trial(shared, Layer(), None, None, with_stop=True, as_long_as=mix.loop)


def _dearer(search: Search, best: Candidate) -> list[str]:
    """That a further battery, only looked at, would have cost less."""
    cheaper = [
        row for row in search.rows if row.passes and row.mix.chemistry and row.cost_per_year < best.cost
    ]
    if not cheaper or best.mix.chemistry:
        return []
    row = min(cheaper, key=lambda one: one.cost_per_year)
    return [
        f"A further battery of {row.mix.chemistry} with {row.mix.power_mw:,.3g} MW and {row.mix.energy_mwh:,.3g} MWh "
        f"would cost {row.cost_per_year / best.cost:.0%} of it by itself. It is not chosen: the plan gives a backup "
        f"to one battery; ask for it by --fast {row.mix.chemistry}."
    ]


def _short(trial: Trial, margin_frac: float) -> tuple[dict, ...]:
    """Rules that the nearest mix does not keep with the margin."""
    return tuple(
        {"code": v.code, "rule": v.rule, "text": v.text, "value": v.value, "limit": v.limit, "unit": v.unit,
         "margin_asked_frac": margin_frac}
        for v in trial.found.verdicts
        if v.outcome in JUDGED_OUTCOMES and (v.margin_frac is None or v.margin_frac < margin_frac)
    )  # fmt: skip


def _cycles(shared: Ground, mix: Mix, option: Option | None) -> dict[str, float]:
    """Cycles of the slice in a year, from a window of milliseconds and the stops of the jobs."""
    if option is None or mix.power_mw <= 0.0:
        return {}
    campus = trial_campus(
        shared.campus, mix.layer, mix.loop, option.sized(mix.power_mw, mix.energy_mwh), 480.0
    )
    # failures of the jobs as declared: their stops are cycles too
    loads = {
        name: load.model_copy(update={"jobs": shared.campus.load[name].jobs})
        if hasattr(load, "jobs")
        else load
        for name, load in campus.load.items()
    }
    found = micro_cycles(campus.model_copy(update={"load": loads}), CYCLE_S, shared.seed).get("slice")
    if found is None:
        return {}
    return {
        "full_cycles_per_year": found.full_cycles_per_h * 8760.0,
        "cycles_per_year": float(found.per_h.sum()) * 8760.0,
        "deepest_frac": float(found.depth.max(initial=0.0)),
        "loss_mw": found.loss_mw,
    }
