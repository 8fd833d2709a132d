"""All servers of a campus as one load: jobs, serving fleets and steady nodes, cut into groups of racks.

Needs    campus.Campus (halls), physics.compute.jobs, .serving and .replay; physics.kernel.chance (when called).
Gives    LoadSet, make_load.
Used by  twin, physics.compute.wave.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.compute.jobs import job_column
from wattstack.physics.compute.replay import Log, read_log
from wattstack.physics.compute.serving import fleet_column
from wattstack.physics.kernel import load_rows as at
from wattstack.physics.kernel.load_rows import Load, LoadState

if TYPE_CHECKING:
    from wattstack.campus import Campus, Hall
    from wattstack.campus.compute import Inference, Job, Replay

GPUS_PER_NODE = 8  # of the node that node_noise_frac was measured on
KNOT_S = 2.0  # own noise of a node: correlation 0.25 after 2 s, 0 after 4 s; GPT-3 on 512 H100, MLPerf training v4.0
SERVING_NOISE = 0.01  # of one node that serves: 37-75 W of 6.2 kW, 8 x H200, MLPerf inference v4.1


class _Source(NamedTuple):
    """One thing that draws: a job, a fleet or steady nodes."""

    name: str
    hall: str
    full_mw: float
    fixed_mw: float
    gpus: int
    noise: float  # of one node; 0 = none
    steady_frac: float
    column: np.ndarray | None
    phase_frac: float | None = None
    log: Log | None = None


@dataclass(frozen=True)
class LoadSet:
    """The servers of a campus, ready to be stepped by physics.kernel.jobs.advance_load.

    Attributes:
        load: What the compiled step reads.
        sources: Name of each source: load.HALL.jobs.NAME (.1, .2 ... where the job has a count),
            load.HALL.inference.NAME, load.HALL.replay.NAME, load.HALL.idle, load.HALL for a hall without any. Jobs
            come first, then fleets, then the others.
        group_source: Source of each rack group, int64 (groups,).
        group_hall: Hall of each rack group.
        group_full_mw: Full power of the servers of each group, network and storage included, float64 (groups,).
        group_gpus: GPUs of each group, not rounded, float64 (groups,); 0 where they are not declared.
        notes: What a reader must know of the logs that are played.
    """

    load: Load
    sources: tuple[str, ...]
    group_source: np.ndarray
    group_hall: tuple[str, ...]
    group_full_mw: np.ndarray
    group_gpus: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def jobs(self) -> tuple[str, ...]:
        """Names of the jobs, in the order of job_command."""
        return self.sources[: self.load.jobs.shape[1]]

    def new_state(self, idle: Collection[str] = ()) -> LoadState:
        """State at the first moment: jobs train, those of `idle` wait to be started; fleets have served for long."""
        return _new_state(self.load, np.array([name in idle for name in self.jobs], dtype=bool))


def make_load(
    campus: Campus,
    seed: int = 0,
    groups: int = 200,
    *,
    clock_h: float = 12.0,
    failures: bool = True,
    aligned: bool = False,
) -> LoadSet:
    """The servers of a campus as groups of racks.

    The jobs' wave, their pauses and failures, and the sum of all noise are the same for any number of groups.

    Args:
        campus: As declared: load.*.jobs, inference, idle_mw, network_frac, smoothing. A hall with neither jobs nor
            serving draws its mean, steadily. Plain loads have no servers.
        seed: Of all chance.
        groups: Rack groups of the campus, shared among the sources by their power; at least one each.
        clock_h: Hour of the local clock at the first moment.
        failures: Whether jobs fail by chance.
        aligned: All jobs begin together and jobs of one period stay together: the worst case, which shared caps or
            cooling can bring about. Else phases are as declared, or chance.

    Raises:
        InputError: Fewer groups than sources, or no hall.

    Source:
        Jobs lock their phases: arXiv 2607.19638.
    """
    found: list[_Source] = []
    for name, hall in campus.load.items():
        if hasattr(hall, "it_mw"):
            found.extend(_of_hall(f"load.{name}", hall, clock_h, failures))
            found.extend(_of_log(f"load.{name}", key, log, hall, campus) for key, log in hall.replay.items())
    found.sort(key=_rank)  # jobs, fleets, steady; in the order of the file within
    faults = []
    if not found:
        faults.append(Fault("load", "holds no hall, must hold one to have servers. Declare it_mw."))
    if groups < len(found):
        faults.append(
            Fault("groups", f"is {groups}, must be at least {len(found)}, one for each job and fleet.")
        )
    if faults:
        raise InputError(campus.name, faults)
    return _assembled(found, seed, groups, aligned)


def _of_hall(path: str, hall: Hall, clock_h: float, failures: bool) -> list[_Source]:
    """Sources of one hall."""
    found = []
    for name, job in hall.jobs.items():
        for copy in range(job.count):
            own = f"{path}.jobs.{name}" + (f".{copy + 1}" if job.count > 1 else "")
            found.append(_of_job(own, path, job, hall, failures))
    for name, fleet in hall.inference.items():
        found.append(_of_fleet(f"{path}.inference.{name}", path, fleet, hall, clock_h))
    if not found and hall.idle_mw == 0.0 and not hall.replay:
        idle_frac = hall.idle_frac or 0.0
        mean_frac = idle_frac + (1.0 - idle_frac) * hall.utilisation_frac
        return [_Source(path, path, hall.it_mw, 0.0, 0, 0.0, mean_frac, None)]
    if hall.idle_mw > 0.0:
        found.append(_Source(f"{path}.idle", path, hall.idle_mw, 0.0, 0, 0.0, 1.0, None))
    return found


def _of_job(name: str, path: str, job: Job, hall: Hall, failures: bool) -> _Source:
    full_mw = job.full_mw / job.count
    column = job_column(job, hall.smoothing, _key(name), failures)
    network_mw = full_mw * hall.network_frac
    return _Source(
        name, path, full_mw, network_mw, job.gpus, job.node_noise_frac, 0.0, column, job.phase_frac
    )


def _of_fleet(name: str, path: str, fleet: Inference, hall: Hall, clock_h: float) -> _Source:
    column = fleet_column(fleet, hall.smoothing, clock_h)
    network_mw = fleet.full_mw * hall.network_frac
    return _Source(name, path, fleet.full_mw, network_mw, fleet.gpus, SERVING_NOISE, 0.0, column)


def _of_log(path: str, key: str, replay: Replay, hall: Hall, campus: Campus) -> _Source:
    """A measured log: its greatest power is its full power, network and storage are in it."""
    log = read_log(replay, campus.base_dir, f"{path}.replay.{key}")
    if log.full_mw > hall.it_mw * 1.001:
        said = f"draws {log.full_mw:,.4g} MW at most, must fit into it_mw {hall.it_mw:,.4g}. Take a smaller scale."
        raise InputError(campus.name, [Fault(f"{path}.replay.{key}", said)])
    mean_frac = float(log.frac.mean())
    return _Source(f"{path}.replay.{key}", path, log.full_mw, 0.0, replay.gpus, 0.0, mean_frac, None, log=log)


def _key(name: str) -> int:
    """Place of a source among the random numbers: its name, so that a further job moves no other."""
    return zlib.crc32(name.encode())


def _rank(source: _Source) -> int:
    if source.column is None:
        return 2
    return 0 if len(source.column) == at.NJOB else 1


def _assembled(found: list[_Source], seed: int, groups: int, aligned: bool) -> LoadSet:
    """Sources in order as arrays, each cut into its groups."""
    keys = np.array([_key(source.name) for source in found], dtype=np.int64)
    jobs = _columns([source.column for source in found if _rank(source) == 0], at.NJOB)
    _set_phases(jobs, keys, found, seed, aligned)
    fleets = _columns([source.column for source in found if _rank(source) == 1], at.NFLEET)
    cut = _cut(np.array([source.full_mw for source in found]), groups)
    of_group = np.repeat(np.arange(len(found)), cut)
    rows = np.zeros((at.NSOURCE, len(found)))
    table = np.zeros((at.NGROUP, groups))
    table[at.SHARE] = 1.0 / cut[of_group]
    table[at.SPREAD] = np.sqrt(cut[of_group])
    fixed_mw = np.array([source.fixed_mw for source in found])
    table[at.FIXED_MW] = fixed_mw[of_group] / cut[of_group]
    rows[at.FULL_MW] = [source.full_mw for source in found]
    rows[at.STEADY_FRAC] = [source.steady_frac for source in found]
    rows[at.KNOT_S] = KNOT_S
    nodes = np.array([max(source.gpus / GPUS_PER_NODE, 1.0) for source in found])
    rows[at.NOISE] = np.array([source.noise for source in found]) / np.sqrt(nodes)
    first = np.concatenate(([0], np.cumsum(cut))).astype(np.int64)
    full_mw = (rows[at.FULL_MW] + fixed_mw)[of_group] / cut[of_group]
    gpus = np.array([float(source.gpus) for source in found])[of_group] / cut[of_group]
    halls = tuple(found[s].hall.removeprefix("load.") for s in of_group)
    load = Load(int(seed), jobs, fleets, rows, table, first, keys, _put_logs(rows, found))
    notes = tuple(note for source in found if source.log for note in source.log.notes)
    return LoadSet(load, tuple(source.name for source in found), of_group, halls, full_mw, gpus, notes)


def _put_logs(rows: np.ndarray, found: list[_Source]) -> np.ndarray:
    """All logs one after the other, and in the rows where each begins."""
    traces, begin = [np.zeros(0)], 0
    for s, source in enumerate(found):
        if source.log is not None:
            rows[at.TRACE_FIRST : at.TRACE_BEGIN_S + 1, s] = (
                begin, len(source.log.frac), source.log.step_s, source.log.begin_s
            )  # fmt: skip
            traces.append(source.log.frac)
            begin += len(source.log.frac)
    return np.concatenate(traces)


def _columns(columns: list, rows: int) -> np.ndarray:
    return np.ascontiguousarray(np.array(columns, dtype=float).reshape(-1, rows).T)


def _set_phases(jobs: np.ndarray, keys: np.ndarray, found: list[_Source], seed: int, aligned: bool) -> None:
    """Where each job stands in its iteration at the first moment."""
    from wattstack.physics.kernel.chance import uniform

    for j in range(jobs.shape[1]):
        given = found[j].phase_frac
        chance = uniform(seed, int(keys[j]) * at.STREAMS + at.BY_PHASE, 0)
        jobs[at.PHASE, j] = 0.0 if aligned else chance if given is None else given
        if aligned:
            jobs[at.PACE_KEY, j] = 0


def _cut(power_mw: np.ndarray, groups: int) -> np.ndarray:
    """Groups of each source: one each, and the rest by power, largest remainders first."""
    spare = groups - len(power_mw)
    ideal = spare * power_mw / power_mw.sum() if power_mw.sum() > 0.0 else np.zeros(len(power_mw))
    cut = np.floor(ideal).astype(np.int64)
    last = np.argsort(cut - ideal, kind="stable")[: spare - cut.sum()]
    cut[last] += 1
    return cut + 1


def _new_state(load: Load, idle: np.ndarray) -> LoadState:
    """Jobs that train at their phase with pauses somewhere ahead, or are idle; fleets warmed up."""
    from wattstack.physics.kernel.jobs import begin_state

    jobs, fleets = load.jobs.shape[1], load.fleets.shape[1]
    sources, groups = load.source.shape[1], load.groups.shape[1]
    state = LoadState(
        np.zeros((at.NJOB_STATE, jobs)),
        np.zeros((at.NFLEET_STATE, fleets)),
        np.zeros((at.NGROUP_STATE, groups)),
        np.zeros(sources),
        np.ones(sources),
        np.full(sources, -10.0),
        np.zeros(jobs, dtype=np.int64),
    )
    begin_state(load, state, idle)
    return state
