"""What every room's tests stand on."""

import signal

import pytest

pytest_plugins = ["tests.again"]


@pytest.fixture(autouse=True)
def heard_ctrl_c():
    """Ctrl-C is heard as at a terminal, by what tests start too: a job in the background begins with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
