"""One run of the transient twin, judged by the rules it was made for, and what is kept of it.

Needs    twin.transient, prove.compliance, prove.proof.drives, chain.
Gives    Ground, ProvedRun, run_drive.
Used by  prove.proof.campus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from wattstack.campus import Campus, Hall
from wattstack.prove.compliance import Code, SitePoint, Verdict, check_compliance
from wattstack.prove.compliance.verdict import NOT_MEASURABLE
from wattstack.prove.proof.chain import chain_of, spectrum_of
from wattstack.prove.proof.drives import SETTLE_S, Drive
from wattstack.series import Waveform
from wattstack.twin.transient import simulate_transient

# Of jobs, by kind of run: failures by chance where jobs are stopped and crashed; pauses too where the grid acts.
_PLAIN: Mapping[str, Mapping[str, Any]] = {"normal": {}, "jobs": {"failures_per_gpu_h": 0.0}}
_PLAINEST: Mapping[str, Any] = {"checkpoint": None, "evaluation": None, "failures_per_gpu_h": 0.0}
_LEFT_OUT = ("generator.", "load.")  # a channel a unit and a source: they would be most of what is kept


@dataclass(frozen=True)
class Ground:
    """What every run stands on."""

    campus: Campus
    codes: Mapping[str, Code]
    site: SitePoint
    seed: int


@dataclass(frozen=True)
class ProvedRun:
    """A run that was judged.

    Attributes:
        drive: What it was.
        wave: At the point of connection, with batteries and supplies; single precision.
        verdicts: One a rule of drive.judges, in that order.
        happened: Moments [s] and what happened.
        diverged: What was unstable and when; "" where nothing was.
        notes: Of the run.
        chain: Of the normal run, mean and swing from the GPUs to the grid; else None.
        spectrum: Of the normal run, lines of what is drawn and of what the campus itself does; else None.
    """

    drive: Drive
    wave: Waveform
    verdicts: tuple[Verdict, ...]
    happened: tuple[tuple[float, str], ...]
    diverged: str
    notes: tuple[str, ...]
    chain: dict[str, Any] | None = None
    spectrum: dict[str, Any] | None = None


def run_drive(ground: Ground, drive: Drive) -> ProvedRun:
    """Run and judge.

    Args:
        ground: What every run stands on.
        drive: Which it is.
    """
    campus = _without(ground.campus, _PLAIN.get(drive.kind, _PLAINEST))
    run = simulate_transient(campus, drive.events, drive.seconds, drive.step_s, ground.seed)
    wave = replace(run.wave, events=tuple(sorted((*run.wave.events, *drive.said))))
    if drive.profile is not None:
        wave = _with_grid(wave, drive)
    verdicts = _verdicts(ground, drive, wave)
    if run.diverged:
        why = f"the run had to end. {run.diverged}"
        verdicts = [_blank(v, why) for v in verdicts]
    normal = drive.kind == "normal"
    return ProvedRun(
        drive, _slim(wave, drive.name), tuple(verdicts), run.happened, run.diverged, run.notes,
        chain_of(run.wave) if normal else None, spectrum_of(run.wave) if normal else None,
    )  # fmt: skip


def _without(campus: Campus, plain: Mapping[str, Any]) -> Campus:
    """Jobs with some things left out, so that what a run shows is what was done to it."""
    if not plain:
        return campus
    halls = {
        name: load.model_copy(
            update={"jobs": {key: job.model_copy(update=dict(plain)) for key, job in load.jobs.items()}}
        )
        if isinstance(load, Hall)
        else load
        for name, load in campus.load.items()
    }
    return campus.model_copy(update={"load": halls})


def _with_grid(wave: Waveform, drive: Drive) -> Waveform:
    """Frequency as the grid has it: a meter at the bus sees the swings of the campus on top, up to a tenth of a Hz."""
    hertz = drive.profile.frequency_hz(wave.time_s - SETTLE_S)
    return replace(wave, arrays={**wave.arrays, "frequency_hz": hertz})


def _blank(verdict: Verdict, why: str) -> Verdict:
    """No verdict, and why."""
    none = dict.fromkeys(("value", "limit", "margin", "margin_frac", "margin_db", "worst_s", "picture"))
    return replace(verdict, outcome=NOT_MEASURABLE, note=why, reading="", readings={}, unit="", **none)


def _verdicts(ground: Ground, drive: Drive, wave: Waveform) -> list[Verdict]:
    """Rules in the order of the drive, code by code."""
    found: dict[tuple[str, str], Verdict] = {}
    for code, named in groupby(sorted(drive.judges), key=lambda pair: pair[0]):
        rules = [rule for _, rule in named]
        judged = check_compliance(wave, [ground.codes[code].entry], ground.site, only=rules)
        found |= {(v.code, v.rule): v for v in judged.verdicts}
    return [found[pair] for pair in drive.judges]


def _slim(wave: Waveform, name: str) -> Waveform:
    arrays = {
        channel: np.asarray(values, np.float32)
        for channel, values in wave.arrays.items()
        if not channel.startswith(_LEFT_OUT)
    }
    return replace(wave, arrays=arrays, source=f"{wave.source}: {name}")
