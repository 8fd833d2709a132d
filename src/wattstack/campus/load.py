"""What draws power: halls of IT, by their rating and profile, and plain loads, by their draw.

Needs    campus.fields, campus.compute.
Gives    Hall, PlainLoad, Load.
Used by  campus, case, physics.load.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from wattstack.campus.compute import GpuSmoothing, Inference, Job, RackStorage, Replay
from wattstack.campus.compute.jobs import ServerName
from wattstack.campus.fields import (
    Declared,
    Frac,
    Level,
    Name,
    NotNegative,
    Positive,
    SeriesRef,
    kind_of,
    quantity,
)
from wattstack.errors import Fault, nearest

Profile = Annotated[
    Annotated[Name, Tag("<name>")] | Annotated[SeriesRef, Tag("<series>")],
    Discriminator(
        lambda value: (
            "<series>" if kind_of(value) == "<series>" else "<name>" if isinstance(value, str) else None
        ),
        custom_error_type="form",
        custom_error_message="must be ai, flat, jobs or a series of utilisation. Write ai, or series:NAME.",
    ),
]


class Hall(Declared):
    """A hall of IT equipment. `it_mw` is its rating; the profile says how much of it is used when.

    Example:
        >>> Hall(it_mw=127, profile="ai").utilisation_frac
        0.8
    """

    it_mw: Positive = quantity("MW", "Rating of the IT equipment")
    profile: Profile = Field(
        "ai",
        description="Shape of the utilisation over the week: ai, flat, series:NAME of utilisation 0 .. 1; or jobs: the "
        "power that the declared jobs and serving draw.",
    )
    utilisation_frac: Frac = quantity("", "Mean utilisation of ai and flat; a series brings its own", 0.8)
    idle_frac: Frac | None = quantity("", "Power at no use / rating; absent = as the profile says", None)
    ups_loss_frac: float = quantity("", "Loss of the supply chain per MWh of IT", 0.03, ge=0, lt=1)
    flexible_frac: Frac = quantity("", "Share of the IT power that may be shed at shed_value_per_mwh", 0.0)
    shed_value_per_mwh: NotNegative | None = quantity(
        "currency/MWh", "Worth of the compute that a shed MWh does", None
    )
    server: ServerName | None = Field(
        None, description="library:NAME of its servers; jobs may name their own."
    )
    jobs: dict[Name, Job] = Field({}, description="Training jobs by name: what moves within seconds.")
    inference: dict[Name, Inference] = Field({}, description="Fleets that serve, by name.")
    replay: dict[Name, Replay] = Field({}, description="Measured logs that are played again, by name.")
    idle_mw: NotNegative = quantity("MW", "Servers beside jobs and serving that are on and do nothing", 0.0)
    network_frac: Frac = quantity("", "Network and storage / power of the servers: they do not swing", 0.06)
    smoothing: GpuSmoothing = Field(
        default_factory=GpuSmoothing, description="What the GPUs do against swings."
    )
    rack_storage: RackStorage | None = Field(None, description="Energy stored in the racks; absent = none.")
    supply_filter_s: Positive = quantity("s", "Time constant of the power supplies of the servers", 0.03)

    @property
    def compute_mw(self) -> float:
        """Jobs, serving, idle servers, network and storage at full power [MW]; 0 where none of them is declared."""
        servers_mw = sum(part.full_mw for part in (*self.jobs.values(), *self.inference.values()))
        return servers_mw * (1.0 + self.network_frac) + self.idle_mw

    @property
    def steady_mw(self) -> float:
        """Power while all jobs train and serving is at its mean, network, storage and idle servers included [MW]."""
        jobs_mw = sum(job.full_mw * job.mean_frac for job in self.jobs.values())
        serving_mw = sum(
            fleet.full_mw * (fleet.base_frac + fleet.slope_frac * fleet.utilisation_frac)
            for fleet in self.inference.values()
        )
        servers_mw = sum(part.full_mw for part in (*self.jobs.values(), *self.inference.values()))
        return jobs_mw + serving_mw + servers_mw * self.network_frac + self.idle_mw

    def faults(self) -> Iterable[Fault]:
        """Flexible compute without a price; jobs larger than the hall."""
        if self.compute_mw > self.it_mw * 1.001:
            yield Fault(
                "jobs",
                f"draw {self.compute_mw:,.4g} MW at full power with serving, idle servers, network and storage, "
                f"must fit into it_mw {self.it_mw:,.4g}. Take fewer gpus, or raise it_mw.",
            )
        if self.profile == "jobs" and not (self.jobs or self.inference or self.replay):
            yield Fault(
                "profile",
                "is 'jobs', must have jobs, inference or replay to follow. Declare one of them, or write flat.",
            )
        if self.flexible_frac > 0 and self.shed_value_per_mwh is None:
            yield Fault(
                "shed_value_per_mwh",
                f"is missing, must be given with flexible_frac {self.flexible_frac:g}. Give the worth of the "
                "compute that a shed MWh would have done, or set flexible_frac: 0.",
            )


class PlainLoad(Declared):
    """A load known by its draw alone (offices, pumps, a neighbour)."""

    draw_mw: Level = quantity("MW", "Power drawn: a number, or series:NAME")


_KEYS = (*Hall.model_fields, *PlainLoad.model_fields)


def _load_kind(value: Any) -> str | None:
    if isinstance(value, Hall):
        return "<hall>"
    if isinstance(value, PlainLoad):
        return "<plain>"
    if not isinstance(value, dict):
        return None
    if "it_mw" not in value and any(nearest(key, _KEYS) == "draw_mw" for key in value):
        return "<plain>"
    return "<hall>"


Load = Annotated[
    Annotated[Hall, Tag("<hall>")] | Annotated[PlainLoad, Tag("<plain>")],
    Discriminator(
        _load_kind,
        custom_error_type="form",
        custom_error_message="must hold it_mw (a hall) or draw_mw (a plain load). Write {it_mw: 127}.",
    ),
]
