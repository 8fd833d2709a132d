"""A second try for tests that go by the wall, told at the end of the run: docs/decisions/0020.

Needs    pytest; works on each worker of pytest-xdist by itself.
Gives    hooks of pytest, registered by tests.conftest.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

# Processes, sockets and a wall clock: a machine that stands still for seconds fails them.
BY_THE_WALL = (
    "operate", "benchmarks", "cli/test_operate.py", "cli/test_commission.py", "cli/test_simulate_devices.py",
)  # fmt: skip
TRIES, PAUSE_S = 3, 2.0
AGAIN = "again"  # the outcome of a try that is followed by another


def _by_the_wall(path: Path) -> bool:
    return any(path.is_relative_to(Path(__file__).parent / room) for room in BY_THE_WALL)


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test; where it fails, take down all that it stood on, and run it again."""
    if not _by_the_wall(item.path):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for left in reversed(range(TRIES)):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = any(report.failed for report in reports)
        for report in reports:
            if failed and left:
                report.outcome = AGAIN
            if report.outcome != AGAIN or report.longrepr:
                item.ihook.pytest_runtest_logreport(report=report)
        if not failed:
            break
        item.session._setupstate.teardown_exact(None)
        time.sleep(PAUSE_S if left else 0.0)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A letter of its own."""
    return (AGAIN, "A", "AGAIN") if report.outcome == AGAIN else None


def pytest_terminal_summary(terminalreporter) -> None:
    """Name each, and why it failed first."""
    for report in terminalreporter.stats.get(AGAIN, ()):
        why = report.longreprtext.strip().splitlines()
        told = [line for line in why if line.startswith("E ")] or why
        terminalreporter.write_line(
            f"AGAIN {report.nodeid}: {told[0].removeprefix('E').strip() if told else ''}"
        )
