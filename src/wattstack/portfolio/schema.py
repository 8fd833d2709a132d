"""The JSON schema of the portfolio file, for editors.

Needs    portfolio.rows.TABLES, sections, whole.
Gives    portfolio_schema.
Used by  cli.schema.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from wattstack.portfolio.file import LISTED
from wattstack.portfolio.market import Factory
from wattstack.portfolio.rows import TABLES
from wattstack.portfolio.sections import CalendarSection, StochasticSection
from wattstack.portfolio.whole import Compute, Money

SECTIONS = {"calendar": CalendarSection, "money": Money, "compute": Compute, "stochastic": StochasticSection}
TEXT = {"type": "string"}
POSITIVE = {"type": "number", "exclusiveMinimum": 0}


def portfolio_schema() -> dict[str, Any]:
    """JSON schema of portfolio.yaml (draft 2020-12), our own names only.

    Example:
        >>> sorted(portfolio_schema()["required"])
        ['calendar', 'portfolio', 'wattstack']
    """
    models = [*SECTIONS.values(), Factory, *(TABLES[name][0] for name in LISTED if name in TABLES)]
    found, whole = models_json_schema(
        [(m, "validation") for m in models], title="wattstack portfolio file, version 1"
    )
    refs = {model: ref for (model, _), ref in found.items()}
    properties: dict[str, Any] = {
        "wattstack": {"const": 1, "description": "Version of this format"},
        "portfolio": {**TEXT, "description": "Name of the portfolio"},
        "description": TEXT,
        "synthetic": {"type": "array", "items": TEXT, "description": "What of the input is made up"},
        "currency": {**TEXT, "pattern": "^[A-Z]{3}$", "description": "Of every price and every _m; ISO 4217"},
        "exchange": {
            "type": "object",
            "additionalProperties": POSITIVE,
            "description": "EUR: units of the currency for one EUR; or JPY_per_USD",
        },
        **{name: refs[model] for name, model in SECTIONS.items()},
        "factory": {"anyOf": [TEXT, refs[Factory]], "description": "In the file, or the name of a YAML file"},
        "weeks": {
            "type": "object",
            "additionalProperties": POSITIVE,
            "description": "How many weeks of a period each representative week stands for",
        },
        "tables": {
            "type": "object",
            "properties": {name: {**TEXT, "description": "Name of a CSV file"} for name in LISTED},
            "additionalProperties": False,
        },
    }
    for name in LISTED:
        row = refs[TABLES[name][0]] if name in TABLES else {"type": "object"}
        forms: list[dict[str, Any]] = [{"type": "array", "items": row}]
        if name not in TABLES or len(TABLES[name][1]) == 1:
            forms.append({"type": "object", "additionalProperties": {"type": "object"}})
        properties[name] = {"anyOf": forms}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": whole["title"],
        "type": "object",
        "properties": properties,
        "required": ["wattstack", "portfolio", "calendar"],
        "additionalProperties": False,
        "$defs": whole["$defs"],
    }
