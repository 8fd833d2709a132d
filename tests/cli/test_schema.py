"""`wattstack schema`: JSON that an editor can use."""

from __future__ import annotations

import json

from wattstack.cli.app import run


def test_the_schema_is_json_and_knows_the_sections(capsys):
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"load", "grid", "battery", "solar", "generator", "finance"} <= set(schema["properties"])
