"""WHAT the company builds: sites, things with lead times, grid stages, servers, storage, a factory and its markets.

Everything is imported when first asked for: whether a file is a portfolio at all is asked of every campus file.
"""

from typing import Any

_LAZY = {
    "Calendar": "calendar",
    "Compute": "whole",
    "Factory": "market",
    "Gate": "parts",
    "GenerationOffer": "parts",
    "Item": "parts",
    "Money": "whole",
    "Portfolio": "whole",
    "Progress": "market",
    "Scenario": "market",
    "Segment": "market",
    "Server": "parts",
    "Site": "parts",
    "Stage": "parts",
    "StorageOffer": "parts",
    "Supplier": "market",
    "Supply": "market",
    "Target": "market",
    "Week": "whole",
    "is_portfolio": "kind",
    "portfolio_schema": "schema",
    "reach": "most",
    "read_portfolio": "file",
    "read_progress": "progress",
}

__all__ = [
    "Calendar", "Compute", "Factory", "Gate", "GenerationOffer", "Item", "Money", "Portfolio", "Progress",
    "Scenario", "Segment", "Server", "Site", "Stage", "StorageOffer", "Supplier", "Supply", "Target", "Week",
    "is_portfolio", "portfolio_schema", "reach", "read_portfolio", "read_progress",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
