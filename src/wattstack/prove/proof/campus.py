"""A campus against all its grid codes: every run, one verdict a rule.

Needs    prove.compliance, prove.proof.drives, run, work.Team.
Gives    prove_compliance, CampusCompliance.
Used by  the door of prove.proof.

A rule is judged by every run that can show it, and the worst case rules. A ride-through, a return or an order passes
only where each of its runs could be judged; a limit to swings, where one could.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from wattstack.campus import Campus
from wattstack.errors import Fault, InputError
from wattstack.library import Entry
from wattstack.prove.compliance import Code, Compliance, SitePoint, Verdict, read_code, site_point
from wattstack.prove.compliance.check import none_binds
from wattstack.prove.compliance.verdict import BINDING, FAIL, NOT_APPLICABLE, NOT_MEASURABLE, PASS
from wattstack.prove.proof.drives import STEP_S, Drive, drives_of, order_drives
from wattstack.prove.proof.run import Ground, ProvedRun, run_drive
from wattstack.work import Team, cores, progress

NORMAL_S = 1200.0  # two windows of ten minutes, the longest of any rule; checkpoints every ten minutes
_EACH_RUN = ("T8", "T9", "T10", "T11", "T14", "T15")


@dataclass(frozen=True)
class CampusCompliance:
    """A campus that was proved.

    Attributes:
        campus: As it was run.
        site: Its point of connection.
        codes: By name.
        seed: Of all that is chance.
        runs: Every run with its verdicts and its wave.
        compliance: One verdict a rule, the worst over the runs.
        run_of: Name of the run that ruled, by code and rule.
        seconds: That it took.
    """

    campus: Campus
    site: SitePoint
    codes: Mapping[str, Code]
    seed: int
    runs: tuple[ProvedRun, ...]
    compliance: Compliance
    run_of: Mapping[tuple[str, str], str]
    seconds: float = field(default=0.0, compare=False)

    @property
    def unstable(self) -> tuple[str, ...]:
        """Runs that had to end because something swung without end."""
        return tuple(f"{run.drive.name}: {run.diverged}" for run in self.runs if run.diverged)

    @property
    def passed(self) -> bool:
        """Whether no rule fails and every run was stable."""
        return self.compliance.passed and not self.unstable


def prove_compliance(
    campus: Campus,
    codes: Sequence[str | Entry] | None = None,
    seconds: float = NORMAL_S,
    seed: int = 0,
    binding_only: bool = False,
    team: Team | None = None,
) -> CampusCompliance:
    """Drive a campus through all that its grid codes ask for and judge it.

    Args:
        campus: Every size stands; with jobs or serving, frequency_hz and short_circuit_mva.
        codes: As check_compliance takes them; None = grid.codes.
        seconds: Of the normal run. Rules of ten minutes need that much.
        seed: Of phases, pauses, noise, failures.
        binding_only: Leave out what is neither in force nor approved.
        team: Who runs; None: threads, as many as this process has cores.

    Raises:
        InputError: No code is named, a code is unknown or lacks its curve, or the campus lacks what the transient twin
            needs.

    Example:
        >>> from wattstack import read_campus                             # doctest: +SKIP
        >>> prove_compliance(read_campus("out/sakai/campus.yaml")).passed  # doctest: +SKIP
    """
    began = time.perf_counter()
    site = site_point(campus)
    read = _read(campus, codes, binding_only)
    ground = Ground(campus, read, site, seed)
    drives = drives_of(campus, list(read.values()), site, seconds)
    if team is None:
        with Team(workers=cores()) as own:
            runs = _all(ground, drives, own)
    else:
        runs = _all(ground, drives, team)
    compliance, run_of = _merged(ground, runs)
    return CampusCompliance(
        campus, site, read, seed, tuple(runs), compliance, run_of, time.perf_counter() - began
    )


def _read(campus: Campus, codes: Sequence[str | Entry] | None, binding_only: bool) -> dict[str, Code]:
    """Codes by name, every unknown one told at once; with binding_only without what does not bind."""
    named = campus.grid.codes if codes is None else codes
    read: dict[str, Code] = {}
    faults: list[Fault] = []
    for one in named:
        try:
            code = read_code(one)
        except InputError as error:
            faults += [Fault(f"{error.source} {fault.where}".strip(), fault.what) for fault in error.faults]
            continue
        read[code.name] = code
    if faults:
        raise InputError("grid codes", faults)
    kept = read
    if binding_only:
        kept = {
            name: replace(code, rules=tuple(rule for rule in code.rules if rule.status in BINDING))
            for name, code in read.items()
        }
    if not read:
        what = "names no rule to be proved against. Name codes: `wattstack library grid-codes`."
        raise InputError(campus.source, [Fault("grid.codes", what)])
    if not any(code.rules for code in kept.values()):
        raise InputError(campus.source, [Fault("grid.codes", none_binds(read.values()))])
    return kept


def _all(ground: Ground, drives: list[Drive], team: Team) -> list[ProvedRun]:
    """The normal run first: orders go by what it draws; then all others, the longest first, told in their order."""
    with progress(f"Proof of {ground.campus.name}", total=len(drives)) as bar:
        normal = run_drive(ground, drives[0])
        bar.advance()
        drawn_mw = float(normal.wave["power_mw"].mean())
        rest = [*drives[1:], *order_drives(ground.campus, list(ground.codes.values()), ground.site, drawn_mw)]
        keys = [f"proof.{id(ground)}.{k}" for k in range(len(rest))]
        for key in keys:
            team.keep(key, ground)
        order = sorted(range(len(rest)), key=lambda k: -rest[k].seconds / rest[k].step_s)
        ran = team.map(run_drive, [keys[k] for k in order], [rest[k] for k in order])
        bar.advance(len(rest))
    by_place = dict(zip(order, ran, strict=True))
    return [normal, *(by_place[k] for k in range(len(rest)))]


def _merged(ground: Ground, runs: Sequence[ProvedRun]) -> tuple[Compliance, dict[tuple[str, str], str]]:
    """One verdict a rule."""
    found: dict[tuple[str, str], list[tuple[str, Verdict]]] = {}
    for run in runs:
        for verdict in run.verdicts:
            found.setdefault((verdict.code, verdict.rule), []).append((run.drive.name, verdict))
    verdicts, run_of = [], {}
    for code in ground.codes.values():
        for rule in code.rules:
            name, verdict = worst_of(found[code.name, rule.name])
            verdicts.append(verdict)
            run_of[code.name, rule.name] = name
    whole_s = sum(run.wave.duration_s for run in runs)
    notes = tuple(dict.fromkeys(note for run in runs for note in run.notes))
    source = f"transient twin of {ground.campus.name}"
    return Compliance(source, True, whole_s, 1.0 / STEP_S, tuple(verdicts), notes), run_of


def worst_of(found: Sequence[tuple[str, Verdict]]) -> tuple[str, Verdict]:
    """The run that rules and its verdict.

    Args:
        found: Names of runs and the verdict of each on one rule.
    """
    judged = [(name, v) for name, v in found if v.outcome in (PASS, FAIL)]
    if not judged:
        name, verdict = min(found, key=lambda pair: pair[1].outcome == NOT_APPLICABLE)
        notes = dict.fromkeys(v.note for _, v in found)
        if len(notes) > 1:
            notes = dict.fromkeys(f"{n}: {v.note}" for n, v in found)
        return name, replace(verdict, note="; ".join(notes))
    name, worst = min(judged, key=lambda pair: (pair[1].outcome == PASS, _margin(pair[1])))
    blind = [f"{n}: {v.note}" for n, v in found if v.outcome == NOT_MEASURABLE]
    if worst.outcome == PASS and blind and worst.test in _EACH_RUN:
        note = "; ".join(["kept in the runs that could be judged, and not proved by", *blind])
        return name, replace(worst, outcome=NOT_MEASURABLE, note=note)
    return name, worst


def _margin(verdict: Verdict) -> float:
    return -inf if verdict.margin_frac is None else verdict.margin_frac
