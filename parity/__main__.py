"""`python -m parity [--python PATH]...`: make the peers' environments, run each peer's cases, record what it answers.

Needs    parity.environments, parity.record_* (in the environments).
Gives    main.
Used by  make parity, make bench-setup.

What has no environment is left out and said so: its recorded answers stay as they are.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from parity.environments import PEERS, ROOT, make_environment, python_of


def main(words: list[str] | None = None) -> int:
    """Make and record; 1 where a peer was left out."""
    parser = argparse.ArgumentParser(prog="python -m parity", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--python", action="append", default=[], metavar="PATH", help="a Python to try first")
    parser.add_argument("--only-environments", action="store_true", help="record nothing")
    asked = parser.parse_args(words)
    left_out = 0
    for peer in PEERS:
        fault = make_environment(peer, asked.python)
        if not fault and peer.recorded and not asked.only_environments:
            began = time.perf_counter()
            command = [str(python_of(peer.name)), "-m", f"parity.record_{peer.name}"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            fault = (done.stderr.strip().splitlines() or ["nothing said"])[-1] if done.returncode else ""
            print(
                f"{peer.name}: recorded in {time.perf_counter() - began:.0f} s" if not fault else "", end=""
            )
        elif not fault:
            print(f"{peer.name}: its environment stands", end="")
        print(f"{peer.name}: left out: {fault}" if fault else "")
        left_out += bool(fault)
    return 1 if left_out else 0


if __name__ == "__main__":
    sys.exit(main())
