"""Seconds of milliseconds: a campus from its GPUs to the point of connection, and what happens to it.

Everything that needs numba is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

from wattstack.twin.transient.events import (
    KINDS,
    PRESETS,
    Event,
    GridProfile,
    grid_event,
    parse_event,
    read_events,
)

_LAZY = {
    "MicroCycles": "micro",
    "TransientRun": "run",
    "greatest_change": "store",
    "longest_s": "run",
    "micro_cycles": "micro",
    "read_transient": "store",
    "simulate_transient": "run",
    "transient_summary": "store",
    "write_transient": "store",
}

__all__ = [
    "KINDS", "PRESETS", "Event", "GridProfile", "MicroCycles", "TransientRun", "greatest_change", "grid_event",
    "longest_s", "micro_cycles", "parse_event", "read_events", "read_transient", "simulate_transient",
    "transient_summary", "write_transient",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
