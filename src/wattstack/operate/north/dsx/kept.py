"""What must survive a restart: targets, and what was taken, in one file that is whole or not there.

Needs    operate.whole, operate.north.dsx: check, schedule.
Gives    write_kept, read_kept.
Used by  operate.north.dsx.way.
"""

from __future__ import annotations

import json
from pathlib import Path

from wattstack.operate.north.dsx.check import Gate
from wattstack.operate.north.dsx.schedule import Schedule
from wattstack.operate.whole import write_whole


def write_kept(path: Path, gate: Gate, schedule: Schedule) -> None:
    """Leave it in a file of mode 600.

    Raises:
        OSError: It cannot be written; the one before stays.
    """
    told = json.dumps({"gate": gate.saved(), "schedule": schedule.saved()}, allow_nan=False)
    write_whole(path, told.encode())


def read_kept(path: Path, gate: Gate, schedule: Schedule) -> bool:
    """Put it back; where there is no file nothing changes. False: it is damaged or says what cannot be (a moment that
    no calendar has); what was put back is in part."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        gate.restore(told["gate"])
        schedule.restore(told["schedule"])
    except FileNotFoundError:
        return True
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return True
