"""How much memory the processes of a site use, and who is told when it is too much.

Gives    rss_mb, limit_mb, MemoryWatch, LIMITS_MB.
Used by  operate.supervise.

Limits are those of the units in packaging/, where the system itself ends what goes beyond them; here it is told before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

LIMITS_MB = {
    "guard": 1024.0,
    "standby": 1024.0,
    "historian": 2048.0,
    "planner": 2048.0,
    "face": 512.0,
    "north": 512.0,
}
USUAL_MB = 1024.0
TOLD_FRAC, OVER_FRAC = 0.8, 0.7  # of the limit: told from here on, over when below


def limit_mb(name: str) -> float:
    """What a process may use [MB of 2^20 bytes]."""
    return LIMITS_MB.get(name, USUAL_MB)


def rss_mb(pid: int) -> float:
    """Memory that a process holds [MB of 2^20 bytes]; 0 where that is not known (no Linux, or it ended)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


class MemoryWatch:
    """Tells once when a process comes near its limit, and once when it is away from it again."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def look(self, pids: Mapping[str, int]) -> list[tuple[str, str, str]]:
        """Look at processes by name; returns (level, name, text) of what is new."""
        said = []
        for name, pid in pids.items():
            used, limit = rss_mb(pid), limit_mb(name)
            if name not in self._told and used >= TOLD_FRAC * limit:
                self._told.add(name)
                text = f"{name} holds {used:.0f} MB of memory, its limit is {limit:.0f} MB"
                said.append(("alarm", name, text))
            elif name in self._told and used < OVER_FRAC * limit:
                self._told.discard(name)
                said.append(("info", name, f"{name} holds {used:.0f} MB of memory again"))
        return said
