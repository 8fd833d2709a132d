"""What was measured, asked, decided and alarmed: kept on disk, packed, found again within milliseconds.

Gives    Store, Event, DamagedError, in_words: the file; export_parquet; backup, check_history, restore: copies;
         run_historian: the process.
Used by  operate.face, operate.alarms, operate.supervise, cli.
"""

from __future__ import annotations

from typing import Any

from wattstack.operate.historian.damage import DamagedError, in_words
from wattstack.operate.historian.store import Event, Store

__all__ = [
    "DamagedError",
    "Event",
    "Store",
    "backup",
    "check_history",
    "export_parquet",
    "in_words",
    "restore",
    "run_historian",
]

_WHERE = {
    "backup": "copies", "check_history": "copies", "export_parquet": "export", "restore": "copies",
    "run_historian": "process",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
