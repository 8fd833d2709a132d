"""A campus over seconds of milliseconds: `simulate_transient`, and what it answers with.

Needs    campus, series.Waveform, twin.kernel.transient, twin.transient (build, events, grid, acts, words).
Gives    simulate_transient, TransientRun, longest_s.
Used by  twin's door, prove, cli, report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from wattstack.campus import Campus, SizeRange, transient_faults
from wattstack.errors import Fault, InputError
from wattstack.series import Waveform
from wattstack.twin.kernel import transient as at
from wattstack.twin.kernel.transient import run_steps
from wattstack.twin.kernel.watch import W_STOP
from wattstack.twin.transient.acts import Acts
from wattstack.twin.transient.build import Built, build
from wattstack.twin.transient.events import Event, read_events
from wattstack.twin.transient.grid import GridDrive
from wattstack.twin.transient.words import decisions, happened, stopped
from wattstack.work import progress

GROUPS = 200  # rack groups: what is the same for any number of them is most of it
RECORD_MB = 384.0  # a record larger than this is thinned
LEAST_HZ = 200.0  # what tests up to 55 Hz need
MOST_STEP_S, LEAST_STEP_S = 0.02, 1e-5


@dataclass(frozen=True)
class TransientRun:
    """What a campus did within seconds.

    Attributes:
        name: Of the campus.
        wave: At the point of connection power_mw (> 0 drawn), reactive_mvar, voltage_pu, frequency_hz; load_mw (all
            but batteries), it_mw, cooling_mw; reference_mw of the fast loop; of each part battery.NAME.power_mw (> 0
            into the bus) and .soc (share of the usable window), generator.NAME.power_mw, ups.NAME.power_mw (drawn) and
            .battery_mw, SOURCE.gpu_mw of each job, fleet and steady load.
        happened: Moments [s] and what happened, in order.
        decisions: Moments and what the controllers decided: which rule speaks, where the fast loop is at its end.
        energies: MWh and s by name: it_mwh, load_mwh, grid_mwh, unmet_mwh, battery.NAME.out_mwh, .in_mwh, unheld_s.
        diverged: Where the run had to end: what was unstable and when; "" where nothing was.
        seed, step_s, groups: As asked.
        notes: What a reader must know.
        seconds: Time the loop took.
    """

    name: str
    wave: Waveform
    happened: tuple[tuple[float, str], ...]
    decisions: tuple[tuple[float, str], ...]
    energies: dict[str, float]
    diverged: str
    seed: int
    step_s: float
    groups: int
    notes: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def simulate_transient(
    campus: Campus,
    events: Iterable[Event | str] = (),
    seconds: float = 60.0,
    step_s: float = 0.001,
    seed: int = 0,
    groups: int | None = None,
) -> TransientRun:
    """Run a campus through seconds of milliseconds, from its GPUs to the point of connection.

    Args:
        campus: Every size stands; its halls have jobs or serving, its connection frequency_hz and short_circuit_mva.
        events: What happens: Event, texts as parse_event reads them, or names of PRESETS.
        seconds: Length of the run.
        step_s: Step of the loop [s], 1 to 5 ms are usual.
        seed: Of phases, pauses, noise, failures; the same seed gives the same run.
        groups: Rack groups; None = 200, or one a source where there are more.

    Returns:
        TransientRun. Long runs are thinned, and say so.

    Raises:
        InputError: Something is missing in the file, or an event names what does not exist: all faults at once.

    Example:
        >>> from wattstack import read_campus                                      # doctest: +SKIP
        >>> simulate_transient(read_campus("campus.yaml"), ["stop:halls.big@20"])  # doctest: +SKIP
    """
    _require_runnable(campus, seconds, step_s)
    told = read_events(events)
    count = round(seconds / step_s)
    built, notes = _built(campus, seed, groups, step_s, count)
    acts = Acts(built, told, step_s)
    drive = GridDrive(told, built.nominal_hz)
    keep = built.parts.keep_steps
    record = np.zeros((len(built.channels), max(1, count // keep)))
    done, took = _walk(built, acts, drive, (count, step_s), record)
    samples = max(1, int(built.moving.now[at.STORED_STEPS]))
    beyond = [e for e in told if e.at_s > seconds]
    if beyond:
        notes.append(f"After the end of the run, not run: {', '.join(str(e) for e in beyond)}.")
    lines = happened(built, acts)
    wave = Waveform(
        step_s * keep, _arrays(built, record[:, :samples]), f"transient twin of {campus.name}", True, lines, None,
        tuple(notes),
    )  # fmt: skip
    return TransientRun(
        campus.name, wave, lines, decisions(built), _energies(built), stopped(built, done * step_s), seed, step_s,
        len(built.parts.group_ups), tuple(notes), took,
    )  # fmt: skip


def _walk(
    built: Built, acts: Acts, drive: GridDrive, span: tuple[int, float], record: np.ndarray
) -> tuple[int, float]:
    """The steps, in chunks that end where something happens or a step of the cells is due; (steps, seconds taken)."""
    import time

    count, step_s = span
    cells = built.cells
    done, began, last_rad = 0, time.perf_counter(), 0.0
    with progress(f"Seconds of {built.campus.name}", total=ceil(count / cells.steps)) as bar:
        while done < count:
            acts.act(done)
            end = min(count, done + cells.left(), acts.next_step(done))
            time_s = np.arange(done, end) * step_s
            rows = np.empty((at.NDRIVE, end - done))
            rows[at.D_GRID_PU], rows[at.D_GRID_HZ], angle = drive.over(time_s)
            rows[at.D_JUMP_RAD] = np.diff(angle, prepend=last_rad)
            rows[at.D_IMPORT_LIMIT_MW] = acts.import_limit_mw(time_s)
            last_rad = angle[-1]
            ran = run_steps(done, end - done, step_s, rows, built.parts, built.moving, record)
            cells.follow(built.moving, ran)
            done += ran
            bar.advance()
            if built.moving.watch[0][W_STOP] > 0.0:
                break
    return done, time.perf_counter() - began


def longest_s(campus: Campus, step_s: float) -> float:
    """Longest run that can be kept without thinning below 200 samples a second, or at its own step [s].

    Args:
        campus: As simulate_transient takes it.
        step_s: Step of the run.
    """
    most = max(1, int(1.0 / (LEAST_HZ * step_s) + 1e-9))
    return 0.999 * RECORD_MB * 1e6 / 8.0 / _channels(campus)[0] * most * step_s


def _channels(campus: Campus) -> tuple[int, int]:
    """Channels of a record without its sources, and the sources."""
    sources = sum(
        sum(job.count for job in hall.jobs.values()) + len(hall.inference) + 1
        for hall in campus.load.values()
        if hasattr(hall, "it_mw")
    )
    gensets = sum(unit.units for unit in campus.generator.values())
    return 8 + 2 * len(campus.battery) + 2 * len(campus.ups) + gensets, sources


def _built(
    campus: Campus, seed: int, groups: int | None, step_s: float, count: int
) -> tuple[Built, list[str]]:
    """The campus built with a record that fits: every step and part, else thinned, else without the sources."""
    parts, sources = _channels(campus)
    groups = max(GROUPS, sources) if groups is None else groups
    most = max(1, int(1.0 / (LEAST_HZ * step_s) + 1e-9))
    samples = RECORD_MB * 1e6 / 8.0
    notes = []
    for with_sources in (True, False):
        keep = max(1, ceil(count * (parts + sources * with_sources) / samples))
        if keep <= most:
            break
    else:
        hours = samples * most * step_s / parts / 3600.0
        raise InputError(
            campus.name, [Fault("seconds", f"is {count * step_s:g}, must be {hours:.3g} h or less to be kept at "
                                f"{LEAST_HZ:g} samples a second. Run it in parts.")]
        )  # fmt: skip
    if keep > 1:
        notes.append(f"Each sample is the mean of {keep} steps: the record is kept below {RECORD_MB:g} MB.")
    if not with_sources:
        notes.append("Power of each job and fleet is not recorded: the record would be too large.")
    built = build(campus, seed, groups, step_s, (keep, with_sources))
    return built, [*built.notes, *notes]


def _arrays(built: Built, record: np.ndarray) -> dict[str, np.ndarray]:
    """Channels by name; the reference only where a fast loop has one."""
    arrays = dict(zip(built.channels, record, strict=True))
    if np.isnan(arrays["reference_mw"]).all():
        del arrays["reference_mw"]
    return arrays


def _energies(built: Built) -> dict[str, float]:
    """Sums over the run."""
    now, units = built.moving.now, built.moving.units
    energies = {
        "it_mwh": now[at.IT_MJ], "load_mwh": now[at.LOAD_MJ], "grid_mwh": now[at.GRID_MJ], "unmet_mwh": now[at.LOST_MJ],
    }  # fmt: skip
    for i, name in enumerate(built.network.inverters):
        energies[f"battery.{name}.out_mwh"] = units[at.OUT_MJ, i]
        energies[f"battery.{name}.in_mwh"] = units[at.IN_MJ, i]
    energies = {name: float(value) / at.MJ_PER_MWH for name, value in energies.items()}
    return {**energies, "unheld_s": float(now[at.UNHELD_S])}


def _require_runnable(campus: Campus, seconds: float, step_s: float) -> None:
    """All that keeps a campus from being run within seconds, at once."""
    faults = [
        Fault(
            path,
            f"is a range {size.min:g} .. {size.max:g}, must be a number to be run. Plan first: wattstack plan writes a "
            "campus.yaml with the sizes in it.",
        )
        for path, size in campus.size_paths.items()
        if isinstance(size, SizeRange)
    ]
    faults += transient_faults(campus)
    if not LEAST_STEP_S <= step_s <= MOST_STEP_S:
        what = f"is {step_s:g}, must be {LEAST_STEP_S:g} .. {MOST_STEP_S:g}. 0.001 to 0.005 s are usual."
        faults.append(Fault("step_s", what))
    if not (np.isfinite(seconds) and seconds >= step_s):
        faults.append(Fault("seconds", f"is {seconds:g}, must be a number of seconds, at least one step."))
    if faults:
        raise InputError(campus.source, faults)
