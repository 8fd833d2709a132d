"""A campus of seconds that is proved once and shared: a job, serving, a supply, a battery; no files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.twin.bay import BAY, merged
from wattstack.campus import Campus
from wattstack.library import Entry
from wattstack.prove.proof import prove_compliance

SHORT = {
    "load": {"halls": {"jobs": {"big": {"restart_s": 20.0}}}},
    "grid": {"codes": ["library:ercot-lcl-10mw", "library:ieso-3.0"]},
    "ups": {"main": {"sag_count": None, "return_s": 0.2, "walk_in_s": 0.3}},
}


def made(**changes) -> Campus:
    return Campus.model_validate(merged(merged(BAY, SHORT), changes))


def code(name: str, rules: dict, **more) -> Entry:
    """A grid code of one's own."""
    values = {
        "name": name,
        "operator": "ours",
        "region": "here",
        "frequencies_hz": [60],
        "rules": rules,
        **more,
    }
    return Entry("grid_codes", name, name, "a test", "2026-10", "in force", "high", None, values, (), "")


@pytest.fixture(scope="session")
def proof():
    """Two codes, a normal run of 130 s."""
    return prove_compliance(made(), seconds=130.0, seed=3)


@pytest.fixture
def campus_file(tmp_path) -> Path:
    """The campus in a file."""
    from wattstack.campus import write_campus

    return write_campus(made(), tmp_path / "campus.yaml") or tmp_path / "campus.yaml"
