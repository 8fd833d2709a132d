"""What holds at this moment: limits, reserve, peak and bands, from what is declared and what is asked.

Needs    campus, operate.link.Request.
Gives    Limits, Band, limits_of, words_of, month_target.
Used by  operate.guard.mind.

A request narrows. Two of them widen, and no further than the campus file says: the utility may free the non-firm part
of the connection, and peak_mw sets a target of cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wattstack.operate.link import Request

if TYPE_CHECKING:
    from wattstack.campus import Campus

FAR_MW = 1e9


@dataclass(frozen=True, slots=True)
class Band:
    """What one request leaves of a power."""

    path: str | None
    low_mw: float
    high_mw: float
    why: str


@dataclass(slots=True)
class Limits:
    """What holds now [MW, MWh].

    Attributes:
        import_mw, export_mw: Of the connection: physical and contract.
        told_import_mw, told_export_mw: Of an instruction; FAR_MW: none.
        reserve_mwh: Asked on top of what is declared; 0: none.
        peak_mw: Target asked for; None: as declared.
        load_cap_mw: What the workload is asked to stay below; FAR_MW: nothing.
        told, cost, manual: Bands of battery power, of the utility, of planner and market, of a user.
        engines: Bands of generators.
    """

    import_mw: float = 0.0
    export_mw: float = 0.0
    told_import_mw: float = FAR_MW
    told_export_mw: float = FAR_MW
    reserve_mwh: float = 0.0
    peak_mw: float | None = None
    load_cap_mw: float = FAR_MW
    mode: str | None = None
    told: list[Band] = field(default_factory=list)
    cost: list[Band] = field(default_factory=list)
    manual: list[Band] = field(default_factory=list)
    engines: list[Band] = field(default_factory=list)

    def of_single(self, mode: str) -> tuple[list[Band], list[Band]]:
        """Bands of single batteries that count in a mode: what utility and people ask, and what the plan does."""
        asked = [band for band in (*self.told, *self.manual) if band.path is not None]
        planned = [band for band in self.cost if band.path is not None]
        return asked if mode != "safe" else [], planned if mode in ("run", "shadow") else []


def limits_of(campus: Campus, requests: Iterable[Request]) -> Limits:
    """What holds, from the campus file and the requests in force."""
    made, whole_mw = Limits(), 0.0
    if campus.grid is not None:
        connection, export = campus.grid.connection, campus.grid.tariff.export
        made.import_mw = float(connection.firm_mw)
        made.export_mw = 0.0 if export is None else float(export.limit_mw)
        whole_mw = made.import_mw + float(connection.nonfirm_mw)
    for request in requests:
        low, high = request.bounds
        why = words_of(request)
        alone = request.path is not None and len(campus.battery) == 1 and request.what == "battery_mw"
        band = Band(None if alone else request.path, low, high, why)
        if request.what == "import_limit_mw":
            if request.source == "utility" and high > made.import_mw:
                made.import_mw = min(high, whole_mw)
            made.told_import_mw = min(made.told_import_mw, max(high, 0.0))
        elif request.what == "export_limit_mw":
            made.told_export_mw = min(made.told_export_mw, max(high, 0.0))
        elif request.what == "reserve_mwh":
            made.reserve_mwh = max(made.reserve_mwh, low if request.value is None else request.value)
        elif request.what == "peak_mw":
            made.peak_mw = max(high, 0.0) if made.peak_mw is None else min(made.peak_mw, max(high, 0.0))
        elif request.what == "load_cap_mw":
            made.load_cap_mw = min(made.load_cap_mw, max(high, 0.0))
        elif request.what == "mode":
            made.mode = request.mode
        elif request.what == "generator_mw":
            made.engines.append(band)
        else:
            {"utility": made.told, "user": made.manual}.get(request.source, made.cost).append(band)
    return made


def words_of(request: Request) -> str:
    """Who asks, and what for: the reason of what it narrows."""
    who = request.user or request.source
    return f"{who}: {request.reason}" if request.reason else who


def month_target(campus: Campus, label: str) -> float:
    """The declared target of the metering interval in a month ("2022-04"); FAR_MW where there is none."""
    asked = campus.control.peak_target_mw
    if isinstance(asked, dict):
        asked = asked.get(label)
    return FAR_MW if asked is None else float(asked)
