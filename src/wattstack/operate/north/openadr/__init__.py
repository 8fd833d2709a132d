"""OpenADR 3: what a utility or a market announces as events becomes requests to the guard; reports go back.

Gives    OpenAdrWay: the way.
Used by  operate.north.way.
"""

from importlib import import_module
from typing import Any

_LAZY = {"OpenAdrWay": "way"}

__all__ = ["OpenAdrWay"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
