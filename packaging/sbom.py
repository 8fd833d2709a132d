"""What an installation is made of, as CycloneDX 1.6 JSON: wattstack, the libraries it stands on, and theirs.

Needs    packaging (comes with what wattstack itself needs), the metadata of the installed libraries.
Gives    bill_of_materials, main.
Used by  `make sbom`, the image of packaging/Containerfile.

Only what wattstack asks for is in it, extras too, and not what else lies in the environment (tests, pip). It says which
versions are installed here, so make it where the release is installed. Libraries that came inside of a wheel (OpenBLAS
in numpy) or of Python (SQLite) are not named: a wheel that lists its own has that list in its .dist-info/sboms.

    python packaging/sbom.py > wattstack.cdx.json
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "wattstack"
EXTRAS = frozenset({"operate", "openadr", "postgres"})  # of those, what is installed


def bill_of_materials(root: str = ROOT, extras: frozenset[str] = EXTRAS) -> dict[str, Any]:
    """The document.

    Args:
        root: What is looked at. extras: Of it, beside what it always needs.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    first = canonicalize_name(root)
    found, needs = {first: distribution(root)}, {}
    asked = {first: extras}  # the extras that each was looked through with
    waiting = [first]
    while waiting:
        name = waiting.pop()
        needs[name] = set()
        for text in found[name].requires or ():
            need = Requirement(text)
            under = canonicalize_name(need.name)
            if not any(need.marker is None or need.marker.evaluate({"extra": e}) for e in ("", *asked[name])):
                continue
            if under not in found:
                try:
                    found[under] = distribution(need.name)
                except PackageNotFoundError:  # of an extra that is not installed
                    continue
            needs[name].add(under)
            wanted = asked.get(under, frozenset()) | need.extras
            if wanted != asked.get(under):
                asked[under] = wanted
                waiting.append(under)
    parts = {name: _component(one) for name, one in sorted(found.items())}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(_moment_s(), UTC).isoformat().replace("+00:00", "Z"),
            "component": parts[first] | {"type": "application"},
            "properties": [
                {"name": "python", "value": platform.python_version()},
                {"name": "platform", "value": f"{platform.system()} {platform.machine()}"},
            ],
        },
        "components": [part for name, part in parts.items() if name != first],
        "dependencies": [
            {"ref": parts[name]["bom-ref"], "dependsOn": sorted(parts[one]["bom-ref"] for one in needs[name])}
            for name in sorted(needs)
        ],
    }
    body = json.dumps(document, sort_keys=True)
    return document | {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, body)}"}


def _moment_s() -> int:
    """Now, or what a build that can be repeated says (SOURCE_DATE_EPOCH)."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))


def _component(one: Distribution) -> dict[str, Any]:
    told = one.metadata
    name = canonicalize_name(told["Name"])
    where = f"pkg:pypi/{name}@{one.version}"
    part: dict[str, Any] = {
        "type": "library",
        "bom-ref": where,
        "name": name,
        "version": one.version,
        "purl": where,
    }
    if told.get("Summary"):
        part["description"] = told["Summary"]
    licence = _licence(told)
    if licence:
        part["licenses"] = [licence]
    home = [
        url.partition(", ")[2]
        for url in told.get_all("Project-URL") or ()
        if "ource" in url.partition(", ")[0]
    ]
    if home:
        part["externalReferences"] = [{"type": "vcs", "url": home[0]}]
    return part


def _licence(told: Any) -> dict[str, Any] | None:
    """As it is declared: an SPDX expression, else a short name, else what the classifiers say."""
    if told.get("License-Expression"):
        return {"expression": told["License-Expression"]}
    name = (told.get("License") or "").strip()
    if not name or "\n" in name or len(name) > 100:
        marks = [mark for mark in told.get_all("Classifier") or () if mark.startswith("License ::")]
        name = marks[0].rpartition(" :: ")[2] if marks else ""
    return {"license": {"name": name}} if name else None


def main() -> int:
    """Print it."""
    json.dump(bill_of_materials(), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
