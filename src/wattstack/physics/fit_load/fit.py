"""A training job fitted to a measured trace: the declaration to paste, and how well the model then tells the trace.

Needs    campus (Hall, Job, Pause), physics.fit_load (marks, observe, shape), physics.compute (the model),
         series.Waveform.
Gives    fit_job, FittedLoad, synthesise.
Used by  cli (fit-load), report, benchmarks.

Period, pauses, levels and noise are read off the trace; then the model is run through a sensor like the trace's own,
the same marks are taken of both, and what differs is set right, a few times over. What a slow sensor hides stays
hidden: of a dip it tells the product of depth and length, not each. The fit says what it could not tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import Hall
from wattstack.errors import Fault, InputError
from wattstack.physics.compute.load import GPUS_PER_NODE, make_load
from wattstack.physics.compute.wave import power_wave
from wattstack.physics.fit_load.marks import Marks, find_period, jitter_of
from wattstack.physics.fit_load.observe import Observed, observe
from wattstack.physics.fit_load.shape import Shape, shape_of

if TYPE_CHECKING:
    from wattstack.campus.compute import Job
    from wattstack.series import Waveform

POWER = "power_mw"
HIGH_FRAC = 0.95  # power while computing / full where full is not given: B300 under training
_ROUNDS = 8  # of setting right what differs; it changes by less than a hundredth after six
_ANEW = (2, 4)  # rounds before which the dip is shaped anew, for the moments that nodes are by then read at
_SLOW = 0.3  # lag of the sensor / length of a dip above which its depth is hidden
_FINE_S = 0.05  # step of the model below the sensor
_LONGEST_S = 7200.0  # of the model


@dataclass(frozen=True)
class Excerpt:
    """Some iterations measured and modelled, shape (samples,) each.

    Attributes:
        time_s: From the first sample [s].
        measured_mw: As read.
        model_mw: The model's stretch that goes with it best.
    """

    time_s: np.ndarray
    measured_mw: np.ndarray
    model_mw: np.ndarray


@dataclass(frozen=True)
class FittedLoad:
    """A job fitted to a trace, and how well.

    Attributes:
        job: The job as the campus file declares it.
        sensor_s: Each of the two lags in a row that the sensor of the trace puts the power through [s].
        stagger_s: Nodes are read at moments of their own, over so long [s]; 0 without nodes.
        nodes: Logs of nodes that the trace holds; 1 = their sum alone.
        measured, model: Marks of the trace and of the model behind the same sensor.
        coherence: Standard deviation of the sum / sum of those of the nodes, measured and modelled; None without nodes.
        common_frac, own_frac: a and b of sd(N) = mean sqrt(a^2 + b^2 / N) behind the sensor; None without nodes.
        depth_frac: Dips between these depths, each with the duty that goes with it, tell the trace equally well.
        excerpt: Some iterations of both.
        notes: What the trace could not tell, and what was assumed.
    """

    job: Job
    sensor_s: float
    stagger_s: float
    nodes: int
    measured: Marks
    model: Marks
    coherence: tuple[float, float] | None
    common_frac: float | None
    own_frac: float | None
    depth_frac: tuple[float, float]
    excerpt: Excerpt
    notes: tuple[str, ...] = field(default=())

    @property
    def errors(self) -> dict[str, float]:
        """Model against trace: relative, the deficit in points (0.01 = one), the fold as rms / its own peak to peak."""
        a, b = self.measured, self.model
        errors = {
            "line_hz": b.line_hz / a.line_hz - 1.0,
            "line_rms": b.line_rms_mw / a.line_rms_mw - 1.0,
            "deficit": b.deficit_frac - a.deficit_frac,
            "fold": float(np.sqrt(np.mean((b.fold_mw - a.fold_mw) ** 2)) / np.ptp(a.fold_mw)),
        }
        if self.coherence is not None:
            errors["coherence"] = self.coherence[1] - self.coherence[0]
        return errors


@dataclass(frozen=True)
class _Site:
    """The one hall that a fit needs."""

    name: str
    load: dict


def fit_job(
    wave: Waveform,
    gpus: int | None = None,
    power_per_gpu_kw: float | None = None,
    period_s: float | None = None,
    seed: int = 1,
) -> FittedLoad:
    """Fit the parametric job to a trace of one job.

    Args:
        wave: `power_mw` of the job, and `node.*.power_mw` where nodes were logged apart.
        gpus: GPUs of the job; None = 8 a node that was logged, or as many as draw 1 kW each.
        power_per_gpu_kw: Full power of a node at its input / its GPUs; None = plateau / 0.95.
        period_s: Where to look for the iteration, within 15 %; None = the strongest line there is.
        seed: Of the model's chance.

    Raises:
        InputError: No channel power_mw, a trace too short, or without a line that could be an iteration.

    Source:
        Sensor of two equal lags: on GPT-3, 512 H100 (MLPerf training v4.0) it leaves 60 % of the error of one lag.
        sd(N) = mean sqrt(a^2 + b^2 / N): assumption that fits 1 to 64 nodes there. Moments of reading: the nodes there
        differ by 1.4 % at the plateau and by 4.1 % in the dips, as readings some 2.5 s apart make it.
    """
    power_mw, nodes = _channels(wave)
    rough = observe(power_mw, nodes, wave.step_s, find_period(power_mw, wave.step_s, period_s))
    near_s = 1.0 / rough.marks.line_hz
    seen = observe(power_mw, nodes, wave.step_s, near_s)
    jitter = jitter_of(power_mw, wave.step_s, seen.training, 1.0 / seen.marks.line_hz)
    shape = shape_of(seen.marks)
    job = _first_guess(seen, shape, gpus, power_per_gpu_kw, jitter, len(nodes))

    def run(job: Job, sensor: tuple[float, float]) -> tuple[np.ndarray, Observed]:
        duration_s = min(max(wave.duration_s, 300.0 * near_s), _LONGEST_S)
        made = synthesise(job, sensor, duration_s, wave.step_s, len(nodes), seed)
        return made, observe(made[0], made[1:], wave.step_s, near_s)

    apart_s = 0.5 * wave.step_s if len(nodes) > 1 else 0.0
    job, (sensor_s, stagger_s), shape = _settled(run, job, (shape.lag_s, apart_s), seen, shape)
    made, model = run(job, (sensor_s, stagger_s))
    pair = None if seen.coherence_frac is None else (seen.coherence_frac, model.coherence_frac)
    return FittedLoad(
        job=job,
        sensor_s=sensor_s,
        stagger_s=stagger_s,
        nodes=max(len(nodes), 1),
        measured=seen.marks,
        model=model.marks,
        coherence=pair,
        common_frac=None if pair is None else seen.common_frac,
        own_frac=None if pair is None else seen.own_frac,
        depth_frac=shape.depths,
        excerpt=_excerpt(power_mw, made[0], seen, model, wave.step_s),
        notes=(
            *_of_sensor(sensor_s, job, shape, seen.marks.deficit_frac),
            *_notes(seen, gpus, power_per_gpu_kw, jitter),
        ),
    )


def _settled(
    run: Callable, job: Job, sensor: tuple[float, float], seen: Observed, shape: Shape
) -> tuple[Job, tuple[float, float], Shape]:
    """Job, lag and moments of reading after the rounds; the shape of the dip that they began from last."""
    sensor_s, stagger_s = sensor
    for turn in range(_ROUNDS):
        if turn in _ANEW and stagger_s > 0.0:
            shape = shape_of(seen.marks, stagger_s)
            low = job.high_frac * (1.0 - min(shape.depth_frac, 1.0))
            changes = {"duty_frac": shape.duty_frac, "low_frac": low, "idle_frac": min(job.idle_frac, low)}
            job, sensor_s = job.model_copy(update=changes), shape.lag_s
        _, model = run(job, (sensor_s, stagger_s))
        stagger_s = _staggered(stagger_s, seen, model, 0.5 / seen.marks.line_hz)
        job, sensor_s = _set_right(job, sensor_s, seen, model)
    return job, (sensor_s, stagger_s), shape


def synthesise(
    job: Job, sensor: tuple[float, float], duration_s: float, step_s: float, nodes: int = 1, seed: int = 1
) -> np.ndarray:
    """What a sensor would log of the model of one job.

    Args:
        job: As declared; failures by chance are left out.
        sensor: Each of the two lags of the sensor [s], and the time over which nodes are read [s].
        duration_s: Length [s].
        step_s: Step of the log [s].
        nodes: Logs that the job is cut into.
        seed: Of all chance.

    Returns:
        Power [MW], shape (1 + nodes, samples): the sum, then the nodes.
    """
    from wattstack.physics.kernel.sensor import two_lags

    hall = Hall(it_mw=job.full_mw, profile="flat", network_frac=0.0, jobs={"fitted": job})
    load = make_load(_Site("fit", {"hall": hall}), seed, max(nodes, 1), failures=False)
    inside = int(np.ceil(step_s / min(_FINE_S, job.period_s / 100.0)))
    fine_s = step_s / inside
    made = power_wave(load, duration_s, fine_s, "groups")
    values = np.stack(list(made.arrays.values()))
    sensor_s, stagger_s = sensor
    two_lags(values, fine_s, sensor_s)
    if nodes > 1 and stagger_s > 0.0:
        place = (np.random.default_rng(seed).permutation(nodes) + 0.5) / nodes  # evenly, whatever the seed
        late = np.round(stagger_s * place / fine_s).astype(int)
        for row, behind in zip(values[1:], late, strict=True):
            row[behind:] = row[: row.size - behind].copy()
        values[0] = values[1:].sum(axis=0)
    return values[:, ::inside]


def _channels(wave: Waveform) -> tuple[np.ndarray, np.ndarray]:
    """Sum and nodes; the sum stands for the only node where there are none."""
    power_mw = np.asarray(wave[POWER], dtype=float)
    nodes = [v for name, v in wave.arrays.items() if name.startswith("node.") and name.endswith(POWER)]
    return power_mw, np.array(nodes) if len(nodes) > 1 else power_mw[None]


def _first_guess(
    seen: Observed, shape: Shape, gpus: int | None, kw: float | None, jitter: float | None, nodes: int
) -> Job:
    """A job from what was read off the trace."""
    from wattstack.campus.compute import Job, Pause

    plateau_mw = seen.marks.mean_mw / (1.0 - shape.depth_frac * (1.0 - shape.duty_frac))
    if gpus is None:
        gpus = GPUS_PER_NODE * nodes if nodes > 1 else max(round(plateau_mw / HIGH_FRAC * 1e3), 1)
    full_kw = kw or plateau_mw / HIGH_FRAC / gpus * 1e3
    high = plateau_mw / (gpus * full_kw / 1e3)
    if high > 1.0:
        raise InputError(
            "trace",
            [
                Fault(
                    "power_per_gpu_kw",
                    f"is {full_kw:g} with {gpus:,} gpus, {gpus * full_kw / 1e3:.4g} MW at full, must not be below the "
                    f"plateau {plateau_mw:.4g} MW. Give more gpus, or the full power at the input of a node.",
                )
            ],
        )
    period_s = 1.0 / seen.marks.line_hz
    edge_s = min(0.02, 0.4 * (1.0 - shape.duty_frac) * period_s)
    pause = None
    if seen.every_s > seen.lasts_s > 0.0 and seen.drop_frac > 0.0:
        pause = Pause(
            every_s=seen.every_s, lasts_s=seen.lasts_s, drop_frac=min(seen.drop_frac, 1.0), jitter_frac=0.005
        )
    return Job(
        gpus=gpus,
        power_per_gpu_kw=full_kw,
        period_s=period_s,
        jitter_frac=0.004 if jitter is None else min(jitter, 0.2),
        duty_frac=shape.duty_frac,
        high_frac=high,
        low_frac=high * (1.0 - min(shape.depth_frac, 1.0)),
        idle_frac=min(0.29, high * (1.0 - min(shape.depth_frac, 1.0))),
        rise_s=edge_s,
        fall_s=edge_s,
        node_noise_frac=max(seen.plateau_own_frac, 1e-4) if nodes > 1 else _default("node_noise_frac"),
        checkpoint=None,
        evaluation=pause,
    )


def _default(name: str) -> float:
    """What a job has where nothing tells."""
    from wattstack.campus.compute import Job

    return Job.model_fields[name].default


def _staggered(stagger_s: float, seen: Observed, model: Observed, most_s: float) -> float:
    """Time over which nodes are read: what nodes differ by beside the plateau grows with it."""
    if stagger_s == 0.0:
        return 0.0
    beside, made = (max(o.own_frac**2 - o.plateau_own_frac**2, 0.0) for o in (seen, model))
    return min(stagger_s * min(np.sqrt(beside / max(made, 1e-12)), 2.0), most_s)


def _set_right(job: Job, sensor_s: float, seen: Observed, model: Observed) -> tuple[Job, float]:
    """Change what makes model and trace differ: deficit by the depth, line by the lag, level, noise, pauses."""
    line_hz, a, b = seen.marks.line_hz, seen.marks, model.marks
    deficit, line = a.deficit_frac / b.deficit_frac, (a.line_rms_mw / a.mean_mw) / (b.line_rms_mw / b.mean_mw)
    passed = 1.0 / (1.0 + (2.0 * np.pi * line_hz * sensor_s) ** 2)
    wanted = passed * line / deficit
    if wanted < 1.0:
        sensor_s = float(np.sqrt(1.0 / wanted - 1.0) / (2.0 * np.pi * line_hz))
    else:  # no sensor adds to a line: the depth takes it all
        sensor_s, deficit = 0.0, line / passed
    depth = min((1.0 - job.low_frac / job.high_frac) * deficit, 1.0)
    high = job.high_frac
    changes = {
        "period_s": job.period_s * b.line_hz / a.line_hz,
        "low_frac": high * (1.0 - depth),
        "idle_frac": min(job.idle_frac, high * (1.0 - depth)),
        "power_per_gpu_kw": job.power_per_gpu_kw * a.mean_mw / b.mean_mw,
    }
    if model.plateau_own_frac > 0.0 and seen.plateau_own_frac > 0.0:
        more = seen.plateau_own_frac / model.plateau_own_frac
        changes["node_noise_frac"] = min(job.node_noise_frac * more, 1.0)
    if job.evaluation is not None and model.every_s > 0.0:
        old = job.evaluation
        lasts_s = min(max(old.lasts_s + seen.lasts_s - model.lasts_s, 0.2 * seen.lasts_s), 0.9 * old.every_s)
        drop = min(max(old.drop_frac + seen.drop_frac - model.drop_frac, 0.0), 1.0)
        changes["evaluation"] = old.model_copy(update={"lasts_s": lasts_s, "drop_frac": drop})
    return job.model_copy(update=changes), sensor_s


def _excerpt(
    power_mw: np.ndarray, made_mw: np.ndarray, seen: Observed, model: Observed, step_s: float
) -> Excerpt:
    """Twelve iterations of the trace, and the stretch of the model that goes with them best."""
    count = min(int(12.0 / seen.marks.line_hz / step_s), power_mw.size // 2, made_mw.size // 2)
    begin = _clean(seen.training, count)
    measured = power_mw[begin : begin + count]
    about = np.nan_to_num(measured - seen.marks.mean_mw)
    last = made_mw.size - count
    score = _sliding(made_mw - model.marks.mean_mw, about)[: last + 1]
    whole = _sums(model.training, count)
    place = int(np.argmax(np.where(whole >= whole.max(), score, -np.inf)))
    return Excerpt(step_s * np.arange(count), measured, made_mw[place : place + count])


def _clean(training: np.ndarray, count: int) -> int:
    """Where the first stretch of so many samples begins that has most training in it."""
    return int(np.argmax(_sums(training, count)))


def _sums(values: np.ndarray, count: int) -> np.ndarray:
    """Sums of so many samples from each on."""
    total = np.concatenate([[0], np.cumsum(values)])
    return total[count:] - total[:-count]


def _sliding(values: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Product of a shape with the samples from each on."""
    size = 1 << int(np.ceil(np.log2(values.size + shape.size)))
    both = np.fft.rfft(values, size) * np.conj(np.fft.rfft(shape, size))
    return np.fft.irfft(both, size)[: values.size - shape.size + 1]


def _of_sensor(sensor_s: float, job: Job, shape: Shape, deficit_frac: float) -> list[str]:
    """What the sensor hides: depth where it is slow beside the dips, the plateau where it is slow beside the rest."""
    notes = []
    dip_s = (1.0 - job.duty_frac) * job.period_s
    if 2.0 * sensor_s > _SLOW * dip_s:
        low, high = shape.depths
        notes.append(
            f"The sensor lags {2.0 * sensor_s:.2g} s, a dip lasts {dip_s:.2g} s: its depth, {low:.1%} to {high:.1%}, "
            "rests on the form that is assumed for the sensor. What is told is depth x length, "
            f"{deficit_frac:.2%}: sweep low_frac with duty_frac where the depth matters."
        )
    if 5.0 * sensor_s > job.duty_frac * job.period_s:  # two lags have settled after five
        notes.append(
            f"Two lags of {sensor_s:.3g} s do not settle within an iteration: the plateau does not show, and the dips "
            "are deeper or longer than fitted."
        )
    return notes


def _notes(seen: Observed, gpus: int | None, kw: float | None, jitter: float | None) -> list[str]:
    """What was assumed."""
    notes = []
    if gpus is None:
        notes.append("gpus is assumed: 8 a node that was logged, or 1 kW each. Give the number.")
    if kw is None:
        notes.append(f"power_per_gpu_kw is the plateau / {HIGH_FRAC:g}: full power was not given.")
    if jitter is None:
        notes.append(
            "jitter_frac is the default 0.004: the trace is too noisy or too short between pauses to tell it."
        )
    if seen.coherence_frac is None:
        notes.append(
            f"node_noise_frac is the default {_default('node_noise_frac'):g}: one log does not tell the nodes' "
            "own noise from what they share."
        )
    if seen.every_s == 0.0:
        notes.append(
            "No pause was found: checkpoint and evaluation are absent. Those shorter than an iteration do not show."
        )
    notes.append("failures, start and stop are the defaults: a trace of hours does not tell them.")
    return notes
