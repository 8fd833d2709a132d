"""`wattstack schema`: JSON that an editor can use."""

from __future__ import annotations

import json

from wattstack.cli.app import run


def test_the_schema_is_json_and_knows_the_sections(capsys):
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"load", "grid", "battery", "solar", "generator", "finance"} <= set(schema["properties"])


def test_the_schema_of_a_portfolio_knows_its_sections_and_tables(capsys):
    assert run(["schema", "portfolio"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"calendar", "money", "sites", "stages", "factory", "tables"} <= set(schema["properties"])
