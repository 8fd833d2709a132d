"""Each point of each device walked before a site runs: read, scale, sign, write, reversion, latency; signed.

Gives    commission_campus, Options: the walk; write_findings, sign_folder, verify_folder: its folder;
         record_reversion: measured times into the campus file.
Used by  cli.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Options": "bench",
    "commission_campus": "site",
    "record_reversion": "record",
    "sign_folder": "seal",
    "verify_folder": "seal",
    "write_findings": "seal",
}

__all__ = [
    "Options", "commission_campus", "record_reversion", "sign_folder", "verify_folder", "write_findings",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
