"""Carbon: what was emitted, month by month, and what a MWh of import costs when carbon has a price.

Needs    cost.calendar.
Gives    carbon_cost_per_mwh, emissions_t.
Used by  cost.tariff (the carbon line), plan (merit order and emissions), report.

Emissions are those of use: import at the intensity of the grid, generation at that of its fuel. What was
built is not counted, exports earn no credit (GHG Protocol, scope 1 and location-based scope 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from wattstack.cost.calendar import Calendar

if TYPE_CHECKING:
    import pandas as pd


def carbon_cost_per_mwh(intensity_kg_per_mwh: float | np.ndarray, price_per_t: float) -> float | np.ndarray:
    """Cost of the carbon of one MWh [currency/MWh]: intensity [kg/MWh] x price [currency/t] / 1000 kg/t.

    Example:
        >>> carbon_cost_per_mwh(450.0, 10_000)
        4500.0
    """
    return intensity_kg_per_mwh * (price_per_t / 1000.0)


def emissions_t(
    calendar: Calendar,
    import_mw: np.ndarray,
    intensity_kg_per_mwh: float | np.ndarray,
    generators: Mapping[str, tuple[np.ndarray, float]],
) -> pd.DataFrame:
    """CO2 by month and source.

    Args:
        calendar: Local calendar of the axis.
        import_mw: Mean import of each step [MW], shape (steps,).
        intensity_kg_per_mwh: Grid intensity, number or shape (steps,).
        generators: By name ("generator.gas"): output of each step [MW], shape (steps,), and CO2 per MWh
            electric [kg/MWh].

    Returns:
        DataFrame [t], rows = months, columns = "grid", the generators, "total".
    """
    import pandas as pd

    tonnes = {"grid": np.asarray(import_mw) * intensity_kg_per_mwh}
    tonnes |= {name: np.asarray(output_mw) * kg for name, (output_mw, kg) in generators.items()}
    scale = calendar.axis.step_h / 1000.0
    table = pd.DataFrame(
        {name: calendar.sum_by_month(rate) * scale for name, rate in tonnes.items()},
        index=pd.Index(calendar.month_names, name="month"),
    )
    table["total"] = table.sum(axis=1)
    return table
