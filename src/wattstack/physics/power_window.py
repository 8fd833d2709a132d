"""State of power: what a battery can hold for a second, ten seconds, a minute, a quarter of an hour.

Needs    physics.blocks; physics.kernel.window (when called).
Gives    WINDOWS_S, PowerWindow, power_window.
Used by  control, cli.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wattstack.errors import InputError
from wattstack.physics.blocks import BlockSet

WINDOWS_S = (1.0, 10.0, 60.0, 900.0)


class PowerWindow(NamedTuple):
    """What each block can hold, MW at the bus, >= 0; arrays (windows, blocks).

    Attributes:
        windows_s: Lengths of the windows [s].
        charge_mw: Taken from the bus, held for the whole window.
        discharge_mw: Given to the bus, held for the whole window.
    """

    windows_s: np.ndarray
    charge_mw: np.ndarray
    discharge_mw: np.ndarray


def power_window(
    blocks: BlockSet,
    state: np.ndarray | None = None,
    age: np.ndarray | None = None,
    windows_s: Sequence[float] = WINDOWS_S,
) -> PowerWindow:
    """Power that can be held from now on, by the closed form at the end of each window.

    Args:
        blocks: From make_blocks.
        state: State of the blocks, (NSTATE, nb); None: the one they start from.
        age: Age of the blocks; None: the one they start from.
        windows_s: Lengths of the windows [s], each > 0.

    Returns:
        For each window and block. Ratings, C-rate, voltage at the end of the window, temperature and the window of the
        state of charge all count. Held at this power the current stays below what the end of the window allows.

    Raises:
        InputError: A window is not above 0.

    Source:
        Closed form at the end of the window: Plett (2004), High-performance battery-pack power estimation using a
        dynamic cell model, doi:10.1109/TVT.2004.832408; here with what the RC pairs add by then, and with the voltage
        and resistance at the state of charge where the window ends.

    Example:
        >>> from wattstack.physics.blocks import BlockSpec, make_blocks
        >>> spec = BlockSpec("b1", None, None, 10.0, 20.0, 20.0, start_soc=0.1)
        >>> power_window(make_blocks([spec])).discharge_mw[:, 0].tolist()
        [20.0, 20.0, 20.0, 4.0]
    """
    from wattstack.physics.kernel.window import hold_all

    windows = np.asarray(windows_s, dtype=np.float64)
    if windows.ndim != 1 or not windows.size or not ((windows > 0) & np.isfinite(windows)).all():
        raise InputError(
            "power window", [f"windows_s is {list(windows_s)}, must be lengths in seconds, > 0."]
        )
    state = blocks.state if state is None else state
    age = blocks.age if age is None else age
    found = np.zeros((windows.size, 2, state.shape[1]))
    for i, window_s in enumerate(windows):
        hold_all(blocks.blocks, state, age, float(window_s), found[i])
    return PowerWindow(windows, found[:, 0], found[:, 1])
