"""The page of a component lists every key with its unit and default, and its examples are taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wattstack.campus import (
    Battery,
    Contract,
    Cooling,
    Demand,
    Generator,
    Hall,
    Inverter,
    PlainLoad,
    Solar,
    Tariff,
    Ups,
    Window,
)
from wattstack.campus.climate import Climate
from wattstack.campus.compute import GpuSmoothing, Inference, Job, Pause, RackStorage, Replay
from wattstack.campus.control import Control, FastLoop, Forecast, ForecastErrors, TimeOfUse
from wattstack.campus.converter import Converter, Transformer
from wattstack.campus.document import parse_document
from wattstack.campus.duties import Backup, Smoothing
from wattstack.campus.fields import Declared
from wattstack.campus.fill import merged
from wattstack.campus.finance import Carbon, Finance
from wattstack.campus.grid import Connection, Mode
from wattstack.campus.layout import Layout
from wattstack.campus.racks import Cells, Racks, Start
from wattstack.campus.reliability import BlockReliability, GridReliability, OutageHours
from wattstack.campus.upkeep import Augmentation, Strip

PAGES = Path(__file__).parents[2] / "docs" / "components"
PARTS = [
    ("battery", Battery), ("load", Hall), ("load", PlainLoad), ("cooling", Cooling), ("solar", Solar),
    ("generator", Generator), ("grid", Connection), ("tariff", Tariff), ("tariff", Window), ("tariff", Demand),
    ("tariff", Contract), ("carbon", Carbon), ("duties", Backup), ("finance", Finance),
    ("battery", Start), ("battery", Cells), ("battery", Converter), ("battery", Transformer),
    ("battery", Climate), ("battery", Racks), ("battery", Augmentation), ("battery", Strip),
    ("battery", BlockReliability), ("grid", GridReliability), ("grid", OutageHours), ("safety", Layout),
    ("control", Control), ("control", Forecast), ("control", ForecastErrors), ("control", TimeOfUse),
    ("jobs", Job), ("jobs", Pause), ("jobs", GpuSmoothing), ("inference", Inference), ("replay", Replay),
    ("rack-storage", RackStorage),
    ("ups", Ups), ("inverter", Inverter), ("fast-loop", FastLoop), ("grid", Mode), ("duties", Smoothing),
]  # fmt: skip
WEATHER = {"weather": {"source": "epw", "file": "a.epw"}}


def row(name, field):
    """The first cells of a key's row."""
    unit = (field.json_schema_extra or {}).get("unit", "")
    default = "required" if field.is_required() else field.get_default(call_default_factory=True)
    shown = "-" if default is None or default in ((), {}) else default
    shown = "below" if isinstance(default, Declared) else shown
    return f"| `{name}` | {unit} | {f'{shown:g}' if isinstance(shown, float) else shown} |"


@pytest.mark.parametrize(("page", "part"), PARTS, ids=[f"{page}-{part.__name__}" for page, part in PARTS])
def test_a_page_lists_every_key_with_unit_and_default(page, part):
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    assert [row(n, f) for n, f in part.model_fields.items() if row(n, f) not in text] == []


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_names_no_key_that_does_not_exist(page):
    known = {key for name, part in PARTS if name == page.stem for key in part.model_fields}
    rows = re.findall(r"^\| `([a-z_]+)` \|.*\|.*\|.*\|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) <= known


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_the_example_of_a_page_is_taken(page, campus_of):
    store = {"power_mw": 200, "energy_mwh": 400, "charge_eff": 0.9, "discharge_eff": 0.9}
    given = {
        "duties": {"battery": {"main": store}},
        "fast-loop": {"battery": {"main": store}},
        "cooling": {"series": WEATHER},
        "solar": {"series": WEATHER},
    }
    for code in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        document = parse_document(code, page.name, page.parent)
        campus = campus_of(**merged(given.get(page.stem, {}), document.values))
        assert document.faults == () and set(document.values) <= campus.model_fields_set
