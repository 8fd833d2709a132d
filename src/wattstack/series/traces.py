"""Traces: an axis and named arrays along it, what every verb answers with.

Needs    errors, series.axis, series.channels; pandas and xarray only when asked for.
Gives    Traces.
Used by  plan, report, cli (through series.files).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError, nearest
from wattstack.series.axis import TimeAxis
from wattstack.series.channels import channel

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Traces:
    """Named quantities on one axis.

    Attributes:
        axis: The steps.
        arrays: Channel name (see series.channels) -> values, shape (steps,) or (steps, scenarios).
        scenarios: Names of the scenarios, empty when arrays have one dimension.

    Raises:
        InputError: An array of another shape than axis and scenarios ask for.

    Example:
        >>> axis = TimeAxis(np.datetime64("2022-01-01", "s"), 3600, 2)
        >>> traces = Traces(axis, {"load_mw": np.array([1.0, 2.0])})
        >>> traces["load_mw"].tolist()
        [1.0, 2.0]
    """

    axis: TimeAxis
    arrays: dict[str, np.ndarray]
    scenarios: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (self.axis.count, len(self.scenarios)) if self.scenarios else (self.axis.count,)
        faults = [
            Fault(name, f"has shape {np.shape(values)}, must be {shape}. Bring it onto the axis.")
            for name, values in self.arrays.items()
            if np.shape(values) not in (shape, shape[:1])
        ]
        if faults:
            raise InputError("traces", faults)

    def __getitem__(self, name: str) -> np.ndarray:
        """Values of one channel."""
        if name not in self.arrays:
            near = nearest(name, self.arrays)
            raise InputError(
                "traces", [f"have no {name!r}. {f'Nearest: {near!r}.' if near else ''}".rstrip()]
            )
        return self.arrays[name]

    def columns(self) -> dict[str, np.ndarray]:
        """Every array as plain columns: "scenario:channel" where there are scenarios. Shape (steps,) each."""
        flat = {}
        for name, values in self.arrays.items():
            if values.ndim == 1:
                flat[name] = values
            else:
                flat |= {f"{scenario}:{name}": values[:, i] for i, scenario in enumerate(self.scenarios)}
        return flat

    def to_pandas(self) -> pd.DataFrame:
        """A table, index "time" in UTC, a column per channel ("scenario:channel" with scenarios)."""
        import pandas as pd

        return pd.DataFrame(self.columns(), index=pd.DatetimeIndex(self.axis.stamps, tz="UTC", name="time"))

    def to_xarray(self) -> xr.Dataset:
        """A dataset with dimensions time (UTC, without zone) and scenario; units and meaning as attributes.

        Raises:
            InputError: xarray is not installed.
        """
        try:
            import xarray as xr
        except ImportError:
            raise InputError(
                "to_xarray", ["needs xarray. Install it: pip install 'wattstack[xarray]'."]
            ) from None
        variables = {}
        for name, values in self.arrays.items():
            row = channel(name)
            dims = ("time",) if values.ndim == 1 else ("time", "scenario")
            variables[name] = (dims, values, {"units": row.unit, "long_name": row.meaning})
        coords = {"time": self.axis.stamps.astype("M8[ns]")}
        if self.scenarios:
            coords["scenario"] = list(self.scenarios)
        return xr.Dataset(variables, coords, attrs={"step_s": self.axis.step_s})
