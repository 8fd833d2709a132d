"""How long and how much memory: of this process, and of a whole command.

Gives    Run, own_peak_mb, worst_child_mb, free_mb, run_command, versions.
Used by  benchmarks.worker, race, startup, site_plan.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of one tool: seconds, objective, memory; `fault` says why there are none."""

    seconds: float | None = None
    objective: float | None = None
    peak_mb: float | None = None
    fault: str = ""
    text: str = ""


def own_peak_mb() -> float:
    """Most memory this process has held [MB].

    Linux counts in ru_maxrss what the parent held when it forked; VmHWM is ours alone.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024.0
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 1024.0


def worst_child_mb() -> float:
    """Most memory that a child of this process has held, of those that have ended [MB]."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024.0


def free_mb() -> float:
    """Memory that is free for a new process [MB]; all of it where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1024.0
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20


def run_command(
    words: Sequence[str], env: Mapping[str, str] | None = None, folder: Path | None = None
) -> Run:
    """Run a command to its end: wall-clock seconds of the whole process, its memory, what it printed.

    A command that fails gives a Run with its last line as fault. `text` is what it printed on stderr, then
    what it printed on stdout.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(words, stdout=out, stderr=err, env=env, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        printed = []
        for file in (err, out):
            file.seek(0)
            printed.append(file.read())
    text = "".join(printed)
    if process.returncode != 0:
        last = next((part.strip().splitlines()[-1] for part in printed if part.strip()), "nothing said")
        return Run(fault=f"exit code {process.returncode}: {last[:200]}", text=text)
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 1024.0)
    return Run(seconds, None, peak, text=text)


def version_of(package: str) -> str:
    """Installed version of a package, "" if it is not there."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""
