"""How a battery stands on its site: distances, barriers, tests and standards. What the safety rules ask about.

Needs    campus.fields.
Gives    Layout.
Used by  campus.battery, physics.safety.

Nothing here changes what a battery does. A distance that is not given is not assumed: the rule that asks for it is then
shown as not declared.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wattstack.campus.fields import Declared, NotNegative, Positive, quantity

Test = Literal["ul-9540a", "large-scale-fire"]
Standard = Literal[
    "jis-c-8715-2", "jis-c-4441", "iec-62619", "iec-62933-5-2", "ul-1973", "ul-9540", "un-38-3", "gb-t-36276"
]


class Layout(Declared):
    """One battery on its site, as it stands or is drawn.

    Example:
        >>> Layout(gap_m=3).place
        'outdoor'
    """

    place: Literal["outdoor", "indoor", "roof"] = Field("outdoor", description="Where it stands.")
    unit_kwh: Positive | None = quantity("kWh", "Nameplate of one unit that stands by itself", None)
    gap_m: NotNegative | None = quantity("m", "Least distance between the long sides of two units", None)
    end_gap_m: NotNegative | None = quantity(
        "m", "Least distance between the short sides of two units; absent = gap_m", None
    )
    to_wall_m: NotNegative | None = quantity("m", "Least distance to a wall that it stands beside", None)
    to_building_m: NotNegative | None = quantity("m", "Least distance to a building", None)
    to_boundary_m: NotNegative | None = quantity("m", "Least distance to the boundary of the site", None)
    to_way_m: NotNegative | None = quantity("m", "Least distance to a public way", None)
    to_school_m: NotNegative | None = quantity("m", "Least distance to a school or hospital", None)
    to_home_m: NotNegative | None = quantity("m", "Least distance to a home outside the site", None)
    fire_barrier_h: NotNegative = quantity("h", "Fire resistance of the barrier between units", 0.0)
    wall_fire_h: NotNegative = quantity(
        "h", "Fire resistance of the wall towards buildings and boundary", 0.0
    )
    steel_box_mm: NotNegative | None = quantity("mm", "Thickness of the steel box around a unit", None)
    tested_gap_m: NotNegative | None = quantity(
        "m", "Distance at which the large-scale fire test showed that fire does not spread", None
    )
    notified: bool | None = Field(None, description="Whether the fire service has been told.")
    tests: tuple[Test, ...] = Field((), strict=False, description="Fire tests that were passed.")
    standards: tuple[Standard, ...] = Field((), strict=False, description="Standards it is certified to.")
