"""Codes of currencies, so that a name or a slip is refused and not priced.

Needs    campus.fields; library (currency_fault).
Gives    Currency.
Used by  campus.campus, campus.finance.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from wattstack.campus.fields import fault_error
from wattstack.errors import Fault
from wattstack.library import currency_fault


def known_code(code: str) -> str:
    """A code of ISO 4217; pydantic is told what is wrong with any other."""
    fault = currency_fault(code)
    if fault is not None:
        raise fault_error(Fault("", fault))
    return code


Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(known_code)]
