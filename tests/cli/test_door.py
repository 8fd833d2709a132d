"""The door of the package: every name is there, and none is fetched before it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wattstack


@pytest.mark.parametrize("name", wattstack.__all__)
def test_every_name_of_the_door_is_there_and_explained(name):
    thing = getattr(wattstack, name)
    assert isinstance(thing, str) or thing.__doc__


def test_a_name_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(AttributeError, match=r"no name 'plan_sites'.*plan_site"):
        _ = wattstack.plan_sites


def test_completion_sees_the_door():
    assert dir(wattstack) == sorted(wattstack.__all__)


def test_importing_the_package_imports_no_room():
    code = "import sys, wattstack; print([m for m in sys.modules if m.startswith('wattstack.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
