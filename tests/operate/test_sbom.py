"""The list of what an installation is made of names what is needed, as it is installed, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "sbom.py"


def made(epoch: str = "1700000000") -> dict:
    run = subprocess.run(
        [sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        check=True,
        env={"SOURCE_DATE_EPOCH": epoch},
    )
    return json.loads(run.stdout)


def test_it_names_all_that_wattstack_needs_in_the_version_that_is_installed():
    parts = {part["name"]: part for part in made()["components"]}
    for text in requires("wattstack"):
        need = Requirement(text)
        if need.marker is None or need.marker.evaluate({"extra": "operate"}):
            name = re.sub(r"[-_.]+", "-", need.name).lower()
            assert parts[name]["version"] == version(need.name)
            assert parts[name]["purl"] == f"pkg:pypi/{name}@{version(need.name)}"
    assert {"h11", "anyio", "argon2-cffi-bindings"} <= parts.keys()  # what those need in turn
    assert not {"pytest", "ruff", "pip", "wattstack"} & parts.keys()


def test_it_is_cyclonedx_and_each_name_in_it_is_there_once():
    bill = made()
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    assert bill["metadata"]["component"]["name"] == "wattstack"
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    refs = [part["bom-ref"] for part in bill["components"]] + [bill["metadata"]["component"]["bom-ref"]]
    assert len(set(refs)) == len(refs)
    assert sorted(one["ref"] for one in bill["dependencies"]) == sorted(refs)
    assert {under for one in bill["dependencies"] for under in one["dependsOn"]} <= set(refs)


def test_the_same_installation_has_the_same_list():
    assert made() == made()
