"""How a battery is made up: containers and racks and how far they differ, its cells, and the state it starts from.

Needs    campus.fields.
Gives    Racks, Cells, Start.
Used by  campus.battery, physics.battery, physics.racks.
"""

from __future__ import annotations

from pydantic import Field

from wattstack.campus.fields import Declared, Frac, NotNegative, Number, Positive, quantity


class Racks(Declared):
    """Containers of equal racks; the spreads are standard deviations from rack to rack, drawn once from a seed.

    Source:
        A container: 5 MWh = 12 racks of 416 cells of 314 Ah, the usual 20 ft container of 2025. Spread of new cells:
        Rumpf et al. (2017), J. Energy Storage 14:224, 0.3-0.8 % in capacity and 0.7-2 % in resistance inside one lot;
        racks of several lots: assumption. Spread of ageing: assumption, 0.1 inside one make.

    Example:
        >>> Racks().containers(nameplate_mwh=12.0)
        3
    """

    container_mwh: Positive = quantity("MWh", "Nameplate of one container", 5.0)
    racks_per_container: int = quantity("", "Racks in a container", 12, ge=1, le=1000)
    capacity_spread_frac: float = quantity("", "Spread of capacity from rack to rack", 0.01, ge=0, le=0.3)
    resistance_spread_frac: float = quantity("", "Spread of resistance from rack to rack", 0.03, ge=0, le=0.5)
    ageing_spread_frac: float = quantity(
        "", "Spread of the speed of ageing from rack to rack", 0.1, ge=0, le=1
    )
    seed: int = quantity("", "Seed of the draw; the same seed gives the same racks", 1, ge=0)

    def containers(self, nameplate_mwh: float) -> int:
        """Containers that hold this nameplate energy, the last one perhaps in part."""
        return max(1, -int(-(nameplate_mwh / self.container_mwh - 1e-9) // 1))


class Cells(Declared):
    """Cells from a file of their maker instead of the chemistry's; money and wear stay with the chemistry."""

    bpx: str = Field(min_length=1, description="BPX file (Battery Parameter eXchange, JSON) of the cell.")


class Start(Declared):
    """State at the first moment: how full, how old.

    Example:
        >>> Start().soc
        0.5
    """

    soc: Frac = quantity(
        "", "State of charge of the cells, share of nameplate, inside the usable window", 0.5
    )
    temp_degc: Number | None = quantity(
        "degC", "Temperature of the cells; absent = the setpoint of climate", None
    )
    age_years: NotNegative = quantity("years", "Calendar age", 0.0)
    throughput_mwh: NotNegative = quantity("MWh", "Discharged so far, at the bus, the whole battery", 0.0)
