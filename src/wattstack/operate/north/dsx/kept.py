"""What must survive a restart: targets, and what was taken, in one file that is whole or not there.

Needs    operate.north.dsx: check, schedule.
Gives    write_kept, read_kept.
Used by  operate.north.dsx.way.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from wattstack.operate.north.dsx.check import Gate
from wattstack.operate.north.dsx.schedule import Schedule


def write_kept(path: Path, gate: Gate, schedule: Schedule) -> None:
    """Leave it in a file of mode 600.

    Raises:
        OSError: It cannot be written; the one before stays.
    """
    told = json.dumps({"gate": gate.saved(), "schedule": schedule.saved()}, allow_nan=False)
    beside = path.with_suffix(".part")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(told)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


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
