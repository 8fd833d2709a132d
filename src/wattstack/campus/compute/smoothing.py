"""What smooths the power of GPUs before it leaves the rack: a floor, caps, slow ramps, energy stored in the rack.

Needs    campus.fields.
Gives    GpuSmoothing, RackStorage.
Used by  campus.load, physics.
"""

from __future__ import annotations

from collections.abc import Iterable

from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, quantity
from wattstack.errors import Fault


class GpuSmoothing(Declared):
    """What the GPUs do by themselves: burn power in the dips, rise and fall slowly, stay below a cap.

    Source:
        Floor of 20-90 % of the rating, ramps and hysteresis: power smoothing of GB200, NVIDIA NVML documentation.
        Burner: work of low priority that fills dips, with less than 5 % slowdown, Choukse et al. (2025), arXiv
        2508.14318. Throughput at a cap: V100 at 70 % draws 78 % for 94 % of throughput, Zeus, You et al. (2023).

    Example:
        >>> GpuSmoothing(floor_frac=0.65).cap_frac
        1.0
    """

    floor_frac: Frac = quantity("", "Least power while a job runs / full; 0 = no floor", 0.0)
    cap_frac: float = quantity("", "Greatest power / full; 1 = no cap", 1.0, gt=0, le=1)
    ramp_up_frac_per_s: Positive | None = quantity(
        "1/s", "Fastest rise of power / full; absent = as it comes", None
    )
    ramp_down_frac_per_s: Positive | None = quantity(
        "1/s", "Fastest fall of power / full; absent = as it comes", None
    )
    hold_s: NotNegative = quantity(
        "s", "The floor is held for so long after work ends, then the ramp begins", 0.0
    )
    burner_frac: Frac = quantity("", "Power that work of low priority fills dips up to / full; 0 = none", 0.0)
    burner_delay_s: NotNegative = quantity("s", "Until that work has begun", 0.1)
    slowdown_frac: Frac = quantity("", "Throughput lost to that work", 0.03)

    def faults(self) -> Iterable[Fault]:
        """A floor above the cap."""
        for key in ("floor_frac", "burner_frac"):
            if getattr(self, key) > self.cap_frac:
                yield Fault(
                    key,
                    f"is {getattr(self, key):g}, must not be above cap_frac {self.cap_frac:g}. Lower it, or raise the "
                    "cap.",
                )


class RackStorage(Declared):
    """Energy stored in the power supplies or a shelf of the rack: it takes the swings that fit into it.

    Source:
        65 J per GPU in the power supplies of GB300 NVL72, NVIDIA (2025). Losses and the share kept free: assumption.

    Example:
        >>> RackStorage().energy_j_per_gpu
        65.0
    """

    energy_j_per_gpu: Positive = quantity("J", "Usable energy per GPU", 65.0)
    power_frac: Positive = quantity("", "Greatest power, both ways / full power of the GPUs", 1.0)
    round_trip_eff: float = quantity("", "Energy out / energy in", 0.96, gt=0, le=1)
    average_s: Positive = quantity(
        "s", "It holds the draw at the mean of about so many seconds, as its energy allows", 1.0
    )
    recentre_s: Positive = quantity("s", "Time constant with which it returns to half full", 10.0)
