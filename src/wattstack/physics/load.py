"""What the halls draw: utilisation over the local clock, power of the equipment, losses of its supply chain.

Needs    campus.Hall, the shape of a profile of the library.
Gives    utilisation_frac, it_mw, supply_loss_mw.
Used by  case.

Hourly means. The swings of seconds inside a training job belong to the transient model and are not in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.errors import StateError

if TYPE_CHECKING:
    from wattstack.campus import Hall


def utilisation_frac(shape: Any, weekday: np.ndarray, hour: np.ndarray, mean_frac: float) -> np.ndarray:
    """Utilisation that follows a weekly shape on the local clock.

    Args:
        shape: Relative utilisation by weekday and hour, Monday 00:00 first, mean 1, shape (7, 24).
        weekday: Local weekday of each step, Monday = 0, a holiday 6, shape (steps,).
        hour: Local hour of each step's start, 0 <= hour < 24, shape (steps,).
        mean_frac: Mean utilisation over a week, 0 .. 1.

    Returns:
        Utilisation 0 .. 1, shape (steps,). A full hall cannot do more than its rating: where mean x shape is
        above 1 it is 1, and the mean of the week is then below mean_frac.

    Raises:
        StateError: The shape is not 7 days of 24 hours with mean 1.

    Example:
        >>> day = np.concatenate([np.full(12, 0.5), np.full(12, 1.5)])
        >>> utilisation_frac(np.tile(day, (7, 1)), np.array([0, 0]), np.array([3.0, 15.5]), mean_frac=0.5)
        array([0.25, 0.75])
    """
    table = np.asarray(shape, dtype=float)
    if table.shape != (7, 24) or not abs(table.mean() - 1.0) < 5e-3 or table.min() < 0:
        raise StateError(
            f"the profile's shape is {table.shape} with mean {table.mean():.4g}, must be 7 days of 24 hours, "
            "none below 0, with mean 1. Mend the profile."
        )
    return np.minimum(mean_frac * table[weekday, np.floor(hour).astype(int)], 1.0)


def it_mw(hall: Hall, used_frac: Any, idle_frac: float) -> np.ndarray:
    """Power of the IT equipment: a part that runs whether used or not, and one in step with the use.

    Args:
        hall: As declared on the campus; its own idle_frac goes before the profile's.
        used_frac: Utilisation, 0 .. 1, number or array.
        idle_frac: Power at no use / rating of the profile.

    Returns:
        Power at the terminals of the equipment [MW], it_mw x idle_frac .. it_mw.

    Source:
        Linear power model, Fan, Weber, Barroso (2007), doi:10.1145/1250662.1250665.

    Example:
        >>> from wattstack.campus import Hall
        >>> float(it_mw(Hall(it_mw=100, idle_frac=0.4), 0.5, idle_frac=0.29))
        70.0
    """
    idle = idle_frac if hall.idle_frac is None else hall.idle_frac
    return hall.it_mw * (idle + (1.0 - idle) * np.asarray(used_frac, dtype=float))


def supply_loss_mw(hall: Hall, power_mw: Any) -> Any:
    """Loss of transformer, UPS and rectifier on the way to the equipment: a fixed share of its power.

    Args:
        hall: As declared on the campus.
        power_mw: Power of the equipment [MW], number or array.

    Returns:
        Loss [MW], in the shape of power_mw. The hall draws power + loss, and all of it becomes heat.

    Source:
        Double conversion 94-96 %, eco mode 98-99 %: efficiency classes of IEC 62040-3. A share fixed over
        the load is an assumption; real losses have a part that does not fall with it.

    Example:
        >>> from wattstack.campus import Hall
        >>> supply_loss_mw(Hall(it_mw=100, ups_loss_frac=0.03), 70.0)
        2.1
    """
    return hall.ups_loss_frac * power_mw
