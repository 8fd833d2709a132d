"""A day as a demonstration: which one, how fast, and what goes wrong in it; a small YAML file.

Needs    campus, operate.simulated (its faults).
Gives    Day, read_day, write_day_files, LEAD_S.
Used by  operate.supervise, operate.prepare, cli.operate.

The site begins half an hour before the day, so that all processes stand and a metering interval was begun anew when the
day begins. What the day was is kept in FOLDER/day.json, its faults in FOLDER/faults.yaml.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
        start, end: Its first moment, and the one after its last.
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


def read_day(path: str | Path, campus: Campus) -> Day:
    """Read the file of a day.

    Args:
        path: YAML: `day: 2022-08-16`, `speed: 144`, and `faults:` as in a script of faults, where `at: "14:10"` is a
            clock of that day.
        campus: Its series must hold the day.

    Raises:
        InputError: It cannot be read, or the campus does not reach to that day; every fault at once.
    """
    from wattstack.campus import read_document

    document = read_document(path, holds="day")
    told, wrong = document.values, list(document.faults)
    wrong += [
        Fault(key, f"is not a key of a day, must be one of {', '.join(KEYS)}.")
        for key in told
        if key not in KEYS
    ]
    day = told.get("day")
    if isinstance(day, datetime) or not isinstance(day, date | str) or not _is_date(day):
        wrong.append(Fault("day", f"is {day!r}, must be a date: 2022-08-16."))
    speed = told.get("speed", USUAL_SPEED)
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.0 < speed <= 3600.0:
        wrong.append(Fault("speed", f"is {speed!r}, must be a number above 0, at most 3600."))
    faults = told.get("faults") or []
    if not isinstance(faults, list):
        wrong.append(
            Fault("faults", 'must be a list: - {at: "14:10", device: grid.connection, kind: outage}.')
        )
        faults = []
    made = [_timed(one, f"faults[{k}]", wrong) for k, one in enumerate(faults)]
    if wrong:
        raise InputError(str(path), wrong)
    zone = ZoneInfo(campus.place.time_zone)
    first = date.fromisoformat(str(day))
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    after = first + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=zone)
    if start - timedelta(seconds=LEAD_S) < campus.time.start or end > campus.time.end:
        raise InputError(
            str(path),
            [Fault("day", f"is {day}, must lie in {campus.time.start:%Y-%m-%d} .. {campus.time.end:%Y-%m-%d}, not at "
                          "its very beginning: the series of the campus reach no further.")],
        )  # fmt: skip
    return Day(Path(path), start, end, float(speed), tuple(made))


def _is_date(day: date | str) -> bool:
    try:
        date.fromisoformat(str(day))
    except ValueError:
        return False
    return True


def _timed(one: Any, where: str, wrong: list[Fault]) -> dict[str, Any]:
    """A fault with its clock as seconds from when the site begins; what else is wrong with it is told by its reader."""
    if not isinstance(one, dict) or "at" not in one:
        return one
    clock = _CLOCK.fullmatch(str(one["at"]))
    if clock is None or int(clock[1]) > 23:
        wrong.append(Fault(f"{where}.at", f'is {one["at"]!r}, must be a clock in quotes: "14:10".'))
        return one
    at_s = LEAD_S + 3600.0 * int(clock[1]) + 60.0 * int(clock[2])
    return {"at_s": at_s} | {key: value for key, value in one.items() if key != "at"}


def write_day_files(day: Day, folder: Path, devices: tuple[str, ...]) -> Path:
    """Keep what the day is in the folder of the site; returns its script of faults.

    Raises:
        InputError: A fault names what is not there.
    """
    from wattstack.operate.simulated import faults_from

    faults_from(list(day.faults), devices, str(day.source))
    told = {
        "start": day.start.isoformat(), "end": day.end.isoformat(), "begin": day.begin.isoformat(),
        "speed": day.speed, "faults": list(day.faults),
    }  # fmt: skip
    text = json.dumps(told, indent=1) + "\n"
    (folder / DAY_FILE).write_text(text, encoding="utf-8")
    script = folder / FAULTS_FILE
    script.write_text(
        json.dumps({"faults": list(day.faults)}, indent=1) + "\n", encoding="utf-8"
    )  # JSON is YAML
    return script
