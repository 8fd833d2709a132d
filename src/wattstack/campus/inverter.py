"""How the converter of a battery answers within milliseconds: following the grid, or forming it.

Needs    campus.fields.
Gives    Inverter.
Used by  campus.battery, physics.inverter.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wattstack.campus.fields import Declared, Frac, NotNegative, Positive, quantity


class Inverter(Declared):
    """Control of a converter. `grid-following` needs a voltage to follow; `grid-forming` makes one and holds an island.

    Source:
        Ranges of droop, inertia and current limits: ENTSO-E, Grid forming capability of power park modules (2024),
        and AEMO, Voluntary specification for grid-forming inverters (2023). Time constants: assumption, usual for
        units of MW.

    Example:
        >>> Inverter(mode="grid-forming").inertia_s
        2.0
    """

    mode: Literal["grid-following", "grid-forming"] = Field(
        "grid-following", description="What it does with voltage and angle."
    )
    power_loop_s: Positive = quantity("s", "Time constant from setpoint to power", 0.02)
    pll_s: Positive = quantity("s", "Time constant of the phase-locked loop (grid-following)", 0.03)
    current_limit_pu: float = quantity("pu", "Greatest current / rated", 1.2, gt=0, le=5)
    reactive_pu: Frac = quantity("pu", "Greatest reactive power / rating", 0.4)
    droop_frac: Positive = quantity(
        "", "Change of frequency / nominal for a change of power by the rating", 0.02
    )
    deadband_hz: NotNegative = quantity("Hz", "It does not answer frequency inside (grid-following)", 0.2)
    inertia_s: NotNegative = quantity("s", "Virtual inertia H (grid-forming)", 2.0)
    damping_pu: NotNegative = quantity(
        "pu", "Power / rating for a frequency off by the whole nominal, on top of droop (grid-forming)", 20.0
    )
    voltage_droop_frac: Positive = quantity(
        "", "Change of voltage / nominal for reactive power by the rating", 0.05
    )
    reactance_pu: Positive = quantity(
        "pu", "Reactance to the bus on its own rating, transformer and virtual (grid-forming)", 0.15
    )
