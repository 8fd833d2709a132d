"""A day as it was run, beside the plan and the twin of the same day: FOLDER/day, which a report is made of.

Needs    campus, case.build_case, plan.plan_site, twin, series; operate.historian.Store, operate.day.
Gives    recount_day.
Used by  cli.operate, cli.report.

The plan is that of the year, with perfect foresight, at the sizes that were run. The twin runs the days around with
the controller of the site, minute by minute, once for each thing of reality more; what the cost of the day changes by
is that thing's line. The last step, from the twin to the day as it was run, is all that the twin does not have: devices
that are lost, the period of the loop, what was measured.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.campus import read_campus
from wattstack.case import build_case
from wattstack.errors import Fault, InputError
from wattstack.operate.accounts import Course, account, interval_means
from wattstack.operate.day import DAY_FILE, local_day
from wattstack.operate.measured import measured_day, told_of
from wattstack.series import TimeAxis, Traces, write_traces

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.case import Case
    from wattstack.operate.historian import Store
    from wattstack.twin import Setting

LAYOUT = 1
# of the twin's run: what its forecasts look back on, and what its plan looks ahead to
BEFORE_DAYS, AFTER_DAYS = 9, 3
MINUTE_S = 60


@dataclass(frozen=True)
class _Span:
    """The day: its first moment and the one after its last, each with its offset, see operate.day."""

    start: datetime
    end: datetime

    @property
    def axis(self) -> TimeAxis:
        """Its minutes."""
        count = round((self.end.timestamp() - self.start.timestamp()) / MINUTE_S)
        return TimeAxis(np.datetime64(int(self.start.timestamp()), "s"), MINUTE_S, count)


def recount_day(folder: str | Path, day: str | None = None) -> Path:
    """Lay a day that was run beside its plan and its twin.

    Args:
        folder: Of a live site: campus.yaml, history.sqlite, and day.json where a day was shown.
        day: Local date; None: the day that was shown, else the last whole one of the history.

    Returns:
        FOLDER/day, with day.json and traces.parquet.

    Raises:
        InputError: There is no such site, or its history does not hold the day.
    """
    from wattstack.operate.historian import Store

    folder = Path(folder)
    if not (folder / "history.sqlite").is_file() or not (folder / "campus.yaml").is_file():
        raise InputError(str(folder), ["has no history.sqlite and campus.yaml: no site ran here."])
    campus = read_campus(folder / "campus.yaml")
    store = Store(folder / "history.sqlite", read_only=True)
    try:
        told = _shown(folder)
        span = _span(campus, store, told, day, folder)
        case = _case(campus, span)
        axis = span.axis
        ran = measured_day(campus, store, folder, axis)
        events = told_of(store, span.start.timestamp(), span.end.timestamp())
    finally:
        store.close()
    away = _away(told, ran)
    courses, lines = _beside(campus, case, axis, away)
    courses["day"] = ran.course
    summary = _summary(campus, case, span, told) | {
        "figures": {who: account(case, course, axis) for who, course in courses.items()},
        "lines": _ladder(case, axis, [*lines, ("site", SITE_LINE, ran.course)]),
        "intervals": {who: interval_means(case, course.import_mw, axis) for who, course in courses.items()},
        "events": events,
        "away": [[begin - span.start.timestamp(), end - span.start.timestamp()] for begin, end in away],
        "source": ran.source,
    }
    out = folder / "day"
    out.mkdir(exist_ok=True)
    arrays = {
        f"{who}:{name}": values for who, course in courses.items() for name, values in course.arrays().items()
    }
    arrays |= {f"day:{name}": values for name, values in ran.own.items()}
    arrays["price_per_mwh"] = case.buy_price_per_mwh
    write_traces(Traces(axis, arrays), out / "traces.parquet")
    (out / "day.json").write_text(json.dumps(summary, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return out


SITE_LINE = (
    "devices that did not answer, a loop of its own period, noise of the load, uninterruptible units; a simulated "
    "battery has one efficiency and no auxiliaries"
)


def _shown(folder: Path) -> dict[str, Any]:
    path = folder / DAY_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _span(campus: Campus, store: Store, told: dict[str, Any], day: str | None, folder: Path) -> _Span:
    """Which day it is."""
    from zoneinfo import ZoneInfo

    if day is None and told:
        made = _Span(datetime.fromisoformat(told["start"]), datetime.fromisoformat(told["end"]))
    else:
        made = _local_day(ZoneInfo(campus.place.time_zone), store, day, folder)
    kept = store.span_s
    if kept is None or kept[0] > made.end.timestamp() - 3600.0 or kept[1] < made.start.timestamp() + 3600.0:
        raise InputError(
            str(folder), [f"holds no history of {made.start:%Y-%m-%d}. Name a day that was run: --day."]
        )
    if made.start < campus.time.start or made.end > campus.time.end:
        raise InputError(
            str(folder),
            [
                Fault(
                    "day",
                    f"{made.start:%Y-%m-%d} lies outside the series of the campus, which the plan needs.",
                )
            ],
        )
    return made


def _local_day(zone, store: Store, day: str | None, folder: Path) -> _Span:
    if day is None:
        kept = store.span_s
        last = datetime.fromtimestamp(0.0 if kept is None else kept[1], zone)
        date = (last - timedelta(days=1)).date()
        return _Span(*local_day(date, zone))
    try:
        return _Span(*local_day(datetime.fromisoformat(day).date(), zone))
    except (ValueError, OverflowError):
        raise InputError(str(folder), [Fault("--day", f"is {day!r}, must be a date: 2022-08-16.")]) from None


def _cut(campus: Campus, start: datetime, end: datetime, step: str = "1min") -> Campus:
    """The campus over a shorter time."""
    time = campus.time.model_copy(update={"start": start, "end": end, "step": step})
    # a minute above its mean is no fault of the file
    duties = campus.duties.model_copy(update={"backup": None})
    return campus.model_copy(update={"time": time, "scenarios": {}, "duties": duties})


def _case(campus: Campus, span: _Span) -> Case:
    """Prices and load of the day by the minute."""
    return build_case(_cut(campus, span.start, span.end))


def _away(told: dict[str, Any], ran) -> list[tuple[float, float]]:
    """When the grid was away, seconds since 1970 UTC: as the script says, else as it was measured."""
    if not told:
        return ran.away
    begin = datetime.fromisoformat(told["begin"]).timestamp()
    return [
        (begin + fault["at_s"], begin + fault["at_s"] + fault.get("lasts_s", np.inf))
        for fault in told["faults"]
        if fault["kind"] == "outage"
    ]


def _beside(
    campus: Campus, case: Case, axis: TimeAxis, away: list[tuple[float, float]]
) -> tuple[dict[str, Course], list[tuple[str, str, Course]]]:
    """Plan and twin of the day, and the lines between them."""
    from wattstack.plan import plan_site
    from wattstack.twin import Setting, Twin

    plan = plan_site(campus.model_copy(update={"scenarios": {}}), curve=False, worth=False).scenarios[0]
    planned = Course.of_plan(plan, axis)
    start = axis.start.astype("datetime64[s]").item()
    first = max(campus.time.start, (start - timedelta(days=BEFORE_DAYS)).replace(tzinfo=UTC))
    last = min(campus.time.end, (start + timedelta(days=1 + AFTER_DAYS)).replace(tzinfo=UTC))
    time = campus.time.model_copy(update={"start": first, "end": last})
    around = campus.model_copy(update={"time": time, "scenarios": {}})
    twin = Twin(around, step="1min")
    lines = [("plan", "perfect foresight of the whole year, one efficiency of the battery", planned)]

    def run(setting: Setting) -> Course:
        return Course.of_run(twin.run(setting).traces, axis)

    steps = (
        ("look-ahead", "hours instead of the whole year, minutes instead of the plan's step",
         Setting(reservoir=True, ageing=False, foresight=True, sure=True, margin=False)),
        ("forecast", "load and sun are forecast, not known",
         Setting(reservoir=True, ageing=False, sure=True, margin=False)),
        ("reserve", "the gauge errs by a share of the battery that stands",
         Setting(reservoir=True, ageing=False, sure=True)),
        ("losses", "cells, converter and auxiliaries as they are; engines take time and may fail", Setting()),
    )  # fmt: skip
    lines += [(line, meaning, run(setting)) for line, meaning, setting in steps]
    whole = Setting(away=tuple(away))
    ran = run(whole)
    lines.append(("outage", "the grid is away, as it was; engines take their time to start", ran))
    return {"plan": planned, "twin": ran}, lines


def _ladder(case: Case, axis: TimeAxis, lines: list[tuple[str, str, Course]]) -> list[dict[str, Any]]:
    """What each line changed: cost of energy with the change of the store at the plan's price, highest interval."""
    worth = lines[0][2].stored_price
    made, before = [], None
    for line, meaning, course in lines:
        told = account(case, course, axis)
        cost = told["energy_cost"] - worth * (told["stored_end_mwh"] - told["stored_start_mwh"])
        peak = told["highest_interval_mw"]
        change = (0.0, 0.0) if before is None else (cost - before[0], peak - before[1])
        made.append(
            {"line": line, "meaning": meaning, "cost": cost, "difference": change[0], "highest_interval_mw": peak,
             "peak_difference_mw": change[1], "unserved_mwh": told["unserved_mwh"]}
        )  # fmt: skip
        before = cost, peak
    return made


def _summary(campus: Campus, case: Case, span: _Span, told: dict[str, Any]) -> dict[str, Any]:
    begin = datetime.fromisoformat(told["begin"]).timestamp() if told else 0.0
    offset_s = span.start.timestamp() - begin
    faults = [
        {**fault, "at_s": fault["at_s"] - offset_s} for fault in told.get("faults", ()) if "at_s" in fault
    ]
    return {
        "wattstack_day": LAYOUT, "kind": "day", "name": campus.name, "description": campus.description,
        "currency": campus.currency, "place": campus.place.model_dump(), "start": span.start.isoformat(),
        "end": span.end.isoformat(), "simulated": bool(told), "speed": told.get("speed", 1.0), "faults": faults,
        "period_s": campus.operate.period_s,
        "sizes": {path: float(size) for path, size in campus.size_paths.items()},
        "inputs": [asdict(record) for record in case.inputs], "library": campus.passports,
    }  # fmt: skip
