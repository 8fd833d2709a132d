"""A training job: thousands of GPUs that step as one, pause for checkpoints, fail and start again.

Needs    campus.fields.
Gives    Job, Pause, ServerName.
Used by  campus.load, physics.jobs.

Power of the job on N GPUs: N x power_per_gpu_kw x { low + (high - low) s(t) } x m(t), s a trapezoid wave of period_s
and duty_frac with edges rise_s and fall_s, m what pauses, failures, start and stop leave of it. Inside a job the
GPUs step together; between jobs the phases are chance unless phase_frac is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints

from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, quantity
from wattstack.errors import Fault

ServerName = Annotated[str, StringConstraints(pattern=r"^library:.+$")]


class Pause(Declared):
    """A pause that comes again and again: the job writes a checkpoint, or evaluates.

    Source:
        Checkpoint every 10 min for 10 s with 40 % less power: assumption inside what logs show. MLPerf training v4.0:
        GPT-3 on 512 H100 evaluates for 13 s every 142 s with 11 % less, Stable Diffusion 39-41 s every 344 s with
        64-67 %.

    Example:
        >>> Pause(every_s=142, lasts_s=13, drop_frac=0.11).jitter_frac
        0.02
    """

    every_s: Positive = quantity("s", "From the beginning of one pause to that of the next", 600.0)
    lasts_s: Positive = quantity("s", "Length of a pause", 10.0)
    drop_frac: Frac = quantity("", "Share of the mean power of the job that is missing in it", 0.4)
    jitter_frac: Frac = quantity("", "Standard deviation of every_s and lasts_s / their values", 0.02)

    def faults(self) -> Iterable[Fault]:
        """A pause that is not over when the next begins."""
        if self.lasts_s >= self.every_s:
            yield Fault(
                "lasts_s",
                f"is {self.lasts_s:g}, must be below every_s {self.every_s:g}. Pause for less, or less often.",
            )


class Job(Declared):
    """One synchronous training job; `server` fills power_per_gpu_kw, idle_frac and overshoot_frac if not given.

    Source:
        Period: 0.2-3 Hz, Choukse et al. (2025), arXiv 2508.14318; 10.77 s on GPT-3, 512 H100, MLPerf training v4.0,
        with a jitter of 0.36 %. Duty: iteration mean 3.4 % below its plateau there, larger jobs communicate longer:
        assumption. high_frac 0.95: B300 under training. low_frac: near idle, arXiv 2508.14318; the most uncertain
        number of all. Edges at the GPU: 80 % of the rating in less than 200 ms on B300. Full swing at start and stop
        in 2 s: 345 to 452 kW in 4 s, MLPerf. Noise of a node by itself: 1.4 to 1.5 % at the plateau, 34 distinct node
        logs of the same job; 2.8 % over all of its training counts the moments at which nodes are read. Failures: 419
        in 54 days on 16,384 GPUs, Llama Team (2024), arXiv 2407.21783. Restart: assumption.

    Example:
        >>> Job(gpus=40000, power_per_gpu_kw=1.83).period_s
        3.0
    """

    gpus: int = quantity("", "GPUs that step together", gt=0)
    count: int = quantity("", "Equal jobs of this kind, each with a phase of its own", 1, ge=1, le=1000)
    server: ServerName | None = Field(
        None, description="library:NAME of the servers it runs on; absent = the hall's."
    )
    power_per_gpu_kw: Positive = quantity(
        "kW", "Power of a full node at its input / its GPUs; the server brings it"
    )
    idle_frac: Frac = quantity("", "Power of an idle node / full; the server brings it", 0.29)
    period_s: Positive = quantity("s", "Time of one training iteration", 3.0)
    jitter_frac: Frac = quantity("", "Standard deviation of period_s / period_s", 0.004)
    duty_frac: Frac = quantity("", "Share of the period at high power", 0.85)
    high_frac: Frac = quantity("", "Power while computing / full", 0.95)
    low_frac: Frac = quantity("", "Power while communicating / full", 0.45)
    overshoot_frac: float = quantity(
        "", "Peak of some milliseconds at the end of a rising edge / high power", 1.0, ge=1, le=2
    )
    rise_s: NotNegative = quantity("s", "Rising edge at the GPU", 0.02)
    fall_s: NotNegative = quantity("s", "Falling edge at the GPU", 0.02)
    node_noise_frac: Frac = quantity(
        "",
        "Standard deviation of the power of one node by itself / its mean: it averages out between nodes",
        0.015,
    )
    phase_frac: Frac | None = quantity(
        "", "Place in the period at the first moment; absent = by chance", None
    )
    checkpoint: Pause | None = Field(default_factory=Pause, description="Writing a checkpoint; null = never.")
    evaluation: Pause | None = Field(None, description="Evaluating; absent = never.")
    start_s: NotNegative = quantity("s", "From idle to training", 2.0)
    stop_s: NotNegative = quantity("s", "From training to idle, when stopped in order", 2.0)
    crash_s: NotNegative = quantity("s", "From training to idle, when a GPU fails", 0.1)
    failures_per_gpu_h: NotNegative = quantity("1/h", "Unexpected stops per GPU and hour", 2.0e-5)
    restart_s: Positive = quantity("s", "At idle after a failure", 480.0)
    tier: int = quantity(
        "", "Slowdown it bears when asked: 0 none, 1 up to 10 %, 2 25 %, 3 50 %", 0, ge=0, le=3
    )

    @property
    def full_mw(self) -> float:
        """Power of all its nodes at full load, of all equal jobs together [MW]."""
        return self.count * self.gpus * self.power_per_gpu_kw / 1000.0

    @property
    def swing_mw(self) -> float:
        """From communicating to computing, of one of the equal jobs [MW]."""
        return self.gpus * self.power_per_gpu_kw / 1000.0 * (self.high_frac - self.low_frac)

    @property
    def mean_frac(self) -> float:
        """Mean power over an iteration / full."""
        return self.low_frac + (self.high_frac - self.low_frac) * self.duty_frac

    def faults(self) -> Iterable[Fault]:
        """Low above high, idle above low, edges that do not fit into the period."""
        if self.low_frac > self.high_frac:
            yield Fault(
                "low_frac",
                f"is {self.low_frac:g}, must not be above high_frac {self.high_frac:g}. Exchange them.",
            )
        high_s, low_s = self.duty_frac * self.period_s, (1.0 - self.duty_frac) * self.period_s
        if self.rise_s > high_s or self.fall_s > low_s:
            yield Fault(
                "period_s",
                f"is {self.period_s:g}, with duty_frac {self.duty_frac:g} it is {high_s:.3g} s high and {low_s:.3g} s "
                f"low: rise_s {self.rise_s:g} and fall_s {self.fall_s:g} must fit in. Shorten the edges, or change "
                "period_s or duty_frac.",
            )
