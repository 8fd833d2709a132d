"""Measured reversion times into the campus file, its comments kept.

Needs    campus, operate.sources.
Gives    record_reversion.
Used by  cli.commission.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wattstack.campus import read_campus, write_campus
from wattstack.errors import Fault, InputError
from wattstack.operate.sources import checksum_of


def record_reversion(source: str | Path, found: Mapping[str, Any]) -> dict[str, float]:
    """Write devices.PATH.reversion_measured_s.

    Args:
        source: Campus file, or the folder it stands in.
        found: What commission_campus found, of real devices.

    Returns:
        What was written, by device; empty where nothing was measured.

    Raises:
        InputError: The devices were simulated; the file was changed meanwhile; it extends another file: then the lines
            to write are told.
    """
    source = Path(source)
    source = source / "campus.yaml" if source.is_dir() else source
    measured = {
        path: one["reversion_measured_s"]
        for path, one in found["devices"].items()
        if one["reversion_measured_s"] is not None
    }
    if found["kind"] != "SAT":
        raise InputError(
            str(source), ["keeps times of real devices only: these were simulated. Leave --record out."]
        )
    if checksum_of(source) != found["campus"]["sha256"]:
        raise InputError(str(source), ["was changed meanwhile: nothing is recorded. Commission it again."])
    if not measured:
        return {}
    campus = read_campus(source)
    if len(campus._documents) > 1:
        lines = [
            Fault(f"devices.{path}.reversion_measured_s", f"is to be {s:g}.") for path, s in measured.items()
        ]
        raise InputError(f"{source} extends another file and is not rewritten. Write there", lines)
    devices = {
        path: device.model_copy(update={"reversion_measured_s": measured[path]})
        if path in measured
        else device
        for path, device in campus.devices.items()
    }
    made = campus.model_copy(update={"devices": devices})
    write_campus(made, source)
    return measured
