"""A day as a demonstration: which one, how fast, and what goes wrong in it; a small YAML file.

Needs    campus, operate.simulated (its faults).
Gives    Day, read_day, local_day, write_day_files, LEAD_S.
Used by  operate.supervise, operate.prepare, operate.recount, cli.operate.

The site begins half an hour before the day, so that all processes stand and a metering interval was begun anew when the
day begins. What the day was is kept in FOLDER/day.json, its faults in FOLDER/faults.yaml.

Moments carry their own offset, never a zone: two datetimes of one zone are subtracted by their wall clocks, and a day
of 23 or 25 hours would count 24.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.campus import Campus

LEAD_S = 1800.0
STANDS_S = 10.0  # of the wall, for processes to stand: the day ends within what is run
USUAL_SPEED = 144.0  # a day in ten minutes
DAY_FILE, FAULTS_FILE = "day.json", "faults.yaml"
KEYS = ("day", "speed", "faults")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")


@dataclass(frozen=True)
class Day:
    """A local day of a simulated site.

    Attributes:
        source: The file that tells it.
        start, end: Its first moment, and the one after its last, each with its offset.
        speed: Seconds of the site in a second.
        faults: As in a script of faults, times in seconds from when the site begins.
    """

    source: Path
    start: datetime
    end: datetime
    speed: float
    faults: tuple[dict[str, Any], ...]

    @property
    def begin(self) -> datetime:
        """When the site begins."""
        return self.start - timedelta(seconds=LEAD_S)

    @property
    def seconds(self) -> float:
        """How long it takes on the wall."""
        return ((self.end - self.start).total_seconds() + LEAD_S) / self.speed + STANDS_S


def local_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First moment of a local day, and the one after its last, each with its offset.

    Raises:
        OverflowError: There is no day after it.
    """
    return _moment(day, time(), zone), _moment(day + timedelta(days=1), time(), zone)


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When a clock shows that time; the first where it does so twice, as much later where it never does."""
    there = datetime.combine(day, clock, zone)
    return there.replace(tzinfo=timezone(there.utcoffset()))


def read_day(path: str | Path, campus: Campus, devices: tuple[str, ...]) -> Day:
    """Read the file of a day.

    Args:
        path: YAML: `day: 2022-08-16`, `speed: 144`, and `faults:` as in a script of faults, where `at: "14:10"` is a
            clock of that day. A clock that the day has twice is the first of the two; one that it does not have, where
            clocks are set ahead, is as much later.
        campus: Its series must hold the day.
        devices: That can have faults.

    Raises:
        InputError: It cannot be read, or the campus does not reach to that day; every fault at once.
    """
    from wattstack.campus import read_document
    from wattstack.operate.simulated import faults_of

    document = read_document(path, holds="day")
    told, wrong = document.values, list(document.faults)
    wrong += [
        Fault(str(key), f"is not a key of a day, must be one of {', '.join(KEYS)}.")
        for key in told
        if key not in KEYS
    ]
    zone = ZoneInfo(campus.place.time_zone)
    first = _date(told.get("day"))
    span = None if first is None else _span(first, zone, campus)
    if first is None:
        wrong.append(Fault("day", f"is {told.get('day')!r}, must be a date: 2022-08-16."))
    elif span is None:
        wrong.append(
            Fault("day", f"is {first}, must lie in {campus.time.start:%Y-%m-%d} .. {campus.time.end:%Y-%m-%d}, not at "
                         "its very beginning: the series of the campus reach no further.")
        )  # fmt: skip
    speed = told.get("speed", USUAL_SPEED)
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.0 < speed <= 3600.0:
        wrong.append(Fault("speed", f"is {speed!r}, must be a number above 0, at most 3600."))
    faults = [] if told.get("faults") is None else told["faults"]
    if not isinstance(faults, list):
        wrong.append(
            Fault("faults", 'must be a list: - {at: "14:10", device: grid.connection, kind: outage}.')
        )
        faults = []
    made = [_timed(one, f"faults[{k}]", first if span else None, zone, wrong) for k, one in enumerate(faults)]
    wrong += faults_of(made, devices)
    if wrong or span is None:
        raise InputError(str(path), wrong)
    return Day(Path(path), *span, float(speed), tuple(made))


def _date(told: Any) -> date | None:
    """A date as YAML brings it; None: it is none."""
    if isinstance(told, datetime) or not isinstance(told, date | str):
        return None
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return None


def _span(day: date, zone: ZoneInfo, campus: Campus) -> tuple[datetime, datetime] | None:
    """Beginning and end of a day; None: the campus does not reach to it."""
    try:
        start, end = local_day(day, zone)
        begin = start - timedelta(seconds=LEAD_S)
    except OverflowError:  # of the first or the last year there is
        return None
    return None if begin < campus.time.start or end > campus.time.end else (start, end)


def _timed(one: Any, where: str, day: date | None, zone: ZoneInfo, wrong: list[Fault]) -> Any:
    """A fault with its clock as seconds from when the site begins; what else is wrong with it is told by its reader."""
    if not isinstance(one, dict) or "at" not in one:
        return one
    if "at_s" in one:
        wrong.append(Fault(where, "has `at` and `at_s`, must have one of them. Leave out at_s."))
    clock = _CLOCK.fullmatch(str(one["at"]))
    at_s = 0.0
    if clock is None or int(clock[1]) > 23:
        wrong.append(Fault(f"{where}.at", f'is {one["at"]!r}, must be a clock in quotes: "14:10".'))
    elif day is not None:
        at = _moment(day, time(int(clock[1]), int(clock[2])), zone)
        at_s = LEAD_S + (at - _moment(day, time(), zone)).total_seconds()
    return {key: value for key, value in one.items() if key not in ("at", "at_s")} | {"at_s": at_s}


def write_day_files(day: Day, folder: Path) -> Path:
    """Keep what the day is in the folder of the site; returns its script of faults."""
    told = {
        "start": day.start.isoformat(), "end": day.end.isoformat(), "begin": day.begin.isoformat(),
        "speed": day.speed, "faults": list(day.faults),
    }  # fmt: skip
    text = json.dumps(told, indent=1) + "\n"
    (folder / DAY_FILE).write_text(text, encoding="utf-8")
    script = folder / FAULTS_FILE
    # JSON is YAML
    script.write_text(json.dumps({"faults": list(day.faults)}, indent=1) + "\n", encoding="utf-8")
    return script
