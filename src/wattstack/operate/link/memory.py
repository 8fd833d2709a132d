"""Where what a guard must not forget is kept, for itself and for another controller that waits.

Gives    Memory.
Used by  operate.guard, face, north.
"""

from __future__ import annotations

from enum import StrEnum


class Memory(StrEnum):
    """Files in the folder of a live site: JSON with the state and its SHA-256, as operate.guard.state writes it."""

    OWN = "state.json"
    OTHER = "other.json"  # of the controller that writes, as operate.north.standby heard it
