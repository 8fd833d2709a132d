"""The page of the portfolio file lists every key and column with its unit and default, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wattstack.portfolio import (
    Compute,
    Factory,
    Gate,
    GenerationOffer,
    Item,
    Money,
    Progress,
    Scenario,
    Segment,
    Server,
    Site,
    Stage,
    StorageOffer,
    Supplier,
    Supply,
    Target,
)

PAGE = Path(__file__).parents[2] / "docs" / "portfolio.md"
SECTIONS = {
    "money": Money, "compute": Compute, "factory": Factory, "sites": Site, "items": Item, "stages": Stage,
    "gates": Gate, "servers": Server, "storage": StorageOffer, "generation": GenerationOffer, "supply": Supply,
    "suppliers": Supplier, "segments": Segment, "targets": Target, "scenarios": Scenario, "progress": Progress,
}  # fmt: skip
IN_EVERY_TABLE = {"note", "source"}


def rows(section: str) -> dict[str, tuple[str, str]]:
    """Unit and default by key, as the page has them."""
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^#+ `?(\w+)`?$", text, flags=re.MULTILINE)
    names = [name.lower() for name in parts[1::2]]
    body = parts[2::2][names.index(section)]
    return {k: (u, d) for k, u, d in re.findall(r"^\| `(\w+)` \| (.*?) ?\| (.*?) \|", body, re.MULTILINE)}


def shown(field) -> tuple[str, str]:
    """Unit and default of a field, as the page must have them."""
    extra = field.json_schema_extra
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    if field.is_required():
        return unit, "required"
    default = field.get_default(call_default_factory=True)
    if default is None or default in ((), {}, ""):
        return unit, "-"
    if isinstance(default, tuple):
        return unit, ", ".join(f"{x:g}" for x in default)
    return unit, str(default).lower() if isinstance(default, bool | str) else f"{default:g}"


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_lists_every_key_of_a_section_with_unit_and_default(section):
    fields = SECTIONS[section].model_fields
    assert rows(section) == {n: shown(f) for n, f in fields.items() if n not in IN_EVERY_TABLE}
