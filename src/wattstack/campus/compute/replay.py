"""A measured power log in the place of a job: what a cluster drew, played again.

Needs    campus.fields.
Gives    Replay.
Used by  campus.load, physics.compute.
"""

from __future__ import annotations

from pydantic import Field

from wattstack.campus.fields import Declared, NotNegative, Positive, quantity


class Replay(Declared):
    """A log that is played from begin_s on and begins again at its end.

    Example:
        >>> Replay(file="node_power.csv", scale=80).begin_s
        0.0
    """

    file: str = Field(min_length=1, description="Power log, of any format that `wattstack fit-load` reads.")
    format: str | None = Field(None, description="Its format; absent = as the file shows.")
    column: str | None = Field(None, description="Its power column, or a pattern; absent = the only one.")
    unit: str | None = Field(
        None, description="Unit of the power where the column does not say it: W, kW, MW."
    )
    where: dict[str, str | int | float] = Field(
        {}, description="Rows of a table that are read, column: value; one run of several, {run: 0}."
    )
    scale: Positive = quantity(
        "", "Power of the campus / power of the log: how many such clusters run as one", 1.0
    )
    gpus: int = quantity("", "GPUs behind it, for the storage of their racks", 0, ge=0)
    begin_s: NotNegative = quantity("s", "Moment of the log that the first moment is", 0.0)
