"""A campus year, step by step, with the controller in the loop: `simulate_year`.

Needs    case, control.rules, physics, plan.plan_site, twin.drive, twin.fleet, twin.kernel, twin.account.
Gives    simulate_year, Twin, Setting.
Used by  the package's door, twin.against, cli.

The controller is the site's own (control): it sees what was measured and what is forecast. The twin alone knows
what comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Campus, SizeRange, strip_faults
from wattstack.case import build_case
from wattstack.control import rule_arrays, strips_of
from wattstack.errors import Fault, InputError
from wattstack.physics import Make
from wattstack.plan import ScenarioResult, plan_site
from wattstack.twin.drive import FAR_MW, generating_units, grid_on, make_drive, metering_steps
from wattstack.twin.fleet import make_fleet, most_auxiliary_mw
from wattstack.twin.kernel import layout as out
from wattstack.twin.run import Run
from wattstack.units import STEP_S
from wattstack.work import progress

if TYPE_CHECKING:
    from wattstack.case import Case


@dataclass(frozen=True, slots=True)
class Setting:
    """What of reality is in a run; the usual is all of it.

    Attributes:
        reservoir: The plan's battery of constant efficiencies instead of cells.
        ageing: Cells age.
        foresight: Forecasts are the truth, whatever is declared.
        sure: Generators start at once and never fail, the grid is always there.
        margin: The error of the gauge is that of the battery which stands; else of the smallest that holds the reserve,
            as the plan has it.
        make: Cells of one make of many, which age faster or slower than their law; None: as it says.
        away: Times at which the grid is away, (from, to) in seconds since 1970 UTC, beside what is drawn by chance.
    """

    reservoir: bool = False
    ageing: bool = True
    foresight: bool = False
    sure: bool = False
    margin: bool = True
    make: Make | None = None
    away: tuple[tuple[float, float], ...] = ()


def simulate_year(
    campus: Campus, *, step: str = "1min", years: int = 1, seed: int = 0, scenario: str | None = None
) -> Run:
    """Run a campus over its axis with its controller, once or for several years with ageing.

    Args:
        campus: Every size stands (a plan writes such a file: out/campus.yaml).
        step: Step of the run, a whole part of the campus' own step: "1min", "5min", ...
        years: Passes over the axis; the batteries grow older, what is drawn by chance is drawn anew.
        seed: Of outages, failures and forecast errors; the same seed gives the same run.
        scenario: Name of a scenario of the campus; None = its own time and series.

    Returns:
        Run: traces of the first year, bill, balance, batteries and what happened in each, limits hit.

    Raises:
        InputError: A size is a range, the step does not fit, or a series is wrong.
        InfeasibleError: Not even with perfect foresight the campus can be served.

    Example:
        >>> from wattstack import read_campus, simulate_year                      # doctest: +SKIP
        >>> simulate_year(read_campus("out/sakai/campus.yaml"), years=10)         # doctest: +SKIP
    """
    twin = Twin(campus, step=step, years=years, seed=seed, scenario=scenario)
    return twin.run(Setting())


class Twin:
    """A campus prepared for runs: bound at the step of the run, with the plan's own running beside it.

    Args: As simulate_year.

    Attributes:
        reference: The best running with perfect foresight at the campus' own step; its peaks are the targets.
        case: The campus bound at the step of the run.
    """

    def __init__(
        self,
        campus: Campus,
        *,
        step: str = "1min",
        years: int = 1,
        seed: int = 0,
        scenario: str | None = None,
    ):
        _require_runnable(campus, step, years, scenario)
        self.seconds: dict[str, float] = {}
        began = time.perf_counter()
        self.campus = campus if scenario is None else campus.in_scenario(scenario)
        self.years, self.seed, self.scenario = years, seed, scenario
        # what is wrong with a battery is said before the work, not after the plan's runs
        self.fleet(Setting())
        whole = self.campus.model_copy(update={"scenarios": {}})
        self.reference: ScenarioResult = plan_site(whole, curve=False, worth=False).scenarios[0]
        self.seconds["plan"] = time.perf_counter() - began
        began = time.perf_counter()
        fine = whole.model_copy(update={"time": whole.time.model_copy(update={"step": step})})
        # the reserve was checked at the campus' own step; a minute above its mean is a limit to be told, no fault
        bare = fine.model_copy(update={"duties": fine.duties.model_copy(update={"backup": None})})
        self.case: Case = replace(build_case(bare), campus=fine)
        self.seconds["case"] = time.perf_counter() - began

    def run(self, setting: Setting, note: Callable[[str], None] = lambda _: None) -> Run:
        """One run of all years under a setting."""
        from wattstack.twin.passing import run_years

        began = time.perf_counter()
        with progress(f"Simulating {self.campus.name}", total=self.years) as bar:
            run = run_years(self, setting, lambda text: (bar.advance(note=text), note(text)))
        seconds = {**self.seconds, "run": time.perf_counter() - began}
        return replace(run, seconds=seconds)

    def targets(self) -> np.ndarray:
        """Interval mean to hold in each month [MW]: as declared, else as the plan would draw."""
        names = self.case.month_names
        asked = self.campus.control.peak_target_mw
        if isinstance(asked, int | float):
            return np.full(len(names), float(asked))
        planned: dict[str, float] = {}
        for column, peak in self.reference.peaks_mw.items():
            month = column.rsplit(".", 1)[-1]
            planned[month] = max(planned.get(month, 0.0), peak)
        return np.array([(asked or {}).get(n, planned.get(n, FAR_MW)) for n in names])

    def rules(self, setting: Setting, seed: int) -> out.Rules:
        """The controller as numbers."""
        kinds, params = rule_arrays(self.campus.control)
        steps, first = metering_steps(self.case)
        backup = self.campus.duties.backup
        error = backup.soc_error_frac if backup is not None and setting.margin else 0.0
        eff = min((unit.discharge_eff for unit in self.campus.battery.values()), default=1.0)
        swings = self.campus.duties.smoothing
        kept = (0.0, 0.0) if swings is None else (swings.power_mw, swings.energy_mwh)
        return out.Rules(kinds, params, steps, error, eff, seed, first, most_auxiliary_mw(self.campus), *kept)

    def drive(self, setting: Setting, year: int) -> out.Drive:
        """What comes from outside in one year."""
        on = None if setting.sure else grid_on(self.case, self.seed, year)
        if setting.away:
            on = np.ones(self.case.axis.count) if on is None else on
            begin_s, step_s = (
                self.case.axis.start.astype("datetime64[s]").astype(float),
                self.case.axis.step_s,
            )
            for from_s, to_s in setting.away:
                first, last = (max(round((moment - begin_s) / step_s), 0) for moment in (from_s, to_s))
                on[first:last] = 0.0
        drive = make_drive(self.case, on)
        backup = self.campus.duties.backup
        if backup is not None and not setting.margin:
            drive.outside[out.D_RESERVE] /= 1.0 - backup.soc_error_frac
        return drive

    def units(self, setting: Setting):
        """Generating units, and whose they are."""
        return generating_units(self.campus, sure=setting.sure)

    def fleet(self, setting: Setting):
        """Battery blocks."""
        return make_fleet(self.campus, setting.reservoir, setting.ageing, self.years, setting.make)


def _require_runnable(campus: Campus, step: str, years: int, scenario: str | None) -> None:
    """All that keeps a campus from being run, at once."""
    if scenario is not None and scenario not in campus.scenarios:
        known = ", ".join(campus.scenarios)
        must = f"must be one of: {known}." if known else "but the file declares no scenarios. Take it out."
        raise InputError(campus.source, [Fault("scenario", f"is {scenario!r}, {must}")])
    faults = [
        Fault(
            path,
            f"is a range {size.min:g} .. {size.max:g}, must be a number to be run. Plan first: wattstack plan "
            "writes a campus.yaml with the sizes in it.",
        )
        for path, size in campus.size_paths.items()
        if isinstance(size, SizeRange)
    ]  # fmt: skip
    time_ = campus.time if scenario is None else (campus.scenarios[scenario].time or campus.time)
    if step not in STEP_S:
        faults.append(Fault("step", f"is {step!r}, must be one of {', '.join(STEP_S)}."))
    elif time_.step_s % STEP_S[step]:
        faults.append(
            Fault("step", f"is {step}, must be a whole part of time.step {time_.step}. Take a shorter one.")
        )
    elif campus.control.kind == "mpc":
        faults += [
            Fault(
                f"control.{key}", f"is {value}, must be whole steps of the run ({step}). Take a shorter step."
            )
            for key, value in (("plan_step", campus.control.plan_step), ("replan", campus.control.replan))
            if STEP_S[value] % STEP_S[step]
        ]
    faults += strip_faults(campus, strips_of(campus))
    if years < 1:
        faults.append(Fault("years", f"is {years}, must be 1 or more."))
    if faults:
        raise InputError(campus.source, faults)
