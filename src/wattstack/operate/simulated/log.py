"""What really happened at a simulated site, a line a minute: the truth that its devices only show a part of.

Needs    operate.simulated.site.
Gives    SiteLog, COLUMNS.
Used by  cli.simulate_devices; read by operate.recount.

A line is the mean of the minute that ends; stored energy is that at its end. A minute that is not whole (the first, the
last) is written too, with the seconds it has.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from wattstack.operate.simulated.site import Site

if TYPE_CHECKING:
    from typing import TextIO

MINUTE_S = 60.0
COLUMNS = (
    "utc_s", "seconds", "load_mw", "grid.import_mw", "solar_mw", "generator_mw", "battery_mw", "ups_mw", "unserved_mw",
    "stored_mwh",
)  # fmt: skip


class SiteLog:
    """Writes a CSV.

    Args:
        site: That moves.
        path: File; one that stands there is replaced.
    """

    def __init__(self, site: Site, path: Path) -> None:
        self.site, self.path = site, path
        self._file: TextIO | None = None
        self._sums, self._seconds, self._minute = [0.0] * 7, 0.0, 0

    def __enter__(self) -> Self:
        self._file = self.path.open("w", encoding="utf-8", buffering=1)
        self._file.write(",".join(COLUMNS) + "\n")
        self._minute = int(self.site.utc_s // MINUTE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._line()
        self._file.close()

    def step(self, step_s: float) -> None:
        """Take what the site did in the step that just ended."""
        site = self.site
        flows = (
            site.load_mw,
            site.meters.import_mw,
            sum(site.solar_mw.values()),
            sum(one.output_mw for one in site.engines.values()),
            sum(one.injection_mw for one in site.stores.values()),
            sum(one.carries_mw - one.draws_mw for one in site.ups.values()),
            site.meters.unserved_mw,
        )
        for k, flow in enumerate(flows):
            self._sums[k] += flow * step_s
        self._seconds += step_s
        if int(site.utc_s // MINUTE_S) != self._minute:
            self._line()

    def _line(self) -> None:
        site = self.site
        if self._seconds > 0.0:
            stored = sum(store.stored_mwh for store in site.stores.values())
            means = [flow / self._seconds for flow in self._sums]
            numbers = (site.utc_s, self._seconds, *means, stored)
            self._file.write(",".join(f"{number:.6f}" for number in numbers) + "\n")
        self._sums, self._seconds, self._minute = [0.0] * 7, 0.0, int(site.utc_s // MINUTE_S)
