"""Numbers worked out by hand for two campuses, and the same from our functions.

Needs    wattstack.physics.compute, wattstack.campus.
Gives    CELLS, worked_error.
Used by  benchmarks.ai_load.

IT is 85 % of the site; the largest job has 60 % of IT and swings by half of full power, 0.95 to 0.45; an idle node
draws 29 %. Every number stands as it was written, with the step of its last figure: 1.2 MWh says 1.15 .. 1.25, and an
error is counted from there on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wattstack.campus.compute import GpuSmoothing, Job
from wattstack.physics import compute

IT_SHARE, JOB_SHARE = 0.85, 0.6
SITES = {"150 MW": 150.0, "1 GW": 1000.0}
GPU_KW = 0.001  # a GPU of one watt: jobs of any power
PERIOD_S, DUTY, MEASURED_DUTY = 3.0, 0.85, 0.93


class Cell(NamedTuple):
    """One number: what it is, as it was written, the step of its last figure, ours."""

    name: str
    written: float
    last: float
    ours: Callable[[], float]

    @property
    def error(self) -> float:
        """How far ours lies from what the written figures allow / what was written."""
        return max(abs(self.ours() - self.written) - 0.5 * self.last, 0.0) / self.written


def job_of(site_mw: float, share: float = JOB_SHARE) -> Job:
    """A job with so much of the IT of a site."""
    return Job(
        gpus=round(1e3 * share * IT_SHARE * site_mw / GPU_KW),
        power_per_gpu_kw=GPU_KW,
        high_frac=0.95,
        low_frac=0.45,
        duty_frac=DUTY,
        rise_s=0.0,
        fall_s=0.0,
    )


def stop_mw(site_mw: float, case: str) -> float:
    """Step of the load: A the largest job stops to idle, B one job on all IT stops, C all IT is lost."""
    if case == "C":
        return IT_SHARE * site_mw
    job = job_of(site_mw, JOB_SHARE if case == "A" else 1.0)
    return job.full_mw * (1.0 - job.idle_frac)


def ramp_of(limit: str, site_mw: float) -> float:
    """A limit in MW/min; the last one is the lesser of 2 % and 8 MW a minute."""
    return {"20": 20.0, "10": 10.0, "2 %": min(0.02 * site_mw, 8.0)}[limit]


_ENERGY = {  # MWh by limit and site, cases A, B, C; step of the last figure
    ("20", "150 MW"): ((1.2, 3.4, 6.8), 0.1),
    ("20", "1 GW"): ((55, 152, 301), 1),
    ("10", "150 MW"): ((2.5, 6.8, 13.5), 0.1),
    ("10", "1 GW"): ((109, 304, 602), 1),
    ("2 %", "150 MW"): ((8, 23, 45), 1),
    ("2 %", "1 GW"): ((137, 379, 753), 1),
}
_MINUTES = {("20", "150 MW"): (3, 6), ("20", "1 GW"): (18, 43), ("10", "1 GW"): (36, 85)}  # of A and of C


def _swings() -> list[Cell]:
    """The largest job, and by how much it must shrink."""
    small, large = (job_of(SITES[site]) for site in SITES)
    return [
        Cell("swing, 150 MW", 38, 1, lambda: small.swing_mw),
        Cell("swing, 1 GW", 255, 1, lambda: large.swing_mw),
        Cell("ERCOT 10 MW, 150 MW [dB]", 12, 1, lambda: compute.attenuation_db(small.swing_mw, 10.0)),
        Cell("ERCOT 10 MW, 1 GW [dB]", 28, 1, lambda: compute.attenuation_db(large.swing_mw, 10.0)),
        Cell("IESO 0.25 %, 150 MW [dB]", 34, 1, lambda: compute.attenuation_db(small.swing_mw, 0.75)),
        Cell("IESO 0.25 %, 1 GW [dB]", 34, 1, lambda: compute.attenuation_db(large.swing_mw, 5.0)),
        Cell("buffer [MJ]", 14.5, 0.1, lambda: 3600 * _buffer(small.swing_mw, DUTY)),
        Cell("buffer [kWh]", 4, 1, lambda: 1e3 * _buffer(small.swing_mw, DUTY)),
        Cell(
            "buffer at the measured duty [kWh]",
            2.1,
            0.1,
            lambda: 1e3 * _buffer(small.swing_mw, MEASURED_DUTY),
        ),
        Cell("micro-cycles a day", 29_000, 1000, lambda: 86_400.0 / small.period_s),
        Cell("stops an hour, 40k GPUs", 0.8, 0.1, lambda: compute.stops_per_h(40_000)),
        Cell("stops an hour, 260k GPUs", 5, 1, lambda: compute.stops_per_h(260_000)),
    ]


def _buffer(swing_mw: float, duty_frac: float) -> float:
    return compute.buffer_energy_mwh(swing_mw, PERIOD_S, duty_frac)


def _ramps() -> list[Cell]:
    """Energy and minutes to a ramp limit, every cell of the table."""
    cells = []
    for (limit, site), (written, last) in _ENERGY.items():
        for case, value in zip("ABC", written, strict=True):
            step_mw, ramp = stop_mw(SITES[site], case), ramp_of(limit, SITES[site])
            name = f"{limit} MW/min, {site}, {case} [MWh]"
            cells.append(Cell(name, value, last, lambda s=step_mw, r=ramp: compute.step_energy_mwh(s, r)))
    for (limit, site), written in _MINUTES.items():
        for case, value in zip("AC", written, strict=True):
            step_mw, ramp = stop_mw(SITES[site], case), ramp_of(limit, SITES[site])
            name = f"{limit} MW/min, {site}, {case} [min]"
            cells.append(Cell(name, value, 1, lambda s=step_mw, r=ramp: compute.ramp_minutes(s, r)))
    return cells


def _gpus() -> list[Cell]:
    """Of one GPU: energy that levels a swing of 0.7 kW, what 65 J level, what a floor costs, how many to a MW."""

    def joule(period_s: float) -> float:
        return 3.6e9 * compute.buffer_energy_mwh(0.0007, period_s, DUTY)

    def floor(level: float) -> float:
        return 100.0 * compute.smoothing_cost(job_of(150.0), GpuSmoothing(floor_frac=level)).extra_energy_frac

    stored_mwh = 65.0 / 3.6e9
    return [
        Cell("one GPU, 0.5 s [J]", 45, 1, lambda: joule(0.5)),
        Cell("one GPU, 2 s [J]", 180, 10, lambda: joule(2.0)),
        Cell("one GPU, 10.8 s [J]", 960, 10, lambda: joule(10.8)),
        Cell("65 J, duty 0.85 [s]", 0.7, 0.1, lambda: compute.longest_period_s(stored_mwh, 0.0007, DUTY)),
        Cell("65 J, duty 0.5 [s]", 0.37, 0.01, lambda: compute.longest_period_s(stored_mwh, 0.0007, 0.5)),
        Cell("floor 0.65 [%]", 3.4, 0.1, lambda: floor(0.65)),
        Cell("floor 0.9 [%]", 7.7, 0.1, lambda: floor(0.9)),
        Cell("GPUs a MW, 8 x H100", 850, 10, lambda: compute.gpus_per_mw(7.25 / 8, 0.10, 0.18)),
        Cell("GPUs a MW, NVL72", 440, 10, lambda: compute.gpus_per_mw(1.83, 0.06, 0.16)),
    ]


CELLS = (*_swings(), *_ramps(), *_gpus())


def worked_error() -> tuple[float, str]:
    """The worst error of all cells, and the name of that cell."""
    worst = max(CELLS, key=lambda cell: cell.error)
    return worst.error, worst.name
