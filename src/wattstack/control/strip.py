"""Which batteries strip and when, as the table that the compiled scheduler works on.

Needs    campus.Battery and Strip as declared; physics.cell_of (what the chemistry asks); control.kernel.strip.
Gives    StripGroup, strip_of, strips_of, strip_table.
Used by  twin.fleet, twin.year, operate; the scheduler itself is control.kernel.strip, the same for twin and site.

Zinc that is not taken off the electrodes now and then grows where it should not. A battery that strips stands as
several groups, one of them out of service at a time; neither the rules nor a reserve count on it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wattstack.campus import Battery, Campus, Strip


class StripGroup(NamedTuple):
    """What a block is to the scheduler.

    Attributes:
        strip: When it strips; None: never.
        battery: Index of its battery, the same for all its groups, below the number of blocks.
        place: Which of the groups it is, 0 first.
        soc_low: Lower end of its window in service.
    """

    strip: Strip | None
    battery: int
    place: int
    soc_low: float


def strip_of(battery: Battery) -> Strip | None:
    """When a battery strips: as declared, else as its chemistry asks; None: never.

    Example:
        >>> from wattstack.campus import Battery
        >>> zinc = "library:zinc-halogen-classic"
        >>> unit = Battery(power_mw=1, energy_mwh=4, charge_eff=0.9, discharge_eff=0.9, chemistry=zinc)
        >>> strip_of(unit).every_days
        3.0
    """
    if battery.strip is not None or battery.chemistry is None:
        return battery.strip
    from wattstack.physics import cell_of

    asked = cell_of(battery.chemistry).maintenance
    if asked is None:
        return None
    return Strip(every_days=asked["strip_days"], every_cycles=asked["strip_cycles"], rest_h=asked["strip_h"])


def strips_of(campus: Campus) -> dict[str, Strip]:
    """When each battery of a campus strips, by name; those that never do are left out."""
    strips = {name: strip_of(unit) for name, unit in campus.battery.items()}
    return {name: asked for name, asked in strips.items() if asked is not None}


def strip_table(groups: Sequence[StripGroup]) -> np.ndarray:
    """Table of the scheduler, (NSTRIP, blocks); without columns where nothing strips, so that it costs nothing.

    Args:
        groups: One a block. The groups of a battery begin as if they had been stripped in turn before.
    """
    from wattstack.control.kernel import strip as at

    if all(group.strip is None for group in groups):
        return np.zeros((at.NSTRIP, 0))
    table = np.zeros((at.NSTRIP, len(groups)))
    table[at.AGO_H] = -1.0  # no opening is behind it yet
    table[at.BATTERY] = -1.0
    for b, group in enumerate(groups):
        if group.strip is None:
            continue
        asked = group.strip
        table[at.BATTERY, b] = group.battery
        table[at.EVERY_DAYS, b] = np.inf if asked.every_days is None else asked.every_days
        table[at.EVERY_CYCLES, b] = np.inf if asked.every_cycles is None else asked.every_cycles
        table[at.REST_H, b], table[at.AT_HOUR, b] = asked.rest_h, asked.at_hour
        table[at.WINDOW_LOW, b] = group.soc_low
        table[at.HEAD_START, b] = max(asked.groups - 1 - group.place, 0) / asked.groups
    return table
