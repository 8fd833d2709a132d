"""What every room's tests may ask for, and who gets a second try."""

import signal
from pathlib import Path

import pytest

# Processes, sockets and a wall clock: a machine that stands still for seconds fails them. See docs/decisions/0020.
BY_THE_WALL = (
    "operate", "benchmarks", "cli/test_operate.py", "cli/test_commission.py", "cli/test_simulate_devices.py",
)  # fmt: skip
TRIES_AGAIN = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the live system that failed are run again, alone and in their own time; the report names them."""
    rooms = tuple(Path(__file__).parent / room for room in BY_THE_WALL)
    for item in items:
        if any(item.path.is_relative_to(room) for room in rooms):
            item.add_marker(pytest.mark.flaky(reruns=TRIES_AGAIN, reruns_delay=2.0))


@pytest.fixture
def heard_ctrl_c():
    """Ctrl-C is heard as at a terminal: a job in the background of a shell is started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
