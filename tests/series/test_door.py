"""The door of the room."""

import subprocess
import sys

import pytest

import wattstack.series as door


def test_every_name_of_the_door_is_there():
    assert all(getattr(door, name) is not None for name in door.__all__)


def test_a_name_that_is_not_there_says_what_is():
    with pytest.raises(AttributeError, match=r"has no name 'read_serie'. It has: GapRule"):
        door.read_serie  # noqa: B018


def test_an_axis_costs_no_heavy_library():
    code = (
        "import sys, wattstack.series as s; s.align; s.read_series; s.check_sun; print(sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("pandas", "pyarrow", "pvlib", "scipy", "rich"):
        assert f"'{heavy}'" not in loaded
