"""The fast loop that runs a site: limits, arbitration, dead-man; it listens to devices and to one local socket.

Gives    Guard, Mind, Decision: the loop, and what decides in it; Feasible, ORDER: who may say how much; Lease: who may
         write; load_state, save_state; decide_again: a recorded day.
Used by  operate.supervise, benchmarks.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Decision": "mind",
    "Feasible": "arbitration",
    "Guard": "loop",
    "Lease": "standby",
    "Mind": "mind",
    "ORDER": "arbitration",
    "RequestBook": "requests",
    "load_state": "state",
    "decide_again": "replay",
    "save_state": "state",
}

__all__ = [
    "ORDER", "Decision", "Feasible", "Guard", "Lease", "Mind", "RequestBook", "decide_again", "load_state",
    "save_state",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
