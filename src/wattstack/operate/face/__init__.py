"""The control room: a page for people and an interface for programs, over the guard's socket and the history.

Gives    make_app, serve: the application and its server; Users, ROLES: who may; openapi_document: what it understands.
Used by  cli, `python -m wattstack.operate.face CAMPUS`.

It never touches a device. What it asks of the guard is bounded and ends by itself; it can be killed at any time.
"""

from importlib import import_module
from typing import Any

_LAZY = {"make_app": "app", "openapi_document": "openapi", "serve": "app", "ROLES": "users", "Users": "users"}

__all__ = ["ROLES", "Users", "make_app", "openapi_document", "serve"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
