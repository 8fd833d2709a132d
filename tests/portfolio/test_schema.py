"""The JSON schema of the portfolio file knows what the reader knows."""

from __future__ import annotations

from tests.portfolio.small import RAW
from wattstack.portfolio import Item, portfolio_schema
from wattstack.portfolio.file import HEAD, LISTED


def test_the_schema_names_every_key_of_the_file():
    schema = portfolio_schema()
    assert set(schema["properties"]) == {*HEAD, *LISTED}
    assert set(RAW) <= set(schema["properties"])
    assert set(schema["properties"]["tables"]["properties"]) == set(LISTED)


def test_a_row_is_described_with_its_units():
    schema = portfolio_schema()
    assert schema["properties"]["items"]["anyOf"] == [{"type": "array", "items": {"$ref": "#/$defs/Item"}}]
    item = schema["$defs"]["Item"]["properties"]
    assert item["capital_m_per_unit"]["unit"] == "M/unit"
    assert set(item) == set(Item.model_fields)


def test_tables_of_one_name_may_be_mappings():
    forms = portfolio_schema()["properties"]["sites"]["anyOf"]
    assert [form["type"] for form in forms] == ["array", "object"]


def test_every_reference_leads_somewhere():
    schema = portfolio_schema()

    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            for part in node.values():
                yield from references(part)
        elif isinstance(node, list):
            for part in node:
                yield from references(part)

    assert {ref.rsplit("/", 1)[1] for ref in references(schema)} <= set(schema["$defs"])
