"""What rules ask of a store, in closed form: slopes, energies of steps, attenuation; where a search begins.

Needs    campus, physics.compute, prove.compliance.
Gives    Demand, read_demand, loop_for, average_s, StopNeed, stop_needs.
Used by  prove.smoothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, sqrt

from wattstack.campus import Campus, Hall
from wattstack.campus.compute import Job
from wattstack.physics.compute import attenuation_db, ramp_minutes, step_energy_mwh
from wattstack.prove.compliance.code import Rule, limit_of, read_code, refusal
from wattstack.prove.compliance.verdict import SitePoint, Verdict
from wattstack.prove.smoothing.mix import Layer, Loop

JUDGED = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T12")  # what power alone breaks
# Share of a limit that the slow ramp takes; the rest is left for what is faster than the battery. Assumption.
SHARE = {"T1": 0.75, "T2": 0.75, "T3": 0.5, "T4": 0.75, "T5": 0.5}
SPARE_MARGIN = 0.95  # of what a slower ramp may take, for what the next trial brings
LEAST_RAMP = 0.25  # of the usual ramp: a slower one would ask for four times the energy
RIPPLE = 0.05  # share of the finest limit that the reference itself may breathe
PLENTY = 1.6  # of the step of a job: power of a battery that is never at its end
RACK_USE = 0.8  # of half the rack's energy, when a job falls from all to idle
LEAST_CORNER_S, RECENTRE_S, MOST_AVERAGE_S = 30.0, 900.0, 10.0
PER_CORNER = 4.0  # recentre_s / corner_s at which the store comes back without running past its target
_PER_MINUTE = ("mw_per_min", "rated_frac_per_min", "peak_frac_per_min")


@dataclass(frozen=True)
class Ramp:
    """A rule that limits a ramp.

    Attributes:
        code, rule: Its names.
        mw_per_min: As a slope.
        window_s: It holds over so long.
    """

    code: str
    rule: str
    mw_per_min: float
    window_s: float


@dataclass(frozen=True)
class Demand:
    """What the codes ask.

    Attributes:
        slope_mw_per_s: Fastest slow ramp of the power drawn, shares taken off; inf without a rule of ramps.
        finest_mw: Least peak to peak that a rule allows; inf without one.
        ramps: Every rule that limits a ramp.
    """

    slope_mw_per_s: float
    finest_mw: float
    ramps: tuple[Ramp, ...]


def read_demand(codes: Sequence, site: SitePoint) -> Demand:
    """Slopes and finest swing that the rules of these codes leave at this point of connection."""
    slope, finest, ramps = inf, inf, []
    for code in map(read_code, codes):
        for rule in code.rules:
            if rule.test not in SHARE or refusal(code, rule, site) is not None:
                continue
            limit = limit_of(rule, site)
            per_s = _slope(rule, limit)
            slope = min(slope, SHARE[rule.test] * per_s)
            if per_s < inf:
                ramps.append(Ramp(code.name, rule.name, 60.0 * per_s, max(rule.windows_s, default=0.0)))
            if rule.test in ("T2", "T3", "T5"):
                finest = min(finest, 2.0 * limit if rule.quantity == "periodic amplitude" else limit)
    return Demand(slope, finest, tuple(ramps))


def _slope(rule: Rule, limit: float) -> float:
    """A limit as a slope [MW/s]; inf where it asks for none."""
    keys = rule.data["limit"]
    if any(key in keys for key in _PER_MINUTE):
        return limit / 60.0
    if rule.test == "T4":
        return limit
    if rule.quantity == "periodic amplitude":
        return inf
    windows = rule.windows_s or ((1.0 / rule.band_hz[0],) if rule.band_hz else ())
    return limit / max(windows) if windows else inf


def all_jobs(campus: Campus) -> Iterator[tuple[str, Hall, str, Job]]:
    """Name of the hall, the hall, name of the job, the job."""
    for hall_name, hall in campus.load.items():
        if isinstance(hall, Hall):
            for name, job in hall.jobs.items():
                yield hall_name, hall, name, job


def largest_job(campus: Campus) -> tuple[str, Hall, str, Job]:
    """The job whose GPUs draw most together: it sets the swing of the site."""
    return max(all_jobs(campus), key=lambda found: found[3].full_mw / found[3].count)


def edge_mw(job: Job) -> float:
    """From all to idle, of one of the equal jobs, peaks of milliseconds included [MW]."""
    return job.full_mw / job.count * (job.high_frac - job.idle_frac)


def average_s(campus: Campus, rack_j: float) -> float:
    """Time constant that a rack store of this energy bears: filled by no edge, from half full.

    A store that holds the mean of tau seconds moves by tau x dP when the load steps by dP.
    """
    most_w = max(
        1e3 * job.power_per_gpu_kw * max(job.high_frac * job.overshoot_frac - job.idle_frac, 0.05)
        for _, _, _, job in all_jobs(campus)
    )
    return min(RACK_USE * 0.5 * rack_j / most_w, MOST_AVERAGE_S)


def levelled_mw(job: Job, layer: Layer) -> float:
    """Peak to peak of an iteration of one of the equal jobs that floor and rack leave [MW].

    Source:
        A pulse wave behind a low-pass of the first order, settled.
    """
    swing = job.full_mw / job.count * max(job.high_frac - max(job.low_frac, layer.floor_frac), 0.0)
    if layer.rack_j <= 0.0 or swing == 0.0:
        return swing
    tau, period, duty = layer.average_s, job.period_s, job.duty_frac
    on, off, all_ = (1.0 - exp(-share * period / tau) for share in (duty, 1.0 - duty, 1.0))
    return swing * on * off / all_


def loop_for(campus: Campus, layer: Layer, demand: Demand, share: float = 1.0) -> Loop:
    """Numbers of the fast loop behind such a layer.

    Args:
        campus, layer, demand: What swings, what levels it first, what the codes ask.
        share: Of the ramp that the codes leave; without a ramp the corner is so many times longer.

    The ramp is what the codes leave. The corner is so slow that the swing of an iteration neither runs into the ramp
    (which would push the reference off the mean) nor shows in the reference by more than a twentieth of the finest
    limit, and not so slow that its tail, r c^2 / 2, costs half as much energy as the ramp itself, dP^2 / 2r.
    """
    job = largest_job(campus)[3]
    swing, slope = levelled_mw(job, layer), share * demand.slope_mw_per_s
    away = swing * max(job.duty_frac, 1.0 - job.duty_frac)
    ripple = swing * job.period_s * job.duty_frac * (1.0 - job.duty_frac)
    corner = max(ripple / (RIPPLE * demand.finest_mw), LEAST_CORNER_S)
    if slope < inf:
        corner = min(max(corner, away / slope), max(edge_mw(job) / (slope * sqrt(2.0)), LEAST_CORNER_S))
    else:
        corner /= share
    ramp = None if slope == inf else 60.0 * slope
    return Loop(ramp, corner, max(RECENTRE_S, PER_CORNER * corner))


def plenty(campus: Campus, loop: Loop, together: bool = False) -> tuple[float, float]:
    """Power [MW] and swing of the stored energy [MWh], either way, that no event of a trial uses up.

    A step dP behind a ramp r and a corner c takes dP^2 / 2r + r c^2 / 2, without a ramp dP x c: twice that.
    """
    jobs = [(job, hall) for _, hall, _, job in all_jobs(campus)]
    steps = [edge_mw(job) * (job.count if together else 1) * (1.0 + hall.ups_loss_frac) for job, hall in jobs]
    step = sum(steps) if together else max(steps)
    if loop.ramp_mw_per_min is None:
        energy = step * loop.corner_s / 3600.0
    else:
        tail = 0.5 * loop.ramp_mw_per_min / 60.0 * loop.corner_s**2 / 3600.0
        energy = step_energy_mwh(step, loop.ramp_mw_per_min) + tail
    return PLENTY * step, 2.0 * energy


@dataclass(frozen=True)
class StopNeed:
    """What the stop of a job asks of a store against one limit of ramps.

    Attributes:
        code, rule: The limit, ramp_mw_per_min.
        job: By name.
        step_mw: From its mean to idle.
        energy_mwh: dP^2 / 2r.
        ramp_min: dP / r.
    """

    code: str
    rule: str
    ramp_mw_per_min: float
    job: str
    step_mw: float
    energy_mwh: float
    ramp_min: float


def stop_needs(campus: Campus, codes: Sequence, site: SitePoint) -> tuple[StopNeed, ...]:
    """Energy and time of a stop of the largest job against every limit of ramps, in closed form.

    Example:
        >>> stop_needs(campus, ["ieso-3.0"], site)[0].energy_mwh   # doctest: +SKIP
        1.2
    """
    hall, declared, name, job = largest_job(campus)
    step = job.full_mw / job.count * (job.mean_frac - job.idle_frac) * (1.0 + declared.ups_loss_frac)
    found = []
    for one in read_demand(codes, site).ramps:
        energy, minutes = step_energy_mwh(step, one.mw_per_min), ramp_minutes(step, one.mw_per_min)
        found.append(StopNeed(one.code, one.rule, one.mw_per_min, f"{hall}.{name}", step, energy, minutes))
    return tuple(found)


def needed_db(campus: Campus, demand: Demand) -> float:
    """Attenuation that the finest limit asks of the swing of the largest job [dB]; 0 where none does."""
    if demand.finest_mw == inf:
        return 0.0
    return max(attenuation_db(levelled_mw(largest_job(campus)[3], Layer()), demand.finest_mw), 0.0)


def slower(loop: Loop, demand: Demand, worst: Verdict, margin_frac: float) -> Loop | None:
    """The loop with a slower ramp, where a rule of ramps was missed by what is faster than the battery.

    What the window saw beyond the ramp, e, stays; the ramp may take the rest: r w = (1 - margin) limit - e.

    Args:
        loop: As it was.
        demand: What the codes ask.
        worst: The rule that ruled.
        margin_frac: Least margin over the limit.

    Returns:
        None where the rule is no ramp, or what is faster takes nearly all of it.
    """
    named = [one for one in demand.ramps if (one.code, one.rule) == (worst.code, worst.rule)]
    if not named or loop.ramp_mw_per_min is None or named[0].window_s <= 0.0:
        return None
    limit = named[0].mw_per_min * named[0].window_s / 60.0
    ramped = loop.ramp_mw_per_min * named[0].window_s / 60.0
    beyond = max(limit * (1.0 - float(worst.margin_frac)) - ramped, 0.0)
    left = SPARE_MARGIN * (1.0 - margin_frac) * limit - beyond
    if not LEAST_RAMP * ramped < left < ramped:
        return None
    return replace(loop, ramp_mw_per_min=loop.ramp_mw_per_min * left / ramped)
