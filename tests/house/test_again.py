"""What goes by the wall is tried again on a fresh ground, and told; what fails every time fails."""

from __future__ import annotations

import pytest

from tests import again

pytest_plugins = ["pytester"]
FILE = """
import pytest

made = []

@pytest.fixture(scope="session")
def ground():
    made.append(1)
    return len(made)

def test_that_fails_first(ground):
    assert ground == 2

def test_that_always_fails():
    raise ValueError("always")

def test_that_passes(ground):
    assert ground
"""


@pytest.fixture
def ran(pytester, monkeypatch, capsys):
    def run(by_the_wall: bool) -> str:
        monkeypatch.setattr(again, "_by_the_wall", lambda path: by_the_wall)
        monkeypatch.setattr(again, "PAUSE_S", 0.0)
        pytester.makepyfile(FILE)
        pytester.inline_run("-p", "tests.again", "-p", "no:cacheprovider")
        return capsys.readouterr().out

    return run


def test_a_test_by_the_wall_is_tried_again_on_fresh_ground_and_told(ran):
    said = ran(True)
    assert "1 failed, 2 passed, 3 again" in said
    assert "test_that_fails_first: assert 1 == 2" in said and "ValueError: always" in said
    assert said.count("\nAGAIN ") == again.TRIES


def test_any_other_test_fails_at_once(ran):
    said = ran(False)
    assert "2 failed, 1 passed" in said and "AGAIN" not in said
