"""What every room's tests may ask for."""

import signal

import pytest

pytest_plugins = ["tests.again"]


@pytest.fixture
def heard_ctrl_c():
    """Ctrl-C is heard as at a terminal: a job in the background of a shell is started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
