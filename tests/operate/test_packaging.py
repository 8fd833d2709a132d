"""What is shipped for the system's own supervisor starts what there is, and holds it tight."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNITS = sorted(PACKAGING.glob("*.service"))
IDS = [unit.stem for unit in UNITS]


def keys(unit):
    """Keys of a unit, the last value of each."""
    lines = [line.partition("=") for line in unit.read_text(encoding="utf-8").splitlines() if "=" in line]
    return {name: value for name, _, value in lines if not name.startswith("#")}


def test_every_process_of_a_site_has_a_unit():
    assert [
        f"wattstack-{name}"
        for name in ("campus", "face", "guard", "historian", "north", "planner", "standby")
    ] == IDS
    target = keys(PACKAGING / "wattstack.target")
    asked_for = {"wattstack-standby.service"}  # only where it is wanted
    assert set(target["Wants"].split()) == {unit.name for unit in UNITS} - asked_for


@pytest.mark.parametrize("unit", UNITS, ids=IDS)
def test_unit_starts_a_module_that_is_there(unit):
    module, campus, folder = keys(unit)["ExecStart"].partition(" -m ")[2].split()
    assert find_spec(f"{module}.__main__") is not None
    assert folder == "/var/lib/wattstack"
    is_keeper = module == "wattstack.operate.keeper"
    assert campus == ("/etc/wattstack/campus.yaml" if is_keeper else f"{folder}/campus.yaml")


@pytest.mark.parametrize(
    "unit", [one for one in UNITS if one.stem != "wattstack-campus"], ids=lambda one: one.stem
)
def test_unit_starts_when_the_copy_of_the_campus_file_lies_there_and_does_not_end_with_its_keeper(unit):
    found = keys(unit)
    assert keys(PACKAGING / "wattstack-campus.service")["Type"] == "notify"
    assert "wattstack-campus.service" in found["After"].split()
    assert "wattstack-campus.service" in found["Wants"].split()
    assert "Requires" not in found and "BindsTo" not in found


@pytest.mark.parametrize("unit", UNITS, ids=IDS)
def test_unit_may_not_gain_rights_and_always_comes_back(unit):
    found = keys(unit)
    assert found["User"] == "wattstack"
    assert (found["NoNewPrivileges"], found["CapabilityBoundingSet"]) == ("yes", "")
    assert (found["ProtectSystem"], found["Restart"], found["StartLimitIntervalSec"]) == (
        "strict",
        "always",
        "0",
    )


def test_guard_is_watched_and_the_planner_has_no_network():
    guard, planner = (
        keys(PACKAGING / "wattstack-guard.service"),
        keys(PACKAGING / "wattstack-planner.service"),
    )
    assert (guard["Type"], guard["WatchdogSec"]) == ("notify", "5")
    assert (guard["LimitRTPRIO"], guard["RestrictRealtime"], planner["RestrictRealtime"]) == (
        "1",
        "no",
        "yes",
    )
    assert (planner["PrivateNetwork"], planner["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_understands_every_line():
    made = subprocess.run(
        ["systemd-analyze", "verify", *map(str, UNITS)], capture_output=True, text=True, check=False
    )
    mine = [line for line in (made.stdout + made.stderr).splitlines() if "wattstack" in line]
    # installed it is not, here
    assert [line for line in mine if "is not executable" not in line] == []
