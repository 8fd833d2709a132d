"""One mix put to the test: minutes of milliseconds with a checkpoint, a crash and a start in them, then the codes.

Needs    campus, twin.transient, prove.compliance.
Gives    Ground, Scene, Trial, run_trial.
Used by  prove.smoothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from wattstack.campus import Battery, Campus, Hall
from wattstack.physics.compute import stops_per_h
from wattstack.prove.compliance import Compliance, SitePoint, Verdict, check_compliance
from wattstack.prove.smoothing.demand import JUDGED, Demand, all_jobs, edge_mw, largest_job
from wattstack.prove.smoothing.mix import Layer, Loop, trial_campus, with_layer
from wattstack.series import Waveform
from wattstack.twin.transient import simulate_transient

CALM_S, AFTER_PAUSE_S, MOST_SETTLE_S, LEAST_SETTLE_S = 60.0, 30.0, 5400.0, 60.0
SLICE = "battery.slice"
LEAST_ITERATIONS = 20.0
WARM_S = 20.0  # first seconds of a run, in which filters and references find their place: not judged
JUDGED_OUTCOMES = ("pass", "fail")


@dataclass(frozen=True)
class Ground:
    """What all trials of one design share.

    Attributes:
        campus: As declared.
        codes: Grid codes.
        site: Point of connection.
        demand: What the codes ask.
        step_s: Step of the trials.
        seed: Of all chance.
        together: Whether all jobs are struck at once, not the largest alone.
    """

    campus: Campus
    codes: Sequence
    site: SitePoint
    demand: Demand
    step_s: float = 0.005
    seed: int = 0
    together: bool = False


@dataclass(frozen=True)
class Scene:
    """What happens in a trial.

    Attributes:
        events: As the twin reads them.
        seconds: Length.
        calm_s: Until the first of them.
        crash_s: Until the crash.
        settle_s: From a crash to the start, and from the start to the end.
    """

    events: tuple[str, ...]
    seconds: float
    calm_s: float
    crash_s: float
    settle_s: float


@dataclass(frozen=True)
class Trial:
    """What came of a mix.

    Attributes:
        found: All verdicts.
        worst: The judged rule with the least margin over its limit.
        power_mw: Most that the slice gave or took; 0 without one.
        half_mwh: Farthest that its stored energy went from its target, either way.
        soc: Lowest and highest share of its usable window.
        throughput_mwh_per_h: Given at the bus: of normal running, and of stops by their rate.
        unheld_s: Time at which the battery was at its end.
        diverged: Where the run had to stop.
        wave: At the point of connection.
    """

    found: Compliance
    worst: Verdict
    power_mw: float
    half_mwh: float
    soc: tuple[float, float]
    throughput_mwh_per_h: float
    unheld_s: float
    diverged: str
    wave: Waveform

    @property
    def margin_frac(self) -> float:
        """Least margin over its limit; -inf where the run did not end."""
        return -inf if self.diverged else float(self.worst.margin_frac)

    @property
    def ruled_by(self) -> str:
        """Code and rule with the least margin."""
        return f"{self.worst.code} {self.worst.rule}"


def scene_of(ground: Ground, loop: Loop | None, with_stop: bool = False) -> Scene:
    """Calm, a checkpoint, a crash, time to settle, the start, time to settle; then a stop in order and a start."""
    hall, _, name, job = largest_job(ground.campus)
    calm = WARM_S + max(CALM_S, LEAST_ITERATIONS * job.period_s)
    settle = LEAST_SETTLE_S
    if loop is not None:
        ramp_s = 0.0 if loop.ramp_mw_per_min is None else 60.0 * edge_mw(job) / loop.ramp_mw_per_min
        settle = min(max(ramp_s + 2.0 * loop.corner_s, LEAST_SETTLE_S), MOST_SETTLE_S)
    pause_s = job.checkpoint.lasts_s if job.checkpoint else 0.0
    crash = calm + pause_s + AFTER_PAUSE_S
    target = "all" if ground.together else f"{hall}.{name}" + (".1" if job.count > 1 else "")
    events = [f"checkpoint:{target}@{calm:g}", f"crash:{target}@{crash:g}"]
    end = crash + 2.0 * settle
    if with_stop:
        events += [f"stop:{target}@{end:g}", f"start:{target}@{end + settle:g}"]
        end += 2.0 * settle
    return Scene(tuple(events), end, calm, crash, settle)


def run_trial(
    ground: Ground,
    layer: Layer,
    loop: Loop | None,
    slice_: Battery | None,
    with_stop: bool = False,
    as_long_as: Loop | None = None,
) -> Trial:
    """Run a mix and judge it.

    Args:
        ground: What all trials share.
        layer: At GPUs and racks.
        loop: The fast loop; None without a battery.
        slice_: The share of a battery that smoothing holds; None without one.
        with_stop: Whether a stop in order and a start follow.
        as_long_as: A loop whose time to settle is given instead of that of `loop`.
    """
    scene = scene_of(ground, as_long_as or loop, with_stop)
    campus = trial_campus(ground.campus, layer, loop, slice_, scene.settle_s)
    run = simulate_transient(campus, scene.events, scene.seconds, ground.step_s, ground.seed, _groups(campus))
    wave = _settled(run.wave)
    found = check_compliance(wave, ground.codes, ground.site, JUDGED)
    power = half = throughput = 0.0
    soc = (0.5, 0.5)
    if slice_ is not None:
        given = wave[f"{SLICE}.power_mw"]
        share = wave[f"{SLICE}.soc"]
        power = float(np.abs(given).max())
        half = float(np.abs(share - share[0]).max()) * slice_.energy_mwh
        soc = (float(share.min()), float(share.max()))
        throughput = _throughput(ground, scene, loop, given, wave.step_s)
    worst = found.worst()
    return Trial(found, worst, power, half, soc, throughput, run.energies["unheld_s"], run.diverged, wave)


def _settled(wave: Waveform) -> Waveform:
    """The wave without its first seconds."""
    skip = min(round(WARM_S / wave.step_s), wave.count // 2)
    arrays = {name: values[skip:] for name, values in wave.arrays.items()}
    events = tuple((max(at_s - skip * wave.step_s, 0.0), what) for at_s, what in wave.events)
    return replace(wave, arrays=arrays, events=events)


def _groups(campus: Campus) -> int:
    """One group a source: what the groups of a job differ by is noise of single nodes."""
    return sum(
        sum(job.count for job in hall.jobs.values()) + len(hall.inference) + 1
        for hall in campus.load.values()
        if isinstance(hall, Hall)
    )


def _throughput(
    ground: Ground, scene: Scene, loop: Loop | None, given_mw: np.ndarray, step_s: float
) -> float:
    """Energy given an hour [MWh/h]: of normal running, and of crashes and starts as often as jobs fail.

    The trial lets the grid settle before the start; where a job restarts sooner only a share of the way was gone, and
    the start takes its square of the energy.
    """
    calm, crash = (round((at_s - WARM_S) / step_s) for at_s in (scene.calm_s, scene.crash_s))
    count = round(2.0 * scene.settle_s / step_s)
    out = np.maximum(given_mw, 0.0)
    normal = float(out[:calm].mean())
    pulse_mwh = max(float((out[crash : crash + count] - normal).sum()) * step_s / 3600.0, 0.0)
    big = largest_job(ground.campus)[3]
    found = normal
    for *_, job in all_jobs(ground.campus):
        rate = stops_per_h(job.gpus, job.failures_per_gpu_h)
        rate *= job.count / (1.0 + rate * job.restart_s / 3600.0)  # it does not fail while it restarts
        size = (job.full_mw / job.count) / (big.full_mw / big.count)
        gone = 1.0
        if loop is not None and loop.ramp_mw_per_min is not None and edge_mw(job) > 0.0:
            gone = min(loop.ramp_mw_per_min / 60.0 * job.restart_s / edge_mw(job), 1.0)
        found += rate * pulse_mwh * (size * gone) ** 2
    return found


def run_whole(ground: Ground, campus: Campus, loop: Loop | None) -> Trial:
    """The campus as it is written out, every size a number, through what a trial goes through.

    Args:
        ground: What all trials share.
        campus: With the mix in it.
        loop: Its fast loop, for the length of the run.
    """
    scene = scene_of(ground, loop)
    campus = campus.model_copy(update={"generator": {}})  # idle on the grid, and a channel each
    run = simulate_transient(
        with_layer(campus, Layer(), scene.settle_s), scene.events, scene.seconds, ground.step_s, ground.seed,
        _groups(campus),
    )  # fmt: skip
    wave = _settled(run.wave)
    found = check_compliance(wave, ground.codes, ground.site, JUDGED)
    return Trial(
        found, found.worst(), 0.0, 0.0, (0.5, 0.5), 0.0, run.energies["unheld_s"], run.diverged, wave
    )
